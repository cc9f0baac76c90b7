"""Writes docs/feature_speed.md: what building features costs, beside plain scans, pandas and Featuretools.

    python benchmarks/feature_speed.py --workspace DIR [--featuretools-python PATH]

The lake of 10,000 accounts and about 50 million usage rows is made once and kept in the workspace, some 3 GB. Each step
runs in a fresh process, which measures itself after its imports; steps are repeated in turn and the smallest time
counts, since a busy machine only ever adds to it.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from feature_steps import STEPS, Lake, cut_slice, prepare, write_spines

from pipelines.settings import RunSettings

ROOT = Path(__file__).parents[1]
GOALS = {"floor": 10, "pandas": 5, "featuretools": 50, "peak": 6.0}
Figures = dict[str, float]


def run_step(step: str, lake: Lake) -> Figures:
    """Run a step in this process and return what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = STEPS[step](lake)
    seconds, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # Linux counts in KiB, macOS in bytes.
    unit = 2**30 if sys.platform == "darwin" else 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return {"seconds": seconds, "cpu": cpu, "peak": peak, "rows": rows}


def measure(command: list[str], title: str) -> Figures:
    """Run a command that prints its figures as the last line."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    print(f"{title}: {figures['seconds']:.1f} s, {figures['peak']:.2f} GiB", flush=True)
    return figures


def measure_in_turn(steps: list[str], lake: Lake, repeats: int) -> dict[str, Figures]:
    """Return each step's smallest time and largest peak over some rounds."""
    found: dict[str, Figures] = {}
    for _ in range(repeats):
        for step in steps:
            command = [sys.executable, __file__, "--workspace", str(lake.folder), "--step", step]
            new = measure(command, f"{lake.folder.name} {step}")
            old = found.get(step, new)
            least = {name: min(old[name], new[name]) for name in ("seconds", "cpu", "rows")}
            found[step] = {**least, "peak": max(old["peak"], new["peak"])}
    return found


def usage_rows(lake: Lake) -> int:
    """Return the usage rows of a lake."""
    return int(pq.ParquetFile(lake.table("usage_daily")).metadata.num_rows)


def check_pandas(lake: Lake) -> int:
    """Compare the features that pandas found with ours.

    Raises:
        AssertionError: If any value differs by more than the last digits of a division.
    """
    ours = pd.read_parquet(lake.out("past_usage")).drop(columns="renewal_id").drop_duplicates()
    ours = ours.sort_values(["account_id", "as_of"], ignore_index=True).astype({"as_of": "datetime64[us]"})
    theirs = pd.read_parquet(lake.out("past_usage_pandas"))[list(ours.columns)]
    values = [name for name in ours if "__" in name]
    kinds = {"account_id": "str", **dict.fromkeys(values, "float64")}
    pd.testing.assert_frame_equal(ours.astype(kinds), theirs.astype(kinds), rtol=1e-12)
    return len(ours) * len(values)


def table(rows: list[tuple[str, Figures]], floor: Figures) -> list[str]:
    """Return the rows of a table of figures against a floor."""
    lines = ["| step | rows out | time | × floor | peak memory |", "|---|---:|---:|---:|---:|"]
    return lines + [
        f"| {title} | {figures['rows']:,.0f} | {figures['seconds']:.1f} s | "
        f"{figures['seconds'] / floor['seconds']:.1f} | {figures['peak']:.2f} GiB |"
        for title, figures in rows
    ]


def main() -> None:
    """Measure all, or one step of one lake."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--years", type=int, default=7)
    parser.add_argument("--pandas-accounts", type=int, default=2_000)
    parser.add_argument("--featuretools-accounts", type=int, default=500)
    parser.add_argument("--featuretools-python", help="an interpreter that has Featuretools; without it, no such row")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "feature_speed.md")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    settings = RunSettings()
    if arguments.step:
        print(json.dumps(run_step(arguments.step, Lake(arguments.workspace, settings))))
        return
    print(arguments, ROOT)


if __name__ == "__main__":
    main()
