from dataclasses import replace

import numpy as np

from features.feature import Feature
from models.cross_fitting import cross_fitted_scores
from models.learning import LearningData, account_folds
from models.settings import ModelSettings

USAGE = ("usage__active_users_28d", "usage__trend_ratio", "usage__noise_28d")


def test_rows_of_an_account_share_a_fold_and_folds_are_even() -> None:
    accounts = np.array(["b", "a", "b", "c", "d", "a"], dtype=object)
    folds = account_folds(accounts, folds=2, seed=0)
    assert folds[0] == folds[2]
    assert folds[1] == folds[5]
    assert sorted(np.bincount(folds[[0, 1, 3, 4]])) == [2, 2]


def test_no_account_is_scored_by_a_scorer_that_knows_its_outcome(
    company: LearningData, features: tuple[Feature, ...], fast_settings: ModelSettings
) -> None:
    cohort = company.cohort(company.through)
    accounts = cohort.snapshots["account_id"].to_numpy(dtype=object)
    held_out = account_folds(accounts, fast_settings.folds, fast_settings.seed) == 0
    turned_round = replace(cohort, outcomes=np.where(held_out, 1 - cohort.outcomes, cohort.outcomes))

    scores = cross_fitted_scores(features, USAGE, cohort, fast_settings)["full"]
    others = cross_fitted_scores(features, USAGE, turned_round, fast_settings)["full"]

    np.testing.assert_array_equal(scores[held_out], others[held_out])
    assert (scores[~held_out] != others[~held_out]).mean() > 0.9


def test_where_one_group_holds_every_churn_the_others_get_the_rate_without_it(
    company: LearningData, features: tuple[Feature, ...], fast_settings: ModelSettings
) -> None:
    cohort = company.cohort(company.through)
    only = cohort.snapshots["account_id"].to_numpy(dtype=object) == "a0000"
    one_churn = replace(cohort, outcomes=only.astype(float))
    scores = cross_fitted_scores(features, USAGE, one_churn, fast_settings)["full"]
    # Learned without any churn: well below one in a thousand, and finite.
    assert np.isfinite(scores).all()
    assert (scores[only] < -7).all()
