import numpy as np
import pytest

from sample_company.dates import NULL
from sample_company.history import History, live
from sample_company.renewal_records import successors
from sample_company.settings import CompanySettings
from sample_company.terms import CHURNED, OPEN, RENEWED, SUPERSEDED


@pytest.fixture(scope="module")
def history() -> History:
    return live(CompanySettings(accounts=2_000, seed=12))


def test_churn_per_renewal_is_believable(history: History) -> None:
    terms = history.terms
    decided = (terms.months > 1) & np.isin(terms.outcome, (RENEWED, CHURNED))
    assert 0.08 <= (terms.outcome[decided] == CHURNED).mean() <= 0.14
    for segment in range(3):
        of_segment = decided & (history.accounts.segment[terms.account] == segment)
        assert 0.05 <= (terms.outcome[of_segment] == CHURNED).mean() <= 0.16


def test_every_kind_of_ending_occurs(history: History) -> None:
    terms = history.terms
    renewed, churned = terms.outcome == RENEWED, terms.outcome == CHURNED
    shares = {
        "early renewals": (renewed & (terms.renewal_day - terms.decided_on >= 90)).sum() / renewed.sum(),
        "contractions": (renewed & (terms.renewed_arr < 0.9 * terms.arr)).sum() / renewed.sum(),
        "mid-term terminations": (churned & (terms.ended_on < terms.renewal_day)).sum() / churned.sum(),
        "notices": (churned & (terms.notice_on != NULL)).sum() / churned.sum(),
        "superseded": (terms.outcome == SUPERSEDED).mean(),
        "co-termed": ((terms.outcome == SUPERSEDED) & (terms.contract == 1)).mean(),
        "monthly": (terms.months == 1).mean(),
        "decided late": (renewed & (terms.decided_on > terms.renewal_day)).sum() / renewed.sum(),
    }
    low = {name: share for name, share in shares.items() if not 0.003 <= share <= 0.7}
    assert low == {}


def test_terms_of_a_contract_follow_each_other(history: History) -> None:
    terms = history.terms
    same = (terms.account[1:] == terms.account[:-1]) & (terms.contract[1:] == terms.contract[:-1])
    ends = np.where(terms.outcome == SUPERSEDED, terms.ended_on, terms.renewal_day)
    assert (terms.start[1:][same] == ends[:-1][same]).all()
    assert np.isin(terms.outcome[:-1][same], (RENEWED, SUPERSEDED)).all()
    is_last = np.append(~same, True)
    assert np.isin(terms.outcome[is_last & (terms.contract == 0)], (OPEN, CHURNED)).all()


def test_what_goes_on_has_a_successor_that_begins_where_it_ends(history: History) -> None:
    terms, following = history.terms, successors(history.terms)
    goes_on = np.isin(terms.outcome, (RENEWED, SUPERSEDED))
    assert ((following >= 0) == goes_on).all()
    begins = terms.start[following[goes_on]]
    ends = np.where(terms.outcome == SUPERSEDED, terms.ended_on, terms.renewal_day)[goes_on]
    assert (begins == ends).all()
    assert (terms.contract[following[goes_on]] <= terms.contract[goes_on]).all()


def test_renewals_lie_ahead_and_behind(history: History) -> None:
    terms, window = history.terms, history.window
    is_open = terms.outcome == OPEN
    ahead = terms.renewal_day[is_open] - window.last_day
    assert ((ahead > 0) & (ahead <= 365)).sum() > 500
    decided = terms.decided_on[np.isin(terms.outcome, (RENEWED, CHURNED))]
    years = (decided - window.first_day) // 366
    assert (np.bincount(years, minlength=4)[:4] > 200).all()


def test_every_csm_has_enough_decided_renewals() -> None:
    history = live(CompanySettings())
    terms = history.terms
    decided = (terms.months > 1) & np.isin(terms.outcome, (RENEWED, CHURNED))
    owner = history.owners.at(terms.account[decided], terms.renewal_day[decided])
    counts = np.bincount(owner, minlength=len(history.csms.csm_id))
    assert 8 <= len(counts) <= 14
    assert counts.min() >= 60
