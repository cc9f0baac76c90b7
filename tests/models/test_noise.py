"""With nothing to find, nothing is found: over many companies the intervals hold what they promise."""

from collections.abc import Callable

import pytest

from models.learning import LearningData
from models.settings import ModelSettings
from models.training import train

pytestmark = pytest.mark.slow

SEEDS = range(20)


def test_on_pure_noise_the_ranking_is_a_coin_and_training_says_so(
    make_company: Callable[..., LearningData], fast_settings: ModelSettings
) -> None:
    inside, spoken = 0, 0
    for seed in SEEDS:
        result = train(make_company(seed=seed, accounts=250, years=4.5, signal=0.0), fast_settings)
        metrics = result.backtest_metrics[result.backtest_metrics["slice_by"] == "all"]
        auc = metrics.set_index(["band", "model", "metric"]).loc[("90-180", "churn_probability", "roc_auc")]
        inside += auc["low"] < 0.5 < auc["high"]
        spoken += not any(
            note.startswith("The model beats the base rate on renewals 90 to 180 days ahead") for note in result.notes
        )
    assert inside >= 17
    assert spoken >= 19
