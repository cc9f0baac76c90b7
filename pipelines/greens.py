"""The drill-down of a run: what each green pulse in question is not showing.

The one call of the asset `false_greens`. Which greens these are and what is said of them belongs to `models`; this
module reads what the run has written, hands over and writes.
"""

from pathlib import Path

import pandas as pd

from data_contracts.contract import output_contracts
from models.false_greens import false_greens
from models.learning import with_dates
from models.risk_table import DATES
from pipelines.scoring import RISK
from pipelines.settings import Settings
from pipelines.signalling import SIGNALS, TIMELINE
from pipelines.tables import read_table, write_output

GREENS = "false_greens"


def write_false_greens(run_folder: Path, settings: Settings) -> pd.DataFrame:
    """Gather the facts about each green in question from the run's tables, and write them.

    Args:
        run_folder: The run's folder, with risk table, reasons, signals and timeline in it.
        settings: From when on usage is risky.

    Returns:
        The `false_greens` table.

    Raises:
        FileNotFoundError: If the run has not written one of these.
    """
    risk, reasons, signals, timeline = (
        read_table(run_folder / table / f"{table}.parquet") for table in (RISK, "risk_reasons", SIGNALS, TIMELINE)
    )
    table = false_greens(with_dates(risk, DATES), reasons, signals, timeline, settings.model)
    write_output(table, output_contracts()[GREENS], run_folder / GREENS / f"{GREENS}.parquet")
    return table
