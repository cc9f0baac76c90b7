"""Runs of connected systems, day by day: they stop, and they rise while people hand their clicks over to automation."""

import numpy as np

from sample_company.dates import Array, at_hour
from sample_company.history import History
from sample_company.parameters import KIND
from sample_company.streams import stream
from sample_company.writing import Coded, Columns

INTEGRATIONS = ("billing_sync", "crm_sync", "data_export", "directory_sync", "erp_sync", "warehouse_sync")
LONGEST_SETUP_DAYS = 90


def integration_columns(history: History) -> Columns:
    """`integration_runs`: one row for each day on which an integration ran."""
    rng = stream(history.seed, "integrations")
    window, count = history.window, history.accounts.integrations
    account = np.repeat(np.arange(len(count)), count)
    is_second = np.concatenate([[False], account[1:] == account[:-1]])
    kind = rng.integers(0, len(INTEGRATIONS), len(account))
    kind[1:] = np.where(
        is_second[1:], (kind[:-1] + 1 + rng.integers(0, 4, len(account) - 1)) % len(INTEGRATIONS), kind[1:]
    )
    days = np.arange(window.first_day, window.last_day + 1)
    level = np.exp(rng.normal(1.6, 0.8, len(account)))
    begins = history.first_day[account] + np.where(
        history.accounts.is_founding[account], 0, rng.integers(10, LONGEST_SETUP_DAYS, len(account))
    )
    week = window.week_of(days)
    rows = []
    for at in range(0, len(account), 400):
        some = slice(at, at + 400)
        rate = level[some, None] * _factor(history, account[some])[:, week]
        rate *= np.where((days + 3) % 7 >= 5, 0.3, 1.0)
        alive = (days >= begins[some, None]) & (days < history.end_day[account[some], None])
        # The other systems of a customer go on when the first one stops.
        stopped = history.events.daily(KIND["integration_stopped"], account[some], days) & ~is_second[some, None]
        runs = rng.poisson(rate * (alive & ~stopped))
        row, day = np.nonzero(runs)
        rows.append((row + at, days[day], runs[row, day]))
    row, day, runs = (np.concatenate(columns) for columns in zip(*rows, strict=True))
    return {
        "account_id": Coded(account[row], history.accounts.account_id),
        "integration": Coded(kind[row], INTEGRATIONS),
        "run_date": day,
        "runs": runs.astype(np.int64),
        "recorded_at": at_hour(day + 1, 3 + (day % 97) / 97),
    }


def _factor(history: History, account: Array) -> Array:
    age = history.ages[KIND["automation"]][account]
    leaving = history.has_decided_to_leave()[account]
    factor: Array = (1 + 1.8 * np.clip((age + 1) / 10, 0, 1)) * np.where(leaving, 0.6, 1.0)
    return factor
