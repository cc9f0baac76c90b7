"""The judgement side of a training: the ledger of what was said, what was shown, and what came of it.

The one call of the asset `judgement_ledger`. What a judgement is belongs to `features`, how the ledger is put together
to `models`; this module finds what was published, hands over and writes.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.contract import output_contracts
from features.judgements import JUDGEMENT_KEY, build_judgements
from features.sources import Sources
from models.churn_model import HINDSIGHT
from models.judgement.ledger import SHOWN_COLUMNS, assemble_ledger
from models.learning import with_dates
from pipelines.engine_session import open_engine
from pipelines.learning import REPLAYS, read_learning_facts
from pipelines.manifest import published_dates, read_first_published
from pipelines.settings import Settings
from pipelines.tables import read_table, write_output
from pipelines.workspace import Workspace

LEDGER = "judgement_ledger"
_RISK = "account_risk"


def write_ledger(run_folder: Path, workspace: Workspace, settings: Settings) -> pd.DataFrame:
    """Put the judgement ledger together as of the date of the run's training, and write it.

    Args:
        run_folder: The run's folder, with all source tables and the training in it.
        workspace: Where earlier risk tables stand published.
        settings: Limits of the engine, thresholds of the stance.

    Returns:
        The `judgement_ledger` table.

    Raises:
        FileNotFoundError: If the run has no source tables or has not trained.
        PublishedError: If an earlier risk table is no longer as it was published.
    """
    through = date.fromisoformat(read_learning_facts(run_folder).trained_through)
    shown = shown_looks(workspace, through)
    with open_engine(run_folder, settings.run) as engine:
        judgements = build_judgements(
            Sources.open(run_folder, engine), through, sorted({day.date() for day in shown["as_of"]})
        )
        said = engine.to_pandas(judgements, JUDGEMENT_KEY)
    replays = read_table(run_folder / REPLAYS / f"{REPLAYS}.parquet")
    ledger = assemble_ledger(said, replays, shown, settings.model)
    write_output(ledger, output_contracts()[LEDGER], run_folder / LEDGER / f"{LEDGER}.parquet")
    return ledger


def shown_looks(workspace: Workspace, through: date) -> pd.DataFrame:
    """Return what people were shown of open renewals before a date: the first revision of each week.

    Args:
        workspace: Where the risk tables stand published.
        through: Only dates before this one.

    Returns:
        One row per scored open renewal and published date; columns that a table of an earlier release does not have
        are null. What was scored in hindsight is left out: it knew what came of the renewal.

    Raises:
        PublishedError: If one is no longer as it was published.
    """
    columns = list(SHOWN_COLUMNS)
    tables = []
    for day in published_dates(workspace, _RISK):
        if day < through:
            risk = read_first_published(workspace, _RISK, day)
            is_shown = (risk["status"] == "open") & risk["churn_probability"].notna()
            tables.append(risk[is_shown & (risk["calibration"] != HINDSIGHT)].reindex(columns=columns))
    tables = [table for table in tables if len(table)]
    shown = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    return with_dates(shown, ("as_of",))
