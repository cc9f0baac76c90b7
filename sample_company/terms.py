"""Contracts, term by term: when each runs, is reviewed, is decided, and how the decision falls.

The decision day of a term is the customer's own planning habit, fixed when the term begins and independent of the risk;
that keeps "still undecided" uninformative by itself. How these facts reach the CRM is in `renewal_records.py`.
"""

from dataclasses import dataclass, fields

import numpy as np

from sample_company.dates import FAR, NULL, Array, add_months
from sample_company.parameters import (
    NOISE_SD,
    PLAY_EFFECT,
    PLAY_EFFECT_SD,
    PLAY_STARTS_ABOVE,
    REVIEW_LEADS,
)
from sample_company.risk import HiddenState
from sample_company.streams import stream

OPEN, RENEWED, CHURNED, SUPERSEDED = range(4)
REPLACED_SHARE = 0.03
COTERMED_SHARE = 0.6
# Shares of decisions by days before the renewal date: early, well ahead, in the last weeks, late, very late.
_DECISION_SHARES = np.array((0.06, 0.24, 0.58, 0.105, 0.015))
_DECISION_LEADS = np.array(((100, 210), (35, 100), (0, 35), (-30, 0), (-85, -30)))


@dataclass(frozen=True)
class Terms:
    """One entry per term of a contract. Days are `NULL` where nothing happened, money is in cents.

    Attributes:
        account, contract: Account index; contract 0 is the main one, 1 the add-on.
        number: Position in the contract's chain, from 0.
        start, renewal_day, months, arr: The term.
        is_first: First term of a customer that joined within the window.
        decision_day: Day the customer decides, possibly after the last day of the window.
        outcome: `OPEN`, `RENEWED`, `CHURNED` or `SUPERSEDED` as of the last day.
        renewed_arr: Yearly amount of the next term when renewed.
        notice_on, decided_on, ended_on: As the vendor could know them.
        review_days: Days of the team's reviews, shape (terms, 3), `FAR` where none is held.
        review_view: Log-odds the CSM perceived at each review held within the window, NaN elsewhere.
        play_on: Start of the play that a review set off.
        play_effect: Its effect on the log-odds.
    """

    account: Array
    contract: Array
    number: Array
    start: Array
    renewal_day: Array
    months: Array
    arr: Array
    is_first: Array
    decision_day: Array
    outcome: Array
    renewed_arr: Array
    notice_on: Array
    decided_on: Array
    ended_on: Array
    review_days: Array
    review_view: Array
    play_on: Array
    play_effect: Array

    def __len__(self) -> int:
        return len(self.account)

    def take(self, rows: Array) -> "Terms":
        """The chosen entries."""
        return Terms(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True)
