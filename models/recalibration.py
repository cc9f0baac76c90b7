"""How probabilities stand to what came of them: recalibration by logistic regression and by isotonic regression.

Measures only; the calibrator that is part of a model is in `calibration`. Charts of the curves are made in `plots`.
"""

from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression

from models.learning import FloatArray, IntArray, unit_of
from models.logistic import logit, sigmoid
from models.metrics import LEAST_PROBABILITY
from models.settings import ModelSettings

TOLERANCE: Final = 1e-4
"""A step as short as this leaves an error of the order of its square."""
MAXIMUM_STEPS: Final = 50
LONGEST_STEP: Final = 2.0
"""A step of Newton's method never moves a coefficient further: far from the solution the curvature misleads."""
LEAST_SPREAD: Final = 1e-9
"""Log-odds that differ by less are one and the same prediction, to which no slope can be fitted."""


class BrierParts(NamedTuple):
    """The parts of a Brier score: `score = miscalibration - discrimination + uncertainty`."""

    miscalibration: float
    discrimination: float
    uncertainty: float


def calibration_intercept(scores: FloatArray, outcomes: FloatArray, weights: FloatArray) -> FloatArray:
    """Calibration in the large: the shift in log-odds that makes predictions right on average, the slope held at one.

    The weighted maximum likelihood estimate of `a` in `logit P(churn) = a + logit(prediction)`, without a prior (Cox
    1958, Two further applications of a model for binary regression; the hierarchy of Van Calster et al. 2016, A
    calibration hierarchy for risk models). Above zero the predictions were too low.

    Args:
        scores: Probabilities, shape (n,).
        outcomes: Zero or one, shape (n,).
        weights: Shape (draws, n).

    Returns:
        Log-odds, shape (draws,); NaN where only one outcome has weight.
    """
    ones = np.ones((len(scores), 1))
    return _maximum_likelihood(ones, _log_odds(scores), outcomes, weights)[:, 0]


def calibration_slope(scores: FloatArray, outcomes: FloatArray, weights: FloatArray) -> FloatArray:
    """By what the log-odds of the predictions would have to be stretched to be right.

    The weighted maximum likelihood estimate of `b` in `logit P(churn) = a + b * logit(prediction)`, without a prior and
    with a free intercept (Cox 1958). Below one the predictions were too extreme, above one too timid.

    Args:
        scores: Probabilities, shape (n,).
        outcomes: Zero or one, shape (n,).
        weights: Shape (draws, n).

    Returns:
        Shape (draws,); NaN where only one outcome has weight, where all predictions are equal, and where they separate
        the outcomes without error, so that no finite slope is the most likely.
    """
    log_odds = _log_odds(scores)
    if not len(log_odds) or np.ptp(log_odds) < LEAST_SPREAD:
        return np.full(len(weights), np.nan)
    inputs = np.column_stack([np.ones(len(scores)), log_odds - log_odds.mean()])
    return _maximum_likelihood(inputs, np.zeros(len(scores)), outcomes, weights)[:, 1]


def decompose_brier(scores: FloatArray, outcomes: FloatArray, weights: FloatArray) -> BrierParts:
    """Decompose the Brier score by isotonic regression: CORP, as the library `model-diagnostics` computes it.

    Dimitriadis, Gneiting and Jordan 2021, Stable reliability diagrams for probabilistic classifiers. There is no choice
    of bins. No interval either: in a resample rows repeat, isotonic regression fits repeats as if they were evidence,
    and miscalibration and discrimination of resamples lie above those of the sample.

    Args:
        scores: Probabilities, shape (n,), n at least 1.
        outcomes: Zero or one, shape (n,).
        weights: Shape (n,).
    """
    # Brings matplotlib and polars along, two seconds that only an evaluation should pay.
    from model_diagnostics.scoring import SquaredError, decompose

    if len(scores) == 1:
        # The library takes a single prediction for a scalar, and stops; twice the same row has the same parts.
        scores, outcomes, weights = np.repeat(scores, 2), np.repeat(outcomes, 2), np.repeat(weights, 2)
    parts = decompose(outcomes, scores, weights, scoring_function=SquaredError())
    return BrierParts(*(float(parts[name].item()) for name in BrierParts._fields))


def reliability_curve(scores: FloatArray, outcomes: FloatArray, weights: FloatArray) -> pd.DataFrame:
    """The CORP reliability diagram: the churn rate by prediction, as isotonic regression has it.

    Args:
        scores: Probabilities, shape (n,).
        outcomes: Zero or one, shape (n,).
        weights: Shape (n,).

    Returns:
        predicted and observed at the corners of the curve, ascending; straight between them.
    """
    isotonic = IsotonicRegression().fit(scores, outcomes, sample_weight=weights)
    return pd.DataFrame({"predicted": isotonic.X_thresholds_, "observed": isotonic.y_thresholds_})


