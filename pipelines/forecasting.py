"""The forecast side of a run: what will renew, and the record of what was forecast before.

Each function here is the one call of one asset. What a forecast is belongs to `models/forecast`, what falls due to
`features/dues.py`; this module finds the model or what was published, hands over and writes.
"""

import json
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.contract import output_contracts
from features.dues import DUE_KEY, build_dues, build_ends
from features.sources import Sources
from models.forecast.record import (
    RECONSTRUCTED,
    RECORD_COLUMNS,
    RECORD_KEY,
    PastLooks,
    looks_wanted,
    reconstruct,
    score_published,
)
from models.forecast.table import forecast_renewals
from models.learning import as_timestamp, with_dates
from pipelines.engine_session import open_engine
from pipelines.learning import has_replays, read_learning_facts, read_replays, was_refused
from pipelines.manifest import published_dates, read_first_published, read_published
from pipelines.registry import load_model
from pipelines.scoring import require_model
from pipelines.settings import Settings
from pipelines.tables import read_table, write_output
from pipelines.workspace import Workspace

FORECAST = "renewal_forecast"
RECORD = "forecast_track_record"
_NOTES = "notes.json"


def write_forecast(
    run_folder: Path, tracking_folder: Path, as_of: date, settings: Settings, *, allow_hindsight: bool = False
) -> pd.DataFrame:
    """Forecast the renewals of the run's date, and write the table.

    Args:
        run_folder: The run's folder, with source tables and the risk table in it.
        tracking_folder: The workspace's `mlflow/` folder.
        as_of: The date.
        settings: Draws, rules, limits of the engine.
        allow_hindsight: As for the scores.

    Returns:
        The `renewal_forecast` table.

    Raises:
        FileNotFoundError: If the run has not been scored.
        NoModelError: If the workspace has no model that may score the date.
    """
    model = load_model(tracking_folder, require_model(tracking_folder, as_of, allow_hindsight=allow_hindsight))
    risk = read_table(run_folder / "account_risk" / "account_risk.parquet")
    with open_engine(run_folder, settings.run) as engine:
        sources = Sources.open(run_folder, engine)
        dues = engine.to_pandas(build_dues(sources, [as_of]), DUE_KEY)
        knowledge_dates = "assumed" if sources.knowledge_dates == "assumed" else "recorded"
    table = forecast_renewals(dues, risk, model.outlook, settings.model, settings.forecast)
    table = table.assign(
        knowledge_dates=knowledge_dates,
        trained_through=as_timestamp(model.trained_through),
        model_version=model.version,
    )
    write_output(table, output_contracts()[FORECAST], run_folder / FORECAST / f"{FORECAST}.parquet")
    notes = json.dumps(_notes_on_unreadable(dues), indent=1) + "\n"
    (run_folder / FORECAST / _NOTES).write_text(notes, encoding="utf-8")
    return table


def read_forecast_notes(run_folder: Path) -> list[str]:
    """Return what a reader of the run's forecast has to know besides what its columns say."""
    return [str(note) for note in json.loads((run_folder / FORECAST / _NOTES).read_text(encoding="utf-8"))]


def _notes_on_unreadable(dues: pd.DataFrame) -> list[str]:
    """What of the quarantine cannot be counted as money of a period."""
    quarantined = dues[dues["status"] == "quarantined"]
    undated = int(quarantined["renewal_date"].isna().sum())
    worthless = int((quarantined["renewal_date"].notna() & quarantined["arr"].isna()).sum())
    notes = []
    if undated:
        notes.append(f"{undated} renewals in quarantine have no readable date: they are in no period's ARR due.")
    if worthless:
        notes.append(f"{worthless} renewals in quarantine have no readable ARR: they count as renewals without money.")
    return notes


