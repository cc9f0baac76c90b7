"""The closed forms agree with a statistics library, and Holm with its definition."""

import numpy as np
import pytest
from scipy import stats

from models.significance import chi_square_tail, holm, normal_tails
from models.stability import compare_missing, stability_index


@pytest.mark.parametrize("degrees", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("value", [0.0, 0.3, 5.0, 40.0])
def test_the_tail_of_chi_square_is_that_of_the_library(degrees: int, value: float) -> None:
    assert chi_square_tail(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), abs=1e-12)


def test_the_tails_of_the_normal_are_those_of_the_library() -> None:
    assert normal_tails(-2.58) == pytest.approx(2 * stats.norm.sf(2.58))


def test_holm_multiplies_the_smallest_by_all_and_never_lets_a_larger_one_fall_below() -> None:
    adjusted = holm(np.array([0.04, np.nan, 0.01, 0.03, 0.6]))

    np.testing.assert_allclose(adjusted, [0.09, np.nan, 0.04, 0.09, 0.6])


def test_a_stability_index_of_chance_has_the_p_value_of_chance() -> None:
    generator = np.random.default_rng(5)
    shares = np.full(8, 1 / 8)
    p_values = [
        stability_index(generator.multinomial(800, shares) / 800, generator.multinomial(200, shares), 800, 200).p_value
        for _ in range(400)
    ]

    assert 0.05 < np.mean(np.array(p_values) < 0.1) < 0.15


def test_without_values_on_either_side_nothing_is_compared() -> None:
    assert np.isnan(stability_index(np.array([1.0, 0.0]), np.array([0.0, 0.0]), 50, 0).p_value)
    assert np.isnan(compare_missing(0.1, 0.0, 0, 10).value)


def test_a_share_missing_that_did_not_change_is_no_difference() -> None:
    assert compare_missing(0.3, 0.3, 100, 50).p_value == 1.0
    assert compare_missing(0.1, 0.5, 400, 100).p_value < 1e-10
