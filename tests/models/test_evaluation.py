from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest

from models.evaluation import METRIC_COLUMNS, METRIC_NAMES, account_draws, evaluate
from models.figures import FIGURES, SLICE_FIGURES
from models.learning import FloatArray
from models.logistic import sigmoid
from models.settings import ModelSettings
from models.walk_forward import MODEL_COLUMNS

Predictions = Callable[..., pd.DataFrame]
SETTINGS = ModelSettings(bootstrap_resamples=200, slice_resamples=100)
VIEWS = ("base_rate", "usage_view", "churn_probability")
evaluate_whole = partial(evaluate, slices=())


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

    metrics = evaluate_whole(rows, SETTINGS, models=VIEWS)

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
    metrics = evaluate_whole(rows, SETTINGS, models=VIEWS)
    difference = pick(metrics, "churn_probability", "roc_auc_difference_to_usage_view")
    single = pick(metrics, "churn_probability", "roc_auc")
    assert difference["high"] - difference["low"] < 0.3 * (single["high"] - single["low"])


def test_counts_are_of_rows_renewals_and_churned_renewals(predictions: Predictions) -> None:
    rows = predictions(40, np.zeros(40))
    twice = pd.concat([rows, rows.assign(cutoff=pd.Timestamp("2024-03-25"), as_of=pd.Timestamp("2024-03-25"))])
    metrics = evaluate_whole(twice, SETTINGS, models=("base_rate",))
    churns = int(rows["is_churned"].sum())
    assert set(metrics["rows"]) == {80}
    assert set(metrics["renewals"]) == {40}
    assert set(metrics["churns"]) == {churns}
    assert set(metrics["cutoffs"]) == {2}
    # Seen twice, counted once: the figures are those of a single look.
    once = evaluate_whole(rows, SETTINGS, models=("base_rate",))
    np.testing.assert_allclose(metrics[["value", "low", "high"]], once[["value", "low", "high"]], atol=1e-9)


def test_without_observed_notice_figures_are_also_given_without_early_decisions(predictions: Predictions) -> None:
    rows = predictions(200, np.full(200, -1.0))
    metrics = evaluate_whole(rows, SETTINGS, is_notice_observed=False, models=("base_rate",))
    late = metrics[metrics["metric"] == "brier_score_without_early_decisions"].iloc[0]
    assert late["rows"] == 150
    expected = evaluate_whole(rows[rows["days_to_decision"] > 30], SETTINGS, models=("base_rate",))
    assert late["value"] == expected.loc[expected["metric"] == "brier_score", "value"].iloc[0]
    assert len(metrics) == 2 * len(expected)


def test_without_churn_there_is_no_interval_and_no_predictions_no_row(predictions: Predictions) -> None:
    rows = predictions(30, np.full(30, -50.0))
    metrics = evaluate_whole(rows, SETTINGS, models=("base_rate",))
    auc = pick(metrics, "base_rate", "roc_auc")
    assert auc[["value", "low", "high"]].isna().all()
    assert evaluate_whole(rows.head(0), SETTINGS).empty


def test_the_same_seed_gives_the_same_table(predictions: Predictions) -> None:
    generator = np.random.default_rng(3)
    scores = {name: generator.normal(-2, 1, 100) for name in MODEL_COLUMNS if name != "base_rate"}
    rows = predictions(100, np.full(100, -1.0), **scores)
    pd.testing.assert_frame_equal(evaluate(rows, SETTINGS), evaluate(rows, SETTINGS), check_exact=True)


def test_every_metric_is_given_and_the_whole_stands_before_its_slices(predictions: Predictions) -> None:
    truth = np.random.default_rng(4).normal(-1.5, 1.0, 300)
    rows = predictions(300, truth, churn_probability=truth, usage_view=0.5 * truth)
    rows = rows.assign(segment=np.where(np.arange(300) % 4 < 2, "smb", "enterprise"))
    metrics = evaluate(rows, SETTINGS, models=VIEWS)

    assert tuple(metrics["slice_by"].unique()) == ("all", "segment", "term", "quarter", "usage_view")
    assert not metrics.duplicated(["band", "slice_by", "slice", "model", "metric"]).any()
    whole = metrics[metrics["slice_by"] == "all"]
    assert set(METRIC_NAMES) <= set(whole.loc[whole["model"] == "churn_probability", "metric"])
    own = whole[(whole["model"] == "churn_probability") & whole["metric"].isin(FIGURES)]
    assert own["low"].notna().all()
    assert (own["low"] <= own["value"]).all()
    assert (own["value"] <= own["high"]).all()
    smb = metrics[(metrics["slice"] == "smb") & (metrics["model"] == "usage_view")]
    assert [name for name in smb["metric"] if "difference" not in name] == list(SLICE_FIGURES)
    assert set(smb["renewals"]) == {150}


