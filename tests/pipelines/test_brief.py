"""The weekly brief: what it says of made-up tables, and that nothing in it is more than text."""

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

from models.settings import ForecastSettings
from pipelines.brief.accounts import pulses_part, top_part
from pipelines.brief.brief import brief_of
from pipelines.brief.changes import changes_part
from pipelines.brief.material import Material
from pipelines.brief.outlook import forecast_part, record_part

AS_OF = pd.Timestamp("2026-06-29")
USUAL: dict[str, Any] = {
    "account_name": "Acme",
    "csm_id": "C1",
    "csm_name": "Ann Lee",
    "crm_url": None,
    "as_of": AS_OF,
    "renewal_date": AS_OF + pd.Timedelta(days=60),
    "lead_days": 60,
    "status": "open",
    "usage_view": 0.05,
    "churn_probability": 0.1,
    "probability_low": 0.05,
    "probability_high": 0.2,
    "arr": 1000.0,
    "currency": "USD",
    "expected_arr_loss": 100.0,
    "calibration": "calibrated",
    "notice": "observed",
    "sentiment": "green",
    "pulse_state": "fresh",
    "last_pulse_on": AS_OF - pd.Timedelta(days=3),
    "last_pulse_reason": "All fine",
    "risk_tier": "low",
    "weeks_in_tier": 1,
    "stance": "agree_on_health",
    "change_reason": None,
    "action": None,
    "stakeholder": None,
    "action_due_on": None,
}
SETTINGS = ForecastSettings()
NO_REASONS = pd.DataFrame(columns=["account_id", "renewal_id", "rank", "direction", "contribution", "sentence"])


def risk_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """A risk table of rows that say only what is unusual."""
    return pd.DataFrame([{"account_id": f"A{n}", "renewal_id": f"R{n}", **USUAL, **row} for n, row in enumerate(rows)])


def material_of(risk: pd.DataFrame, **tables: Any) -> Material:
    nothing: dict[str, Any] = dict.fromkeys(("before", "greens", "forecast", "record"))
    return Material(date(2026, 6, 29), risk, **{"reasons": NO_REASONS, "notes": (), **nothing, **tables})


