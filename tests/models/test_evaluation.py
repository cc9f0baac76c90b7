from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.evaluation import METRIC_COLUMNS, account_draws, evaluate
from models.learning import FloatArray
from models.logistic import sigmoid
from models.settings import ModelSettings
from models.walk_forward import MODEL_COLUMNS

Predictions = Callable[..., pd.DataFrame]
SETTINGS = ModelSettings(bootstrap_resamples=200)


@pytest.fixture
def predictions(snapshot_rows: Callable[..., pd.DataFrame]) -> Predictions:
    """Predictions of `size` renewals; each keyword is the score of a model in log-odds, the base rate is constant."""

    def make(size: int, truth: FloatArray, seed: int = 0, **scores: FloatArray) -> pd.DataFrame:
        generator = np.random.default_rng(seed)
        rows = snapshot_rows(account_id=[f"a{number // 2:04d}" for number in range(size)])
        outcomes = generator.random(size) < sigmoid(truth)
        base = np.full(size, sigmoid(truth).mean())
        return rows.assign(
            cutoff=pd.Timestamp("2024-01-01"),
            is_churned=outcomes,
            days_to_decision=np.where(np.arange(size) % 4 == 0, 10, 90),
            base_rate=base,
            **{name: sigmoid(score) for name, score in scores.items()},
        )

    return make


def pick(metrics: pd.DataFrame, model: str, metric: str) -> "pd.Series[float]":
    return metrics[(metrics["model"] == model) & (metrics["metric"] == metric)].iloc[0]


def test_a_draw_takes_accounts_with_all_their_rows() -> None:
    accounts = pd.Series(["b", "a", "b", "c"])
    draws = np.concatenate(list(account_draws(accounts, SETTINGS)))
    assert draws.shape == (200, 4)
    np.testing.assert_array_equal(draws[:, 0], draws[:, 2])
    assert (draws[:, 0] + draws[:, 1] + draws[:, 3] == 3).all()
    assert draws.mean() == pytest.approx(1.0, abs=0.1)


def test_the_truth_beats_the_base_rate_and_noise_does_not(predictions: Predictions) -> None:
    generator = np.random.default_rng(1)
    truth, noise = generator.normal(-2.0, 1.2, 800), generator.normal(-2.0, 0.3, 800)
    rows = predictions(800, truth, churn_probability=truth, usage_view=noise)

    metrics = evaluate(rows, SETTINGS, models=("base_rate", "usage_view", "churn_probability"))

    assert tuple(metrics.columns) == METRIC_COLUMNS
    assert not metrics.duplicated(["band", "model", "metric"]).any()
    assert pick(metrics, "churn_probability", "brier_skill")["low"] > 0
    assert pick(metrics, "churn_probability", "roc_auc")["low"] > 0.6
    auc = pick(metrics, "usage_view", "roc_auc")
    assert auc["low"] < 0.5 < auc["high"]
    flags = metrics.groupby("model", sort=False)["beats_base_rate"].unique()
    assert flags["churn_probability"].tolist() == [True]
    assert flags["usage_view"].tolist() == [False]
    assert flags["base_rate"].isna().all()
    gain = pick(metrics, "churn_probability", "brier_score_difference_to_usage_view")
    assert gain["high"] < 0
    expected = (
        pick(metrics, "churn_probability", "brier_score")["value"] - pick(metrics, "usage_view", "brier_score")["value"]
    )
    assert gain["value"] == pytest.approx(expected, abs=1e-8)


def test_a_paired_difference_of_near_equal_models_is_narrower_than_either(predictions: Predictions) -> None:
    generator = np.random.default_rng(2)
    truth = generator.normal(-2.0, 1.2, 600)
    rows = predictions(600, truth, churn_probability=truth, usage_view=truth + 0.05 * generator.normal(size=600))
    metrics = evaluate(rows, SETTINGS, models=("base_rate", "usage_view", "churn_probability"))
    difference = pick(metrics, "churn_probability", "roc_auc_difference_to_usage_view")
    single = pick(metrics, "churn_probability", "roc_auc")
    assert difference["high"] - difference["low"] < 0.3 * (single["high"] - single["low"])


def test_counts_are_of_rows_renewals_and_churned_renewals(predictions: Predictions) -> None:
    rows = predictions(40, np.zeros(40))
    twice = pd.concat([rows, rows.assign(cutoff=pd.Timestamp("2024-03-25"), as_of=pd.Timestamp("2024-03-25"))])
    metrics = evaluate(twice, SETTINGS, models=("base_rate",))
    churns = int(rows["is_churned"].sum())
    assert set(metrics["rows"]) == {80}
    assert set(metrics["renewals"]) == {40}
    assert set(metrics["churns"]) == {churns}
    assert set(metrics["cutoffs"]) == {2}
    # Seen twice, counted once: the figures are those of a single look.
    once = evaluate(rows, SETTINGS, models=("base_rate",))
    np.testing.assert_allclose(metrics[["value", "low", "high"]], once[["value", "low", "high"]], atol=1e-9)


def test_without_observed_notice_figures_are_also_given_without_early_decisions(predictions: Predictions) -> None:
    rows = predictions(200, np.full(200, -1.0))
    metrics = evaluate(rows, SETTINGS, is_notice_observed=False, models=("base_rate",))
    late = metrics[metrics["metric"] == "brier_score_without_early_decisions"].iloc[0]
    assert late["rows"] == 150
    expected = evaluate(rows[rows["days_to_decision"] > 30], SETTINGS, models=("base_rate",))
    assert late["value"] == expected.loc[expected["metric"] == "brier_score", "value"].iloc[0]
    assert len(metrics) == 2 * len(expected)


def test_without_churn_there_is_no_interval_and_no_predictions_no_row(predictions: Predictions) -> None:
    rows = predictions(30, np.full(30, -50.0))
    metrics = evaluate(rows, SETTINGS, models=("base_rate",))
    auc = pick(metrics, "base_rate", "roc_auc")
    assert auc[["value", "low", "high"]].isna().all()
    assert evaluate(rows.head(0), SETTINGS).empty


def test_the_same_seed_gives_the_same_table(predictions: Predictions) -> None:
    generator = np.random.default_rng(3)
    scores = {name: generator.normal(-2, 1, 100) for name in MODEL_COLUMNS if name != "base_rate"}
    rows = predictions(100, np.full(100, -1.0), **scores)
    pd.testing.assert_frame_equal(evaluate(rows, SETTINGS), evaluate(rows, SETTINGS), check_exact=True)
