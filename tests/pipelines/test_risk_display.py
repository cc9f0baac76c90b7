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


def printed(table: pd.DataFrame, top: int = 10, csm: str | None = None) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_risk(console, table, NO_REASONS, top=top, csm=csm)
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
    assert printed(risk(status=["open"])).splitlines()[-1].startswith("  - Acme")


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


ACTION = {
    "action": "Ask who took over.",
    "stakeholder": "executive_sponsor",
    "action_reason": "Champion left: gone for a month",
    "action_due_on": "2026-07-06",
}


def test_a_line_says_place_chance_tier_and_stance() -> None:
    table = risk(
        status=["open", "open", "overdue", "known_loss"],
        capacity_rank=[2.0, 12.0, 1.0, None],
        probability_low=[0.104, 0.05, None, None],
        probability_high=[0.396, 0.3, None, None],
        churn_probability=[0.2, 0.2, 0.2, None],
        risk_tier=["high", "elevated", "low", None],
        tier_previous=["elevated", "elevated", "high", "high"],
        weeks_in_tier=[1.0, 3.0, 1.0, None],
        stance=["agree_on_risk", "disagree", None, None],
    )

    lines = [line.split(maxsplit=1)[1] for line in printed(table).splitlines() if "Acme" in line]

    assert [line.split()[3:] for line in lines] == [
        ["20%", "(10-40)", "high", "up", "risk"],
        ["20%", "(5-30)", "elevated", "3w", "disagree"],
        ["20%", "low", "down", "overdue"],
        ["-", "-", "lost"],
    ]
    assert [line[:3] for line in printed(table).splitlines() if "Acme" in line] == ["  2", " 12", "  1", "  -"]


def test_what_to_do_comes_with_its_cause_the_people_and_the_day() -> None:
    lines = printed(risk(**{name: [value] for name, value in ACTION.items()})).splitlines()

    assert lines[-2:] == [
        "    ! Champion left: gone for a month",
        "    * Ask who took over. [Kim with executive sponsor, by 2026-07-06]",
    ]
    ownerless = printed(risk(csm_name=[None], csm_id=[None], **{name: [value] for name, value in ACTION.items()}))
    assert "[nobody yet with executive sponsor, by 2026-07-06]" in ownerless


def test_a_book_stands_in_the_order_of_its_places_and_shows_where_the_week_ends() -> None:
    table = risk(
        account_name=["Third", "First", "Second", "Settled"],
        capacity_rank=[3.0, 1.0, 2.0, None],
        is_within_capacity=[False, True, True, None],
    )

    lines = [line[:14].strip() for line in printed(table, csm="Kim").splitlines()[2:]]

    assert lines == ["1 First", "2 Second", "--- this i", "3 Third", "- Settled"]


def test_little_on_record_is_said() -> None:
    shown = printed(risk(data_confidence=["low", "high"], data_confidence_why=["No usage was ever recorded.", "Fine."]))

    assert "    ? Data confidence low: No usage was ever recorded." in shown.splitlines()
    assert "Fine." not in shown


def test_a_table_of_an_earlier_release_is_shown_all_the_same() -> None:
    assert "capacity_rank" not in risk(status=["open"]).columns
    assert "  - Acme" in printed(risk(status=["open"]))


def test_places_on_several_lists_are_told_apart_from_one() -> None:
    assert "list of the account's own CSM" in " ".join(printed(risk(csm_id=["C1", "C2"])).split())
    assert "list of the account's own CSM" not in " ".join(printed(risk(csm_id=["C1", "C1"])).split())
