from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.feature import Feature
from models.encoding import Encoder
from models.learning import Cohort, LearningData, weights_of
from models.linear_inputs import BAND_COLUMNS, Design, LinearInputs
from models.linear_margin import LinearMargin
from models.logistic import fit_logistic, posterior_draws, sigmoid
from models.settings import ModelSettings

CUTOFF = pd.Timestamp("2024-09-01")


def fit(
    cohort: Cohort, features: tuple[Feature, ...], draws: int = 0, settings: ModelSettings | None = None
) -> LinearMargin:
    encoder = Encoder.fit(features, cohort.snapshots)
    design = Design.of(encoder, encoder.encode(cohort.snapshots), cohort)
    return LinearMargin.fit(design, cohort, np.zeros(len(cohort.outcomes)), settings or ModelSettings(), draws)


def effect_of(margin: LinearMargin, name: str) -> float:
    values = np.flatnonzero(margin.inputs.features == margin.inputs.encoder.column(name))
    return float(margin.coefficients[BAND_COLUMNS + values[0]])


def test_each_value_is_standardized_and_cut_off_and_what_is_missing_is_the_mean(
    snapshot_rows: Callable[..., pd.DataFrame], features: tuple[Feature, ...]
) -> None:
    chosen = tuple(f for f in features if f.name in ("commercial__segment", "usage__trend_ratio"))
    rows = snapshot_rows(
        usage__trend_ratio=[1.0, 3.0, np.nan, 2.0], commercial__segment=["small", "large", "large", None]
    )
    encoder = Encoder.fit(chosen, rows)
    inputs = LinearInputs.fit(encoder, encoder.encode(rows), weights_of(rows))
    asked = snapshot_rows(usage__trend_ratio=[3.0, np.nan, 1e9], commercial__segment=["large", "small", None])

    columns = inputs.columns(inputs.encoder.encode(asked), np.array(["90-180", "rolling", "0-89"], dtype=object))

    of_feature = [inputs.encoder.features[position].name for position in inputs.features]
    assert of_feature.count("commercial__segment") == 2
    trend = BAND_COLUMNS + of_feature.index("usage__trend_ratio")
    # Mean 2 and deviation sqrt(2/3) of the three values known.
    assert columns[:, trend] == pytest.approx([np.sqrt(1.5), 0.0, 4.0])
    assert columns[:, trend + len(of_feature)].tolist() == [0.0, 1.0, 0.0]
    assert columns[:, :BAND_COLUMNS].tolist() == [[1, 0, 1, 0, 0], [1, 0, 0, 0, 1], [1, 1, 0, 0, 0]]


def test_the_design_of_some_features_is_what_they_would_be_given_alone(
    company: LearningData, features: tuple[Feature, ...]
) -> None:
    cohort = company.cohort(company.through)
    encoder = Encoder.fit(features, cohort.snapshots)
    some = encoder.part([feature.name for feature in features[1::2]])
    assert any(feature.kind == "category" for feature in some.features)

    part = Design.of(encoder, encoder.encode(cohort.snapshots), cohort).part(some)
    alone = Design.of(some, some.encode(cohort.snapshots), cohort)

    assert part.inputs.encoder == some
    np.testing.assert_allclose(part.inputs.means, alone.inputs.means, rtol=1e-12)
    np.testing.assert_allclose(part.inputs.deviations, alone.inputs.deviations, rtol=1e-12)
    np.testing.assert_allclose(part.columns, alone.columns, rtol=1e-9, atol=1e-12)


def test_contributions_add_up_to_the_log_odds_and_average_to_nothing(
    company: LearningData, features: tuple[Feature, ...]
) -> None:
    cohort = company.cohort(company.through)
    margin = fit(cohort, features)
    matrix = margin.inputs.encoder.encode(cohort.snapshots)
    added, base = margin.contributions(matrix, cohort.bands)
    np.testing.assert_allclose(added.sum(axis=1) + base, margin.log_odds(matrix, cohort.bands), atol=1e-12)
    np.testing.assert_allclose(cohort.weights @ added / cohort.weights.sum(), 0.0, atol=1e-8)


