"""One penalized logistic regression, fitted by Newton's method.

Calibration, the meaning of a colour and the logistic baseline are the same small problem with different priors; it is
solved here once. Which inputs and which priors is decided by the caller.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from threadpoolctl import ThreadpoolController

from models.learning import BoolArray, FloatArray

TOLERANCE: Final = 1e-10
MAXIMUM_STEPS: Final = 60
STORED_DECIMALS: Final = 10
"""Coefficients are rounded to this many decimals, so that the last bits of a linear algebra library never show."""
ROWS_AT_A_TIME: Final = 2048
"""Rows that are worked on together; with some hundred columns they fit into a cache."""
SPREAD_DECIMALS: Final = 8
"""Decimals of a posterior deviation, a product of matrices whose last bits depend on what rows stand beside each."""
DRAWN_DECIMALS: Final = 6
"""Drawn coefficients are rounded to this many decimals: they are many, and their size is all that is asked of them."""


def sigmoid(log_odds: FloatArray) -> FloatArray:
    """Probability of log-odds, without overflow at either end."""
    positive = 1.0 / (1.0 + np.exp(-np.abs(log_odds)))
    return np.where(log_odds >= 0, positive, 1.0 - positive)


def weighted_sums(columns: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Sum of each row times the coefficients, shape (n,): the same to the bit whatever rows stand beside it.

    A linear algebra library adds up in an order that depends on how many rows there are and on the processor.
    """
    return np.asarray(np.multiply(columns, coefficients, order="C").sum(axis=1))


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
    signs: FloatArray | None = None,
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
        signs: 1.0 or -1.0 where a coefficient must not lie on the other side of zero, else 0.0, shape (p,). One that
            comes out there is set to zero and the others are fitted again, until none does.

    Returns:
        Coefficients, shape (p,), rounded to `STORED_DECIMALS`.
    """
    # A column without any value other than zero says nothing: its coefficient is the prior's, and its cost is saved.
    speaks = inputs.any(axis=0)
    problem = _Problem(
        inputs if speaks.all() else np.take(inputs, np.flatnonzero(speaks), axis=1),
        outcomes,
        weights,
        center[speaks],
        precision[speaks],
        np.zeros(len(outcomes)) if offset is None else offset,
    )
    coefficients = center.astype(np.float64)
    # One thread: matrices of this size gain nothing from more, and the order of the sums stays the same everywhere.
    with _linear_algebra().limit(limits=1):
        coefficients[speaks] = _solution(problem, np.zeros(speaks.sum()) if signs is None else signs[speaks])
    return np.round(coefficients, STORED_DECIMALS)


def _solution(problem: "_Problem", signs: FloatArray) -> FloatArray:
    """The solution in which no coefficient lies against its sign."""
    coefficients, curvature = problem.center.astype(np.float64), None
    free = np.ones(len(coefficients), dtype=bool)
    while True:
        coefficients, curvature = _newton(problem, coefficients, free, curvature)
        against = np.round(coefficients, STORED_DECIMALS) * signs < 0
        if not against.any():
            return coefficients
        free &= ~against
        coefficients = np.where(free, coefficients, 0.0)


def _newton(
    problem: "_Problem", coefficients: FloatArray, free: BoolArray, curvature: FloatArray | None
) -> tuple[FloatArray, FloatArray | None]:
    """Newton's method from given coefficients on, those that are not free held; with the curvature that it used last.

    The curvature is what costs, and near the solution it hardly changes: one that is known serves on as long as each
    step that it gives is a tenth of the one before, which is also when no step can overshoot.
    """
    length = np.inf
    for _ in range(MAXIMUM_STEPS):
        gradient = problem.gradient(coefficients)
        step = None if curvature is None else _step(curvature, gradient, free)
        if step is None or np.max(np.abs(step), initial=0.0) > length / 10:
            curvature = problem.curvature(coefficients)
            step = problem.shortened(_step(curvature, gradient, free), coefficients)
        coefficients, length = coefficients - step, np.max(np.abs(step), initial=0.0)
        if length < TOLERANCE:
            break
    return coefficients, curvature


def _step(curvature: FloatArray, gradient: FloatArray, free: BoolArray) -> FloatArray:
    """Inverse curvature times gradient among the free coefficients, zero for the others; shape (p,)."""
    step = np.zeros(len(gradient))
    step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
    return step


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
    # A coefficient that nothing informs (no prior, no rows) must not make the system singular.
    curvature = np.diag(precision + 1e-9)
    root = np.sqrt(certainty)[:, None]
    # Some rows at a time, which stay in the cache. Of a matrix with its own transpose the linear algebra computes one
    # half only.
    for first in range(0, len(inputs), ROWS_AT_A_TIME):
        rows = slice(first, first + ROWS_AT_A_TIME)
        scaled = inputs[rows] * root[rows]
        curvature += scaled.T @ scaled
    return curvature


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

    def gradient(self, coefficients: FloatArray) -> FloatArray:
        """First derivative of the penalized loss, shape (p,)."""
        probability = sigmoid(self.inputs @ coefficients + self.offset)
        pull = self.precision * (coefficients - self.center)
        return np.asarray(self.inputs.T @ (self.weights * (probability - self.outcomes)) + pull)

    def curvature(self, coefficients: FloatArray) -> FloatArray:
        """Second derivative of the penalized loss, shape (p, p)."""
        probability = sigmoid(self.inputs @ coefficients + self.offset)
        return _curvature(self.inputs, self.weights * probability * (1 - probability), self.precision)

    def shortened(self, step: FloatArray, coefficients: FloatArray) -> FloatArray:
        """The step, halved until the loss no longer grows; zero where it always does."""
        loss = self.loss(coefficients)
        for _ in range(30):
            if self.loss(coefficients - step) <= loss:
                return step
            step = step / 2
        return np.zeros_like(step)
