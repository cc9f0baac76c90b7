"""Invoices: when they are sent and when they are paid.

Budget freezes and reorganizations delay payment; so do some customers' habits, which mean nothing.
"""

import numpy as np

from sample_company.dates import NULL, Array, at_hour
from sample_company.history import History
from sample_company.streams import stream
from sample_company.writing import Change, Coded, Columns, versions

DAYS_TO_PAY = 30


def invoice_columns(history: History) -> Columns:
    """`invoices`: a row when issued, another when paid."""
    rng = stream(history.seed, "invoices")
    accounts, window = history.accounts, history.window
    term, part = _instalments(history)
    account = history.terms.account[term]
    per_year = _per_year(history)[term]
    issued = history.terms.start[term] + (part * 365.25 / per_year).astype(np.int64) + rng.integers(0, 4, len(term))
    ended = np.where(
        history.terms.ended_on[term] != NULL, history.terms.ended_on[term], history.terms.renewal_day[term]
    )
    kept = (issued >= window.first_day) & (issued <= window.last_day) & (issued < ended)
    term, account, issued, per_year = term[kept], account[kept], issued[kept], per_year[kept]
    week, size = window.week_of(issued), len(issued)
    frozen = history.is_on("budget_freeze")[account, week]
    shaken = history.is_on("reorganization")[account, week]
    habit = rng.exponential(4, len(accounts))[account] * (rng.random(len(accounts)) < 0.4)[account]
    days = np.clip(rng.normal(25, 6, size), 3, 60) + habit + rng.exponential(3, size)
    days += np.where(frozen, rng.exponential(22, size), 0) + np.where(shaken, rng.exponential(8, size), 0)
    paid = issued + days.astype(np.int64)
    # A few customers who leave never pay the last one.
    unpaid = (history.leaving_on[account] < issued) & (rng.random(size) < 0.3)
    base: Columns = {
        "invoice_id": np.array([f"I{i + 1:07d}" for i in range(size)], dtype=object),
        "account_id": Coded(account, accounts.account_id),
        "issued_on": issued,
        "due_on": issued + DAYS_TO_PAY,
        "amount": history.terms.arr[term] // per_year,
        "currency": Coded(np.zeros(size, np.int64), ("USD",)),
        "paid_on": np.full(size, NULL),
        "recorded_at": at_hour(issued, 20 + rng.random(size)),
    }
    rows = np.flatnonzero(~unpaid)
    booked = at_hour(paid[rows] + rng.integers(1, 4, len(rows)), rng.uniform(8, 17, len(rows)))
    return versions(base, [Change(rows, booked, {"paid_on": paid[rows]})])


def _per_year(history: History) -> Array:
    """Instalments a year of each term: yearly in advance, but quarterly for enterprises and with each short term."""
    terms = history.terms
    is_large = history.accounts.segment[terms.account] == 2
    return np.select([terms.months == 1, terms.months == 6, is_large], [12, 2, 4], 1)


def _instalments(history: History) -> tuple[Array, Array]:
    """Every instalment of every term: index of the term and position within it."""
    count = np.maximum(_per_year(history) * history.terms.months // 12, 1)
    term = np.repeat(np.arange(len(count)), count)
    return term, np.arange(len(term)) - np.repeat(np.cumsum(count) - count, count)