def test_a_family_weighs_no_more_for_having_more_copies_of_the_same(
    company: LearningData, features: tuple[Feature, ...]
) -> None:
    cohort = company.cohort(company.through)
    trend = next(f for f in features if f.name == "usage__trend_ratio")
    copies = tuple(replace(trend, name=f"usage__copy_{number}") for number in range(9))
    values = {copy.name: cohort.snapshots["usage__trend_ratio"] for copy in copies}
    crowded = replace(cohort, snapshots=cohort.snapshots.assign(**values))

    alone, among_copies = fit(cohort, (trend,)), fit(crowded, (trend, *copies))

    together = sum(effect_of(among_copies, name) for name in ("usage__trend_ratio", *values))
    assert together == pytest.approx(effect_of(alone, "usage__trend_ratio"), rel=1e-3)
    assert together < -0.1


def test_what_speaks_against_a_direction_beyond_doubt_is_left_out_and_the_others_fitted_without_it(
    company: LearningData, features: tuple[Feature, ...]
) -> None:
    cohort = company.cohort(company.through)
    names = ("usage__trend_ratio", "pulse__sentiment_level")
    chosen = tuple(f for f in features if f.name in names)
    turned_round = tuple(replace(f, direction="raises") for f in chosen)
    margin = fit(cohort, turned_round)
    assert effect_of(margin, "usage__trend_ratio") == 0.0
    assert effect_of(fit(cohort, chosen), "usage__trend_ratio") < -0.05
    assert effect_of(margin, "pulse__sentiment_level") > 0.05


def test_draws_have_the_spread_of_the_posterior() -> None:
    generator = np.random.default_rng(0)
    inputs = np.column_stack([np.ones(400), generator.normal(size=400)])
    outcomes = (generator.random(400) < sigmoid(inputs @ [-1.0, 0.8])).astype(float)
    weights, precision, offset = np.ones(400), np.array([0.0, 4.0]), np.zeros(400)
    fitted = fit_logistic(inputs, outcomes, weights, center=np.zeros(2), precision=precision, offset=offset)

    drawn = posterior_draws(
        inputs, weights, coefficients=fitted, precision=precision, offset=offset, draws=20_000, seed=1
    )

    probability = sigmoid(inputs @ fitted)
    curvature = inputs.T @ (inputs * (probability * (1 - probability))[:, None]) + np.diag(precision)
    np.testing.assert_allclose(np.cov(drawn.T), np.linalg.inv(curvature), rtol=0.05, atol=5e-4)
    np.testing.assert_allclose(drawn.mean(axis=0), fitted, atol=0.01)


def test_more_outcomes_make_the_margin_surer_and_repeated_views_of_one_do_not(
    make_company: Callable[..., LearningData], features: tuple[Feature, ...]
) -> None:
    cohorts = [data.cohort(data.through) for data in (make_company(accounts=150), make_company(accounts=600))]
    rows = cohorts[0].snapshots.head(50)

    def deviation(cohort: Cohort) -> float:
        margin = fit(cohort, features, draws=400)
        bands = rows["band"].to_numpy(dtype=object)
        return float(margin.deviation(margin.inputs.encoder.encode(rows), bands).mean())

    few, many = (deviation(cohort) for cohort in cohorts)
    assert many < 0.85 * few
    dated = cohorts[0].snapshots["band"] != "rolling"
    once = cohorts[0].snapshots[dated].drop_duplicates("renewal_id").reset_index(drop=True)
    outcomes = cohorts[0].outcomes[dated.to_numpy()][~cohorts[0].snapshots[dated].duplicated("renewal_id").to_numpy()]
    single = Cohort(CUTOFF, once, outcomes, weights_of(once))
    doubled_rows = pd.concat([once, once.assign(band="181-365", as_of=once["as_of"] - pd.Timedelta(days=7))])
    doubled_rows = doubled_rows.reset_index(drop=True)
    doubled = Cohort(CUTOFF, doubled_rows, np.tile(outcomes, 2), weights_of(doubled_rows))
    assert deviation(doubled) == pytest.approx(deviation(single), rel=0.1)
