from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.feature import Feature
from models.learning import LearningData, weights_of

Rows = Callable[..., pd.DataFrame]
WALK = (date(2024, 6, 1), date(2024, 9, 1))


def labels(**columns: Sequence[object]) -> pd.DataFrame:
    size = max(len(values) for values in columns.values())
    defaults: dict[str, Sequence[object]] = {
        "is_contracted": [False] * size,
        "retained_share": [1.0] * size,
        "days_to_decision": [50] * size,
    }
    return pd.DataFrame(defaults | columns)


def test_weights_sum_to_one_per_renewal_within_each_band_and_per_contract_where_rolling(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(
        account_id=["a", "a", "a", "b", "b", "c"],
        renewal_id=["r1", "r1", "r1", "r2", "r3", "r4"],
        contract_id=["c1", "c1", "c1", "c2", "c2", "c3"],
        band=["90-180", "90-180", "181-365", "rolling", "rolling", "0-89"],
    )
    assert weights_of(rows).tolist() == [0.5, 0.5, 1.0, 0.5, 0.5, 1.0]


def test_a_cohort_holds_what_has_a_label_at_that_cutoff_in_a_scored_band(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(account_id=["b", "a", "c"], renewal_id=["rb", "ra", "rc"], band=["90-180", "0-89", "beyond"])
    known = labels(
        account_id=["a", "b", "b", "c"],
        renewal_id=["ra", "rb", "rb", "rc"],
        as_of=[date(2024, 1, 1)] * 4,
        first_cutoff=[date(2024, 9, 1), date(2024, 9, 1), date(2024, 6, 1), date(2024, 9, 1)],
        last_cutoff=[date(2024, 9, 1), date(2024, 9, 1), date(2024, 6, 1), date(2024, 9, 1)],
        is_churned=[True, False, False, True],
    )
    data = LearningData(rows, known, WALK[-1], WALK, (), ())

    now, before = data.cohort(data.through), data.cohort(pd.Timestamp("2024-06-01"))

    assert now.snapshots["account_id"].tolist() == ["a", "b"]
    assert now.outcomes.tolist() == [1.0, 0.0]
    assert (now.renewals, now.churns) == (2, 1)
    assert before.snapshots["account_id"].tolist() == ["b"]
    assert data.cutoffs == (pd.Timestamp("2024-06-01"),)


def test_one_label_for_a_run_of_cutoffs_is_the_same_as_one_for_each(company: LearningData) -> None:
    facts = [name for name in company.labels.columns if not name.endswith("_cutoff")]
    runs = company.labels.groupby(facts, dropna=False, as_index=False).agg(
        first_cutoff=("first_cutoff", "min"), last_cutoff=("last_cutoff", "max")
    )
    assert len(runs) < len(company.labels) / 3
    in_runs = replace(company, labels=runs)

    assert in_runs.cutoffs == company.cutoffs
    for cutoff in (*company.cutoffs, company.through):
        pd.testing.assert_frame_equal(in_runs.cohort(cutoff).snapshots, company.cohort(cutoff).snapshots)
        np.testing.assert_array_equal(in_runs.cohort(cutoff).outcomes, company.cohort(cutoff).outcomes)
        pd.testing.assert_frame_equal(in_runs.outcomes_at(cutoff), company.outcomes_at(cutoff), check_like=True)


def test_the_type_of_a_date_and_the_order_of_rows_do_not_matter(company: LearningData) -> None:
    shuffled = company.snapshots.sample(frac=1.0, random_state=1)
    other = replace(
        company,
        snapshots=shuffled.assign(as_of=shuffled["as_of"].dt.date),
        labels=company.labels.sample(frac=1.0, random_state=2),
    )

    pd.testing.assert_frame_equal(other.snapshots, company.snapshots)
    pd.testing.assert_frame_equal(other.cohort(other.through).snapshots, company.cohort(company.through).snapshots)
    np.testing.assert_array_equal(other.cohort(other.through).outcomes, company.cohort(company.through).outcomes)


def test_only_open_rows_in_scored_bands_are_predicted(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(
        band=["90-180", "beyond", "90-180", "overdue", "rolling", "0-89"],
        status=["open", "open", "known_loss", "overdue", "open", "open"],
        as_of=[date(2024, 1, 1)] * 5 + [date(2024, 1, 29)],
    )
    known = labels(
        account_id=["x"],
        renewal_id=["x"],
        as_of=[date(2024, 1, 1)],
        first_cutoff=[WALK[0]],
        last_cutoff=[WALK[0]],
        is_churned=[False],
    )
    data = LearningData(rows, known, WALK[0], WALK, (), ())

    assert data.open_at(pd.Timestamp("2024-01-01"))["account_id"].tolist() == ["a0", "a4"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"usage_features": ("usage__active_users_28d", "pulse__sentiment_level")},
            "touched by human judgement: pulse__sen",
        ),
        ({"usage_features": ("usage__unheard_of",)}, "not among the features: usage__unheard_of"),
    ],
)
def test_usage_features_that_judgement_has_touched_are_refused(
    company: LearningData, fields: dict[str, tuple[str, ...]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(company, **fields)  # type: ignore[arg-type]


def test_missing_columns_and_repeated_keys_are_refused(company: LearningData, features: tuple[Feature, ...]) -> None:
    with pytest.raises(ValueError, match=r"snapshots: missing columns band, usage__noise_28d"):
        replace(company, snapshots=company.snapshots.drop(columns=["band", "usage__noise_28d"]))
    with pytest.raises(ValueError, match=r"snapshots: 1 rows repeat the key account_id, renewal_id, as_of"):
        replace(company, snapshots=pd.concat([company.snapshots, company.snapshots.head(1)]))
    with pytest.raises(ValueError, match=r"labels: missing columns last_cutoff"):
        replace(company, labels=company.labels.drop(columns="last_cutoff"))
    with pytest.raises(ValueError, match=r"labels: 1 rows speak of a cut-off of which another row speaks"):
        replace(company, labels=pd.concat([company.labels, company.labels.head(1)]))
    with pytest.raises(ValueError, match="a name occurs twice"):
        replace(company, features=(*features, features[0]))
