"""The people behind past calls: what `raters` asks for, made of any calls, and what may be said of its answer.

People are looked at only where somebody asked for it. The estimation itself is in `raters`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from models.calls.blend import LEAST_STATED
from models.calls.calls import Calls, counted
from models.calls.findings import NO_CLAIM, interval
from models.calls.forecasts import Figure
from models.calls.report import Section, Table
from models.judgement.raters import RatedCalls, RaterFit, fit_raters
from models.learning import FloatArray, IntArray
from models.logistic import logit
from models.settings import ModelSettings

MOST_LEVELS: Final = 7
"""Levels into which stated probabilities are cut: people use few distinct ones."""
MUST_NOT: Final = (
    "Not a performance review: these figures rest on few calls, people have different books, and a call that led to "
    "something being done counts against whoever made it. Use them to ask questions, not to rank anybody."
)


@dataclass(frozen=True)
class People:
    """What the calls say of those who made them.

    Attributes:
        fit: Estimates; None where nothing can be compared.
        named: Distinct people among the calls.
        unnamed: Calls without a name, which stay out of the comparison.
        minimum_calls: Decided calls below which nobody is shown.
    """

    fit: RaterFit | None
    named: int
    unnamed: int
    minimum_calls: int


def compare_people(calls: Calls, minimum_calls: int, settings: ModelSettings) -> People:
    """Shrunken optimism and discrimination of each person with enough decided calls.

    Args:
        calls: With raters, at least one call.
        minimum_calls: Decided calls below which nobody is shown; such calls still teach what the team does.
        settings: Seed and level of the intervals.
    """
    if calls.raters is None:
        raise ValueError("these calls name nobody")
    has_name = pd.notna(calls.raters)
    named = calls.part(has_name)
    people = int(pd.unique(calls.raters[has_name]).size)
    fit = None
    if people > 1 and named.shortage is None:
        fit = fit_raters(_rated(named), minimum_calls=minimum_calls, level=settings.interval_level, seed=settings.seed)
    return People(fit, people, int((~has_name).sum()), minimum_calls)


def people_section(people: People) -> Section:
    """What is said of people, and what it must not be used for."""
    fit = people.fit
    unnamed = f"{counted(people.unnamed, 'call')} without a name: not in this part."
    notes = [unnamed] if people.unnamed else []
    if people.named < 2:
        return Section("By person", (_nobody_to_compare(people.named), *notes))
    if fit is None:
        return Section("By person", (f"{people.named} people, too few calls to compare them: {NO_CLAIM}.", *notes))
    shown = len(fit.table)
    counts = f"{shown} of {people.named} people have {people.minimum_calls} decided calls or more"
    if not shown:
        counts = f"Fewer than two of {people.named} people have {people.minimum_calls} decided calls or more"
        return Section("By person", (f"{counts}. Nobody is shown; all calls are pooled above.", *notes, MUST_NOT))
    pooled = f"; those with fewer ({fit.others}) are pooled with the team and not shown" if fit.others else ""
    return Section("By person", (f"{counts}{pooled}.", _leaning(fit), *notes, MUST_NOT), (_people_table(fit),))


def _nobody_to_compare(named: int) -> str:
    return "All calls are by one person: there is nobody to compare." if named else "No call names anybody."


def _leaning(fit: RaterFit) -> str:
    apart = int(((fit.table["optimism_low"] > 0) | (fit.table["optimism_high"] < 0)).sum())
    return (
        "Optimism is how much worse a case must look before this person says so, in widths of a level; zero is the "
        f"mean of those shown. {apart} of {len(fit.table)} intervals exclude zero. The average person's AUC over "
        f"the team's cases is {fit.team_discrimination:.3f}. Estimates are shrunk towards the team and "
        "adjusted for how hard a person's cases were, as far as a model beside the calls tells; raw ones are not."
    )


def _people_table(fit: RaterFit) -> Table:
    rows = []
    for row in fit.table.to_dict("records"):
        figures = [
            interval(figure, signed=signed)
            for name, signed in (("optimism", True), ("discrimination", False))
            for figure in (Figure(row[name], row[f"{name}_low"], row[f"{name}_high"]), Figure(row[f"{name}_raw"]))
        ]
        rows.append((str(row["rater"]), f"{row['calls']:,.0f}", f"{row['events']:,.0f}", *figures))
    return Table("", ("person", "calls", "happened", "optimism", "raw", "AUC", "raw"), tuple(rows))


def _rated(calls: Calls) -> RatedCalls:
    difficulty = np.empty((len(calls), 0))
    if calls.model is not None and np.ptp(calls.model) > 0:
        looks = logit(np.clip(calls.model, LEAST_STATED, 1 - LEAST_STATED))
        difficulty = ((looks - looks.mean()) / max(float(looks.std()), np.finfo(np.float64).eps))[:, None]
    return RatedCalls(
        raters=np.asarray(calls.raters),
        levels=calls.level_numbers if calls.is_ordinal else _binned(calls.scores),
        outcomes=calls.outcomes,
        difficulty=difficulty,
        ages=np.zeros(len(calls)),
        clusters=calls.clusters,
    )


def _binned(probabilities: FloatArray) -> IntArray:
    """Levels of stated probabilities: each its own where there are few, else as many calls on each as ties allow."""
    distinct = np.unique(probabilities)
    if len(distinct) <= MOST_LEVELS:
        return np.searchsorted(distinct, probabilities)
    edges = np.unique(np.quantile(probabilities, np.arange(1, MOST_LEVELS) / MOST_LEVELS))
    return np.unique(np.searchsorted(edges, probabilities, side="left"), return_inverse=True)[1].reshape(-1)
