"""Which view each policy takes, and where the tiers begin."""

import numpy as np
import pandas as pd
import pytest

from models.policy import POLICIES, policy_probability, risk_tiers
from models.settings import ModelSettings

VIEWS = pd.DataFrame(
    {
        "usage_view": [0.05, 0.05, 0.30, 0.05, np.nan],
        "gut_view": [0.25, 0.25, 0.04, 0.10, np.nan],
        "churn_probability": [0.12, 0.40, 0.20, 0.07, np.nan],
        "sentiment": ["red", "red", "green", None, None],
        "pulse_state": ["fresh", "stale", "fresh", "absent", "absent"],
        "stance": ["disagree", "unclear", "disagree", "unclear", None],
    }
)
EXPECTED = {
    "model_only": [0.05, 0.05, 0.30, 0.05, np.nan],
    "gut_only": [0.25, 0.25, 0.04, 0.10, np.nan],
    "stacked": [0.12, 0.40, 0.20, 0.07, np.nan],
    "red_wins": [0.25, 0.40, 0.20, 0.07, np.nan],
    "adjudicate": [0.25, 0.40, 0.04, 0.07, np.nan],
}


@pytest.mark.parametrize("policy", POLICIES)
def test_each_policy_takes_its_view(policy: str) -> None:
    np.testing.assert_array_equal(policy_probability(policy, VIEWS), EXPECTED[policy])


def test_a_louder_stacked_view_stands_above_a_red() -> None:
    louder = VIEWS.iloc[[0]].assign(churn_probability=0.6)
    assert policy_probability("red_wins", louder) == [0.6]


def test_tiers_begin_above_multiples_of_the_base_rate() -> None:
    probability = np.array([0.25, 0.2501, 0.15, 0.1501, 0.01, np.nan])
    tiers = risk_tiers(probability, np.full(6, 0.1), ModelSettings())
    assert tiers.tolist() == ["elevated", "high", "low", "elevated", "low", None]
