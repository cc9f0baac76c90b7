"""The judgement side of a training: the ledger of what was said and what came of it, and what it says of judgement.

Each function here is the one call of one asset. What a judgement is belongs to `features`, how the ledger is put
together and what is computed from it to `models`; this module finds what was published, hands over and writes.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.contract import output_contracts
from features.judgements import JUDGEMENT_KEY, build_judgements
from features.pulse_log import LOG_KEY, LOSS_KEY, build_losses, build_pulse_log
from features.sources import Sources
from models.churn_model import HINDSIGHT
from models.judgement.calibration import calibrate_judgement
from models.judgement.habits import pulse_habits
from models.judgement.ledger import SHOWN_COLUMNS, assemble_ledger
from models.judgement.overrides import override_value
from models.learning import with_dates
from pipelines.engine_session import open_engine
from pipelines.learning import REPLAYS, read_learning_facts
from pipelines.manifest import published_dates, read_first_published
from pipelines.settings import Settings
from pipelines.tables import read_table, write_output
from pipelines.workspace import Workspace

LEDGER = "judgement_ledger"
CALIBRATION = "gut_calibration"
OVERRIDES = "override_value"
HABITS = "pulse_habits"
JUDGEMENT_TABLES = (LEDGER, CALIBRATION, OVERRIDES, HABITS)
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


def write_judgement_figures(run_folder: Path, settings: Settings) -> dict[str, pd.DataFrame]:
    """Compute what the run's ledger says of judgement, and write it.

    Args:
        run_folder: The run's folder, with the ledger in it.
        settings: Limits, levels, whether people may be shown.

    Returns:
        `gut_calibration` and `override_value`, by name.

    Raises:
        FileNotFoundError: If the run has no ledger.
    """
    ledger = read_table(run_folder / LEDGER / f"{LEDGER}.parquet")
    ledger = with_dates(ledger, ("renewal_date",))
    tables = {
        CALIBRATION: calibrate_judgement(ledger, settings.judgement, settings.model),
        OVERRIDES: override_value(ledger, settings.judgement, settings.model),
    }
    for name, table in tables.items():
        write_output(table, output_contracts()[name], run_folder / name / f"{name}.parquet")
    return tables


def write_habits(run_folder: Path, settings: Settings) -> pd.DataFrame:
    """Look at how pulses are given as of the date of the run's training, and write what stands out.

    Args:
        run_folder: The run's folder, with all source tables and the ledger in it.
        settings: Limits, levels, whether people may be named.

    Returns:
        The `pulse_habits` table.

    Raises:
        FileNotFoundError: If the run has no source tables or no ledger.
    """
    through = date.fromisoformat(read_learning_facts(run_folder).trained_through)
    ledger = read_table(run_folder / LEDGER / f"{LEDGER}.parquet")
    with open_engine(run_folder, settings.run) as engine:
        sources = Sources.open(run_folder, engine)
        log = engine.to_pandas(build_pulse_log(sources, through), LOG_KEY)
        losses = engine.to_pandas(build_losses(sources, through), LOSS_KEY)
    habits = pulse_habits(log, losses, ledger, settings.judgement, settings.model)
    write_output(habits, output_contracts()[HABITS], run_folder / HABITS / f"{HABITS}.parquet")
    return habits


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
