"""The judgement and a model put together, out of sample: what each is worth alone and what it adds to the other.

Every probability here is one for a call whose cluster taught nothing. How good the blends are is measured in
`forecasts`.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from models.calls.calls import Calls
from models.learning import FloatArray, account_folds
from models.logistic import fit_logistic, logit, sigmoid
from models.metrics import log_loss
from models.settings import ModelSettings

Source = Literal["judgement", "model"]
Recipe = Literal["log-odds", "log-odds and their product", "log-odds and probabilities"]

LEAST_STATED: Final = 0.01
"""Stated probabilities are held this far from zero and one: people say 0 and 100 % of what is merely near certain."""
_INNER_FOLDS: Final = 5
_FREE_SD: Final = 10.0
"""Prior standard deviation of intercepts: next to none, but a fold with one outcome still has a solution."""
_SLOPE_SD: Final = 0.5
"""Prior standard deviation of what log-odds count for around the plain average."""
_BEND_SD: Final = 2.0
"""Prior standard deviation of what a whole probability adds to log-odds, which bends the curve."""


class Design(NamedTuple):
    """A logistic regression that is to be fitted.

    Attributes:
        inputs: Shape (n, p), the intercept first.
        center: Prior means, shape (p,).
        precision: Prior precisions, shape (p,).
    """

    inputs: FloatArray
    center: FloatArray
    precision: FloatArray


@dataclass(frozen=True)
class CrossFitted:
    """Probabilities for every call from the other clusters.

    Attributes:
        probabilities: Shape (n,).
        recipes: In how many folds each recipe was chosen.
    """

    probabilities: FloatArray
    recipes: Counter[Recipe]


def cross_fitted(calls: Calls, sources: tuple[Source, ...], settings: ModelSettings) -> CrossFitted:
    """Logistic regression on one source or both, each fold of clusters predicted by what the others teach.

    The recipe (log-odds alone, their product beside them, or the probabilities beside them, which bends the curve at
    the ends) is chosen anew within each set of others by a cross-validation of its own: the fold that is predicted
    takes no part in the choice.

    Args:
        calls: At least two clusters.
        sources: What may be used; `model` asks for `Calls.model`.
        settings: Seed, and the prior of a level.
    """
    folds = calls.folds(settings.seed)
    probabilities = np.full(len(calls), np.nan)
    chosen: Counter[Recipe] = Counter()
    recipes = _recipes(calls, sources)
    for fold in np.unique(folds):
        held_out = folds == fold
        others = calls.part(~held_out)
        recipe = _best_recipe(others, sources, recipes, settings)
        chosen[recipe] += 1
        probabilities[held_out] = _predict(others, calls.part(held_out), sources, recipe, settings)
    return CrossFitted(probabilities, chosen)


def _recipes(calls: Calls, sources: tuple[Source, ...]) -> tuple[Recipe, ...]:
    """The recipes that differ for these sources."""
    recipes: list[Recipe] = ["log-odds"]
    if len(sources) > 1:
        recipes.append("log-odds and their product")
    if "model" in sources or not calls.is_ordinal:
        recipes.append("log-odds and probabilities")
    return tuple(recipes)


def _best_recipe(
    calls: Calls, sources: tuple[Source, ...], recipes: tuple[Recipe, ...], settings: ModelSettings
) -> Recipe:
    """The recipe with the least log loss in a cross-validation within these calls, the simplest one where equal."""
    if len(recipes) == 1 or calls.cluster_count < 2:
        return recipes[0]
    folds = account_folds(calls.clusters, min(_INNER_FOLDS, calls.cluster_count), settings.seed + 1)
    losses = []
    for recipe in recipes:
        probabilities = np.empty(len(calls))
        for fold in np.unique(folds):
            held_out = folds == fold
            fitted_on, asked = calls.part(~held_out), calls.part(held_out)
            probabilities[held_out] = _predict(fitted_on, asked, sources, recipe, settings)
        losses.append(float(log_loss(probabilities, calls.outcomes, np.ones((1, len(calls))))[0]))
    return recipes[int(np.argmin(losses))]


def _predict(
    others: Calls, asked: Calls, sources: tuple[Source, ...], recipe: Recipe, settings: ModelSettings
) -> FloatArray:
    """Probability of each call asked about, from what the others teach, shape (m,)."""
    known = design(others, sources, recipe, settings)
    coefficients = fit_logistic(
        known.inputs, others.outcomes, np.ones(len(others)), center=known.center, precision=known.precision
    )
    return sigmoid(design(asked, sources, recipe, settings).inputs @ coefficients)


def design(calls: Calls, sources: tuple[Source, ...], recipe: Recipe, settings: ModelSettings) -> Design:
    """Inputs and priors of the regression.

    The log-odds are expected to count in equal parts that add up to one, which is the plain average: few calls leave it
    there, many move it. Levels enter as one shift each, with the prior that the gut view gives a colour.
    """
    columns, centers, deviations = [np.ones(len(calls))], [0.0], [_FREE_SD]
    for source in sources:
        probabilities = _stated(calls, source)
        if probabilities is None:
            continue
        columns.append(logit(np.clip(probabilities, LEAST_STATED, 1 - LEAST_STATED)))
        centers.append(1 / len(sources))
        deviations.append(_SLOPE_SD)
        if recipe == "log-odds and probabilities":
            columns.append(probabilities - 0.5)
            centers.append(0.0)
            deviations.append(_BEND_SD)
    if recipe == "log-odds and their product":
        left = calls.scores - (len(calls.levels) - 1) / 2 if calls.is_ordinal else columns[1]
        columns.append(left * columns[1 if calls.is_ordinal else 2])
        centers.append(0.0)
        deviations.append(_SLOPE_SD)
    if calls.is_ordinal and "judgement" in sources:
        columns += list((calls.level_numbers[:, None] == np.arange(len(calls.levels))).T.astype(np.float64))
        centers += [0.0] * len(calls.levels)
        deviations += [settings.colour_shift_sd] * len(calls.levels)
    return Design(np.column_stack(columns), np.array(centers), np.array(deviations) ** -2.0)


def _stated(calls: Calls, source: Source) -> FloatArray | None:
    """Probabilities of a source; None for levels."""
    if source == "model":
        if calls.model is None:
            raise ValueError("these calls have no model beside them")
        return calls.model
    return None if calls.is_ordinal else calls.scores
