"""Rows as CSV that no spreadsheet takes for formulas.

One dialect for all: UTF-8 without a byte order mark, commas, double quotes around all that is no number, line feeds. It
is made for programs; a spreadsheet is better served by the Excel file, which says its encoding and types itself.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

_UNSEEN = r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_FORMULA = re.compile(rf"['\s{_UNSEEN}]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")
"""How a cell begins that a spreadsheet may compute: one of = + - @, their wide forms, a tab or a carriage return, with
or without whitespace, apostrophes or characters that nobody sees before it."""


def as_csv(names: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "") -> bytes:
    """Write rows as CSV.

    Args:
        names: The header.
        rows: Values in the order of the header: None, text, bool, int, float, Decimal, date or datetime.
        empty: What stands for a missing value.

    Returns:
        The whole file. Text that a spreadsheet might take for a formula has an apostrophe before it; numbers are
        numbers, negative ones too.
    """
    file = io.StringIO(newline="")
    # Quotes only where needed would miss a carriage return, at which many readers end the line.
    writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([neutralize(name) for name in names])
    writer.writerows([_cell(value, empty) for value in row] for row in rows)
    return file.getvalue().encode("utf-8")


def neutralize(text: str) -> str:
    """Return a text with an apostrophe before it if a spreadsheet might take it for a formula.

    A text that begins with apostrophes and then such a character gets one more, so that `restore` is exact.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def restore(text: str) -> str:
    """Return the text that `neutralize` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _cell(value: object, empty: str) -> object:
    """Return a text for all that is no number, which is what gets quotes."""
    if value is None:
        return empty
    if isinstance(value, str):
        return neutralize(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else value