def test_a_slice_is_judged_as_if_it_were_all_there_is(predictions: Predictions) -> None:
    truth = np.random.default_rng(5).normal(-1.0, 1.0, 200)
    rows = predictions(200, truth, churn_probability=truth, usage_view=0.5 * truth)
    rows = rows.assign(segment=np.where(np.arange(200) % 4 < 2, "smb", "enterprise"))
    sliced = evaluate(rows, SETTINGS, models=VIEWS, slices=("segment",))
    sliced = sliced[sliced["slice"] == "smb"].set_index(["model", "metric"])
    alone = evaluate_whole(
        rows[rows["segment"] == "smb"], SETTINGS.model_copy(update={"bootstrap_resamples": 100}), models=VIEWS
    ).set_index(["model", "metric"])
    columns = ["value", "low", "high", "rows", "churns"]
    pd.testing.assert_frame_equal(sliced[columns], alone.loc[sliced.index, columns], check_exact=True)


def test_with_too_few_churns_a_slice_has_figures_and_claims_nothing(predictions: Predictions) -> None:
    truth = np.random.default_rng(6).normal(-1.0, 1.0, 400)
    rows = predictions(400, truth, churn_probability=truth, usage_view=0.5 * truth)
    rare = rows["is_churned"].cumsum() <= 9
    metrics = evaluate(rows.assign(segment=np.where(rare, "rare", "frequent")), SETTINGS, models=VIEWS)
    metrics = metrics[metrics["model"] == "churn_probability"].set_index(["slice", "metric"])
    assert metrics.loc[("rare", "roc_auc"), "churns"] == 9
    assert 0 < metrics.loc[("rare", "roc_auc"), "value"] <= 1
    assert metrics.loc["rare", ["low", "high", "beats_base_rate"]].isna().all(axis=None)
    assert metrics.loc["frequent", ["low", "high", "beats_base_rate"]].notna().all(axis=None)


def test_what_judgement_adds_where_usage_is_healthy_is_a_paired_difference(predictions: Predictions) -> None:
    generator = np.random.default_rng(7)
    hidden = generator.normal(0.0, 1.5, 1500)
    usage = generator.normal(-2.0, 1.0, 1500)
    rows = predictions(1500, usage + hidden, churn_probability=usage + hidden, usage_view=usage)
    metrics = evaluate(rows, SETTINGS, models=VIEWS, slices=("usage_view",))
    healthy = metrics[metrics["slice"] == "healthy"]
    assert pick(healthy, "churn_probability", "roc_auc_difference_to_usage_view")["low"] > 0
    assert pick(healthy, "churn_probability", "brier_skill_difference_to_usage_view")["low"] > 0
    rate = pick(healthy, "base_rate", "churn_rate")
    is_healthy = rows["usage_view"] < 0.75 * rows["base_rate"]
    assert rate["value"] == pytest.approx(rows.loc[is_healthy, "is_churned"].mean(), abs=1e-8)
    assert rate["low"] < rate["value"] < rate["high"]


def test_at_capacity_by_hand(predictions: Predictions) -> None:
    rows = predictions(4, np.zeros(4), churn_probability=np.array([2.0, 1.0, -1.0, -2.0])).assign(
        account_id=list("abcd"),
        is_churned=[True, False, True, False],
        arr=[100.0, 50.0, 300.0, 10.0],
        weekly_capacity=1,
        csm_id=["m", "m", "n", "n"],
    )
    metrics = evaluate_whole(rows, SETTINGS, models=("base_rate", "churn_probability"))
    # Each CSM reaches one account, and each of the two churned.
    assert pick(metrics, "churn_probability", "capacity_recall")["value"] == 1.0
    assert pick(metrics, "churn_probability", "capacity_lift")["value"] == 2.0
    # One CSM with two accounts within reach: a, and b in the place of c.
    one = evaluate_whole(
        rows.assign(csm_id="m", weekly_capacity=2), SETTINGS, models=("base_rate", "churn_probability")
    )
    assert pick(one, "churn_probability", "capacity_recall")["value"] == 0.5
    assert pick(one, "churn_probability", "capacity_arr_share")["value"] == 0.25
    assert pick(one, "base_rate", "capacity_arr_share")["value"] == 0.5
    # The top tenth of four is four tenths of the first.
    assert pick(one, "churn_probability", "top_decile_recall")["value"] == pytest.approx(0.2)
    assert pick(one, "churn_probability", "top_decile_arr_share")["value"] == pytest.approx(0.1)


def test_the_interval_at_capacity_lies_around_its_figure(predictions: Predictions) -> None:
    generator = np.random.default_rng(8)
    truth = generator.normal(-1.0, 1.0, 400)
    rows = predictions(400, truth, churn_probability=truth, usage_view=0.5 * truth)
    rows = rows.assign(csm_id=[f"m{number % 10}" for number in range(400)], weekly_capacity=30)
    recall = pick(evaluate_whole(rows, SETTINGS, models=VIEWS), "churn_probability", "capacity_recall")
    assert 0.75 < recall["value"] < 1
    # Books near the capacity: were the lists drawn up anew in each resample, nearly all of it would lie below.
    assert abs((recall["low"] + recall["high"]) / 2 - recall["value"]) < 0.25 * (recall["high"] - recall["low"])
