"""What was trained, with what and how well: one MLflow run per training, below the workspace's `mlflow/`.

A version of the registry points to a run; the run holds the model as text and JSON files, from which it is read back
to the bit, and beside them its recipe, its walk and the rest of the evidence. Nothing is pickled. Where outcomes were
too few to fit a booster, a version is its files alone; else it is also a LightGBM model that
`mlflow.lightgbm.load_model` loads by itself.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.churn_model import ChurnModel
from models.promotion import Contestant, Judgement
from models.recipe import Recipe, RecipeError
from models.reference import Reference
from pipelines.decisions import figures_of, set_decisions_aside, write_decision
from pipelines.mlflow_store import (
    CHALLENGER,
    REGISTERED_MODEL,
    experiment_id,
    has_store,
    open_store,
    read_frame,
    read_text,
)
from pipelines.registry import (
    KIND,
    MODEL_FOLDER,
    MODEL_VERSION,
    RECIPE,
    TRAINED_THROUGH,
    RegisteredModel,
    artifacts_of,
    describe_version,
    move_champion,
    read_champion,
)

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient

WALK = "backtest_predictions"
METRICS = "backtest_metrics"
CARD = "model_card.md"
CONTRIBUTIONS = "contributions"
"""Name under which a training keeps what moves its model; see `models.contribution_summary`."""
REFERENCE_DOCUMENT = "reference"
"""Name under which a training keeps what it learned from, to tell drift by."""
_VERDICT = "verdict"
_REASON = "reason"


@dataclass(frozen=True)
class Training:
    """What is to be remembered of one training.

    Attributes:
        model: The model.
        recipe: What it was fitted with.
        parameters: Settings that it was fitted with, name to value.
        metrics: Figures by name.
        tables: Evidence as frames, written as Parquet; the walk, `backtest_predictions`, is among them.
        documents: Evidence as data, written as JSON: the feature list with its contract versions, notes.
        plots: Pictures as SVG, by file name without ending.
        card: The model card, Markdown.
    """

    model: ChurnModel
    recipe: Recipe
    parameters: Mapping[str, object]
    metrics: Mapping[str, float]
    tables: "Mapping[str, pd.DataFrame]" = field(default_factory=dict)
    documents: Mapping[str, object] = field(default_factory=dict)
    plots: Mapping[str, str] = field(default_factory=dict)
    card: str = ""


def register_training(folder: Path, training: Training, judgement: Judgement, who: str) -> RegisteredModel:
    """Log a training, register its model, put the decision on record; the alias `champion` moves last, if it moves.

    The caller holds the workspace's lock and has judged against the version that is in charge.

    Args:
        folder: The workspace's `mlflow/` folder.
        training: What to remember.
        judgement: Whether the model takes over.
        who: Who trained: a user or the schedule.

    Raises:
        StoreError: If the store cannot be used.
    """
    champion = champion_before(folder)
    with open_store(folder) as client:
        if not client.search_registered_models(f"name='{REGISTERED_MODEL}'"):
            set_decisions_aside(folder)
            client.create_registered_model(REGISTERED_MODEL, description="Churn model of this workspace's company.")
        run_id, source, model_id = _log_run(client, folder, training, judgement)
        tags = {
            TRAINED_THROUGH: training.model.trained_through.isoformat(),
            MODEL_VERSION: training.model.version,
            KIND: training.model.kind,
            RECIPE: training.recipe.id,
            _VERDICT: judgement.verdict,
            _REASON: judgement.reason,
        }
        registered = describe_version(
            client.create_model_version(REGISTERED_MODEL, source=source, run_id=run_id, model_id=model_id, tags=tags)
        )
        if judgement.verdict != "past":
            client.set_registered_model_alias(REGISTERED_MODEL, CHALLENGER, str(registered.number))
        before = champion and champion.number
        write_decision(
            folder,
            action="training",
            who=who,
            version=registered.number,
            from_version=before,
            to_version=registered.number if judgement.verdict == "promoted" else before,
            recipe=registered.recipe,
            from_recipe=champion and champion.recipe,
            verdict=judgement.verdict,
            basis=judgement.basis,
            reason=judgement.reason,
            figures=figures_of(judgement),
        )
        if judgement.verdict == "promoted":
            move_champion(client, registered.number)
    return registered


def champion_before(folder: Path) -> RegisteredModel | None:
    """Return the version that a training stands against; None where there is none, or no store."""
    if not has_store(folder):
        return None
    with open_store(folder) as client:
        return read_champion(client)


def load_contestant(folder: Path, registered: RegisteredModel) -> Contestant:
    """Return what a comparison has to know of a registered model: its recipe and its own walk.

    Raises:
        ModelFilesError: If its walk cannot be read.
        StoreError: If the store cannot be used.
    """
    place = artifacts_of(folder, registered)
    recipe, why = None, "it was registered by a release that kept no recipe"
    if registered.recipe is not None:
        try:
            recipe = Recipe.from_json(read_text(place / "recipe.json"))
        except RecipeError as error:
            why = str(error)
    return Contestant(
        kind="base_rate" if registered.kind == "base_rate" else "boosted",
        trained_through=registered.trained_through,
        recipe=recipe,
        predictions=read_frame(place / "tables" / f"{WALK}.parquet"),
        unreadable=why,
    )


def load_notes(folder: Path, registered: RegisteredModel) -> list[str]:
    """Return what the training of a registered model said of itself, in sentences."""
    return [str(note) for note in json.loads(read_text(artifacts_of(folder, registered) / "notes.json"))]


def load_card(folder: Path, registered: RegisteredModel) -> str:
    """Return the model card of a registered model, Markdown."""
    return read_text(artifacts_of(folder, registered) / CARD)


def load_metrics(folder: Path, registered: RegisteredModel) -> "pd.DataFrame | None":
    """Return the figures of a registered model's walk; None where its training kept none."""
    path = artifacts_of(folder, registered) / "tables" / f"{METRICS}.parquet"
    return read_frame(path) if path.is_file() else None


