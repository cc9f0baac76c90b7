"""What each renewal calls for this week, with whom, by when: one action, the most pressing.

A rule over what is there already (status, signals, stance, tier, reasons); nothing is learned. The words of reasons
come from `features.group_actions`, those of signals with the signals; the others stand here.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from features.group_actions import GroupAction, load_group_actions, signal_actions
from features.signals import load_signals
from models.explanation import worth_telling
from models.learning import KEY
from models.movement import RENEWAL
from models.policy import ELEVATED, HIGH
from models.settings import ROLLING_BAND, WeeklySettings
from models.stance import AGREE_ON_HEALTH, AGREE_ON_RISK, DISAGREE

ACTION_COLUMNS: Final = ("action", "stakeholder", "action_reason", "action_due_on")
_READ: Final = (*RENEWAL, "status", "stance", "risk_tier", "sentiment", "churn_probability")


class Call(NamedTuple):
    """What to do, with whom, what for, and within how many days (None: no hurry at all)."""

    action: str
    stakeholder: str
    reason: str
    within_days: int | None


def called_for(reasons: pd.DataFrame) -> pd.DataFrame:
    """Reasons with the `action` and `stakeholder` that each calls for; none where it lowers the risk, or weighs little.

    Args:
        reasons: `feature_group`, `feature`, `value` and `contribution`; see `explanation.worth_telling`.
    """
    calling = worth_telling(reasons).query("contribution > 0")
    named = calling[["feature_group", "feature", "value"]].to_numpy()
    calls = pd.Series([_group_action(*row) for row in named], index=calling.index, dtype=object)
    calls = calls.reindex(reasons.index).astype(object).where(lambda each: each.notna(), None)
    return reasons.assign(
        action=pd.Series([call and call.action for call in calls], index=reasons.index, dtype=object),
        stakeholder=pd.Series([call and call.stakeholder for call in calls], index=reasons.index, dtype=object),
    )


def weekly_actions(
    table: pd.DataFrame, reasons: pd.DataFrame, signals: pd.DataFrame, settings: WeeklySettings
) -> pd.DataFrame:
    """What each renewal calls for, by the first rule that applies.

    1. A known loss: part well. What is renewed calls for nothing.
    2. Overdue: ask today.
    3. A signal of high severity that raises the risk is open for the renewal, or for its account: what it calls for;
       of several the newest, one about this renewal before one about the account.
    4. Usage and a fresh pulse disagree: find out fast who is right.
    5. The tier is high or elevated, or both agree on risk: what the strongest reason calls for that raises the risk.
    6. Both agree on health: keep the rhythm. All else that is scored: get closer. What is not scored: nothing.

    It is due `act_ahead_days` before the notice deadline (before the renewal date where there is none, or it has
    passed), within the days that its urgency allows, and never before the date of the table. A short term is always
    that near its end, so there the urgency alone counts.

    Args:
        table: KEY, band, status, stance, `risk_tier`, sentiment, churn_probability, renewal_date and notice_deadline.
        reasons: As returned by `called_for`, with `rank` and `sentence`.
        signals: Episodes as of the same date; see `features.signal_episodes`.
        settings: How soon is soon.

    Returns:
        `ACTION_COLUMNS`, in the order and with the index of the table.
    """
    pressing, drivers = _pressing(signals, settings), _drivers(reasons)
    rows: Iterable[Any] = table[list(_READ)].itertuples()
    calls = []
    for row in rows:
        renewal = (row.account_id, row.renewal_id)
        signal = pressing.get(renewal) or pressing.get((row.account_id, None))
        calls.append(_call(row, signal, drivers.get(renewal, _NO_DRIVER), settings))
    actions = pd.DataFrame(
        [(None, None, None, np.nan) if call is None else call for call in calls],
        columns=[*ACTION_COLUMNS[:-1], "within"],
        index=table.index,
        dtype=object,
    )
    due = _due(table, actions["within"].astype(np.float64), settings)
    return actions.drop(columns="within").assign(action_due_on=due)


def _call(row: Any, signal: Call | None, driver: tuple[str, str, str], settings: WeeklySettings) -> Call | None:
    """The rules of `weekly_actions`, in their order."""
    now, soon, later = settings.act_now_days, settings.act_soon_days, settings.act_later_days
    if row.status == "known_loss":
        return Call(
            "Hold a last talk with the economic buyer: why they leave, an orderly end, and what would bring them back.",
            "economic_buyer",
            "The loss is on record",
            soon,
        )
    if row.status == "already_renewed":
        return None
    if row.status == "overdue":
        return Call(
            "Ask the economic buyer today whether the renewal stands, and have the answer recorded.",
            "economic_buyer",
            "The renewal date is past and no outcome is on record",
            0,
        )
    if signal is not None:
        return signal
    if row.stance == DISAGREE:
        return _investigate(row.sentiment, now)
    if row.risk_tier in (HIGH, ELEVATED) or row.stance == AGREE_ON_RISK:
        return Call(*driver, now if row.risk_tier == HIGH else soon)
    if pd.isna(row.churn_probability):
        return None
    if row.stance == AGREE_ON_HEALTH:
        return Call("Keep the rhythm: the next planned talk is soon enough.", "champion", "Usage and pulse agree", None)
    return Call(
        "Get closer to the customer: call the champion, and write down how the account feels.",
        "champion",
        "Neither usage nor a fresh pulse says anything firm",
        later,
    )


_NO_DRIVER: Final = (
    "Talk with the champion about what the coming term has to bring, and write down how the account feels.",
    "champion",
    "Churn is more likely than usual, and no single reason stands out",
)


def _investigate(sentiment: str, days: int) -> Call:
    if sentiment == "red":
        action = "Trust the CSM, and find out this week with the champion what usage does not show."
        return Call(action, "champion", "The pulse is red while usage looks healthy", days)
    action = "Trust the CSM, and find out this week with the champion why usage looks risky."
    return Call(action, "champion", "The pulse is green while usage looks risky", days)


def _group_action(group: str, feature: str, value: object) -> GroupAction | None:
    """What a reason calls for: what its signal does where one leads it, else what its group does."""
    fired = signal_actions().get(feature) if value == "yes" else None
    return fired or load_group_actions().get(group)


def _drivers(reasons: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str, str]]:
    """The strongest reason of each renewal that calls for something: action, stakeholder, sentence."""
    if reasons.empty:
        return {}
    calling = reasons[reasons["action"].notna()].sort_values([*KEY, "rank"]).drop_duplicates(RENEWAL)
    columns = ["account_id", "renewal_id", "action", "stakeholder", "sentence"]
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in calling[columns].to_numpy()}


def _pressing(signals: pd.DataFrame, settings: WeeklySettings) -> dict[tuple[str, str | None], Call]:
    """What the open signals call for that win over reasons, by account and renewal (None: the whole account)."""
    raising = [signal.id for signal in load_signals().values() if signal.direction == "raises"]
    is_pressing = signals["ended_on"].isna() & (signals["severity"] == "high") & signals["signal"].isin(raising)
    newest = signals[is_pressing].sort_values(["started_on", "signal"], ascending=[False, True])
    calls: dict[tuple[str, str | None], Call] = {}
    columns = [*RENEWAL, "action", "stakeholder", "title", "evidence"]
    for account, renewal, action, stakeholder, title, evidence in newest.drop_duplicates(RENEWAL)[columns].to_numpy():
        what = title if pd.isna(evidence) else f"{title}: {evidence}"
        calls[account, None if pd.isna(renewal) else renewal] = Call(action, stakeholder, what, settings.act_now_days)
    return calls


def _due(table: pd.DataFrame, within: pd.Series, settings: WeeklySettings) -> pd.Series:
    """The day by which to act, NaT where there is no hurry."""
    as_of = table["as_of"]
    deadline = table["notice_deadline"].where(table["notice_deadline"] >= as_of, table["renewal_date"])
    latest = (deadline - pd.Timedelta(days=settings.act_ahead_days)).where(table["band"] != ROLLING_BAND)
    allowed = as_of + pd.to_timedelta(within, unit="D")
    due = allowed.where((allowed <= latest) | latest.isna(), latest)
    day: pd.Series = due.where(due >= as_of, as_of).where(within.notna()).dt.as_unit("us")
    return day
