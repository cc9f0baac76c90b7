"""Weighted measures of a probability forecast, for many weightings of the same rows at once.

Each function takes outcomes and scores of shape (n,) and weights of shape (draws, n), and returns one figure per draw:
resampling accounts is reweighting rows, so an interval costs a matrix product rather than a loop. No row is selected
here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from models.learning import FloatArray, IntArray

TOP_SHARE: Final = 0.1
"""Share of the weight that counts as the top of the list."""
LEAST_PROBABILITY: Final = 1e-6
"""Probabilities are held this far from zero and one in the log loss."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows grouped by equal score, from the highest score down; all arrays of shape (draws, groups).

    Attributes:
        weight: Weight of each group.
        churned: Weight of the churned rows of each group.
    """

    weight: FloatArray
    churned: FloatArray

    @classmethod
    def of(cls, scores: FloatArray, outcomes: FloatArray, weights: FloatArray) -> Self:
        """Groups rows by score; rows of equal score are one group, so that ties are worth exactly a half."""
        order: IntArray = np.argsort(-scores, kind="stable")
        starts = np.flatnonzero(np.diff(scores[order], prepend=np.inf))
        ordered = weights[:, order]
        return cls(np.add.reduceat(ordered, starts, axis=1), np.add.reduceat(ordered * outcomes[order], starts, axis=1))

    def churned_weight(self) -> FloatArray:
        """Weight of all churned rows, shape (draws,)."""
        return np.asarray(self.churned.sum(axis=1))

    def pairs(self) -> FloatArray:
        """Weight of all pairs of a churned row and one that stayed, shape (draws,)."""
        return np.asarray(self.churned.sum(axis=1) * (self.weight - self.churned).sum(axis=1))

    def pairs_in_order(self) -> FloatArray:
        """Weight of the pairs in which the churned row ranks higher, ties counting half, shape (draws,)."""
        stayed = self.weight - self.churned
        below = stayed.sum(axis=1, keepdims=True) - np.cumsum(stayed, axis=1)
        return np.asarray((self.churned * (below + stayed / 2)).sum(axis=1))

    def precision_found(self) -> FloatArray:
        """Precision down to each group, summed over the churned weight found there, shape (draws,)."""
        precision = ratio(np.cumsum(self.churned, axis=1), np.cumsum(self.weight, axis=1))
        return np.asarray((np.nan_to_num(precision) * self.churned).sum(axis=1))

    def churned_in_top(self) -> FloatArray:
        """Churned weight in the top tenth of the weight, a group on the edge counting in part, shape (draws,)."""
        total = self.weight.sum(axis=1, keepdims=True)
        above = np.cumsum(self.weight, axis=1) - self.weight
        inside = np.clip(ratio(TOP_SHARE * total - above, self.weight), 0.0, 1.0)
        return np.asarray((np.nan_to_num(inside) * self.churned).sum(axis=1))


def rankings_by_date(
    scores: FloatArray, outcomes: FloatArray, weights: FloatArray, dates: npt.NDArray[np.datetime64]
) -> list[Ranking]:
    """One ranking per date, in the order of the dates.

    A list is worked on one date; ranking across dates would judge how the base rate drifted in between.
    """
    masks = [dates == day for day in np.unique(dates)]
    return [Ranking.of(scores[mask], outcomes[mask], weights[:, mask]) for mask in masks]


def roc_auc(rankings: list[Ranking]) -> FloatArray:
    """Share of the pairs of one date in which the churned row ranks above the one that stayed."""
    return ratio(sum_of(rankings, Ranking.pairs_in_order), sum_of(rankings, Ranking.pairs))


def average_precision(ranking: Ranking) -> FloatArray:
    """Precision at each churned row, averaged over them (scikit-learn's definition).

    Of all dates in one ranking: with a handful of churns per date, a resample that takes one of them twice would raise
    it.
    """
    return ratio(ranking.precision_found(), ranking.churned_weight())


def top_decile_lift(rankings: list[Ranking]) -> FloatArray:
    """Churn rate in the top tenth of each date's list over the churn rate of the whole list."""
    return top_decile_recall(rankings) / TOP_SHARE


def top_decile_recall(rankings: list[Ranking]) -> FloatArray:
    """Share of what churned that stood in the top tenth of its date's list."""
    return ratio(sum_of(rankings, Ranking.churned_in_top), sum_of(rankings, Ranking.churned_weight))


def sum_of(rankings: list[Ranking], figure: Callable[[Ranking], FloatArray]) -> FloatArray:
    """Sum of a figure over dates, shape (draws,)."""
    return np.asarray(np.sum([figure(ranking) for ranking in rankings], axis=0))


def brier_score(scores: FloatArray, outcomes: FloatArray, weights: FloatArray) -> FloatArray:
    """Mean squared difference between probability and outcome."""
    return ratio(weights @ (scores - outcomes) ** 2, weights.sum(axis=1))


def log_loss(scores: FloatArray, outcomes: FloatArray, weights: FloatArray) -> FloatArray:
    """Mean negative log-likelihood, in nats."""
    probability = np.clip(scores, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    losses = -(outcomes * np.log(probability) + (1 - outcomes) * np.log1p(-probability))
    return ratio(weights @ losses, weights.sum(axis=1))


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Numerator over denominator, NaN where the denominator is zero."""
    ratio: FloatArray = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=ratio, where=denominator != 0)
    return ratio
