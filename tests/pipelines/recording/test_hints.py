"""When a form hints that a reason says nothing or was said before: as the features and the ledger see it."""

from dataclasses import replace
from datetime import datetime

import pytest

from pipelines.recording.hints import VAGUE, hints_before_saving
from pipelines.recording.known import KnownCompany
from pipelines.recording.pulses import PulseForm, record_pulse
from pipelines.workspace import Workspace


@pytest.mark.parametrize(
    ("reason", "author", "hints"),
    [
        ("Their new CFO froze the budget", "C1", []),
        ("no change", "C1", [VAGUE]),
        ("", "C1", []),
        ("their cfo  asks about the PRICE", "C1", ["It repeats the account's last reason. What is new?"]),
        ("They want more seats", "C1", ["It repeats your last reason for this account. What is new?"]),
        ("They want more seats", "C2", []),
        ("The champion left in May", "C1", ["It repeats your last reason. What is new?"]),
        ("The champion left in May", "C2", []),
    ],
)
def test_a_reason_that_says_nothing_or_was_said_before(
    workspace: Workspace, company: KnownCompany, reason: str, author: str, hints: list[str]
) -> None:
    assert hints_before_saving(workspace, company, reason, "A1", author) == hints


def test_what_was_recorded_since_the_last_run_counts_too_and_a_pulse_is_not_its_own_copy(
    workspace: Workspace, company: KnownCompany, form: PulseForm, now: datetime
) -> None:
    record_pulse(workspace, company, replace(form, reason="The rollout in Lyon is late"), "C2", now)

    def hints(pulse_id: str) -> list[str]:
        return hints_before_saving(workspace, company, "the rollout in lyon is late", "A1", "C1", pulse_id)

    assert hints("") == ["It repeats the account's last reason. What is new?"]
    assert hints(form.pulse_id) == []
