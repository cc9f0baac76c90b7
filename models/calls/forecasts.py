"""Forecasts of the same calls side by side: ranking, Brier score, calibration, each with its interval, and differences.

Takes probabilities that are there; where they come from (stated, a model's, a blend) is the caller's concern. The
formulas are those of `metrics` and `recalibration`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import pandas as pd

from models.calls.calls import Calls
from models.evaluation import account_draws, percentile_interval
from models.learning import FloatArray, IntArray
from models.metrics import Ranking, brier_score, ratio, roc_auc
from models.recalibration import calibration_intercept, calibration_slope, decompose_brier
from models.settings import ModelSettings

AUC: Final = "auc"
BRIER: Final = "brier"
SKILL: Final = "skill"
SLOPE: Final = "slope"
INTERCEPT: Final = "intercept"
PARTS: Final = ("miscalibration", "discrimination", "uncertainty")
_AUC_IN_FOLDS: Final = "auc_in_folds"
COMPARED: Final = (AUC, BRIER)
"""Figures whose difference between two forecasts is given."""


@dataclass(frozen=True)
class Forecast:
    """Something that speaks about every call.

    Attributes:
        name: What it is called in tables.
        probabilities: Of the event, shape (n,).
        ranks: What orders the calls, shape (n,). Not the probabilities where these are levels cross-fitted: every fold
            has its own probability of a level, and a level must stay a tie.
        folds: Fold of each call where ranks were cross-fitted, shape (n,), else None. Such ranks are compared within a
            fold only: a fold with many events is predicted by others with fewer, so that across folds events rank low,
            however good the forecast is.
        base_rate: What the probabilities have to beat for any skill, shape (n,): where they were cross-fitted the base
            rate from the same folds, else None for the rate of these very calls. Held against that, what was
            cross-fitted and knows nothing looked worse than knowing nothing.
    """

    name: str
    probabilities: FloatArray
    ranks: FloatArray
    folds: IntArray | None = None
    base_rate: FloatArray | None = None

    @classmethod
    def of(
        cls,
        name: str,
        probabilities: FloatArray,
        folds: IntArray | None = None,
        base_rate: FloatArray | None = None,
    ) -> Self:
        """A forecast that is ordered by its probabilities."""
        return cls(name, probabilities, probabilities, folds, base_rate)


@dataclass(frozen=True)
class _Rows:
    outcomes: FloatArray
    weights: FloatArray


_FIGURES: Final[dict[str, Callable[[Forecast, _Rows], FloatArray]]] = {
    AUC: lambda forecast, rows: _auc(forecast, rows, forecast.folds),
    BRIER: lambda forecast, rows: brier_score(forecast.probabilities, rows.outcomes, rows.weights),
    SKILL: lambda forecast, rows: (
        1 - ratio(brier_score(forecast.probabilities, rows.outcomes, rows.weights), _brier_of_base(forecast, rows))
    ),
    SLOPE: lambda forecast, rows: calibration_slope(forecast.probabilities, rows.outcomes, rows.weights),
    INTERCEPT: lambda forecast, rows: calibration_intercept(forecast.probabilities, rows.outcomes, rows.weights),
}
FIGURES: Final = tuple(_FIGURES)
"""Every figure that has an interval."""


class Figure(NamedTuple):
    """A figure with its interval; NaN where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")

    def excludes(self, value: float) -> bool:
        """Whether there is an interval and it does not hold a value."""
        return self.low > value or self.high < value


@dataclass(frozen=True)
class Comparison:
    """Figures of several forecasts on identical calls.

    Attributes:
        figures: forecast, figure, value, low, high; parts of the Brier score have no interval, see `recalibration`.
        differences: forecast, reference, figure, value, low, high: forecast minus reference, on the same resamples.
    """

    figures: pd.DataFrame
    differences: pd.DataFrame

    def figure(self, forecast: str, figure: str) -> Figure:
        """One of the figures."""
        return _only(self.figures, forecast=forecast, figure=figure)

    def difference(self, forecast: str, reference: str, figure: str) -> Figure:
        """One of the differences."""
        return _only(self.differences, forecast=forecast, reference=reference, figure=figure)

    @property
    def forecasts(self) -> tuple[str, ...]:
        """Names of all forecasts, in order."""
        return tuple(self.figures["forecast"].drop_duplicates())


