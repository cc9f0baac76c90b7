import numpy as np
import pandas as pd

from models.contribution_summary import (
    SHOWN_FEATURES,
    SHOWN_ROWS,
    SUMMARY_COLUMNS,
    contribution_shares,
    headline_contributions,
    summarize_contributions,
)
from models.learning import LearningData
from models.training import TrainingResult


def test_shares_are_of_absolute_weighted_contributions() -> None:
    contributions = np.array([[1.0, -1.0], [-2.0, 0.0]])
    assert contribution_shares(["a", "b"], contributions, np.array([1.0, 0.5])) == {"a": 2 / 3, "b": 1 / 3}
    assert contribution_shares(["a", "b"], np.zeros((2, 2)), np.ones(2)) == {}


def test_the_summary_by_hand() -> None:
    contributions = np.array([[0.1, -1.0, 0.0], [0.2, 2.0, 0.0]])
    values = pd.DataFrame({"small": [5.0, np.nan], "large": ["x", "y"], "none": [1.0, 2.0]})
    expected = pd.DataFrame(
        {
            "feature": ["large", "large", "small", "small"],
            "contribution": [-1.0, 2.0, 0.1, 0.2],
            "value_percentile": [np.nan, np.nan, 1.0, np.nan],
            "value": [np.nan, np.nan, 5.0, np.nan],
            "category": ["x", "y", None, None],
        }
    )
    pd.testing.assert_frame_equal(summarize_contributions(["small", "large", "none"], contributions, values), expected)


def test_no_more_is_shown_than_can_be_told_apart() -> None:
    generator = np.random.default_rng(0)
    names = [f"f{number:02d}" for number in range(20)]
    values = pd.DataFrame(generator.normal(size=(1000, 20)), columns=names)
    table = summarize_contributions(names, values.to_numpy(), values)
    assert len(table) == SHOWN_FEATURES * SHOWN_ROWS
    assert table["value_percentile"].between(0, 1).all()


def test_a_training_leaves_a_summary_and_a_base_rate_leaves_none(
    trained: TrainingResult, trained_base_rate: TrainingResult, company: LearningData
) -> None:
    assert tuple(trained.contributions.columns) == SUMMARY_COLUMNS
    assert set(trained.contributions["feature"]) <= {feature.name for feature in company.features}
    assert trained_base_rate.contributions.empty
    _, shares = headline_contributions(trained.model, company.cohort(company.through).snapshots)
    assert np.isclose(sum(shares.values()), 1.0)
    assert headline_contributions(trained.model, company.snapshots.head(0))[1] == {}
