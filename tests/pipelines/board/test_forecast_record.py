"""The record of past forecasts on the page: published and reconstructed apart, errors beside naive ones."""

from typing import Any

import numpy as np
import pandas as pd

from models.forecast.record import RECORD_COLUMNS
from models.settings import ForecastSettings
from pipelines.board import forecast_charts as charts
from pipelines.board import forecast_record as past

SETTINGS = ForecastSettings()


def record_of(*rows: dict[str, Any]) -> pd.DataFrame:
    usual: dict[str, Any] = {
        "origin": "reconstructed",
        "days_ahead": 90,
        "period": "2024-Q1",
        "currency": "USD",
        "as_of": "2023-09-11",
        "renewals": 20,
        "forecast_grr": 0.92,
        "grr_p10": 0.85,
        "grr_p90": 0.95,
        "actual_grr": 0.9,
        "error": 0.02,
        "is_inside": True,
        "is_renewal_rate_inside": True,
        "naive_always_renews_error": 0.1,
        "naive_last_year_error": np.nan,
        "naive_trailing_year_error": -0.04,
    }
    return pd.DataFrame([usual | row for row in rows]).reindex(columns=list(RECORD_COLUMNS))


def test_origins_stand_apart_with_what_was_published_first() -> None:
    record = record_of({}, {"origin": "published", "error": -0.05})
    assert list(past.origins(record).values()) == ["published", "reconstructed"]
    assert list(past.summary_table(record, "published", SETTINGS)["mean error"]) == [5.0]
    assert list(past.summary_table(record, "reconstructed", SETTINGS)["mean error"]) == [2.0]
    assert list(past.quarters(record, "published", "USD", "90")["error"]) == [-0.05]


def test_skill_is_claimed_only_from_enough_quarters_on() -> None:
    few = past.summary_table(record_of({}), "reconstructed", SETTINGS)
    assert list(few["skill: as last 4 quarters"]) == ["too few"]
    many = record_of(*({"period": f"2024-Q{quarter}"} for quarter in range(1, 5)))
    table = past.summary_table(many, "reconstructed", SETTINGS)
    assert list(table["skill: as last 4 quarters"]) == ["+50% (+50% to +50%)"]


def test_a_forecast_whose_end_is_not_known_is_not_shown() -> None:
    record = record_of({}, {"period": "2024-Q2", "actual_grr": np.nan, "is_inside": None, "error": np.nan})
    rows = past.quarters(record, "reconstructed", "USD", "90")
    assert list(past.quarters_table(rows)["quarter"]) == ["2024-Q1"]
    assert list(past.quarters_table(rows)["inside"]) == ["yes"]


def test_the_sentence_counts_what_was_inside() -> None:
    rows = record_of({}, {"period": "2024-Q2", "error": -0.08, "is_inside": False})
    assert past.in_words(rows, "90") == (
        "90 days ahead, 2 quarters: off by 5.0 points of GRR on average, inside the band in 1 of them."
    )
    assert past.in_words(rows.iloc[:0], "90") == past.NOTHING


def test_ninety_days_come_first_where_there_are_any() -> None:
    assert past.distances(record_of({"days_ahead": 30}, {"days_ahead": 90})) == (["30", "90"], "90")
    assert past.distances(record_of({"days_ahead": 30})) == (["30"], "30")


def test_charts_hold_the_errors_of_those_that_could_say_something() -> None:
    errors = past.mean_errors(record_of({}), "reconstructed", SETTINGS)
    assert dict(zip(errors["forecaster"], errors["error"].round(6), strict=True)) == {
        past.OURS: 2.0,
        "always renews": 10.0,
        "as last 4 quarters": 4.0,
    }
    assert "as last year" not in str(charts.errors_chart(errors).to_dict())
    drawn = charts.record_chart(past.quarters(record_of({}), "reconstructed", "USD", "90"), "90").to_dict()
    assert "what came" in str(drawn)
