"""Seconds and peak memory of a weekly run over a large company, step by step.

    python benchmarks/weekly_run.py --accounts 20000 --workspace DIR

A model is trained on a sample company of 800 accounts; then a large one is brought into the lake, and every step of its
week is measured in a process of its own: features from the lake, scores with reasons, forecast, publication and brief,
and beside them the signals, the timeline and what greens are not showing. The last column is the share of the total.
Prints the table; what is made is kept in DIR, so that it can be measured again.
"""

import argparse
import multiprocessing
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_contracts.contract import OUTPUT_TABLES, SOURCE_TABLES
from pipelines.brief.brief import write_brief
from pipelines.forecasting import write_forecast
from pipelines.greens import write_false_greens
from pipelines.ingestion import ingest_source
from pipelines.learning import train_and_register, write_learning_data
from pipelines.manifest import publish
from pipelines.scoring import write_scored_tables, write_scoring_snapshots
from pipelines.settings import Settings
from pipelines.signalling import write_signals, write_timeline
from pipelines.telemetry import turn_off_telemetry
from pipelines.workspace import Workspace
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

AS_OF = date(2026, 6, 29)
LEARNED_FROM = 800
RUN = "week"


@dataclass(frozen=True)
class Place:
    """Where one company is measured."""

    workspace: Workspace
    accounts: int

    @property
    def run(self) -> Path:
        """The folder of the run."""
        return self.workspace.run_folder(RUN)


def prepare(place: Place) -> None:
    """Train on the small company and bring in the large one, unless both are there."""
    if (place.workspace.root / "prepared").exists():
        return
    source = place.workspace.root / "source"
    small = place.workspace.run_folder("small")
    for accounts, run in ((LEARNED_FROM, small), (place.accounts, place.run)):
        shutil.rmtree(source, ignore_errors=True)
        generate_company(source, CompanySettings(accounts=accounts))
        for table in SOURCE_TABLES:
            ingest_source(table, source, AS_OF, run)
        if run is small:
            write_learning_data(run, AS_OF, Settings())
            train_and_register(run, place.workspace, Settings(), who="benchmark", say=print)
    shutil.rmtree(source)
    (place.workspace.root / "prepared").touch()


def features(place: Place) -> None:
    """Build what is open now, and a week before."""
    write_scoring_snapshots(place.run, AS_OF, Settings())


def signals(place: Place) -> None:
    """Look at every signal, and put the year in order."""
    write_signals(place.run, place.workspace, AS_OF, Settings())
    write_timeline(place.run, AS_OF, Settings())


def scores(place: Place) -> None:
    """Score, explain, write the weekly table."""
    write_scored_tables(place.run, place.workspace, Settings())


def forecast(place: Place) -> None:
    """Forecast the quarters."""
    write_forecast(place.run, place.workspace.mlflow, AS_OF, Settings())


def greens(place: Place) -> None:
    """Look behind the green."""
    write_false_greens(place.run, Settings())


def brief(place: Place) -> None:
    """Publish, and write the page."""
    written = [table for table in OUTPUT_TABLES if place.workspace.table_file(RUN, table).is_file()]
    publish(place.workspace, AS_OF, RUN, written)
    write_brief(place.workspace, Settings().forecast, AS_OF)


STEPS: dict[str, Callable[[Place], None]] = {
    "features from the lake": features,
    "signals and timeline": signals,
    "scores, reasons, weekly table": scores,
    "forecast": forecast,
    "greens in question": greens,
    "publication and brief": brief,
}


def measured(step: Callable[[Place], None], place: Place) -> tuple[float, float]:
    """Return the seconds and the peak memory in GiB of one step in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_in_process, (step, place))


def _in_process(step: Callable[[Place], None], place: Place) -> tuple[float, float]:
    turn_off_telemetry()
    started = time.perf_counter()
    step(place)
    seconds = time.perf_counter() - started
    # Linux counts in KiB, macOS in bytes.
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    """Measure the week step by step and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--workspace", type=Path, required=True)
    arguments = parser.parse_args()
    place = Place(Workspace(arguments.workspace), arguments.accounts)
    measured(prepare, place)
    figures = {name: measured(step, place) for name, step in STEPS.items()}
    total = sum(seconds for seconds, _ in figures.values())
    print(f"| {arguments.accounts:,} accounts | s | GiB | share |")
    print("|---|---:|---:|---:|")
    for name, (seconds, memory) in figures.items():
        print(f"| {name} | {seconds:.1f} | {memory:.2f} | {seconds / total:.0%} |")
    print(f"| the whole week | {total:.1f} | {max(memory for _, memory in figures.values()):.2f} | |")


if __name__ == "__main__":
    main()
