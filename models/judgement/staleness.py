"""How fast a colour loses its meaning: what it still tells apart, by the days since it was given."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from models.judgement.colours import Entry
from models.judgement.judged import COLOURS, Judged
from models.learning import FloatArray
from models.metrics import Ranking, roc_auc

AGE_ENDS: Final = (14, 30, 60, 90, 120)
"""Last day of each age group; copies of older words are in a last one."""


def staleness_figures(judged: Judged) -> Iterator[Entry]:
    """AUC of the colours by age, and how the gap between red and green closes by the month.

    A copied pulse is as old as what it copies. `gap_change_per_month` is by how much the difference between the churn
    rates of red and green changes with every month of age, as a least squares line of outcome on colour, age and their
    product has it.

    Args:
        judged: Entries of one checkpoint of which a colour stood.
    """
    if not len(judged):
        return
    levels = np.array([COLOURS.index(colour) for colour in judged.rows["sentiment"]], dtype=np.float64)
    ages = age_of_words(judged.rows)
    groups = np.searchsorted(AGE_ENDS, ages)
    for place, first in enumerate([0, *(end + 1 for end in AGE_ENDS)]):
        item = f"{first}-{AGE_ENDS[place]}" if place < len(AGE_ENDS) else f"{first}+"
        part = judged.where(groups == place)
        if len(part):
            auc = roc_auc([Ranking.of(levels[groups == place], part.outcomes, part.weights)])
            yield "age", item, "auc", part.figure(auc), len(part), part.churns
    change = judged.figure(_gap_change(judged, levels, ages / 30.0))
    yield "age", "", "gap_change_per_month", change, len(judged), judged.churns


def age_of_words(rows: pd.DataFrame) -> FloatArray:
    """Days since the words were first written, of a pulse without words since it was given; shape (n,)."""
    return np.asarray(rows["words_age_days"].fillna(rows["pulse_age_days"]), dtype=np.float64)


def _gap_change(judged: Judged, levels: FloatArray, months: FloatArray) -> FloatArray:
    """Slope of outcome on colour times age, from green to red, under each weighting; shape (1 + draws,)."""
    columns = np.column_stack([np.ones(len(levels)), levels / 2.0, months, levels / 2.0 * months])
    products = np.einsum("ni,nj->nij", columns, columns).reshape(len(columns), 16)
    squares = (judged.weights @ products).reshape(-1, 4, 4) + 1e-9 * np.eye(4)
    sums = (judged.weights * judged.outcomes) @ columns
    return np.asarray(np.linalg.solve(squares, sums[:, :, None])[:, 3, 0])
