"""A session of the query engine for one step of a run, with its limits from the settings and its spill in the run."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.engine import Engine
from pipelines.settings import RunSettings


@contextmanager
def open_engine(run_folder: Path, settings: RunSettings) -> Iterator[Engine]:
    """Open an engine that spills below the run's folder; the spill is removed with the session."""
    spill_folder = run_folder / "spill"
    engine = Engine(threads=settings.threads, memory_limit=settings.memory_limit, spill_folder=spill_folder)
    try:
        yield engine
    finally:
        engine.close()
        shutil.rmtree(spill_folder, ignore_errors=True)
