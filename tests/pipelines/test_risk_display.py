"""The risk table in a terminal: what stands below the list, and that no name steers the terminal."""

import io
from decimal import Decimal

import pandas as pd
from rich.console import Console

from pipelines.risk_display import print_risk

NO_REASONS = pd.DataFrame({"account_id": [], "renewal_id": []})


def risk(**columns: list[object]) -> pd.DataFrame:
    """One renewal per entry of the columns given."""
    count = len(next(iter(columns.values())))
    same: dict[str, object] = {
        "as_of": "2026-06-29",
        "account_id": "A1",
        "account_name": "Acme",
        "renewal_date": "2026-09-01",
        "lead_days": 64,
        "status": "open",
        "arr": Decimal("1000.00"),
        "currency": None,
        "churn_probability": 0.2,
        "usage_view": 0.3,
        "gut_view": 0.1,
        "sentiment": None,
        "last_pulse_on": "2026-06-01",
        "last_pulse_reason": None,
        "change_reason": None,
        "probability_change": None,
        "stance": None,
        "calibration": "calibrated",
        "trained_through": "2026-06-01",
        "csm_id": "C1",
        "csm_name": "Kim",
    }
    repeated = {name: [value] * count for name, value in same.items()}
    return pd.DataFrame({**repeated, "renewal_id": [f"R{number}" for number in range(count)], **columns})


def printed(table: pd.DataFrame, top: int = 10) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_risk(console, table, NO_REASONS, top=top, csm=None)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_footer_counts_what_is_not_listed_and_what_is_lost() -> None:
    table = risk(status=["open", "known_loss", "known_loss"])

    assert printed(table, top=1).splitlines()[-1] == "and 2 more renewals. Known losses: 2, worth 2,000 a year."
    assert printed(table, top=2).splitlines()[-1] == "and 1 more renewal. Known losses: 2, worth 2,000 a year."


def test_known_losses_are_summed_within_each_currency() -> None:
    table = risk(status=["known_loss"] * 3, currency=["EUR", "USD", "EUR"])

    assert printed(table).splitlines()[-1] == "Known losses: 3, worth 2,000 EUR and 1,000 USD a year."


def test_nothing_to_add_is_no_footer() -> None:
    assert printed(risk(status=["open"])).splitlines()[-1].startswith("Acme")


def test_names_and_reasons_do_not_steer_the_terminal() -> None:
    table = risk(account_name=["Ac\x1b[2Jme\u202e\n"], last_pulse_reason=["all\x07 \u2066well\x9b"], status=["open"])

    output = printed(table)

    assert "Ac\ufffd[2Jme\ufffd " in output
    assert "all\ufffd \ufffdwell\ufffd" in output
    assert not set("\x1b\x07\x9b\u202e\u2066") & set(output)


def test_what_moved_within_a_week_is_told() -> None:
    told = risk(change_reason=["People active: 3 (a week ago: 7)", None], probability_change=[0.066, 0.001])

    assert "    ~ +7 points in a week: People active: 3 (a week ago: 7)" in printed(told).splitlines()
    assert printed(told).count("points in a week") == 1


def test_a_table_that_was_scored_in_hindsight_says_so_above_everything() -> None:
    said = printed(risk(calibration=["hindsight"], trained_through=["2026-08-03"]))

    assert said.splitlines()[1].startswith("In hindsight: scored by a model of 2026-08-03")
    assert "In hindsight" not in printed(risk(calibration=["calibrated"]))
