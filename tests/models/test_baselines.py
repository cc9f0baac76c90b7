from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from features.feature import Feature
from models.baselines import BaseRates, LogisticBaseline
from models.encoding import Encoder
from models.learning import Cohort, FloatArray, LearningData, weights_of
from models.linear_inputs import Design
from models.settings import ModelSettings

CUTOFF = pd.Timestamp("2024-09-01")


def test_base_rates_mix_each_band_with_the_overall_rate(snapshot_rows: Callable[..., pd.DataFrame]) -> None:
    rows = snapshot_rows(
        renewal_id=["r1", "r1", "r2", "r3"], account_id=["a"] * 4, band=["0-89", "0-89", "0-89", "90-180"]
    )
    cohort = Cohort(CUTOFF, rows, np.array([1.0, 1.0, 0.0, 0.0]), weights_of(rows))

    rates = BaseRates.fit(cohort, strength=10.0).rates

    overall = (1.0 + 0.5) / (3.0 + 1.0)
    assert rates == pytest.approx(
        {
            "0-89": (1.0 + 10 * overall) / 12.0,
            "90-180": (0.0 + 10 * overall) / 11.0,
            "181-365": overall,
            "rolling": overall,
        }
    )


def fit(features: tuple[Feature, ...], cohort: Cohort) -> LogisticBaseline:
    encoder = Encoder.fit(features, cohort.snapshots)
    design = Design.of(encoder, encoder.encode(cohort.snapshots), cohort)
    return LogisticBaseline.fit(design, cohort, ModelSettings())


def predict(baseline: LogisticBaseline, rows: pd.DataFrame) -> FloatArray:
    return baseline.predict(baseline.inputs.encoder.encode(rows), rows["band"].to_numpy(dtype=object))


def test_logistic_regression_finds_the_signal_and_takes_what_it_never_saw(
    company: LearningData, features: tuple[Feature, ...]
) -> None:
    cohort = company.cohort(company.through)
    baseline = fit(features, cohort)
    row = company.open_at(company.through).head(1)

    def probability(**values: object) -> float:
        return float(predict(baseline, row.assign(**values))[0])

    assert probability(usage__active_users_28d=1.0) > probability(usage__active_users_28d=30.0)
    assert probability(pulse__sentiment_level=2.0) > probability(pulse__sentiment_level=0.0)
    # Cut off at four standard deviations: a hundredfold outlier says no more than a large value.
    assert probability(usage__active_users_28d=1e4) == probability(usage__active_users_28d=1e6)
    unseen = [probability(commercial__segment=value) for value in ("never seen", None)]
    assert all(0.0 < value < 1.0 for value in unseen)
    assert probability(usage__active_users_28d=np.nan, usage__trend_ratio=np.nan) < 0.5


def test_a_column_without_any_value_changes_nothing(company: LearningData, features: tuple[Feature, ...]) -> None:
    cohort = company.cohort(company.through)
    empty = cohort.snapshots.assign(usage__noise_28d=np.nan)
    without = tuple(feature for feature in features if feature.name != "usage__noise_28d")
    open_rows = company.open_at(company.through).assign(usage__noise_28d=np.nan)

    with_empty = fit(features, Cohort(CUTOFF, empty, cohort.outcomes, cohort.weights))
    left_out = fit(without, cohort)

    # Its indicator is constant, so it can at most take over a little of the intercept.
    np.testing.assert_allclose(predict(with_empty, open_rows), predict(left_out, open_rows), atol=1e-3)
