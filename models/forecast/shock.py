"""The shared shock: how far all renewals of a quarter go another way than predicted, together.

Renewals do not fail independently. How much they do not is read off past predictions: were they independent, quarters
would differ from what was expected by chance alone. Fitted on outcomes known at a cut-off; drawing from it is the
business of `simulation`.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from scipy.special import ndtri

from models.calibration import DATED_BANDS
from models.forecast.periods import QUARTER, ordinals
from models.learning import FloatArray
from models.logistic import logit
from models.settings import ModelSettings

DEVIATIONS: Final = np.round(np.linspace(0.0, 1.0, 41), 3)
"""Standard deviations that the shock may have, in log-odds."""
NODES: Final = 21
STORED_DECIMALS: Final = 9


@dataclass(frozen=True, slots=True)
class Shock:
    """What is known of the standard deviation of a quarter's shared shock.

    Attributes:
        weights: Posterior probability of each of `DEVIATIONS`.
        quarters: Quarters that it was learned from.
    """

    weights: tuple[float, ...]
    quarters: int

    @classmethod
    def fit(cls, churn: FloatArray, outcomes: FloatArray, quarters: FloatArray, settings: ModelSettings) -> Self:
        """Weighs each deviation by how well it explains the outcomes; all arrays have shape (n,).

        In each quarter outcomes are independent given one normal shock in log-odds, which is integrated out by
        Gauss-Hermite quadrature. The prior is half-normal, so that few quarters say little. Without any quarter the
        prior is what is left.

        Args:
            churn: Churn probability as predicted before.
            outcomes: 1.0 where the renewal churned.
            quarters: Quarter of each renewal.
            settings: Scale of the prior.
        """
        log_posterior = -0.5 * (DEVIATIONS / settings.shock_prior_deviation) ** 2
        nodes, node_weights = np.polynomial.hermite_e.hermegauss(NODES)
        log_weights = np.log(node_weights / node_weights.sum())
        for quarter in np.unique(quarters):
            rows = quarters == quarter
            odds = centred(churn[rows][:, None], DEVIATIONS[None, :] ** 2)[:, :, None]
            odds = odds + (DEVIATIONS[:, None] * nodes)[None, :, :]
            fits = (outcomes[rows][:, None, None] * odds - np.logaddexp(0.0, odds)).sum(axis=0)
            log_posterior = log_posterior + np.logaddexp.reduce(fits + log_weights, axis=1)
        weights = np.exp(log_posterior - log_posterior.max())
        rounded = np.round(weights / weights.sum(), STORED_DECIMALS)
        return cls(tuple(float(weight) for weight in rounded), len(np.unique(quarters)))

    @staticmethod
    def from_document(document: dict[str, Any]) -> "Shock":
        """The shock that `asdict` described and JSON has carried."""
        return Shock(**(document | {"weights": tuple(document["weights"])}))

    @property
    def deviation(self) -> float:
        """Expected standard deviation, in log-odds."""
        return float(np.array(self.weights) @ DEVIATIONS)

    def draw(self, generator: np.random.Generator, draws: int) -> tuple[FloatArray, FloatArray]:
        """Standard deviations as they may be, and a shock of each, both of shape (draws,)."""
        summed = np.cumsum(self.weights)
        places = np.searchsorted(summed, spread(generator, draws) * summed[-1])
        deviations = DEVIATIONS[np.minimum(places, len(DEVIATIONS) - 1)]
        return deviations, deviations * ndtri(spread(generator, draws))


def spread(generator: np.random.Generator, size: int) -> FloatArray:
    """Numbers between zero and one, one from each of as many equal parts, in random order.

    What happens once in ten times does so in a tenth of the courses, and not in about a tenth: where one large account
    decides a bound, that is what the bound hangs on. M. D. McKay, R. J. Beckman, W. J. Conover, A Comparison of Three
    Methods for Selecting Values of Input Variables, Technometrics 21 (1979).
    """
    return np.asarray((generator.permutation(size) + generator.random(size)) / size)


def centred(churn: FloatArray, variance: FloatArray) -> FloatArray:
    """Log-odds to which a normal disturbance of that variance is added so that the probability stays what it is.

    The usual approximation of the logistic-normal integral, E sigmoid(a + e) = sigmoid(a / sqrt(1 + pi variance / 8)):
    D. J. C. MacKay, The Evidence Framework Applied to Classification Networks, Neural Computation 4 (1992).
    """
    return logit(churn) * np.sqrt(1.0 + np.pi / 8.0 * variance)


def fit_shocks(known: pd.DataFrame, settings: ModelSettings) -> dict[str, Shock]:
    """The shock at each dated horizon, as known at a cut-off: farther ahead, more is still to come.

    Args:
        known: Predictions of earlier cut-offs whose outcome is known: the walk's history with `is_churned`.
        settings: Scale of the prior.
    """
    return {band: _fit_band(known[known["band"] == band] if len(known) else known, settings) for band in DATED_BANDS}


def _fit_band(rows: pd.DataFrame, settings: ModelSettings) -> Shock:
    """The shock of one horizon, where of each renewal the earliest look counts."""
    if rows.empty:
        return Shock.fit(np.empty(0), np.empty(0), np.empty(0), settings)
    rows = rows.sort_values(["account_id", "renewal_id", "cutoff"]).drop_duplicates(["account_id", "renewal_id"])
    return Shock.fit(
        np.clip(rows["churn_probability"].to_numpy(dtype=np.float64), 1e-6, 1 - 1e-6),
        rows["is_churned"].to_numpy(dtype=np.float64),
        ordinals(rows["renewal_date"], QUARTER).to_numpy(dtype=np.float64),
        settings,
    )
