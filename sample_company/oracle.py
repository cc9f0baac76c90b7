"""What the churn probability of each renewal truly was, a given time ahead.

Everything hidden that has happened by then is held fixed; what has not happened yet is averaged over simulated futures:
events that end or begin, the drift of fit, what CSMs will hear and misjudge at coming reviews, plays, the quarter's
shock where it lies ahead, and the noise of the decision. No outcome is used unless it has fallen by then.
"""

from dataclasses import dataclass

import numpy as np

from sample_company.dates import FAR, NULL, Array, first_day_of_quarter, quarter_of
from sample_company.hidden_events import EFFECT_SHAPE, heard_share
from sample_company.parameters import (
    ARCHETYPE_EFFECTS,
    ARCHETYPE_SEEN,
    BASE_LOG_ODDS,
    EVENT_KINDS,
    EVENT_SENSED,
    FIT_DRIFT_SD,
    FIT_MEMORY_DAYS,
    FIT_SEEN,
    JUDGEMENT_MEMORY_DAYS,
    NOISE_SD,
    PLAY_EFFECT,
    PLAY_EFFECT_SD,
    PLAY_STARTS_ABOVE,
    REVIEW_LEADS,
    SHOCK_SD,
)
from sample_company.risk import HiddenState
from sample_company.streams import stream
from sample_company.terms import CHURNED, OPEN, SUPERSEDED, Terms

ROWS_AT_ONCE = 2_000


def true_probabilities(seed: int, state: HiddenState, terms: Terms, lead: int, futures: int) -> Array:
    """P(churn) of each term, `lead` days before its renewal date.

    Args:
        seed: Seed of the company.
        state: Hidden state.
        terms: All terms.
        lead: Days before the renewal date.
        futures: Futures averaged over for each term.

    Returns:
        One probability per term; 1 or 0 once decided by then; NaN where the term had not begun, had been superseded, or
        the date lies outside the window.
    """
    rng = stream(seed, f"oracle {lead}")
    day = terms.renewal_day - lead
    window = state.window
    is_seen = (day >= np.maximum(terms.start, window.first_day)) & (day <= window.last_day + 1)
    is_seen &= ~((terms.outcome == SUPERSEDED) & (terms.decided_on < day))
    is_lost = (terms.outcome == CHURNED) | ((terms.outcome == OPEN) & (terms.notice_on != NULL))
    is_decided = terms.decision_day < day
    result = np.full(len(terms), np.nan)
    result[is_seen & is_decided] = is_lost[is_seen & is_decided]
    rows = np.flatnonzero(is_seen & ~is_decided)
    for at in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[at : at + ROWS_AT_ONCE]
        result[some] = _Futures(rng, state, terms.take(some), day[some], futures).churn()
    return result


def known_log_odds(state: HiddenState, terms: Terms, lead: int) -> Array:
    """Log-odds that the state `lead` days ahead would give if nothing more happened; NaN outside the window."""
    day = terms.renewal_day - lead
    window = state.window
    is_seen = (day >= np.maximum(terms.start, window.first_day)) & (day <= window.last_day + 1)
    total = state.base(terms.account, terms.months == 1, terms.is_first) + state.log_odds(terms.account, day)
    total += np.where((terms.play_on != NULL) & (terms.play_on < day), terms.play_effect, 0)
    masked: Array = np.where(is_seen, total, np.nan)
    return masked


@dataclass
class _Kind:
    """State of one kind of event in every future, shape (terms, futures)."""

    on: Array
    effect: Array
    heard: Array


