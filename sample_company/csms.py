"""The customer success managers: how well, how kindly and how often each judges, and who owns which account when.

The judging itself is in `judgement.py`; what a person does not control (what happens to the account) is elsewhere.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from sample_company.dates import FAR, Array, Window
from sample_company.streams import pick_rows, stream

HABITS = ("steady", "sporadic", "before_review", "rare")
HABIT_GAP_DAYS = (17.0, 34.0, 70.0, 75.0)
ACCOUNTS_PER_CSM = 65
OPTIMISM_MEAN, OPTIMISM_SD = 0.1, 0.5


@dataclass(frozen=True)
class Csms:
    """One entry per CSM.

    Attributes:
        csm_id: Identifiers.
        optimism: Log-odds by which perceived risk is lowered before a colour is chosen.
        skill: 0 to 1; sets `noise_sd` and `hearing`.
        noise_sd: Spread, in log-odds, of what the CSM mistakes for risk.
        hearing: Factor on the chance of hearing of a hidden event.
        habit: Index into `HABITS`.
        gap_days: Mean days between spontaneous pulses on an account.
        vague: Share of reasons that say nothing.
        copied: Share of pulses copied forward from the previous one.
        eagerness: Chance to start a play once a review looks bad.
    """

    csm_id: Array
    optimism: Array
    skill: Array
    noise_sd: Array
    hearing: Array
    habit: Array
    gap_days: Array
    vague: Array
    copied: Array
    eagerness: Array


@dataclass(frozen=True)
class Owners:
    """Who owns each account: up to three owners, shape (accounts, 3), and the days they took over."""

    csm: Array
    since: Array

    def at(self, account: Array, day: Array) -> Array:
        """Index of the CSM who owns each account on each day."""
        turn = (self.since[account, 1:] <= np.asarray(day)[:, None]).sum(axis=1)
        owner: Array = self.csm[account, turn]
        return owner

    def took_over(self, account: Array, day: Array) -> Array:
        """Day on which the owner of that day took the account over."""
        turn = (self.since[account, 1:] <= np.asarray(day)[:, None]).sum(axis=1)
        since: Array = self.since[account, turn]
        return since


def hire_csms(seed: int, accounts: int) -> Csms:
    """The team: about one CSM for every `ACCOUNTS_PER_CSM` accounts, skill and optimism spread evenly and dealt out."""
    rng = stream(seed, "csms")
    size = max(4, round(accounts / ACCOUNTS_PER_CSM))
    skill = rng.permutation((np.arange(size) + rng.random(size)) / size) * 0.7 + 0.25
    ranks = rng.permutation((np.arange(size) + rng.random(size)) / size)
    optimism = np.array([NormalDist(OPTIMISM_MEAN, OPTIMISM_SD).inv_cdf(rank) for rank in ranks])
    habit = rng.permutation(np.arange(size) % len(HABITS))
    return Csms(
        csm_id=np.array([f"CSM{i + 1:03d}" for i in range(size)], dtype=object),
        optimism=optimism,
        skill=skill,
        noise_sd=1.75 - 1.5 * skill,
        hearing=0.55 + 0.9 * skill,
        habit=habit,
        gap_days=np.array(HABIT_GAP_DAYS)[habit] * rng.uniform(0.8, 1.25, size),
        vague=rng.beta(2, 7, size),
        copied=rng.beta(1.5, 9, size),
        eagerness=rng.uniform(0.35, 0.75, size),
    )


def assign_owners(seed: int, csms: Csms, segment: Array, start_day: Array, window: Window) -> Owners:
    """Books of business: each CSM leans to a segment, loads stay even, one account in six changes hands a year."""
    rng = stream(seed, "owners")
    size, accounts = len(csms.csm_id), len(segment)
    lean = np.exp(rng.normal(0, 0.35, (size, 3)))
    # Two rounds of rescaling even out the loads without undoing the lean.
    counts = np.bincount(segment, minlength=3).astype(float)
    for _ in range(4):
        lean /= lean.sum(axis=0)
        lean /= (lean * counts).sum(axis=1)[:, None]
    owner = np.stack([pick_rows(rng, lean[:, segment].T) for _ in range(3)], axis=1)
    for turn in (1, 2):
        same = owner[:, turn] == owner[:, turn - 1]
        owner[same, turn] = (owner[same, turn] + 1) % size
    since = np.full((accounts, 3), FAR, dtype=np.int64)
    since[:, 0] = start_day
    for turn in (1, 2):
        drawn = np.maximum(since[:, turn - 1], window.first_day) + 45 + rng.exponential(2100, accounts).astype(np.int64)
        since[:, turn] = np.where(drawn <= window.last_day, drawn, FAR)
    return Owners(csm=owner, since=since)
