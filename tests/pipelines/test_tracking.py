"""A trained model comes back from the registry to the bit, with its evidence, and the right one speaks for a date."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest

from features.feature import Feature
from models.baselines import BaseRates
from models.calibration import Calibrator
from models.churn_model import ChurnModel, ModelFilesError
from models.encoding import Encoder
from models.gut_feel import GutTable
from models.linear_inputs import BAND_COLUMNS, LinearInputs
from models.linear_margin import LinearMargin
from models.scorer import Scorer
from models.settings import SCORED_BANDS
from pipelines.tracking import (
    CHAMPION,
    REGISTERED_MODEL,
    Training,
    find_model,
    load_model,
    load_notes,
    register_training,
)

JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 6), date(2026, 8, 3)


def feature(name: str) -> Feature:
    return Feature(
        name=name,
        description="A number.",
        unit="people",
        kind="number",
        direction="either",
        lineage=frozenset({"usage_daily.events"}),
        sentence="{value} people",
        group="usage",
    )


@pytest.fixture(scope="module")
def boosted() -> ChurnModel:
    generator = np.random.default_rng(7)
    features = (feature("usage__active_users_28d"), feature("usage__events_28d"))
    rows = generator.normal(size=(200, 2))
    outcomes = (rows[:, 0] + generator.normal(size=200) > 0).astype(float)
    names = [each.name for each in features]
    text = lightgbm.train(
        {"objective": "binary", "verbose": -1, "deterministic": True, "force_col_wise": True, "num_threads": 1},
        lightgbm.Dataset(rows, outcomes, feature_name=names),
        num_boost_round=5,
    ).model_to_string()
    inputs = LinearInputs(Encoder(features, {}), np.array([0.1, 1 / 3]), np.array([2.0, np.inf]))
    coefficients = generator.normal(size=BAND_COLUMNS + 4)
    margin = LinearMargin(inputs, coefficients, np.full(4, 0.1), coefficients + generator.normal(size=(3, 9)) / 3)
    scorer = Scorer(margin, text, threads=1)
    calibrator = Calibrator(dict.fromkeys(SCORED_BANDS, 0.1 + 0.2), dict.fromkeys(SCORED_BANDS, -1 / 3))
    return ChurnModel(
        kind="boosted",
        trained_through=JUNE,
        encoder=Encoder(features, {}),
        usage_features=tuple(names),
        text_models={},
        scorers={"usage": scorer, "full": scorer},
        calibrators={"usage": calibrator, "full": calibrator},
        calibration=dict.fromkeys(SCORED_BANDS, "calibrated"),
        base_rates=BaseRates(dict.fromkeys(SCORED_BANDS, 0.1)),
        gut_table=GutTable({"red|fresh|90-180": 0.7}),
        lead_feature="usage__events_28d",
        colour_feature="pulse__sentiment_level",
        colour_share=0.5,
        interval_reach=1.645,
    )


@pytest.fixture(scope="module")
def base_rate(boosted: ChurnModel) -> ChurnModel:
    return replace(boosted, kind="base_rate", scorers={}, calibrators={})


@pytest.fixture(scope="module")
def _empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import mlflow

    store = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    mlflow.MlflowClient(tracking_uri=f"sqlite:///{store}").search_experiments()
    return store


@pytest.fixture
def folder(_empty_store: Path, tmp_path: Path) -> Path:
    """A tracking folder whose store has its tables already: making them takes longer than all the tests."""
    folder = tmp_path / "mlflow"
    folder.mkdir()
    shutil.copy(_empty_store, folder)
    return folder


def training(model: ChurnModel, through: date = JUNE) -> Training:
    return Training(
        model=replace(model, trained_through=through),
        parameters={"seed": 1, "booster.rounds": 5},
        metrics={"churn_probability.90-180.roc_auc": 0.75},
        tables={"backtest_metrics": pd.DataFrame({"metric": ["roc_auc"], "value": [0.75]})},
        documents={
            "features": {"features": ["usage__events_28d"], "contracts": {"renewals": "1.0.0"}},
            "notes": ["One."],
        },
        plots={"reliability": "<svg/>"},
    )


@pytest.mark.parametrize("kind", ["boosted", "base_rate"])
def test_a_model_comes_back_to_the_bit(folder: Path, kind: str, request: pytest.FixtureRequest) -> None:
    model: ChurnModel = request.getfixturevalue(kind)

    registered = register_training(folder, training(model))
    found = find_model(folder, JUNE)

    assert found == registered
    assert (registered.number, registered.trained_through, registered.model_version) == (1, JUNE, model.version)
    loaded = load_model(folder, registered)
    assert loaded.to_files() == model.to_files()
    assert loaded.kind == kind


def test_plain_mlflow_loads_the_trees_of_the_champion(folder: Path, boosted: ChurnModel) -> None:
    import mlflow.lightgbm

    register_training(folder, training(boosted))

    booster = mlflow.lightgbm.load_model(f"models:/{REGISTERED_MODEL}@{CHAMPION}")

    inputs = np.random.default_rng(8).normal(size=(50, 2))
    np.testing.assert_array_equal(booster.predict(inputs), boosted.scorers["full"].read_booster.predict(inputs))


def test_a_training_is_remembered_with_its_evidence_and_without_pickles(folder: Path, boosted: ChurnModel) -> None:
    import mlflow

    registered = register_training(folder, training(boosted))

    run = mlflow.MlflowClient().get_run(registered.run_id)
    assert run.data.params == {"seed": "1", "booster.rounds": "5"}
    assert run.data.metrics == {"churn_probability.90-180.roc_auc": 0.75}
    assert load_notes(folder, registered) == ["One."]
    files = {path.relative_to(folder).parts[3:] for path in folder.rglob("*") if path.is_file()}
    assert {("plots", "reliability.svg"), ("tables", "backtest_metrics.parquet"), ("features.json",)} <= files
    assert not [path for path in folder.rglob("*") if path.suffix in {".pkl", ".pickle", ".joblib"}]


def test_the_champion_moves_forward_in_time_only(folder: Path, boosted: ChurnModel, base_rate: ChurnModel) -> None:
    july = register_training(folder, training(boosted, JULY))
    june = register_training(folder, training(base_rate, JUNE))

    assert find_model(folder, AUGUST) == july
    assert find_model(folder, JULY) == july
    # A week before July is spoken for by what was known then, and nothing speaks for a week before June.
    assert find_model(folder, date(2026, 7, 5)) == june
    assert find_model(folder, date(2026, 5, 31)) is None

    again = register_training(folder, training(base_rate, JULY))
    assert find_model(folder, AUGUST) == again


def test_a_workspace_without_trainings_has_no_model_and_gets_no_store(tmp_path: Path) -> None:
    assert find_model(tmp_path / "mlflow", JUNE) is None
    assert list(tmp_path.iterdir()) == []


def test_files_that_changed_after_registration_are_refused(folder: Path, base_rate: ChurnModel) -> None:
    registered = register_training(folder, training(base_rate))
    model_file = next(folder.rglob("churn_model/calibration.json"))
    model_file.write_text(model_file.read_text(encoding="utf-8").replace("0.1", "0.2"), encoding="utf-8")

    with pytest.raises(ModelFilesError, match="version 1 of the model is registered as"):
        load_model(folder, registered)
