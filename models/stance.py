"""Stance: how what usage says and what the person said stand to each other.

A rule, not a fit: its two thresholds are settings, its reference is the base rate that the model knew. What to do about
a stance is decided where actions are.
"""

from typing import Final

import numpy as np
import pandas as pd

from models.learning import FloatArray, TextArray
from models.settings import ModelSettings

DISAGREE: Final = "disagree"
AGREE_ON_RISK: Final = "agree_on_risk"
AGREE_ON_HEALTH: Final = "agree_on_health"
UNCLEAR: Final = "unclear"

RISKY: Final = "risky"
MIDDLING: Final = "middling"
HEALTHY: Final = "healthy"


def usage_calls(usage: FloatArray, base: FloatArray, settings: ModelSettings) -> TextArray:
    """What usage alone says of each row, shape (n,): risky above, healthy below a multiple of the base rate."""
    conditions = [usage > settings.risky_above * base, usage < settings.healthy_below * base]
    return np.select(conditions, [RISKY, HEALTHY], default=MIDDLING).astype(object)


def stances(scores: pd.DataFrame, snapshots: pd.DataFrame, settings: ModelSettings) -> TextArray:
    """Stance of each row, shape (n,); None where the row is not scored, since nothing stands against the pulse there.

    Usage is risky above, and healthy below, a multiple of the band's base rate. The person says risk by red and health
    by green, and counts only while the pulse is fresh. Whatever is neither agreement nor contradiction is unclear.

    Args:
        scores: `usage_view` and `base_rate`, in the order of the snapshots.
        snapshots: `sentiment` and `pulse_state`.
        settings: The two multiples.
    """
    usage, base = scores["usage_view"].to_numpy(dtype=np.float64), scores["base_rate"].to_numpy(dtype=np.float64)
    call = usage_calls(usage, base, settings)
    usage_risky, usage_healthy = call == RISKY, call == HEALTHY
    fresh = (snapshots["pulse_state"] == "fresh").to_numpy(dtype=bool)
    colour = snapshots["sentiment"].to_numpy(dtype=object)
    gut_risky, gut_healthy = fresh & (colour == "red"), fresh & (colour == "green")
    conditions = [
        (usage_risky & gut_healthy) | (usage_healthy & gut_risky),
        usage_risky & gut_risky,
        usage_healthy & gut_healthy,
    ]
    stance = np.select(conditions, [DISAGREE, AGREE_ON_RISK, AGREE_ON_HEALTH], default=UNCLEAR).astype(object)
    stance[np.isnan(usage)] = None
    return stance
