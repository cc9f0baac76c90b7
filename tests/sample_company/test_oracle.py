import numpy as np
import pytest

from sample_company.dates import NULL
from sample_company.history import live
from sample_company.oracle import true_probabilities
from sample_company.parameters import LEADS
from sample_company.settings import CompanySettings
from sample_company.terms import CHURNED, OPEN, RENEWED, SUPERSEDED

FUTURES = 64


@pytest.fixture(scope="module")
def judged() -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """True probability and outcome of undecided renewals, by lead, over three companies."""
    chances: dict[int, list[np.ndarray]] = {lead: [] for lead in LEADS}
    outcomes: dict[int, list[np.ndarray]] = {lead: [] for lead in LEADS}
    for seed in (31, 32, 33):
        history = live(CompanySettings(accounts=2_000, seed=seed))
        terms = history.terms
        for lead in LEADS:
            chance = true_probabilities(seed, history.state, terms, lead, FUTURES)
            rows = np.isin(terms.outcome, (RENEWED, CHURNED)) & (terms.months > 1) & (chance > 0) & (chance < 1)
            chances[lead].append(chance[rows])
            outcomes[lead].append(terms.outcome[rows] == CHURNED)
    return {lead: (np.concatenate(chances[lead]), np.concatenate(outcomes[lead])) for lead in LEADS}


@pytest.mark.parametrize("lead", LEADS)
def test_probabilities_mean_what_they_say(judged: dict[int, tuple[np.ndarray, np.ndarray]], lead: int) -> None:
    chance, outcome = judged[lead]
    decile = np.searchsorted(np.quantile(chance, np.linspace(0.1, 0.9, 9)), chance, side="right")
    count = np.bincount(decile, minlength=10)
    expected = np.bincount(decile, chance, minlength=10)
    happened = np.bincount(decile, outcome, minlength=10)
    # Four standard errors, with room for the shared shocks of some twenty quarters, which move deciles together.
    spread = np.sqrt(np.bincount(decile, chance * (1 - chance), minlength=10))
    assert (np.abs(happened - expected) <= 4 * spread + 0.12 * expected + 1).all(), list(
        zip(count, expected, happened, strict=True)
    )


def test_more_is_known_the_closer_the_date(judged: dict[int, tuple[np.ndarray, np.ndarray]]) -> None:
    variance = [float(np.var(judged[lead][0])) for lead in LEADS]
    assert variance == sorted(variance)


def test_a_fact_is_certain_and_what_never_was_open_has_no_probability() -> None:
    history = live(CompanySettings(accounts=500, seed=8))
    terms, window = history.terms, history.window
    chance = true_probabilities(8, history.state, terms, 90, FUTURES)
    day = terms.renewal_day - 90
    told = (terms.outcome == OPEN) & (terms.notice_on != NULL)
    before = (
        (terms.decision_day < day) & (day <= window.last_day + 1) & (day >= window.first_day) & (day >= terms.start)
    )
    lost = before & ((terms.outcome == CHURNED) | told)
    kept = before & (terms.outcome == RENEWED)
    assert lost.any()
    assert kept.any()
    assert (chance[lost] == 1).all()
    assert (chance[kept] == 0).all()
    assert np.isnan(chance[(terms.outcome == SUPERSEDED) & (terms.decided_on < day)]).all()
    assert np.isnan(chance[day > window.last_day + 1]).all()
    assert np.isnan(chance[day < terms.start]).all()
