import numpy as np
import pandas as pd
import pytest

from models.churn_model import ChurnModel, HindsightError
from models.explanation import REASON_COLUMNS, explain, top_reasons
from models.learning import KEY, LearningData
from models.linear_inputs import BAND_COLUMNS
from models.logistic import logit
from models.training import TrainingResult


@pytest.fixture(scope="module")
def model(trained: TrainingResult) -> ChurnModel:
    return trained.model


@pytest.fixture(scope="module")
def now(company: LearningData) -> pd.DataFrame:
    return company.open_at(company.through)


@pytest.fixture(scope="module")
def reasons(model: ChurnModel, now: pd.DataFrame) -> pd.DataFrame:
    return explain(model, now)


def test_contributions_and_base_value_add_up_to_the_log_odds_shown(
    model: ChurnModel, now: pd.DataFrame, reasons: pd.DataFrame
) -> None:
    _, base = model.contributions(now)
    summed = now[KEY].merge(reasons.groupby(KEY, as_index=False)["contribution"].sum(), on=KEY, how="left")
    shown = logit(model.score(now)["churn_probability"].to_numpy())
    np.testing.assert_allclose(summed["contribution"] + base, shown, atol=1e-9, rtol=0)
    assert set(now["band"]) == {"0-89", "90-180", "181-365", "rolling"}


# On import, shap calls methods that matplotlib is about to drop.
@pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning")
def test_contributions_are_those_of_shap(model: ChurnModel, now: pd.DataFrame) -> None:
    import shap

    rows = now[now["band"] == "90-180"].head(20)
    scorer = model.scorers["full"]
    matrix, margin = scorer.encoder.encode(rows), scorer.margin
    with pytest.warns(UserWarning, match="shap values output has changed"):
        trees = np.asarray(shap.TreeExplainer(scorer.read_booster).shap_values(matrix))
    columns = margin.inputs.columns(matrix, rows["band"].to_numpy(dtype=object))[:, BAND_COLUMNS:]
    coefficients = margin.coefficients[BAND_COLUMNS:]
    given = (margin.centers, np.eye(len(margin.centers)))
    linear = shap.LinearExplainer((coefficients, 0.0), given).shap_values(columns)
    expected = trees + np.column_stack(
        [linear[:, np.tile(margin.inputs.features, 2) == position].sum(axis=1) for position in range(trees.shape[1])]
    )
    colour = scorer.encoder.column("pulse__sentiment_level")
    shift = model.gut_table.shift(rows, rows["band"], model.base_rates)
    expected[:, colour] += model.colour_share * shift
    contributions, _ = model.contributions(rows)
    np.testing.assert_allclose(contributions, expected * model.calibrators["full"].slopes["90-180"], atol=1e-12)
    assert np.abs(shift).max() > 0.1


def test_reasons_are_ranked_by_size_and_worded(reasons: pd.DataFrame, model: ChurnModel, now: pd.DataFrame) -> None:
    assert tuple(reasons.columns) == REASON_COLUMNS
    for _, rows in reasons.groupby(KEY):
        assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
        assert rows["contribution"].abs().is_monotonic_decreasing
    assert ((reasons["contribution"] > 0) == (reasons["direction"] == "raises")).all()
    assert set(reasons["feature_group"]) == {"commercial", "pulse", "usage"}
    assert (reasons["feature"].str.partition("__")[0] == reasons["feature_group"]).all()
    red = now.loc[now["pulse__sentiment_level"] == 2.0, "renewal_id"]
    of_red = reasons[reasons["renewal_id"].isin(red) & (reasons["feature_group"] == "pulse")]
    assert set(of_red["sentence"]) == {"The pulse stands at red"}
    assert (of_red["direction"] == "raises").all()
    unknown = now.loc[now["pulse__sentiment_level"].isna(), "renewal_id"]
    of_unknown = reasons[reasons["renewal_id"].isin(unknown) & (reasons["feature_group"] == "pulse")]
    assert set(of_unknown["sentence"]) == {"Nothing is on record of description of pulse__sentiment_level"}
    assert of_unknown["value"].isna().all()
    assert set(reasons["model_version"]) == {model.version}


def test_order_of_rows_changes_nothing(model: ChurnModel, now: pd.DataFrame, reasons: pd.DataFrame) -> None:
    mixed = explain(model, now.sample(frac=1.0, random_state=6))
    pd.testing.assert_frame_equal(mixed, reasons, check_exact=True)


def test_what_is_not_scored_has_no_reasons_and_overdue_speaks_of_today(model: ChurnModel, now: pd.DataFrame) -> None:
    row = now[now["band"] == "0-89"].head(1)
    assert explain(model, row.assign(status="known_loss")).empty
    assert explain(model, row.assign(band="beyond")).empty
    overdue = explain(model, row.assign(status="overdue", band="overdue", commercial__lead_days=-20.0))
    assert len(overdue) == 3
    assert not overdue["sentence"].str.contains("-20").any()
    with pytest.raises(HindsightError):
        explain(model, row.assign(as_of=pd.Timestamp("2000-01-03")))


def test_a_base_rate_has_no_reasons(trained_base_rate: TrainingResult, now: pd.DataFrame) -> None:
    reasons = explain(trained_base_rate.model, now, allow_hindsight=True)
    assert reasons.empty
    assert tuple(reasons.columns) == REASON_COLUMNS


def test_the_top_reason_pushes_the_way_in_which_all_push_together() -> None:
    day = pd.Timestamp("2024-01-01")
    reasons = pd.DataFrame(
        [
            ("a", "r1", day, 1, 0.9, "worst"),
            ("a", "r1", day, 2, -0.6, "good"),
            ("a", "r1", day, 3, -0.5, "also good"),
            ("b", "r2", day, 1, 0.3, "bad"),
            ("b", "r2", day, 2, -0.2, "fine"),
        ],
        columns=[*KEY, "rank", "contribution", "sentence"],
    )
    expected = pd.DataFrame([("a", "r1", day, "good"), ("b", "r2", day, "bad")], columns=[*KEY, "top_reason"])
    pd.testing.assert_frame_equal(top_reasons(reasons), expected)
