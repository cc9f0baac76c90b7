"""Two walks on identical rows, and how far one of them can be believed: the figures behind a promotion.

Takes walks as they are published and kept with a model, one row per model, cut-off and snapshot. What follows from the
figures is decided in `promotion`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from models.calibration import DATED_BANDS
from models.evaluation import BASE_RATE, account_draws
from models.learning import KEY, FloatArray, LearningData, unit_of, weights_of
from models.logistic import fit_logistic, logit, sigmoid
from models.metrics import LEAST_PROBABILITY, brier_score
from models.recipe import Recipe
from models.settings import HEADLINE_BAND, ModelSettings
from models.walk_forward import one_row_per_model, walk_forward

SHIPPED: Final = "churn_probability"
DATED: Final = "dated"
"""The population that decides: all bands whose horizon is that of a date, together."""
MARGIN: Final = 0.02
"""Share of the base rate's Brier score by which a model on newer data may be worse and still takes over."""
PLAUSIBLE_SLOPE: Final = (2 / 3, 3 / 2)
"""Calibration slopes that may pass: a prediction's log-odds are out by a factor of one and a half at most."""
PLAUSIBLE_SHIFT: Final = (-float(np.log(1.5)), float(np.log(1.5)))
"""Calibration in the large that may pass, in log-odds: the odds of churn are out by that same factor at most."""

_WEAK_PRIOR: Final = 1e-3
_KEY: Final = ["cutoff", *KEY]


@dataclass(frozen=True)
class Difference:
    """Brier scores of two models on the rows that both walks have.

    Attributes:
        population: `dated`, or a band.
        rows: Rows in common.
        renewals: Renewals behind them.
        churns: Those that churned.
        cutoffs: Cut-offs in common.
        champion: Brier score of the model in charge.
        challenger: Brier score of the new one.
        base_rate: Brier score of the base rate as known at each cut-off.
        value: Challenger minus champion; negative where the new one is better.
        low: Lower bound of its interval over resampled accounts; NaN where there are too few outcomes.
        high: Upper bound.
    """

    population: str
    rows: int
    renewals: int
    churns: int
    cutoffs: int
    champion: float
    challenger: float
    base_rate: float
    value: float
    low: float
    high: float

    @property
    def limit(self) -> float:
        """What the upper bound has to stay under for a model on newer data."""
        return MARGIN * self.base_rate


@dataclass(frozen=True)
class CalibrationCheck:
    """How far the new model's out-of-time probabilities of the dated bands can be believed.

    Attributes:
        slope: Of the outcomes' log-odds on the predictions' log-odds; 1 is right, below 1 too extreme.
        slope_low: Lower bound of its interval over resampled accounts.
        slope_high: Upper bound.
        shift: Calibration in the large: the log-odds by which all predictions together are too low.
        shift_low: Lower bound.
        shift_high: Upper bound.
        cost: What the predictions lose by it: the Brier score that stretching and shifting them would take away, as a
            share of the Brier score of the mean outcome.
    """

    slope: float
    slope_low: float
    slope_high: float
    shift: float
    shift_low: float
    shift_high: float
    cost: float

    @property
    def passes(self) -> bool:
        """Whether both intervals reach into what is plausible, or nothing much hangs on it.

        Only what is demonstrably wrong fails: the fewer outcomes there are, the wider the intervals, so that nobody is
        refused for noise. Predictions that hardly differ from each other have a slope that may be anything and costs
        next to nothing.
        """
        if self.cost < MARGIN:
            return True
        return _meet((self.slope_low, self.slope_high), PLAUSIBLE_SLOPE) and _meet(
            (self.shift_low, self.shift_high), PLAUSIBLE_SHIFT
        )


def compare_walks(champion: pd.DataFrame, challenger: pd.DataFrame, settings: ModelSettings) -> tuple[Difference, ...]:
    """Brier scores of two walks on identical rows: the dated bands together, then the headline band.

    Args:
        champion: Walk of the model in charge, one row per model, cut-off and snapshot.
        challenger: Walk of the new one; outcomes and the base rate are taken from it, as the newer knowledge.
        settings: Seed, resamples and level of the interval.

    Returns:
        Populations without any row in common are left out.
    """
    rows = rows_in_common(champion, challenger)
    populations = ((DATED, rows), (HEADLINE_BAND, rows[rows["band"] == HEADLINE_BAND].reset_index(drop=True)))
    return tuple(_difference(name, found, settings) for name, found in populations if len(found))


def rows_in_common(champion: pd.DataFrame, challenger: pd.DataFrame) -> pd.DataFrame:
    """The dated rows that both walks predicted and whose outcome is known.

    Returns:
        cutoff, account_id, renewal_id, as_of, band, is_churned, base_rate, champion, challenger, weight; sorted by
        band and key. Weights sum to one per renewal within a band.
    """
    new = challenger[challenger["band"].isin(DATED_BANDS) & challenger["is_churned"].notna()]
    rows = new[new["model"] == SHIPPED].rename(columns={"probability": "challenger"})
    for frame, model, name in ((new, BASE_RATE, "base_rate"), (champion, SHIPPED, "champion")):
        predicted = frame.loc[frame["model"] == model, [*_KEY, "probability"]].rename(columns={"probability": name})
        rows = rows.merge(predicted, on=_KEY, how="inner", validate="one_to_one")
    kept = [*_KEY, "band", "is_churned", "base_rate", "champion", "challenger"]
    rows = rows[kept].dropna().sort_values(["band", *_KEY], ignore_index=True)
    return rows.assign(weight=_dated_weights(rows))


