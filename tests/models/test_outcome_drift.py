"""Outcomes against predictions and against what was learned: a planted change alarms, chance does not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.drift import CALIBRATION
from models.learning import LearningData
from models.outcome_drift import (
    CHURN_RATE,
    DECIDED_RENEWALS,
    LATEST_RECORD,
    LEVEL,
    SINCE_TRAINING,
    SLOPE,
    measure_outcomes,
    one_per_renewal,
)
from models.reference import Profile, Reference
from models.retraining import retraining_reasons
from models.settings import DriftSettings, ModelSettings
from models.training import TrainingResult, train

NOTHING = Profile((0,) * 4, (0,) * 4, {})
REFERENCE = Reference("2025-01-06", 1000, {"90-180": 0.1, "0-89": 0.08}, NOTHING, NOTHING)
SETTINGS = DriftSettings()
LEVEL_SINCE, SLOPE_SINCE = f"{LEVEL}_{SINCE_TRAINING}", f"{SLOPE}_{SINCE_TRAINING}"
LEVEL_OF_RECORD = f"{LEVEL}_{LATEST_RECORD}"


def endings(size: int, churned: int, probability: float = 0.1, **columns: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": [f"a{number}" for number in range(size)],
            "renewal_id": "r",
            "contract_id": "c",
            "as_of": pd.Timestamp("2025-03-03"),
            "band": "90-180",
            "probability": probability,
            "is_churned": np.arange(size) < churned,
            "is_since_training": True,
            "is_in_record": True,
        }
    ).assign(**columns)


def measure(rows: pd.DataFrame, reference: Reference = REFERENCE) -> pd.DataFrame:
    return measure_outcomes(reference, rows, rows, SETTINGS).set_index("name")


def test_churns_are_counted_against_their_probabilities() -> None:
    table = measure(endings(200, 40))

    row = table.loc[LEVEL_SINCE]
    assert (row["reference"], row["current"]) == pytest.approx((20, 40))
    assert row["statistic"] == pytest.approx((40 - 20) / np.sqrt(200 * 0.1 * 0.9))
    assert row["is_drifting"]
    assert row["sentence"] == (
        "Of 200 published predictions that ended since the model was trained, 40 churned and 20.0 were expected to; "
        "that is no chance."
    )


def test_the_churn_rate_is_held_to_that_of_its_own_bands_with_the_noise_of_both() -> None:
    rows = endings(200, 40, band=["90-180"] * 100 + ["0-89"] * 100)

    row = measure(rows).loc[CHURN_RATE]

    assert (row["reference"], row["current"]) == pytest.approx((0.09, 0.2))
    assert row["statistic"] == pytest.approx((40 - 18) / np.sqrt((100 * 0.09 + 100 * 0.08 * 0.92) * 1.2))
    assert row["is_drifting"]


def test_fewer_than_ten_churns_are_no_evidence() -> None:
    table = measure(endings(20, 9))

    assert table.loc[LEVEL_SINCE, "statistic"] > 2.58
    assert not table["is_drifting"].any()
    assert "too few churns" in table.loc[LEVEL_SINCE, "sentence"]


def test_too_few_churns_where_many_were_expected_are_evidence_too() -> None:
    table = measure(endings(300, 2, probability=0.1))

    assert table.loc[LEVEL_SINCE, "is_drifting"]
    assert table.loc[LEVEL_SINCE, "statistic"] < -2.58


def test_what_taught_the_model_is_in_the_record_and_not_since_the_training() -> None:
    table = measure(endings(200, 40, is_since_training=False))

    assert table.loc[LEVEL_OF_RECORD, "is_drifting"]
    assert not table.loc[LEVEL_SINCE, "is_drifting"]
    assert np.isnan(table.loc[LEVEL_SINCE, "statistic"])


def test_a_renewal_counts_once_by_its_earliest_look_in_the_headline_band() -> None:
    looks = pd.DataFrame(
        {
            "account_id": ["a", "a", "a", "b", "b", "c", "c"],
            "renewal_id": ["1", "1", "1", "2", "2", "3", "4"],
            "contract_id": ["a", "a", "a", "b", "b", "c", "c"],
            "as_of": pd.to_datetime(
                ["2025-01-06", "2025-03-03", "2025-03-10", "2025-01-06", "2025-06-02", "2025-02-03", "2025-01-06"]
            ),
            "band": ["181-365", "90-180", "90-180", "181-365", "0-89", "rolling", "rolling"],
        }
    )

    chosen = one_per_renewal(looks)

    picked = list(zip(chosen["renewal_id"], chosen["as_of"].dt.strftime("%m-%d"), strict=True))
    # Two renewals of a contract with short terms are one.
    assert picked == [("1", "03-03"), ("2", "06-02"), ("4", "01-06")]


@pytest.mark.parametrize(("new", "is_enough"), [(99, False), (100, True)])
def test_new_outcomes_are_worth_a_training_from_a_share_on(new: int, is_enough: bool) -> None:
    row = measure(endings(new, 0)).loc[DECIDED_RENEWALS]

    assert (row["reference"], row["current"], row["is_drifting"]) == (1000, new, is_enough)


def test_few_new_outcomes_are_not_worth_one_however_large_their_share() -> None:
    few = Reference("2025-01-06", 60, REFERENCE.churn_rates, REFERENCE.features, REFERENCE.scores)

    assert not measure(endings(19, 0), few).loc[DECIDED_RENEWALS, "is_drifting"]
    assert measure(endings(20, 0), few).loc[DECIDED_RENEWALS, "is_drifting"]


def test_without_outcomes_it_says_so() -> None:
    table = measure(endings(0, 0))

    assert not table["is_drifting"].any()
    assert table.loc[LEVEL_SINCE, "sentence"].startswith("There is no published prediction")
    assert table.loc[CHURN_RATE, "sentence"].startswith("No renewal has ended")


def known_since(data: LearningData, training: pd.Timestamp) -> pd.DataFrame:
    """Looks with their true probability whose outcome is known by now and was not at a training."""
    before = data.outcomes_at(training)[["account_id", "renewal_id", "as_of"]]
    rows = data.outcomes_at(data.through).merge(before, how="left", indicator="known")
    rows = rows[rows["known"] == "left_only"].drop(columns="known")
    rows = rows.merge(data.snapshots, on=["account_id", "renewal_id", "as_of"])
    # The truth of a rolling term is that of one renewal, and its target is any within 180 days.
    rows = rows[rows["band"] != "rolling"]
    return rows.assign(probability=rows["truth"], is_since_training=True, is_in_record=True)


def test_of_twenty_companies_that_churn_as_predicted_at_most_one_alarms(
    make_company: Callable[..., LearningData],
) -> None:
    alarms = []
    for seed in range(20):
        data = make_company(seed=200 + seed, accounts=200, years=4.0)
        table = measure(known_since(data, data.cutoffs[-5]))
        alarms.append(bool(table[table["kind"] == CALIBRATION]["is_drifting"].any()))

    assert sum(alarms) <= 1


def test_the_slope_is_about_that_of_a_regression_on_the_log_odds() -> None:
    generator = np.random.default_rng(3)
    size = 4000
    true_log_odds = generator.normal(-2, 1, size)
    said = 1 / (1 + np.exp(-(true_log_odds.mean() + 1.25 * (true_log_odds - true_log_odds.mean()))))
    churned = generator.random(size) < 1 / (1 + np.exp(-true_log_odds))

    table = measure(endings(size, 0, is_churned=churned, probability=said))

    # What exaggerates by a quarter has a slope of 0.8.
    assert table.loc[SLOPE_SINCE, "current"] == pytest.approx(0.8, abs=0.06)
    assert table.loc[SLOPE_SINCE, "is_drifting"]
    assert "calibration slope is about 0.8" in table.loc[SLOPE_SINCE, "sentence"]


def test_predictions_that_are_all_alike_have_no_slope() -> None:
    table = measure(endings(200, 40))

    assert np.isnan(table.loc[SLOPE_SINCE, "statistic"])
    assert not table.loc[SLOPE_SINCE, "is_drifting"]


def test_a_slope_too_large_is_no_alarm() -> None:
    timid = pd.concat([endings(100, 1, probability=0.1), endings(100, 60, probability=0.3).assign(contract_id="d")])
    timid["renewal_id"] = np.arange(len(timid)).astype(str)

    table = measure(timid)

    assert table.loc[SLOPE_SINCE, "statistic"] > 2.58
    assert not table.loc[SLOPE_SINCE, "is_drifting"]


def trained_until(data: LearningData, training: pd.Timestamp, settings: ModelSettings) -> TrainingResult:
    """A training that knew only what was known at a date."""
    past = replace(
        data,
        snapshots=data.snapshots[data.snapshots["as_of"] < training],
        labels=data.labels[data.labels["first_cutoff"] <= training],
        trained_through=training.date(),
    )
    return train(past, settings)


def scored_since(data: LearningData, training: pd.Timestamp, result: TrainingResult) -> pd.DataFrame:
    """What the model said after its training of renewals whose outcome is known by now."""
    rows = known_since(data, training)
    rows = rows[rows["as_of"] >= training].reset_index(drop=True)
    return rows.assign(probability=result.model.score(rows)["churn_probability"])


@pytest.fixture(scope="module")
def old_training(company: LearningData, fast_settings: ModelSettings) -> tuple[pd.Timestamp, TrainingResult]:
    training = company.cutoffs[-5]
    return training, trained_until(company, training, fast_settings)


def test_a_relation_that_turns_round_shows_in_the_slope_alone_and_calls_for_a_training(
    company: LearningData, old_training: tuple[pd.Timestamp, TrainingResult]
) -> None:
    training, result = old_training
    snapshots = company.snapshots
    # Mirrored about its mean, use has the spread that it had, and much of it goes before a churn from now on.
    users = snapshots["usage__active_users_28d"]
    mirrored = snapshots.assign(
        usage__active_users_28d=users.where(snapshots["as_of"] < training, np.exp(4) / users),
        usage__trend_ratio=snapshots["usage__trend_ratio"].where(
            snapshots["as_of"] < training, 2 - snapshots["usage__trend_ratio"]
        ),
    )
    turned = replace(company, snapshots=mirrored)

    before, after = (scored_since(data, training, result) for data in (company, turned))
    as_ever, changed = (
        measure_outcomes(result.reference, rows, rows, SETTINGS).set_index("name") for rows in (before, after)
    )

    assert not as_ever.loc[[LEVEL_SINCE, SLOPE_SINCE], "is_drifting"].any()
    assert changed.loc[SLOPE_SINCE, "is_drifting"]
    assert changed.loc[SLOPE_SINCE, "current"] < 0.5
    assert CALIBRATION in retraining_reasons(changed.reset_index(), SETTINGS)
    assert CALIBRATION not in retraining_reasons(as_ever.reset_index(), SETTINGS)
