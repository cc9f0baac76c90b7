"""What each level of a colour or grade has meant: its rate, pooled in part, and whether rates rise with the level.

The rates of all calls are for reading; the probability by which a call is scored always comes from other clusters.
"""

from typing import Final

import numpy as np
import pandas as pd

from models.calls.calls import Calls
from models.calls.rates import design_effect, rate_of
from models.evaluation import account_draws
from models.learning import FloatArray, IntArray
from models.logistic import fit_logistic, logit, posterior_draws, sigmoid
from models.metrics import ratio
from models.settings import ModelSettings

_DRAWS: Final = 2000
"""Draws behind the interval of a pooled rate."""


def level_table(calls: Calls, settings: ModelSettings) -> pd.DataFrame:
    """What each level has meant, best first: level, calls, events, rate (as counted), pooled, low, high.

    A level shifts the base rate in log-odds by an amount with a normal prior around zero, as in `gut_feel`; the
    interval is the normal approximation of its posterior, with calls of one cluster worth fewer than their number.

    Args:
        calls: Ordinal calls, at least one.
        settings: Prior, seed and level of the interval.
    """
    inputs, offset = _indicators(calls.level_numbers, len(calls.levels)), _offset(calls.outcomes)
    precision = np.full(len(calls.levels), settings.colour_shift_sd**-2)
    shifts = _shifts(calls.level_numbers, calls.outcomes, len(calls.levels), settings)
    worth = np.ones(len(calls))
    for number in range(len(calls.levels)):
        rows = calls.level_numbers == number
        if rows.any():
            worth[rows] = 1 / design_effect(calls.outcomes[rows], calls.clusters[rows])
    drawn = posterior_draws(
        inputs,
        worth,
        coefficients=shifts,
        precision=precision,
        offset=np.full(len(calls), offset),
        draws=_DRAWS,
        seed=settings.seed,
    )
    ends = [(1 - settings.interval_level) / 2, (1 + settings.interval_level) / 2]
    low, high = np.quantile(sigmoid(drawn + offset), ends, axis=0)
    counted = [
        rate_of(calls.outcomes[rows], calls.clusters[rows], settings.interval_level)
        for rows in (calls.level_numbers == number for number in range(len(calls.levels)))
    ]
    return pd.DataFrame(
        {
            "level": calls.levels,
            "calls": [rate.calls for rate in counted],
            "events": [rate.events for rate in counted],
            "rate": [rate.value for rate in counted],
            "pooled": sigmoid(shifts + offset),
            "low": low,
            "high": high,
        }
    )


def cross_fitted_levels(calls: Calls, settings: ModelSettings) -> FloatArray:
    """Probability that each call's level has meant among the other clusters, shape (n,)."""
    return _cross_fitted(calls.level_numbers, calls, settings)


def cross_fitted_base_rate(calls: Calls, settings: ModelSettings) -> FloatArray:
    """The base rate of the other clusters, shape (n,): what one level for all calls would have meant."""
    return _cross_fitted(np.zeros(len(calls), dtype=np.int64), calls, settings)


def _cross_fitted(levels: IntArray, calls: Calls, settings: ModelSettings) -> FloatArray:
    """Probability that a level of each call has meant among the other clusters, shape (n,)."""
    # Without the levels that nobody called: one level in use is then the base rate to the last digit.
    used, numbers = np.unique(levels, return_inverse=True)
    folds = calls.folds(settings.seed)
    probabilities = np.full(len(calls), np.nan)
    for fold in np.unique(folds):
        held_out = folds == fold
        outcomes = calls.outcomes[~held_out]
        shifts = _shifts(numbers[~held_out], outcomes, len(used), settings)
        probabilities[held_out] = sigmoid(shifts[numbers[held_out]] + _offset(outcomes))
    return probabilities


def share_rising(calls: Calls, settings: ModelSettings) -> float:
    """Share of resamples of clusters in which the rate, as counted, falls from no level to the next worse one.

    Levels that a resample leaves without a call are passed over in it. NaN with fewer than two levels in use.
    """
    indicators = _indicators(calls.level_numbers, len(calls.levels))
    indicators = indicators[:, indicators.any(axis=0)]
    if indicators.shape[1] < 2:
        return float("nan")
    rising: list[bool] = []
    for weights in account_draws(pd.Series(calls.clusters), settings):
        rates = ratio((weights * calls.outcomes) @ indicators, weights @ indicators)
        rising += [bool((np.diff(row[~np.isnan(row)]) >= 0).all()) for row in rates]
    return float(np.mean(rising))


def _shifts(levels: IntArray, outcomes: FloatArray, count: int, settings: ModelSettings) -> FloatArray:
    """Log-odds by which each level moves the base rate, shape (count,); zero for a level that nobody called."""
    return fit_logistic(
        _indicators(levels, count),
        outcomes,
        np.ones(len(outcomes)),
        center=np.zeros(count),
        precision=np.full(count, settings.colour_shift_sd**-2),
        offset=np.full(len(outcomes), _offset(outcomes)),
    )


def _indicators(levels: IntArray, count: int) -> FloatArray:
    """One column per level, shape (n, count)."""
    return np.asarray(levels[:, None] == np.arange(count), dtype=np.float64)


def _offset(outcomes: FloatArray) -> float:
    """Log-odds of the base rate, half an event added to either side so that they are finite."""
    return float(logit(np.array([(outcomes.sum() + 0.5) / (len(outcomes) + 1.0)]))[0])
