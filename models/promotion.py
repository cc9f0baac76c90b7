"""Whether a freshly trained model takes over from the one in charge.

What is compared are predictions made out of time, never fitted models on rows that either saw. Nothing is stored here
and no alias moves; `docs/decisions/0005-how-a-model-takes-over.md` says why the rules are as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from models.churn_model import Kind
from models.evaluation import BASE_RATE
from models.learning import LearningData
from models.recipe import Recipe, RecipeError
from models.settings import HEADLINE_BAND, ModelSettings
from models.walk_comparison import (
    MARGIN,
    PLAUSIBLE_SHIFT,
    PLAUSIBLE_SLOPE,
    SHIPPED,
    CalibrationCheck,
    Difference,
    check_calibration,
    compare_walks,
    walk_again,
)

Verdict = Literal["promoted", "refused", "past"]
Basis = Literal["first", "past", "base_rate", "same_recipe", "new_recipe", "unusable_recipe"]


@dataclass(frozen=True)
class Contestant:
    """One of the two models, by what is known of it.

    Attributes:
        kind: `boosted` or `base_rate`.
        trained_through: Outcomes known at this date taught it.
        recipe: What it was fitted with; None where that is not known or cannot be read.
        predictions: Its own walk, one row per model, cut-off and snapshot, as `one_row_per_model` leaves it.
        unreadable: Why the recipe is None, as the end of a sentence about it.
    """

    kind: Kind
    trained_through: date
    recipe: Recipe | None
    predictions: pd.DataFrame
    unreadable: str = "it was kept by no release that this one knows"


@dataclass(frozen=True)
class Judgement:
    """A verdict with all that it rests on.

    Attributes:
        verdict: `promoted`, `refused`, or `past`: trained for a date before the champion's, so out of the contest.
        basis: Which rule applied.
        reason: The verdict in one plain sentence, with the figures that decided.
        differences: The dated bands together, then the headline; empty where nothing was compared.
        calibration: Of the new model; None where too few outcomes are known to say.
        leaks: What the leak check found.
    """

    verdict: Verdict
    basis: Basis
    reason: str
    differences: tuple[Difference, ...] = ()
    calibration: CalibrationCheck | None = None
    leaks: tuple[str, ...] = ()


def judge(
    challenger: Contestant,
    champion: Contestant | None,
    data: LearningData,
    settings: ModelSettings,
    leaks: Sequence[str] = (),
) -> Judgement:
    """Decides whether a new model takes over.

    Args:
        challenger: The new model; its recipe is known.
        champion: The model in charge, if there is one.
        data: What the new model has learned from; a champion with another recipe is walked over it again.
        settings: Seed, number of resamples, level of the intervals, and how many churns make a comparison.
        leaks: Findings of the leak check; any of them refuses the model.
    """
    if champion is not None and challenger.trained_through < champion.trained_through:
        past = Judgement(
            "past",
            "past",
            f"It was trained for {challenger.trained_through}, before the champion's {champion.trained_through}: it "
            "may score its own past and the champion stays.",
            leaks=tuple(leaks),
        )
        return _after_checks(past)
    if champion is None:
        found, walk = Judgement("promoted", "first", "There was no champion before."), None
    else:
        found, walk = _on_merit(challenger, champion, data, settings)
    check = check_calibration(challenger.predictions, settings)
    before = None if walk is None or check is None or check.passes else check_calibration(walk, settings)
    return _after_checks(replace(found, calibration=check, leaks=tuple(leaks)), walk is not None, before)


def _on_merit(
    challenger: Contestant, champion: Contestant, data: LearningData, settings: ModelSettings
) -> tuple[Judgement, pd.DataFrame | None]:
    """The verdict before calibration and leaks are looked at, and the walk that spoke for the champion."""
    if why := _unusable(champion, data):
        return Judgement(
            "promoted", "unusable_recipe", f"The champion's recipe cannot be used any more, so it is replaced: {why}."
        ), None
    knows_less = _knows_less(challenger, champion)
    if challenger.kind == "base_rate":
        return _pooled(champion, knows_less), None
    if champion.kind == "base_rate":
        walk = _pooled_walk(challenger.predictions)
        found = compare_walks(walk, challenger.predictions, settings)
        return _if_not_inferior("base_rate", "A fitted model against the pooled base rate", found, settings), walk
    if champion.recipe is None or (challenger.recipe is not None and challenger.recipe.id == champion.recipe.id):
        found = compare_walks(champion.predictions, challenger.predictions, settings)
        contest = "The same recipe on other data"
        if challenger.trained_through > champion.trained_through:
            contest = "The same recipe on newer data"
        return _if_not_inferior("same_recipe", contest, found, settings, knows_less), champion.predictions
    walk = walk_again(champion.recipe, data)
    return _if_better(compare_walks(walk, challenger.predictions, settings), settings), walk


def _unusable(champion: Contestant, data: LearningData) -> str:
    """In words, why a recipe cannot be used on these data by this release; empty where it can."""
    if champion.recipe is None:
        return champion.unreadable
    try:
        champion.recipe.select(data)
    except RecipeError as error:
        return str(error)
    return ""


def _pooled_walk(predictions: pd.DataFrame) -> pd.DataFrame:
    """What the pooled base rate said along a walk, as the walk of a model of its own."""
    walk = predictions[predictions["model"].isin([BASE_RATE])]
    return pd.concat([walk, walk.assign(model=SHIPPED)], ignore_index=True)


def _knows_less(challenger: Contestant, champion: Contestant) -> str:
    """In words, by how much fewer outcomes a model knows than the one in charge; empty where it knows as many."""
    known, before = (
        len(each.predictions.dropna(subset="is_churned").drop_duplicates(["account_id", "renewal_id"]))
        for each in (challenger, champion)
    )
    return f"its walk has {known} decided renewals and the champion's {before}" if known < before else ""


def _pooled(champion: Contestant, knows_less: str) -> Judgement:
    if champion.kind == "base_rate":
        if knows_less:
            return Judgement("refused", "base_rate", f"Both are the pooled base rate, and it knows less: {knows_less}.")
        return Judgement("promoted", "base_rate", "Both are the pooled base rate, and the newer data win.")
    return Judgement(
        "refused",
        "base_rate",
        "It is only the pooled base rate, since outcomes were too few to fit a model: the fitted champion stays.",
    )


def _if_not_inferior(
    basis: Basis, contest: str, found: tuple[Difference, ...], settings: ModelSettings, knows_less: str = ""
) -> Judgement:
    """Promoted where the upper bound of the difference stays under the limit, or where nothing speaks against it.

    Args:
        basis: The rule.
        contest: Who stands against whom, as the beginning of a sentence.
        found: The differences.
        settings: How many churns make a comparison.
        knows_less: In words, by how much fewer outcomes it knows; empty where it knows as many.
    """
    if too_few := _too_few(found, settings):
        if found and found[0].low > 0:
            reason = f"{contest}: {too_few} to compare, but all that there is speaks against it: {_spoken(found[0])}."
            return Judgement("refused", basis, reason, found)
        if knows_less:
            return Judgement(
                "refused", basis, f"{contest}: {too_few} to compare, and it knows less: {knows_less}.", found
            )
        return Judgement(
            "promoted", basis, f"{contest}: {too_few} to compare, so what knows as much or more wins.", found
        )
    decisive = found[0]
    if decisive.high < decisive.limit:
        return Judgement(
            "promoted",
            basis,
            f"{contest}, and not inferior: {_spoken(decisive)}, under the limit of {decisive.limit:.5f} "
            f"({MARGIN:.0%} of the base rate's).",
            found,
        )
    return Judgement(
        "refused",
        basis,
        f"{contest}, but not shown to be as good: {_spoken(decisive)}, and the upper bound would have to stay under "
        f"{decisive.limit:.5f} ({MARGIN:.0%} of the base rate's).",
        found,
    )


def _if_better(found: tuple[Difference, ...], settings: ModelSettings) -> Judgement:
    """Promoted where the upper bound is below zero and the headline is not demonstrably worse."""
    if too_few := _too_few(found, settings):
        return Judgement(
            "refused", "new_recipe", f"A new recipe: {too_few} to show that it is better, so it stays out.", found
        )
    decisive = found[0]
    if decisive.high >= 0:
        return Judgement(
            "refused",
            "new_recipe",
            f"A new recipe, not shown to be better: {_spoken(decisive)}, and the upper bound would have to be below "
            "zero.",
            found,
        )
    headline = next((each for each in found if each.population == HEADLINE_BAND), None)
    if headline is not None and headline.low > 0:
        return Judgement(
            "refused",
            "new_recipe",
            f"A new recipe, better over all horizons but worse where it counts, {HEADLINE_BAND} days ahead: "
            f"{_spoken(headline)}.",
            found,
        )
    return Judgement("promoted", "new_recipe", f"A new recipe, and better: {_spoken(decisive)}.", found)


def _after_checks(found: Judgement, has_rival: bool = False, rival: CalibrationCheck | None = None) -> Judgement:
    """The verdict once leaks and calibration are looked at.

    Args:
        found: The verdict on merit, with what the checks found.
        has_rival: Whether a walk spoke for the champion; without one only a leak can refuse.
        rival: The champion's calibration, where the new one's fails; None where too few outcomes are known.
    """
    if found.leaks and found.verdict != "refused":
        return replace(found, verdict="refused", reason=f"The leak check refuses it: {'; '.join(found.leaks)}.")
    check = found.calibration
    if found.verdict != "promoted" or not has_rival or check is None or check.passes:
        return found
    if rival is not None and check.cost - rival.cost < MARGIN:
        reason = (
            f"{found.reason} Its probabilities are not plausible out of time, but the champion's were hardly better."
        )
        return replace(found, reason=reason)
    return replace(
        found,
        verdict="refused",
        reason=(
            f"Its probabilities are not plausible out of time: calibration slope {check.slope:.2f} "
            f"({check.slope_low:.2f} to {check.slope_high:.2f}) and shift {check.shift:+.2f} "
            f"({check.shift_low:+.2f} to {check.shift_high:+.2f}) log-odds, where {PLAUSIBLE_SLOPE[0]:.2f} to "
            f"{PLAUSIBLE_SLOPE[1]:.2f} and {PLAUSIBLE_SHIFT[0]:+.2f} to {PLAUSIBLE_SHIFT[1]:+.2f} would "
            f"pass; it costs {check.cost:.0%} of the Brier score."
        ),
    )


def _too_few(found: tuple[Difference, ...], settings: ModelSettings) -> str:
    """In words, why two walks cannot be told apart; empty where they can."""
    if not found:
        return "the two walks have no row in common"
    if found[0].churns < settings.minimum_churns or np.isnan(found[0].high):
        return f"on the rows in common only {found[0].churns} renewals churned, and it takes {settings.minimum_churns}"
    return ""


def _spoken(found: Difference) -> str:
    return (
        f"on {found.renewals} renewals in common, {found.churns} of them churned, the Brier score differs by "
        f"{found.value:+.5f} ({found.low:+.5f} to {found.high:+.5f})"
    )
