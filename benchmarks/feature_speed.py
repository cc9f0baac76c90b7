"""Writes docs/feature_speed.md: what building features costs, beside plain scans, pandas and Featuretools.

    python benchmarks/feature_speed.py --workspace DIR [--featuretools-python PATH]

The lake of 10,000 accounts and some 50 million usage rows is made once and kept in the workspace. Each step runs in a
fresh process, which measures itself after its imports; steps take turns and the smallest time of all rounds counts,
since a busy machine only ever adds to it. Figures are kept in the workspace too: `--page-only` words them anew.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from feature_page import TITLES, Figures, page
from feature_steps import AS_OF, STEPS, Lake, cut_slice, prepare

from pipelines.settings import RunSettings

ROOT = Path(__file__).parents[1]


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
    print(f"{title}: {json.dumps(figures)}", flush=True)
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


def size_of(lake: Lake) -> dict[str, int]:
    """Return the accounts and usage rows of a lake."""
    accounts = pd.read_parquet(lake.table("accounts"), columns=["account_id"])["account_id"].nunique()
    return {"accounts": int(accounts), "usage_rows": int(pq.ParquetFile(lake.table("usage_daily")).metadata.num_rows)}


def check_pandas(lake: Lake) -> None:
    """Compare the features that pandas found with ours.

    Raises:
        AssertionError: If any value differs by more than the last digits of a division.
    """
    ours = pd.read_parquet(lake.out("past_usage"))
    ours = ours.sort_values(["account_id", "as_of"], ignore_index=True).astype({"as_of": "datetime64[us]"})
    theirs = pd.read_parquet(lake.out("past_usage_pandas"))[list(ours.columns)]
    kinds = {"account_id": "str", **{name: "float64" for name in ours if "__" in name}}
    pd.testing.assert_frame_equal(ours.astype(kinds), theirs.astype(kinds), rtol=1e-12)


def beside_pandas(lake: Lake, repeats: int) -> dict[str, Any]:
    """Measure pandas beside our usage features, and compare all values."""
    found = measure_in_turn(["past_usage", "pandas"], lake, repeats)
    check_pandas(lake)
    return {
        "name": f"pandas, {lake.folder.name}",
        "theirs": found["pandas"],
        "ours": found["past_usage"],
        **size_of(lake),
    }


def beside_featuretools(lake: Lake, python: str, repeats: int) -> dict[str, Any]:
    """Measure Featuretools, once, beside our usage features."""
    ours = measure_in_turn(["past_usage"], lake, repeats)["past_usage"]
    script = [python, str(Path(__file__).with_name("usage_by_featuretools.py"))]
    theirs = measure([*script, str(lake.table("usage_daily")), str(lake.out("usage_moments"))], "Featuretools")
    return {"name": f"Featuretools, {lake.folder.name}", "theirs": theirs, "ours": ours, **size_of(lake)}


def measure_all(arguments: argparse.Namespace, settings: RunSettings) -> dict[str, Any]:
    """Make what is not there and measure every step, pandas and Featuretools."""
    whole, part = (Lake(arguments.workspace / name, settings) for name in ("whole", "part"))
    prepare(whole, arguments.accounts, arguments.years)
    cut_slice(whole, part, arguments.rivals_accounts)
    about = {"years": arguments.years, "as_of": AS_OF.isoformat(), "repeats": arguments.repeats, **size_of(whole)}
    about |= {"memory_limit": settings.memory_limit, "threads": settings.threads or os.cpu_count()}
    found = measure_in_turn(list(TITLES), whole, arguments.repeats)
    rivals = [beside_pandas(part, arguments.repeats), beside_pandas(whole, 1)]
    if arguments.featuretools_python:
        rivals.append(beside_featuretools(part, arguments.featuretools_python, arguments.repeats))
    else:
        print("Featuretools is left out: no --featuretools-python was given")
    return {"about": about, "whole": found, "rivals": rivals}


def main() -> None:
    """Measure all, or one step of one lake, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--years", type=int, default=7)
    parser.add_argument("--rivals-accounts", type=int, default=1_000)
    parser.add_argument("--featuretools-python", help="an interpreter that has Featuretools; without it, no such row")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "feature_speed.md")
    parser.add_argument("--page-only", action="store_true", help="write the page from the figures last measured")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    settings = RunSettings()
    if arguments.step:
        print(json.dumps(run_step(arguments.step, Lake(arguments.workspace, settings))))
        return
    figures = arguments.workspace / "figures.json"
    if not arguments.page_only:
        figures.write_text(json.dumps(measure_all(arguments, settings), indent=1), encoding="utf-8")
    text = page(json.loads(figures.read_text(encoding="utf-8")))
    arguments.page.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
