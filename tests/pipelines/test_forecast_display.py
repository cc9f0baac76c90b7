"""What is printed of the forecast: it claims no more than the record does, and no name steers the terminal."""

from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from models.forecast.record import RECORD_COLUMNS
from models.forecast.record_summary import summarize_record, wilson_interval
from models.forecast.table import FORECAST_COLUMNS
from models.settings import ForecastSettings
from pipelines.forecast_display import answer, print_forecast, print_record

SETTINGS = ForecastSettings()
NOTHING = pd.DataFrame(columns=list(RECORD_COLUMNS))


def record_of(errors: list[float], naive: float, origin: str = "reconstructed") -> pd.DataFrame:
    rows = [
        {
            "origin": origin,
            "days_ahead": 90,
            "period": f"20{20 + place // 4}-Q{place % 4 + 1}",
            "currency": "USD",
            "forecast_grr": 0.9 + error,
            "grr_p10": 0.85,
            "grr_p90": 0.95,
            "actual_grr": 0.9,
            "error": error,
            "is_inside": abs(error) < 0.05,
            "is_renewal_rate_inside": True,
            "naive_always_renews_error": 0.1,
            "naive_last_year_error": np.nan,
            "naive_trailing_year_error": naive,
        }
        for place, error in enumerate(errors)
    ]
    return pd.DataFrame(rows).reindex(columns=list(RECORD_COLUMNS))


def forecast_of(**columns: Any) -> pd.DataFrame:
    defaults: dict[str, Any] = dict.fromkeys(FORECAST_COLUMNS, 0.5)
    defaults |= {"period_kind": "quarter", "period": "2026-Q3", "currency": "USD", "level": "total"}
    defaults |= dict.fromkeys(("segment", "region", "csm_id"), "all")
    defaults |= {"arr_due": 4_200_000, "arr_quarantined": 0, "renewals_due": 12, "renewals_without_score": 0}
    size = max((len(values) for values in columns.values()), default=1)
    return pd.DataFrame({name: [value] * size for name, value in defaults.items()} | columns)


def printed(forecast: pd.DataFrame, record: pd.DataFrame = NOTHING, **options: Any) -> str:
    text = StringIO()
    print_forecast(Console(file=text, width=80), forecast, record, SETTINGS, **options)
    return text.getvalue()


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (NOTHING, "Not known yet: no quarter has a forecast from then"),
        (record_of([0.01] * 3, 0.05), "Not known yet: only 3 of the quarters have"),
        (record_of([0.01, -0.02, 0.06, 0.01], 0.08), "Yes, better than without a model. Over 4 quarters"),
        (record_of([0.08, -0.08, 0.08, 0.08], 0.02), "worse than a naive guess so far"),
        (record_of([0.01, -0.08, 0.01, 0.08], 0.03), "no better than a naive guess yet"),
        (record_of([0.01] * 5, 0.05, origin="published"), "5 quarters (as published)"),
    ],
)
def test_the_first_sentence_says_what_the_record_bears_out(record: pd.DataFrame, expected: str) -> None:
    said = answer(record, SETTINGS)
    assert said.startswith("Can we forecast retention 90 days out? ")
    assert expected in said


def test_errors_and_skill_are_told_in_one_measure_and_with_their_sign() -> None:
    said = answer(record_of([0.0, 0.0, 0.0, -0.08], 0.01), SETTINGS)

    # The median error would be none, and the skill that of the mean.
    assert "off by 2.0 points of GRR on average, 2.0 too low on balance" in said
    assert "was off by 1.0 points; skill against it -100%" in said


def test_a_naive_forecast_that_was_right_in_most_quarters_has_a_skill_all_the_same() -> None:
    record = record_of([0.01, -0.02, 0.06, 0.03], 0.06)
    record["naive_trailing_year_error"] = [0.0, 0.0, 0.0, 0.01]

    row = summarize_record(record, SETTINGS).iloc[0]

    assert row["naive_trailing_year_skill"] == pytest.approx(1 - 0.12 / 0.01)


def test_what_was_published_is_not_pooled_with_what_was_rebuilt() -> None:
    both = pd.concat([record_of([0.02] * 6, 0.05), record_of([0.01] * 2, 0.05, origin="published")])
    assert "6 quarters (as past models would have said)" in answer(both, SETTINGS)
    assert summarize_record(both, SETTINGS)["quarters"].tolist() == [2, 6]


def test_the_figures_of_the_record() -> None:
    row = summarize_record(record_of([0.01, -0.02, 0.06, 0.03], 0.06), SETTINGS).iloc[0]
    assert (row["inside"], row["coverage"]) == (3, 0.75)
    assert (row["coverage_low"], row["coverage_high"]) == wilson_interval(3, 4)
    assert row["median_error"] == pytest.approx(0.025)
    assert (row["mean_error"], row["bias"]) == (pytest.approx(0.03), pytest.approx(0.02))
    assert row["naive_trailing_year_skill"] == pytest.approx(0.5)
    assert np.isnan(row["naive_last_year_skill"])
    assert wilson_interval(8, 10) == pytest.approx((0.5414, 0.9314), abs=1e-3)


def test_currencies_stand_apart_and_names_are_only_text() -> None:
    names = ["[bold]=cmd|x", "\N{RIGHT-TO-LEFT OVERRIDE}evil", "\N{ROCKET} smb"]
    text = printed(forecast_of(level=["segment"] * 3, segment=names, currency=["EUR", "USD", "USD"]), by="segment")
    assert "EUR" in text
    assert "USD" in text
    assert "[bold]=cmd|x" in text
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_books_show_what_is_expected_of_them_and_the_company_the_middle() -> None:
    book = forecast_of(level=["csm"], csm_id=["M1"], grr_p50=[1.0], expected_grr=[0.871], arr_due=[9_990_000])
    assert "87.1" in printed(book, by="csm")
    assert "100.0" not in printed(book, by="csm")
    assert max(len(line) for line in printed(book, by="csm").splitlines()) <= 80
    assert "100.0" in printed(book.assign(level="total"))


def test_what_is_set_aside_and_not_scored_is_said() -> None:
    text = " ".join(printed(forecast_of(arr_quarantined=[25_000], renewals_without_score=[3])).split())
    assert "25k of the ARR due lies in quarantine" in text
    assert "3 undecided renewals stand with the base rate" in text
    assert "Nothing falls due" in printed(forecast_of().head(0))


def test_the_record_shows_every_quarter_and_claims_no_skill_of_a_few() -> None:
    text = StringIO()
    print_record(Console(file=text, width=80), record_of([0.01, -0.06, 0.02], 0.05), SETTINGS)
    assert "too few" in text.getvalue()
    assert "2020-Q2" in text.getvalue()
    empty = StringIO()
    print_record(Console(file=empty, width=80), NOTHING, SETTINGS)
    assert "No forecast has come to its end yet." in empty.getvalue()
