"""Tables on pages: they sort, can be searched and paged, and can be taken away as CSV that no spreadsheet computes."""

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from pipelines.exports.delimited import as_csv

if TYPE_CHECKING:
    from marimo import Html
    from marimo._plugins.ui._impl.table import table


def sheet(frame: pd.DataFrame, *, rows: int = 10, choose: Literal["single"] | None = None, **options: Any) -> "table":
    """Return a table for a page.

    Args:
        frame: What it holds, under the names that people read.
        rows: How many are shown at once.
        choose: `single` lets one row be chosen.
        options: What else `marimo.ui.table` takes.
    """
    import marimo

    return marimo.ui.table(
        frame,
        selection=choose,
        page_size=rows,
        show_column_summaries=False,
        show_data_types=False,
        # Its own export would write texts as they are, and a spreadsheet would compute some of them.
        show_download=False,
        **options,
    )


def download(frame: pd.DataFrame, name: str) -> "Html":
    """Return a button that gives a table as a CSV file.

    Args:
        frame: The table.
        name: Of the file, without its ending.
    """
    import marimo

    return marimo.download(lambda: csv_of(frame), filename=f"{name}.csv", mimetype="text/csv", label=f"{name}.csv")


def csv_of(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV; texts that a spreadsheet might take for a formula have an apostrophe before them."""
    plain = frame.astype(object).where(frame.notna(), None)
    return as_csv([str(name) for name in frame.columns], plain.itertuples(index=False, name=None))
