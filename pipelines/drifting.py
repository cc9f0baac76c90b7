"""The drift side of a run: what is scored, and what came of earlier predictions, against what the model learned.

The one call of the asset `model_drift`. What drift is belongs to `models`; this module finds the model's reference, the
published predictions and their outcomes, hands over and writes.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from data_contracts.contract import output_contracts
from features.labels import LABEL_KEY, ROLLING_WINDOW_DAYS, label_snapshots
from features.sources import Sources
from features.spine import BANDS, GRID_DAYS, HORIZON_DAYS, KEY, MATURITY_DAYS, build_spine, grid_dates
from models.churn_model import HINDSIGHT
from models.drift import DRIFT_COLUMNS, measure_drift
from models.learning import LABEL_DATES, is_known_at, with_dates
from models.outcome_drift import measure_outcomes
from models.reference import SCORE, Reference
from models.settings import SCORED_BANDS, DriftSettings
from pipelines.engine_session import open_engine
from pipelines.manifest import published_dates, read_first_published
from pipelines.registry import load_model
from pipelines.scoring import SNAPSHOTS, require_model
from pipelines.settings import Settings
from pipelines.tables import read_table, write_output
from pipelines.tracking import load_reference
from pipelines.workspace import Workspace

DRIFT = "model_drift"
_LOOK_BACK = timedelta(days=MATURITY_DAYS + max(HORIZON_DAYS, ROLLING_WINDOW_DAYS) + GRID_DAYS)
_FLAGS = ["is_since_training", "is_in_record"]


def write_drift(
    run_folder: Path, workspace: Workspace, as_of: date, settings: Settings, *, allow_hindsight: bool = False
) -> pd.DataFrame:
    """Hold the run's snapshots, scores and outcomes to what the model learned from, and write the findings.

    Args:
        run_folder: The run's folder, with source tables, scoring snapshots and the risk table in it.
        workspace: Where the model and the predictions of earlier dates are.
        as_of: The date.
        settings: Limits.
        allow_hindsight: As for the scores.

    Returns:
        The `model_drift` table; without rows where the model's training kept no reference, or came after the date.

    Raises:
        FileNotFoundError: If the run has not been scored.
        NoModelError: If the workspace has no model that may score the date.
        PublishedError: If earlier predictions are no longer as they were published.
    """
    registered = require_model(workspace.mlflow, as_of, allow_hindsight=allow_hindsight)
    # What a model learned after the date is nothing that the date could have drifted from.
    in_hindsight = registered.trained_through > as_of
    reference = None if in_hindsight else load_reference(workspace.mlflow, registered)
    table = pd.DataFrame(columns=list(DRIFT_COLUMNS))
    if reference is not None:
        risk = read_table(run_folder / "account_risk" / "account_risk.parquet")
        snapshots = with_dates(read_table(run_folder / SNAPSHOTS / f"{SNAPSHOTS}.parquet"), ("as_of",))
        snapshots = snapshots[snapshots["as_of"] == pd.Timestamp(as_of)].reset_index(drop=True)
        model = load_model(workspace.mlflow, registered)
        scores = snapshots[list(KEY)].merge(with_dates(risk, ("as_of",)), on=list(KEY), how="left")[SCORE]
        looked = measure_drift(
            reference, model.inputs(snapshots), scores.to_numpy(dtype="float64"), model.features, settings.drift
        )
        outcomes = _measure_outcomes(run_folder, workspace, as_of, reference, settings)
        table = pd.concat([looked, outcomes], ignore_index=True)
    table = table.assign(
        as_of=as_of, trained_through=registered.trained_through, model_version=registered.model_version
    )
    write_output(table, output_contracts()[DRIFT], run_folder / DRIFT / f"{DRIFT}.parquet")
    return table


def earlier_predictions(workspace: Workspace, first: date, as_of: date) -> pd.DataFrame:
    """Return what people were shown in the weeks before a date: the first revision of each, the scored renewals only.

    Args:
        workspace: Where they stand published.
        first: Earliest date to read.
        as_of: Only dates before this one.

    Returns:
        The key and `probability`, one row per renewal and published date.

    Raises:
        PublishedError: If one is no longer as it was published.
    """
    days = [day for day in published_dates(workspace, "account_risk") if first <= day < as_of]
    columns = [*KEY, SCORE, "calibration"]
    tables = [read_first_published(workspace, "account_risk", day)[columns] for day in days]
    shown = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    # A score made in hindsight knew the outcome.
    shown = shown[shown[SCORE].notna() & (shown["calibration"] != HINDSIGHT)]
    kept = shown.rename(columns={SCORE: "probability"}).drop(columns="calibration")
    return with_dates(kept, ("as_of",)).reset_index(drop=True)


def newly_known(rows: pd.DataFrame, labels: pd.DataFrame, cutoffs: Sequence[date]) -> pd.DataFrame:
    """Add for each of several earlier dates whether the outcome of a row was not known yet.

    Args:
        rows: Rows with the key.
        labels: Labels of those rows, with dates as `with_dates` makes them.
        cutoffs: The earlier dates; one flag each, in the order of `is_since_training` and `is_in_record`.
    """
    for flag, cutoff in zip(_FLAGS, cutoffs, strict=True):
        known = labels.loc[is_known_at(labels, cutoff), list(KEY)].assign(**{flag: False})
        rows = rows.merge(known, on=list(KEY), how="left")
        rows[flag] = rows[flag].isna()
    return rows


def _measure_outcomes(
    run_folder: Path, workspace: Workspace, as_of: date, reference: Reference, settings: Settings
) -> pd.DataFrame:
    """Label what was published and what the training grid shows, and hold it to predictions and reference."""
    trained_through = date.fromisoformat(reference.trained_through)
    cutoffs = _cutoffs(as_of, trained_through, settings.drift)
    first = min(cutoffs) - _LOOK_BACK
    predictions = earlier_predictions(workspace, first, as_of)
    shown = sorted({day.date() for day in predictions["as_of"]})
    grid = grid_dates(first, as_of)
    with open_engine(run_folder, settings.run) as engine:
        sources = Sources.open(run_folder, engine)
        spine = build_spine(sources, [*grid, *shown])
        spine = engine.store(spine.filter(spine.band.isin([*BANDS, "rolling"])))
        labels = engine.to_pandas(label_snapshots(spine, sources, sorted({as_of, *cutoffs})), LABEL_KEY)
        facts = engine.to_pandas(spine.select(*KEY, "contract_id", "band"), KEY)
    labels = with_dates(labels, LABEL_DATES)
    facts = with_dates(facts, ("as_of",))
    known = labels.loc[is_known_at(labels, as_of), [*KEY, "is_churned"]]
    ended = newly_known(known.merge(facts, on=list(KEY)), labels, cutoffs)
    ended = ended[ended["band"].isin(SCORED_BANDS)]
    on_grid = ended["as_of"].isin(pd.to_datetime(pd.Series(grid, dtype="object")))
    return measure_outcomes(
        reference,
        ended.merge(predictions, on=list(KEY), how="inner"),
        ended[on_grid & ended["is_since_training"]],
        settings.drift,
    )


def _cutoffs(as_of: date, trained_through: date, settings: DriftSettings) -> tuple[date, date]:
    """Return when the model was trained and when the record begins: what was known then is not new."""
    return min(trained_through, as_of), as_of - timedelta(days=settings.record_days)
