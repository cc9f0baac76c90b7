"""The forecast page: amounts reconcile to the cent, lines are the right ones, nothing is claimed too much."""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.forecast.record import RECORD_COLUMNS
from models.forecast.table import FORECAST_COLUMNS
from models.settings import ForecastSettings
from pipelines.board import forecast as board
from pipelines.board import forecast_charts as charts

NO_RECORD = pd.DataFrame(columns=list(RECORD_COLUMNS))
MONEY = {
    "arr_due": "1000.05",
    "arr_quarantined": "0.00",
    "arr_known_loss": "100.01",
    "arr_already_renewed": "200.01",
    "arr_decided": "0.00",
    "expected_churned_arr": "180.02",
    "expected_contracted_arr": "20.01",
    "expected_retained_arr": "800.02",
    "commit_arr": "600.00",
    "best_case_arr": "700.00",
    "at_risk_arr": "200.00",
}


def row_of(**columns: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(FORECAST_COLUMNS, 0.5)
    row |= {"as_of": "2026-06-29", "period_kind": "quarter", "period": "2026-Q3", "period_start": "2026-07-01"}
    row |= {"currency": "USD", "level": "total", "segment": "all", "region": "all", "csm_id": "all"}
    row |= {"renewals_due": 12, "renewals_without_score": 0} | {name: Decimal(value) for name, value in MONEY.items()}
    return row | columns


def forecast_of(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


@pytest.mark.parametrize("quarantined", [Decimal("0.00"), Decimal("50.33")])
def test_the_waterfall_reconciles_to_the_cent(quarantined: Decimal) -> None:
    row = row_of(arr_quarantined=quarantined, arr_due=Decimal("1000.05") + quarantined)
    steps = board.waterfall(row)
    by_step = steps.set_index("step")
    assert by_step.loc["due", "amount"] == row["arr_due"]
    assert by_step.loc["expected to stay", "amount"] == row["expected_retained_arr"]
    assert steps["amount"].iloc[:-1].sum() == row["expected_retained_arr"]
    assert by_step.loc["known losses", "amount"] + by_step.loc["churn", "amount"] == -row["expected_churned_arr"]
    # Every bar begins where the one before it ended.
    assert list(steps["start"].iloc[2:-1]) == list(steps["end"].iloc[1:-2])
    assert ("in quarantine" in by_step.index) == bool(quarantined)


def test_lines_are_of_one_currency_one_kind_and_one_level() -> None:
    forecast = forecast_of(
        row_of(),
        row_of(currency="EUR"),
        row_of(period_kind="month", period="2026-07"),
        row_of(level="csm", csm_id="C1", arr_due=Decimal("1.00")),
        row_of(level="csm", csm_id="C2", arr_due=Decimal("2.00")),
    )
    rows = board.outlook(forecast, "USD", "quarters", "CSM", {"C1": "Ada"})
    assert list(rows["line"]) == ["C2", "Ada"]
    table = board.outlook_table(rows, "CSM")
    assert list(table["CSM"]) == ["C2", "Ada"]
    assert list(board.outlook(forecast, "USD", "months", "everything")["period"]) == ["2026-07"]
    assert "segment" not in board.outlook_table(board.outlook(forecast, "EUR", "quarters", "everything"), "everything")


def test_names_of_csms_are_those_of_the_risk_table() -> None:
    risk = pd.DataFrame({"csm_id": ["C1", "C1", "C2", None], "csm_name": ["Ada", "Ada", None, None]})
    assert board.csm_names(risk) == {"C1": "Ada"}
    namesakes = pd.DataFrame({"csm_id": ["C1", "C2"], "csm_name": ["Ada", "Ada"]})
    assert board.csm_names(namesakes) == {"C1": "Ada (C1)", "C2": "Ada (C2)"}
    assert board.csm_names(None) == {}


def test_the_currency_with_most_renewals_comes_first() -> None:
    forecast = forecast_of(row_of(currency="EUR", renewals_due=1), row_of(currency="USD", renewals_due=9))
    assert board.currencies(forecast) == ["USD", "EUR"]
    assert board.currencies(forecast.iloc[:0]) == []


def test_the_page_begins_with_the_first_period_that_lies_wholly_ahead() -> None:
    rows = forecast_of(row_of(period="2026-Q2", period_start="2026-04-01"), row_of())
    assert board.periods(rows) == (["2026-Q2", "2026-Q3"], "2026-Q3")


def test_the_first_sentence_answers_and_claims_nothing_without_a_record() -> None:
    first, second = board.lead(forecast_of(row_of()), NO_RECORD, ForecastSettings())
    assert first.startswith("Can we forecast retention 90 days out? Not known yet")
    assert "12 renewals worth 1,000 USD come due in 2026-Q3" in second


def test_what_no_score_stands_behind_is_told() -> None:
    assert board.footnotes(forecast_of(row_of())) == ()
    unscored, quarantined = board.footnotes(
        forecast_of(row_of(renewals_without_score=1, arr_quarantined=Decimal("50.00")))
    )
    assert unscored.startswith("1 undecided renewal ")
    assert quarantined.startswith("50 of the ARR due lies in quarantine")


def test_a_period_without_bounds_shows_no_share() -> None:
    assert not any(name.startswith("GRR") for name in board.at_a_glance(row_of(grr_p50=np.nan)))
    assert board.at_a_glance(row_of())["GRR, 50–50%"] == "50.0%"


def test_charts_show_no_more_lines_than_can_be_read() -> None:
    rows = forecast_of(
        *(
            row_of(level="csm", csm_id=f"C{place:03}", arr_due=Decimal(1000 - place))
            for place in range(charts.MOST_LINES + 5)
        )
    )
    lines = board.outlook(rows, "USD", "quarters", "CSM")
    drawn = charts.lines_chart(lines, "2026-Q3", "CSM").to_dict()
    (data,) = drawn["datasets"].values()
    assert {each["expected_grr"] for each in data} == {0.5}
    assert [each["line"] for each in data] == [f"C{place:03}" for place in range(charts.MOST_LINES)]


def test_every_chart_says_what_it_shows() -> None:
    rows = board.outlook(forecast_of(row_of()), "USD", "quarters", "everything")
    for drawn in (
        charts.periods_chart(rows),
        charts.lines_chart(rows, "2026-Q3", "everything"),
        charts.waterfall_chart(board.waterfall(row_of()), "USD", "2026-Q3"),
    ):
        assert drawn.to_dict()["description"]


def test_the_first_share_of_the_table_is_the_dot_of_the_chart() -> None:
    rows = forecast_of(row_of(grr_p50=1.0, expected_grr=0.9)).assign(line="Ada")
    for level, name, dot in (("everything", "GRR", 1.0), ("CSM", "expected", 0.9)):
        shares = [column for column in board.outlook_table(rows, level) if column in ("GRR", "expected", "middle")]
        assert shares[0] == name
        assert board.outlook_table(rows, level)[name].tolist() == [dot]


def test_the_waterfall_says_that_it_is_of_the_whole_company() -> None:
    assert board.waterfall_reading("everything") == (board.WATERFALL_READING,)
    assert "not told by CSM" in board.waterfall_reading("CSM")[0]


def test_what_is_decided_and_that_months_come_to_more_than_their_quarter_is_said() -> None:
    rows = forecast_of(row_of(), row_of(arr_due=Decimal("0.00")))
    decided = board.outlook_table(rows, "everything")["decided"]
    assert decided[0] == pytest.approx(300.02 / 1000.05)
    assert np.isnan(decided[1])
    assert board.reading("everything", "quarters") == (board.READING,)
    assert board.reading("CSM", "months") == (board.LINES_READING, board.MONTHS_READING)
