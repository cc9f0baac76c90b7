"""What following the person would have been worth, by hand."""

import pandas as pd
import pytest

from models.judgement.overrides import override_value
from models.settings import JudgementSettings, ModelSettings

ENTRIES = pd.DataFrame(
    {
        "account_id": ["a", "b", "c", "d"],
        "renewal_id": ["ra", "rb", "rc", "rd"],
        "checkpoint": "90",
        "sentiment": ["red", "red", "green", "green"],
        "pulse_state": ["fresh", "fresh", "fresh", "stale"],
        "reason_themes": ["budget", "budget,champion", None, None],
        "stance": ["disagree", "disagree", "unclear", "unclear"],
        "base_rate": 0.1,
        "usage_view": [0.05, 0.05, 0.2, 0.1],
        "gut_view": [0.3, 0.3, 0.15, 0.1],
        "churn_probability": [0.1, 0.1, 0.2, 0.1],
        "arr": [300.0, 100.0, 50.0, 50.0],
        "is_churned": pd.array([True, False, False, False], dtype="boolean"),
    }
)
SETTINGS = JudgementSettings(minimum_churns=1)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    found = override_value(ENTRIES, SETTINGS, ModelSettings(bootstrap_resamples=40))
    return found.set_index(["disagreement", "direction", "reason_theme", "policy"])


def test_gains_are_against_usage_alone_on_the_same_renewals(table: pd.DataFrame) -> None:
    row = table.loc[("stance", "human_says_worse", "all", "adjudicate")]
    assert (row["renewals"], row["churns"]) == (2, 1)
    gains = [0.95**2 - 0.7**2, 0.05**2 - 0.3**2]
    assert row["brier_gain"] == pytest.approx(sum(gains) / 2)
    assert row["brier_gain_arr"] == pytest.approx((300 * gains[0] + 100 * gains[1]) / 400)
    assert row["churn_rate"] == 0.5
    assert row["usage_expected"] == pytest.approx(0.05)
    assert row["gut_expected"] == pytest.approx(0.3)
    assert row["person_right_share"] == 0.5


def test_a_policy_that_follows_usage_gains_nothing(table: pd.DataFrame) -> None:
    assert "model_only" not in table.index.get_level_values("policy")
    stacked = table.loc[("all", "human_says_better", "all", "stacked")]
    assert stacked["brier_gain"] == 0.0


def test_only_fresh_pulses_are_set_against_usage(table: pd.DataFrame) -> None:
    assert table.loc[("all", "all", "all", "stacked"), "renewals"] == 3


def test_reasons_are_told_apart_where_views_disagree(table: pd.DataFrame) -> None:
    assert table.loc[("stance", "human_says_worse", "champion", "gut_only"), "renewals"] == 1
    assert table.loc[("distance", "all", "budget", "gut_only"), "renewals"] == 2
    assert ("all", "all", "budget", "gut_only") not in table.index


def test_nothing_to_compare_is_an_empty_table() -> None:
    silent = ENTRIES.assign(sentiment=None, pulse_state="absent")
    assert override_value(silent, SETTINGS, ModelSettings(bootstrap_resamples=40)).empty
