"""The linear margin: what can be said of a renewal by adding up, before any tree looks at it.

A logistic regression whose penalty is shared out over families of features, so that twenty near copies of one thing
weigh together as much as a family of five. With a few dozen churns this is where nearly all of the skill comes from;
trees then correct it (`scorer`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.boosting import CONSTRAINTS
from models.learning import Cohort, FloatArray, TextArray, unit_of
from models.linear_inputs import BAND_COLUMNS, Design, LinearInputs
from models.logistic import SPREAD_DECIMALS, STORED_DECIMALS, fit_logistic, posterior_draws, weighted_sums
from models.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class LinearMargin:
    """Log-odds as a sum over features.

    Attributes:
        inputs: The columns, fitted on the cohort: BAND_COLUMNS + 2 c of them.
        coefficients: Shape (BAND_COLUMNS + 2 c,).
        centers: Mean of each value and indicator column over the cohort, shape (2 c,): what a contribution is measured
            from.
        draws: Coefficients as they may also have been, drawn from their posterior, shape (draws, BAND_COLUMNS + 2 c).
    """

    inputs: LinearInputs
    coefficients: FloatArray
    centers: FloatArray
    draws: FloatArray

    @classmethod
    def fit(
        cls,
        design: Design,
        cohort: Cohort,
        offset: FloatArray,
        settings: ModelSettings,
        draws: int,
    ) -> "LinearMargin":
        """Fits the regression on a cohort.

        A coefficient that comes out against a direction beyond doubt is set to zero and the others are fitted again,
        until none does.

        Args:
            design: The cohort's.
            cohort: What to learn from.
            offset: Log-odds that are known of each row beforehand, shape (n,).
            settings: Priors.
            draws: How many times the coefficients are drawn from their posterior; see `deviation`.
        """
        inputs, columns = design.inputs, design.columns
        precision = _precision(inputs, settings)
        signs = _signs(inputs)
        coefficients = fit_logistic(
            columns,
            cohort.outcomes,
            cohort.weights,
            center=np.zeros(len(precision)),
            precision=precision,
            offset=offset,
            signs=signs,
        )
        drawn = np.zeros((draws, len(coefficients)))
        if draws:
            # What a direction holds at zero stays there.
            free = (coefficients != 0.0) | (signs == 0.0)
            drawn[:, free] = posterior_draws(
                np.take(columns, np.flatnonzero(free), axis=1),
                _weights_once(cohort),
                coefficients=coefficients[free],
                precision=precision[free],
                offset=offset,
                draws=draws,
                seed=settings.seed,
            )
        weights = cohort.weights / cohort.weights.sum()
        return cls(inputs, coefficients, np.round(weights @ columns[:, BAND_COLUMNS:], STORED_DECIMALS), drawn)

    def log_odds(self, matrix: FloatArray, bands: TextArray) -> FloatArray:
        """Log-odds of each row, shape (n,).

        Args:
            matrix: Encoded features, shape (n, features).
            bands: Band of each row, shape (n,).
        """
        return weighted_sums(self.inputs.columns(matrix, bands), self.coefficients)

    def contributions(self, matrix: FloatArray, bands: TextArray) -> tuple[FloatArray, FloatArray]:
        """What each feature adds to the log-odds, against the cohort's mean, and the rest.

        For a linear model with independent inputs these are the SHAP values: coefficient times (value - mean); see
        Lundberg and Lee (2017), "A Unified Approach to Interpreting Model Predictions", corollary 1.

        Args:
            matrix: As for `log_odds`.
            bands: As for `log_odds`.

        Returns:
            Shape (n, features), and the base value of each row, shape (n,); they add up to `log_odds`.
        """
        columns = self.inputs.columns(matrix, bands)
        each = (columns[:, BAND_COLUMNS:] - self.centers) * self.coefficients[BAND_COLUMNS:]
        owner = np.tile(self.inputs.features, 2)
        added = np.zeros((len(matrix), len(self.inputs.encoder.features)))
        np.add.at(added.T, owner, each.T)
        base = weighted_sums(columns[:, :BAND_COLUMNS], self.coefficients[:BAND_COLUMNS])
        return added, base + self.centers @ self.coefficients[BAND_COLUMNS:]

    def missing_share(self) -> FloatArray:
        """Share of the cohort that had no value of each feature, shape (features,)."""
        values, features = len(self.inputs.means), self.inputs.encoder.features
        of_category = np.bincount(self.inputs.features, weights=self.inputs.means, minlength=len(features))
        of_number = np.bincount(self.inputs.features, weights=self.centers[values:], minlength=len(features))
        return np.where([feature.kind == "category" for feature in features], 1.0 - of_category, of_number)

    def deviation(self, matrix: FloatArray, bands: TextArray) -> FloatArray:
        """Posterior standard deviation of the log-odds of each row, shape (n,)."""
        columns = self.inputs.columns(matrix, bands)
        spread = np.sqrt(np.mean((columns @ (self.draws - self.coefficients).T) ** 2, axis=1))
        return np.asarray(np.round(spread, SPREAD_DECIMALS))


def _precision(inputs: LinearInputs, settings: ModelSettings) -> FloatArray:
    """Prior precision of each coefficient: the variance that a family has is shared out over its columns."""
    families = np.array([inputs.encoder.features[position].family for position in inputs.features], dtype=object)
    _, family, sizes = np.unique(families.astype(str), return_inverse=True, return_counts=True)
    of_value = sizes[family] / settings.family_effect_sd**2
    of_band = np.full(BAND_COLUMNS, settings.band_precision)
    of_band[0] = 0.0
    return np.concatenate([of_band, of_value, of_value])


def _signs(inputs: LinearInputs) -> FloatArray:
    """1.0 or -1.0 for the columns whose direction is beyond doubt, else 0.0."""
    features = inputs.encoder.features
    of_value = [
        0.0 if features[position].kind == "category" else float(CONSTRAINTS[features[position].direction])
        for position in inputs.features
    ]
    return np.concatenate([np.zeros(BAND_COLUMNS), of_value, np.zeros(len(of_value))])


def _weights_once(cohort: Cohort) -> FloatArray:
    """Weights that sum to one per renewal over all bands: three views of one outcome are one piece of evidence."""
    renewals, _ = pd.factorize(unit_of(cohort.snapshots))
    return np.asarray(cohort.weights / np.bincount(renewals, weights=cohort.weights)[renewals])
