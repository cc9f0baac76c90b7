from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.churn_model import ChurnModel
from models.explanation import explain
from models.learning import KEY, LearningData
from models.logistic import logit
from models.movement import movement
from models.settings import ModelSettings
from models.training import TrainingResult

SETTINGS = ModelSettings()


@pytest.fixture(scope="module")
def model(trained: TrainingResult) -> ChurnModel:
    return trained.model


@pytest.fixture(scope="module")
def now(company: LearningData) -> pd.DataFrame:
    return company.open_at(company.through)


def a_week_earlier(rows: pd.DataFrame, **columns: object) -> pd.DataFrame:
    return rows.assign(as_of=rows["as_of"] - pd.Timedelta(days=7), **columns)


def test_changes_of_groups_add_up_to_the_change_of_the_log_odds(model: ChurnModel, now: pd.DataFrame) -> None:
    before = a_week_earlier(now, usage__active_users_28d=now["usage__active_users_28d"].to_numpy()[::-1])

    moved = movement(model, now, before, SETTINGS)

    summed = moved.of_groups.groupby(KEY)["change"].sum().reset_index()
    then = model.score(before, allow_hindsight=True)["churn_probability"].to_numpy()
    is_now = model.score(now)["churn_probability"].to_numpy()
    np.testing.assert_allclose(summed["change"], logit(is_now) - logit(then), atol=1e-9)
    np.testing.assert_allclose(moved.of_renewals["probability_change"], is_now - then, atol=1e-12)
    assert set(moved.of_groups["feature_group"]) == set(explain(model, now)["feature_group"])


def test_a_change_worth_telling_names_what_moved_with_its_value_of_then(model: ChurnModel, now: pd.DataFrame) -> None:
    green = now.assign(pulse__sentiment_level=0.0, sentiment="green", pulse_state="fresh")
    red = now.assign(pulse__sentiment_level=2.0, sentiment="red", pulse_state="fresh")
    moved = movement(model, red, a_week_earlier(green), SETTINGS).of_renewals
    told = moved["probability_change"] >= SETTINGS.change_worth_telling
    assert told.mean() > 0.9
    assert set(moved.loc[told, "change_reason"]) == {"The pulse stands at red (a week ago: green)"}
    still = movement(model, now, a_week_earlier(now), SETTINGS).of_renewals
    assert (still["probability_change"] == 0).all()
    assert still["change_reason"].isna().all()


def test_a_renewal_that_was_not_scored_a_week_ago_has_not_moved(model: ChurnModel, now: pd.DataFrame) -> None:
    before = a_week_earlier(now).iloc[3:].assign(status=lambda rows: ["known_loss", *["open"] * (len(rows) - 1)])
    moved = movement(model, now, before, SETTINGS)
    assert moved.of_renewals["renewal_id"].tolist() == now["renewal_id"].tolist()[4:]
    nothing = movement(model, now, before.head(0), SETTINGS)
    assert nothing.of_renewals.empty
    assert nothing.of_groups.empty


def test_a_base_rate_moves_with_the_horizon_only_and_has_no_reasons(
    trained_base_rate: TrainingResult, now: pd.DataFrame
) -> None:
    model = replace(trained_base_rate.model, trained_through=now["as_of"].min().date())
    moved = movement(model, now, a_week_earlier(now), SETTINGS)
    assert (moved.of_renewals["probability_change"] == 0).all()
    assert moved.of_groups.empty
