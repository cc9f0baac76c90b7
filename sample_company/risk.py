"""The log-odds of churn: what is true on a day, and what a CSM would perceive of it.

Renewals are decided with these in `terms.py`, their future is averaged over them in `oracle.py`, and pulses take their
colour from them in `judgement.py`. Nothing here is random once the hidden state is drawn.
"""

from dataclasses import dataclass

import numpy as np

from sample_company.accounts import Accounts
from sample_company.csms import Csms, Owners
from sample_company.dates import Array, Window, quarter_of
from sample_company.hidden_events import HiddenEvents
from sample_company.parameters import (
    ARCHETYPE_EFFECTS,
    ARCHETYPE_SEEN,
    BASE_LOG_ODDS,
    EVENT_KINDS,
    EVENT_SENSED,
    FIRST_RENEWAL_EFFECT,
    FIT_DRIFT_SD,
    FIT_MEMORY_DAYS,
    FIT_SD,
    FIT_SEEN,
    JUDGEMENT_MEMORY_DAYS,
    MONTHLY_EFFECT,
    SEGMENT_EFFECTS,
    SHOCK_SD,
)
from sample_company.streams import stream


@dataclass(frozen=True)
class HiddenState:
    """Everything hidden about a company.

    Attributes:
        accounts, csms, owners, events, window: The parts it is made of.
        misfit: Lasting misfit of product and account, in log-odds, shape (accounts,).
        drift: Its slow movement, unit variance, shape (accounts, weeks).
        misjudgement: What whoever owns the account mistakes for risk, unit variance, shape (accounts, weeks).
        shocks: Log-odds that move all renewals of a quarter, by `quarter_of` minus `first_quarter`.
        first_quarter: Quarter of the first shock.
    """

    accounts: Accounts
    csms: Csms
    owners: Owners
    events: HiddenEvents
    window: Window
    misfit: Array
    drift: Array
    misjudgement: Array
    shocks: Array
    first_quarter: int

    def shock(self, day: Array) -> Array:
        """The shared shock of each day's quarter."""
        moved: Array = self.shocks[quarter_of(day) - self.first_quarter]
        return moved

    def fit(self, account: Array, day: Array) -> Array:
        """Misfit of product and account on each day, in log-odds."""
        total: Array = self.misfit[account] + FIT_DRIFT_SD * self.drift[account, self.window.week_of(day)]
        return total

    def base(self, account: Array, is_monthly: Array, is_first: Array) -> Array:
        """What does not move with time: level, segment, kind of contract."""
        total: Array = (
            BASE_LOG_ODDS
            + np.array(SEGMENT_EFFECTS)[self.accounts.segment[account]]
            + MONTHLY_EFFECT * is_monthly
            + FIRST_RENEWAL_EFFECT * is_first
        )
        return total

    def log_odds(self, account: Array, day: Array) -> Array:
        """What the account's hidden state on that day adds to `base`."""
        total: Array = self.fit(account, day) + np.array(ARCHETYPE_EFFECTS)[self.accounts.archetype[account]]
        for kind in range(len(EVENT_KINDS)):
            on, effect, _ = self.events.state(kind, account, day)
            total += on * effect
        return total

    def perceived(self, account: Array, day: Array, skill: Array) -> Array:
        """Log-odds of churn as far as a CSM of that skill can see, without noise and optimism.

        That is part of the fit, the events heard of, and a share of the others: sensed, not known.
        """
        archetype = np.array(ARCHETYPE_EFFECTS)[self.accounts.archetype[account]]
        total = BASE_LOG_ODDS + FIT_SEEN * self.fit(account, day) + ARCHETYPE_SEEN * archetype
        for kind in range(len(EVENT_KINDS)):
            on, effect, heard = self.events.state(kind, account, day)
            total += on * effect * np.where(heard <= day, 1.0, EVENT_SENSED * skill)
        return total


def drifting(rng: np.random.Generator, accounts: int, weeks: int, memory_days: float) -> Array:
    """A stationary first-order process of unit variance, shape (accounts, weeks), forgetting over `memory_days`."""
    keep = np.exp(-7 / memory_days)
    steps = rng.normal(0, np.sqrt(1 - keep**2), (weeks, accounts))
    levels = np.empty((weeks, accounts))
    levels[0] = rng.normal(0, 1, accounts)
    for week in range(1, weeks):
        levels[week] = keep * levels[week - 1] + steps[week]
    return np.ascontiguousarray(levels.T)


def hidden_state(
    seed: int, accounts: Accounts, csms: Csms, owners: Owners, events: HiddenEvents, window: Window
) -> HiddenState:
    """Draw what is hidden besides the events."""
    rng = stream(seed, "risk")
    size = len(accounts)
    first_quarter = int(quarter_of(np.array([window.grid_start]))[0])
    quarters = window.weeks // 13 + 60
    return HiddenState(
        accounts=accounts,
        csms=csms,
        owners=owners,
        events=events,
        window=window,
        misfit=rng.normal(0, FIT_SD, size),
        drift=drifting(rng, size, window.weeks, FIT_MEMORY_DAYS),
        misjudgement=drifting(rng, size, window.weeks, JUDGEMENT_MEMORY_DAYS),
        shocks=rng.normal(0, SHOCK_SD, quarters),
        first_quarter=first_quarter,
    )
