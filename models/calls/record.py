"""The record of a set of decided calls: everything that is computed of them, put together once.

What each figure is and how it is fitted is in the other modules; what is said of them, in `findings` and `report`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from models.calls.blend import Recipe, cross_fitted
from models.calls.calls import Calls
from models.calls.disagreement import disagreement_table
from models.calls.ends import ends_table
from models.calls.forecasts import Comparison, Forecast, compare_forecasts
from models.calls.groups import group_table
from models.calls.levels import cross_fitted_base_rate, cross_fitted_levels, level_table, share_rising
from models.calls.words import Reading, read_words
from models.learning import FloatArray
from models.recalibration import band_of_true, reliability_curve
from models.settings import ModelSettings

JUDGEMENT: Final = "judgement"
MODEL: Final = "model"
AVERAGE: Final = "plain average"
JUDGEMENT_REFITTED: Final = "judgement, recalibrated"
MODEL_REFITTED: Final = "model, recalibrated"
BLEND: Final = "blend"
WITHOUT_WORDS: Final = "judgement alone"
WITH_WORDS: Final = "judgement and text"
RESAMPLED_CALLS: Final = 5_000_000
"""Calls that are drawn for all resamples together: of more than ten thousand calls fewer resamples are taken, since an
interval of theirs is so narrow that the noise of fewer does not show."""
LEAST_RESAMPLES: Final = 100
_ADDITIONS: Final = (
    (JUDGEMENT, MODEL),
    (AVERAGE, JUDGEMENT),
    (AVERAGE, MODEL),
    (BLEND, AVERAGE),
    (BLEND, JUDGEMENT_REFITTED),
    (BLEND, MODEL_REFITTED),
)
"""Forecast and reference of every difference. A blend is recalibrated by its fit; held against what was stated it would
get the credit of that, so its references are recalibrated too."""


@dataclass(frozen=True)
class Record:
    """What past calls have been worth.

    Attributes:
        calls: The decided calls.
        settings: Seed, resamples, level of the intervals.
        probabilities: What was stated; for levels what they meant among other clusters, shape (n,).
        comparison: Figures of all forecasts and their differences.
        curves: Reliability curve and consistency band of each stated forecast: predicted, observed, low, high.
        ends: What came of the surest calls, by stated forecast; see `ends`.
        levels: What each level has meant, of ordinal calls; see `levels`.
        rising: Share of resamples in which the rates rise with the level; NaN where nothing is claimed.
        recipes: In how many folds each recipe of the blend was chosen.
        disagreement: Who was right where person and model differ; see `disagreement`.
        groups: See `groups`.
        reading: What the words were read for; None without texts, or where no text has a term.
        with_words: Figures with and without the words.
    """

    calls: Calls
    settings: ModelSettings
    probabilities: FloatArray
    comparison: Comparison
    curves: dict[str, pd.DataFrame]
    ends: dict[str, pd.DataFrame]
    levels: pd.DataFrame | None = None
    rising: float = float("nan")
    recipes: Counter[Recipe] = field(default_factory=Counter)
    disagreement: pd.DataFrame | None = None
    groups: pd.DataFrame | None = None
    reading: Reading | None = None
    with_words: Comparison | None = None


def keep_record(calls: Calls, settings: ModelSettings, say: Callable[[str], None] = lambda _: None) -> Record:
    """Hold past calls against what came of them.

    From too few calls (`Calls.shortage`) what was stated has its figures, and nothing is fitted, blended or claimed.

    Args:
        calls: Decided calls, at least one.
        settings: Seed, resamples, level, priors.
        say: Told what is being computed.
    """
    settings = _affordable(settings, len(calls))
    is_enough = calls.shortage is None
    say("what was said, against what happened")
    probabilities = cross_fitted_levels(calls, settings) if calls.is_ordinal else calls.scores
    stated = {} if calls.is_ordinal else {JUDGEMENT: probabilities}
    if calls.model is not None:
        stated[MODEL] = calls.model
    if is_enough and calls.model is not None:
        say("person and model together, out of sample")
    blends, recipes = _blends(calls, settings) if is_enough and calls.model is not None else ([], Counter[Recipe]())
    forecasts = [*_stated_forecasts(calls, probabilities, settings), *blends]
    names = {forecast.name for forecast in forecasts}
    pairs = [pair for pair in _ADDITIONS if names.issuperset(pair)]
    say("intervals")
    comparison = compare_forecasts(forecasts, pairs, calls, settings)
    if is_enough and calls.texts is not None:
        say("what the words say beyond the judgement")
    reading, with_words = _words(calls, settings) if is_enough and calls.texts is not None else (None, None)
    return Record(
        calls=calls,
        settings=settings,
        probabilities=probabilities,
        comparison=comparison,
        curves={name: _curve(values, calls, settings) for name, values in stated.items()},
        ends={name: ends_table(values, calls, settings) for name, values in stated.items()},
        levels=level_table(calls, settings) if calls.is_ordinal else None,
        rising=share_rising(calls, settings) if calls.is_ordinal and is_enough else float("nan"),
        recipes=recipes,
        disagreement=disagreement_table(probabilities, calls, settings)
        if is_enough and calls.model is not None
        else None,
        groups=group_table(probabilities, calls, settings) if calls.groups is not None else None,
        reading=reading,
        with_words=with_words,
    )


def _affordable(settings: ModelSettings, calls: int) -> ModelSettings:
    """The settings with as many resamples as so many calls are worth."""
    most = max(LEAST_RESAMPLES, RESAMPLED_CALLS // calls)
    return settings.model_copy(update={"bootstrap_resamples": min(settings.bootstrap_resamples, most)})


def _stated_forecasts(calls: Calls, probabilities: FloatArray, settings: ModelSettings) -> list[Forecast]:
    """The judgement, the model, and the plain average of the two."""
    # Levels are ranked as they were called; their probabilities are cross-fitted.
    base_rate = cross_fitted_base_rate(calls, settings) if calls.is_ordinal else None
    forecasts = [Forecast(JUDGEMENT, probabilities, calls.scores, base_rate=base_rate)]
    if calls.model is not None:
        average = (probabilities + calls.model) / 2
        folds = calls.folds(settings.seed) if calls.is_ordinal else None
        forecasts += [Forecast.of(MODEL, calls.model), Forecast.of(AVERAGE, average, folds, base_rate)]
    return forecasts


def _blends(calls: Calls, settings: ModelSettings) -> tuple[list[Forecast], Counter[Recipe]]:
    folds, base_rate = calls.folds(settings.seed), cross_fitted_base_rate(calls, settings)
    judged = cross_fitted(calls, ("judgement",), settings)
    modelled = cross_fitted(calls, ("model",), settings)
    blended = cross_fitted(calls, ("judgement", "model"), settings)
    forecasts = [
        Forecast.of(JUDGEMENT_REFITTED, judged.probabilities, folds, base_rate),
        Forecast.of(MODEL_REFITTED, modelled.probabilities, folds, base_rate),
        Forecast.of(BLEND, blended.probabilities, folds, base_rate),
    ]
    return forecasts, blended.recipes


def _words(calls: Calls, settings: ModelSettings) -> tuple[Reading | None, Comparison | None]:
    reading = read_words(calls, settings)
    if reading is None:
        return None, None
    folds, base_rate = calls.folds(settings.seed), cross_fitted_base_rate(calls, settings)
    forecasts = [
        Forecast.of(WITHOUT_WORDS, reading.without, folds, base_rate),
        Forecast.of(WITH_WORDS, reading.with_words, folds, base_rate),
    ]
    return reading, compare_forecasts(forecasts, [(WITH_WORDS, WITHOUT_WORDS)], calls, settings)


def _curve(stated: FloatArray, calls: Calls, settings: ModelSettings) -> pd.DataFrame:
    """Reliability curve with the band in which it would lie were the probabilities true and the calls independent."""
    evenly = np.ones(len(calls))
    curve = reliability_curve(stated, calls.outcomes, evenly)
    corners = curve["predicted"].to_numpy(dtype=np.float64)
    return curve.merge(band_of_true(stated, evenly, np.arange(len(calls)), corners, settings), on="predicted")
