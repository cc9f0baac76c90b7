"""One account, and the greens in question, in a terminal."""

import io
from datetime import date

import pandas as pd
import pytest
from rich.console import Console

from pipelines.account_display import print_account
from pipelines.green_display import print_greens
from pipelines.manifest import PublishedError

MONDAY = date(2026, 6, 29)
REASONS = pd.DataFrame(
    {
        "account_id": ["A1", "A1", "A2"],
        "renewal_id": ["R1", "R1", "R2"],
        "rank": [2, 1, 1],
        "direction": ["lowers", "raises", "raises"],
        "sentence": ["All is paid", "Usage halved", "Not this one"],
        "contribution": [-0.2, 0.7, 0.1],
    }
)
SIGNALS = pd.DataFrame(
    {
        "account_id": ["A1", "A1", "A2"],
        "signal": ["champion_left", "ticket_spike", "champion_left"],
        "title": ["Champion left", "Ticket spike", "Champion left"],
        "as_of": [date(2026, 6, 29)] * 3,
        "started_on": [date(2026, 6, 1)] * 3,
        "last_seen_on": [date(2026, 6, 29), date(2026, 6, 7), date(2026, 6, 29)],
        "ended_on": [None, date(2026, 6, 8), None],
        "evidence": ["gone for a month"] * 3,
    }
)
GREENS = pd.DataFrame(
    {
        "account_id": ["A1", "A1", "A2"],
        "account_name": ["Acme", "Acme", None],
        "renewal_id": ["R1", "R1", "R2"],
        "renewal_date": [date(2026, 9, 1)] * 3,
        "csm_id": ["C1", "C1", None],
        "csm_name": ["Kim", "Kim", None],
        "position": [1, 2, 1],
        "topic": ["said", "holds_if", "usage"],
        "sentence": ["Called green", "It passes.", "Usage alone puts churn at 20 %."],
    }
)


def risk(**columns: list[object]) -> pd.DataFrame:
    same: dict[str, object] = {
        "as_of": MONDAY,
        "account_id": ["A1", "A2"],
        "account_name": ["Acme", "Bolt"],
        "renewal_id": ["R1", "R2"],
        "renewal_date": date(2026, 9, 1),
        "lead_days": 64,
        "status": "open",
        "arr": 1000.0,
        "csm_id": "C1",
        "csm_name": "Kim",
        "data_confidence": "medium",
        "data_confidence_why": "No contact in place is on record.",
        "capacity_rank": [3.0, None],
        "is_within_capacity": [False, None],
        "churn_probability": [0.2, None],
        "usage_view": 0.3,
        "gut_view": 0.1,
        "base_rate": 0.1,
        "risk_tier": "elevated",
        "weeks_in_tier": 2.0,
        "stance": "unclear",
    }
    return pd.DataFrame({**same, **columns})


def printed_account(account: str) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    print_account(console, account, risk(), REASONS, SIGNALS, GREENS)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def printed_greens(greens: pd.DataFrame, top: int = 5) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    print_greens(console, greens, MONDAY, top=top)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("called", ["A1", "Acme"])
def test_an_account_is_told_with_all_that_is_said_of_it_and_nothing_of_others(called: str) -> None:
    assert printed_account(called) == [
        "Acme (A1) as of 2026-06-29, CSM: Kim",
        "  - No touch is on record",
        "  - No meeting is planned",
        "  ? Data confidence medium: No contact in place is on record.",
        "  ! Champion left since 2026-06-01: gone for a month",
        "Renewal R1 on 2026-09-01 (64 days ahead), 1,000 a year",
        "    = Churn 20%; usage alone 30%, the pulse alone 10%, usual here 10%",
        "    = Tier elevated, for 2 week(s); stance: unclear; number 3 on the CSM's list,",
        "      beyond reach",
        "    + Usage halved (+0.70)",
        "    - All is paid (-0.20)",
        "    What green is not showing:",
        "    > Called green",
        "    ? It passes.",
    ]


def test_an_account_that_nobody_knows_is_an_error_with_a_near_name() -> None:
    with pytest.raises(PublishedError, match="Did you mean 'Acme'"):
        printed_account("Acmee")


def test_greens_in_question_are_told_one_by_one() -> None:
    assert printed_greens(GREENS)[:6] == [
        "Green in question as of 2026-06-29: 2 of 2 renewals",
        "Acme (Kim), renewal on 2026-09-01",
        "    > Called green",
        "    ? It passes.",
        "A2 (nobody's), renewal on 2026-09-01",
        "    = Usage alone puts churn at 20 %.",
    ]
    assert printed_greens(GREENS, top=1)[0] == "Green in question as of 2026-06-29: 1 of 2 renewals"


def test_no_green_in_question_is_one_line() -> None:
    assert printed_greens(GREENS.head(0)) == ["Green in question as of 2026-06-29: 0 of 0 renewals"]
