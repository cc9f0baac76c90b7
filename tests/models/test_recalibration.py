from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from models.logistic import logit, sigmoid
from models.metrics import brier_score
from models.recalibration import (
    calibration_intercept,
    calibration_slope,
    consistency_band,
    decompose_brier,
    reliability_curve,
)
from models.settings import ModelSettings


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(5).normal(-1.5, 1.0, 4000)


def outcomes_of(log_odds: np.ndarray, seed: int = 6) -> np.ndarray:
    return (np.random.default_rng(seed).random(len(log_odds)) < sigmoid(log_odds)).astype(float)


def test_slope_and_intercept_are_those_of_an_unpenalized_logistic_regression(truth: np.ndarray) -> None:
    outcomes, scores = outcomes_of(truth), sigmoid(1.7 * truth + 0.4)
    weights = np.random.default_rng(7).uniform(0.1, 2.0, (3, len(truth)))
    slopes, intercepts = (f(scores, outcomes, weights) for f in (calibration_slope, calibration_intercept))
    for draw, weight in enumerate(weights):
        reference = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(scores)[:, None], outcomes, weight)
        assert slopes[draw] == pytest.approx(reference.coef_[0, 0], abs=1e-5)
        # At the intercept the recalibrated predictions are right on average; that is what defines it.
        shifted = sigmoid(logit(scores) + intercepts[draw])
        assert weight @ shifted == pytest.approx(weight @ outcomes, rel=1e-7)


def test_too_extreme_predictions_have_a_slope_below_one_and_too_low_ones_an_intercept_above_zero(
    truth: np.ndarray,
) -> None:
    outcomes, once = outcomes_of(truth), np.ones((1, len(truth)))
    assert calibration_slope(sigmoid(2 * truth), outcomes, once)[0] == pytest.approx(0.5, abs=0.05)
    assert calibration_slope(sigmoid(truth), outcomes, once)[0] == pytest.approx(1.0, abs=0.1)
    assert calibration_intercept(sigmoid(truth - 1), outcomes, once)[0] == pytest.approx(1.0, abs=0.1)
    # The shift is no matter of the slope.
    assert calibration_slope(sigmoid(truth - 1), outcomes, once)[0] == pytest.approx(1.0, abs=0.1)


def test_where_nothing_can_be_fitted_there_is_no_figure() -> None:
    scores, outcomes = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 0.0, 1.0, 1.0])
    only_churned, only_stayed = np.array([[0.0, 0.0, 1.0, 2.0]]), np.array([[1.0, 3.0, 0.0, 0.0]])
    for weights in (only_churned, only_stayed):
        assert np.isnan(calibration_slope(scores, outcomes, weights)).all()
        assert np.isnan(calibration_intercept(scores, outcomes, weights)).all()
    separated = np.ones((1, 4))
    assert np.isnan(calibration_slope(scores, outcomes, separated)).all()
    assert np.isnan(calibration_slope(np.full(4, 0.2), outcomes, separated)).all()
    assert calibration_intercept(np.full(4, 0.2), outcomes, separated)[0] == pytest.approx(np.log(4))


def test_a_separated_draw_leaves_the_others_their_figure() -> None:
    scores, outcomes = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 1.0, 0.0, 1.0])
    weights = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0]])
    both = calibration_slope(scores, outcomes, weights)
    assert both[0] == pytest.approx(calibration_slope(scores, outcomes, weights[:1])[0], abs=1e-6)
    assert np.isnan(both[1])


def test_the_parts_of_the_brier_score_add_up_to_it(truth: np.ndarray) -> None:
    scores, outcomes = sigmoid(1.5 * truth), outcomes_of(truth)
    weights = np.random.default_rng(8).uniform(0.1, 2.0, len(truth))
    parts = decompose_brier(scores, outcomes, weights)
    whole = brier_score(scores, outcomes, weights[None, :])[0]
    assert parts.miscalibration - parts.discrimination + parts.uncertainty == pytest.approx(whole)
    rate = np.average(outcomes, weights=weights)
    assert parts.uncertainty == pytest.approx(rate * (1 - rate))
    assert parts.miscalibration > 0
    assert parts.discrimination > 0.01


def test_a_ranking_that_is_true_within_itself_is_not_miscalibrated() -> None:
    scores, outcomes = np.array([0.25, 0.25, 0.25, 0.25, 0.5, 0.5]), np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    assert decompose_brier(scores, outcomes, np.ones(6)).miscalibration == pytest.approx(0.0)
    assert decompose_brier(scores, np.zeros(6), np.ones(6)).uncertainty == 0.0


def test_a_single_prediction_has_parts_too() -> None:
    parts = decompose_brier(np.array([0.2]), np.array([1.0]), np.array([0.5]))
    assert parts == pytest.approx((0.64, 0.0, 0.0))


def test_the_curve_by_hand() -> None:
    # 0.2 and 0.3 are out of order and are pooled to their mean of a half.
    curve = reliability_curve(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4))
    expected = pd.DataFrame({"predicted": [0.1, 0.2, 0.3, 0.4], "observed": [0.0, 0.5, 0.5, 1.0]})
    pd.testing.assert_frame_equal(curve, expected)


def test_true_predictions_stay_in_the_consistency_band_and_rows_of_one_renewal_count_once(
    snapshot_rows: Callable[..., pd.DataFrame],
) -> None:
    settings = ModelSettings(bootstrap_resamples=200)
    size = 600
    probability = np.linspace(0.05, 0.5, size)
    rows = snapshot_rows(account_id=[f"a{number}" for number in range(size)]).assign(
        renewal_id=[f"r{number}" for number in range(size)], probability=probability, weight=1.0
    )
    points = np.array([0.1, 0.25, 0.4])
    band = consistency_band(rows, points, settings)
    assert ((band["low"] < points) & (points < band["high"])).all()

    # Each renewal seen three times is no more evidence than seen once.
    thrice = pd.concat([rows.assign(weight=1 / 3)] * 3, ignore_index=True)
    pd.testing.assert_frame_equal(consistency_band(thrice, points, settings), band)
    # A third of the renewals leaves a wider band.
    fewer = consistency_band(rows.iloc[::3], points, settings)
    assert ((fewer["high"] - fewer["low"]) > (band["high"] - band["low"])).all()
