"""What was trained, with what, how well, and which version is in charge: MLflow, below the workspace's `mlflow/`.

A version of the registry points to a run; the run holds the model as text and JSON files, from which it is read back
to the bit, and beside them the evidence. Nothing is pickled. Where outcomes were too few to fit a booster, a version
is its files alone; else it is also a LightGBM model that `mlflow.lightgbm.load_model` loads by itself.
"""

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.churn_model import ChurnModel, ModelFilesError
from pipelines.telemetry import turn_off_telemetry

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

REGISTERED_MODEL = "falsegreen"
CHAMPION = "champion"
_EXPERIMENT = "training"
_MODEL_FOLDER = "churn_model"
_TRAINED_THROUGH = "trained_through"
_MODEL_VERSION = "model_version"


@dataclass(frozen=True)
class Training:
    """What is to be remembered of one training.

    Attributes:
        model: The model.
        parameters: Settings that it was fitted with, name to value.
        metrics: Figures by name.
        tables: Evidence as frames, written as Parquet.
        documents: Evidence as data, written as JSON: the feature list with its contract versions, notes.
        plots: Pictures as SVG, by file name without ending.
    """

    model: ChurnModel
    parameters: Mapping[str, object]
    metrics: Mapping[str, float]
    tables: "Mapping[str, pd.DataFrame]" = field(default_factory=dict)
    documents: Mapping[str, object] = field(default_factory=dict)
    plots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RegisteredModel:
    """One version of the registry.

    Attributes:
        number: Version number, counting up.
        trained_through: Outcomes known at this date taught the model.
        model_version: Content hash of the model.
        run_id: MLflow's run that holds its files.
    """

    number: int
    trained_through: date
    model_version: str
    run_id: str


def register_training(folder: Path, training: Training) -> RegisteredModel:
    """Log a training and register its model; the alias `champion` moves last.

    The alias moves only forward in time: a model that was trained for an earlier week never replaces a later one.

    Args:
        folder: The workspace's `mlflow/` folder.
        training: What to remember.
    """
    import mlflow

    client = _client(folder)
    before = _champion(client)
    with mlflow.start_run(
        experiment_id=_experiment(client, folder), run_name=f"through {training.model.trained_through}"
    ) as run:
        run_id = run.info.run_id
        _log_evidence(training)
        for name, text in training.model.to_files().items():
            mlflow.log_text(text, f"{_MODEL_FOLDER}/{name}")
        source, model_id = _log_booster(training.model, mlflow.get_artifact_uri(_MODEL_FOLDER))
    if not client.search_registered_models(f"name='{REGISTERED_MODEL}'"):
        client.create_registered_model(REGISTERED_MODEL, description="Churn model of this workspace's company.")
    tags = {_TRAINED_THROUGH: training.model.trained_through.isoformat(), _MODEL_VERSION: training.model.version}
    registered = _describe(
        client.create_model_version(
            REGISTERED_MODEL, source=source, run_id=run_id, model_id=model_id, tags=tags | {"kind": training.model.kind}
        )
    )
    if before is None or before.trained_through <= registered.trained_through:
        client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, str(registered.number))
    return registered


def find_model(folder: Path, as_of: date) -> RegisteredModel | None:
    """Return the version that may score a date: the champion, unless it has learned from outcomes after that date.

    Then it is the version that was trained last among those trained before. None where there is none.

    Args:
        folder: The workspace's `mlflow/` folder; it need not exist.
        as_of: Date to score.
    """
    if not _store(folder).is_file():
        return None
    client = _client(folder)
    champion = _champion(client)
    if champion is not None and champion.trained_through <= as_of:
        return champion
    versions = [_describe(version) for version in client.search_model_versions(f"name='{REGISTERED_MODEL}'")]
    earlier = [version for version in versions if version.trained_through <= as_of]
    return max(earlier, key=lambda version: (version.trained_through, version.number), default=None)


def load_model(folder: Path, registered: RegisteredModel) -> ChurnModel:
    """Read a registered model back, exactly as it was trained.

    Raises:
        ModelFilesError: If its files cannot be read or are not the ones that were registered.
    """
    import mlflow

    _client(folder)
    with tempfile.TemporaryDirectory() as temporary:
        path = mlflow.artifacts.download_artifacts(
            run_id=registered.run_id, artifact_path=_MODEL_FOLDER, dst_path=temporary, tracking_uri=_uri(folder)
        )
        files = {file.name: file.read_text(encoding="utf-8") for file in Path(path).iterdir()}
    model = ChurnModel.from_files(files)
    if model.version != registered.model_version:
        raise ModelFilesError(
            f"version {registered.number} of the model is registered as {registered.model_version}, "
            f"but its files in {folder} are {model.version}"
        )
    return model


def load_notes(folder: Path, registered: RegisteredModel) -> list[str]:
    """Return what the training of a registered model said of itself, in sentences."""
    import mlflow

    _client(folder)
    text = mlflow.artifacts.load_text(f"runs:/{registered.run_id}/notes.json")
    return [str(note) for note in json.loads(text)]


def _store(folder: Path) -> Path:
    return folder.resolve() / "mlflow.db"


def _uri(folder: Path) -> str:
    return f"sqlite:///{_store(folder)}"


def _client(folder: Path) -> "MlflowClient":
    """Point MLflow at the folder and return its client; telemetry is off before the import."""
    turn_off_telemetry()
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(_uri(folder))
    return mlflow.MlflowClient(tracking_uri=_uri(folder))


def _experiment(client: "MlflowClient", folder: Path) -> str:
    """Return the experiment's id; its artifacts lie beside the store."""
    found = client.get_experiment_by_name(_EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    return client.create_experiment(_EXPERIMENT, artifact_location=(folder.resolve() / "artifacts").as_uri())


def _champion(client: "MlflowClient") -> RegisteredModel | None:
    """Return the version in charge, if there is one."""
    from mlflow.exceptions import MlflowException

    try:
        return _describe(client.get_model_version_by_alias(REGISTERED_MODEL, CHAMPION))
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _describe(version: "ModelVersion") -> RegisteredModel:
    return RegisteredModel(
        number=int(version.version),
        trained_through=date.fromisoformat(version.tags[_TRAINED_THROUGH]),
        model_version=version.tags[_MODEL_VERSION],
        run_id=str(version.run_id),
    )


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
