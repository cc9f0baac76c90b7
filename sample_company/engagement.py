"""Meetings, e-mails and value touchpoints: how much the customer and the team still talk, and about what.

Quiet customers talk little and stay; those gone quiet used to talk and have stopped.
"""

from dataclasses import dataclass

import numpy as np

from sample_company.dates import FAR, NULL, Array, at_hour, to_weekday
from sample_company.history import History
from sample_company.parameters import ARCHETYPES, KIND
from sample_company.people import People, draw_present, named
from sample_company.streams import arrivals, pick_rows, stream
from sample_company.traces import Traces
from sample_company.wording import EMAIL_THEMES, email_texts
from sample_company.writing import Change, Coded, Columns, versions

MEETING_KINDS = ("qbr", "check_in", "training", "executive")
STATUSES = ("scheduled", "held", "cancelled", "no_show")
STAKEHOLDERS = ("procurement", "finance", "business_unit", "end_user", "executive")
TOUCHPOINT_KINDS = ("business_case", "roi_review", "success_story", "training_recap", "usage_report")
_ROLE_WEIGHTS = np.array((4.0, 0.8, 0.7, 0.4, 0.4, 2.0, 1.2, 0.5))


def _talkativeness(history: History) -> Array:
    """How much more or less than usual an account and its team talk, shape (accounts, weeks)."""
    quiet = history.accounts.archetype[:, None] == ARCHETYPES.index("quiet_stayer")
    factor: Array = history.is_customer() * np.where(quiet, 0.3, 1.0)
    return factor * np.where(history.has_decided_to_leave(), 0.5, 1.0)


@dataclass(frozen=True)
class _Mails:
    """One entry per e-mail; `person` is −1 where no contact is known."""

    account: Array
    day: Array
    inbound: Array
    person: Array
    is_cost: Array

    def take(self, rows: Array) -> "_Mails":
        return _Mails(self.account[rows], self.day[rows], self.inbound[rows], self.person[rows], self.is_cost[rows])


def meeting_columns(history: History, traces: Traces) -> Columns:
    """`meetings`: a row when scheduled, another when held, cancelled or missed."""
    rng = stream(history.seed, "meetings")
    window, segment = history.window, history.accounts.segment
    silent = traces.gone_quiet.weekly(len(history.accounts), window)
    onboarding = traces.onboarding.weekly(len(history.accounts), window)
    weekly = np.array(((1.5, 5, 0.3, 0.1), (3.2, 12, 0.6, 0.5), (4, 24, 1.0, 1.6)))[segment] / 52
    parts = []
    for index, name in enumerate(MEETING_KINDS):
        rate = weekly[:, index, None] * _talkativeness(history) * np.where(silent, 0.7, 1.0)
        rate *= np.where(onboarding, 6.0 if name == "training" else 1.5, 1.0)
        made_for, made_on = arrivals(rng, rate, window.week_starts)
        parts.append((made_for, to_weekday(made_on), np.full(len(made_for), index)))
    account, day, kind = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    kept = (day >= history.first_day[account]) & (day <= window.last_day)
    account, day, kind = account[kept], day[kept], kind[kept]
    order = np.lexsort((day, account))
    return _meetings(rng, history, silent, account[order], day[order], kind[order])


