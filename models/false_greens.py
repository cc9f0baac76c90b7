"""What a green pulse is not showing: the facts that stand against it, for the riskiest accounts called green.

Puts beside each other what other tables say; nothing is scored here. It accuses nobody: the CSM may know what no table
does, and the last facts say what that would have to be.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import pandas as pd

from features.group_actions import load_group_actions
from features.signal_episodes import since
from models.explanation import worth_telling
from models.learning import KEY
from models.movement import RENEWAL
from models.policy import ELEVATED, HIGH
from models.settings import ModelSettings
from models.stance import RISKY, usage_calls

COLUMNS: Final = (
    *KEY,
    "position",
    "account_name",
    "csm_id",
    "csm_name",
    "renewal_date",
    "listed_for",
    "pulse_on",
    "topic",
    "happened_on",
    "sentence",
)
SAID, USAGE, REASON, SIGNAL, SINCE, HOLDS_IF = ("said", "usage", "reason", "signal", "since", "holds_if")
TELLING: Final = (
    "contact_left",
    "owner_changed",
    "module_stopped",
    "integration_stopped",
    "ticket_escalated",
    "survey_answered",
    "invoice_overdue",
    "play_started",
)
"""Kinds of events that may change a mind. The others are everyday life, or told as signals."""
MOST_REASONS: Final = 3
MOST_SIGNALS: Final = 5
MOST_EVENTS: Final = 5
_SEVERITIES: Final = {"high": 0, "medium": 1, "low": 2}
_STATES: Final = {"stale": ", which is long ago", "inherited": ", by an earlier owner of the account"}

Row = dict[Any, Any]
"""One row of a table, value by column."""


class Fact(NamedTuple):
    """One thing to know: what it belongs to, the sentence, and the day on which it happened, if on one."""

    topic: str
    sentence: str
    happened_on: pd.Timestamp | None = None


def greens_in_question(risk: pd.DataFrame, settings: ModelSettings) -> pd.Series:
    """Why each row is a green to look into: `tier`, `usage`, or missing where it is none.

    The pulse that counts is green, however old it still counts, and the renewal is in the tier high or elevated, or
    usage by itself calls it risky: where the score trusts the colour, no green is in a high tier.

    Args:
        risk: `account_risk`.
        settings: From which multiple of the base rate on usage is risky.
    """
    is_green = (risk["sentiment"] == "green") & risk["churn_probability"].notna()
    usage, base = (risk[name].to_numpy(dtype="float64") for name in ("usage_view", "base_rate"))
    is_risky = pd.Series(usage_calls(usage, base, settings) == RISKY, index=risk.index)
    why = pd.Series(None, index=risk.index, dtype=object).mask(is_green & is_risky, "usage")
    return why.mask(is_green & risk["risk_tier"].isin([HIGH, ELEVATED]), "tier")


def false_greens(
    risk: pd.DataFrame,
    reasons: pd.DataFrame,
    signals: pd.DataFrame,
    timeline: pd.DataFrame,
    settings: ModelSettings,
) -> pd.DataFrame:
    """The facts about each green in question.

    Args:
        risk: `account_risk` of one date.
        reasons: `risk_reasons` of that date.
        signals: Episodes of the signals as of that date.
        timeline: `account_timeline` as of that date.
        settings: See `greens_in_question`.

    Returns:
        `COLUMNS`, one row per renewal and fact: what the person said and when, what usage says, the strongest reasons
        that raise the risk, the open signals with their evidence, what happened since the pulse was given, and what
        would have to be true for green to hold. Renewals in the order of the risk table, facts numbered from 1.
    """
    why = greens_in_question(risk, settings)
    greens = risk.assign(listed_for=why)[why.notna()]
    greens = greens.assign(pulse_on=greens["as_of"] - pd.to_timedelta(greens["pulse_age_days"].astype(float), unit="D"))
    urgent_first = signals[signals["ended_on"].isna()].assign(_place=signals["severity"].map(_SEVERITIES))
    urgent_first = urgent_first.sort_values(["_place", "started_on", "signal"], ascending=[True, False, True])
    telling = timeline[timeline["kind"].isin(TELLING)].sort_values(["occurred_on", "event_id"])
    reasons_of = _lookup(worth_telling(reasons[reasons["direction"] == "raises"]).sort_values("rank"), greens, *RENEWAL)
    signals_of = _lookup(urgent_first, greens, "account_id")
    events_of = _lookup(telling, greens, "account_id")
    rows: list[dict[str, Any]] = []
    for green in greens.to_dict("records"):
        strongest = reasons_of(green)[:MOST_REASONS]
        facts = (
            *_said(green),
            _usage(green),
            *(Fact(REASON, f"{reason['sentence']}.") for reason in strongest),
            *_signals(green["renewal_id"], signals_of(green)),
            *_since(green, events_of(green)),
            *_holds_if(strongest),
        )
        known = {name: green[name] for name in COLUMNS if name in green}
        rows.extend({**known, "position": place, **fact._asdict()} for place, fact in enumerate(facts, start=1))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _lookup(table: pd.DataFrame, greens: pd.DataFrame, *key: str) -> Callable[[Row], list[Row]]:
    """Return what a table has of a green, in its order; only the few rows that are of any are gone through."""
    rows: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in table[table["account_id"].isin(greens["account_id"])].to_dict("records"):
        rows[tuple(row[name] for name in key)].append(row)
    return lambda green: rows.get(tuple(green[name] for name in key), [])


def _said(green: Row) -> Iterator[Fact]:
    """What the person said."""
    day = green["pulse_on"]
    reason = green["last_pulse_reason"]
    words = f': "{reason}"' if isinstance(reason, str) else ", without a reason."
    state = _STATES.get(str(green["pulse_state"]), "")
    yield Fact(SAID, f"Called green on {day:%Y-%m-%d}, {green['pulse_age_days']:.0f} days ago{state}{words}", day)


def _usage(green: Row) -> Fact:
    usage, base, gut, both = (green[name] for name in ("usage_view", "base_rate", "gut_view", "churn_probability"))
    return Fact(
        USAGE,
        f"Usage alone puts churn at {100 * usage:.0f} %, {usage / base:.1f} times what is usual at this horizon; green "
        f"has meant {100 * gut:.0f} % so far, and both together say {100 * both:.0f} %.",
    )


def _signals(renewal_id: str, of_account: list[Row]) -> Iterator[Fact]:
    """The open signals of the renewal and its account, the most urgent and newest first; the rest is counted."""
    mine = [row for row in of_account if pd.isna(row["renewal_id"]) or row["renewal_id"] == renewal_id]
    for row in mine[:MOST_SIGNALS]:
        evidence = f": {row['evidence']}" if isinstance(row["evidence"], str) else ""
        yield Fact(SIGNAL, f"{row['title']} {since(row)}{evidence}.", pd.Timestamp(row["started_on"]))
    if (more := len(mine) - MOST_SIGNALS) > 0:
        yield Fact(SIGNAL, f"Also open, as urgent or less: {more} more signal{'' if more == 1 else 's'}.")


def _since(green: Row, of_account: list[Row]) -> Iterator[Fact]:
    """What happened on the day of the pulse or after it, oldest first, the newest of it where that is much."""
    mine = [row for row in of_account if pd.Timestamp(row["occurred_on"]) >= green["pulse_on"]]
    for row in mine[-MOST_EVENTS:]:
        yield Fact(SINCE, f"{row['text']}.", pd.Timestamp(row["occurred_on"]))
    if isinstance(green["change_reason"], str):
        points = 100 * float(green["probability_change"])
        yield Fact(SINCE, f"In the last week the risk moved by {points:+.0f} points: {green['change_reason']}.")


def _holds_if(strongest: list[Row]) -> Iterator[Fact]:
    groups = load_group_actions()
    for group in dict.fromkeys(reason["feature_group"] for reason in strongest):
        if group in groups:
            yield Fact(HOLDS_IF, groups[group].harmless_if)
