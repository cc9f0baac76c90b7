"""A published table as an Excel workbook: typed cells, formats by contract, filters, colours for tiers.

Only layout. No cell is ever a formula or a link, whatever its text looks like, and the same rows give the same bytes.
"""

import io
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from data_contracts.contract import Column, Contract

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

LONGEST_TEXT = 32_767
MOST_ROWS = 1_048_575
"""What a cell and a sheet of Excel can hold, the header apart."""
_CUT = " [cut]"
_NARROWEST, _WIDEST = 8, 60
_MEASURED_ROWS = 500
_FORMATS = {
    "DATE": "yyyy-mm-dd",
    "TIMESTAMP": "yyyy-mm-dd hh:mm",
    "DECIMAL(18,2)": "#,##0.00",
    "BIGINT": "0",
    "DOUBLE": "0.000",
    "VARCHAR": "@",
}
_PERCENT = "0.0%"
_PERCENT_UNITS = ("probability 0-1", "share 0-1", "share", "difference of probabilities")
_TIER_FILLS = {"high": "#F8CBAD", "elevated": "#FFE699", "low": "#E2EFDA"}
_FILLS = {
    "risk_tier": _TIER_FILLS,
    "tier_previous": _TIER_FILLS,
    "sentiment": {"red": "#F8CBAD", "yellow": "#FFE699", "green": "#E2EFDA"},
}
_SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def as_workbook(contract: Contract, names: Sequence[str], rows: Sequence[Sequence[Any]], as_of: date) -> bytes:
    """Write rows as a workbook: the table on one sheet, what its columns mean on another.

    Args:
        contract: Of the table; formats and descriptions come from it.
        names: Columns of the rows; one that the contract does not know is written without a format.
        rows: `MOST_ROWS` at most; values in that order: None, text, bool, int, float, Decimal, date or datetime.
        as_of: Date that the table stands for; also the date of the file, since a clock would change its bytes.

    Returns:
        The whole file. Text over Excel's limit is cut and ends in `[cut]`.
    """
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _SAFE) as book:
        book.set_properties({"title": f"{contract.table} as of {as_of}", "created": datetime.combine(as_of, time())})
        known = {column.name: column for column in contract.columns}
        columns = [known.get(name) for name in names]
        _write_table(book, contract.table, names, columns, rows)
        _write_columns(book, [column for column in columns if column is not None])
    return file.getvalue()


def _write_table(
    book: "xlsxwriter.Workbook",
    table: str,
    names: Sequence[str],
    columns: Sequence[Column | None],
    rows: Sequence[Sequence[Any]],
) -> None:
    sheet = book.add_worksheet(table[:31])
    header = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F2F2F2", "text_wrap": True, "valign": "top"})
    for place, (name, column) in enumerate(zip(names, columns, strict=True)):
        form = book.add_format({"num_format": _number_format(column), "valign": "top"})
        sheet.write_string(0, place, name, header)
        sheet.set_column(place, place, _width(name, column, (row[place] for row in rows[:_MEASURED_ROWS])))
        for number, row in enumerate(rows, start=1):
            _write_cell(sheet, number, place, row[place], form)
        for value, colour in _FILLS.get(name, {}).items():
            fill = book.add_format({"bg_color": colour})
            rule = {"type": "cell", "criteria": "==", "value": f'"{value}"', "format": fill}
            sheet.conditional_format(1, place, max(len(rows), 1), place, rule)
    sheet.freeze_panes(1, 2 if names[1:2] == ["account_name"] else 0)
    sheet.autofilter(0, 0, max(len(rows), 1), max(len(names) - 1, 0))


def _write_columns(book: "xlsxwriter.Workbook", columns: Iterable[Column]) -> None:
    """Say on a sheet of its own what each column holds."""
    sheet = book.add_worksheet("columns")
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    lines = [("column", "unit", "what it holds"), *((each.name, each.unit, each.description) for each in columns)]
    for number, line in enumerate(lines):
        for place, text in enumerate(line):
            sheet.write_string(number, place, text, wrapped if number else bold)
    for place, width in enumerate((26, 26, 100)):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)


def _write_cell(sheet: "Worksheet", row: int, place: int, value: object, form: object) -> None:
    """Write a value by its own type, never by what its text looks like."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value, form)
    elif isinstance(value, datetime):
        # Excel knows no time zones: what is stored is UTC.
        naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        sheet.write_datetime(row, place, naive, form)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, form)
    elif isinstance(value, int | float | Decimal) and math.isfinite(value):
        sheet.write_number(row, place, value, form)
    else:
        text = str(value)
        fits = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - len(_CUT)] + _CUT
        sheet.write_string(row, place, fits, form)


def _number_format(column: Column | None) -> str:
    if column is None:
        return "General"
    return _PERCENT if column.unit in _PERCENT_UNITS else _FORMATS.get(column.duckdb_type, "General")


def _width(name: str, column: Column | None, values: Iterable[object]) -> float:
    """Wide enough for the header and most of what stands below it, in characters."""
    longest = 10 if column is not None and column.logical_type != "string" else 0
    for value in values:
        if isinstance(value, str):
            longest = max(longest, len(value))
    return float(min(max(longest, len(name), _NARROWEST) + 2, _WIDEST))
