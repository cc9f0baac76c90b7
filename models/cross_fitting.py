"""Cross-fitting by account: scores for a cohort from boosters that did not see the account.

The stand-in for out-of-time predictions where too few cut-offs have matured. It sees the same quarters that it
predicts, so what rests on it is marked `in_cohort` and no walk-forward figure is claimed from it.
"""

import numpy as np

from features.feature import Feature
from models.boosting import fit_booster, raw_scores, read_booster
from models.encoding import Encoder
from models.learning import Cohort, FloatArray, IntArray, TextArray
from models.logistic import logit
from models.settings import ModelSettings


def account_folds(accounts: TextArray, folds: int, seed: int) -> IntArray:
    """Fold of each row, shape (n,): all rows of an account share one, and folds differ by at most one account."""
    unique, position = np.unique(accounts.astype(str), return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(unique))
    return np.asarray(order[position] % folds, dtype=np.int64)


def part_of(cohort: Cohort, rows: np.ndarray) -> Cohort:
    """The rows of a cohort that a mask selects, with their weights as they were."""
    snapshots = cohort.snapshots[rows].reset_index(drop=True)
    return Cohort(cohort.cutoff, snapshots, cohort.outcomes[rows], cohort.weights[rows])


def cross_fitted_scores(features: tuple[Feature, ...], cohort: Cohort, settings: ModelSettings) -> FloatArray:
    """Log-odds before calibration for each row of the cohort, from a booster fitted on the other account groups."""
    folds = account_folds(cohort.snapshots["account_id"].to_numpy(dtype=object), settings.folds, settings.seed)
    scores = np.zeros(len(folds))
    for fold in np.unique(folds):
        held_out = folds == fold
        learned = part_of(cohort, ~held_out)
        if not 0 < learned.outcomes.sum() < len(learned.outcomes):
            # One account group holds every churn, or every renewal that stayed: nothing to tell apart.
            scores[held_out] = logit(np.array([(learned.outcomes.sum() + 0.5) / (len(learned.outcomes) + 1.0)]))
            continue
        encoder = Encoder.fit(features, learned.snapshots)
        booster = read_booster(fit_booster(encoder, learned, settings))
        matrix = encoder.encode(cohort.snapshots[held_out])
        scores[held_out] = raw_scores(booster, matrix, settings.booster.threads)
    return scores
