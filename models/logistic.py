"""One penalized logistic regression, fitted by Newton's method.

Calibration, the meaning of a colour and the logistic baseline are the same small problem with different priors; it is
solved here once. Which inputs and which priors is decided by the caller.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from threadpoolctl import ThreadpoolController

from models.learning import FloatArray

TOLERANCE: Final = 1e-10
MAXIMUM_STEPS: Final = 60
STORED_DECIMALS: Final = 10
"""Coefficients are rounded to this many decimals, so that the last bits of a linear algebra library never show."""
DRAWN_DECIMALS: Final = 6
"""Drawn coefficients are rounded to this many decimals: they are many, and their size is all that is asked of them."""


def sigmoid(log_odds: FloatArray) -> FloatArray:
    """Probability of log-odds, without overflow at either end."""
    positive = 1.0 / (1.0 + np.exp(-np.abs(log_odds)))
    return np.where(log_odds >= 0, positive, 1.0 - positive)


def logit(probability: FloatArray) -> FloatArray:
    """Log-odds of a probability strictly between zero and one."""
    return np.log(probability) - np.log1p(-probability)


def fit_logistic(
    inputs: FloatArray,
    outcomes: FloatArray,
    weights: FloatArray,
    *,
    center: FloatArray,
    precision: FloatArray,
    offset: FloatArray | None = None,
    start: FloatArray | None = None,
) -> FloatArray:
    """The coefficients with the highest posterior under independent normal priors.

    Minimizes `sum(weights * log loss) + sum(precision * (coefficients - center)**2) / 2`.

    Args:
        inputs: Shape (n, p).
        outcomes: Zero or one, shape (n,).
        weights: Shape (n,).
        center: Prior means, shape (p,).
        precision: Prior precisions, shape (p,); zero leaves a coefficient free.
        offset: Log-odds added to every row, shape (n,).
        start: Coefficients near which the solution is expected, shape (p,); by default the prior means.

    Returns:
        Coefficients, shape (p,), rounded to `STORED_DECIMALS`.
    """
    fixed = np.zeros(len(outcomes)) if offset is None else offset
    # A column without any value other than zero says nothing: its coefficient is the prior's, and its cost is saved.
    speaks = inputs.any(axis=0)
    if not speaks.all():
        coefficients = center.astype(np.float64)
        coefficients[speaks] = fit_logistic(
            inputs[:, speaks],
            outcomes,
            weights,
            center=center[speaks],
            precision=precision[speaks],
            offset=offset,
            start=None if start is None else start[speaks],
        )
        return coefficients
    problem = _Problem(inputs, outcomes, weights, center, precision, fixed)
    coefficients = (center if start is None else start).astype(np.float64)
    # One thread: matrices of this size gain nothing from more, and the order of the sums stays the same everywhere.
    with _linear_algebra().limit(limits=1):
        for _ in range(MAXIMUM_STEPS):
            step = problem.shortened(problem.newton_step(coefficients), coefficients)
            coefficients = coefficients - step
            if np.max(np.abs(step), initial=0.0) < TOLERANCE:
                break
    return np.round(coefficients, STORED_DECIMALS)


def posterior_draws(
    inputs: FloatArray,
    weights: FloatArray,
    *,
    coefficients: FloatArray,
    precision: FloatArray,
    offset: FloatArray,
    draws: int,
    seed: int,
) -> FloatArray:
    """Coefficients drawn from the normal approximation of their posterior (Laplace; MacKay 1992).

    Its precision is the curvature of the penalized loss at the coefficients. The weights may differ from those of the
    fit, where rows of one outcome were counted more than once.

    Args:
        inputs: Shape (n, p).
        weights: Evidence of each row, shape (n,).
        coefficients: As fitted, shape (p,).
        precision: Prior precisions, shape (p,).
        offset: Log-odds added to every row, shape (n,).
        draws: How many to draw.
        seed: Of the draws.

    Returns:
        Shape (draws, p), rounded to `DRAWN_DECIMALS`.
    """
    probability = sigmoid(inputs @ coefficients + offset)
    with _linear_algebra().limit(limits=1):
        curvature = _curvature(inputs, weights * probability * (1 - probability), precision)
        root = np.linalg.cholesky(curvature)
        noise = np.random.default_rng(seed).standard_normal((len(coefficients), draws))
        shifts = np.linalg.solve(root.T, noise)
    return np.round(coefficients + shifts.T, DRAWN_DECIMALS)


@cache
def _linear_algebra() -> ThreadpoolController:
    """The linear algebra of this process; to look for it in every fit would take as long as a small fit."""
    return ThreadpoolController().select(user_api="blas")


def _curvature(inputs: FloatArray, certainty: FloatArray, precision: FloatArray) -> FloatArray:
    """Second derivative of the penalized loss, shape (p, p)."""
    # Of a matrix with its own transpose the linear algebra computes one half only.
    scaled = inputs * np.sqrt(certainty)[:, None]
    # A coefficient that nothing informs (no prior, no rows) must not make the system singular.
    return np.asarray(scaled.T @ scaled + np.diag(precision + 1e-9))


@dataclass(frozen=True, slots=True)
class _Problem:
    """The arguments of `fit_logistic`, and what Newton's method asks of them."""

    inputs: FloatArray
    outcomes: FloatArray
    weights: FloatArray
    center: FloatArray
    precision: FloatArray
    offset: FloatArray

    def loss(self, coefficients: FloatArray) -> float:
        """Weighted log loss plus penalty."""
        log_odds = self.inputs @ coefficients + self.offset
        log_loss = np.logaddexp(0.0, log_odds) - self.outcomes * log_odds
        return float(self.weights @ log_loss + 0.5 * self.precision @ (coefficients - self.center) ** 2)

    def newton_step(self, coefficients: FloatArray) -> FloatArray:
        """Inverse curvature times gradient, shape (p,)."""
        probability = sigmoid(self.inputs @ coefficients + self.offset)
        pull = self.precision * (coefficients - self.center)
        gradient = self.inputs.T @ (self.weights * (probability - self.outcomes)) + pull
        curvature = _curvature(self.inputs, self.weights * probability * (1 - probability), self.precision)
        return np.asarray(np.linalg.solve(curvature, gradient), dtype=np.float64)

    def shortened(self, step: FloatArray, coefficients: FloatArray) -> FloatArray:
        """The step, halved until the loss no longer grows; zero where it always does."""
        loss = self.loss(coefficients)
        for _ in range(30):
            if self.loss(coefficients - step) <= loss:
                return step
            step = step / 2
        return np.zeros_like(step)
