"""What a model has to beat: the base rate, and a regularized logistic regression on the same inputs.

Both are fitted on a cohort exactly as the boosters are. The third baseline, the meaning of a colour, is a view in its
own right and lives in `gut_feel`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from models.encoding import Encoder
from models.learning import Cohort, FloatArray, TextArray
from models.logistic import fit_logistic, sigmoid
from models.settings import SCORED_BANDS, ModelSettings

OUTERMOST_DEVIATION: Final = 4.0
"""Standardized inputs are cut off here: one account with a hundredfold usage must not tilt a straight line."""


@dataclass(frozen=True, slots=True)
class BaseRates:
    """Churn rate of each band, as known at a cut-off."""

    rates: dict[str, float]

    @classmethod
    def fit(cls, cohort: Cohort, strength: float) -> "BaseRates":
        """Weighted churn rates, each band mixed with `strength` renewals' worth of the overall rate.

        The overall rate is (churns + 1/2) / (renewals + 1), which is never zero or one.
        """
        total = float(cohort.weights.sum())
        overall = (float(cohort.weights @ cohort.outcomes) + 0.5) / (total + 1.0)
        rates = {}
        for band in SCORED_BANDS:
            rows = cohort.bands == band
            churned = float(cohort.weights[rows] @ cohort.outcomes[rows])
            rates[band] = (churned + strength * overall) / (float(cohort.weights[rows].sum()) + strength)
        return cls(rates)

    def of(self, bands: TextArray) -> FloatArray:
        """Rate of each row's band, NaN for a band that is not scored; shape (n,)."""
        return np.array([self.rates.get(band, np.nan) for band in bands], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class LogisticBaseline:
    """Ridge logistic regression with its own imputation, scaling and one-hot columns, all fitted on the cohort.

    A missing number becomes the cohort's mean and sets an indicator; a category becomes one column per level; each
    column is standardized and cut off at four standard deviations. The bands are inputs too, under a weak penalty of
    one.
    """

    encoder: Encoder
    means: FloatArray
    deviations: FloatArray
    coefficients: FloatArray

    @classmethod
    def fit(cls, encoder: Encoder, cohort: Cohort, settings: ModelSettings) -> "LogisticBaseline":
        """Fits scaler and coefficients on a cohort."""
        columns = _columns(encoder, encoder.encode(cohort.snapshots))
        weights = cohort.weights / cohort.weights.sum()
        known = ~np.isnan(columns)
        mass = weights @ known
        means = weights @ np.nan_to_num(columns) / np.where(mass > 0, mass, 1.0)
        squares = weights @ np.where(known, columns - means, 0.0) ** 2 / np.where(mass > 0, mass, 1.0)
        deviations = np.where(squares > 1e-18, np.sqrt(squares), np.inf)
        inputs = _standardized(columns, means, deviations, cohort.bands)
        precision = np.full(inputs.shape[1], settings.logistic_precision)
        precision[0] = 0.0
        precision[1 : 1 + len(SCORED_BANDS)] = 1.0
        coefficients = fit_logistic(
            inputs, cohort.outcomes, cohort.weights, center=np.zeros(inputs.shape[1]), precision=precision
        )
        return cls(encoder, means, deviations, coefficients)

    def predict(self, snapshots: pd.DataFrame) -> FloatArray:
        """Churn probability of each row, rounded to 12 decimals, shape (n,)."""
        columns = _columns(self.encoder, self.encoder.encode(snapshots))
        bands = snapshots["band"].to_numpy(dtype=object)
        inputs = _standardized(columns, self.means, self.deviations, bands)
        return np.round(sigmoid(inputs @ self.coefficients), 12)


def _columns(encoder: Encoder, matrix: FloatArray) -> FloatArray:
    """Numbers as they are, categories as one column per level (missing: all zero)."""
    columns = []
    for position, feature in enumerate(encoder.features):
        values = matrix[:, position]
        if feature.kind == "category":
            columns += [(values == code).astype(np.float64) for code in range(len(encoder.levels[feature.name]))]
        else:
            columns.append(values)
    return np.column_stack(columns) if columns else np.empty((len(matrix), 0))


def _standardized(columns: FloatArray, means: FloatArray, deviations: FloatArray, bands: TextArray) -> FloatArray:
    """Intercept, band indicators, standardized columns and indicators of what is missing, side by side."""
    scaled = np.clip(np.nan_to_num((columns - means) / deviations), -OUTERMOST_DEVIATION, OUTERMOST_DEVIATION)
    in_band = np.column_stack([(bands == band).astype(np.float64) for band in SCORED_BANDS])
    return np.column_stack([np.ones(len(columns)), in_band, scaled, np.isnan(columns).astype(np.float64)])
