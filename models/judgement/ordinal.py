"""A cumulative probit regression whose shift, slope and spread differ between people, fitted by empirical Bayes.

The numerical half of `raters`, which knows what the effects mean.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.stats import norm

from models.learning import FloatArray, IntArray

MAXIMUM_STEPS: Final = 60
MAXIMUM_ROUNDS: Final = 60
TOLERANCE: Final = 1e-8
"""Gain in log posterior below which a fit stands."""
SD_TOLERANCE: Final = 1e-3
"""Change of the estimated spreads below which they stand."""
FIRST_SD: Final = (0.3, 0.2, 0.3)
"""Spreads of shift, log spread and slope from which the estimation starts, in residual standard deviations."""
LEAST_SD: Final = 1e-3
LEAST_FREEDOM: Final = 3
"""Degrees of freedom below which a t distribution would have no variance to speak of."""
FIXED_PRECISION: Final = 1e-2
"""Weak prior on what everybody shares: a column that separates the levels must not run away."""
LEAST_PROBABILITY: Final = 1e-9
LEAST_STEP: Final = 1e-6
"""A step that has to be shorter than this to gain anything gains nothing."""
ROWS_AT_ONCE: Final = 4000
"""Derivatives take calls x levels x coefficients numbers; so many calls of a hundred people fit into memory."""


@dataclass(frozen=True)
class Design:
    """Calls as the regression takes them, n of them.

    Attributes:
        levels: 0 to K-1, every one of them chosen by somebody, shape (n,).
        outcomes: Zero or one, shape (n,).
        difficulty: Shape (n, p).
        ages: Age of each call, in months, shape (n,).
        rater: Position of the person, -1 for those without effects of their own, shape (n,).
        raters: People with effects of their own.
        top: K-1.
    """

    levels: IntArray
    outcomes: FloatArray
    difficulty: FloatArray
    ages: FloatArray
    rater: IntArray
    raters: int
    top: int

    @classmethod
    def of(
        cls,
        levels: IntArray,
        outcomes: FloatArray,
        difficulty: FloatArray,
        ages: FloatArray,
        rater: IntArray,
        raters: int,
    ) -> "Design":
        """The design of calls whose levels are all taken."""
        return cls(levels, outcomes, difficulty, ages, rater, raters, int(levels.max()))

    def rows(self, rows: slice) -> "Design":
        """Some of the calls."""
        return replace(
            self,
            levels=self.levels[rows],
            outcomes=self.outcomes[rows],
            difficulty=self.difficulty[rows],
            ages=self.ages[rows],
            rater=self.rater[rows],
        )

    @property
    def shared(self) -> int:
        """Coefficients that everybody shares: limits, difficulty, outcome, outcome by age."""
        return self.top + int(self.difficulty.shape[1]) + 2

    @property
    def size(self) -> int:
        """All coefficients."""
        return self.shared + 3 * self.raters


@dataclass(frozen=True)
class Effects:
    """Coefficients by their meaning.

    A call is at or below level k with probability `Phi((limits[k] - looks) / spread)`, where `looks = difficulty @ b +
    outcome * (slope + ageing * age + own slope) - optimism`.

    Attributes:
        limits: Ascending, shape (K-1,).
        difficulty: Shape (p,).
        slope: Of the outcome.
        ageing: By how much that slope changes per month of age.
        optimism: Shift of each person, shape (raters,).
        log_spread: Logarithm of each person's spread, shape (raters,).
        own_slope: What each person adds to the slope, shape (raters,).
    """

    limits: FloatArray
    difficulty: FloatArray
    slope: float
    ageing: float
    optimism: FloatArray
    log_spread: FloatArray
    own_slope: FloatArray

    @classmethod
    def of(cls, coefficients: FloatArray, design: Design) -> "Effects":
        """The coefficients of a design, taken apart."""
        top, columns, people = design.top, design.difficulty.shape[1], design.raters
        optimism, log_spread, own_slope = coefficients[design.shared :].reshape(3, people)
        return cls(
            limits=coefficients[:top],
            difficulty=coefficients[top : top + columns],
            slope=float(coefficients[top + columns]),
            ageing=float(coefficients[top + columns + 1]),
            optimism=optimism,
            log_spread=log_spread,
            own_slope=own_slope,
        )

    @property
    def width(self) -> float:
        """Mean width of the levels between the ends; one residual standard deviation where there are none."""
        return float((self.limits[-1] - self.limits[0]) / (len(self.limits) - 1)) if len(self.limits) > 1 else 1.0

    def scores(self, design: Design) -> FloatArray:
        """Probit of being at or below each level but the worst, shape (n, K-1)."""
        shift, log_spread, slope = (
            np.append(effect, 0.0)[design.rater] for effect in (self.optimism, self.log_spread, self.own_slope)
        )
        looks = design.difficulty @ self.difficulty - shift
        looks += design.outcomes * (self.slope + self.ageing * design.ages + slope)
        return np.asarray((self.limits[None, :] - looks[:, None]) * np.exp(-log_spread)[:, None], dtype=np.float64)

    def probabilities(self, design: Design) -> FloatArray:
        """Probability of each level, shape (n, K)."""
        ends = np.zeros((len(design.levels), 1))
        below = np.concatenate([ends, norm.cdf(self.scores(design)), ends + 1.0], axis=1)
        return np.asarray(np.maximum(np.diff(below, axis=1), LEAST_PROBABILITY), dtype=np.float64)

    def residuals(self, design: Design) -> FloatArray:
        """How much worse each call was than expected, as the normal score of the middle of its level, shape (n,)."""
        chance = self.probabilities(design)
        rows = np.arange(len(chance))
        middle = np.cumsum(chance, axis=1)[rows, design.levels] - chance[rows, design.levels] / 2
        return np.asarray(norm.ppf(np.clip(middle, 1e-6, 1 - 1e-6)), dtype=np.float64)


@dataclass(frozen=True)
class OrdinalFit:
    """A fitted regression.

    Attributes:
        design: What it was fitted on.
        coefficients: At the mode of the posterior, shape (size,).
        covariance: Of the posterior around it, shape (size, size).
        sd: Estimated spread between people of optimism, log spread and slope, shape (3,).
    """

    design: Design
    coefficients: FloatArray
    covariance: FloatArray
    sd: FloatArray

    @property
    def effects(self) -> Effects:
        """The coefficients by their meaning."""
        return Effects.of(self.coefficients, self.design)

    def draw(self, count: int, generator: np.random.Generator) -> list[Effects]:
        """Draws of the posterior; limits that come out of order are put back into it.

        The posterior given the spreads is taken for normal. The spreads are estimated from as many people as
        there are, and intervals that take them for known are too short (Morris 1983, Parametric empirical Bayes).
        So the draws are of a t distribution with as many degrees of freedom as there are people, less one.
        """
        root = np.linalg.cholesky(self.covariance + 1e-12 * np.eye(len(self.covariance)))
        freedom = max(self.design.raters - 1, LEAST_FREEDOM)
        scale = np.sqrt(freedom / generator.chisquare(freedom, count))[:, None]
        drawn = self.coefficients + scale * generator.standard_normal((count, len(self.coefficients))) @ root.T
        drawn[:, : self.design.top] = np.sort(drawn[:, : self.design.top], axis=1)
        return [Effects.of(each, self.design) for each in drawn]


def fit_ordinal(design: Design, weights: FloatArray) -> OrdinalFit:
    """Fits the regression and the spreads between people.

    Args:
        design: The calls.
        weights: What each counts for, shape (n,).
    """
    sd = np.array(FIRST_SD)
    coefficients = _start(design, weights)
    covariance = np.eye(design.size)
    for _ in range(MAXIMUM_ROUNDS):
        coefficients, covariance = _posterior(design, weights, _precision(design, sd), coefficients)
        if not design.raters:
            break
        # The EM step for the variance of normal effects: mean square of the modes plus their posterior variance.
        people = coefficients[design.shared :].reshape(3, -1)
        spread = np.diag(covariance)[design.shared :].reshape(3, -1)
        before, sd = sd, np.maximum(np.sqrt((people**2 + spread).mean(axis=1)), LEAST_SD)
        if np.abs(sd - before).max() < SD_TOLERANCE:
            break
    return OrdinalFit(design, coefficients, covariance, sd)


def _start(design: Design, weights: FloatArray) -> FloatArray:
    """Limits that give the observed shares, and nothing else."""
    shares = np.cumsum(np.bincount(design.levels, weights=weights, minlength=design.top + 1)) / weights.sum()
    coefficients = np.zeros(design.size)
    coefficients[: design.top] = norm.ppf(shares[:-1])
    return coefficients


def _precision(design: Design, sd: FloatArray) -> FloatArray:
    """Prior precision of each coefficient, shape (size,); the limits are free."""
    precision = np.full(design.size, FIXED_PRECISION)
    precision[: design.top] = 0.0
    precision[design.shared :] = np.repeat(sd**-2, design.raters)
    return precision


def _posterior(
    design: Design, weights: FloatArray, precision: FloatArray, start: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mode of the posterior and the inverse of the expected information there, by Fisher scoring."""
    coefficients = start
    reached = _log_posterior(coefficients, design, weights, precision)
    information = np.diag(precision)
    for _ in range(MAXIMUM_STEPS):
        gradient, information = -precision * coefficients, np.diag(precision)
        for first in range(0, len(weights), ROWS_AT_ONCE):
            part, counts = design.rows(slice(first, first + ROWS_AT_ONCE)), weights[first : first + ROWS_AT_ONCE]
            chance, slopes = _with_slopes(coefficients, part)
            rows = np.arange(len(counts))
            gradient = gradient + (counts / chance[rows, part.levels]) @ slopes[rows, part.levels]
            scaled = (slopes * np.sqrt(counts[:, None] / chance)[:, :, None]).reshape(-1, design.size)
            information = information + scaled.T @ scaled
        step = np.linalg.solve(information, gradient)
        length = 1.0
        # Not `<`: where a step leads out of what can be computed, no comparison holds.
        while not (gained := _log_posterior(coefficients + length * step, design, weights, precision)) >= reached:
            length /= 2
            if length < LEAST_STEP:
                return coefficients, _inverse(information)
        coefficients, gain, reached = coefficients + length * step, gained - reached, gained
        if gain < TOLERANCE:
            break
    return coefficients, _inverse(information)


