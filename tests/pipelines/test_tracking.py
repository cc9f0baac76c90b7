"""A trained model comes back from the registry to the bit, with its evidence, and the right one speaks for a date."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest

from features.feature import Feature
from models.baselines import BaseRates
from models.calibration import Calibrator
from models.churn_model import ChurnModel, ModelFilesError
from models.contraction import Contraction
from models.encoding import Encoder
from models.forecast.shock import Shock
from models.gut_feel import GutTable
from models.linear_inputs import BAND_COLUMNS, LinearInputs
from models.linear_margin import LinearMargin
from models.promotion import Judgement, Verdict
from models.recipe import Recipe
from models.reference import Profile, Reference
from models.scorer import Scorer
from models.settings import SCORED_BANDS, ModelSettings
from pipelines.decisions import read_decisions
from pipelines.mlflow_store import CHAMPION, REGISTERED_MODEL
from pipelines.registry import RegisteredModel, find_by_content, find_model, load_model
from pipelines.tracking import (
    CONTRIBUTIONS,
    REFERENCE_DOCUMENT,
    Training,
    load_card,
    load_contestant,
    load_contributions,
    load_notes,
    load_reference,
    register_training,
)

JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 6), date(2026, 8, 3)
RECIPE = Recipe(ModelSettings(), ("usage__active_users_28d", "usage__events_28d"), ("usage__active_users_28d",))


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
        contraction=Contraction(0.1, -1 / 3, 0.1 + 0.2, (0.5, 2 / 3), 0.99),
        shocks=dict.fromkeys(("0-89", "90-180", "181-365"), Shock((0.1,) * 10, 3)),
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
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import mlflow

    store = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    mlflow.MlflowClient(tracking_uri=f"sqlite:///{store}").search_experiments()
    return store


@pytest.fixture
def folder(empty_store: Path, tmp_path: Path) -> Path:
    """A tracking folder whose store has its tables already: making them takes longer than all the tests."""
    folder = tmp_path / "mlflow"
    folder.mkdir()
    shutil.copy(empty_store, folder)
    return folder


def training(model: ChurnModel, through: date = JUNE) -> Training:
    return Training(
        model=replace(model, trained_through=through),
        recipe=RECIPE,
        parameters={"seed": 1, "booster.rounds": 5},
        metrics={"churn_probability.90-180.roc_auc": 0.75},
        tables={
            "backtest_metrics": pd.DataFrame({"metric": ["roc_auc"], "value": [0.75]}),
            "backtest_predictions": pd.DataFrame(
                {"cutoff": [pd.Timestamp(through).as_unit("us")], "probability": [0.1]}
            ),
        },
        documents={
            "features": {"features": ["usage__events_28d"], "contracts": {"renewals": "1.0.0"}},
            "notes": ["One."],
        },
        plots={"reliability": "<svg/>"},
        card="# A card",
    )


def register(folder: Path, model: ChurnModel, through: date = JUNE, verdict: Verdict = "promoted") -> RegisteredModel:
    judgement = Judgement(verdict, "same_recipe", f"It was {verdict}.")
    return register_training(folder, training(model, through), judgement, "somebody")


@pytest.mark.parametrize("kind", ["boosted", "base_rate"])
def test_a_model_comes_back_to_the_bit(folder: Path, kind: str, request: pytest.FixtureRequest) -> None:
    model: ChurnModel = request.getfixturevalue(kind)

    registered = register(folder, model)
    found = find_model(folder, JUNE)

    assert found == registered
    assert (registered.number, registered.trained_through, registered.model_version) == (1, JUNE, model.version)
    loaded = load_model(folder, registered)
    assert loaded.to_files() == model.to_files()
    assert loaded.kind == kind


def test_plain_mlflow_loads_the_trees_of_the_champion(folder: Path, boosted: ChurnModel) -> None:
    import mlflow.lightgbm

    register(folder, boosted)

    booster = mlflow.lightgbm.load_model(f"models:/{REGISTERED_MODEL}@{CHAMPION}")

    inputs = np.random.default_rng(8).normal(size=(50, 2))
    np.testing.assert_array_equal(booster.predict(inputs), boosted.scorers["full"].read_booster.predict(inputs))


def test_a_training_is_remembered_with_its_evidence_and_without_pickles(folder: Path, boosted: ChurnModel) -> None:
    import mlflow

    registered = register(folder, boosted)

    run = mlflow.MlflowClient().get_run(registered.run_id)
    assert run.data.params == {"seed": "1", "booster.rounds": "5"}
    assert run.data.metrics == {"churn_probability.90-180.roc_auc": 0.75}
    assert load_notes(folder, registered) == ["One."]
    files = {path.relative_to(folder).parts[3:] for path in folder.rglob("*") if path.is_file()}
    assert {("plots", "reliability.svg"), ("tables", "backtest_metrics.parquet"), ("features.json",)} <= files
    assert not [path for path in folder.rglob("*") if path.suffix in {".pkl", ".pickle", ".joblib"}]


def test_recipe_walk_and_card_come_back(folder: Path, boosted: ChurnModel) -> None:
    registered = register(folder, boosted)

    contestant = load_contestant(folder, registered)

    assert contestant.recipe == RECIPE
    assert registered.recipe == RECIPE.id
    assert (contestant.kind, contestant.trained_through) == ("boosted", JUNE)
    pd.testing.assert_frame_equal(contestant.predictions, training(boosted).tables["backtest_predictions"])
    assert load_card(folder, registered) == "# A card"
    assert load_contributions(folder, registered) is None


def test_what_moves_a_model_comes_back(folder: Path, boosted: ChurnModel) -> None:
    kept = pd.DataFrame({"feature": ["usage__events_28d"], "contribution": [0.1]})
    remembered = training(boosted)
    remembered = replace(remembered, tables={**remembered.tables, CONTRIBUTIONS: kept})

    registered = register_training(folder, remembered, Judgement("promoted", "first", "It was."), "somebody")

    pd.testing.assert_frame_equal(load_contributions(folder, registered), kept)


def test_the_model_of_a_date_is_the_champion_or_who_was_in_charge_or_trained_for_it(
    folder: Path, boosted: ChurnModel, base_rate: ChurnModel
) -> None:
    july = register(folder, boosted, JULY)
    june = register(folder, base_rate, JUNE, "past")

    assert find_model(folder, AUGUST) == july
    assert find_model(folder, JULY) == july
    # What made a table is told of, whoever is in charge by now.
    assert [find_by_content(folder, each) for each in (june.model_version, "none")] == [june, None]
    # A week before July is spoken for by what was known then, and nothing speaks for a week before June.
    assert find_model(folder, date(2026, 7, 5)) == june
    assert find_model(folder, date(2026, 5, 31)) is None
    assert find_model(folder, date(2026, 5, 31), allow_hindsight=True) == july

    refused = register(folder, base_rate, date(2026, 7, 20), "refused")
    assert find_model(folder, AUGUST) == july
    august = register(folder, base_rate, AUGUST)
    assert find_model(folder, AUGUST) == august
    # What was refused speaks for no date, though it is the newest before this one.
    assert find_model(folder, date(2026, 7, 25)) == july != refused


def test_a_decision_is_on_record_with_who_when_versions_and_figures(folder: Path, boosted: ChurnModel) -> None:
    register(folder, boosted)
    register(folder, boosted, JULY, "refused")

    first, second = read_decisions(folder)

    assert (first.number, first.from_version, first.to_version, first.verdict) == (1, None, 1, "promoted")
    assert (second.number, second.version, second.from_version, second.to_version) == (2, 2, 1, 1)
    assert (second.who, second.reason, second.recipe) == ("somebody", "It was refused.", RECIPE.id)
    assert second.decided_at.utcoffset() == timedelta(0)
    assert second.figures == {"differences": [], "calibration": None, "leaks": []}


STEPS = (
    "mlflow.log_text",
    "mlflow.lightgbm.log_model",
    "mlflow.MlflowClient.create_model_version",
    "mlflow.MlflowClient.set_registered_model_alias",
    "pipelines.tracking.write_decision",
    "pipelines.whole_files.to_disk",
    "pipelines.tracking.move_champion",
)


@pytest.mark.parametrize("step", STEPS)
def test_whatever_step_a_training_dies_at_the_champion_stays(
    folder: Path, boosted: ChurnModel, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    june = register(folder, boosted)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, die)
        with pytest.raises(KeyboardInterrupt):
            register(folder, boosted, JULY)

    assert find_model(folder, AUGUST) == june
    # Nor does what it left behind speak for a date of its own, now or once there is a later champion.
    again = register(folder, boosted, AUGUST)
    assert find_model(folder, AUGUST) == again
    assert find_model(folder, JULY) == june


def test_the_records_of_a_registry_that_is_gone_are_set_aside(
    folder: Path, empty_store: Path, tmp_path: Path, boosted: ChurnModel
) -> None:
    register(folder, boosted)
    register(folder, boosted, JULY, "refused")
    begun_anew = tmp_path / "begun_anew"
    shutil.copytree(folder / "decisions", begun_anew / "decisions")
    shutil.copy(empty_store, begun_anew)

    register(begun_anew, boosted, AUGUST)

    assert [decision.version for decision in read_decisions(begun_anew)] == [1]
    assert len(list(begun_anew.glob("decisions-until-*/*.json"))) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("0.1", "0.2"),
        lambda text: text[: len(text) // 2],
        lambda text: text[:0],
    ],
    ids=["changed", "cut off", "empty"],
)
@pytest.mark.parametrize("name", ["calibration.json", "churn_probability.lightgbm.txt"])
def test_files_that_are_not_as_registered_are_refused_with_their_place(
    folder: Path, boosted: ChurnModel, name: str, spoil: Callable[[str], str]
) -> None:
    registered = register(folder, boosted)
    file = next(folder.rglob(f"churn_model/{name}"))
    file.write_text(spoil(file.read_text(encoding="utf-8")), encoding="utf-8")

    with pytest.raises(ModelFilesError, match=r"Version 1 of the model is registered as .*models rollback") as caught:
        load_model(folder, registered)
    assert str(file.parent) in str(caught.value)


def test_files_that_are_gone_are_missed_by_their_place(folder: Path, boosted: ChurnModel) -> None:
    registered = register(folder, boosted)
    place = next(folder.rglob("churn_model"))
    shutil.rmtree(place)

    with pytest.raises(ModelFilesError, match="cannot be read") as caught:
        load_model(folder, registered)
    assert str(place) in str(caught.value)


def test_a_feature_list_that_does_not_match_the_booster_is_told_with_place_and_remedy(
    folder: Path, boosted: ChurnModel
) -> None:
    swapped = replace(boosted, encoder=Encoder(boosted.features[::-1], {}))
    registered = register(folder, swapped)

    with pytest.raises(ModelFilesError, match=r"Version 1 in .*features\.json does not match .*train again") as caught:
        load_model(folder, registered)
    assert str(next(folder.rglob("churn_model"))) in str(caught.value)


def test_a_walk_that_is_cut_off_is_refused(folder: Path, boosted: ChurnModel) -> None:
    registered = register(folder, boosted)
    walk = next(folder.rglob("tables/backtest_predictions.parquet"))
    walk.write_bytes(walk.read_bytes()[:-20])

    with pytest.raises(ModelFilesError, match=r"backtest_predictions\.parquet cannot be read"):
        load_contestant(folder, registered)


def test_what_a_model_learned_from_comes_back_with_it_and_is_missed_without_a_fuss(
    folder: Path, boosted: ChurnModel
) -> None:
    spreads = Profile((120, 100, 90, 0), (60, 50, 40, 0), {})
    reference = Reference("2026-06-01", 120, {"90-180": 0.1}, spreads, spreads)
    documents = {REFERENCE_DOCUMENT: reference.to_document()}
    without = register(folder, boosted)

    kept = register_training(
        folder, replace(training(boosted), documents=documents), Judgement("promoted", "first", "It is."), "somebody"
    )

    assert load_reference(folder, kept) == reference
    assert load_reference(folder, without) is None
    assert kept.model_version == without.model_version
