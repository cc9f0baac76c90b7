"""Errors that people can act on, told apart from faults of the program.

The packages below raise their own errors with messages made for reading. Inside an asset they become Dagster failures
whose description is that message; anything else keeps its traceback, because it is ours to mend.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from data_contracts.problems import ContractError
from features.engine import EngineError
from models.churn_model import HindsightError, ModelFilesError
from models.learning import LearningError
from pipelines.alerts.outbox import OutboxError
from pipelines.decisions import DecisionError
from pipelines.exports.export import ExportError
from pipelines.lock import WorkspaceBusyError
from pipelines.manifest import PublishedError
from pipelines.mlflow_store import StoreError
from pipelines.recording.records import RecordingError
from pipelines.registry import RegistryError
from pipelines.scoring import NoModelError
from pipelines.settings import SettingsError

READABLE = (
    ContractError,
    DecisionError,
    EngineError,
    ExportError,
    HindsightError,
    LearningError,
    ModelFilesError,
    NoModelError,
    OutboxError,
    PublishedError,
    RecordingError,
    RegistryError,
    SettingsError,
    StoreError,
    WorkspaceBusyError,
)


@contextmanager
def readable_failures() -> Iterator[None]:
    """Turn an error that a person can act on into a failure of the step with the same words."""
    try:
        yield
    except READABLE as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except FileNotFoundError as error:
        message = f"{error.filename} is not there. A run reads what it wrote itself: start the whole job."
        raise dg.Failure(description=message, allow_retries=False) from error
