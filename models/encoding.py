"""From feature columns to the numbers that a scorer takes.

Numbers pass through; a category becomes the position of its level among the levels seen when the encoder was fitted.
Nothing is imputed or scaled: trees need neither, and linear models do their own (`linear_inputs`).
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.feature import Feature
from models.learning import FloatArray


@dataclass(frozen=True, slots=True)
class Encoder:
    """Features in a fixed order, with the levels of each category as known at fitting.

    Attributes:
        features: Inputs, in the order of the matrix columns.
        levels: Sorted levels of each category feature.
    """

    features: tuple[Feature, ...]
    levels: dict[str, tuple[str, ...]]

    @classmethod
    def fit(cls, features: tuple[Feature, ...], snapshots: pd.DataFrame) -> "Encoder":
        """Learns the levels of the category features from the rows given."""
        levels = {
            feature.name: tuple(sorted(str(level) for level in snapshots[feature.name].dropna().unique()))
            for feature in features
            if feature.kind == "category"
        }
        return cls(features, levels)

    @property
    def names(self) -> list[str]:
        """Names of the matrix columns."""
        return [feature.name for feature in self.features]

    def column(self, name: str) -> int:
        """Position of a feature among the matrix columns."""
        return self.names.index(name)

    def part(self, names: Collection[str]) -> "Encoder":
        """The encoder of some of the features, in the same order."""
        features = tuple(feature for feature in self.features if feature.name in names)
        return Encoder(features, {name: levels for name, levels in self.levels.items() if name in names})

    def columns_of(self, part: "Encoder", matrix: FloatArray) -> FloatArray:
        """The columns of a part in a matrix of this encoder, as the part itself would encode the same rows."""
        position = {name: column for column, name in enumerate(self.names)}
        return np.take(matrix, [position[name] for name in part.names], axis=1)

    def encode(self, snapshots: pd.DataFrame) -> FloatArray:
        """Matrix of shape (rows, features); missing values and levels not seen at fitting are NaN."""
        matrix = np.empty((len(snapshots), len(self.features)), dtype=np.float64)
        numbers = [position for position, feature in enumerate(self.features) if feature.kind != "category"]
        names = [self.features[position].name for position in numbers]
        # All at once: a frame hands out its columns one by one at a price, and there are hundreds.
        matrix[:, numbers] = snapshots[names].to_numpy(dtype=np.float64, na_value=np.nan)
        for position, feature in enumerate(self.features):
            if feature.kind == "category":
                levels = pd.Index(self.levels[feature.name], dtype=object)
                codes = levels.get_indexer(pd.Index(snapshots[feature.name], dtype=object))
                matrix[:, position] = np.where(codes < 0, np.nan, codes)
        return matrix