def consistency_band(rows: pd.DataFrame, predicted: FloatArray, settings: ModelSettings) -> pd.DataFrame:
    """Where the curve would lie if the predictions were true.

    Outcomes are drawn from the predictions, one draw per renewal (rolling: contract) since its rows share one outcome,
    and the curve is fitted to each set (Dimitriadis et al. 2021, consistency bands; the library offers confidence bands
    from resampled rows only, which count the rows of one renewal as independent).

    Args:
        rows: Predictions of one model and band: the key, contract_id, band, probability, weight.
        predicted: Probabilities at which the band is wanted, ascending, shape (m,).
        settings: Seed, number of draws, level.

    Returns:
        predicted, low, high: m rows.
    """
    scores, weights = rows["probability"].to_numpy(dtype=np.float64), rows["weight"].to_numpy(dtype=np.float64)
    units, _ = pd.factorize(unit_of(rows), sort=True)
    return band_of_true(scores, weights, units, predicted, settings)


def band_of_true(
    scores: FloatArray, weights: FloatArray, units: IntArray, predicted: FloatArray, settings: ModelSettings
) -> pd.DataFrame:
    """The same for any predictions.

    Args:
        scores: Probabilities, shape (n,).
        weights: Shape (n,).
        units: Number of the unit whose outcome each row shares, shape (n,), counted from 0 without a gap.
        predicted: Probabilities at which the band is wanted, ascending, shape (m,).
        settings: Seed, number of draws, level.

    Returns:
        predicted, low, high: m rows.
    """
    generator = np.random.default_rng(settings.seed)
    curves = np.empty((settings.bootstrap_resamples, len(predicted)))
    for draw in range(settings.bootstrap_resamples):
        drawn = (generator.random(units.max() + 1)[units] < scores).astype(np.float64)
        isotonic = IsotonicRegression(out_of_bounds="clip").fit(scores, drawn, sample_weight=weights)
        curves[draw] = isotonic.predict(predicted)
    ends = [(1 - settings.interval_level) / 2, (1 + settings.interval_level) / 2]
    low, high = np.quantile(curves, ends, axis=0)
    return pd.DataFrame({"predicted": predicted, "low": low, "high": high})


def _log_odds(scores: FloatArray) -> FloatArray:
    return logit(np.clip(scores, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))


def _maximum_likelihood(
    inputs: FloatArray, offset: FloatArray, outcomes: FloatArray, weights: FloatArray
) -> FloatArray:
    """Coefficients of a logistic regression for every row of weights, shape (draws, p); NaN where there are none.

    Newton's method for all draws at once, from the solution under their mean weights: resamples lie around it.
    """
    both = (weights @ outcomes > 0) & (weights @ (1 - outcomes) > 0)
    coefficients = np.full((len(weights), inputs.shape[1]), np.nan)
    if both.any():
        drawn = weights if both.all() else weights[both]
        middle = np.ones((1, len(drawn))) @ drawn / len(drawn)
        start = _newton(inputs, offset, outcomes, middle, np.zeros(inputs.shape[1]))[0]
        coefficients[both] = _newton(inputs, offset, outcomes, drawn, np.nan_to_num(start))
    return coefficients


def _newton(
    inputs: FloatArray, offset: FloatArray, outcomes: FloatArray, weights: FloatArray, start: FloatArray
) -> FloatArray:
    """The coefficients at which the gradients vanish, NaN where no step gets there; start has shape (p,)."""
    count = inputs.shape[1]
    products = np.einsum("ni,nj->nij", inputs, inputs).reshape(len(inputs), count * count)
    # A curvature that has vanished, as under separated outcomes, must not make the system singular.
    ridge = 1e-9 * np.eye(count)
    coefficients = np.repeat(start[None, :], len(weights), axis=0)
    # All draws begin at the same place, where one probability per row serves them all.
    probability = sigmoid(inputs @ start + offset)
    moving, drawn = np.arange(len(weights)), weights
    for _ in range(MAXIMUM_STEPS):
        gradient = (drawn * (outcomes - probability)) @ inputs
        curvature = (drawn * (probability * (1 - probability))) @ products
        step = np.linalg.solve(curvature.reshape(-1, count, count) + ridge, gradient[:, :, None])[:, :, 0]
        coefficients[moving] += np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        is_moving = np.abs(step).max(axis=1) >= TOLERANCE
        if not is_moving.any():
            return coefficients
        if not is_moving.all():
            moving, drawn = moving[is_moving], drawn[is_moving]
        probability = sigmoid(coefficients[moving] @ inputs.T + offset)
    coefficients[moving] = np.nan
    return coefficients
