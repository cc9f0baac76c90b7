from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.evaluation import METRIC_COLUMNS
from models.learning import LearningData, LearningError
from models.settings import ModelSettings
from models.training import TrainingResult, train
from models.walk_forward import PUBLISHED_COLUMNS

Company = Callable[..., LearningData]


def test_training_measures_what_it_ships_and_says_so(trained: TrainingResult, company: LearningData) -> None:
    whole = trained.backtest_metrics[trained.backtest_metrics["slice_by"] == "all"]
    metrics = whole.set_index(["band", "model", "metric"])
    full, usage = (metrics.loc[("90-180", model, "roc_auc")] for model in ("churn_probability", "usage_view"))
    assert full["low"] > 0.65
    assert full["value"] > usage["value"]
    assert full["beats_base_rate"]
    assert trained.model.calibration["90-180"] == "calibrated"
    assert trained.model.trained_through == company.trained_through
    assert trained.notes[0].startswith("The model beats the base rate on renewals up to 89 days ahead")
    assert any("early cut-offs were not walked" in note for note in trained.notes)
    assert (
        "Too few predictions at horizon rolling have a known outcome: its probabilities are uncalibrated."
        in trained.notes
    )
    assert not metrics.reset_index()[["band", "rows"]].drop_duplicates().duplicated("band").any()


def test_two_trainings_are_one(make_company: Company, fast_settings: ModelSettings) -> None:
    first, second = (train(make_company(seed=1, accounts=220, years=4.0), fast_settings) for _ in range(2))
    assert first.model.to_files() == second.model.to_files()
    pd.testing.assert_frame_equal(first.backtest_predictions, second.backtest_predictions, check_exact=True)
    pd.testing.assert_frame_equal(first.backtest_metrics, second.backtest_metrics, check_exact=True)
    assert first.notes == second.notes


def test_too_few_mature_cutoffs_claim_no_walk_forward_figure(
    make_company: Company, fast_settings: ModelSettings
) -> None:
    result = train(make_company(accounts=400, years=2.0), fast_settings)
    assert result.model.kind == "boosted"
    assert set(result.model.calibration.values()) == {"in_cohort"}
    assert result.backtest_metrics.empty
    assert tuple(result.backtest_metrics.columns) == METRIC_COLUMNS
    assert "No walk-forward figure is claimed" in result.notes[0]
    assert "in_cohort" in result.notes[0]


def test_too_few_churns_give_a_base_rate(trained_base_rate: TrainingResult) -> None:
    result = trained_base_rate
    assert result.model.kind == "base_rate"
    assert result.backtest_predictions.empty
    assert tuple(result.backtest_predictions.columns) == PUBLISHED_COLUMNS
    assert result.backtest_metrics.empty
    (note,) = result.notes
    assert note.startswith("Only ")
    assert "30 are needed" in note
    assert "uncalibrated" in note


def test_without_a_decided_renewal_training_stops(company: LearningData, fast_settings: ModelSettings) -> None:
    early = replace(company, labels=company.labels.head(0))
    with pytest.raises(
        LearningError, match=r"no decided renewal to learn from: of \d+ renewals in \d+ snapshots none has"
    ):
        train(early, fast_settings)
    with pytest.raises(LearningError, match="known by 2000-01-03"):
        train(replace(company, trained_through=date(2000, 1, 3)), fast_settings)


@pytest.mark.parametrize(("is_churned", "word"), [(True, "churned"), (False, "continued")])
def test_outcomes_that_are_all_equal_stop_training(
    company: LearningData, fast_settings: ModelSettings, is_churned: bool, word: str
) -> None:
    same = replace(company, labels=company.labels.assign(is_churned=is_churned))
    with pytest.raises(LearningError, match=rf"all \d+ decided renewals have the same outcome \({word}\)"):
        train(same, fast_settings)


def test_a_horizon_that_was_never_decided_is_named(company: LearningData, fast_settings: ModelSettings) -> None:
    rolling = company.snapshots.loc[company.snapshots["band"] == "rolling", "renewal_id"]
    without = replace(company, labels=company.labels[~company.labels["renewal_id"].isin(rolling)])
    result = train(without, fast_settings)
    assert "No decided renewal was ever seen at horizon rolling: its scores lean on the other horizons." in result.notes
    scores = result.model.score(company.open_at(company.through))
    assert set(scores.loc[scores["renewal_id"].isin(rolling), "calibration"]) == {"uncalibrated"}
    assert scores["churn_probability"].notna().all()


def test_pure_noise_does_not_beat_the_base_rate_and_training_says_so(
    make_company: Company, fast_settings: ModelSettings
) -> None:
    result = train(make_company(seed=11, signal=0.0), fast_settings)
    metrics = result.backtest_metrics[result.backtest_metrics["slice_by"] == "all"]
    metrics = metrics.set_index(["band", "model", "metric"])
    auc = metrics.loc[("90-180", "churn_probability", "roc_auc")]
    assert auc["low"] < 0.5 < auc["high"]
    assert any(
        note.startswith("The model does not demonstrably beat the base rate on renewals 90 to 180 days")
        for note in result.notes
    )


def test_constant_and_empty_features_do_not_stop_training(company: LearningData, fast_settings: ModelSettings) -> None:
    odd = company.snapshots.assign(usage__noise_28d=1.0, usage__trend_ratio=np.nan, commercial__segment=None)
    small = replace(company, snapshots=odd, trained_through=company.cutoffs[9].date())
    result = train(small, fast_settings)
    assert result.model.score(small.open_at(small.through))["churn_probability"].between(0, 1).all()


def test_with_nothing_but_constants_the_model_is_a_base_rate_in_effect(
    company: LearningData, fast_settings: ModelSettings
) -> None:
    constants = {feature.name: 1.0 for feature in company.features if feature.kind != "category"}
    flat = replace(
        company,
        snapshots=company.snapshots.assign(commercial__segment="one", pulse_state="absent", **constants),
        trained_through=company.cutoffs[9].date(),
    )
    scores = train(flat, fast_settings).model.score(flat.open_at(flat.through))
    assert len(scores[["base_rate", "churn_probability"]].drop_duplicates()) == scores["base_rate"].nunique()
    np.testing.assert_allclose(scores["churn_probability"], scores["base_rate"], atol=0.05)


def test_a_company_without_any_snapshot_is_told_so(company: LearningData, fast_settings: ModelSettings) -> None:
    nothing = replace(
        company,
        snapshots=pd.DataFrame(columns=company.snapshots.columns),
        labels=pd.DataFrame(columns=company.labels.columns),
    )
    with pytest.raises(LearningError, match="of 0 renewals in 0 snapshots none has an outcome"):
        train(nothing, fast_settings)
