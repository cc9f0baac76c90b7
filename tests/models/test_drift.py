"""What is scored is held to what was learned: a planted shift is named, and quiet companies stay quiet."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.drift import FEATURE, MISSINGNESS, SCORES, measure_drift
from models.learning import LearningData
from models.reference import CELLS, SCORE, Reference, make_reference
from models.settings import SCORED_BANDS, DriftSettings
from models.training import TrainingResult
from models.walk_forward import empty_predictions

SETTINGS = DriftSettings()
LEAD = "commercial__lead_days"
USERS = "usage__active_users_28d"
PULSE = "pulse__sentiment_level"


def measure(data: LearningData, rows: pd.DataFrame, reference: Reference | None = None) -> pd.DataFrame:
    """Drift of the features of some rows against the cohort of the newest cut-off."""
    known = reference or make_reference(data.cohort(data.through), data.features, empty_predictions())
    table = measure_drift(known, rows, np.full(len(rows), 0.1), data.features, SETTINGS)
    return table.set_index(["kind", "name"])


def test_a_reference_survives_its_way_through_json(trained: TrainingResult) -> None:
    written = json.dumps(trained.reference.to_document(), allow_nan=False)

    assert Reference.from_document(json.loads(written)) == trained.reference


def test_a_reference_sums_up_the_cohort(company: LearningData, trained: TrainingResult) -> None:
    cohort, reference = company.cohort(company.through), trained.reference
    band = SCORED_BANDS.index("90-180")
    rows = (cohort.bands == "90-180").nonzero()[0]
    missing = cohort.weights[rows] @ cohort.snapshots[PULSE].isna().to_numpy()[rows] / cohort.weights[rows].sum()

    assert reference.renewals == cohort.renewals
    assert reference.churn_rates["90-180"] == pytest.approx(
        cohort.weights[rows] @ cohort.outcomes[rows] / cohort.weights[rows].sum()
    )
    assert 1 - sum(reference.features.spreads[PULSE].shares[band]) == pytest.approx(missing)
    assert reference.features.spreads[USERS].cells == CELLS
    # Reds are less than an eighth: they are what lies above yellow.
    assert reference.features.spreads[PULSE].edges == (0.0, pytest.approx(1.0, rel=0.01))
    assert list(reference.scores.spreads) == [SCORE]


def test_a_model_of_base_rates_has_a_reference_without_scores(trained_base_rate: TrainingResult) -> None:
    assert trained_base_rate.reference.scores.spreads == {}
    assert USERS in trained_base_rate.reference.features.spreads


def test_only_the_feature_that_shifted_drifts_and_is_told(company: LearningData) -> None:
    rows = company.open_at(company.through)
    shifted = rows.assign(**{USERS: rows[USERS] * 3})

    table = measure(company, shifted)

    assert table.index[table["is_drifting"]].tolist() == [(FEATURE, USERS)]
    row = table.loc[(FEATURE, USERS)]
    assert row["current"] == pytest.approx(shifted[USERS].mean())
    assert row["current"] > 2 * row["reference"]
    assert USERS in row["sentence"]
    assert "stability index" in row["sentence"]


def test_values_that_go_missing_drift_apart_from_the_spread_of_the_others(company: LearningData) -> None:
    rows = company.open_at(company.through)
    is_lost = np.arange(len(rows)) % 2 == 0

    table = measure(company, rows.assign(**{USERS: rows[USERS].mask(is_lost)}))

    assert table.index[table["is_drifting"]].tolist() == [(MISSINGNESS, USERS)]
    row = table.loc[(MISSINGNESS, USERS)]
    assert (row["reference"], row["current"]) == pytest.approx((0.0, is_lost.mean()))


def test_a_source_that_is_gone_is_missing_and_its_spread_is_not_judged(company: LearningData) -> None:
    rows = company.open_at(company.through)

    table = measure(company, rows.assign(**{USERS: np.nan}))

    assert table.loc[(MISSINGNESS, USERS), "is_drifting"]
    assert np.isnan(table.loc[(FEATURE, USERS), "statistic"])
    assert not table.loc[(FEATURE, USERS), "is_drifting"]


def test_a_new_level_of_a_category_drifts(company: LearningData) -> None:
    rows = company.open_at(company.through)
    table = measure(company, rows.assign(commercial__segment="government"))

    assert table.loc[(FEATURE, "commercial__segment"), "is_drifting"]


def test_nothing_to_score_drifts_in_nothing(company: LearningData) -> None:
    table = measure(company, company.open_at(company.through).head(0))

    assert not table["is_drifting"].any()


def test_another_mix_of_horizons_is_no_drift(company: LearningData) -> None:
    rows = company.open_at(company.through)
    near = rows[rows["band"] == "0-89"]

    table = measure(company, near)

    assert len(near) > 30
    assert not table["is_drifting"].any()


def test_what_turns_with_the_seasons_has_its_own_past_for_a_limit(make_company: Callable[..., LearningData]) -> None:
    data = make_company(seed=8)
    snapshots = data.snapshots
    winter = snapshots["as_of"].dt.month.isin([11, 12, 1])
    seasonal = snapshots.assign(**{USERS: snapshots[USERS] * np.where(winter, 0.3, 1.0)})
    data = replace(data, snapshots=seasonal)
    now = data.open_at(data.through)
    factor = 0.3 if data.trained_through.month in (11, 12, 1) else 1.0
    in_winter = now.assign(**{USERS: now[USERS] / factor * 0.3})
    beyond = now.assign(**{USERS: now[USERS] / factor * 0.05})

    usual, unusual = measure(data, in_winter), measure(data, beyond)

    assert usual.loc[(FEATURE, USERS), "statistic"] > SETTINGS.psi
    assert not usual.loc[(FEATURE, USERS), "is_drifting"]
    assert unusual.loc[(FEATURE, USERS), "is_drifting"]


def test_a_record_that_only_grew_fuller_within_what_was_learned_is_no_drift(
    make_company: Callable[..., LearningData],
) -> None:
    data = make_company(seed=9)
    # Recorded of everybody since three years ago, and of nobody before.
    begun = data.through - pd.Timedelta(days=1095)
    snapshots = data.snapshots.assign(**{USERS: data.snapshots[USERS].mask(data.snapshots["as_of"] < begun)})
    data = replace(data, snapshots=snapshots)
    now = data.open_at(data.through)

    grown, gone = (measure(data, rows) for rows in (now, now.assign(**{USERS: np.nan})))

    row = grown.loc[(MISSINGNESS, USERS)]
    assert row["reference"] > SETTINGS.missing_share
    assert row["p_value"] < SETTINGS.level
    assert not row["is_drifting"]
    assert gone.loc[(MISSINGNESS, USERS), "is_drifting"]


def test_what_grows_by_the_calendar_is_shown_and_no_alarm(company: LearningData) -> None:
    rows = company.open_at(company.through)
    older = rows.assign(**{USERS: rows[USERS] * 3})
    reference = make_reference(company.cohort(company.through), company.features, empty_predictions())
    clocks = DriftSettings(clock_features=(USERS,))

    table = measure_drift(reference, older, np.full(len(older), 0.1), company.features, clocks)

    row = table[(table["kind"] == FEATURE) & (table["name"] == USERS)].iloc[0]
    assert row["p_value"] < 1e-6
    assert not row["is_drifting"]
    assert "grows by the calendar" in row["sentence"]


def test_a_leap_day_does_not_make_a_year_another_term(company: LearningData) -> None:
    years = company.snapshots.assign(**{USERS: 365.0})
    data = replace(company, snapshots=years)
    now = data.open_at(data.through)

    leap, two_years = (measure(data, now.assign(**{USERS: days})) for days in (366.0, 731.0))

    assert not leap.loc[(FEATURE, USERS), "is_drifting"]
    assert two_years.loc[(FEATURE, USERS), "is_drifting"]


def test_a_category_that_nobody_had_on_record_is_news_by_being_there(company: LearningData) -> None:
    snapshots = company.snapshots.assign(commercial__segment=None)
    blank = replace(company, snapshots=snapshots)
    reference = make_reference(blank.cohort(blank.through), blank.features, empty_predictions())

    table = measure(company, company.open_at(company.through), reference)

    assert table.loc[(MISSINGNESS, "commercial__segment"), "is_drifting"]
    assert np.isnan(table.loc[(FEATURE, "commercial__segment"), "statistic"])


def test_scores_drift_against_those_of_the_walk(company: LearningData, trained: TrainingResult) -> None:
    rows = company.open_at(company.through)
    scores = trained.model.score(rows)["churn_probability"].to_numpy()

    quiet, loud = (
        measure_drift(trained.reference, rows, each, company.features, SETTINGS).set_index(["kind", "name"])
        for each in (scores, np.clip(scores * 3, 0, 1))
    )

    assert not quiet.loc[(SCORES, SCORE), "is_drifting"]
    assert loud.loc[(SCORES, SCORE), "is_drifting"]


def test_overdue_and_decided_renewals_are_not_held_to_what_was_learned_of_open_ones(company: LearningData) -> None:
    rows = company.open_at(company.through)
    ended = rows.assign(status="known_loss", renewal_id=rows["renewal_id"] + "x", **{USERS: 0.0})

    pd.testing.assert_frame_equal(
        measure(company, pd.concat([rows, ended], ignore_index=True)), measure(company, rows), rtol=1e-12
    )


def test_of_twenty_companies_without_drift_at_most_one_alarms(make_company: Callable[..., LearningData]) -> None:
    alarms = []
    for seed in range(20):
        data = make_company(seed=100 + seed, accounts=200, years=4.0)
        # Learned a year before, as a model that has been in charge for long.
        learned = data.cutoffs[-5]
        reference = make_reference(data.cohort(learned), data.features, empty_predictions())
        alarms.append(bool(measure(data, data.open_at(data.through), reference)["is_drifting"].any()))

    assert sum(alarms) <= 1
