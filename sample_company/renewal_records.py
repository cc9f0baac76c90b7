"""How the CRM holds renewals: one row when the term is entered, one at notice, one at the decision, a few amendments.

What happened comes from `terms.py`; only when it was written down is decided here.
"""

import numpy as np

from sample_company.account_records import first_recorded
from sample_company.dates import NULL, Array, at_hour
from sample_company.history import History
from sample_company.streams import stream
from sample_company.terms import CHURNED, OPEN, RENEWED, SUPERSEDED, Terms
from sample_company.writing import Change, Coded, Columns, plain, versions

OUTCOMES = ("renewed", "churned", "superseded")


def renewal_ids(terms: Terms) -> Array:
    """Identifier of each term's renewal."""
    return np.array([f"R{i + 1:07d}" for i in range(len(terms))], dtype=object)


def contract_ids(terms: Terms) -> Array:
    """Identifier of each term's contract, stable across its terms."""
    pairs = zip(terms.account, terms.contract, strict=True)
    return np.array([f"C{account + 1:05d}-{contract + 1}" for account, contract in pairs], dtype=object)


def successors(terms: Terms) -> Array:
    """Index of the term that continues each one, −1 where none does."""
    rows = np.arange(len(terms))
    following = np.where(rows + 1 < len(terms), rows + 1, 0)
    same = (terms.account[following] == terms.account) & (terms.contract[following] == terms.contract)
    goes_on = same & (terms.number[following] == terms.number + 1)
    result = np.where(goes_on & np.isin(terms.outcome, (RENEWED, SUPERSEDED)), following, -1)
    # A co-termed add-on goes on in the main contract's term that began that day.
    folded = np.flatnonzero((terms.outcome == SUPERSEDED) & (terms.contract == 1))
    main = np.flatnonzero(terms.contract == 0)
    key = terms.account[main] * 100_000 + terms.start[main]
    order = np.argsort(key, kind="stable")
    found = np.searchsorted(key[order], terms.account[folded] * 100_000 + terms.ended_on[folded])
    result[folded] = main[order][np.minimum(found, len(main) - 1)]
    return result


def renewal_columns(history: History) -> Columns:
    """`renewals` with all versions."""
    rng = stream(history.seed, "renewal records")
    terms, accounts = history.terms, history.accounts
    size, ids, following = len(terms), renewal_ids(terms), successors(terms)
    decided_at = at_hour(np.where(terms.outcome == OPEN, 0, terms.decided_on), 12 + 24 * _lag(rng, size))
    recorded = first_recorded(history, terms.account, terms.start, rng.uniform(-4, 2, size))
    has_next = np.flatnonzero(following >= 0)
    recorded[following[has_next]] = decided_at[has_next] + 300_000_000
    base: Columns = {
        "renewal_id": ids,
        "account_id": accounts.account_id[terms.account],
        "contract_id": contract_ids(terms),
        "term_start_date": terms.start,
        "renewal_date": terms.renewal_day,
        "arr": terms.arr,
        "currency": Coded(np.zeros(size, np.int64), ("USD",)),
        "auto_renew": accounts.auto_renew[terms.account],
        "notice_period_days": accounts.notice_days[terms.account],
        "notice_given_on": np.full(size, NULL),
        "outcome": Coded(np.full(size, -1), OUTCOMES),
        "renewed_arr": np.full(size, NULL),
        "successor_renewal_id": np.full(size, None, dtype=object),
        "decided_on": np.full(size, NULL),
        "ended_on": np.full(size, NULL),
        "recorded_at": recorded,
    }  # fmt: skip
    return versions(base, [_amendments(rng, terms, base), *_endings(rng, terms, ids, following, decided_at)])


def _lag(rng: np.random.Generator, size: int) -> Array:
    """Days until a decision is booked: mostly a day or two, at times weeks."""
    return np.where(rng.random(size) < 0.08, rng.uniform(7, 28, size), 0.2 + rng.exponential(1.4, size))


def _amendments(rng: np.random.Generator, terms: Terms, base: Columns) -> Change:
    """A few contracts have their renewal clause changed in the middle of the term."""
    day = terms.start + ((terms.renewal_day - terms.start) * rng.uniform(0.15, 0.45, len(terms))).astype(np.int64)
    at = at_hour(day, rng.uniform(8, 18, len(terms)))
    clause, recorded = plain(base["auto_renew"]), plain(base["recorded_at"])
    is_free = (day < terms.decision_day) & ((terms.outcome != SUPERSEDED) | (day < terms.decided_on)) & (at > recorded)
    rows = np.flatnonzero((rng.random(len(terms)) < 0.05) & (terms.months > 1) & is_free)
    return Change(rows, at[rows], {"auto_renew": ~clause[rows]})


def _endings(
    rng: np.random.Generator, terms: Terms, ids: Array, following: Array, decided_at: Array
) -> tuple[Change, Change]:
    """The versions that notice and decision leave."""
    notice = np.flatnonzero(terms.notice_on != NULL)
    slow = np.where(rng.random(len(notice)) < 0.12, rng.uniform(6, 25, len(notice)), rng.exponential(1.8, len(notice)))
    told = Change(
        notice, at_hour(terms.notice_on[notice], 11 + 24 * slow), {"notice_given_on": terms.notice_on[notice]}
    )
    done = np.flatnonzero(terms.outcome != OPEN)
    code = np.select([terms.outcome == RENEWED, terms.outcome == CHURNED, terms.outcome == SUPERSEDED], [0, 1, 2], -1)
    successor = np.array([ids[i] if i >= 0 else None for i in following], dtype=object)
    values: Columns = {
        "outcome": Coded(code[done], OUTCOMES),
        "renewed_arr": terms.renewed_arr[done],
        "successor_renewal_id": successor[done],
        "decided_on": terms.decided_on[done],
        "ended_on": terms.ended_on[done],
    }
    return told, Change(done, decided_at[done], values)
