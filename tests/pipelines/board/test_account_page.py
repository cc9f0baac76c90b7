"""What the page of an account shows, where there is a score and where there is none."""

from datetime import date
from pathlib import Path

import pandas as pd

from pipelines.board import account as page
from pipelines.board.place import account_meant
from pipelines.recording.known import KnownCompany

COMPANY = KnownCompany(date(2026, 6, 29), {"A1": "Acme", "A2": None, "A3": "Gone"}, {}, Path("nowhere"))
SIGNALS = pd.DataFrame(
    {
        "account_id": ["A1", "A1", "A2"],
        "account_name": ["Acme", "Acme", None],
        "signal": ["champion_left", "pulse_stale", "seats_unused"],
        "started_on": [date(2026, 6, 1), date(2026, 6, 20), date(2026, 6, 2)],
        "ended_on": [None, date(2026, 6, 25), None],
        "title": ["Champion left", "Pulse stale", "Seats unused"],
        "evidence": ["<b>gone</b> 28 days ago", "old", "2 of 10"],
        "action": ["Ask who took over", "Write", "Call"],
    }
)


def risk_of(**accounts: str | None) -> pd.DataFrame:
    return pd.DataFrame({"account_id": list(accounts), "account_name": list(accounts.values())})


def test_accounts_are_those_that_tables_tell_of_under_the_name_of_the_first() -> None:
    told = page.accounts_told_of(COMPANY, risk_of(A1="Acme as scored"), SIGNALS, asked=None)
    assert told == {"A1": "Acme as scored", "A2": None}


def test_an_account_that_no_table_tells_of_is_shown_when_it_is_asked_for() -> None:
    assert page.accounts_told_of(COMPANY, None, None, asked="A3") == {"A3": "Gone"}
    assert page.accounts_told_of(COMPANY, None, None, asked="A9") == {}
    assert page.accounts_told_of(None, risk_of(A1="Acme"), None, asked="A3") == {"A1": "Acme"}


def test_accounts_of_one_name_or_none_are_told_apart_by_their_ids() -> None:
    names = page.names_to_choose({"A1": "Acme", "A2": "acme", "A3": "Acme", "A4": None, "A5": "x" * 60})
    assert names == {"A4": "A4", "acme": "A2", "Acme (A1)": "A1", "Acme (A3)": "A3", f"{'x' * 31}…": "A5"}


def test_signals_stand_there_without_a_score_as_text_and_only_while_they_are_on() -> None:
    shown = page.renewals_html("A1", page.rows_of(None, "A1"), None, None, SIGNALS)
    assert "No renewal of this account is in this week" in shown
    assert "Champion left" in shown
    assert "Pulse stale" not in shown
    assert "&lt;b&gt;gone&lt;/b&gt;" in shown


def test_nothing_watched_is_not_said_to_be_fine() -> None:
    nothing = page.rows_of(None, "A3")
    assert "No signals are published." in page.renewals_html("A3", nothing, None, None, None)
    assert "None." in page.renewals_html("A3", nothing, None, None, SIGNALS)


def test_an_address_may_be_loose_about_blanks_and_case_where_one_account_can_be_meant() -> None:
    known = ["A1", "a2", "A2", "B3"]
    assert account_meant(" b3 ", known) == "B3"
    assert account_meant("a2", known) == "a2"
    assert account_meant("A9", known) == "A9"
    assert account_meant("ä", ["Ä", "AE"]) == "Ä"
    assert account_meant(None, known) is None
    assert account_meant("aB", ["AB", "ab"]) == "aB"