def all_rows_in_common(first: pd.DataFrame, second: pd.DataFrame, *, outcomes_of_first: bool) -> pd.DataFrame:
    """The rows of every band that two walks predicted, in the form that `evaluate` takes.

    Args:
        first: One walk, one row per model, cut-off and snapshot.
        second: The other.
        outcomes_of_first: Whether the first is the newer, whose outcomes and base rate count.

    Returns:
        The key, cutoff and facts of each row as the newer walk has them, base_rate, first, second.
    """
    newer = first if outcomes_of_first else second
    rows = newer[newer["model"] == BASE_RATE].drop(columns=["model", "calibration"])
    rows = rows.rename(columns={"probability": "base_rate"})
    for name, walk in (("first", first), ("second", second)):
        predicted = walk.loc[walk["model"] == SHIPPED, [*_KEY, "probability"]].rename(columns={"probability": name})
        rows = rows.merge(predicted, on=_KEY, how="inner", validate="one_to_one")
    known = rows.dropna(subset=["is_churned", "base_rate", "first", "second"])
    return known.sort_values(_KEY, ignore_index=True)


def check_calibration(predictions: pd.DataFrame, settings: ModelSettings) -> CalibrationCheck | None:
    """Slope and calibration in the large of a walk's dated predictions; None where too few renewals churned to say.

    Each is a weighted maximum likelihood fit (Cox 1958) under a prior that matters only where a resample separates;
    intervals are percentiles over resampled accounts.
    """
    rows = predictions[(predictions["model"] == SHIPPED) & predictions["band"].isin(DATED_BANDS)]
    rows = rows[rows["is_churned"].notna()].sort_values(["band", *_KEY], ignore_index=True)
    outcomes = rows["is_churned"].to_numpy(dtype=np.float64)
    if _churned_renewals(rows) < settings.minimum_churns or outcomes.all():
        return None
    probability = np.clip(rows["probability"].to_numpy(dtype=np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    log_odds = logit(probability)
    weights = _dated_weights(rows)
    drawn = [
        _recalibration(log_odds, outcomes, weights * times)
        for block in account_draws(rows["account_id"], settings)
        for times in block
    ]
    slope, intercept, shift = _recalibration(log_odds, outcomes, weights)
    tail = (1 - settings.interval_level) / 2
    low, high = np.quantile(np.array(drawn), [tail, 1 - tail], axis=0)
    mended = sigmoid(slope * log_odds + intercept)
    mean = np.full(len(outcomes), np.average(outcomes, weights=weights))
    brier = [float(brier_score(scores, outcomes, weights[None, :])[0]) for scores in (probability, mended, mean)]
    return CalibrationCheck(
        slope=slope,
        slope_low=float(low[0]),
        slope_high=float(high[0]),
        shift=shift,
        shift_low=float(low[2]),
        shift_high=float(high[2]),
        cost=(brier[0] - brier[1]) / brier[2],
    )


def walk_again(recipe: Recipe, data: LearningData) -> pd.DataFrame:
    """The walk that a recipe would have made over these data, one row per model, cut-off and snapshot.

    Raises:
        RecipeError: The recipe cannot be used on them.
    """
    selected = recipe.select(data)
    return one_row_per_model(walk_forward(selected, recipe.settings).matured(selected))


def _difference(population: str, rows: pd.DataFrame, settings: ModelSettings) -> Difference:
    outcomes = rows["is_churned"].to_numpy(dtype=np.float64)
    weights = rows["weight"].to_numpy(dtype=np.float64)
    scores = {name: rows[name].to_numpy(dtype=np.float64) for name in ("champion", "challenger", "base_rate")}
    brier = {name: float(brier_score(score, outcomes, weights[None, :])[0]) for name, score in scores.items()}
    losses = (scores["challenger"] - outcomes) ** 2 - (scores["champion"] - outcomes) ** 2
    drawn = [
        (weights * times) @ losses / (weights * times).sum(axis=1)
        for times in account_draws(rows["account_id"], settings)
    ]
    tail = (1 - settings.interval_level) / 2
    low, high = np.quantile(np.concatenate(drawn), [tail, 1 - tail])
    return Difference(
        population=population,
        rows=len(rows),
        renewals=int(unit_of(_as_units(rows)).nunique()),
        churns=_churned_renewals(rows),
        cutoffs=int(rows["cutoff"].nunique()),
        champion=brier["champion"],
        challenger=brier["challenger"],
        base_rate=brier["base_rate"],
        value=brier["challenger"] - brier["champion"],
        low=float(low),
        high=float(high),
    )


def _recalibration(log_odds: FloatArray, outcomes: FloatArray, weights: FloatArray) -> tuple[float, float, float]:
    """Slope and intercept that would mend the predictions, and the shift that would do so at a slope of one."""
    one, prior = np.ones((len(log_odds), 1)), np.array([_WEAK_PRIOR])
    sloped = fit_logistic(
        np.column_stack([log_odds, one]),
        outcomes,
        weights,
        center=np.array([1.0, 0.0]),
        precision=np.repeat(prior, 2),
    )
    shifted = fit_logistic(one, outcomes, weights, center=np.zeros(1), precision=prior, offset=log_odds)
    return float(sloped[0]), float(sloped[1]), float(shifted[0])


def _dated_weights(rows: pd.DataFrame) -> FloatArray:
    """Weights that sum to one per renewal within each band."""
    return weights_of(_as_units(rows)) if len(rows) else np.empty(0)


def _as_units(rows: pd.DataFrame) -> pd.DataFrame:
    """Dated rows as units are told: the contract, which only a rolling row is counted by, has no say."""
    return rows.assign(contract_id=rows["renewal_id"])


def _churned_renewals(rows: pd.DataFrame) -> int:
    return int(unit_of(_as_units(rows[rows["is_churned"].astype(bool)])).nunique())


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
