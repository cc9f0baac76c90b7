"""Cross-fitting by account: scores for a cohort from scorers that did not see the account.

The stand-in for out-of-time predictions where too few cut-offs have matured. It sees the same quarters that it
predicts, so what rests on it is marked `in_cohort` and no walk-forward figure is claimed from it.
"""

import numpy as np

from features.feature import Feature
from models.baselines import BaseRates
from models.gut_feel import GutTable
from models.learning import Cohort, FloatArray, account_folds
from models.logistic import logit
from models.note_risk import read_notes, with_note_risk
from models.settings import ModelSettings
from models.views import VIEWS, View, colour_offset, fit_scorers


def part_of(cohort: Cohort, rows: np.ndarray) -> Cohort:
    """The rows of a cohort that a mask selects, with their weights as they were."""
    snapshots = cohort.snapshots[rows].reset_index(drop=True)
    return Cohort(cohort.cutoff, snapshots, cohort.outcomes[rows], cohort.weights[rows])


def cross_fitted_scores(
    features: tuple[Feature, ...], usage_features: tuple[str, ...], cohort: Cohort, settings: ModelSettings
) -> dict[View, FloatArray]:
    """Log-odds before calibration for each row of the cohort, from scorers fitted on the other account groups.

    The whole recipe is fitted anew without a group, what its words and its colours mean included.

    Args:
        features: Inputs of the full view.
        usage_features: Names of those of the usage view.
        cohort: What to learn from and to score.
        settings: How to fit.
    """
    folds = account_folds(cohort.snapshots["account_id"].to_numpy(dtype=object), settings.folds, settings.seed)
    scores: dict[View, FloatArray] = {view: np.zeros(len(folds)) for view in VIEWS}
    for fold in np.unique(folds):
        held_out = folds == fold
        part = part_of(cohort, ~held_out)
        if not 0 < part.outcomes.sum() < len(part.outcomes):
            # One account group holds every churn, or every renewal that stayed: nothing to tell apart.
            rate = logit(np.array([(part.outcomes.sum() + 0.5) / (len(part.outcomes) + 1.0)]))
            for of_view in scores.values():
                of_view[held_out] = rate
            continue
        read = read_notes(features, part, settings)
        asked = with_note_risk(cohort.snapshots[held_out].reset_index(drop=True), features, read.text_models)
        base_rates = BaseRates.fit(part, settings.base_rate_strength)
        table = GutTable.fit(part, base_rates, settings)
        for view, scorer in fit_scorers(features, usage_features, read.cohort, settings).items():
            offset = colour_offset(view, table, asked, asked["band"], base_rates, settings.colour_share)
            scores[view][held_out] = scorer.log_odds(
                scorer.encoder.encode(asked), asked["band"].to_numpy(dtype=object), offset
            )
    return scores
