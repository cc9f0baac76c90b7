"""The brief of a date: put together from what stands published, and written whole.

The one call of the asset and of the command. What each section says is decided in its own module.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from models.settings import ForecastSettings
from pipelines.books import book_of
from pipelines.brief.accounts import disagreements_part, overdue_part, pulses_part, top_part
from pipelines.brief.changes import changes_part
from pipelines.brief.greens import greens_part
from pipelines.brief.material import Material, read_material
from pipelines.brief.outlook import forecast_part, record_part
from pipelines.brief.page import brief_page
from pipelines.brief.parts import Part
from pipelines.figures_in_words import counted, total, weekday
from pipelines.summary import describe_trust
from pipelines.whole_files import replace_file
from pipelines.workspace import Workspace

_NEAR_DAYS: Final = 90


def write_brief(
    workspace: Workspace,
    settings: ForecastSettings,
    as_of: date | None = None,
    *,
    csm: str | None = None,
    to: Path | None = None,
) -> Path:
    """Write the brief of a date.

    Args:
        workspace: The workspace.
        settings: From how many quarters on something is claimed of the forecast.
        as_of: The date; None takes the newest that has a risk table.
        csm: Only the book of this CSM, by id or name.
        to: The file; by default `briefs/<date>.html` in the workspace.

    Returns:
        Path of the file.

    Raises:
        PublishedError: If no risk table stands published for the date, or no renewal is that CSM's.
    """
    material = read_material(workspace, as_of)
    if csm is not None:
        material = _of_book(material, csm)
    path = to or workspace.briefs / f"{material.as_of}.html"
    replace_file(path, brief_of(material, settings, csm).encode("utf-8"))
    return path


def brief_of(material: Material, settings: ForecastSettings, csm: str | None = None) -> str:
    """The page, HTML.

    Args:
        material: The published tables.
        settings: As in `write_brief`.
        csm: Whose book it is, for the heading.
    """
    risk = material.risk
    parts = [
        forecast_part(material.forecast, "total" if csm is None else "csm"),
        changes_part(risk, material.before),
        top_part(risk, material.reasons),
        greens_part(material.greens),
        disagreements_part(risk),
        overdue_part(risk),
        pulses_part(risk),
        record_part(material.record, settings),
        Part("How far to trust it", "trust", tuple(describe_trust(risk, material.notes))),
    ]
    whose = "" if csm is None else f" of {csm}"
    shown = [part for part in parts if part is not None]
    return brief_page(f"Renewals{whose}, {weekday(material.as_of)}", _lead(risk), shown)


def _of_book(material: Material, csm: str) -> Material:
    risk = book_of(csm, material.risk)
    before = material.before
    if before is not None:
        before = before[before["account_id"].isin(risk["account_id"])]
    greens = material.greens
    if greens is not None:
        greens = greens[greens["account_id"].isin(risk["account_id"])]
    forecast = material.forecast
    if forecast is not None:
        forecast = forecast[forecast["csm_id"].isin(risk["csm_id"])]
    # The record is that of the company's forecasts; of one book there is none.
    return replace(material, risk=risk, before=before, greens=greens, forecast=forecast, record=None)


def _lead(risk: pd.DataFrame) -> tuple[str, ...]:
    """What is open, what of it is expected to be lost, and what is lost already."""
    is_open = risk["status"].isin(["open", "overdue"])
    rows = risk[is_open]
    if rows.empty:
        return ("No renewal is open.",)
    scored = rows[rows["churn_probability"].notna()]
    near = rows[rows["lead_days"] <= _NEAR_DAYS]
    sentences = [
        f"{counted(len(rows), 'renewal is', 'renewals are')} open, worth {total(rows)} a year; "
        f"{len(near):,} of them, worth {total(near)}, are due within {_NEAR_DAYS} days or overdue."
    ]
    if len(scored):
        expected = total(scored, "expected_arr_loss")
        sentences.append(f"Of the {len(scored):,} that are scored, {expected} a year is expected to be lost.")
    lost = risk[risk["status"] == "known_loss"]
    if len(lost):
        sentences.append(f"{counted(len(lost), 'loss is', 'losses are')} known already, worth {total(lost)} a year.")
    return tuple(sentences)
