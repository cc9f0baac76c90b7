import numpy as np
import pandas as pd
import pytest

from models.settings import ModelSettings
from models.stance import stances


@pytest.mark.parametrize(
    ("usage_view", "sentiment", "pulse_state", "stance"),
    [
        (0.20, "green", "fresh", "disagree"),
        (0.05, "red", "fresh", "disagree"),
        (0.20, "red", "fresh", "agree_on_risk"),
        (0.05, "green", "fresh", "agree_on_health"),
        (0.1875, "red", "fresh", "unclear"),  # exactly 1.5 times the base rate is not above it
        (0.09375, "green", "fresh", "unclear"),
        (0.20, "yellow", "fresh", "unclear"),
        (0.20, "green", "stale", "unclear"),
        (0.05, "red", "inherited", "unclear"),
        (0.20, None, "absent", "unclear"),
        (np.nan, "red", "fresh", None),
    ],
)
def test_stance(usage_view: float, sentiment: str | None, pulse_state: str, stance: str | None) -> None:
    scores = pd.DataFrame({"usage_view": [usage_view], "base_rate": [0.125]})
    snapshots = pd.DataFrame({"sentiment": [sentiment], "pulse_state": [pulse_state]})
    assert stances(scores, snapshots, ModelSettings()).tolist() == [stance]
