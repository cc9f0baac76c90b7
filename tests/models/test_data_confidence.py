from typing import Any

import pandas as pd
import pytest

from models.data_confidence import FULL_RECORD, data_confidence
from models.settings import WeeklySettings

DATES = ("as_of", "last_touch_on", "customer_since", "last_usage_on", "others_usage_on")


def row(**changed: Any) -> pd.DataFrame:
    facts = {
        "as_of": "2024-06-03",
        "has_usage": True,
        "last_usage_on": "2024-06-01",
        "others_usage_on": "2024-06-02",
        "contacts_in_place": 2.0,
        "pulse_state": "fresh",
        "last_touch_on": "2024-05-01",
        "customer_since": "2023-06-01",
        **changed,
    }
    frame = pd.DataFrame([facts])
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in DATES})


def judged(rows: pd.DataFrame, *unsupplied: str) -> tuple[str, str]:
    found = data_confidence(rows, unsupplied, WeeklySettings())
    return found["data_confidence"].iloc[0], found["data_confidence_why"].iloc[0]


def test_a_full_record_has_no_gap() -> None:
    assert judged(row()) == ("high", FULL_RECORD)


STOPPED = "while others' has: they have stopped, or the delivery has."


@pytest.mark.parametrize(
    ("changed", "confidence", "why"),
    [
        ({"has_usage": False, "last_usage_on": None}, "low", "No usage was ever recorded."),
        (
            {"last_usage_on": "2024-05-10", "others_usage_on": "2024-05-19"},
            "low",
            "No usage of any account has arrived after 2024-05-19.",
        ),
        (
            {"last_usage_on": None, "others_usage_on": None},
            "low",
            "No usage of any account has arrived in weeks.",
        ),
        ({"last_usage_on": "2024-05-19"}, "high", FULL_RECORD),
        ({"last_usage_on": "2024-05-18"}, "medium", f"No usage has arrived after 2024-05-18 {STOPPED}"),
        ({"last_usage_on": None}, "medium", f"No usage has arrived in eight weeks {STOPPED}"),
        ({"contacts_in_place": 0.0}, "medium", "No contact in place is on record."),
        ({"contacts_in_place": None}, "high", FULL_RECORD),
        ({"pulse_state": "absent"}, "medium", "No pulse was given in the last 120 days."),
        ({"last_touch_on": None}, "medium", "No meeting, e-mail or value touchpoint is on record."),
        ({"customer_since": "2024-04-01"}, "medium", "A customer for only 63 days."),
        (
            {"contacts_in_place": 0.0, "pulse_state": "absent", "customer_since": "2024-04-01"},
            "low",
            "No contact in place is on record; no pulse was given in the last 120 days; a customer for only 63 days.",
        ),
    ],
)
def test_every_gap_is_named_and_many_are_much(changed: dict[str, Any], confidence: str, why: str) -> None:
    assert judged(row(**changed)) == (confidence, why)


def test_what_nobody_supplied_is_one_gap_and_not_one_more_of_each_account() -> None:
    rows = row(pulse_state="absent", last_touch_on=None, contacts_in_place=None)

    found = judged(rows, "csm_pulses", "meetings", "support_tickets")

    assert found == ("medium", "Not supplied: csm pulses, meetings, support tickets.")
