"""How fast a colour loses its meaning: what it still tells apart, by the days since it was given."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from models.judgement.colours import Entry
from models.judgement.judged import COLOURS, Judged
from models.learning import FloatArray
from models.metrics import Ranking, roc_auc

AGE_ENDS: Final = (14, 30, 60, 90, 120)
"""Last day of each age group; older pulses no longer count as a colour."""


def staleness_figures(judged: Judged) -> Iterator[Entry]:
    """AUC of the colours by age, and how the gap between red and green closes by the month.

    A copied pulse is as old as what it copies. `gap_change_per_month` is by how much the difference between the churn
    rates of red and green changes with every month of age, as a least squares line of outcome on colour, age and their
    product has it.

    Args:
        judged: Entries of one checkpoint of which a colour stood.
    """
    levels = np.array([COLOURS.index(colour) for colour in judged.rows["sentiment"]], dtype=np.float64)
    ages = judged.numbers("words_age_days")
    first = 0
    for last in AGE_ENDS:
        group = (ages >= first) & (ages <= last)
        part = judged.where(group)
        item = f"{first}-{last}"
        first = last + 1
        if not len(part) or not part.churns:
            continue
        auc = roc_auc([Ranking.of(levels[group], part.outcomes, part.weights)])
        yield "age", item, "auc", part.figure(auc), len(part), part.churns
    has_age = ~np.isnan(ages)
    known = judged.where(has_age)
    if known.churns:
        change = known.figure(_gap_change(known, levels[has_age], ages[has_age] / 30.0))
        yield "age", "", "gap_change_per_month", change, len(known), known.churns


def _gap_change(judged: Judged, levels: FloatArray, months: FloatArray) -> FloatArray:
    """Slope of outcome on colour times age, from green to red, under each weighting; shape (1 + draws,)."""
    columns = np.column_stack([np.ones(len(levels)), levels / 2.0, months, levels / 2.0 * months])
    products = np.einsum("ni,nj->nij", columns, columns).reshape(len(columns), 16)
    squares = (judged.weights @ products).reshape(-1, 4, 4) + 1e-9 * np.eye(4)
    sums = (judged.weights * judged.outcomes) @ columns
    return np.asarray(np.linalg.solve(squares, sums[:, :, None])[:, 3, 0])
