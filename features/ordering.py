"""The order of rows. Everything that is fitted or written is first sorted by key, so that no figure depends on it."""

from collections.abc import Sequence

import pandas as pd


def sort_rows(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the rows sorted by the given columns, with a fresh index.

    Args:
        frame: Any frame; it is not changed.
        by: Columns that together identify a row.
    """
    return frame.sort_values(list(by), kind="stable").reset_index(drop=True)
