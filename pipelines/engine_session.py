"""A session of the query engine for one step of a run, with its limits from the settings and its spill in the run."""

import gc
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from features.engine import DuckDBEngine, Engine
from features.spark_engine import SparkEngine, require_spark
from pipelines.settings import RunSettings

_OBJECTS_BETWEEN_COLLECTIONS: Final = 200_000


def require_engine(settings: RunSettings) -> None:
    """Check that the chosen engine can run here, before anything is read.

    Raises:
        EngineError: If it cannot; the message says what it lacks.
    """
    if settings.engine == "spark":
        require_spark()


@contextmanager
def open_engine(run_folder: Path, settings: RunSettings) -> Iterator[Engine]:
    """Open the chosen engine with its spill below the run's folder; the spill is removed with the session.

    Raises:
        EngineError: If the engine cannot run here.
    """
    spill_folder = run_folder / "spill"
    collected = gc.get_threshold()
    # Expressions are trees of tens of thousands of objects that all live until they have run; to look among them for
    # garbage every few hundred objects takes a fifth of the planning.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *collected[1:])
    try:
        engine = _open(settings, spill_folder)
        try:
            yield engine
        finally:
            engine.close()
    finally:
        gc.set_threshold(*collected)
        shutil.rmtree(spill_folder, ignore_errors=True)


def _open(settings: RunSettings, spill_folder: Path) -> Engine:
    if settings.engine == "spark":
        return SparkEngine(settings.threads, settings.memory_limit, spill_folder, settings.spark_texts())
    return DuckDBEngine(settings.threads, settings.memory_limit, spill_folder)