def _meetings(
    rng: np.random.Generator, history: History, silent: Array, account: Array, day: Array, kind: Array
) -> Columns:
    size = len(account)
    made = at_hour(day, rng.uniform(8, 17, size))
    on_day = to_weekday(day + rng.integers(4, 26, size))
    starts = at_hour(on_day, np.rint(rng.uniform(8, 16, size) * 2) / 2)
    week = history.window.week_of(on_day)
    is_off = silent[account, week] | (history.leaving_on[account] <= on_day)
    status = pick_rows(rng, np.where(is_off[:, None], (0.36, 0.44, 0.20), (0.85, 0.10, 0.05))) + 1
    status = np.where(on_day >= history.end_day[account], 2, status)
    hours = np.select([status == 1, status == 2], [rng.uniform(0.5, 3, size), -rng.uniform(1, 72, size)], 0.5)
    settled = np.maximum(starts + (hours * 3600).astype(np.int64) * 1_000_000, made + 60_000_000)
    people = 1 + rng.poisson(np.array((0.5, 1.4, 2.6))[history.accounts.segment[account]])
    people = np.where(is_off, np.maximum(1, people // 2), people)
    has_sponsor = history.accounts.archetype[account] != ARCHETYPES.index("missing_sponsor")
    has_sponsor &= history.ages[KIND["sponsor_left"]][account, week] < 0
    chance = np.array((0.42, 0.06, 0.02, 0.85))[kind] * np.where(has_sponsor, 1.0, 0.08) * np.where(is_off, 0.4, 1.0)
    executive = rng.random(size) < chance
    base: Columns = {
        "meeting_id": np.array([f"M{i + 1:07d}" for i in range(size)], dtype=object),
        "account_id": Coded(account, history.accounts.account_id),
        "scheduled_at": starts,
        "kind": Coded(kind, MEETING_KINDS),
        "status": Coded(np.zeros(size, np.int64), STATUSES),
        "status_at": made,
        "attendee_count": np.full(size, NULL),
        "has_executive": np.full(size, NULL),
        "recorded_at": made + 30_000_000,
    }
    # Some meetings are never followed up in the CRM and stay scheduled.
    rows = np.flatnonzero(rng.random(size) < 0.96)
    lag = np.where(rng.random(len(rows)) < 0.1, rng.uniform(1, 8, len(rows)), rng.exponential(0.3, len(rows)))
    is_held = status[rows] == 1
    values: Columns = {
        "status": Coded(status[rows], STATUSES),
        "status_at": settled[rows],
        "attendee_count": np.where(is_held, people[rows], NULL),
        "has_executive": np.where(is_held, executive[rows], NULL),
    }
    return versions(base, [Change(rows, settled[rows] + (lag * 86_400).astype(np.int64) * 1_000_000, values)])


def email_columns(history: History, people: People, traces: Traces) -> Columns:
    """`emails`: a row when sent, another when opened."""
    rng = stream(history.seed, "emails")
    window, segment = history.window, history.accounts.segment
    silent = traces.gone_quiet.weekly(len(history.accounts), window)
    volume = np.array((0.22, 0.55, 1.1))[segment][:, None] * _talkativeness(history)
    out_account, out_day = arrivals(rng, volume, window.week_starts)
    in_account, in_day = arrivals(rng, 0.8 * volume * np.where(silent, 0.55, 1.0), window.week_starts)
    account = np.concatenate([out_account, in_account])
    day = to_weekday(np.concatenate([out_day, in_day]))
    inbound = np.arange(len(account)) >= len(out_account)
    person = _correspondents(rng, people, account, day)
    asked = np.flatnonzero(people.asks_on < FAR)
    account, day = np.concatenate([account, people.account[asked]]), np.concatenate([day, people.asks_on[asked]])
    inbound, person = np.concatenate([inbound, np.ones(len(asked), bool)]), np.concatenate([person, asked])
    is_cost = np.arange(len(account)) >= len(account) - len(asked)
    kept = (day >= history.first_day[account]) & (day < history.end_day[account]) & (day <= window.last_day)
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((day[rows], account[rows]))]
    return _emails(rng, history, people, traces, _Mails(account, day, inbound, person, is_cost).take(rows))


def _emails(rng: np.random.Generator, history: History, people: People, traces: Traces, mails: _Mails) -> Columns:
    account, day, inbound = mails.account, mails.day, mails.inbound
    silent = traces.gone_quiet.weekly(len(history.accounts), history.window)
    size, week = len(account), history.window.week_of(day)
    is_silent = silent[account, week] | (history.leaving_on[account] <= day)
    is_short = inbound & ~mails.is_cost & (rng.random(size) < np.where(is_silent, 0.75, 0.12))
    theme = _email_themes(rng, history, account, week, inbound, is_short, mails.is_cost)
    text = email_texts(rng, theme, is_short)
    words = np.array([len(t.split()) for t in text])
    drawn = rng.lognormal(np.log(np.where(inbound, np.where(is_silent, 34, 68), 95)), 0.5, size).astype(np.int64)
    sent = at_hour(day, rng.uniform(7.5, 18.5, size))
    reads = np.clip(rng.beta(5, 2.2, len(history.accounts)), 0.1, 0.98)
    reads[traces.opens_stopped.account] = 0.985
    stopped = traces.opens_stopped.weekly(len(history.accounts), history.window)[account, week]
    opens = ~inbound & (rng.random(size) < np.where(stopped, 0.02, reads[account]))
    base: Columns = {
        "email_id": np.array([f"E{i + 1:07d}" for i in range(size)], dtype=object),
        "account_id": Coded(account, history.accounts.account_id),
        "contact_id": named(people.contact_id, mails.person),
        "sent_at": sent,
        "direction": Coded(inbound.astype(np.int64), ("outbound", "inbound")),
        "word_count": np.where(is_short, words, np.maximum(words, drawn)),
        "opened_at": np.full(size, NULL),
        "text": text,
        "recorded_at": sent + rng.integers(20, 300, size) * 1_000_000,
    }
    rows = np.flatnonzero(opens)
    opened = sent[rows] + (rng.lognormal(np.log(4), 1.3, len(rows)) * 3600).astype(np.int64) * 1_000_000 + 60_000_000
    return versions(base, [Change(rows, opened + 30_000_000, {"opened_at": opened})])


def _email_themes(
    rng: np.random.Generator,
    history: History,
    account: Array,
    week: Array,
    inbound: Array,
    is_short: Array,
    is_cost: Array,
) -> Array:
    """What each e-mail is about, as an index into `EMAIL_THEMES`."""
    index = EMAIL_THEMES.index
    luck = rng.random(len(account))
    out = np.array([index(name) for name in ("check_in", "check_in", "enablement", "review", "renewal")])
    answer = np.array([index(name) for name in ("question", "question", "thanks", "scheduling")])
    theme = np.where(inbound, answer[(luck * 4).astype(int)], out[(luck * 5).astype(int)])
    second = rng.random(len(account))
    for kind, name, share in (
        ("product_friction", "complaint", 0.3),
        ("vendor_evaluation", "leaving_data", 0.10),
        ("budget_freeze", "squeeze", 0.12),
    ):
        on = history.is_on(kind)[account, week]
        theme = np.where(inbound & on & (second < share), index(name), theme)
    theme = np.where(is_short, index("curt"), theme)
    return np.where(is_cost, index("cost"), theme)


def _correspondents(rng: np.random.Generator, people: People, account: Array, day: Array) -> Array:
    """Whom an e-mail goes to or comes from: whoever is close to the vendor, seldom a newcomer."""
    contacts = np.flatnonzero(people.role >= 0)
    weight = np.where(people.asks_on[contacts] < FAR, 0.05, _ROLE_WEIGHTS[people.role[contacts]])
    return draw_present(rng, people, contacts, weight, account, day)


def touchpoint_columns(history: History) -> Columns:
    """`value_touchpoints`: when value was shown to whom; more of it where value is proven."""
    rng = stream(history.seed, "touchpoints")
    window = history.window
    yearly = np.array(((0.1, 0.2, 2.0, 2.4, 0.5), (0.5, 0.6, 3.5, 3.0, 1.0), (1.0, 1.0, 5.0, 3.5, 2.0)))[
        history.accounts.segment
    ]
    factor = _talkativeness(history) * np.where(history.is_on("value_proven"), 1.8, 1.0)
    parts = []
    for index in range(len(STAKEHOLDERS)):
        shown_to, shown_on = arrivals(rng, yearly[:, index, None] / 52 * factor, window.week_starts)
        parts.append((shown_to, to_weekday(shown_on), np.full(len(shown_to), index)))
    account, day, stakeholder = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    kept = (day >= history.first_day[account]) & (day < history.end_day[account]) & (day <= window.last_day)
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((stakeholder[rows], day[rows], account[rows]))]
    at = at_hour(day[rows], rng.uniform(8, 18, len(rows)))
    late = np.where(rng.random(len(rows)) < 0.15, rng.exponential(4, len(rows)), 0.02)
    return {
        "touchpoint_id": np.array([f"V{i + 1:07d}" for i in range(len(rows))], dtype=object),
        "account_id": Coded(account[rows], history.accounts.account_id),
        "occurred_at": at,
        "stakeholder": Coded(stakeholder[rows], STAKEHOLDERS),
        "kind": Coded(rng.integers(0, len(TOUCHPOINT_KINDS), len(rows)), TOUCHPOINT_KINDS),
        "recorded_at": at + (late * 86_400).astype(np.int64) * 1_000_000,
    }