def compare_forecasts(
    forecasts: Sequence[Forecast], pairs: Iterable[tuple[str, str]], calls: Calls, settings: ModelSettings
) -> Comparison:
    """Figures of each forecast and differences of pairs, with percentile intervals over resampled clusters.

    Skill is `1 - Brier / (rate * (1 - rate))`: against one who knew the base rate of these very calls; for what was
    cross-fitted `1 - Brier / Brier of the base rate from the same folds`. The AUC of two forecasts differs by the pairs
    of calls within a fold where either was cross-fitted. From too few calls (`Calls.shortage`) there are figures
    without intervals.

    Args:
        forecasts: Each of shape (n,); those with folds share them.
        pairs: Names of forecast and reference.
        calls: What was called and what came of it, n of them, at least one.
        settings: Seed, number of resamples, level.
    """
    folds = next((forecast.folds for forecast in forecasts if forecast.folds is not None), None)
    point = _figures(forecasts, _Rows(calls.outcomes, np.ones((1, len(calls)))), folds)
    drawn = {key: np.full(1, np.nan) for key in point}
    if calls.shortage is None:
        blocks = [
            _figures(forecasts, _Rows(calls.outcomes, weights), folds)
            for weights in account_draws(pd.Series(calls.clusters), settings)
        ]
        drawn = {key: np.concatenate([block[key] for block in blocks]) for key in point}
    level = settings.interval_level
    figures = [
        (name, figure, float(value[0]), *percentile_interval(drawn[name, figure], level))
        for (name, figure), value in point.items()
        if figure != _AUC_IN_FOLDS
    ]
    for forecast in forecasts:
        parts = decompose_brier(forecast.probabilities, calls.outcomes, np.ones(len(calls)))
        figures += [(forecast.name, part, getattr(parts, part), np.nan, np.nan) for part in PARTS]
    differences = [
        (
            name,
            reference,
            figure,
            float(point[name, measure][0] - point[reference, measure][0]),
            *percentile_interval(drawn[name, measure] - drawn[reference, measure], level),
        )
        for name, reference in pairs
        for figure, measure in _measures(name, reference, forecasts)
    ]
    return Comparison(
        pd.DataFrame.from_records(figures, columns=["forecast", "figure", "value", "low", "high"]),
        pd.DataFrame.from_records(differences, columns=["forecast", "reference", "figure", "value", "low", "high"]),
    )


def _figures(forecasts: Sequence[Forecast], rows: _Rows, folds: IntArray | None) -> dict[tuple[str, str], FloatArray]:
    """Each figure of each forecast, shape (draws,), under weights of shape (draws, n); with folds also within them."""
    figures = {
        (forecast.name, figure): compute(forecast, rows)
        for forecast in forecasts
        for figure, compute in _FIGURES.items()
    }
    if folds is not None:
        for forecast in forecasts:
            figures[forecast.name, _AUC_IN_FOLDS] = (
                figures[forecast.name, AUC] if forecast.folds is not None else _auc(forecast, rows, folds)
            )
    return figures


def _measures(name: str, reference: str, forecasts: Sequence[Forecast]) -> list[tuple[str, str]]:
    """Figures that are compared, each with the one that is computed for it."""
    is_within = any(forecast.folds is not None for forecast in forecasts if forecast.name in (name, reference))
    return [(figure, _AUC_IN_FOLDS if is_within and figure == AUC else figure) for figure in COMPARED]


def _auc(forecast: Forecast, rows: _Rows, folds: IntArray | None) -> FloatArray:
    """AUC over all pairs of calls, or over those within a fold, shape (draws,)."""
    masks = [np.ones(len(rows.outcomes), dtype=bool)] if folds is None else [folds == fold for fold in np.unique(folds)]
    return roc_auc([Ranking.of(forecast.ranks[mask], rows.outcomes[mask], rows.weights[:, mask]) for mask in masks])


def _brier_of_base(forecast: Forecast, rows: _Rows) -> FloatArray:
    """Brier score of the base rate that a forecast is held against, shape (draws,); zero where nothing varies."""
    rate = ratio(rows.weights @ rows.outcomes, rows.weights.sum(axis=1))
    if forecast.base_rate is None:
        return rate * (1 - rate)
    return np.where(rate * (1 - rate) > 0, brier_score(forecast.base_rate, rows.outcomes, rows.weights), 0.0)


def _only(table: pd.DataFrame, **names: str) -> Figure:
    """The figure of the one row that has these names."""
    rows = table[np.logical_and.reduce([table[column] == name for column, name in names.items()])]
    return Figure(*rows[["value", "low", "high"]].to_numpy(dtype=np.float64)[0].tolist())
