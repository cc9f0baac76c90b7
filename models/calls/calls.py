"""Decided calls: what a person said of each case, what came of it, and how much may be claimed from it.

The arrays that everything in this package takes. How they are read from a file, and which rows stay out, is no business
of this module.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from models.learning import FloatArray, IntArray, TextArray, account_folds

MINIMUM_ROWS: Final = 20
"""Decided calls below which figures are given and nothing is claimed."""
MINIMUM_EVENTS: Final = 5
"""Calls of either outcome below which nothing is claimed."""
MINIMUM_CLUSTERS: Final = 10
"""Clusters below which nothing is claimed: an interval from resampling so few is far too narrow."""
FOLDS: Final = 10
"""Groups of clusters in every cross-fitting; each is judged by what the other nine teach."""


def counted(number: int, noun: str) -> str:
    """So many of something, `1 call` or `1,200 calls`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@dataclass(frozen=True)
class Calls:
    """Calls whose outcome is known, n of them.

    Attributes:
        scores: What was said, shape (n,): a probability of the event, or the number of a level, 0 the best.
        outcomes: 1.0 where the event happened, shape (n,).
        clusters: What is resampled and held out together, shape (n,).
        levels: Names of the levels, best first; empty where probabilities were stated.
        model: A model's probability of the event, shape (n,), or None.
        groups: Kind of case, shape (n,), or None.
        raters: Who made the call, shape (n,), None where nobody is named; or None.
        texts: What was written beside it, shape (n,), None where nothing was; or None.
    """

    scores: FloatArray
    outcomes: FloatArray
    clusters: TextArray
    levels: tuple[str, ...] = ()
    model: FloatArray | None = None
    groups: TextArray | None = None
    raters: TextArray | None = None
    texts: TextArray | None = None

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def is_ordinal(self) -> bool:
        """Whether levels were called and no probabilities."""
        return bool(self.levels)

    @property
    def events(self) -> int:
        """Calls after which the event happened."""
        return int(self.outcomes.sum())

    @property
    def base_rate(self) -> float:
        """Share of the calls after which the event happened; NaN without calls."""
        return float(self.outcomes.mean()) if len(self) else float("nan")

    @property
    def level_numbers(self) -> IntArray:
        """Level of each call, shape (n,); of ordinal calls only."""
        return self.scores.astype(np.int64)

    @cached_property
    def cluster_count(self) -> int:
        """Distinct clusters."""
        return int(pd.unique(self.clusters).size)

    @property
    def shortage(self) -> str | None:
        """Why nothing may be claimed from these calls, in words; None where something may."""
        others = len(self) - self.events
        if len(self) < MINIMUM_ROWS:
            return f"{counted(len(self), 'decided call')}, where at least {MINIMUM_ROWS} are asked for"
        if min(self.events, others) < MINIMUM_EVENTS:
            rarer = "happened" if self.events <= others else "did not happen"
            return (
                f"it {rarer} {counted(min(self.events, others), 'time')}, where at least {MINIMUM_EVENTS} are asked for"
            )
        if self.cluster_count < MINIMUM_CLUSTERS:
            return f"{counted(self.cluster_count, 'cluster')}, where at least {MINIMUM_CLUSTERS} are asked for"
        return None

    def folds(self, seed: int) -> IntArray:
        """Fold of each call, shape (n,): calls of one cluster share one."""
        return account_folds(self.clusters, min(FOLDS, max(2, self.cluster_count)), seed)

    def part(self, rows: np.ndarray) -> "Calls":
        """The calls that a mask or positions select."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return Calls(**{k: v[rows] if isinstance(v, np.ndarray) else v for k, v in values.items()})