class _Futures:
    """Many futures of some terms, from a day of each on."""

    def __init__(self, rng: np.random.Generator, state: HiddenState, terms: Terms, day: Array, futures: int) -> None:
        self.rng, self.state, self.terms = rng, state, terms
        self.shape = (len(terms), futures)
        self.first_day = self.now = day
        account, week = terms.account, state.window.week_of(day)
        self.csm = state.owners.at(account, day)
        self.drift = self._spread(state.drift[account, week])
        self.misjudgement = self._spread(state.misjudgement[account, week])
        self.kinds = [self._kind_now(kind) for kind in range(len(EVENT_KINDS))]
        is_played = (terms.play_on != NULL) & (terms.play_on < day)
        self.play = self._spread(np.where(is_played, terms.play_effect, 0.0))
        self.is_played = np.repeat(is_played[:, None], futures, axis=1)
        self.archetype = np.array(ARCHETYPE_EFFECTS)[state.accounts.archetype[account]]

    def churn(self) -> Array:
        """Churn probability of each term, averaged over its futures."""
        for review in range(len(REVIEW_LEADS)):
            day = self.terms.review_days[:, review]
            is_ahead = (day < FAR) & (day >= self.first_day)
            self._advance(np.where(is_ahead, day, self.now))
            self._hold_review(is_ahead)
        self._advance(np.maximum(self.terms.decision_day, self.now))
        terms, state = self.terms, self.state
        begun = first_day_of_quarter(quarter_of(terms.renewal_day)) <= self.first_day
        fixed = state.base(terms.account, terms.months == 1, terms.is_first) + state.misfit[terms.account]
        fixed += self.archetype + np.where(begun, state.shock(terms.renewal_day), 0)
        noise = np.where(begun, NOISE_SD, np.hypot(NOISE_SD, SHOCK_SD))
        risk = self._spread(fixed) + np.float32(FIT_DRIFT_SD) * self.drift + self.play
        risk += self._spread(noise) * self._normal()
        for kind in self.kinds:
            risk += kind.on * kind.effect
        probability: Array = (1 / (1 + np.exp(-risk))).mean(axis=1)
        return probability

    def _spread(self, values: Array) -> Array:
        return np.repeat(values.astype(np.float32)[:, None], self.shape[1], axis=1)

    def _normal(self) -> Array:
        return self.rng.standard_normal(self.shape, dtype=np.float32)

    def _kind_now(self, kind: int) -> _Kind:
        on, effect, heard = self.state.events.state(kind, self.terms.account, self.now)
        return _Kind(np.repeat(on[:, None], self.shape[1], axis=1), self._spread(effect), self._spread(heard))

    def _advance(self, until: Array) -> None:
        """Let events, fit and misjudgement move on to `until`, which is never before now."""
        start = self.state.window.grid_start
        weeks = ((until - start) // 7 - (self.now - start) // 7).astype(np.float32)[:, None]
        for name, memory in (("drift", FIT_MEMORY_DAYS), ("misjudgement", JUDGEMENT_MEMORY_DAYS)):
            keep = np.exp(-7 * weeks / np.float32(memory))
            setattr(self, name, keep * getattr(self, name) + np.sqrt(1 - keep**2) * self._normal())
        days = (until - self.now).astype(np.float32)
        for kind in range(len(EVENT_KINDS)):
            self._switch(kind, days, until)
        self.now = until

    def _switch(self, kind: int, days: Array, until: Array) -> None:
        """Move one kind of event: a two-state chain, whose transition probabilities over any time are exact."""
        ends = 1 / EVENT_KINDS[kind].mean_days
        begins = self.state.events.daily_rate[kind, self.terms.account]
        share = begins / (begins + ends)
        forget = np.exp(-(begins + ends) * days)
        same = np.exp(-ends * days).astype(np.float32)[:, None]
        on_if_on = (share + (1 - share) * forget).astype(np.float32)[:, None]
        on_if_off = (share * (1 - forget)).astype(np.float32)[:, None]
        luck = self.rng.random(self.shape, dtype=np.float32)
        now = self.kinds[kind]
        is_same = now.on & (luck < same)
        is_new = np.where(now.on, (luck >= same) & (luck < on_if_on), luck < on_if_off)
        now.on = is_same | is_new
        term, future = np.nonzero(is_new)
        now.effect[term, future] = EVENT_KINDS[kind].effect * self.rng.gamma(EFFECT_SHAPE, 1 / EFFECT_SHAPE, len(term))
        # Time since the onset of an event known only to have begun within `days` and to be on now.
        age = -np.log1p(-self.rng.random(len(term)) * -np.expm1(-ends * days[term])) / ends
        delay = self.rng.exponential(EVENT_KINDS[kind].heard_after_days, len(term)) + 1
        hears = self.rng.random(len(term)) < heard_share(kind, self.state.csms.hearing[self.csm[term]])
        now.heard[term, future] = np.where(hears, until[term] - age + delay, FAR)

    def _hold_review(self, is_held: Array) -> None:
        """The CSM's view on the day of a review and whether it sets off a play, as in `terms.py`."""
        csms, account = self.state.csms, self.terms.account
        fixed = BASE_LOG_ODDS + FIT_SEEN * self.state.misfit[account] + ARCHETYPE_SEEN * self.archetype
        view = self._spread(fixed - csms.optimism[self.csm]) + np.float32(FIT_SEEN * FIT_DRIFT_SD) * self.drift
        sensed = self._spread(EVENT_SENSED * csms.skill[self.csm])
        for kind in self.kinds:
            view += kind.on * kind.effect * np.where(kind.heard <= self.now[:, None], np.float32(1), sensed)
        view += self._spread(csms.noise_sd[self.csm]) * (0.85 * self.misjudgement + 0.53 * self._normal())
        starts = is_held[:, None] & ~self.is_played & (view > PLAY_STARTS_ABOVE)
        starts &= self.rng.random(self.shape, dtype=np.float32) < self._spread(csms.eagerness[self.csm])
        self.play = np.where(starts, PLAY_EFFECT + PLAY_EFFECT_SD * self._normal(), self.play)
        self.is_played |= starts
