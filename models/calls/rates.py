"""How often it happened, with an interval that minds clusters and holds at zero events.

Plain shares of a set of calls; what levels mean after pooling is in `levels`.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from models.learning import FloatArray, TextArray


class Rate(NamedTuple):
    """A share of calls after which the event happened, with its interval."""

    calls: int
    events: int
    value: float
    low: float
    high: float


def rate_of(outcomes: FloatArray, clusters: TextArray, level: float) -> Rate:
    """The share of events, with Wilson's score interval for as many independent calls as the clusters are worth.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927). Unlike an
    interval from resampling it does not shrink to nothing where no event is on record.

    Args:
        outcomes: Zero or one, shape (n,).
        clusters: Shape (n,).
        level: Level of the interval, two-sided.
    """
    count = len(outcomes)
    if not count:
        return Rate(0, 0, float("nan"), float("nan"), float("nan"))
    value = float(outcomes.mean())
    independent = count / design_effect(outcomes, clusters)
    reach = NormalDist().inv_cdf((1 + level) / 2) ** 2 / independent
    middle = (value + reach / 2) / (1 + reach)
    half = float(np.sqrt(reach * value * (1 - value) + reach**2 / 4)) / (1 + reach)
    return Rate(count, int(outcomes.sum()), value, max(0.0, middle - half), min(1.0, middle + half))


def design_effect(outcomes: FloatArray, clusters: TextArray) -> float:
    """By how much clusters widen the variance of the share of events, at least one (L. Kish, Survey Sampling, 1965).

    Both variances are unbiased ones, so that calls that are a cluster each give exactly one.

    Args:
        outcomes: Zero or one, shape (n,), n at least one.
        clusters: Shape (n,).
    """
    residuals = outcomes - outcomes.mean()
    independent = float(residuals @ residuals)
    sums = pd.Series(residuals).groupby(clusters).sum().to_numpy()
    if independent == 0 or len(sums) < 2:
        # Nothing varies, or nothing can be compared: the largest that clusters can do to a share.
        return len(outcomes) / len(sums)
    within_clusters = float(sums @ sums) * len(sums) / (len(sums) - 1)
    return max(1.0, within_clusters / (independent * len(outcomes) / (len(outcomes) - 1)))