class Tags(HTMLParser):
    """Collects the tags of a page, where its links lead, and what is to be read."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value for name, value in attributes if name in ("href", "src") and value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "=cmd|' /C calc'!A0",
        "Søren & Söhne 🚀",
        "\u202eevil\u202c שלום",
        "{{ 7 * 7 }}",
    ],
)
def test_text_of_the_sources_is_shown_as_text(text: str) -> None:
    row = {"account_name": text, "last_pulse_reason": text, "risk_tier": "high", "csm_name": text, "action": text}
    reasons = pd.DataFrame(
        {
            "account_id": ["A0"],
            "renewal_id": ["R0"],
            "rank": [1],
            "direction": ["raises"],
            "contribution": [0.3],
            "sentence": [text],
        }
    )

    page = brief_of(material_of(risk_of(row), reasons=reasons), SETTINGS)

    tags = Tags()
    tags.feed(page)
    assert not tags.tags & {"script", "img", "iframe", "object", "link"}
    assert tags.texts.count(text) == 4
    assert f"Green on 2026-06-26: “{text}”" in tags.texts


def test_only_addresses_of_the_web_can_be_followed() -> None:
    rows = [{"crm_url": url} for url in ("javascript:alert(1)", "https://crm.example.com/1", "data:text/html,x")]

    tags = Tags()
    tags.feed(brief_of(material_of(risk_of(*rows)), SETTINGS))

    assert [address for address in tags.addresses if not address.startswith("#")] == ["https://crm.example.com/1"]


def test_the_page_asks_for_no_other_file() -> None:
    page = brief_of(material_of(risk_of({})), SETTINGS)

    assert not re.search(r"url\(|@import|<link|src=", page)


def test_what_changed_is_lost_won_moved_and_new() -> None:
    now = risk_of(
        {"account_name": "Lost", "status": "known_loss", "churn_probability": None, "risk_tier": None, "arr": 500.0},
        {"account_name": "Won", "status": "already_renewed", "churn_probability": None, "risk_tier": None},
        {"account_name": "Up", "risk_tier": "high", "change_reason": "The champion left"},
        {"account_name": "Down", "risk_tier": "low"},
        {"account_name": "New"},
        {"account_name": "Same"},
    )
    before = now[now["account_name"] != "New"].assign(status="open", as_of=AS_OF - pd.Timedelta(days=7))
    before["risk_tier"] = before["account_name"].map({"Up": "low", "Down": "high"}).fillna("low")

    part = changes_part(now, before)

    assert part.title == "What changed since 2026-06-22"
    assert part.sentences == (
        "1 known loss new, worth 500 USD a year.",
        "1 renewal decided as renewed; 1,000 USD a year was due there.",
        "1 renewal moved up in tier, worth 1,000 USD a year.",
        "1 renewal moved down in tier, worth 1,000 USD a year.",
        "1 renewal in the table for the first time, worth 1,000 USD a year.",
    )
    assert [card.title for card in part.cards] == ["Lost", "Up"]
    assert part.cards[1].beside == "low → high"
    assert part.cards[1].notes == (("why", "The champion left"),)


def test_the_first_week_has_nothing_to_compare_with() -> None:
    assert "first table" in changes_part(risk_of({}), None).sentences[0]


def test_the_tier_comes_before_the_money_and_money_of_two_currencies_is_not_compared() -> None:
    risk = risk_of(
        {"account_name": "Large and safe", "expected_arr_loss": 9e6, "arr": 9e7},
        {"account_name": "Small, at risk", "risk_tier": "high", "expected_arr_loss": 10.0, "churn_probability": 0.4},
        {"account_name": "Larger, at risk", "risk_tier": "high", "expected_arr_loss": 20.0, "churn_probability": 0.3},
    )

    assert [card.title for card in top_part(risk, NO_REASONS).cards] == [
        "Larger, at risk",
        "Small, at risk",
        "Large and safe",
    ]
    mixed = risk.assign(currency=["USD", "EUR", "USD"])
    assert next(card.title for card in top_part(mixed, NO_REASONS).cards) == "Small, at risk"
    lead = brief_of(material_of(mixed), SETTINGS)
    assert "1,000 EUR and 90,001,000 USD" in lead


def test_a_card_says_why_what_was_said_and_what_to_do_by_when() -> None:
    risk = risk_of(
        {
            "risk_tier": "high",
            "weeks_in_tier": 3,
            "pulse_state": "stale",
            "stance": "disagree",
            "action": "Call them.",
            "stakeholder": "economic_buyer",
            "action_due_on": pd.Timestamp("2026-07-03"),
        }
    )
    reasons = pd.DataFrame(
        {
            "account_id": "A0",
            "renewal_id": "R0",
            "rank": [1, 2],
            "direction": ["lowers", "raises"],
            "contribution": [-0.4, 0.3],
            "sentence": ["Seats are used", "The champion left"],
        }
    )

    card = top_part(risk, reasons).cards[0]

    assert card.figure == "10%"
    assert card.beside == "5–20%"
    assert card.facts == ("renews 2026-08-28, in 60 days", "1,000 USD", "Ann Lee", "high, week 3")
    assert card.notes == (
        ("why", "The champion left"),
        ("CSM", "Green on 2026-06-26 (stale): “All fine”"),
        ("so", "Usage and gut disagree: trust the person, investigate fast."),
        ("do", "Call them. (economic buyer, by 2026-07-03)"),
    )


def test_pulses_to_give_are_counted_for_each_csm_even_where_there_is_none() -> None:
    risk = risk_of(
        {"pulse_state": "stale"},
        {"pulse_state": "absent", "csm_name": None, "csm_id": None, "sentiment": None, "account_name": "Orphan"},
        {},
        {"pulse_state": "stale", "lead_days": 300},
    )

    part = pulses_part(risk)

    assert part.sentences[0].startswith("2 of 3 open renewals within 180 days, worth 2,000 USD a year, have no fresh")
    assert part.sheets[0].rows == (
        ("Ann Lee", "1", "1,000 USD", "2026-08-28 Acme"),
        ("no CSM", "1", "1,000 USD", "2026-08-28 Orphan"),
    )


def test_an_empty_table_still_makes_a_page() -> None:
    page = brief_of(material_of(risk_of({}).iloc[:0]), SETTINGS)

    assert "No renewal is open." in page


def test_overdue_renewals_stand_apart_from_the_top_risks() -> None:
    risk = risk_of({"status": "overdue", "lead_days": -4, "account_name": "Late"}, {"account_name": "Open"})

    assert [card.title for card in top_part(risk, NO_REASONS).cards] == ["Open"]
    page = brief_of(material_of(risk), SETTINGS)
    assert "1 renewal is past the date" in page


def forecast_of(**unusual: Any) -> pd.DataFrame:
    """A forecast of two quarters, the second wholly ahead."""
    usual: dict[str, Any] = {
        "level": "total",
        "period_kind": "quarter",
        "period": ["2026-Q2", "2026-Q3"],
        "currency": "USD",
        "as_of": AS_OF,
        "period_start": pd.to_datetime(["2026-04-01", "2026-07-01"]),
        "renewals_due": [3, 1],
        "arr_due": [3000.0, 1000.0],
        "grr_p10": [0.8, 0.0],
        "grr_p50": [0.9, 0.8],
        "grr_p90": [0.95, 1.0],
        "naive_always_renews": 1.0,
        "naive_last_year": [0.85, None],
        "naive_trailing_year": [0.9, 0.9],
        "commit_arr": 500.0,
        "best_case_arr": 100.0,
        "at_risk_arr": 400.0,
    }
    return pd.DataFrame(usual | unusual)


def test_the_forecast_speaks_of_the_next_quarter_and_names_the_naive_lines_that_there_are() -> None:
    part = forecast_part(forecast_of())

    assert part is not None
    assert part.sentences == (
        "1 renewal worth 1,000 USD comes due in 2026-Q3. The forecast is that 80.0% of it stays, in four courses of "
        "five between 0.0% and 100.0%. Naive lines: all renew 100%, last four quarters 90%.",
        "A contract counts once in a quarter, and stays if it passes every renewal there; plans of a few months come "
        "in as they near.",
    )
    assert part.sheets[0].rows[1] == ("2026-Q3", "1,000", "80.0%", "0–100%", "500", "100", "400", "–")
    page = brief_of(material_of(risk_of({}), forecast=forecast_of()), SETTINGS)
    assert page.count("<svg") == 1


def test_a_quarter_in_which_nothing_is_worth_anything_has_no_rate_and_no_chart() -> None:
    nothing = dict.fromkeys(("grr_p10", "grr_p50", "grr_p90"), float("nan"))

    part = forecast_part(forecast_of(arr_due=0.0, **nothing))

    assert part is not None
    assert part.sentences[0] == "1 renewal worth 0 USD comes due in 2026-Q3."
    assert part.chart is None


def test_two_currencies_stand_apart() -> None:
    both = pd.concat([forecast_of(), forecast_of(currency="EUR")])

    part = forecast_part(both)

    assert part is not None
    assert [sheet.columns[1] for sheet in part.sheets] == ["due, EUR", "due, USD"]
    assert part.sentences[-1] == "Amounts of different currencies are never added."


def test_the_record_is_told_apart_by_origin() -> None:
    record = pd.DataFrame(
        {
            "origin": ["published", "reconstructed", "reconstructed", "reconstructed"],
            "days_ahead": [90, 90, 90, 30],
            "period": ["2026-Q1", "2025-Q4", "2026-Q1", "2026-Q1"],
            "currency": "USD",
            "as_of": pd.Timestamp("2025-09-29"),
            "actual_grr": [0.9, 0.9, 0.7, 0.7],
            "quarter_grr": 0.9,
            "forecast_grr": 0.9,
            "grr_p10": 0.8,
            "grr_p90": 0.95,
            "error": [0.0, 0.0, 0.2, 0.2],
            "is_inside": pd.array([True, True, False, False], dtype="boolean"),
            "is_renewal_rate_inside": pd.array([True] * 4, dtype="boolean"),
            "naive_always_renews": 1.0,
            "naive_always_renews_error": 0.1,
            "naive_last_year": 0.9,
            "naive_last_year_error": [0.0, 0.1, 0.3, 0.3],
            "naive_trailing_year_error": 0.1,
        }
    )

    part = record_part(record, SETTINGS)

    assert part is not None
    assert part.sentences[0].startswith("Can we forecast retention 90 days out? Not known yet: only 2 of the quarters")
    assert [len(sheet.rows) for sheet in part.sheets] == [1, 2]
    assert part.sheets[1].rows[0][-1] == "outside"


def test_the_brief_of_a_book_forecasts_that_book_alone() -> None:
    total = forecast_of()
    books = pd.concat([total.assign(csm_id="all")] + [total.assign(level="csm", csm_id=c) for c in ("C1", "C2")])
    books.loc[books["csm_id"] == "C1", "arr_due"] = 7.0

    part = forecast_part(books[books["csm_id"] == "C1"], "csm")

    assert part is not None
    assert "worth 7 USD" in part.sentences[0]
