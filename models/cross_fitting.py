"""Cross-fitting by account: scores for a cohort from boosters that did not see the account.

The stand-in for out-of-time predictions where too few cut-offs have matured. It sees the same quarters that it
predicts, so what rests on it is marked `in_cohort` and no walk-forward figure is claimed from it.
"""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from features.feature import Feature
from models.boosting import fit_booster, raw_scores, read_booster
from models.encoding import Encoder
from models.learning import Cohort, FloatArray, account_folds
from models.logistic import logit
from models.note_risk import read_notes, with_note_risk
from models.settings import ModelSettings

Name = TypeVar("Name", bound=str)


def part_of(cohort: Cohort, rows: np.ndarray) -> Cohort:
    """The rows of a cohort that a mask selects, with their weights as they were."""
    snapshots = cohort.snapshots[rows].reset_index(drop=True)
    return Cohort(cohort.cutoff, snapshots, cohort.outcomes[rows], cohort.weights[rows])


def cross_fitted_scores(
    features: Mapping[Name, tuple[Feature, ...]], cohort: Cohort, settings: ModelSettings
) -> dict[Name, FloatArray]:
    """Log-odds before calibration for each row of the cohort, from models fitted on the other account groups.

    The whole recipe is fitted anew without a group, what its words mean included.

    Args:
        features: Inputs of each view by its name.
        cohort: What to learn from and to score.
        settings: How to fit.
    """
    folds = account_folds(cohort.snapshots["account_id"].to_numpy(dtype=object), settings.folds, settings.seed)
    inputs = tuple({feature.name: feature for view in features.values() for feature in view}.values())
    scores = {name: np.zeros(len(folds)) for name in features}
    for fold in np.unique(folds):
        held_out = folds == fold
        part = part_of(cohort, ~held_out)
        if not 0 < part.outcomes.sum() < len(part.outcomes):
            # One account group holds every churn, or every renewal that stayed: nothing to tell apart.
            rate = logit(np.array([(part.outcomes.sum() + 0.5) / (len(part.outcomes) + 1.0)]))
            for of_view in scores.values():
                of_view[held_out] = rate
            continue
        read = read_notes(inputs, part, settings)
        asked = with_note_risk(cohort.snapshots[held_out], inputs, read.text_models)
        for name, of_view in scores.items():
            encoder = Encoder.fit(features[name], read.cohort.snapshots)
            booster = read_booster(fit_booster(encoder, read.cohort, settings))
            of_view[held_out] = raw_scores(booster, encoder.encode(asked), settings.booster.threads)
    return scores
