"""What a brief is made of: the published tables of its date, and what stood published before.

Reads through the manifest only. What is said of the tables is decided in `sections`.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from pipelines.drift_display import describe_drift
from pipelines.drifting import DRIFT
from pipelines.forecasting import FORECAST, RECORD, read_forecast_notes
from pipelines.manifest import published_dates, read_first_published, read_manifest, read_published
from pipelines.registry import find_by_content
from pipelines.tracking import load_notes
from pipelines.workspace import Workspace


@dataclass(frozen=True)
class Material:
    """The tables of one brief; None for one that has not been published by its date.

    Attributes:
        as_of: Date of the brief.
        risk: `account_risk`.
        reasons: `risk_reasons`.
        before: `account_risk` as first published for the newest earlier date.
        greens: `false_greens`.
        forecast: `renewal_forecast`.
        record: `forecast_track_record`, newest by the date.
        notes: What the forecast leaves out, what the training of the model said of itself, what has drifted since.
    """

    as_of: date
    risk: pd.DataFrame
    reasons: pd.DataFrame
    before: pd.DataFrame | None
    greens: pd.DataFrame | None
    forecast: pd.DataFrame | None
    record: pd.DataFrame | None
    notes: tuple[str, ...]


def read_material(workspace: Workspace, as_of: date | None = None) -> Material:
    """Return what the brief of a date is made of.

    Args:
        workspace: The workspace.
        as_of: The date; None takes the newest that has a risk table.

    Raises:
        PublishedError: If no risk table stands published for the date.
    """
    risk = read_published(workspace, "account_risk", as_of)
    dates = published_dates(workspace, "account_risk")
    day = dates[-1] if as_of is None else as_of
    earlier = [each for each in dates if each < day]
    return Material(
        as_of=day,
        risk=risk,
        reasons=read_published(workspace, "risk_reasons", day),
        before=read_first_published(workspace, "account_risk", earlier[-1]) if earlier else None,
        greens=_of_date(workspace, "false_greens", day),
        forecast=_of_date(workspace, FORECAST, day),
        record=_newest(workspace, RECORD, day),
        notes=(*_forecast_notes(workspace, day), *_model_notes(workspace, risk), *_drift_notes(workspace, day)),
    )


def _of_date(workspace: Workspace, table: str, day: date) -> pd.DataFrame | None:
    return read_published(workspace, table, day) if day in published_dates(workspace, table) else None


def _newest(workspace: Workspace, table: str, day: date) -> pd.DataFrame | None:
    """The newest by a date: tables of a training stand until the next one."""
    dates = [each for each in published_dates(workspace, table) if each <= day]
    return read_published(workspace, table, dates[-1]) if dates else None


def _forecast_notes(workspace: Workspace, day: date) -> list[str]:
    manifest = read_manifest(workspace, day)
    if manifest is None or FORECAST not in manifest.tables:
        return []
    return read_forecast_notes(workspace.run_folder(manifest.tables[FORECAST].run))


def _model_notes(workspace: Workspace, risk: pd.DataFrame) -> list[str]:
    """What the training said of the very model that made the table; a newer one may be in charge by now."""
    if risk.empty:
        return []
    registered = find_by_content(workspace.mlflow, risk["model_version"].iloc[0])
    return [] if registered is None else load_notes(workspace.mlflow, registered)


def _drift_notes(workspace: Workspace, day: date) -> list[str]:
    drift = _of_date(workspace, DRIFT, day)
    return [] if drift is None else describe_drift(drift)