class _Batch:
    """Terms about to be lived through, one per contract that goes on."""

    account: Array
    contract: Array
    number: Array
    start: Array
    months: Array
    arr: Array
    is_first: Array

    def take(self, rows: Array) -> "_Batch":
        return _Batch(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def live_through(seed: int, state: HiddenState) -> Terms:
    """Every term of every contract, in order of account, contract and number."""
    rng = stream(seed, "terms")
    accounts = state.accounts
    size = len(accounts)
    everyone = np.arange(size)
    zeros = np.zeros(size, np.int64)
    addon_start, addon_arr, coterm_day = _plan_addons(rng, state)
    batch = _Batch(everyone, zeros, zeros, accounts.start_day, accounts.months, accounts.arr, ~accounts.is_founding)
    lived: list[Terms] = []
    while len(batch.account):
        coterm = np.where(coterm_day[batch.account] > batch.start, coterm_day[batch.account], FAR)
        terms = _decide(rng, state, batch, coterm)
        lived.append(terms)
        batch = _next_terms(rng, batch, terms, np.where(terms.ended_on == coterm, addon_arr[batch.account], 0))
    main = _concatenate(lived)
    addons = _live_addons(rng, state, main, addon_start, addon_arr, coterm_day)
    terms = _concatenate([main, *addons])
    return terms.take(np.lexsort((terms.number, terms.contract, terms.account)))


def _plan_addons(rng: np.random.Generator, state: HiddenState) -> tuple[Array, Array, Array]:
    """First day and yearly amount of each account's add-on, and the day it is folded into the main contract, if any."""
    accounts, window = state.accounts, state.window
    size = len(accounts)
    base = np.maximum(accounts.start_day, window.first_day)
    start = base + rng.integers(40, 500, size)
    start = np.where(accounts.has_addon & (start < window.last_day - 30), start, FAR)
    arr = (accounts.arr * rng.uniform(0.1, 0.35, size) / 10_000).astype(np.int64) * 10_000
    # Early enough that the add-on's own renewal cannot have been decided before.
    coterm = start + rng.integers(40, 150, size)
    coterm = np.where((rng.random(size) < COTERMED_SHARE) & (coterm < window.last_day - 5), coterm, FAR)
    return start, arr, coterm


def _live_addons(
    rng: np.random.Generator, state: HiddenState, main: Terms, start: Array, arr: Array, coterm: Array
) -> list[Terms]:
    """Terms of the add-ons that began while the main contract ran; co-termed ones end as `SUPERSEDED`."""
    lived = []
    main_end = np.full(len(state.accounts), FAR, np.int64)
    gone = main.outcome == CHURNED
    main_end[main.account[gone]] = main.ended_on[gone]
    folded = np.zeros(len(state.accounts), bool)
    merged = (main.outcome == SUPERSEDED) & (main.ended_on == coterm[main.account])
    folded[main.account[merged]] = True
    account = np.flatnonzero((start < FAR) & (start < main_end - 60))
    zeros = np.zeros(len(account), np.int64)
    batch = _Batch(account, zeros + 1, zeros, start[account], zeros + 12, arr[account], np.zeros(len(account), bool))
    coterm = np.where(folded, coterm, FAR)
    while len(batch.account):
        terms = _decide(rng, state, batch, np.where(batch.number == 0, coterm[batch.account], FAR), replace=False)
        lived.append(terms)
        batch = _next_terms(rng, batch, terms, np.zeros(len(terms), np.int64))
        batch = batch.take(~folded[batch.account])
    return lived


def _decision_days(rng: np.random.Generator, batch: _Batch, renewal_day: Array, first_day: int) -> Array:
    """Day on which each term is decided; at least ten days into the term and never before the window."""
    size = len(renewal_day)
    kind = np.searchsorted(np.cumsum(_DECISION_SHARES), rng.random(size) * 0.999999)
    low, high = _DECISION_LEADS[kind].T
    lead = low + rng.random(size) * (high - low)
    lead = np.where(batch.months == 1, rng.uniform(0, 8, size), lead)
    lead = np.minimum(lead, 0.7 * (renewal_day - batch.start)).astype(np.int64)
    days: Array = np.maximum(renewal_day - lead, first_day + 3)
    return days


def _reviews(
    rng: np.random.Generator, state: HiddenState, batch: _Batch, renewal_day: Array, decision_day: Array
) -> tuple[Array, Array, Array, Array]:
    """Review days, the CSM's view at each, and the play that the first bad-looking one sets off."""
    size, window = len(renewal_day), state.window
    days = np.stack([renewal_day - rng.normal(lead, sd, size).astype(np.int64) for lead, sd in REVIEW_LEADS], axis=1)
    is_held = (days > batch.start[:, None] + 20) & (days < decision_day[:, None]) & (days >= window.first_day)
    days = np.sort(np.where(is_held & (batch.months > 1)[:, None], days, FAR), axis=1)
    views = np.full(days.shape, np.nan)
    play_on = np.full(size, NULL, np.int64)
    effect = rng.normal(PLAY_EFFECT, PLAY_EFFECT_SD, size)
    for review in range(len(REVIEW_LEADS)):
        white, luck = rng.normal(0, 1, size), rng.random(size)
        held = np.flatnonzero(days[:, review] <= window.last_day)
        account, day = batch.account[held], days[held, review]
        csm = state.owners.at(account, day)
        wrong = 0.85 * state.misjudgement[account, window.week_of(day)] + 0.53 * white[held]
        view = (
            state.perceived(account, day, state.csms.skill[csm])
            - state.csms.optimism[csm]
            + state.csms.noise_sd[csm] * wrong
        )
        views[held, review] = view
        starts = (view > PLAY_STARTS_ABOVE) & (luck[held] < state.csms.eagerness[csm]) & (play_on[held] == NULL)
        play_on[held[starts]] = day[starts]
    return days, views, play_on, effect


def _decide(rng: np.random.Generator, state: HiddenState, batch: _Batch, coterm: Array, replace: bool = True) -> Terms:
    """Live through one term of each contract of the batch."""
    size, window = len(batch.account), state.window
    renewal_day = add_months(batch.start, batch.months)
    decision_day = _decision_days(rng, batch, renewal_day, window.first_day)
    replaced = batch.start + (rng.uniform(0.25, 0.75, size) * (renewal_day - batch.start)).astype(np.int64)
    is_replaced = (rng.random(size) < REPLACED_SHARE) & (batch.months > 1) & replace & (replaced > window.first_day)
    ends_early = np.minimum(coterm, np.where(is_replaced, replaced, FAR))
    is_superseded = (ends_early < decision_day) & (ends_early <= window.last_day)
    reviews, views, play_on, effect = _reviews(
        rng, state, batch, renewal_day, np.where(is_superseded, ends_early, decision_day)
    )
    noise, luck = rng.normal(0, NOISE_SD, size), rng.random(size)
    day = np.minimum(decision_day, window.last_day)
    risk = state.base(batch.account, batch.months == 1, batch.is_first) + state.log_odds(batch.account, day)
    risk += np.where(play_on != NULL, effect, 0) + state.shock(renewal_day) + noise
    is_churned = luck < 1 / (1 + np.exp(-risk))
    is_decided = ~is_superseded & (decision_day <= window.last_day)
    notice_on, decided_on, ended_on = _endings(rng, batch, renewal_day, decision_day, is_decided & is_churned)
    outcome = np.select(
        [is_superseded, is_decided & is_churned & (decided_on <= window.last_day), is_decided & ~is_churned],
        [SUPERSEDED, CHURNED, RENEWED],
        OPEN,
    )
    decided_on = np.where(outcome == SUPERSEDED, ends_early, np.where(outcome == OPEN, NULL, decided_on))
    ended_on = np.where(outcome == SUPERSEDED, ends_early, np.where(outcome == CHURNED, ended_on, NULL))
    renewed_arr = np.where(outcome == RENEWED, _renewed_arr(rng, batch.arr, risk), NULL)
    return Terms(
        account=batch.account, contract=batch.contract, number=batch.number, start=batch.start, renewal_day=renewal_day,
        months=batch.months, arr=batch.arr, is_first=batch.is_first, decision_day=decision_day, outcome=outcome,
        renewed_arr=renewed_arr, notice_on=notice_on, decided_on=decided_on, ended_on=ended_on, review_days=reviews,
        review_view=views, play_on=play_on, play_effect=effect,
    )  # fmt: skip


def _endings(
    rng: np.random.Generator, batch: _Batch, renewal_day: Array, decision_day: Array, is_lost: Array
) -> tuple[Array, Array, Array]:
    """Notice, decision as booked, and last day of service, for terms that are lost (`NULL` notice for the others)."""
    size = len(renewal_day)
    lead = renewal_day - decision_day
    gives_notice = is_lost & (rng.random(size) < np.where(lead >= 20, 0.75, 0.2)) & (batch.months > 1)
    booked = decision_day + np.where(gives_notice, rng.integers(0, 25, size), 0)
    stops_early = is_lost & (lead >= 95) & (rng.random(size) < 0.6)
    early_end = np.minimum(decision_day + rng.integers(20, 60, size), renewal_day - 20)
    ended_on = np.where(stops_early, early_end, np.maximum(renewal_day, decision_day))
    return np.where(gives_notice, decision_day, NULL), booked, ended_on


def _renewed_arr(rng: np.random.Generator, arr: Array, risk: Array) -> Array:
    """Yearly amount of the next term: cut where the renewal was close, level or grown elsewhere, to the hundred."""
    size = len(arr)
    is_cut = rng.random(size) < 1 / (1 + np.exp(2.5 - 0.55 * (risk + 3)))
    grows = rng.random(size)
    factor = np.select([grows < 0.40, grows < 0.70], [1.0, 1.04], rng.uniform(1.05, 1.4, size))
    factor = np.where(is_cut, rng.uniform(0.5, 0.88, size), factor)
    renewed: Array = np.maximum((arr * factor / 10_000).round().astype(np.int64) * 10_000, 10_000)
    return renewed


def _next_terms(rng: np.random.Generator, batch: _Batch, terms: Terms, folded_arr: Array) -> _Batch:
    """The terms that follow, those starting after the last day included once they are agreed."""
    goes_on = (terms.outcome == RENEWED) | (terms.outcome == SUPERSEDED)
    start = np.where(terms.outcome == SUPERSEDED, terms.decided_on, terms.renewal_day)
    switch = rng.random(len(batch.account))
    months = np.where((switch < 0.05) & (batch.months == 12), 24, batch.months)
    months = np.where((switch < 0.10) & (batch.months == 6), 12, months)
    months = np.where((switch < 0.02) & (batch.months == 1), 12, months)
    replaced = (terms.arr * rng.uniform(1.0, 1.3, len(months)) / 10_000).astype(np.int64) * 10_000
    arr = np.where(terms.outcome == SUPERSEDED, replaced + folded_arr, terms.renewed_arr)
    following = _Batch(batch.account, batch.contract, batch.number + 1, start, months, arr, np.zeros(len(months), bool))
    return following.take(goes_on)


def _concatenate(parts: list[Terms]) -> Terms:
    return Terms(**{field.name: np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(Terms)})
