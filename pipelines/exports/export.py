"""What is exported: which rows and columns of which published table, into which kind of file, whole or not at all.

The kinds of files are beside this module. What stands published is decided elsewhere and only read here.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from data_contracts.contract import OUTPUT_TABLES, output_contracts
from pipelines.books import book_of
from pipelines.exports.crm import KEY, LEFT_OUT_COLUMNS, choose_rows
from pipelines.exports.delimited import as_csv
from pipelines.exports.excel import MOST_ROWS, as_workbook
from pipelines.exports.formats import ExportFormat
from pipelines.manifest import published_dates, read_published
from pipelines.settings import CrmSettings, Settings
from pipelines.tables import TableError, as_arrow, write_arrow
from pipelines.whole_files import replace_file
from pipelines.workspace import Workspace

RISK = "account_risk"


class ExportError(Exception):
    """What is asked for cannot be exported."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        as_of: Date that the table stands for.
        rows: Rows in the file.
        notes: What a reader of the file has to know: what is not in it, and why.
    """

    as_of: date
    rows: int
    notes: tuple[str, ...]


def export_table(
    workspace: Workspace,
    table: str,
    form: ExportFormat,
    target: Path,
    settings: Settings,
    *,
    as_of: date | None = None,
    csm: str | None = None,
) -> Exported:
    """Write a published table to a file; an old file of that name is replaced.

    Args:
        workspace: Where the table stands published.
        table: Its name.
        form: Kind of file.
        target: File to write.
        settings: Names of fields, and whether figures of people may be shown.
        as_of: Date that the table stands for; None takes the newest.
        csm: Only rows of this CSM's accounts, by id or name; None for all.

    Raises:
        ExportError: If there is no such table, or the kind of file cannot hold it.
        PublishedError: If it has not been published, or no row is that CSM's.
    """
    if table not in OUTPUT_TABLES:
        raise ExportError(f"There is no table {table!r}. The tables are: {', '.join(OUTPUT_TABLES)}.")
    dates = published_dates(workspace, table)
    frame = read_published(workspace, table, as_of)
    frame, notes = (frame, []) if settings.judgement.show_people else without_people(table, frame)
    if csm is not None:
        if "csm_id" not in frame.columns or table in _PEOPLE:
            raise ExportError(f"`{table}` does not say whose account a row is, so there is no book to pick from it.")
        frame = book_of(csm, frame)
    day = as_of or dates[-1]
    if form in (ExportFormat.SALESFORCE, ExportFormat.HUBSPOT):
        crm = settings.export.salesforce if form is ExportFormat.SALESFORCE else settings.export.hubspot
        return _export_to_crm(table, frame, crm, target, day)
    replace_file(target, _content(table, frame, form, day))
    return Exported(day, len(frame), tuple(notes))


def without_people(table: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return a table without what it says of single people's judgement, and what was taken out.

    Whose account it is, is no figure about a person; what came of a person's calls is. So the owner stays in the tables
    that are worked from, and goes where outcomes stand beside them.

    Args:
        table: Name of the table.
        frame: The table.
    """
    takes = _PEOPLE.get(table)
    if takes is None:
        return frame, []
    shown = takes(frame)
    rows, columns = len(frame) - len(shown), [name for name in frame.columns if name not in shown.columns]
    if not rows and not columns:
        return frame, []
    what = ", ".join(f"the column {name}" for name in columns) or f"{rows:,} rows about single CSMs"
    return shown, [f"Without {what}: `judgement.show_people` is off."]


def _rows_not_about_a_csm(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["subject"] != "csm"]


def _rows_about_the_team(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["csm_id"].fillna("") == ""]


def _columns_without_csm(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=["csm_id", "pulse_csm_id"], errors="ignore")


_PEOPLE: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "gut_calibration": _rows_not_about_a_csm,
    "pulse_habits": _rows_about_the_team,
    "judgement_ledger": _columns_without_csm,
    "backtest_predictions": _columns_without_csm,
}


def _export_to_crm(table: str, frame: pd.DataFrame, crm: CrmSettings, target: Path, day: date) -> Exported:
    """Write the file, and beside it what could not go into it."""
    if table != RISK:
        raise ExportError(f"A CRM takes one row per account: only `{RISK}` is exported to it.")
    rows = choose_rows(frame)
    columns = {KEY: crm.key, **{name: field for name, field in crm.fields.items() if name in frame.columns}}
    typed = _typed(RISK, rows.chosen[list(columns)])
    # Arrow has the columns in the order of the contract, the file in that of the settings.
    replace_file(target, as_csv(list(columns.values()), _rows(typed.select(list(columns))), empty=crm.empty))
    beside = target.with_name(f"{target.stem}.left_out.csv")
    if len(rows.left_out):
        left_out = _rows(_typed(RISK, rows.left_out[list(LEFT_OUT_COLUMNS)]).select(list(LEFT_OUT_COLUMNS)))
        listed = [(*row, reason) for row, reason in zip(left_out, rows.reasons, strict=True)]
        replace_file(beside, as_csv([*LEFT_OUT_COLUMNS, "reason"], listed))
    else:
        beside.unlink(missing_ok=True)
    missing = [name for name in crm.fields if name not in frame.columns]
    return Exported(day, len(rows.chosen), tuple(_crm_notes(rows.reasons, missing, beside)))


def _crm_notes(reasons: Sequence[str], missing: Sequence[str], beside: Path) -> Iterator[str]:
    for reason, rows in sorted(Counter(reasons).items()):
        yield f"Left out: {rows:,} row{'' if rows == 1 else 's'}, {reason}."
    if reasons:
        yield f"They are listed in {beside}."
    if missing:
        yield f"Not in the table of that date: {', '.join(missing)}."


def _content(table: str, frame: pd.DataFrame, form: ExportFormat, day: date) -> bytes:
    typed = _typed(table, frame)
    if form is ExportFormat.PARQUET:
        file = io.BytesIO()
        write_arrow(typed, file)
        return file.getvalue()
    if form is ExportFormat.CSV:
        return as_csv(typed.column_names, _rows(typed))
    if len(typed) > MOST_ROWS:
        raise ExportError(
            f"`{table}` has {len(typed):,} rows; a sheet of Excel holds {MOST_ROWS:,}. Take csv or parquet."
        )
    return as_workbook(output_contracts()[table], typed.column_names, _rows(typed), day)


def _typed(table: str, frame: pd.DataFrame) -> pa.Table:
    try:
        return as_arrow(frame, output_contracts()[table])
    except TableError as error:
        raise ExportError(f"Published by another release of falsegreen: {error}") from error


def _rows(typed: pa.Table) -> list[tuple[Any, ...]]:
    """Return the rows as plain Python values."""
    return list(zip(*(column.to_pylist() for column in typed.columns), strict=True))