def write_track_record(run_folder: Path, workspace: Workspace, as_of: date | None, settings: Settings) -> pd.DataFrame:
    """Hold past forecasts to what came of them, and write the record.

    What was published is judged by every run. What past models would have said is rebuilt by the run that trains, as of
    its training, unless its model was refused; other runs carry it over as it stands in the newest record published by
    their date.

    Args:
        run_folder: The run's folder, with all source tables in it, and the training where it has trained.
        workspace: Where earlier forecasts and records stand published.
        as_of: Date of the record; a run that trains takes that of its training.
        settings: Draws, rules, limits of the engine.

    Returns:
        The `forecast_track_record` table.

    Raises:
        FileNotFoundError: If the run has no source tables.
        PublishedError: If an earlier forecast or record is no longer as it was published.
        ValueError: If there is neither a date nor a training.
    """
    path = run_folder / RECORD / f"{RECORD}.parquet"
    # After the stage that trains comes the one that scores, in the same folder: the record is then there already.
    if has_replays(run_folder) and not path.is_file():
        through = date.fromisoformat(read_learning_facts(run_folder).trained_through)
        if was_refused(run_folder):
            rebuilt = _standing_reconstruction(path, workspace, through)
        else:
            rebuilt = _rebuild(run_folder, through, settings)
    elif as_of is None:
        raise ValueError("A run that does not train keeps the record as of a date, and has none.")
    else:
        through = as_of
        rebuilt = _standing_reconstruction(path, workspace, through)
    published = published_forecasts(workspace, through)
    judged = score_published(_past_looks(run_folder, through, published, settings), published)
    parts = [part for part in (judged, rebuilt) if len(part)]
    record = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(RECORD_COLUMNS))
    record = record.sort_values(list(RECORD_KEY), ignore_index=True)
    write_output(record, output_contracts()[RECORD], path)
    return record


def _past_looks(run_folder: Path, through: date, forecasts: pd.DataFrame, settings: Settings) -> PastLooks:
    """What those of the forecasts that count were made of, and what came of it."""
    wanted = looks_wanted(sorted(forecasts["as_of"].unique()), as_timestamp(through))
    dates = sorted({day.date() for _, _, day in wanted}) or [through]
    with open_engine(run_folder, settings.run) as engine:
        sources = Sources.open(run_folder, engine)
        return PastLooks(
            dues=engine.to_pandas(build_dues(sources, dates), DUE_KEY),
            ends=engine.to_pandas(build_ends(sources, through), ("account_id", "renewal_id")),
            through=as_timestamp(through),
        )


def _rebuild(run_folder: Path, through: date, settings: Settings) -> pd.DataFrame:
    """What the past models of the run's training would have said, beside what came of it."""
    replays, outlooks = read_replays(run_folder)
    replays = with_dates(replays, ("cutoff", "as_of"))
    by_cutoff = {as_timestamp(outlook.trained_through): outlook for outlook in outlooks}
    looks = _past_looks(run_folder, through, replays, settings)
    return reconstruct(looks, replays, by_cutoff, settings.model, settings.forecast)


def _standing_reconstruction(path: Path, workspace: Workspace, as_of: date) -> pd.DataFrame:
    """What past models would have said, as the run's own training or else the newest published record has it."""
    if path.is_file():
        record = read_table(path)
    else:
        known = [day for day in published_dates(workspace, RECORD) if day <= as_of]
        if not known:
            return pd.DataFrame(columns=list(RECORD_COLUMNS))
        record = read_published(workspace, RECORD, known[-1])
    return with_dates(record[record["origin"] == RECONSTRUCTED], ("as_of", "trained_through"))


def published_forecasts(workspace: Workspace, through: date) -> pd.DataFrame:
    """Return what was forecast in public before a date: the first revision of each, hindsight left out.

    Raises:
        PublishedError: If one is no longer as it was published.
    """
    tables = [
        with_dates(read_first_published(workspace, FORECAST, day), ("as_of", "trained_through", "period_start"))
        for day in published_dates(workspace, FORECAST)
        if day < through
    ]
    tables = [table[table["trained_through"] <= table["as_of"]] for table in tables]
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype="datetime64[us]") for name in ("as_of", "trained_through")})
    return pd.concat(tables, ignore_index=True)
