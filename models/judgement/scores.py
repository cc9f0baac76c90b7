"""How good the gut view has been, beside the base rate, the usage view and the combined view, on the same renewals."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from models.judgement.colours import Entry
from models.judgement.judged import Figure, Judged
from models.learning import FloatArray
from models.metrics import Ranking, brier_score, ratio, roc_auc
from models.recalibration import calibration_intercept, calibration_slope, decompose_brier

GUT: Final = "gut_view"
USAGE: Final = "usage_view"
BOTH: Final = "churn_probability"
BASE: Final = "base_rate"
VIEWS: Final = (BASE, GUT, USAGE, BOTH)


def view_figures(judged: Judged) -> Iterator[Entry]:
    """AUC, Brier score, its parts and skill of each view; of the gut view optimism and slope too.

    `optimism` is the calibration intercept of the gut view: the log-odds by which renewals were lost more often than
    their colours had meant until then. Skill is the share of another view's Brier score that a view saves.

    Args:
        judged: Entries of one checkpoint that every view was given for.
    """
    if not len(judged):
        return
    counted = len(judged), judged.churns
    views = {view: judged.numbers(view) for view in VIEWS}
    briers = {view: brier_score(scores, judged.outcomes, judged.weights) for view, scores in views.items()}
    for view, scores in views.items():
        yield "view", view, "brier_score", judged.figure(briers[view]), *counted
        parts = decompose_brier(scores, judged.outcomes, np.ones(len(judged)))
        for name, part in zip(("miscalibration", "discrimination", "uncertainty"), parts, strict=True):
            yield "view", view, name, Figure(part), *counted
        if view == BASE:
            continue
        yield "view", view, "auc", judged.figure(_auc(judged, scores)), *counted
        yield "view", view, "skill_to_base_rate", judged.figure(1 - ratio(briers[view], briers[BASE])), *counted
        if view != USAGE:
            yield "view", view, "skill_to_usage_view", judged.figure(1 - ratio(briers[view], briers[USAGE])), *counted
    both = judged.outcomes, judged.weights
    yield "view", GUT, "optimism", judged.figure(calibration_intercept(views[GUT], *both)), *counted
    yield "view", GUT, "calibration_slope", judged.figure(calibration_slope(views[GUT], *both)), *counted


def _auc(judged: Judged, scores: FloatArray) -> FloatArray:
    """AUC among renewals of one quarter, summed over quarters: a list is worked at one time."""
    quarters = judged.rows["renewal_date"].astype("datetime64[us]").dt.to_period("Q").astype(str).to_numpy(dtype=object)
    masks = [quarters == quarter for quarter in np.unique(quarters)]
    return roc_auc(
        [Ranking.of(scores[mask], judged.outcomes[mask], judged.weights[:, mask]) for mask in masks if mask.any()]
    )
