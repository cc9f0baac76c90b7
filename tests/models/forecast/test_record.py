from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.forecast.expectation import SCORE_COLUMNS
from models.forecast.outlook import Outlook
from models.forecast.periods import QUARTER, period_name
from models.forecast.record import (
    PUBLISHED,
    RECONSTRUCTED,
    RECORD_COLUMNS,
    PastLooks,
    looks_wanted,
    reconstruct,
    score_published,
)
from models.forecast.table import forecast_renewals
from models.settings import ForecastSettings, ModelSettings

Make = Callable[..., pd.DataFrame]
MODEL, SETTINGS = ModelSettings(), ForecastSettings()
AS_OF = pd.Timestamp("2024-05-20").as_unit("us")
"""Six weeks before the third quarter: the newest look at least 30 days ahead of it."""
THROUGH = pd.Timestamp("2025-01-06").as_unit("us")


@pytest.fixture
def past(make_dues: Make, make_scores: Make) -> tuple[PastLooks, pd.DataFrame]:
    """Six renewals of a quarter: three kept, one kept by half, one lost, one merged into another; one still open."""
    dues = make_dues(arr=[100.0] * 7)
    came = ["renewed", "renewed", "renewed", "renewed", "churned", "superseded", None]
    ends = dues.assign(outcome=came, retained_share=[1.0, 1.0, 1.0, 0.5, 0.0, np.nan, np.nan])
    later = ends.head(1).assign(account_id="new", renewal_id="new", contract_id="new", arr=300.0)
    looks = PastLooks(dues, pd.concat([ends, later], ignore_index=True), THROUGH)
    return looks, make_scores(dues, [0.1] * 7).assign(cutoff=AS_OF)


def test_a_forecast_is_held_to_the_renewals_that_it_was_made_of(
    past: tuple[PastLooks, pd.DataFrame], outlook: Outlook
) -> None:
    looks, replays = past
    record = reconstruct(looks, replays, {AS_OF: outlook}, MODEL, SETTINGS)
    assert tuple(record.columns) == RECORD_COLUMNS
    row = record.iloc[0]
    assert len(record) == 1
    assert (row["origin"], row["days_ahead"], row["period"]) == (RECONSTRUCTED, 30, "2024-Q3")
    assert (row["renewals"], row["renewals_undecided"]) == (5, 1)
    assert row["actual_grr"] == pytest.approx(350 / 500)
    assert row["quarter_grr"] == pytest.approx(650 / 800)
    assert row["actual_renewal_rate"] == pytest.approx(0.8)
    assert row["error"] == pytest.approx(row["forecast_grr"] - 0.7)
    assert row["naive_always_renews_error"] == pytest.approx(0.3)
    assert np.isnan(row["naive_last_year_error"])
    assert row["is_inside"] == (row["grr_p10"] <= 0.7 <= row["grr_p90"])


def test_a_chain_is_lost_with_any_of_its_renewals(make_dues: Make, outlook: Outlook) -> None:
    dues = make_dues(
        account_id=["a", "a", "b"],
        contract_id=["c", "c", "d"],
        renewal_date=["2024-07-10", "2024-08-10", "2024-07-10"],
        term_start_date=["2024-05-10", "2024-07-10", "2024-05-10"],
        arr=[100.0, 200.0, 300.0],
    )
    ends = dues.assign(outcome=["renewed", "churned", "renewed"], retained_share=[1.0, 0.0, 1.0])
    # A term that began after the forecast is not held against it, and is in what became of the quarter.
    third = ends.tail(1).assign(
        renewal_id="later", term_start_date=dues["renewal_date"].iloc[0], renewal_date=dues["renewal_date"].iloc[1]
    )
    ends = pd.concat([ends, third.assign(outcome="churned", retained_share=0.0)], ignore_index=True)
    nobody = pd.DataFrame(columns=list(SCORE_COLUMNS))
    table = forecast_renewals(dues, nobody, outlook, MODEL, SETTINGS).assign(trained_through=AS_OF)
    row = score_published(PastLooks(dues, ends, THROUGH), table).iloc[0]
    assert (row["renewals"], row["renewals_undecided"], row["arr_due"]) == (2, 0, 400.0)
    assert row["actual_grr"] == pytest.approx(300 / 400)
    assert row["actual_renewal_rate"] == 0.5
    assert row["quarter_grr"] == 0.0


def test_what_was_published_is_judged_by_the_same_rule(past: tuple[PastLooks, pd.DataFrame], outlook: Outlook) -> None:
    looks, replays = past
    table = forecast_renewals(looks.as_of(AS_OF), replays, outlook, MODEL, SETTINGS).assign(trained_through=AS_OF)
    published = score_published(looks, table)
    rebuilt = reconstruct(looks, replays, {AS_OF: outlook}, MODEL, SETTINGS)
    assert published["origin"].tolist() == [PUBLISHED]
    pd.testing.assert_frame_equal(published.drop(columns="origin"), rebuilt.drop(columns="origin"))


def test_what_came_later_changes_no_forecast(past: tuple[PastLooks, pd.DataFrame], outlook: Outlook) -> None:
    looks, replays = past
    other = PastLooks(looks.dues, looks.ends.assign(outcome="churned", retained_share=0.0), THROUGH)
    said = ["forecast_grr", "expected_grr", "grr_p10", "grr_p90", "arr_due"]
    one, two = (reconstruct(each, replays, {AS_OF: outlook}, MODEL, SETTINGS) for each in (looks, other))
    pd.testing.assert_frame_equal(one[said], two[said])
    assert two["actual_grr"].tolist() == [0.0]


def test_a_quarter_counts_once_it_is_over_and_settled_and_only_near_looks_count() -> None:
    dates = [pd.Timestamp(day).as_unit("us") for day in ("2024-01-01", "2024-04-29", "2024-05-27", "2024-06-24")]
    wanted = looks_wanted(dates, pd.Timestamp("2024-12-01"))
    named = [(period_name(quarter, QUARTER), ahead, str(day.date())) for quarter, ahead, day in wanted]
    early = ("2024-Q2", 90, "2024-01-01")
    assert named == [early, ("2024-Q3", 30, "2024-05-27"), ("2024-Q3", 180, "2024-01-01")]
    assert looks_wanted(dates, pd.Timestamp("2024-11-29")) == wanted[:1]
    assert looks_wanted([], THROUGH) == []
