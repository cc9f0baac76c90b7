"""Contraction: how likely a renewal comes back smaller, and how much of its ARR is kept on average.

Few renewals contract, so little is fitted: one rate, one slope on how far the churn log-odds lie off the base rate, and
the spread of what was kept. More inputs (seats unused, trend of ARR, trend of usage) lost to this one out of time.
Which outcomes it learns from decides `fitting`; how money adds up over renewals is `forecast`'s.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from features.labels import CONTRACTION_SHARE
from models.learning import FloatArray
from models.logistic import fit_logistic, logit, sigmoid
from models.settings import ModelSettings

SHARE_STEPS: Final = (np.arange(20) + 0.5) / 20
"""Where the spread of retained shares is kept: twenty slices of equal weight, each by its middle."""
STORED_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Contraction:
    """What is known of renewals that continued, and what of the ARR that was due they kept.

    Attributes:
        rate: Share of the renewed that contracted; the base rate.
        intercept: Log-odds of contraction of a renewed one whose churn probability is its band's base rate.
        slope: What a unit of churn log-odds above the base rate adds.
        contracted_shares: Retained share of those that contracted, at `SHARE_STEPS`, ascending.
        kept_share: Mean retained share of the others; above 0.9 by definition.
    """

    rate: float
    intercept: float
    slope: float
    contracted_shares: tuple[float, ...]
    kept_share: float

    @classmethod
    def fit(
        cls,
        departures: FloatArray,
        contracted: FloatArray,
        retained: FloatArray,
        units: pd.Series,
        settings: ModelSettings,
    ) -> Self:
        """Fits on rows that renewed; all arrays have shape (n,).

        Each renewal is one piece of evidence, however often it was looked at. The intercept is drawn to the pooled
        rate, the slope to zero. Where none has contracted, any retained share is taken to be as likely as another.

        Args:
            departures: Churn log-odds less those of the band's base rate, out of time where there are such.
            contracted: 1.0 where the renewal contracted.
            retained: Renewed over due ARR, at most one; NaN where nothing was due.
            units: What counts once.
            settings: Priors.
        """
        weights = 1.0 / units.groupby(units).transform("size").to_numpy(dtype=np.float64)
        strength = settings.base_rate_strength
        rate = (float(weights @ contracted) + strength * settings.contraction_rate) / (float(weights.sum()) + strength)
        center = np.array([logit(np.array([rate]))[0], 0.0])
        inputs = np.column_stack([np.ones(len(departures)), departures])
        precision = np.array([1.0, settings.contraction_slope_sd**-2])
        intercept, slope = fit_logistic(inputs, contracted, weights, center=center, precision=precision)
        known = ~np.isnan(retained)
        smaller, others = known & (contracted == 1.0), known & (contracted == 0.0)
        shares = CONTRACTION_SHARE * SHARE_STEPS
        if smaller.any():
            shares = np.quantile(retained[smaller], SHARE_STEPS, method="inverted_cdf", weights=weights[smaller])
        kept = float(np.average(retained[others], weights=weights[others])) if others.any() else 1.0
        rounded = tuple(float(share) for share in np.round(shares, STORED_DECIMALS))
        return cls(round(rate, STORED_DECIMALS), float(intercept), float(slope), rounded, round(kept, STORED_DECIMALS))

    @staticmethod
    def from_document(document: dict[str, Any]) -> "Contraction":
        """The contraction that `asdict` described and JSON has carried."""
        return Contraction(**(document | {"contracted_shares": tuple(document["contracted_shares"])}))

    @property
    def contracted_share(self) -> float:
        """Mean retained share of those that contracted."""
        return float(np.mean(self.contracted_shares))

    def given_renewal(self, churn: FloatArray, base: FloatArray) -> FloatArray:
        """Probability of contraction of each row, should it renew, shape (n,).

        Args:
            churn: Churn probability of each row, shape (n,); NaN stays NaN.
            base: Base rate of each row's band, shape (n,).
        """
        return sigmoid(self.intercept + self.slope * (logit(churn) - logit(base)))

    def retained_share(self, churn: FloatArray, given_renewal: FloatArray) -> FloatArray:
        """Expected renewed over due ARR of each row, shape (n,): nothing of what churns, at most all of the rest."""
        kept = self.kept_share - given_renewal * (self.kept_share - self.contracted_share)
        return (1.0 - churn) * kept