def load_contributions(folder: Path, registered: RegisteredModel) -> "pd.DataFrame | None":
    """Return what moves a registered model; None where its training kept no table of that."""
    path = artifacts_of(folder, registered) / "tables" / f"{CONTRIBUTIONS}.parquet"
    return read_frame(path) if path.is_file() else None


def load_document(folder: Path, registered: RegisteredModel, name: str) -> Any:
    """Return a document that was kept with a registered model."""
    return json.loads(read_text(artifacts_of(folder, registered) / f"{name}.json"))


def load_reference(folder: Path, registered: RegisteredModel) -> Reference | None:
    """Return what a registered model learned from; None where its training kept no record of that."""
    if not (artifacts_of(folder, registered) / f"{REFERENCE_DOCUMENT}.json").is_file():
        return None
    return Reference.from_document(load_document(folder, registered, REFERENCE_DOCUMENT))


def _log_run(
    client: "MlflowClient", folder: Path, training: Training, judgement: Judgement
) -> tuple[str, str, str | None]:
    """Log all that a training leaves to a run; return its id, what a version points to, and MLflow's id of that."""
    import mlflow

    with mlflow.start_run(
        experiment_id=experiment_id(client, folder), run_name=f"through {training.model.trained_through}"
    ) as run:
        _log_evidence(training)
        mlflow.log_text(training.recipe.to_json(), "recipe.json")
        mlflow.log_text(json.dumps(asdict(judgement), indent=1, default=str) + "\n", "decision.json")
        mlflow.log_text(training.card, CARD)
        for name, text in training.model.to_files().items():
            mlflow.log_text(text, f"{MODEL_FOLDER}/{name}")
        source, model_id = _log_booster(training.model, mlflow.get_artifact_uri(MODEL_FOLDER))
    return str(run.info.run_id), source, model_id


def _log_evidence(training: Training) -> None:
    """Log parameters, metrics, tables, documents and plots to the active run."""
    import mlflow

    mlflow.log_params(dict(training.parameters))
    mlflow.log_metrics(dict(training.metrics))
    for name, document in training.documents.items():
        mlflow.log_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", f"{name}.json")
    for name, svg in training.plots.items():
        mlflow.log_text(svg, f"plots/{name}.svg")
    with tempfile.TemporaryDirectory() as temporary:
        for name, frame in training.tables.items():
            path = Path(temporary) / f"{name}.parquet"
            frame.to_parquet(path, index=False)
            mlflow.log_artifact(str(path), "tables")


def _log_booster(model: ChurnModel, files_uri: str) -> tuple[str, str | None]:
    """Log the full booster as a LightGBM model; return what the version points to and MLflow's id of it."""
    if "full" not in model.scorers:
        return files_uri, None
    import lightgbm
    import mlflow.lightgbm

    # Given requirements spare MLflow from inferring them, which imports and runs the model in a new process.
    logged: Any = mlflow.lightgbm.log_model(
        model.scorers["full"].read_booster, name="booster", pip_requirements=[f"lightgbm=={lightgbm.__version__}"]
    )
    return str(logged.model_uri), str(logged.model_id)