def _inverse(information: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.inv(information), dtype=np.float64)


def _log_posterior(coefficients: FloatArray, design: Design, weights: FloatArray, precision: FloatArray) -> float:
    if (np.diff(coefficients[: design.top]) <= 0).any():
        return -np.inf
    chance = Effects.of(coefficients, design).probabilities(design)[np.arange(len(weights)), design.levels]
    return float(weights @ np.log(chance) - precision @ coefficients**2 / 2)


def _with_slopes(coefficients: FloatArray, design: Design) -> tuple[FloatArray, FloatArray]:
    """Probability of each level, shape (n, K), and its derivatives by the coefficients, shape (n, K, size)."""
    effects, count = Effects.of(coefficients, design), len(design.levels)
    scores = effects.scores(design)
    pace = np.exp(-np.append(effects.log_spread, 0.0)[design.rater])
    slopes = np.zeros((count, design.top, design.size))
    for limit in range(design.top):
        slopes[:, limit, limit] = pace
    columns = np.column_stack([design.difficulty, design.outcomes, design.outcomes * design.ages])
    slopes[:, :, design.top : design.shared] = -(pace[:, None] * columns)[:, None, :]
    own = np.flatnonzero(design.rater >= 0)
    first, people = design.shared + design.rater[own], design.raters
    slopes[own, :, first] = pace[own, None]
    slopes[own, :, first + people] = -scores[own]
    slopes[own, :, first + 2 * people] = -(pace * design.outcomes)[own, None]
    slopes *= norm.pdf(scores)[:, :, None]
    edge = np.zeros((count, 1, design.size))
    return effects.probabilities(design), np.diff(np.concatenate([edge, slopes, edge], axis=1), axis=1)
