from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.plots import BINS, auc_by_cutoff, auc_chart, reliability_chart, reliability_table
from models.training import TrainingResult


def test_reliability_bins_hold_equal_weight_and_average_to_the_whole(trained: TrainingResult) -> None:
    table = reliability_table(trained.backtest_predictions)
    rows = trained.backtest_predictions
    rows = rows[(rows["band"] == "90-180") & (rows["model"] == "churn_probability")]
    assert table["bin"].tolist() == list(range(BINS))
    assert table["renewals"].sum() == pytest.approx(rows["weight"].sum())
    assert table["renewals"].max() - table["renewals"].min() < 2
    assert np.average(table["observed"], weights=table["renewals"]) == pytest.approx(
        np.average(rows["is_churned"], weights=rows["weight"])
    )
    assert table["predicted"].is_monotonic_increasing


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
    assert "Churn rate by predicted probability" in reliability_chart(trained.backtest_predictions).to_json()
    assert "ROC AUC per horizon" in auc_chart(trained.backtest_predictions).to_json()
