import numpy as np
import pandas as pd
import pytest

from models.forecast.shock import DEVIATIONS, Shock, centred, fit_shocks
from models.logistic import sigmoid
from models.settings import ModelSettings

SETTINGS = ModelSettings()


def quarters_of(deviation: float, quarters: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    number = np.repeat(np.arange(quarters, dtype=float), size)
    churn = sigmoid(generator.normal(-2.2, 0.7, quarters * size))
    shocks = deviation * generator.standard_normal(quarters)
    odds = centred(churn, np.full(len(churn), deviation**2)) + shocks[number.astype(int)]
    return churn, (generator.random(len(churn)) < sigmoid(odds)).astype(float), number


@pytest.mark.parametrize("planted", [0.0, 0.5])
def test_a_planted_shock_comes_back(planted: float) -> None:
    found = Shock.fit(*quarters_of(planted, quarters=40, size=400, seed=1), SETTINGS)
    assert found.deviation == pytest.approx(planted, abs=0.1)
    assert found.quarters == 40


def test_few_quarters_leave_much_to_the_prior() -> None:
    prior = Shock.fit(np.empty(0), np.empty(0), np.empty(0), SETTINGS)
    assert prior.quarters == 0
    assert prior.deviation == pytest.approx(0.3 * np.sqrt(2 / np.pi), abs=0.01)
    few = Shock.fit(*quarters_of(0.0, quarters=2, size=30, seed=2), SETTINGS)
    assert few.deviation == pytest.approx(prior.deviation, abs=0.05)


def test_a_disturbance_leaves_the_probability_where_it_was() -> None:
    churn = np.array([0.02, 0.1, 0.5, 0.8])
    noise = 0.6 * np.random.default_rng(0).standard_normal(200_000)
    disturbed = sigmoid(centred(churn, np.full(4, 0.36))[:, None] + noise).mean(axis=1)
    assert disturbed == pytest.approx(churn, abs=0.003)


def test_each_renewal_counts_once_in_a_horizon_at_its_first_look_there() -> None:
    day = pd.Timestamp("2024-01-01").as_unit("us")
    rows = pd.DataFrame(
        {
            "account_id": ["a"] * 4,
            "renewal_id": ["r"] * 4,
            "cutoff": [day + pd.Timedelta(days=days) for days in (0, 84, 112, 168)],
            "band": ["181-365", "90-180", "90-180", "0-89"],
            "churn_probability": [0.9, 0.2, 0.9, 0.9],
            "renewal_date": [day + pd.Timedelta(days=200)] * 4,
            "is_churned": [False] * 4,
        }
    )
    churn, outcomes, quarter = np.array([0.2]), np.array([0.0]), np.array([1.0])
    shocks = fit_shocks(rows, SETTINGS)
    assert shocks["90-180"] == Shock.fit(churn, outcomes, quarter, SETTINGS)
    assert [shock.quarters for shock in shocks.values()] == [1, 1, 1]
    assert [shock.quarters for shock in fit_shocks(pd.DataFrame(), SETTINGS).values()] == [0, 0, 0]


def test_draws_are_of_the_deviations_that_are_likely() -> None:
    sure = Shock(tuple(float(deviation == 0.5) for deviation in DEVIATIONS), 9)
    deviations, shocks = sure.draw(np.random.default_rng(0), 5000)
    assert set(deviations) == {0.5}
    assert shocks.std() == pytest.approx(0.5, abs=0.02)
