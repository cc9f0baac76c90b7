"""Time and peak memory of each stage of a run, at 800 and at 8,000 accounts, and how they grow.

    python benchmarks/stages.py

Each stage runs in a process of its own, on what the stages before it wrote; its peak memory is that process's. The
last columns are the ratios between the two sizes, measured in one run: ten times the accounts.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_contracts.contract import SOURCE_TABLES
from pipelines.ingestion import ingest_source
from pipelines.learning import train_and_register, write_learning_data
from pipelines.scoring import write_scored_tables, write_scoring_snapshots
from pipelines.settings import Settings
from pipelines.signalling import write_signals
from pipelines.telemetry import turn_off_telemetry
from pipelines.workspace import Workspace
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

AS_OF = date(2026, 6, 29)


@dataclass(frozen=True)
class Place:
    """Where one size of company is measured."""

    folder: Path
    accounts: int

    @property
    def source(self) -> Path:
        """The company's tables."""
        return self.folder / "source"

    @property
    def run(self) -> Path:
        """The folder of the run."""
        return self.folder / "run"


def sample(place: Place) -> None:
    """Build the company."""
    generate_company(place.source, CompanySettings(accounts=place.accounts))


def ingest(place: Place) -> None:
    """Check and type the fifteen tables."""
    for table in SOURCE_TABLES:
        ingest_source(table, place.source, AS_OF, place.run)


def look_back(place: Place) -> None:
    """Build the labelled past."""
    write_learning_data(place.run, AS_OF, Settings())


def learn(place: Place) -> None:
    """Walk forward, fit, register."""
    train_and_register(place.run, Workspace(place.folder), Settings(), who="benchmark", say=print)


def look_now(place: Place) -> None:
    """Build what is open now."""
    write_scoring_snapshots(place.run, AS_OF, Settings())


def watch(place: Place) -> None:
    """Look at every signal."""
    write_signals(place.run, Workspace(place.folder), AS_OF, Settings())


def score(place: Place) -> None:
    """Score, explain and write the risk table."""
    write_scored_tables(place.run, Workspace(place.folder), Settings())


STAGES: dict[str, Callable[[Place], None]] = {
    "sample company": sample,
    "ingest": ingest,
    "training features": look_back,
    "walk and train": learn,
    "scoring features": look_now,
    "signals": watch,
    "score and explain": score,
}


def measured(stage: str, place: Place) -> tuple[float, float]:
    """Return the seconds and the peak memory in GiB of one stage in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_in_process, (stage, place))


def _in_process(stage: str, place: Place) -> tuple[float, float]:
    turn_off_telemetry()
    started = time.perf_counter()
    STAGES[stage](place)
    seconds = time.perf_counter() - started
    # Linux counts in KiB, macOS in bytes.
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    """Measure both sizes stage by stage and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, nargs="+", default=[800, 8000])
    sizes = parser.parse_args().accounts
    titles = [f"{size:,} accounts" for size in sizes]
    print(f"| stage | {' | '.join(f'{title}: s | GiB' for title in titles)} | time × | memory × |")
    print(f"|---|{'---:|' * (2 * len(sizes) + 2)}")
    with tempfile.TemporaryDirectory() as folder:
        places = [Place(Path(folder) / str(size), size) for size in sizes]
        for stage in STAGES:
            figures = [measured(stage, place) for place in places]
            cells = " | ".join(f"{seconds:.1f} | {memory:.2f}" for seconds, memory in figures)
            (first_time, first_memory), (last_time, last_memory) = figures[0], figures[-1]
            print(
                f"| {stage} | {cells} | {last_time / first_time:.1f} | {last_memory / first_memory:.1f} |", flush=True
            )


if __name__ == "__main__":
    main()
