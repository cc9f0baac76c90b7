from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from models.churn_model import ChurnModel, HindsightError
from models.fitting import fit_model
from models.learning import KEY, LearningData
from models.note_risk import read_notes
from models.settings import ModelSettings
from models.training import TrainingResult

JUDGEMENT = ["pulse__sentiment_level", "sentiment", "pulse_state", "pulse_age_days"]
NO_HISTORY = pd.DataFrame()


def fit(data: LearningData, settings: ModelSettings) -> ChurnModel:
    return fit_model(data, read_notes(data.features, data.cohort(data.through), settings), NO_HISTORY, settings)


@pytest.fixture(scope="module")
def model(trained: TrainingResult) -> ChurnModel:
    return trained.model


@pytest.fixture(scope="module")
def now(company: LearningData) -> pd.DataFrame:
    return company.open_at(company.through)


def test_scores_come_in_the_order_of_the_rows_with_their_keys(model: ChurnModel, now: pd.DataFrame) -> None:
    shuffled = now.sample(frac=1.0, random_state=4)
    scores, mixed = model.score(now), model.score(shuffled)
    assert scores[KEY].equals(now[KEY])
    pd.testing.assert_frame_equal(mixed.sort_values(KEY, ignore_index=True), scores, check_exact=True)
    assert scores[["usage_view", "gut_view", "churn_probability"]].apply(lambda view: view.between(0, 1)).all(axis=None)


def test_a_row_is_scored_alike_alone_and_in_company(model: ChurnModel, now: pd.DataFrame) -> None:
    alone = pd.concat([model.score(now.iloc[[row]]) for row in range(5)], ignore_index=True)
    pd.testing.assert_frame_equal(alone, model.score(now).head(5), check_exact=True)


def test_files_bring_back_the_same_model_to_the_bit(model: ChurnModel, now: pd.DataFrame) -> None:
    files = model.to_files()
    again = ChurnModel.from_files(files)
    assert again.to_files() == files
    assert again.version == model.version
    pd.testing.assert_frame_equal(again.score(now), model.score(now), check_exact=True)


def test_the_order_of_rows_does_not_change_the_model(company: LearningData, fast_settings: ModelSettings) -> None:
    mixed = replace(
        company,
        snapshots=company.snapshots.sample(frac=1.0, random_state=1),
        labels=company.labels.sample(frac=1.0, random_state=2),
    )
    models = [fit(data, fast_settings) for data in (company, mixed)]
    assert models[0].version == models[1].version


def test_shuffling_every_column_of_judgement_leaves_the_usage_view_as_it_is(
    company: LearningData, fast_settings: ModelSettings
) -> None:
    order = np.random.default_rng(5).permutation(len(company.snapshots))
    shuffled = {column: company.snapshots[column].to_numpy()[order] for column in JUDGEMENT}
    other = replace(company, snapshots=company.snapshots.assign(**shuffled))
    scores = [fit(data, fast_settings).score(data.open_at(data.through)) for data in (company, other)]
    pd.testing.assert_series_equal(scores[0]["usage_view"], scores[1]["usage_view"], check_exact=True)
    assert (scores[0]["churn_probability"] != scores[1]["churn_probability"]).mean() > 0.9


@pytest.mark.parametrize(
    ("feature", "direction"),
    [("usage__active_users_28d", -1), ("usage__trend_ratio", -1), ("pulse__sentiment_level", 1)],
)
def test_a_direction_beyond_doubt_is_kept_for_every_row(
    model: ChurnModel, now: pd.DataFrame, feature: str, direction: int
) -> None:
    values = np.linspace(*now[feature].quantile([0.0, 1.0]), 12)
    curves = np.column_stack([model.score(now.assign(**{feature: value}))["churn_probability"] for value in values])
    assert (direction * np.diff(curves, axis=1) >= 0).all()
    assert (direction * (curves[:, -1] - curves[:, 0]) > 0).mean() > 0.9


def test_overdue_is_scored_as_due_today_and_claims_no_calibration(model: ChurnModel, now: pd.DataFrame) -> None:
    row = now[now["band"] == "0-89"].head(1)
    due = row.assign(lead_days=0, commercial__lead_days=0.0)
    overdue = row.assign(lead_days=-9, commercial__lead_days=-9.0, band="overdue", status="overdue")
    rolling = overdue.assign(band="rolling")

    scores = model.score(overdue)

    assert scores["churn_probability"][0] == model.score(due)["churn_probability"][0]
    assert scores["calibration"][0] == "uncalibrated"
    assert model.score(due)["calibration"][0] == "calibrated"
    assert model.score(rolling)["base_rate"][0] == model.base_rates.rates["rolling"]


@pytest.mark.parametrize(
    "facts",
    [
        {"band": "beyond"},
        {"status": "known_loss"},
        {"status": "already_renewed"},
        {"status": "known_loss", "band": "overdue"},
    ],
)
def test_what_is_settled_or_too_far_is_not_scored(model: ChurnModel, now: pd.DataFrame, facts: dict[str, str]) -> None:
    scores = model.score(now.head(2).assign(**facts))
    assert scores[["usage_view", "gut_view", "churn_probability", "base_rate"]].isna().all(axis=None)
    assert scores["calibration"].tolist() == ["uncalibrated"] * 2


def test_a_date_before_the_model_learned_is_refused_unless_asked_for(model: ChurnModel, now: pd.DataFrame) -> None:
    past = now.head(1).assign(as_of=now["as_of"] - timedelta(days=1))
    with pytest.raises(HindsightError, match="it cannot score"):
        model.score(past)
    assert model.score(past, allow_hindsight=True)["churn_probability"].notna().all()


def test_categories_never_seen_and_missing_values_are_scored(model: ChurnModel, now: pd.DataFrame) -> None:
    empty = {feature.name: np.nan for feature in model.features if feature.kind != "category"}
    scores = model.score(now.head(3).assign(commercial__segment="never seen", **empty))
    assert scores["churn_probability"].between(0, 1).all()


def test_probabilities_approach_the_truth(company: LearningData, model: ChurnModel, now: pd.DataFrame) -> None:
    dated = now[now["band"] != "rolling"].reset_index(drop=True)
    predicted, truth = model.score(dated)["churn_probability"], dated["truth"]
    assert np.corrcoef(predicted, truth)[0, 1] > 0.75
    assert predicted.mean() == pytest.approx(truth.mean(), abs=0.03)


def test_the_base_rate_in_place_of_a_model_is_scored_and_stored_alike(
    trained_base_rate: TrainingResult, now: pd.DataFrame
) -> None:
    model = trained_base_rate.model
    scores = model.score(now, allow_hindsight=True)
    assert scores["churn_probability"].equals(scores["base_rate"])
    assert scores["usage_view"].equals(scores["base_rate"])
    assert set(scores["calibration"]) == {"uncalibrated"}
    assert set(model.to_files()) == {"calibration.json", "features.json", "model.json", "note_risk.json"}
    again = ChurnModel.from_files(model.to_files())
    pd.testing.assert_frame_equal(again.score(now, allow_hindsight=True), scores, check_exact=True)


def test_features_that_the_model_decides_by_and_nobody_has_are_named(model: ChurnModel, now: pd.DataFrame) -> None:
    blind = now.assign(pulse__sentiment_level=np.nan)
    assert [feature.name for feature in model.unseen_features(blind)] == ["pulse__sentiment_level"]
    assert model.unseen_features(now) == ()
    assert model.unseen_features(blind.head(0)) == ()
