"""Who was right where person and model disagree: by side of the base rate, and by how far apart they are.

Both speak in probabilities about the same calls. What follows for the next case is left to the reader.
"""

from typing import Final

import numpy as np
import pandas as pd

from models.calls.calls import MINIMUM_EVENTS, MINIMUM_ROWS, Calls
from models.calls.rates import rate_of
from models.evaluation import account_draws, percentile_interval
from models.learning import FloatArray
from models.metrics import brier_score
from models.settings import ModelSettings

DISTANCES: Final = (0.1, 0.25)
"""Where distances between the two probabilities are cut: near, apart, far apart."""


def disagreement_table(judged: FloatArray, calls: Calls, settings: ModelSettings) -> pd.DataFrame:
    """Slices of the calls by how the two probabilities stand to each other.

    Args:
        judged: The person's probabilities, for levels those cross-fitted, shape (n,).
        calls: With a model, n of them, at least one.
        settings: Seed, number of resamples, level.

    Returns:
        One row per slice that has calls: by (side, distance), slice, calls, events, judged and modelled (means),
        happened with happened_low and happened_high, brier_judged, brier_modelled, and difference (judged minus
        modelled; below zero the person was nearer) with low and high, which are NaN where too few calls of either
        outcome are at hand.
    """
    if calls.model is None:
        raise ValueError("these calls have no model beside them")
    records = [
        (by, name, *_figures(judged[rows], calls.part(rows), settings))
        for (by, name), rows in _slices(judged, calls.model, calls.base_rate).items()
        if rows.any()
    ]
    names = ["by", "slice", "calls", "events", "judged", "modelled", "happened", "happened_low", "happened_high"]
    names += ["brier_judged", "brier_modelled", "difference", "low", "high"]
    return pd.DataFrame.from_records(records, columns=names)


def _slices(judged: FloatArray, modelled: FloatArray, base_rate: float) -> dict[tuple[str, str], np.ndarray]:
    """Masks by way of slicing and name."""
    person_above, model_above = judged > base_rate, modelled > base_rate
    distance = judged - modelled
    near, far = DISTANCES
    return {
        ("side", "both above the base rate"): person_above & model_above,
        ("side", "person above, model below"): person_above & ~model_above,
        ("side", "person below, model above"): ~person_above & model_above,
        ("side", "both below the base rate"): ~person_above & ~model_above,
        ("distance", f"person higher by over {far * 100:.0f} points"): distance > far,
        ("distance", f"person higher by {near * 100:.0f} to {far * 100:.0f}"): (distance > near) & (distance <= far),
        ("distance", f"within {near * 100:.0f} points"): np.abs(distance) <= near,
        ("distance", f"person lower by {near * 100:.0f} to {far * 100:.0f}"): (distance < -near) & (distance >= -far),
        ("distance", f"person lower by over {far * 100:.0f} points"): distance < -far,
    }


def _figures(judged: FloatArray, calls: Calls, settings: ModelSettings) -> tuple[float, ...]:
    """Figures of one slice, in the order of the columns."""
    modelled = np.asarray(calls.model)
    rate = rate_of(calls.outcomes, calls.clusters, settings.interval_level)
    once = np.ones((1, len(calls)))
    briers = [float(brier_score(stated, calls.outcomes, once)[0]) for stated in (judged, modelled)]
    low = high = float("nan")
    if len(calls) >= MINIMUM_ROWS and min(calls.events, len(calls) - calls.events) >= MINIMUM_EVENTS:
        drawn = np.concatenate(
            [
                brier_score(judged, calls.outcomes, weights) - brier_score(modelled, calls.outcomes, weights)
                for weights in account_draws(pd.Series(calls.clusters), settings)
            ]
        )
        low, high = percentile_interval(drawn, settings.interval_level)
    means = (float(judged.mean()), float(modelled.mean()))
    return (rate.calls, rate.events, *means, rate.value, rate.low, rate.high, *briers, briers[0] - briers[1], low, high)
