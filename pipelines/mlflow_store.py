"""The workspace's MLflow store: how it is opened, and what is said where it cannot be.

One SQLite file and a folder of artifacts, below the workspace's `mlflow/`. What is kept there belongs to `tracking` and
`registry`; nothing else talks to MLflow.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from models.churn_model import ModelFilesError
from pipelines.telemetry import turn_off_telemetry

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.entities import Run

REGISTERED_MODEL = "falsegreen"
CHAMPION = "champion"
CHALLENGER = "challenger"
_EXPERIMENT = "training"
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


class StoreError(Exception):
    """The MLflow store cannot be used as it is; the message names the file and what to do."""


def store_file(folder: Path) -> Path:
    """Return the SQLite file of a tracking folder."""
    return folder.resolve() / "mlflow.db"


def has_store(folder: Path) -> bool:
    """Whether there is a store; a file without a byte, as a full disk leaves it, is none."""
    file = store_file(folder)
    return file.is_file() and file.stat().st_size > 0


def store_uri(folder: Path) -> str:
    """Return the store's address as MLflow takes it."""
    return f"sqlite:///{store_file(folder)}"


@contextmanager
def open_store(folder: Path) -> "Iterator[MlflowClient]":
    """Point MLflow at a folder for the body; where the store cannot be used, say so.

    Args:
        folder: The workspace's `mlflow/` folder; created where it is missing.

    Raises:
        StoreError: If the store is locked, is not a database, or was written by another release of MLflow.
    """
    turn_off_telemetry()
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    for library in ("mlflow", "alembic"):
        logging.getLogger(library).setLevel(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        mlflow.set_tracking_uri(store_uri(folder))
        yield mlflow.MlflowClient(tracking_uri=store_uri(folder))
    except (MlflowException, SQLAlchemyError) as error:
        said = _in_words(folder, str(error))
        if not said:
            raise
        raise StoreError(said) from error


def is_absent(error: Exception) -> bool:
    """Whether MLflow says by an error that what was asked for is not there."""
    return getattr(error, "error_code", "") in _ABSENT


def experiment_id(client: "MlflowClient", folder: Path) -> str:
    """Return the id of the experiment, made where it is missing; its artifacts lie beside the store."""
    found = client.get_experiment_by_name(_EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    return client.create_experiment(_EXPERIMENT, artifact_location=(folder.resolve() / "artifacts").as_uri())


def artifact_folder(run: "Run") -> Path:
    """Return where the artifacts of a run lie."""
    return Path(unquote(urlparse(str(run.info.artifact_uri)).path))


def read_files(folder: Path) -> dict[str, str]:
    """Return the text of every file of a folder of artifacts, by name.

    Raises:
        ModelFilesError: If the folder is missing or a file is no text.
    """
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFilesError(f"The files in {folder} cannot be read ({error}). {WHAT_TO_DO}") from error


def read_text(path: Path) -> str:
    """Return the text of an artifact.

    Raises:
        ModelFilesError: If it is missing or no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFilesError(f"{path} cannot be read ({error}). {WHAT_TO_DO}") from error


def read_frame(path: Path) -> "pd.DataFrame":
    """Return a table that was kept as evidence.

    Raises:
        ModelFilesError: If it is missing or cut off.
    """
    import pandas as pd
    from pyarrow import ArrowException

    try:
        return pd.read_parquet(path)
    except (OSError, ArrowException) as error:
        raise ModelFilesError(f"{path} cannot be read ({error}). {WHAT_TO_DO}") from error


WHAT_TO_DO = (
    "Bring the file back from a backup, go back to the champion before with `falsegreen models rollback`, or train "
    "again with `falsegreen run --retrain`."
)


def _in_words(folder: Path, error: str) -> str:
    """Put what MLflow or its database says into words, with what to do; empty for what is not known here."""
    file = store_file(folder)
    if "database is locked" in error:
        return f"{file} is locked by another process, perhaps a copy or an open tool. Close it and try again."
    if "out-of-date database schema" in error:
        return _of_another_release(file)
    if "not a database" in error or "malformed" in error:
        return (
            f"{file} is damaged ({error.splitlines()[0]}). Bring it back from a backup, or move {folder} away and "
            "begin a new registry with `falsegreen run --retrain`."
        )
    if "readonly database" in error or "unable to open" in error:
        return f"{file} cannot be written or opened. Look at the rights of the file and of its folder."
    return ""


def _of_another_release(file: Path) -> str:
    """Tell a store of a newer MLflow, which cannot be read, from one of an older, which can be brought forward."""
    import sqlite3

    import mlflow
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    with sqlite3.connect(file) as connection:
        ((revision,),) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    migrations = Path(mlflow.__file__).parent / "store" / "db_migrations"
    try:
        ScriptDirectory(str(migrations)).get_revision(revision)
    except CommandError:
        return (
            f"{file} was written by a newer release of MLflow (schema {revision}, which {mlflow.__version__} does not "
            "know). Use the release of falsegreen that wrote it, or another workspace with --out."
        )
    return (
        f"{file} was written by an older release of MLflow (schema {revision}). Keep a copy of it, then run "
        f"`mlflow db upgrade sqlite:///{file}`."
    )
