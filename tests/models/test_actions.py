from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from features.catalogue import FEATURES
from features.group_actions import load_group_actions
from features.signals import load_signals
from models.actions import called_for, weekly_actions
from models.learning import with_dates
from models.settings import WeeklySettings

Rows = Callable[..., pd.DataFrame]
SIGNALS = load_signals()
NOTHING = (None, None)


def table_of(snapshot_rows: Rows, **columns: list[Any]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    defaults = {
        "churn_probability": [0.1] * size,
        "stance": ["unclear"] * size,
        "risk_tier": ["low"] * size,
        "notice_deadline": [None] * size,
    }
    return with_dates(snapshot_rows(**(defaults | columns)), ("as_of", "renewal_date", "notice_deadline"))


def reasons_of(*rows: tuple[str, int, str, str, str, str]) -> pd.DataFrame:
    """Reasons from (renewal, rank, group, feature, value, direction); the sentence is the name of the group."""
    columns = ["renewal_id", "rank", "feature_group", "feature", "value", "direction"]
    frame = pd.DataFrame(rows, columns=columns).assign(account_id="a0", as_of=pd.Timestamp("2024-01-01"))
    contribution = frame["direction"].map({"raises": 0.3, "lowers": -0.3}).astype(float)
    return called_for(frame.assign(sentence=frame["feature_group"], contribution=contribution))


def signals_of(*rows: dict[str, Any]) -> pd.DataFrame:
    columns = ["account_id", "renewal_id", "signal", "started_on", "ended_on", "evidence"]
    frame = pd.DataFrame([{"account_id": "a0", "renewal_id": None, **row} for row in rows], columns=columns)
    declared = {
        name: [getattr(SIGNALS[signal], name) for signal in frame["signal"]]
        for name in ("severity", "title", "action", "stakeholder")
    }
    return frame.assign(**declared)


def decided(
    table: pd.DataFrame, reasons: pd.DataFrame | None = None, signals: pd.DataFrame | None = None
) -> pd.DataFrame:
    return weekly_actions(
        table,
        reasons_of() if reasons is None else reasons,
        signals_of() if signals is None else signals,
        WeeklySettings(),
    )


def days_until(actions: pd.DataFrame) -> list[int | None]:
    due = actions["action_due_on"]
    return [None if pd.isna(day) else (day - pd.Timestamp("2024-01-01")).days for day in due]


def test_every_group_of_features_says_what_it_calls_for_and_what_would_make_it_harmless() -> None:
    groups = load_group_actions()

    assert set(groups) == {feature.group for feature in FEATURES.values()}
    for group in groups.values():
        assert (group.action is None) == (group.stakeholder is None)
        assert group.harmless_if.endswith(".")
        assert group.action is None or group.action.endswith(".")


def test_a_reason_calls_for_what_its_group_does_and_one_of_a_signal_for_what_that_does() -> None:
    champion = SIGNALS["champion_left"]
    reasons = reasons_of(
        ("r0", 1, "payment", "billing__days_late", "30", "raises"),
        ("r0", 2, "payment", "billing__days_late", "0", "lowers"),
        ("r0", 3, "segment", "commercial__segment", "smb", "raises"),
        ("r0", 4, "signals", "signal__has_champion_left", "yes", "raises"),
        ("r0", 5, "signals", "signal__has_notice_deadline", "no", "raises"),
        ("r0", 6, "a group of another release", "x", "1", "raises"),
    )

    groups = load_group_actions()
    calls = list(reasons[["action", "stakeholder"]].itertuples(index=False, name=None))
    assert calls == [
        (groups["payment"].action, "finance"),
        NOTHING,
        NOTHING,
        (champion.action, champion.stakeholder),
        (groups["signals"].action, "csm"),
        NOTHING,
    ]


def test_what_is_certain_overdue_or_too_far_is_settled_by_its_status(snapshot_rows: Rows) -> None:
    table = table_of(
        snapshot_rows,
        account_id=["a0"] * 4,
        status=["known_loss", "already_renewed", "overdue", "open"],
        churn_probability=[None, None, 0.2, None],
        stance=[None, None, "disagree", None],
        risk_tier=[None, None, "high", None],
        band=["90-180", "90-180", "overdue", "beyond"],
        renewal_date=[date(2024, 1, 20), date(2024, 1, 20), date(2023, 12, 1), date(2026, 1, 1)],
    )

    actions = decided(table)

    assert actions["stakeholder"].tolist() == ["economic_buyer", None, "economic_buyer", None]
    assert days_until(actions) == [0, None, 0, None]
    assert actions["action_reason"].tolist()[2] == "The renewal date is past and no outcome is on record"


def test_an_open_urgent_signal_that_raises_the_risk_wins_over_stance_and_reasons(snapshot_rows: Rows) -> None:
    table = table_of(
        snapshot_rows, account_id=["a0", "a0", "a1"], stance=["disagree"] * 3, sentiment=["green", "green", "red"]
    )
    signals = signals_of(
        {"signal": "champion_left", "started_on": date(2023, 11, 1), "evidence": "gone for a month"},
        {"signal": "polite_exit", "started_on": date(2023, 12, 1), "evidence": "silent"},
        {"signal": "executive_sponsor_left", "started_on": date(2023, 10, 1), "renewal_id": "r1", "evidence": None},
        # Over, less urgent, or not beyond doubt a danger.
        {"signal": "gone_quiet", "started_on": date(2023, 12, 9), "ended_on": date(2023, 12, 20)},
        {"signal": "no_executive_sponsor", "started_on": date(2023, 12, 9)},
        {"signal": "escalation_open", "started_on": date(2023, 12, 9), "account_id": "a1"},
    )

    actions = decided(table, signals=signals)

    assert actions["action"].tolist()[:2] == [SIGNALS["polite_exit"].action, SIGNALS["executive_sponsor_left"].action]
    assert actions["action_reason"].tolist() == [
        "Polite exit: silent",
        "Executive sponsor left before the renewal",
        "The pulse is red while usage looks healthy",
    ]
    assert days_until(actions) == [7, 7, 7]


def test_a_risky_tier_calls_for_what_its_strongest_raising_reason_does(snapshot_rows: Rows) -> None:
    table = table_of(
        snapshot_rows,
        account_id=["a0"] * 4,
        risk_tier=["high", "elevated", "elevated", "low"],
        stance=["agree_on_risk", "unclear", "unclear", "agree_on_risk"],
    )
    reasons = reasons_of(
        ("r0", 1, "csm pulse", "pulse__sentiment_level", "green", "lowers"),
        ("r0", 2, "segment", "commercial__segment", "smb", "raises"),
        ("r0", 3, "payment", "billing__days_late", "30", "raises"),
        ("r0", 4, "budget", "pulse__budget_level", "cut", "raises"),
        ("r1", 1, "budget", "pulse__budget_level", "cut", "raises"),
        ("r3", 1, "budget", "pulse__budget_level", "cut", "raises"),
    )

    actions = decided(table, reasons)

    assert actions["action_reason"].tolist() == [
        "payment",
        "budget",
        "Churn is more likely than usual, and no single reason stands out",
        "budget",
    ]
    assert actions["stakeholder"].tolist() == ["finance", "economic_buyer", "champion", "economic_buyer"]
    assert days_until(actions) == [7, 28, 28, 28]


def test_where_nothing_presses_the_stance_says_what_to_do(snapshot_rows: Rows) -> None:
    actions = decided(table_of(snapshot_rows, account_id=["a0", "a0"], stance=["agree_on_health", "unclear"]))

    assert actions["action"].tolist() == [
        "Keep the rhythm: the next planned talk is soon enough.",
        "Get closer to the customer: call the champion, and write down how the account feels.",
    ]
    assert days_until(actions) == [None, 91]


@pytest.mark.parametrize(
    ("renewal_date", "notice_deadline", "band", "days"),
    [
        (date(2024, 5, 1), None, "90-180", 91),
        (date(2024, 5, 1), date(2024, 2, 20), "90-180", 20),
        # Too late to be ahead of the deadline, and never in the past.
        (date(2024, 5, 1), date(2024, 1, 10), "90-180", 0),
        (date(2024, 5, 1), date(2024, 1, 1), "90-180", 0),
        # Notice can be given no more: the renewal itself is what is ahead.
        (date(2024, 3, 1), date(2023, 12, 31), "0-89", 30),
        (date(2024, 1, 20), None, "rolling", 91),
    ],
)
def test_the_day_counts_back_from_the_notice_deadline(
    snapshot_rows: Rows, renewal_date: date, notice_deadline: date | None, band: str, days: int
) -> None:
    table = table_of(
        snapshot_rows, renewal_date=[renewal_date], notice_deadline=[notice_deadline], band=[band], account_id=["a0"]
    )

    assert days_until(decided(table)) == [days]


def test_what_weighs_next_to_nothing_is_no_reason_and_calls_for_nothing() -> None:
    reasons = reasons_of(("r0", 1, "usage level", "usage__events_28d", "3", "raises"))
    assert reasons["action"].notna().all()

    little = called_for(reasons.assign(contribution=0.049))
    assert little[["action", "stakeholder"]].isna().all(axis=None)
    assert little["action"].tolist() == [None]
