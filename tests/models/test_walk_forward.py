from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.learning import KEY, LearningData
from models.settings import ModelSettings
from models.training import TrainingResult
from models.walk_forward import (
    MODEL_COLUMNS,
    PUBLISHED_COLUMNS,
    Walk,
    one_row_per_model,
    require_disjoint,
    walk_forward,
)

Company = Callable[..., LearningData]


@pytest.fixture(scope="module")
def small(make_company: Company) -> LearningData:
    return make_company(accounts=250, years=4.0)


@pytest.fixture(scope="module")
def walk(small: LearningData, fast_settings: ModelSettings) -> Walk:
    return walk_forward(small, fast_settings)


def test_a_cutoff_is_walked_once_enough_churns_are_known(
    walk: Walk, small: LearningData, fast_settings: ModelSettings
) -> None:
    churns = {cutoff: small.cohort(cutoff).churns for cutoff in small.cutoffs}
    assert walk.cutoffs == tuple(cutoff for cutoff, known in churns.items() if known >= fast_settings.minimum_churns)
    assert walk.thin_cutoffs == tuple(
        cutoff for cutoff, known in churns.items() if known < fast_settings.minimum_churns
    )
    assert len(walk.cutoffs) > 3


def test_predictions_are_made_of_what_was_open_and_kept_where_the_outcome_is_known(
    walk: Walk, small: LearningData
) -> None:
    matured = walk.matured(small)
    assert (matured["as_of"] == matured["cutoff"]).all()
    assert (matured["renewal_date"] + pd.Timedelta(days=60) < small.through)[matured["band"] != "rolling"].all()
    assert matured[list(MODEL_COLUMNS)].notna().all(axis=None)
    assert matured[list(MODEL_COLUMNS)].apply(lambda view: view.between(0, 1)).all(axis=None)
    weights = matured[matured["band"] == "181-365"].groupby("renewal_id")["weight"].sum()
    np.testing.assert_allclose(weights, 1.0)
    assert len(walk.history) > len(matured)


def test_calibration_is_in_cohort_until_three_cutoffs_have_matured(walk: Walk, fast_settings: ModelSettings) -> None:
    marks = walk.history.groupby("cutoff")["calibration"].unique()
    maturity = pd.Timedelta(days=fast_settings.maturity_days)
    for cutoff, seen in marks.items():
        mature = sum(earlier + maturity < cutoff for earlier in walk.cutoffs)
        expected = "calibrated" if mature >= fast_settings.minimum_cutoffs else "in_cohort"
        assert set(seen) <= {expected, "uncalibrated"}, cutoff
    assert {"calibrated", "in_cohort"} <= set(walk.history["calibration"])


def test_nothing_that_became_known_after_a_cutoff_changes_a_prediction_made_at_it(
    walk: Walk, small: LearningData, fast_settings: ModelSettings
) -> None:
    middle = walk.cutoffs[len(walk.cutoffs) // 2]
    seen = small.snapshots["as_of"] <= middle
    later = small.snapshots[~seen].assign(usage__active_users_28d=1e6, pulse__sentiment_level=2.0, sentiment="red")
    labels = small.labels.assign(is_churned=small.labels["is_churned"] ^ (small.labels["first_cutoff"] > middle))
    other = replace(small, snapshots=pd.concat([small.snapshots[seen], later]), labels=labels)
    past_only = replace(
        small, snapshots=small.snapshots[seen], labels=small.labels[small.labels["first_cutoff"] <= middle]
    )

    before = walk.history[walk.history["cutoff"] <= middle]
    replayed = walk.replays[walk.replays["as_of"] <= middle].reset_index(drop=True)
    for changed in (other, past_only):
        again = walk_forward(changed, fast_settings)
        history, replays = again.history, again.replays[again.replays["as_of"] <= middle].reset_index(drop=True)
        pd.testing.assert_frame_equal(history[history["cutoff"] <= middle], before, check_exact=True)
        pd.testing.assert_frame_equal(replays, replayed, check_exact=True)


def test_every_look_at_what_was_open_is_replayed_by_the_newest_model_that_had_not_seen_what_came_of_it(
    walk: Walk, small: LearningData
) -> None:
    ends = pd.Series([*walk.cutoffs[1:], small.through], index=walk.cutoffs)
    expected = pd.concat(small.open_between(cutoff, end)[KEY].assign(cutoff=cutoff) for cutoff, end in ends.items())
    pd.testing.assert_frame_equal(
        walk.replays[[*KEY, "cutoff"]], expected.sort_values(["cutoff", *KEY], ignore_index=True)
    )
    assert walk.replays["as_of"].nunique() > 2 * len(walk.cutoffs)
    views = ["base_rate", "gut_view", "usage_view", "churn_probability", "calibration"]
    at_cutoff = walk.replays[walk.replays["as_of"] == walk.replays["cutoff"]]
    pd.testing.assert_frame_equal(
        at_cutoff[["cutoff", *KEY, *views]].reset_index(drop=True),
        walk.history.sort_values(["cutoff", *KEY], ignore_index=True)[["cutoff", *KEY, *views]],
        rtol=0,
        atol=1e-12,
    )


def test_a_renewal_that_was_learned_from_is_not_replayed_when_its_outcome_is_taken_back(
    small: LearningData, walk: Walk, fast_settings: ModelSettings
) -> None:
    cutoff = walk.cutoffs[0]
    learned = small.cohort(cutoff).snapshots.head(1)
    again = learned.assign(as_of=cutoff + pd.Timedelta(days=28))
    data = replace(
        small,
        snapshots=pd.concat([small.snapshots, again], ignore_index=True),
        labels=small.labels[small.labels["first_cutoff"] <= cutoff],
        trained_through=(cutoff + pd.Timedelta(days=84)).date(),
    )
    replays = walk_forward(data, fast_settings).replays
    open_rows = data.open_between(cutoff, data.through)
    assert learned["renewal_id"].item() in set(open_rows["renewal_id"])
    expected = open_rows[open_rows["renewal_id"] != learned["renewal_id"].item()]
    pd.testing.assert_frame_equal(replays[KEY], expected[KEY].reset_index(drop=True))


def test_a_renewal_on_both_sides_stops_the_walk(small: LearningData) -> None:
    cutoff = small.cutoffs[-1]
    cohort, open_rows = small.cohort(cutoff), small.open_at(cutoff)
    require_disjoint(cohort, open_rows)
    leaked = pd.concat([open_rows, cohort.snapshots.head(1)])
    renewal = cohort.snapshots["renewal_id"].iloc[0]
    with pytest.raises(ValueError, match=f"1 renewals are on both sides: .*{renewal}"):
        require_disjoint(cohort, leaked)


def test_published_predictions_have_one_row_per_model_and_claim_no_calibration_for_baselines(
    trained: TrainingResult,
) -> None:
    published = one_row_per_model(trained.paired_predictions)
    assert tuple(published.columns) == PUBLISHED_COLUMNS
    assert len(published) == len(MODEL_COLUMNS) * len(trained.paired_predictions)
    assert not published.duplicated(["model", "cutoff", "account_id", "renewal_id", "as_of"]).any()
    assert set(published.loc[published["model"] == "gut_view", "calibration"]) == {"uncalibrated"}
    full = published[published["model"] == "churn_probability"].reset_index(drop=True)
    pd.testing.assert_series_equal(
        full["probability"], trained.paired_predictions["churn_probability"], check_names=False, check_exact=True
    )
