"""What a model has to beat: the base rate, and a regularized logistic regression on the same inputs.

Both are fitted on a cohort exactly as the boosters are. The third baseline, the meaning of a colour, is a view in its
own right and lives in `gut_feel`.
"""

from dataclasses import dataclass

import numpy as np

from models.learning import Cohort, FloatArray, TextArray
from models.linear_inputs import BAND_COLUMNS, Design, LinearInputs
from models.logistic import fit_logistic, sigmoid
from models.settings import SCORED_BANDS, ModelSettings


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
    """Ridge logistic regression with one penalty for all inputs; the bands are inputs too, under a weak one."""

    inputs: LinearInputs
    coefficients: FloatArray

    @classmethod
    def fit(cls, design: Design, cohort: Cohort, settings: ModelSettings) -> "LogisticBaseline":
        """Fits the coefficients on a cohort, whose design is given."""
        columns = design.columns
        precision = np.full(columns.shape[1], settings.logistic_precision)
        precision[0] = 0.0
        precision[1:BAND_COLUMNS] = settings.band_precision
        coefficients = fit_logistic(
            columns, cohort.outcomes, cohort.weights, center=np.zeros(columns.shape[1]), precision=precision
        )
        return cls(design.inputs, coefficients)

    def predict(self, matrix: FloatArray, bands: TextArray) -> FloatArray:
        """Churn probability of each row, rounded to 12 decimals, shape (n,).

        Args:
            matrix: Encoded features, shape (n, features).
            bands: Band of each row, shape (n,).
        """
        columns = self.inputs.columns(matrix, bands)
        return np.round(sigmoid(columns @ self.coefficients), 12)
