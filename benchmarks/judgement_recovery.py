"""Writes docs/judgement_recovery.md: whether what is said of CSMs is what was planted in them.

    python benchmarks/judgement_recovery.py --workspace DIR --seeds 30

makes companies of 800 accounts with the seeds 301, 302, ..., walks each forward, keeps its ledger, and sets what it
says of each CSM beside how that CSM was made: optimism, the share of the company's renewals that would get green, and
how well the colours would tell lost renewals from others over all of them. Counts how often the 90 % intervals hold
what was planted, and compares shrunken figures with raw ones. What is measured is kept, to be gone on with.
"""

import argparse
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from data_contracts.contract import SOURCE_TABLES
from features.judgements import JUDGEMENT_KEY, build_judgements
from features.sources import Sources
from models.judgement.csm_record import fit_people
from models.judgement.judged import Judged
from models.judgement.ledger import SHOWN_COLUMNS, assemble_ledger
from models.settings import JudgementSettings, ModelSettings
from models.walk_forward import walk_forward
from pipelines.engine_session import open_engine
from pipelines.ingestion import ingest_source
from pipelines.learning import read_learning_data, write_learning_data
from pipelines.settings import Settings
from sample_company.generate import generate_company
from sample_company.parameters import GREEN_BELOW, RED_ABOVE
from sample_company.settings import CompanySettings

ROOT = Path(__file__).parents[1]
AS_OF = date(2026, 6, 29)
FIRST_SEED = 301
ACCOUNTS = 800
CHECKPOINT = "90"
LEDGER, TRUTH = "judgement_ledger.parquet", "csm_truth.parquet"
COLOURS = ("green", "yellow", "red")
FIGURES = {
    "optimism": "optimism, in widths of yellow",
    "best_share": "share called green",
    "discrimination": "discrimination (AUC)",
}


def keep(workspace: Path, seed: int) -> None:
    """Make a company and keep its ledger and how its CSMs were made, unless they lie there."""
    folder = workspace / str(seed)
    if (folder / TRUTH).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        source, run = Path(temporary) / "source", Path(temporary) / "run"
        generate_company(source, CompanySettings(accounts=ACCOUNTS, seed=seed))
        make_ledger(source, run).to_parquet(folder / LEDGER, index=False)
        pd.read_parquet(source / "truth" / TRUTH).to_parquet(folder / TRUTH, index=False)


def measure(folder: Path) -> pd.DataFrame:
    """Return what is said of the CSMs of one company beside what was planted."""
    ledger = pd.read_parquet(folder / LEDGER)
    judged = Judged.of(ledger[ledger["checkpoint"] == CHECKPOINT], JudgementSettings(), ModelSettings())
    tables = []
    for rows, each in (("all", judged), ("unplayed", judged.unplayed())):
        fit = fit_people(each)
        if fit is not None:
            tables.append(fit.table.assign(rows=rows))
    said = pd.concat(tables, ignore_index=True)
    return planted(pd.read_parquet(folder / TRUTH)).merge(said, left_on="csm_id", right_on="rater")


def make_ledger(source: Path, run: Path) -> pd.DataFrame:
    """Return the ledger of a company as a run would keep it that has published nothing yet."""
    for table in SOURCE_TABLES:
        ingest_source(table, source, AS_OF, run)
    write_learning_data(run, AS_OF, Settings())
    walk = walk_forward(read_learning_data(run)[0], ModelSettings())
    with open_engine(run, Settings().run) as engine:
        said = engine.to_pandas(build_judgements(Sources.open(run, engine), AS_OF), JUDGEMENT_KEY)
    return assemble_ledger(said, walk.replays, pd.DataFrame(columns=list(SHOWN_COLUMNS)), ModelSettings())


def planted(truth: pd.DataFrame) -> pd.DataFrame:
    """Return how each CSM was made, in the units in which it is reported.

    Optimism is in widths of yellow. Discrimination is that of the three colours over every renewal of the company, from
    the share of each colour and the churn rate that it would have.
    """
    shares = truth[[f"{colour}_share_90" for colour in COLOURS]].to_numpy()
    rates = truth[[f"churn_when_{colour}_90" for colour in COLOURS]].to_numpy()
    lost, kept = shares * rates, shares * (1 - rates)
    lost, kept = lost / lost.sum(axis=1, keepdims=True), kept / kept.sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "csm_id": truth["csm_id"],
            "planted_optimism": truth["optimism"] / (RED_ABOVE - GREEN_BELOW),
            "planted_best_share": truth["green_share_90"],
            "planted_discrimination": (lost * (np.cumsum(kept, axis=1) - kept / 2)).sum(axis=1),
        }
    )


def centred(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with optimism against the mean of the CSMs that were compared."""
    mean = rows.groupby(["seed", "rows"])["planted_optimism"].transform("mean")
    return rows.assign(planted_optimism=rows["planted_optimism"] - mean)


def page(rows: pd.DataFrame) -> str:
    """Return the page as Markdown."""
    rows = centred(rows)
    seeds = rows["seed"].nunique()
    lines = [
        "# What is said of CSMs, beside what was planted in them",
        "",
        "Generated by `benchmarks/judgement_recovery.py`; do not edit. "
        f"{seeds} sample companies of {ACCOUNTS} accounts (seeds from {FIRST_SEED}), "
        f"{len(rows[rows['rows'] == 'all'])} CSMs with at least {JudgementSettings().minimum_calls} decided renewals "
        f"of their own, judged {CHECKPOINT} days ahead. Coverage is the share of CSMs whose 90 % interval holds what "
        "was planted; the error of a raw figure is that of the CSM's own book, neither adjusted nor shrunk.",
        "",
        "| figure | renewals | coverage of the 90 % interval | mean squared error | of the raw figure | correlation |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for figure, title in FIGURES.items():
        for which in ("all", "unplayed"):
            lines.append(f"| {title} | {which} | {' | '.join(_figures(rows[rows['rows'] == which], figure))} |")
    return "\n".join([*lines, "", *_LEGEND]) + "\n"


_LEGEND = (
    "Planted optimism is what was taken off the risk that a CSM perceives before the colour was chosen; sharper CSMs "
    "also hear of more trouble and so look a little more pessimistic than they were made, which the intervals have to "
    "carry. `unplayed` leaves out renewals for which a play was started after the pulse, reds above all, so its shares "
    "of green lie above what was planted: that is why both bounds are shown.",
)


def _figures(rows: pd.DataFrame, figure: str) -> list[str]:
    true = rows[f"planted_{figure}"]
    held = rows[f"{figure}_low"].le(true) & true.le(rows[f"{figure}_high"])
    error, raw = ((rows[name] - true).pow(2).mean() for name in (figure, f"{figure}_raw"))
    return [f"{held.mean():.1%}", f"{error:.5f}", f"{raw:.5f}", f"{rows[figure].corr(true):.2f}"]


def main() -> None:
    """Measure what is not measured yet, and write the page of all that is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "judgement_recovery.md")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        keep(arguments.workspace, arguments.one)
        return
    tables = []
    for seed in range(FIRST_SEED, FIRST_SEED + arguments.seeds):
        # A process each: what a library keeps of one company must not grow into the next.
        command = [sys.executable, __file__, "--workspace", str(arguments.workspace), "--one", str(seed)]
        subprocess.run(command, check=True)
        tables.append(measure(arguments.workspace / str(seed)).assign(seed=seed))
        arguments.page.write_text(page(pd.concat(tables, ignore_index=True)), encoding="utf-8")
    print(arguments.page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
