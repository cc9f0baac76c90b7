"""What the risk board shows of a made-up table."""

from typing import Any

import pandas as pd
import pytest

from pipelines.board import risk as board
from pipelines.board.widgets import csv_of

AS_OF = "2026-06-29"
USUAL: dict[str, Any] = {
    "account_name": "Acme",
    "segment": "smb",
    "region": "north",
    "csm_id": "C1",
    "csm_name": "Ann Lee",
    "as_of": AS_OF,
    "renewal_date": pd.Timestamp("2026-08-28").date(),
    "lead_days": 60,
    "horizon": "0-89",
    "status": "open",
    "usage_view": 0.05,
    "base_rate": 0.09,
    "churn_probability": 0.1,
    "probability_low": 0.05,
    "probability_high": 0.2,
    "arr": 1000.0,
    "currency": "USD",
    "expected_arr_loss": 100.0,
    "calibration": "calibrated",
    "trained_through": AS_OF,
    "sentiment": "green",
    "pulse_state": "fresh",
    "pulse_age_days": 3.0,
    "last_pulse_on": pd.Timestamp("2026-06-26").date(),
    "last_pulse_reason": "All fine",
    "risk_tier": "low",
    "stance": "agree_on_health",
    "capacity_rank": 1.0,
    "top_reason": "Usage is down",
    "action": None,
    "stakeholder": None,
    "action_due_on": None,
    "data_confidence": "high",
}


def test_a_row_without_a_reason_says_so() -> None:
    rows = board.with_names(risk_of({}, {"top_reason": None}))
    assert board.week_table(rows, {})["why"].tolist() == ["Usage is down", "nothing stands out"]


def test_signals_that_are_on_stand_by_urgency_where_nothing_is_scored() -> None:
    signals = pd.DataFrame(
        {
            "account_id": ["A1", "A2", "A3", "A4"],
            "account_name": ["Acme", None, "Blue", "Gone"],
            "csm_id": ["C1", "C1", None, "C1"],
            "csm_name": ["Ann Lee", None, None, "Ann Lee"],
            "title": ["Seats unused", "Champion left", "Champion left", "Champion left"],
            "severity": ["low", "high", "high", "high"],
            "started_on": [pd.Timestamp(f"2026-06-0{day}").date() for day in (9, 1, 2, 3)],
            "ended_on": [None, None, None, pd.Timestamp("2026-06-04").date()],
            "evidence": "seen",
            "action": "do",
        }
    )
    shown = board.signals_table(signals)
    assert shown["account"].tolist() == ["Blue", "A2", "Acme"]
    assert shown["CSM"].tolist() == ["nobody", "C1", "Ann Lee"]
    assert shown["urgency"].tolist() == ["high", "high", "low"]


def risk_of(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{"account_id": f"A{n}", "renewal_id": f"R{n}", **USUAL, **row} for n, row in enumerate(rows)])


def test_filters_leave_what_is_asked_for_and_one_csms_rows_in_the_order_of_that_list() -> None:
    named = board.with_names(
        risk_of(
            {"capacity_rank": 3.0},
            {"csm_id": "C2", "csm_name": None, "stance": "disagree"},
            {"capacity_rank": 1.0, "risk_tier": "high"},
            {"csm_id": None, "csm_name": None, "horizon": "90-180"},
        )
    )
    choices = board.choices(named)
    assert choices["CSM"] == ["all", "Ann Lee", "C2", "nobody"]
    assert choices["tier"] == ["all", "high", "low"]
    assert choices["stance"] == ["all", "disagree", "agree on health"]
    everything = dict.fromkeys(board.FILTERS, board.EVERYTHING)
    assert len(board.narrowed(named, everything)) == 4
    assert list(board.narrowed(named, {**everything, "CSM": "Ann Lee"})["account_id"]) == ["A2", "A0"]
    assert list(board.narrowed(named, {**everything, "stance": "disagree"})["account_id"]) == ["A1"]
    assert board.narrowed(named, {**everything, "CSM": "nobody", "tier": "high"}).empty


def test_each_account_has_one_place_and_what_no_score_knows_stands_beside_it() -> None:
    risk = risk_of({}, {"account_id": "A0", "capacity_rank": None})
    table = board.week_table(board.with_names(risk), {"A0": "red on 2026-07-01"})
    assert list(table["#"]) == [1, 1]
    assert list(table["not yet in the score"]) == ["red on 2026-07-01"] * 2
    assert table["90 %"].iloc[0] == "5–20%"


def test_disagreements_come_largest_first_and_stale_pulses_by_risk() -> None:
    named = board.with_names(
        risk_of(
            {"stance": "disagree", "arr": 10.0},
            {"stance": "disagree", "arr": 20.0},
            {"pulse_state": "stale", "churn_probability": 0.2},
            {"pulse_state": "absent", "churn_probability": 0.3, "sentiment": None},
            {"pulse_state": "absent", "churn_probability": 0.9, "lead_days": 300},
        )
    )
    assert list(board.disagreements(named)["account_id"]) == ["A1", "A0"]
    stale = board.stale_pulses(named)
    assert list(stale["account_id"]) == ["A3", "A2"]
    table = board.stale_table(stale, {"A2": "red on 2026-07-01"})
    assert list(table["pulse"]) == ["too old to count", "stale"]
    assert list(table["not yet in the score"]) == ["", "red on 2026-07-01"]


def test_the_first_sentence_counts_what_is_undecided_within_each_currency() -> None:
    said = board.lead(
        risk_of({"risk_tier": "high"}, {"currency": "EUR"}, {"status": "known_loss"}, {"status": "already_renewed"})
    )
    assert said == (
        "As of 2026-06-29: 2 undecided renewals worth 1,000 EUR and 1,000 USD a year, 1 of high risk worth 1,000 USD.",
        "Lost already: 1 renewal worth 1,000 USD.",
    )


def test_names_and_reasons_are_text_on_the_page() -> None:
    hostile = "<script>alert(1)</script>"
    row = risk_of({"account_name": hostile, "last_pulse_reason": hostile, "account_id": 'A"><img src=x>'})
    reasons = pd.DataFrame(
        {
            "account_id": ['A"><img src=x>'],
            "renewal_id": ["R0"],
            "rank": [1],
            "direction": ["raises"],
            "sentence": [hostile],
        }
    )
    html = board.chosen_account(board.with_names(row).iloc[0].to_dict(), reasons)
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;") == 3
    assert "account=A%22%3E%3Cimg%20src%3Dx%3E" in html


@pytest.mark.parametrize("name", ["=cmd()", "+1", "@x", "-2+3"])
def test_a_table_that_is_taken_away_holds_no_formula(name: str) -> None:
    table = board.week_table(board.with_names(risk_of({"account_name": name})), {})
    text = csv_of(table).decode()
    assert f'"\'{name}"' in text
    assert f'"{name}"' not in text
