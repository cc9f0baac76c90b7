from typing import Any

import pandas as pd
import pytest

from features.group_actions import load_group_actions
from models.false_greens import COLUMNS, MOST_SIGNALS, false_greens, greens_in_question
from models.settings import ModelSettings

SETTINGS = ModelSettings()
NO_REASONS = pd.DataFrame(
    columns=["account_id", "renewal_id", "rank", "feature_group", "direction", "contribution", "sentence"]
)
NO_SIGNALS = pd.DataFrame(
    columns=["account_id", "renewal_id", "signal", "title", "severity", "started_on", "ended_on", "evidence"]
)
NO_EVENTS = pd.DataFrame(columns=["account_id", "event_id", "kind", "occurred_on", "text"])


def risk(*rows: dict[str, Any]) -> pd.DataFrame:
    same: dict[str, Any] = {
        "account_id": "a",
        "account_name": "Acme",
        "csm_id": "m",
        "csm_name": "Ada",
        "renewal_id": "r0",
        "as_of": "2024-06-03",
        "renewal_date": "2024-09-01",
        "sentiment": "green",
        "pulse_state": "fresh",
        "pulse_age_days": 12,
        "last_pulse_on": "2024-05-22",
        "last_pulse_reason": "All fine",
        "usage_view": 0.2,
        "gut_view": 0.04,
        "churn_probability": 0.12,
        "base_rate": 0.1,
        "risk_tier": "low",
        "change_reason": None,
        "probability_change": 0.0,
    }
    frame = pd.DataFrame([{**same, **row} for row in rows or [{}]])
    days = ("as_of", "renewal_date", "last_pulse_on")
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})


def said_of(table: pd.DataFrame, topic: str) -> list[str]:
    return table.loc[table["topic"] == topic, "sentence"].tolist()


def look(
    greens: pd.DataFrame,
    reasons: pd.DataFrame = NO_REASONS,
    signals: pd.DataFrame = NO_SIGNALS,
    events: pd.DataFrame = NO_EVENTS,
) -> pd.DataFrame:
    return false_greens(greens, reasons, signals, events, SETTINGS)


def test_a_green_is_in_question_by_its_tier_or_by_what_usage_says() -> None:
    rows = risk(
        {"risk_tier": "high"},
        {"risk_tier": "elevated", "usage_view": 0.05, "pulse_state": "stale"},
        {},
        {"usage_view": 0.15},
        {"sentiment": "yellow", "risk_tier": "high"},
        {"sentiment": None, "risk_tier": "high"},
        {"churn_probability": None, "risk_tier": None, "usage_view": None, "base_rate": None},
    )

    why = greens_in_question(rows, SETTINGS)

    assert why.where(why.notna(), None).tolist() == ["tier", "tier", "usage", None, None, None, None]


def test_every_fact_stands_in_its_place() -> None:
    reasons = pd.DataFrame(
        {
            "account_id": "a",
            "renewal_id": ["r0", "r0", "r0", "r1"],
            "rank": [2, 1, 3, 1],
            "feature_group": ["usage trend", "csm pulse", "payment", "budget"],
            "direction": ["raises", "lowers", "raises", "raises"],
            "contribution": [0.4, -0.3, 0.2, 0.1],
            "sentence": ["Usage halved", "The last pulse is green", "Bills are late", "The budget is cut"],
        }
    )
    signals = pd.DataFrame(
        {
            "account_id": ["a", "a", "a", "b"],
            "renewal_id": [None, "r1", None, None],
            "signal": ["champion_left", "notice_deadline", "ticket_spike", "champion_left"],
            "title": ["Champion left", "Notice deadline", "Ticket spike", "Champion left"],
            "severity": ["high", "medium", "medium", "high"],
            "as_of": ["2024-06-03"] * 4,
            "started_on": ["2024-05-30"] * 4,
            "last_seen_on": ["2024-06-03", "2024-06-03", "2024-05-31", "2024-06-03"],
            "ended_on": [None, None, "2024-06-01", None],
            "evidence": ["gone"] * 4,
        }
    )
    events = pd.DataFrame(
        {
            "account_id": ["a", "a", "a", "b"],
            "event_id": ["1", "2", "3", "4"],
            "kind": ["contact_left", "contact_left", "invoice_paid", "contact_left"],
            "occurred_on": ["2024-05-21", "2024-05-22", "2024-05-23", "2024-05-23"],
            "text": ["The admin left", "The champion left", "Invoice paid", "The champion left"],
        }
    )
    moved = risk({"change_reason": "Usage halved", "probability_change": 0.04})

    table = look(moved, reasons, signals, events)

    groups = load_group_actions()
    assert tuple(table.columns) == COLUMNS
    assert table["position"].tolist() == list(range(1, len(table) + 1))
    assert table[["topic", "sentence"]].to_numpy().tolist() == [
        ["said", 'Called green on 2024-05-22, 12 days ago: "All fine"'],
        [
            "usage",
            "Usage alone puts churn at 20 %, 2.0 times what is usual at this horizon; green has meant 4 % so far, and "
            "both together say 12 %.",
        ],
        ["reason", "Usage halved."],
        ["reason", "Bills are late."],
        ["signal", "Champion left since 2024-05-30: gone."],
        ["since", "The champion left."],
        ["since", "In the last week the risk moved by +4 points: Usage halved."],
        ["holds_if", groups["usage trend"].harmless_if],
        ["holds_if", groups["payment"].harmless_if],
    ]
    assert table["happened_on"].notna().tolist() == [True, False, False, False, True, True, False, False, False]


@pytest.mark.parametrize(
    ("pulse", "sentences"),
    [
        (
            {"last_pulse_reason": None, "pulse_state": "absent"},
            ["Called green on 2024-05-22, 12 days ago, without a reason."],
        ),
        (
            {"pulse_state": "inherited"},
            ['Called green on 2024-05-22, 12 days ago, by an earlier owner of the account: "All fine"'],
        ),
    ],
)
def test_what_the_person_said_comes_with_its_age(pulse: dict[str, Any], sentences: list[str]) -> None:
    assert said_of(look(risk(pulse)), "said") == sentences


def test_many_signals_are_counted_the_most_urgent_are_told() -> None:
    count = MOST_SIGNALS + 2
    signals = pd.DataFrame(
        {
            "account_id": "a",
            "renewal_id": None,
            "signal": [f"s{number}" for number in range(count)],
            "title": [f"Signal {number}" for number in range(count)],
            "severity": ["low"] * (count - 1) + ["high"],
            "as_of": "2024-06-03",
            "started_on": [f"2024-05-{number + 1:02}" for number in range(count)],
            "last_seen_on": "2024-06-03",
            "ended_on": None,
            "evidence": None,
        }
    )

    told = said_of(look(risk(), signals=signals), "signal")

    assert told[:2] == ["Signal 6 since 2024-05-07.", "Signal 5 since 2024-05-06."]
    assert told[-1] == "Also open, as urgent or less: 2 more signals."
    assert len(told) == MOST_SIGNALS + 1


def test_without_a_green_in_question_there_is_nothing_to_tell() -> None:
    table = look(risk({"sentiment": "red"}))

    assert table.empty
    assert tuple(table.columns) == COLUMNS
