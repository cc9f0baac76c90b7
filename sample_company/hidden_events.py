"""What happens inside the customers: each kind of event switches on and off per account, and a CSM may hear of it.

This is the exogenous part of the story. Traces that events leave in tables are drawn by the modules of those tables,
and their weight on a renewal is added up in `risk.py`.
"""

from dataclasses import dataclass

import numpy as np

from sample_company.accounts import Accounts
from sample_company.csms import Csms, Owners
from sample_company.dates import FAR, Array, Window
from sample_company.parameters import ARCHETYPES, EVENT_KINDS, KIND
from sample_company.streams import stream

SLOTS = 14
EFFECT_SHAPE = 6.0
"""Effects are gamma distributed around the kind's mean with this shape: some events hardly matter, some decide."""


@dataclass(frozen=True)
class HiddenEvents:
    """All events, shape (kinds, accounts, slots), in order of time; unused slots start at `FAR`.

    Attributes:
        daily_rate: Onsets a day while off, shape (kinds, accounts); zero where the kind cannot strike.
        starts, ends: First day on and first day off again.
        effects: Log-odds while on.
        heard: Day a CSM hears of it, `FAR` if never.
    """

    daily_rate: Array
    starts: Array
    ends: Array
    effects: Array
    heard: Array

    def state(self, kind: int, account: Array, day: Array) -> tuple[Array, Array, Array]:
        """Whether the kind is on, its effect, and when it is heard of, for each account on each day."""
        starts = self.starts[kind][account]
        on = (starts <= day[:, None]) & (day[:, None] < self.ends[kind][account])
        slot = on.argmax(axis=1)
        return on.any(axis=1), self.effects[kind][account, slot], self.heard[kind][account, slot]

    def daily(self, kind: int, account: Array, days: Array) -> Array:
        """Whether the kind is on for each account on each day, shape (accounts, days)."""
        on = np.zeros((len(account), len(days)), bool)
        for slot in range(SLOTS):
            start, end = self.starts[kind, account, slot, None], self.ends[kind, account, slot, None]
            if np.all(start == FAR):
                break
            on |= (start <= days) & (days < end)
        return on

    def weeks_since_start(self, kind: int, window: Window) -> Array:
        """Weeks since the event that is on began, −1 where none is on, shape (accounts, weeks)."""
        accounts = self.starts.shape[1]
        age = np.full((accounts, window.weeks), -1, dtype=np.int16)
        weeks = window.week_starts
        for slot in range(self.starts.shape[2]):
            start, end = self.starts[kind, :, slot, None], self.ends[kind, :, slot, None]
            used = np.flatnonzero(start[:, 0] < FAR)
            if not len(used):
                break
            on = (start[used] <= weeks) & (weeks < end[used])
            age[used] = np.where(on, (weeks - start[used]) // 7, age[used])
        return age


def heard_share(kind: int, hearing: Array) -> Array:
    """Chance that a CSM with this factor of hearing ever learns of an event of the kind."""
    share: Array = np.minimum(EVENT_KINDS[kind].heard_share * hearing, 0.95)
    return share


def strike(seed: int, accounts: Accounts, csms: Csms, owners: Owners, window: Window) -> HiddenEvents:
    """Draw every account's events from the start of the grid, or from its own start, to the end of the window."""
    rng = stream(seed, "hidden_events")
    size = len(accounts)
    shape = (len(EVENT_KINDS), size, SLOTS)
    begin = np.maximum(accounts.start_day, window.grid_start)
    begin = np.where(accounts.is_founding, window.grid_start, begin)
    rate = _rates(accounts)
    starts, ends = np.full(shape, FAR, np.int64), np.full(shape, FAR, np.int64)
    effects, heard = np.zeros(shape), np.full(shape, FAR, np.int64)
    for index, kind in enumerate(EVENT_KINDS):
        mean_gap = np.where(rate[index] > 0, 1 / np.maximum(rate[index], 1e-9), FAR)
        gaps = rng.exponential(1.0, (size, SLOTS)) * mean_gap[:, None]
        lasts = rng.exponential(kind.mean_days, (size, SLOTS))
        onset = begin[:, None] + np.cumsum(gaps + lasts, axis=1) - lasts
        is_real = onset <= window.last_day
        starts[index] = np.where(is_real, onset, FAR).astype(np.int64)
        ends[index] = np.where(is_real, onset + lasts + 1, FAR).astype(np.int64)
        effects[index] = kind.effect * rng.gamma(EFFECT_SHAPE, 1 / EFFECT_SHAPE, (size, SLOTS))
        flat_owner = owners.at(np.repeat(np.arange(size), SLOTS), starts[index].ravel()).reshape(size, SLOTS)
        hears = rng.random((size, SLOTS)) < heard_share(index, csms.hearing[flat_owner])
        delay = rng.exponential(kind.heard_after_days, (size, SLOTS)).astype(np.int64) + 1
        heard[index] = np.where(is_real & hears, starts[index] + delay, FAR)
    return HiddenEvents(rate, starts, ends, effects, heard)


def _rates(accounts: Accounts) -> Array:
    """Onsets a day, by kind and account: no sponsor can leave where there is none, nothing can stop that never ran."""
    yearly = np.array([kind.yearly_rate for kind in EVENT_KINDS])
    rate = np.repeat(yearly[:, None] / 365.25, len(accounts), axis=1)
    rate[KIND["sponsor_left"], accounts.archetype == ARCHETYPES.index("missing_sponsor")] = 0
    for name in ("integration_stopped", "automation"):
        rate[KIND[name], accounts.integrations == 0] = 0
    return rate
