from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.plots import auc_by_cutoff, auc_chart, contribution_chart, reliability_chart, reliability_table
from models.recalibration import decompose_brier
from models.settings import ModelSettings
from models.training import TrainingResult

SETTINGS = ModelSettings(bootstrap_resamples=50)


def test_the_reliability_curve_rises_averages_to_the_whole_and_true_predictions_keep_to_the_band(
    trained: TrainingResult,
) -> None:
    rows = trained.backtest_predictions
    rows = rows[(rows["band"] == "90-180") & (rows["model"] == "churn_probability")]
    table = reliability_table(trained.backtest_predictions, SETTINGS)
    assert table["predicted"].is_monotonic_increasing
    assert table["observed"].is_monotonic_increasing
    assert (table["low"] <= table["high"]).all()
    # Isotonic regression keeps the sum: what it says of all rows is what came of them.
    said = np.interp(rows["probability"], table["predicted"], table["observed"])
    assert np.average(said, weights=rows["weight"]) == pytest.approx(
        np.average(rows["is_churned"], weights=rows["weight"])
    )
    # At the ends a handful of drawn outcomes is all there is; in between the diagonal runs within the band.
    middle = table[table["predicted"].between(*np.quantile(rows["probability"], [0.1, 0.9]))]
    assert ((middle["low"] < middle["predicted"]) & (middle["predicted"] < middle["high"])).all()


def test_the_curve_is_the_one_that_the_library_of_the_decomposition_draws(trained: TrainingResult) -> None:
    rows = trained.backtest_predictions
    rows = rows[(rows["band"] == "90-180") & (rows["model"] == "churn_probability")]
    table = reliability_table(trained.backtest_predictions, SETTINGS)
    said = np.interp(rows["probability"], table["predicted"], table["observed"])
    scores, outcomes, weights = (
        rows[name].to_numpy(dtype=np.float64) for name in ("probability", "is_churned", "weight")
    )
    parts = decompose_brier(scores, outcomes, weights)
    recalibrated = np.average((said - outcomes) ** 2, weights=weights)
    assert parts.uncertainty - parts.discrimination == pytest.approx(recalibrated)


def test_auc_by_cutoff_by_hand(snapshot_rows: Callable[..., pd.DataFrame]) -> None:
    first, second = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-03-25")
    rows = snapshot_rows(account_id=["a", "b", "c", "d"]).assign(
        cutoff=[first, first, first, second],
        is_churned=[True, False, False, False],
        model="churn_probability",
        probability=[0.5, 0.4, 0.6, 0.1],
        weight=1.0,
    )
    expected = pd.DataFrame(
        {"cutoff": [first, second], "band": ["90-180"] * 2, "roc_auc": [0.5, np.nan], "churns": [1, 0]}
    )
    pd.testing.assert_frame_equal(auc_by_cutoff(rows), expected)


def test_charts_are_valid(trained: TrainingResult) -> None:
    chart = reliability_chart(trained.backtest_predictions, SETTINGS)
    assert "Churn rate by predicted probability" in chart.to_json()
    assert "ROC AUC per horizon" in auc_chart(auc_by_cutoff(trained.backtest_predictions)).to_json()


def test_the_inputs_are_shown_in_the_order_given_and_the_same_way_each_time() -> None:
    table = pd.DataFrame(
        {"feature": ["b", "b", "a"], "contribution": [0.1, -0.2, 0.3], "value_percentile": [0.5, np.nan, 1.0]}
    )
    chart = contribution_chart(table).to_dict()
    assert chart["encoding"]["y"]["sort"] == ["b", "a"]
    assert chart == contribution_chart(table).to_dict()
    (rows,) = chart["datasets"].values()
    assert [row["place"] for row in rows] == [0.0, pytest.approx(0.618, abs=1e-3), 0.0]
