"""One model's figures on one set of rows, for many weightings at once: what is computed under which name.

The formulas are in `metrics`, `recalibration` and `capacity`; which rows and which weightings there are decides
`evaluation`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.capacity import Books
from models.learning import FloatArray, weights_of
from models.metrics import (
    Ranking,
    average_precision,
    brier_score,
    log_loss,
    rankings_by_date,
    ratio,
    roc_auc,
    top_decile_lift,
    top_decile_recall,
)
from models.recalibration import calibration_intercept, calibration_slope
from models.settings import ModelSettings


@dataclass(frozen=True)
class JudgedRows:
    """Rows with known outcome, n of them, without any prediction.

    Attributes:
        outcomes: 1.0 where the renewal churned, shape (n,).
        weights: See `learning.weights_of`, shape (n,).
        dates: Cut-off of each row, shape (n,).
        arr: ARR at stake, as if of one currency, shape (n,).
        books: The CSMs' lists.
    """

    outcomes: FloatArray
    weights: FloatArray
    dates: npt.NDArray[np.datetime64]
    arr: FloatArray
    books: Books

    @classmethod
    def of(cls, rows: pd.DataFrame, settings: ModelSettings) -> "JudgedRows":
        """The outcomes and weights of predictions, as the walk leaves them."""
        return cls(
            outcomes=rows["is_churned"].to_numpy(dtype=np.float64),
            weights=weights_of(rows),
            dates=rows["cutoff"].to_numpy(dtype="datetime64[us]"),
            arr=rows["arr"].to_numpy(dtype=np.float64),
            books=Books.of(rows, settings),
        )


@dataclass(frozen=True)
class Scored:
    """One model's predictions for the rows, under many weightings.

    Attributes:
        rows: What was predicted.
        scores: Probabilities, shape (n,).
        drawn: How often each row's account was drawn, shape (draws, n); ones for the figure itself.
        base_brier: Brier score of the base rate under the same weightings, shape (draws,).
    """

    rows: JudgedRows
    scores: FloatArray
    drawn: FloatArray
    base_brier: FloatArray

    @cached_property
    def weights(self) -> FloatArray:
        """Shape (draws, n)."""
        return self.rows.weights * self.drawn

    @cached_property
    def rankings(self) -> list[Ranking]:
        """One ranking per date."""
        return rankings_by_date(self.scores, self.rows.outcomes, self.weights, self.rows.dates)

    @cached_property
    def arr_rankings(self) -> list[Ranking]:
        """The same, with the ARR of what churned in the place of its weight."""
        return rankings_by_date(self.scores, self.rows.outcomes * self.rows.arr, self.weights, self.rows.dates)

    @cached_property
    def at_capacity(self) -> FloatArray:
        """Weight, churned weight and churned ARR within the team's reach and in all, shape (draws, 2, 3)."""
        churned = self.rows.outcomes
        parts = np.column_stack([np.ones(len(churned)), churned, churned * self.rows.arr])
        inside = parts * self.rows.books.within_reach(self.scores)[:, None]
        return np.stack([self.weights @ inside, self.weights @ parts], axis=1)

    def at_capacity_share(self, part: int) -> FloatArray:
        """Share of the weight (0), the churned weight (1) or the churned ARR (2) that lies within reach."""
        return ratio(self.at_capacity[:, 0, part], self.at_capacity[:, 1, part])

    @cached_property
    def brier(self) -> FloatArray:
        """Brier score."""
        return brier_score(self.scores, self.rows.outcomes, self.weights)


FIGURES: Final[dict[str, Callable[[Scored], FloatArray]]] = {
    "roc_auc": lambda scored: roc_auc(scored.rankings),
    "average_precision": lambda scored: average_precision(
        Ranking.of(scored.scores, scored.rows.outcomes, scored.weights)
    ),
    "brier_score": lambda scored: scored.brier,
    "brier_skill": lambda scored: 1.0 - ratio(scored.brier, scored.base_brier),
    "log_loss": lambda scored: log_loss(scored.scores, scored.rows.outcomes, scored.weights),
    "top_decile_lift": lambda scored: top_decile_lift(scored.rankings),
    "top_decile_recall": lambda scored: top_decile_recall(scored.rankings),
    "top_decile_arr_share": lambda scored: top_decile_recall(scored.arr_rankings),
    "capacity_lift": lambda scored: ratio(scored.at_capacity_share(1), scored.at_capacity_share(0)),
    "capacity_recall": lambda scored: scored.at_capacity_share(1),
    "capacity_arr_share": lambda scored: scored.at_capacity_share(2),
    "calibration_slope": lambda scored: calibration_slope(scored.scores, scored.rows.outcomes, scored.weights),
    "calibration_intercept": lambda scored: calibration_intercept(scored.scores, scored.rows.outcomes, scored.weights),
}
"""Every figure that has an interval, by name, in the order in which they are given.

`capacity_…` is among the first accounts on each CSM's list of the cut-off, as many as the CSM's weekly capacity;
`…_arr_share` is the share of the churned ARR that was found there."""
SLICE_FIGURES: Final = ("roc_auc", "brier_score", "brier_skill", "log_loss", "calibration_intercept")
"""Those that are given of slices too."""
COMPARED_FIGURES: Final = tuple(name for name in FIGURES if not name.startswith("calibration_"))
"""Those of which more or less is better, so that the difference of two models says something."""
DECOMPOSITION: Final = ("brier_miscalibration", "brier_discrimination", "brier_uncertainty")
"""Parts of the Brier score; without interval, see `recalibration.decompose_brier`."""
CHURN_RATE: Final = "churn_rate"
"""What came of the rows; given beside the base rate, the prediction to hold it against."""
