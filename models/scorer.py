"""How one view turns features into log-odds: a linear margin, and what shallow trees add to it.

LightGBM boosts from the margin, so trees have only to find what adding up cannot say. Which features a view has and
what its log-odds mean as a probability is decided in `fitting` and `calibration`.
"""

from dataclasses import dataclass
from functools import cached_property

import lightgbm
import numpy as np

from models.boosting import fit_booster, raw_contributions, raw_scores, read_booster
from models.encoding import Encoder
from models.learning import Cohort, FloatArray, TextArray
from models.linear_inputs import Design
from models.linear_margin import LinearMargin
from models.settings import ModelSettings


@dataclass(frozen=True)
class Scorer:
    """Log-odds before calibration.

    Attributes:
        margin: The linear part; its encoder is the view's.
        booster: LightGBM's text of the trees that were boosted from it.
        threads: Threads of prediction.
    """

    margin: LinearMargin
    booster: str
    threads: int

    @classmethod
    def fit(
        cls,
        design: Design,
        matrix: FloatArray,
        cohort: Cohort,
        offset: FloatArray,
        settings: ModelSettings,
        draws: int = 0,
    ) -> "Scorer":
        """Fits margin and trees on a cohort.

        Args:
            design: The cohort's, by the encoder of the view.
            matrix: The cohort as that encoder has it, shape (n, features).
            cohort: What to learn from.
            offset: Log-odds that are known of each row beforehand, shape (n,).
            settings: How to fit.
            draws: See `LinearMargin.fit`.
        """
        margin = LinearMargin.fit(design, cohort, offset, settings, draws)
        known = design.columns @ margin.coefficients + offset
        booster = fit_booster(design.inputs.encoder, matrix, cohort, known, settings)
        return cls(margin, booster, settings.booster.threads)

    @property
    def encoder(self) -> Encoder:
        """Features of the view and the levels of its categories."""
        return self.margin.inputs.encoder

    @cached_property
    def read_booster(self) -> lightgbm.Booster:
        """The trees, read from their text."""
        return read_booster(self.booster)

    def log_odds(self, matrix: FloatArray, bands: TextArray, offset: FloatArray) -> FloatArray:
        """Log-odds of each row, shape (n,).

        Args:
            matrix: Encoded features, shape (n, features).
            bands: Band of each row, shape (n,).
            offset: As in `fit`, of these rows.
        """
        trees = raw_scores(self.read_booster, matrix, self.threads)
        return self.margin.log_odds(matrix, bands) + trees + offset

    def contributions(self, matrix: FloatArray, bands: TextArray) -> tuple[FloatArray, FloatArray]:
        """SHAP values: of the margin exactly, and of the trees by LightGBM (TreeSHAP), added up.

        Returns:
            Shape (n, features), and the base value of each row, shape (n,); with the offset they add up to `log_odds`.
        """
        linear, base = self.margin.contributions(matrix, bands)
        trees = raw_contributions(self.read_booster, matrix, self.threads)
        return linear + trees[:, :-1], base + trees[:, -1]

    def splits(self) -> np.ndarray:
        """How often the trees split on each feature, shape (features,)."""
        return np.asarray(self.read_booster.feature_importance("split"))
