"""How features become the columns of a linear model: imputed, standardized, one column per level of a category.

Fitted on a cohort. What is done with the columns is decided by whoever fits a regression on them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.encoding import Encoder
from models.learning import Cohort, FloatArray, IntArray, TextArray
from models.settings import SCORED_BANDS

OUTERMOST_DEVIATION: Final = 4.0
"""Standardized inputs are cut off here: one account with a hundredfold usage must not tilt a straight line."""
BAND_COLUMNS: Final = 1 + len(SCORED_BANDS)
"""Columns that come first: the intercept and one indicator per band."""


@dataclass(frozen=True, slots=True)
class LinearInputs:
    """The columns made of an encoder's features, c values and as many indicators of what is missing.

    A number is one value; a category is one value per level, 1.0 or 0.0, all zero where it is missing. A value is
    standardized by the cohort's mean and deviation and cut off at four deviations; a missing one is the mean, and its
    indicator is 1.0.

    Attributes:
        encoder: Features, and levels of the categories.
        means: Of each value, shape (c,).
        deviations: Standard deviation of each value, infinite where it never varied, shape (c,).
    """

    encoder: Encoder
    means: FloatArray
    deviations: FloatArray

    @classmethod
    def fit(cls, encoder: Encoder, cohort: Cohort) -> "LinearInputs":
        """Learns means and deviations from a cohort, each renewal counting alike."""
        values = _values(encoder, encoder.encode(cohort.snapshots))
        weights = cohort.weights / cohort.weights.sum()
        known = ~np.isnan(values)
        mass = weights @ known
        means = weights @ np.nan_to_num(values) / np.where(mass > 0, mass, 1.0)
        squares = weights @ np.where(known, values - means, 0.0) ** 2 / np.where(mass > 0, mass, 1.0)
        return cls(encoder, means, np.where(squares > 1e-18, np.sqrt(squares), np.inf))

    @property
    def features(self) -> IntArray:
        """Position among the features of the one that each value belongs to, shape (c,)."""
        sizes = [len(self.encoder.levels.get(feature.name, "1")) for feature in self.encoder.features]
        return np.repeat(np.arange(len(sizes)), sizes)

    def columns(self, matrix: FloatArray, bands: TextArray) -> FloatArray:
        """Intercept, band indicators, standardized values and indicators of what is missing, side by side.

        Args:
            matrix: Encoded features, shape (n, features).
            bands: Band of each row, shape (n,).

        Returns:
            Shape (n, BAND_COLUMNS + 2 c).
        """
        values = _values(self.encoder, matrix)
        scaled = np.nan_to_num((values - self.means) / self.deviations)
        scaled = np.clip(scaled, -OUTERMOST_DEVIATION, OUTERMOST_DEVIATION)
        in_band = np.column_stack([(bands == band).astype(np.float64) for band in SCORED_BANDS])
        return np.column_stack([np.ones(len(values)), in_band, scaled, np.isnan(values).astype(np.float64)])


def _values(encoder: Encoder, matrix: FloatArray) -> FloatArray:
    """Numbers as they are, categories as one column per level (missing: all zero); shape (n, c)."""
    columns = []
    for position, feature in enumerate(encoder.features):
        values = matrix[:, position]
        if feature.kind == "category":
            columns += [(values == code).astype(np.float64) for code in range(len(encoder.levels[feature.name]))]
        else:
            columns.append(values)
    return np.column_stack(columns) if columns else np.empty((len(matrix), 0))
