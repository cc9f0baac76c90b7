"""Episodes: from what fires day by day to one row per stretch of firing.

Looks are daily. An episode starts on the first look at which a signal fires (`started_on`), was last seen on the newest
at which it did (`last_seen_on`), and ended on the first look at which it no longer did (`ended_on`, null while it
fires). A signal that is silent for less than a week goes on in the same episode: usage that wavers about a threshold
raises one episode and not ten. An account that leaves the watch, its last renewal being lost, ends what was firing.

Only days that nobody has looked from yet are evaluated: a daily run continues the episodes of an earlier date by a look
or a few, for all accounts in one pass. Only the very first run looks back, over `FIRST_LOOK_DAYS`, and one after a gap
longer than that; what fires at its first look may have done so before, and its start is not known. What a missing
source hides is neither raised nor ended.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.moments import beside
from features.signals import fired_signals, load_signals, unwatched_signals
from features.sources import Sources
from features.spine import known_accounts

EPISODE_KEY = ("account_id", "signal", "renewal_id", "started_on")
QUIET_DAYS = 7
"""A silence shorter than this belongs to the episode."""
FIRST_LOOK_DAYS = 56
"""How far back the first run looks, and how far a later one makes up for days without a run."""
KEPT_DAYS = 365
"""How long an episode stays in the table after it was last seen."""
MOMENTS_AT_ONCE = 60_000
"""Accounts times looks that are evaluated in one pass; bounds the memory."""

_THING = ("account_id", "renewal_id", "signal")
_COLUMNS = {
    "account_id": "string",
    "renewal_id": "string",
    "signal": "string",
    "started_on": "date",
    "is_start_known": "boolean",
    "last_seen_on": "date",
    "ended_on": "date",
    "evidence": "string",
    "evidence_at_start": "string",
}


def since(episode: Mapping[Any, Any]) -> str:
    """Since when an episode has been on, in words: `since 2026-06-01`, or before that day where nobody had looked.

    Where nobody watches any more it is said when it was last seen.
    """
    before = "" if episode.get("is_start_known", True) else "before "
    started, seen, as_of = (pd.Timestamp(episode[name]) for name in ("started_on", "last_seen_on", "as_of"))
    is_unwatched = pd.isna(episode["ended_on"]) and seen < as_of
    unwatched = f", not watched after {seen:%Y-%m-%d}" if is_unwatched else ""
    return f"since {before}{started:%Y-%m-%d}{unwatched}"


def build_episodes(sources: Sources, as_of: date, previous: pd.DataFrame | None = None) -> ir.Table:
    """Return the episodes of all signals as known at a date.

    Args:
        sources: The ingested tables.
        as_of: The newest look.
        previous: The `signals` table of an earlier date, which is continued; None or empty to look back from scratch.

    Returns:
        One row per account, renewal (null if about the account), signal and episode: as_of, `started_on`,
        `is_start_known` (false where nobody had looked the day before), `last_seen_on`, `ended_on` (null while it
        fires), evidence of the newest firing and of the first; title, severity, action and stakeholder as declared; the
        account's name and its CSM, with name, as known then.

    Raises:
        ValueError: If the earlier table is not of an earlier date.
    """
    looks = look_dates(as_of, previous)
    accounts = sources.engine.scalar(sources.tables["accounts"].account_id.nunique())
    step = max(MOMENTS_AT_ONCE // max(accounts, 1), 1)
    fired = [fired_signals(sources, looks[first : first + step]) for first in range(0, len(looks), step)]
    episodes = join_firings(sources, ibis.union(*fired) if len(fired) > 1 else fired[0], looks, previous)
    episodes = episodes.filter(episodes.last_seen_on >= ibis.date(as_of) - ibis.interval(days=KEPT_DAYS))
    table = _declared(sources, episodes).mutate(as_of=ibis.date(as_of))
    accounts = known_accounts(sources, table.select("account_id", "as_of").distinct())
    named = accounts.select("account_id", "account_name", "csm_id", "csm_name")
    return sources.engine.store(beside(table, named, on=("account_id",)))


def look_dates(as_of: date, previous: pd.DataFrame | None) -> list[date]:
    """Return the dates still to look from, oldest first: those after the earlier table's, at most the first run's.

    Raises:
        ValueError: If the earlier table is not of an earlier date.
    """
    days = FIRST_LOOK_DAYS
    if previous is not None and len(previous):
        last = pd.Timestamp(previous["as_of"].max()).date()
        days = (as_of - last).days
        if days < 1:
            raise ValueError(f"episodes as of {as_of} cannot continue those as of {last}")
    return [as_of - timedelta(days=shift) for shift in reversed(range(min(days, FIRST_LOOK_DAYS)))]


def join_firings(
    sources: Sources, fired: ir.Table, looks: Sequence[date], previous: pd.DataFrame | None = None
) -> ir.Table:
    """Return the episodes that firings make up.

    Args:
        sources: For the engine, and to tell what is watched.
        fired: account_id, renewal_id, signal, as_of, evidence of each firing; every `as_of` is one of the looks.
        looks: All dates that were looked from, oldest first; a signal that did not fire at one of them was silent.
        previous: Earlier episodes to continue, or None.

    Returns:
        The key, `last_seen_on`, `ended_on`, evidence of the newest firing and of the first, one row per episode.
    """
    following = pd.DataFrame({"as_of": list(looks), "ended_on": [*looks[1:], None]})
    looked = sources.engine.from_pandas(following, {"as_of": "date", "ended_on": "date"})
    firings = fired.join(looked, "as_of")
    spans = firings.mutate(
        started_on=firings.as_of,
        is_start_known=ibis.literal(True) if _goes_on(looks, previous) else firings.as_of != ibis.date(looks[0]),
        last_seen_on=firings.as_of,
        evidence_at_start=firings.evidence,
    ).select(*_COLUMNS)
    if previous is None or previous.empty:
        return _episodes(spans)
    earlier = _earlier(sources, previous)
    unwatched = list(unwatched_signals(sources))
    is_hidden = earlier.signal.isin(unwatched) if unwatched else ibis.literal(False)
    # What fired at the earlier date ends with the first look of this run, unless it fires there too.
    seen = earlier.filter(~is_hidden).mutate(ended_on=ibis.coalesce(earlier.ended_on, ibis.date(looks[0])))
    # What a missing source hides stays as it was last seen: nobody looked, so nothing ended.
    return _episodes(spans.union(seen.select(*_COLUMNS))).union(earlier.filter(is_hidden))


def _goes_on(looks: Sequence[date], previous: pd.DataFrame | None) -> bool:
    """Whether the looks begin on the day after the newest look of an earlier table."""
    if previous is None or previous.empty:
        return False
    return (looks[0] - pd.Timestamp(previous["as_of"].max()).date()).days == 1


def _episodes(spans: ir.Table) -> ir.Table:
    """Join spans of firing that less than a week of silence separates; a span ends on its first silent look."""
    order = ibis.window(group_by=list(_THING), order_by="last_seen_on")
    silence = spans.started_on.delta(spans.ended_on.lag().over(order), unit="day")
    marked = spans.mutate(is_start=ibis.ifelse(silence < QUIET_DAYS, 0, 1).fill_null(1))
    running = ibis.cumulative_window(group_by=list(_THING), order_by="last_seen_on")
    numbered = marked.mutate(episode=marked.is_start.sum().over(running))
    newest_first = ibis.window(group_by=[*_THING, "episode"], order_by=ibis.desc("last_seen_on"))
    whole = ibis.window(group_by=[*_THING, "episode"])
    oldest_first = ibis.window(group_by=[*_THING, "episode"], order_by="last_seen_on")
    ranked = numbered.mutate(
        started_on=numbered.started_on.min().over(whole),
        is_start_known=numbered.is_start_known.first().over(oldest_first),
        evidence_at_start=numbered.evidence_at_start.first().over(oldest_first),
        place=ibis.row_number().over(newest_first),
    )
    return ranked.filter(ranked.place == 0).select(*_COLUMNS)


def _earlier(sources: Sources, previous: pd.DataFrame) -> ir.Table:
    """Return an earlier table of episodes as one of the engine; one of an earlier release did not doubt its starts."""
    frame = previous.reindex(columns=list(_COLUMNS)).astype(object)
    frame["is_start_known"] = [True if pd.isna(known) else bool(known) for known in frame["is_start_known"]]
    for name in ("started_on", "last_seen_on", "ended_on"):
        frame[name] = [None if pd.isna(day) else pd.Timestamp(day).date() for day in previous[name]]
    return sources.engine.from_pandas(frame.where(frame.notna(), None), _COLUMNS)


def _declared(sources: Sources, episodes: ir.Table) -> ir.Table:
    """Add what the declaration says of each signal."""
    names = ("title", "severity", "action", "stakeholder")
    frame = pd.DataFrame(
        [(signal.id, *(getattr(signal, name) for name in names)) for signal in load_signals().values()],
        columns=["signal", *names],
    )
    declared = sources.engine.from_pandas(frame, dict.fromkeys(frame.columns, "string"))
    return beside(episodes, declared, on=("signal",))
