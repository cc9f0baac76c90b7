import numpy as np
import pytest

from models.calls.rates import design_effect, rate_of


def names(*values: object) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=object)


def test_the_interval_is_wilsons_and_holds_at_no_event() -> None:
    # z^2 / (n + z^2) with z = 1.959964
    rate = rate_of(np.zeros(20), names(*range(20)), 0.95)
    assert (rate.value, rate.low) == (0.0, 0.0)
    assert rate.high == pytest.approx(3.841459 / 23.841459, abs=1e-6)
    half = rate_of(np.array([0.0, 1.0] * 50), names(*range(100)), 0.95)
    assert (half.low, half.high) == pytest.approx((0.403832, 0.596168), abs=1e-5)


def test_calls_that_repeat_each_other_count_once() -> None:
    outcomes = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 1.0] * 10)
    clusters = names(*range(60))
    once = rate_of(outcomes, clusters, 0.95)
    twice = rate_of(np.repeat(outcomes, 2), np.repeat(clusters, 2), 0.95)
    assert twice.value == once.value
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high), abs=0.002)
    # Within clusters that hold both outcomes there is nothing to widen.
    assert design_effect(np.array([0.0, 1.0] * 20), np.repeat(clusters[:20], 2)) == 1.0


def test_no_call_has_no_rate() -> None:
    rate = rate_of(np.array([]), names(), 0.95)
    assert rate.calls == 0
    assert np.isnan([rate.value, rate.low, rate.high]).all()
