"""Plays in the CRM: those that a review set off and that move the renewal, and routine ones that move nothing."""

import numpy as np

from sample_company.dates import NULL, at_hour, to_weekday
from sample_company.history import History
from sample_company.streams import arrivals, stream
from sample_company.writing import Change, Columns, versions

SAVE_KINDS = np.array(["executive_alignment", "renewal_rescue", "success_plan", "value_review"], dtype=object)
ROUTINE_KINDS = np.array(["adoption_training", "expansion", "onboarding"], dtype=object)


def play_columns(history: History) -> Columns:
    """`plays`: a row when started, another when ended."""
    rng = stream(history.seed, "plays")
    terms, window = history.terms, history.window
    saves = np.flatnonzero(terms.play_on != NULL)
    account, day = arrivals(rng, 0.006 * history.is_customer(), window.week_starts)
    new = np.flatnonzero(~history.accounts.is_founding & (rng.random(len(history.accounts)) < 0.6))
    accounts = np.concatenate([terms.account[saves], account, new])
    days = to_weekday(np.concatenate([terms.play_on[saves], day, history.first_day[new] + 3]))
    kind = np.concatenate(
        [
            SAVE_KINDS[rng.integers(0, len(SAVE_KINDS), len(saves))],
            ROUTINE_KINDS[rng.integers(0, 2, len(account))],
            np.full(len(new), "onboarding", dtype=object),
        ]
    )
    lasts = rng.integers(20, 75, len(days))
    kept = (days <= window.last_day) & (days >= history.first_day[accounts]) & (days < history.end_day[accounts])
    accounts, days, kind, lasts = accounts[kept], days[kept], kind[kept], lasts[kept]
    size = len(days)
    started = at_hour(days, rng.uniform(9, 17, size))
    ended = at_hour(days + lasts, rng.uniform(9, 17, size))
    late = np.where(rng.random(size) < 0.2, rng.exponential(4, size), rng.exponential(0.2, size))
    base: Columns = {
        "play_id": np.array([f"Y{i + 1:06d}" for i in range(size)], dtype=object),
        "account_id": history.accounts.account_id[accounts],
        "csm_id": history.csms.csm_id[history.owners.at(accounts, days)],
        "kind": kind,
        "started_at": started,
        "ended_at": np.full(size, NULL),
        "recorded_at": started + (late * 86_400).astype(np.int64) * 1_000_000,
    }
    is_closed = np.flatnonzero(rng.random(size) < 0.9)
    closed_at = ended[is_closed] + rng.integers(600, 400_000, len(is_closed)) * 1_000_000
    return versions(base, [Change(is_closed, closed_at, {"ended_at": ended[is_closed]})])
