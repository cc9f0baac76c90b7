"""One company's whole hidden history, put together in causal order, with weekly views of it that the traces share.

Everything after this only leaves traces in tables; nothing that leaves traces changes what happened.
"""

from dataclasses import dataclass

import numpy as np

from sample_company.accounts import Accounts, found_accounts
from sample_company.csms import Csms, Owners, assign_owners, hire_csms
from sample_company.dates import FAR, Array, Window
from sample_company.hidden_events import HiddenEvents, strike
from sample_company.parameters import EVENT_KINDS, KIND
from sample_company.risk import HiddenState, hidden_state
from sample_company.settings import CompanySettings
from sample_company.terms import CHURNED, OPEN, Terms, live_through


@dataclass(frozen=True)
class History:
    """What happened, before any of it is written down.

    Attributes:
        settings, window, state, terms: The parts.
        first_day: First day each account is a customer within the window.
        end_day: Day service ends for good, `FAR` if it has not.
        leaving_on: Day the customer decided to go for good, `FAR` if it has not.
        ages: Weeks since the event that is on began, −1 while none is, shape (kinds, accounts, weeks).
    """

    settings: CompanySettings
    window: Window
    state: HiddenState
    terms: Terms
    first_day: Array
    end_day: Array
    leaving_on: Array
    ages: Array

    @property
    def seed(self) -> int:
        """Seed of the company."""
        return self.settings.seed

    @property
    def accounts(self) -> Accounts:
        """The customers."""
        return self.state.accounts

    @property
    def csms(self) -> Csms:
        """The team."""
        return self.state.csms

    @property
    def owners(self) -> Owners:
        """Who owns which account when."""
        return self.state.owners

    @property
    def events(self) -> HiddenEvents:
        """What happened inside the customers."""
        return self.state.events

    def is_on(self, kind: str) -> Array:
        """Whether an event of the kind is on, shape (accounts, weeks)."""
        on: Array = self.ages[KIND[kind]] >= 0
        return on

    def is_customer(self) -> Array:
        """Share of each week during which the account is a customer, within the window, shape (accounts, weeks)."""
        weeks = self.window.week_starts
        start = np.maximum(self.first_day[:, None], weeks)
        end = np.minimum(np.minimum(self.end_day, self.window.last_day + 1)[:, None], weeks + 7)
        share: Array = np.clip(end - start, 0, 7) / 7
        return share

    def weeks_as_customer(self) -> Array:
        """Weeks since a customer joined within the window; 1,000 for those there before, shape (accounts, weeks)."""
        weeks = (self.window.week_starts - self.first_day[:, None]) // 7
        return np.where(self.accounts.is_founding[:, None], 1_000, weeks)

    def has_decided_to_leave(self) -> Array:
        """Whether the customer has decided to go, shape (accounts, weeks)."""
        gone: Array = self.window.week_starts >= self.leaving_on[:, None]
        return gone


def live(settings: CompanySettings) -> History:
    """Live through the whole history of one company."""
    seed, window = settings.seed, Window.of(settings)
    accounts = found_accounts(seed, settings.accounts, window)
    csms = hire_csms(seed, settings.accounts)
    owners = assign_owners(seed, csms, accounts.segment, accounts.start_day, window)
    events = strike(seed, accounts, csms, owners, window)
    state = hidden_state(seed, accounts, csms, owners, events, window)
    terms = live_through(seed, state)
    end_day, leaving_on = _departures(terms, len(accounts))
    ages = np.stack([events.weeks_since_start(kind, window) for kind in range(len(EVENT_KINDS))])
    first_day = np.maximum(accounts.start_day, window.first_day)
    return History(settings, window, state, terms, first_day, end_day, leaving_on, ages)


def _departures(terms: Terms, size: int) -> tuple[Array, Array]:
    """Last day of service and day of the decision to go, for accounts whose every contract has ended or will."""
    end, leaving = np.zeros(size, np.int64), np.zeros(size, np.int64)
    is_lost = terms.outcome == CHURNED
    np.maximum.at(end, terms.account[is_lost], terms.ended_on[is_lost])
    np.maximum.at(leaving, terms.account[is_lost], terms.decision_day[is_lost])
    stays = np.zeros(size, bool)
    stays[terms.account[(terms.outcome == OPEN) & (terms.notice_on < 0)]] = True
    has_notice = (terms.outcome == OPEN) & (terms.notice_on > 0)
    np.maximum.at(end, terms.account[has_notice], terms.renewal_day[has_notice])
    np.maximum.at(leaving, terms.account[has_notice], terms.notice_on[has_notice])
    return np.where(stays, FAR, end), np.where(stays, FAR, leaving)
