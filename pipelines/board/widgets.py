"""Tables and charts as the pages show them: sortable, searchable, to be taken away; and how numbers are written.

What they show is decided by whoever asks for them. Cells are text to a browser, whatever they hold.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import altair as alt
import marimo as mo
import pandas as pd

from pipelines.board.theme import THEME
from pipelines.exports.delimited import as_csv
from pipelines.figures_in_words import known, money, percent

Format = Callable[[Any], str]
"""How a number is written; a table sorts by the number. A cell without one holds a dash."""
_VEGA_LITE: Final = "application/vnd.vegalite.v6+json"
_DRAWING: Final = threading.Lock()
ROWS: Final = 15
"""Rows of a table that are seen at once."""


def table(
    frame: pd.DataFrame,
    formats: Mapping[str, Format] | None = None,
    label: str = "",
    *,
    rows: int = ROWS,
    choose: Literal["single"] | None = None,
    widths: Mapping[str, int] | None = None,
) -> Any:
    """Return a table that sorts, can be searched and is paged.

    Args:
        frame: Its cells.
        formats: How the numbers of a column are written, by its name; columns that are not there are passed over.
        label: What stands above it.
        rows: How many are seen at once.
        choose: `single` lets one row be chosen.
        widths: Columns of long text, which is broken into lines, and their width in pixels.
    """
    return mo.ui.table(
        frame,
        selection=choose,
        page_size=rows,
        pagination=len(frame) > rows,
        show_column_summaries=False,
        show_data_types=False,
        format_mapping={name: form for name, form in (formats or {}).items() if name in frame.columns},
        label=label,
        wrapped_columns=list(widths or ()),
        column_widths=dict(widths or {}),
        # Its own export would write texts as they are, and a spreadsheet would compute some of them.
        show_download=False,
    )


def download(frame: pd.DataFrame, name: str) -> Any:
    """Return a button that gives a table as a CSV file.

    Args:
        frame: The table.
        name: Of the file, without its ending.
    """
    button = mo.download(lambda: csv_of(frame), filename=f"{name}.csv", mimetype="text/csv", label=f"{name}.csv")
    # Beside nothing it would be as wide as the page.
    return mo.hstack([button], justify="start")


def table_to_take(
    frame: pd.DataFrame,
    name: str,
    formats: Mapping[str, Format] | None = None,
    label: str = "",
    widths: Mapping[str, int] | None = None,
) -> Any:
    """Return a table with a button below it that gives it as a CSV file; arguments as of `table` and `download`."""
    return mo.vstack([table(frame, formats, label, widths=widths), download(frame, name)])


def csv_of(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV; texts that a spreadsheet might take for a formula have an apostrophe before them."""
    plain = frame.astype(object).where(frame.notna(), None)
    return as_csv([str(name) for name in frame.columns], plain.itertuples(index=False, name=None))


@dataclass(frozen=True)
class DrawnChart:
    """A chart in which nothing is chosen, with its figures in it: a browser needs to ask for nothing more.

    Attributes:
        specification: In Vega-Lite, as JSON.
    """

    specification: str

    def _mime_(self) -> tuple[str, str]:
        """What marimo shows it by."""
        return _VEGA_LITE, self.specification


def chart(drawn: alt.Chart | alt.LayerChart | alt.FacetChart) -> DrawnChart:
    """Return a chart as a page shows it, drawn by the theme of the pages."""
    # Pages are threads, and Altair has one theme for all of them.
    with _DRAWING, alt.theme.enable(THEME), alt.data_transformers.enable("default", max_rows=None):
        return DrawnChart(json.dumps(drawn.to_dict(validate=False)))


def amount(value: Any) -> str:
    """An amount of money without its currency."""
    return money(value)


def share(value: Any) -> str:
    """A share as a percentage with a decimal."""
    return percent(value, 1)


def whole_share(value: Any) -> str:
    """A share as a percentage."""
    return percent(value)


def significant(value: Any) -> str:
    """A number of unknown size: whole where it is large or whole, else with three digits that mean something."""
    if not known(value):
        return "–"
    return f"{float(value):,.0f}" if abs(float(value)) >= 1000 or float(value).is_integer() else f"{float(value):.3g}"


def number(decimals: int, *, signed: bool = False) -> Format:
    """Return how a plain number is written."""
    form = f"{{:{'+' if signed else ''},.{decimals}f}}"
    return lambda value: form.format(float(value)) if known(value) else "–"
