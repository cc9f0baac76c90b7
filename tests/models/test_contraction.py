import json

import numpy as np
import pandas as pd
import pytest

from models.churn_model import ChurnModel, ModelFilesError
from models.contraction import SHARE_STEPS, Contraction
from models.contraction_record import evaluate_contraction
from models.logistic import sigmoid
from models.settings import ModelSettings
from models.training import TrainingResult

SETTINGS = ModelSettings()


def fit(departures: list[float], contracted: list[float], retained: list[float], units: list[str]) -> Contraction:
    arrays = (np.array(values) for values in (departures, contracted, retained))
    return Contraction.fit(*arrays, pd.Series(units), SETTINGS)


def test_a_renewal_counts_once_however_often_it_was_looked_at() -> None:
    once = fit([0.0, 1.0], [0.0, 1.0], [1.0, 0.5], ["a", "b"])
    often = fit([0.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0], [1.0, 0.5, 0.5, 0.5], ["a", "b", "b", "b"])
    assert often == once
    assert once.rate == pytest.approx((1 + 10 * 0.05) / 12, abs=1e-6)


def test_what_lies_closer_to_churn_contracts_more_often_and_keeps_less() -> None:
    generator = np.random.default_rng(5)
    departures = generator.normal(size=4000)
    contracted = (generator.random(4000) < sigmoid(-2.5 + 0.6 * departures)).astype(float)
    units = [str(number) for number in range(4000)]
    model = fit(list(departures), list(contracted), list(np.where(contracted == 1.0, 0.7, 0.99)), units)
    assert model.intercept == pytest.approx(-2.5, abs=0.15)
    assert model.slope == pytest.approx(0.6, abs=0.15)
    churn, base = np.array([0.05, 0.1, 0.4, np.nan]), np.array([0.1, 0.1, 0.1, np.nan])
    given = model.given_renewal(churn, base)
    assert given[0] < given[1] < given[2]
    share = model.retained_share(churn, given)
    assert share[:3] == pytest.approx((1 - churn[:3]) * (given[:3] * 0.7 + (1 - given[:3]) * 0.99))
    assert np.isnan(given[3])
    assert np.isnan(share[3])


def test_nothing_known_is_a_small_rate_and_any_share() -> None:
    model = fit([], [], [], [])
    assert model.rate == pytest.approx(0.05)
    assert model.slope == 0.0
    assert model.contracted_share == pytest.approx(0.45)
    assert model.kept_share == 1.0


def test_renewals_without_any_money_due_have_no_share() -> None:
    model = fit([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.6, 0.95, np.nan], ["a", "b", "c"])
    assert model.contracted_shares == (0.6,) * len(SHARE_STEPS)
    assert model.kept_share == 0.95


def test_scores_split_every_renewal_into_lost_smaller_and_kept(trained: TrainingResult) -> None:
    replays = trained.replays
    assert (replays["contraction_probability"] + replays["churn_probability"]).between(0, 1).all()
    assert (replays["expected_retained_share"] <= 1 - replays["churn_probability"]).all()
    assert trained.model.contraction.slope > 0


def test_a_base_rate_says_of_every_renewal_the_same(trained_base_rate: TrainingResult) -> None:
    assert trained_base_rate.model.contraction.slope == 0.0


def test_the_record_holds_contraction_against_its_own_base_rate(trained: TrainingResult) -> None:
    table = evaluate_contraction(trained.paired_predictions, SETTINGS.model_copy(update={"bootstrap_resamples": 20}))
    skill = table[table["metric"] == "brier_skill"].set_index(["band", "model"])
    assert set(table["band"]) == {"0-89", "90-180", "181-365"}
    assert (skill.xs("contraction_base_rate", level="model")["value"] == 0).all()
    rows = trained.paired_predictions[trained.paired_predictions["band"] == "90-180"]
    contracted = rows["is_contracted"].astype(float)
    size = rows.groupby(["account_id", "renewal_id"])["as_of"].transform("size")
    brier = ((rows["contraction_probability"] - contracted) ** 2 / size).sum() / (1 / size).sum()
    score = table[(table["band"] == "90-180") & (table["model"] == "contraction_probability")].set_index("metric")
    assert score.loc["brier_score", "value"] == pytest.approx(brier, abs=1e-9)
    assert any("contraction probability" in note for note in trained.notes)


def test_a_model_from_before_contraction_is_refused(trained: TrainingResult) -> None:
    files = trained.model.to_files()
    fitted = json.loads(files["calibration.json"])
    del fitted["contraction"]
    with pytest.raises(ModelFilesError, match=r"contraction.*--retrain"):
        ChurnModel.from_files(files | {"calibration.json": json.dumps(fitted)})
    assert ChurnModel.from_files(files).contraction == trained.model.contraction
