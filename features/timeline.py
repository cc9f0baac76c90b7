"""The timeline of each account: what happened, in order and in plain words, as known at a date.

How each kind of event reads is in `timeline_events.py`. E-mails and everyday usage are left out, since nobody would
read on; what they amount to is told by the signals.
"""

from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.signal_rules.wording import sentence
from features.signals import load_signals
from features.sources import Sources
from features.timeline_events import SOURCES_OF_EVENTS, Past, event

TIMELINE_DAYS = 365
"""How far back the timeline goes."""
TIMELINE_ORDER = ("account_id", "occurred_on", "recorded_on", "event_id")
"""The order in which an account's timeline is read; together it identifies an event of one date."""
_COLUMNS = ("account_id", "event_id", "occurred_on", "recorded_on", "topic", "kind", "text")


def build_timeline(
    sources: Sources, as_of: date, episodes: pd.DataFrame | None = None, days: int = TIMELINE_DAYS
) -> ir.Table:
    """Return every event of the last year that was known at a date.

    Args:
        sources: The ingested tables; one that was not supplied has no events.
        as_of: The date; nothing recorded on or after it is told.
        episodes: The `signals` table as of the same date, or None to leave signals out.
        days: How far back to go, by the day on which things happened.

    Returns:
        One row per event: as_of, account_id, event_id, `occurred_on`, `recorded_on`, topic, kind, text. Sort by
        `TIMELINE_ORDER` to read it.
    """
    past = Past(sources, as_of, days)
    parts = [told for tell in SOURCES_OF_EVENTS for told in tell(past)]
    if episodes is not None and len(episodes):
        parts += _signal_events(past, episodes)
    events = ibis.union(*[part.select(*_COLUMNS) for part in parts])
    first = ibis.date(as_of) - ibis.interval(days=days)
    recent = events.filter((events.occurred_on >= first) & (events.recorded_on <= ibis.date(as_of)))
    return sources.engine.store(recent.mutate(as_of=ibis.date(as_of)).select("as_of", *_COLUMNS))


def _signal_events(past: Past, episodes: pd.DataFrame) -> list[ir.Table]:
    """Return when each signal was raised and when it fell silent."""
    titles = {signal.id: signal.title for signal in load_signals().values()}
    frame = pd.DataFrame(
        {
            "account_id": episodes["account_id"].astype(object),
            "name": episodes["signal"].astype(object)
            + "/"
            + episodes["renewal_id"].astype(object).where(episodes["renewal_id"].notna(), "")
            + "/"
            + pd.to_datetime(episodes["started_on"]).dt.strftime("%Y-%m-%d").astype(object),
            "title": episodes["signal"].map(titles).astype(object),
            "already": episodes["is_start_known"].map({True: "", False: ", on already before this day"}).astype(object),
            "evidence": episodes["evidence_at_start"].astype(object),
            **{name: _days(episodes[name]) for name in ("started_on", "ended_on")},
        }
    )
    types = {**dict.fromkeys(("account_id", "name", "title", "already", "evidence"), "string"), "started_on": "date"}
    rows = past.sources.engine.from_pandas(frame, {**types, "ended_on": "date"})
    raised = rows.mutate(occurred_on=rows.started_on, recorded_on=rows.started_on)
    ended = rows.filter(rows.ended_on.notnull())
    ended = ended.mutate(occurred_on=ended.ended_on, recorded_on=ended.ended_on)
    return [
        event(
            raised,
            "signals",
            "signal_raised",
            raised.name,
            sentence(raised.title, raised.already, ": ", raised.evidence),
        ),
        event(ended, "signals", "signal_ended", ended.name, sentence(ended.title, ": the signal is over")),
    ]


def _days(days: pd.Series) -> list[date | None]:
    return [None if pd.isna(day) else pd.Timestamp(day).date() for day in days]
