"""Episodes through which hidden events show in several tables: silence, unopened mail, a newcomer's question of cost.

Each is set off by an event of `hidden_events.py` and named in the truth. Traces that touch one table are drawn where it
is written.
"""

from dataclasses import dataclass

import numpy as np

from sample_company.dates import FAR, Array, Window
from sample_company.history import History
from sample_company.parameters import KIND
from sample_company.streams import stream

# Share of events of each kind that set the episode off.
_SILENCE = {"vendor_evaluation": 0.6, "polite_exit": 0.8, "reorganization": 0.4, "sponsor_left": 0.25}
_UNOPENED = {"vendor_evaluation": 0.5, "polite_exit": 0.6, "champion_left": 0.3}
_COST = {"vendor_evaluation": 0.45, "budget_freeze": 0.5}


@dataclass(frozen=True)
class Episodes:
    """Episodes of one kind, one entry each, in order of account and start."""

    account: Array
    start: Array
    end: Array

    def weekly(self, accounts: int, window: Window) -> Array:
        """Whether one is on, shape (accounts, weeks)."""
        on = np.zeros((accounts, window.weeks + 1), np.int16)
        np.add.at(on, (self.account, window.week_of(self.start)), 1)
        np.add.at(on, (self.account, window.week_of(self.end) + 1), -1)
        running: Array = np.cumsum(on, axis=1)[:, :-1] > 0
        return running


@dataclass(frozen=True)
class Traces:
    """The episodes of a company.

    Attributes:
        gone_quiet: Meetings fall away and replies shorten while usage stays.
        opens_stopped: E-mails that used to be opened are opened no more.
        cost_question: A new contact asks about cost on the first day.
        onboarding: The first weeks of a new customer, busy with questions and no cause for concern.
    """

    gone_quiet: Episodes
    opens_stopped: Episodes
    cost_question: Episodes
    onboarding: Episodes


def leave_traces(history: History) -> Traces:
    """Draw the episodes that the company's events set off."""
    rng = stream(history.seed, "traces")
    return Traces(
        gone_quiet=_set_off(rng, history, _SILENCE, after=(10, 45)),
        opens_stopped=_set_off(rng, history, _UNOPENED, after=(5, 40)),
        cost_question=_set_off(rng, history, _COST, after=(5, 60)),
        onboarding=_onboarding(rng, history),
    )


def _set_off(rng: np.random.Generator, history: History, shares: dict[str, float], after: tuple[int, int]) -> Episodes:
    """Episodes that begin `after` days into a share of the events of each kind and end with them."""
    parts = []
    for name, share in shares.items():
        starts, ends = history.events.starts[KIND[name]], history.events.ends[KIND[name]]
        account, slot = np.nonzero(starts < FAR)
        begin = starts[account, slot] + rng.integers(*after, len(account))
        end = np.minimum(ends[account, slot], history.end_day[account])
        kept = (rng.random(len(account)) < share) & (begin < end) & (begin >= history.first_day[account])
        kept &= begin <= history.window.last_day
        parts.append((account[kept], begin[kept], end[kept]))
    account, start, end = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((start, account))
    return Episodes(account[order], start[order], end[order])


def _onboarding(rng: np.random.Generator, history: History) -> Episodes:
    account = np.flatnonzero(~history.accounts.is_founding)
    start = history.first_day[account]
    return Episodes(account, start, np.minimum(start + rng.integers(45, 100, len(account)), history.end_day[account]))
