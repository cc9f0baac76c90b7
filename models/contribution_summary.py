"""What moves a model as a whole: the contributions of its inputs over many renewals.

Works on contributions as they are given, in log-odds, and so on any model that has them; why one renewal has its
probability is told in `explanation`.
"""

from typing import Final

import numpy as np
import pandas as pd

from models.churn_model import ChurnModel
from models.learning import KEY, FloatArray, TextArray, weights_of
from models.settings import HEADLINE_BAND

SUMMARY_COLUMNS: Final = ("feature", "contribution", "value_percentile", "value", "category")
SHOWN_FEATURES: Final = 12
SHOWN_ROWS: Final = 150
"""Renewals seen from a date that are shown of each feature: more would only paint over each other."""


def contribution_shares(names: list[str], contributions: FloatArray, weights: FloatArray) -> dict[str, float]:
    """Share of each feature in the sum of all absolute contributions; empty where nothing contributes.

    Args:
        names: The features, p of them.
        contributions: Shape (n, p), in log-odds.
        weights: Shape (n,).
    """
    sizes = weights @ np.abs(contributions)
    total = float(sizes.sum())
    return {name: float(size) / total for name, size in zip(names, sizes, strict=True)} if total > 0 else {}


def summarize_contributions(names: list[str], contributions: FloatArray, values: pd.DataFrame) -> pd.DataFrame:
    """The contributions of the features that move most, value by value, for `plots.contribution_chart`.

    Args:
        names: The features, p of them.
        contributions: Shape (n, p), in log-odds.
        values: Their values, a column each, n rows.

    Returns:
        `SUMMARY_COLUMNS`: one row per feature and row, at most `SHOWN_FEATURES` of the ones and `SHOWN_ROWS`, evenly
        spread, of the others; the feature that moves most comes first. `value_percentile` is the rank of the value
        among the rows given, between 0 and 1; missing where the value is, and for categories, which have no order.
        `value` is the value of what is a number, `category` that of what is not.
    """
    sizes = np.abs(contributions).sum(axis=0)
    order = np.argsort(-sizes, kind="stable")[:SHOWN_FEATURES]
    shown = np.unique(np.linspace(0, len(values) - 1, min(SHOWN_ROWS, len(values))).astype(np.int64))
    parts = [
        pd.DataFrame(
            {
                "feature": names[position],
                "contribution": contributions[shown, position],
                "value_percentile": _percentiles(values[names[position]])[shown],
                "value": _numbers(values[names[position]])[shown],
                "category": _categories(values[names[position]])[shown],
            }
        )
        for position in order
        if sizes[position] > 0
    ]
    return pd.concat(parts, ignore_index=True).astype({"category": "str"}) if parts else empty_summary()


def empty_summary() -> pd.DataFrame:
    """A summary of nothing, as of a model that is a base rate."""
    return pd.DataFrame(columns=list(SUMMARY_COLUMNS))


def headline_contributions(model: ChurnModel, snapshots: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, float]]:
    """The summary and the shares of a model over snapshots of the headline horizon.

    Args:
        model: A model; of a base rate both are empty.
        snapshots: What it learned from, or what it scores; rows of other horizons and decided rows are passed over.
    """
    rows = snapshots[(snapshots["band"] == HEADLINE_BAND) & (snapshots["status"] == "open")]
    if model.kind == "base_rate" or rows.empty:
        return empty_summary(), {}
    rows = rows.sort_values(KEY, ignore_index=True)
    contributions, _ = model.contributions(rows)
    names = [feature.name for feature in model.features]
    return (
        summarize_contributions(names, contributions, model.inputs(rows)),
        contribution_shares(names, contributions, weights_of(rows)),
    )


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)


def _numbers(values: pd.Series) -> FloatArray:
    numbers = values.astype(np.float64) if _is_number(values) else pd.Series(np.nan, index=values.index)
    return np.asarray(numbers, dtype=np.float64)


def _percentiles(values: pd.Series) -> FloatArray:
    return np.asarray(pd.Series(_numbers(values)).rank(pct=True), dtype=np.float64)


def _categories(values: pd.Series) -> TextArray:
    """The values as text, None where there is none or where they are numbers."""
    is_text = values.notna() & (not _is_number(values))
    return np.asarray(values.astype(object).where(is_text, None), dtype=object)
