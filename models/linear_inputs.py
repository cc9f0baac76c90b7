"""How features become the columns of a linear model: imputed, standardized, one column per level of a category.

Fitted on a cohort. What is done with the columns is decided by whoever fits a regression on them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.encoding import Encoder
from models.learning import Cohort, FloatArray, IntArray, TextArray
from models.logistic import ROWS_AT_A_TIME
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
    def fit(cls, encoder: Encoder, matrix: FloatArray, weights: FloatArray) -> "LinearInputs":
        """Learns means and deviations from a cohort.

        Args:
            encoder: Features.
            matrix: The cohort as the encoder has it, shape (n, features).
            weights: Of its rows, each renewal counting alike, shape (n,).
        """
        values = _values(encoder, matrix)
        weights = weights / weights.sum()
        known = ~np.isnan(values)
        mass = weights @ known
        means = weights @ np.nan_to_num(values) / np.where(mass > 0, mass, 1.0)
        squares = weights @ np.where(known, values - means, 0.0) ** 2 / np.where(mass > 0, mass, 1.0)
        return cls(encoder, means, np.where(squares > 1e-18, np.sqrt(squares), np.inf))

    @property
    def features(self) -> IntArray:
        """Position among the features of the one that each value belongs to, shape (c,)."""
        sizes = _sizes(self.encoder)
        return np.repeat(np.arange(len(sizes)), sizes)

    def columns(self, matrix: FloatArray, bands: TextArray) -> FloatArray:
        """Intercept, band indicators, standardized values and indicators of what is missing, side by side.

        Args:
            matrix: Encoded features, shape (n, features).
            bands: Band of each row, shape (n,).

        Returns:
            Shape (n, BAND_COLUMNS + 2 c).
        """
        first, last = BAND_COLUMNS, BAND_COLUMNS + len(self.means)
        columns = np.empty((len(matrix), last + len(self.means)))
        columns[:, 0] = 1.0
        for position, band in enumerate(SCORED_BANDS, start=1):
            columns[:, position] = bands == band
        # Some rows at a time: what is made on the way stays in the cache, and is not held for all rows at once.
        for start in range(0, len(matrix), ROWS_AT_A_TIME):
            rows = slice(start, start + ROWS_AT_A_TIME)
            values = _values(self.encoder, matrix[rows])
            scaled = np.nan_to_num((values - self.means) / self.deviations, copy=False)
            np.clip(scaled, -OUTERMOST_DEVIATION, OUTERMOST_DEVIATION, out=columns[rows, first:last])
            columns[rows, last:] = np.isnan(values)
        return columns


@dataclass(frozen=True, slots=True)
class Design:
    """A cohort as linear models see it; made once for all that are fitted on it.

    Attributes:
        inputs: What the columns are, fitted on the cohort.
        columns: Shape (n, BAND_COLUMNS + 2 c).
    """

    inputs: LinearInputs
    columns: FloatArray

    @classmethod
    def of(cls, encoder: Encoder, matrix: FloatArray, cohort: Cohort) -> "Design":
        """The design of a cohort, which is given as the encoder has it too, shape (n, features)."""
        inputs = LinearInputs.fit(encoder, matrix, cohort.weights)
        return cls(inputs, inputs.columns(matrix, cohort.bands))

    def part(self, encoder: Encoder) -> "Design":
        """The design of the same cohort by an encoder of some of the features, or of all."""
        inputs = self.inputs
        if encoder == inputs.encoder:
            return self
        values = np.flatnonzero(np.isin(inputs.features, [inputs.encoder.column(name) for name in encoder.names]))
        kept = [*range(BAND_COLUMNS), *(BAND_COLUMNS + values), *(BAND_COLUMNS + len(inputs.means) + values)]
        chosen = LinearInputs(encoder, inputs.means[values], inputs.deviations[values])
        return Design(chosen, np.take(self.columns, kept, axis=1))


def _sizes(encoder: Encoder) -> list[int]:
    """How many values each feature is: one, or for a category one per level."""
    return [len(encoder.levels[feature.name]) if feature.kind == "category" else 1 for feature in encoder.features]


def _values(encoder: Encoder, matrix: FloatArray) -> FloatArray:
    """Numbers as they are, categories as one column per level (missing: all zero); shape (n, c)."""
    sizes = _sizes(encoder)
    values = np.repeat(matrix, sizes, axis=1)
    first = 0
    for feature, size in zip(encoder.features, sizes, strict=True):
        if feature.kind == "category":
            values[:, first : first + size] = values[:, first : first + size] == np.arange(size)
        first += size
    return values
