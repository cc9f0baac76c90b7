"""Slices of predictions: by segment, by length of term, by quarter, by what usage alone says.

Which rows belong to which slice; how good the predictions are there is told in `evaluation`.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from models.settings import ModelSettings
from models.stance import HEALTHY, usage_calls

SLICES: Final = ("segment", "term", "quarter", "usage_view")
"""The ways of slicing, in the order in which they are shown."""
EVERYTHING: Final = "all"
"""Names the figures of all rows of a band, which are no slice."""
UNKNOWN: Final = "unknown"
HEALTHY_BY_USAGE: Final = ("usage_view", HEALTHY)
"""The slice in which a green health score may be false: what judgement adds there is a headline figure."""
TERM_ENDS: Final = {"monthly": 59, "quarterly": 179, "annual": 547}
"""Longest term of each kind in days: half-way to twice a month, the end of the short terms, a year and a half."""
LONGEST_TERM: Final = "multi_year"


def segment_of(rows: pd.DataFrame) -> pd.Series:
    """Segment of the account as of the prediction."""
    return rows["segment"].astype(object).where(rows["segment"].notna(), UNKNOWN)


def term_of(rows: pd.DataFrame) -> pd.Series:
    """Length of the term: monthly, quarterly, annual or multi_year."""
    days = rows["term_days"].astype(np.float64).to_numpy()
    kinds = np.array([*TERM_ENDS, LONGEST_TERM], dtype=object)
    return pd.Series(kinds[np.searchsorted(list(TERM_ENDS.values()), days)], index=rows.index)


def quarter_of(rows: pd.DataFrame) -> pd.Series:
    """Calendar quarter of the renewal date, for example 2026-Q1.

    Of the renewal and not of the cut-off: the quarter is what people plan by, and a renewal that was seen from two
    cut-offs counts in one quarter only.
    """
    dates = pd.to_datetime(rows["renewal_date"])
    return dates.dt.year.astype(str) + "-Q" + dates.dt.quarter.astype(str)


def usage_call_of(rows: pd.DataFrame, settings: ModelSettings) -> pd.Series:
    """What the usage view says against the base rate as it was known: risky, middling or healthy."""
    usage, base = rows["usage_view"].to_numpy(dtype=np.float64), rows["base_rate"].to_numpy(dtype=np.float64)
    return pd.Series(usage_calls(usage, base, settings), index=rows.index)


def slices_of(rows: pd.DataFrame, slice_by: str, settings: ModelSettings) -> Iterator[tuple[str, pd.DataFrame]]:
    """The slices of one of `SLICES` that have rows, each with its rows, in the order of their names."""
    of_rows = {"segment": segment_of, "term": term_of, "quarter": quarter_of}
    values = of_rows[slice_by](rows) if slice_by in of_rows else usage_call_of(rows, settings)
    for value in sorted(values.unique()):
        yield str(value), rows[values == value].reset_index(drop=True)
