"""Policies: which of the views a probability is taken from, and the tier that it puts a renewal in.

Rules over what the views said, fitted nowhere: their limits are multiples of the base rate, which is refitted at each
cut-off. Whether a policy beats usage alone is told by `judgement.overrides`; which one is in force is a setting.
"""

from typing import Final, get_args

import numpy as np
import pandas as pd

from models.learning import FloatArray, TextArray
from models.settings import ModelSettings, Policy
from models.stance import DISAGREE

POLICIES: Final[tuple[Policy, ...]] = get_args(Policy)
REFERENCE_POLICY: Final[Policy] = "model_only"
"""What every policy is compared with: no human judgement."""

HIGH: Final = "high"
ELEVATED: Final = "elevated"
LOW: Final = "low"
TIERS: Final = (HIGH, ELEVATED, LOW)


def policy_probability(policy: Policy, views: pd.DataFrame) -> FloatArray:
    """Probability of churn by a policy, shape (n,); NaN where the view that it takes has none.

    `model_only` is usage alone, `gut_only` what the colour has meant, `stacked` both learned together, `red_wins` the
    larger of stacked and gut where the pulse is a fresh red, `adjudicate` the gut view where usage and gut disagree.

    Args:
        policy: Its name.
        views: `usage_view`, `gut_view`, `churn_probability`, `sentiment`, `pulse_state` and `stance`.
    """
    usage, gut, both = (
        views[column].to_numpy(dtype=np.float64) for column in ("usage_view", "gut_view", "churn_probability")
    )
    if policy == "model_only":
        return usage
    if policy == "gut_only":
        return gut
    if policy == "stacked":
        return both
    if policy == "red_wins":
        is_fresh_red = ((views["sentiment"] == "red") & (views["pulse_state"] == "fresh")).to_numpy(dtype=bool)
        return np.where(is_fresh_red, np.fmax(both, gut), both)
    return np.where((views["stance"] == DISAGREE).to_numpy(dtype=bool), gut, both)


def risk_tiers(probability: FloatArray, base: FloatArray, settings: ModelSettings) -> TextArray:
    """Tier of each row, shape (n,): high, elevated or low; None where there is no probability.

    Args:
        probability: By the policy in force, shape (n,).
        base: Base rate of each row's horizon as known then, shape (n,).
        settings: The multiples of the base rate at which the tiers begin.
    """
    conditions = [probability > settings.high_above * base, probability > settings.risky_above * base]
    tiers = np.select(conditions, [HIGH, ELEVATED], default=LOW).astype(object)
    tiers[np.isnan(probability) | np.isnan(base)] = None
    return tiers
