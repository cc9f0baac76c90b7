"""A session of the query engine for one step of a run, with its limits from the settings and its spill in the run."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.engine import DuckDBEngine, Engine
from features.spark_engine import SparkEngine, require_spark
from pipelines.settings import RunSettings


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
    try:
        engine = _open(settings, spill_folder)
        try:
            yield engine
        finally:
            engine.close()
    finally:
        shutil.rmtree(spill_folder, ignore_errors=True)


def _open(settings: RunSettings, spill_folder: Path) -> Engine:
    if settings.engine == "spark":
        return SparkEngine(settings.threads, settings.memory_limit, spill_folder, settings.spark_texts())
    return DuckDBEngine(settings.threads, settings.memory_limit, spill_folder)
