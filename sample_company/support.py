"""Support tickets and satisfaction surveys.

Tickets rise with friction, at the start of a polite exit and while a customer is onboarding; only the first two mean
harm. In a polite exit they stop after some weeks, unresolved, while logins go on.
"""

from dataclasses import dataclass

import numpy as np

from sample_company.dates import FAR, NULL, Array, at_hour, to_weekday
from sample_company.history import History
from sample_company.parameters import ARCHETYPES, KIND
from sample_company.people import People, draw_present, named
from sample_company.streams import arrivals, pick_rows, stream
from sample_company.traces import Traces
from sample_company.wording import COMMENT_THEMES, TICKET_THEMES, survey_comments, ticket_subjects
from sample_company.writing import Change, Coded, Columns, versions

PRIORITIES = ("low", "normal", "high", "urgent")
POLITE_NOISE_WEEKS = 8
ORDINARY, FRICTION, ONBOARDING = range(len(TICKET_THEMES))
PRAISE, LUKEWARM, COMPLAINT = range(len(COMMENT_THEMES))


@dataclass(frozen=True)
class _Opened:
    """One entry per ticket: whose, when, and in which mood."""

    account: Array
    day: Array
    is_sore: Array
    is_new: Array
    is_polite: Array


def ticket_columns(history: History, people: People, traces: Traces) -> Columns:
    """`support_tickets`: a row when opened, others when escalated and closed."""
    rng = stream(history.seed, "tickets")
    window = history.window
    friction = history.is_on("product_friction")
    polite = history.ages[KIND["polite_exit"]]
    complains = (polite >= 0) & (polite < POLITE_NOISE_WEEKS)
    onboarding = traces.onboarding.weekly(len(history.accounts), window)
    rate = 0.022 * history.accounts.users[:, None] ** 0.75 * history.is_customer()
    rate = rate * np.where(friction, 3.2, 1.0) * np.where(complains, 4.0, 1.0) * np.where(onboarding, 3.5, 1.0)
    rate *= np.where(polite >= POLITE_NOISE_WEEKS, 0.06, 1.0) * np.where(history.has_decided_to_leave(), 0.3, 1.0)
    rate *= np.where(history.accounts.archetype[:, None] == ARCHETYPES.index("quiet_stayer"), 0.5, 1.0)
    account, day = arrivals(rng, rate, window.week_starts)
    day = to_weekday(day)
    kept = (day >= history.first_day[account]) & (day < history.end_day[account]) & (day <= window.last_day)
    account, day = account[kept], day[kept]
    week = window.week_of(day)
    is_sore = friction[account, week] | complains[account, week]
    is_new = onboarding[account, week] & ~is_sore
    return _tickets(rng, history, people, _Opened(account, day, is_sore, is_new, complains[account, week]))


def _tickets(rng: np.random.Generator, history: History, people: People, opened: _Opened) -> Columns:
    account, day, is_sore, is_new = opened.account, opened.day, opened.is_sore, opened.is_new
    size = len(account)
    weights = np.where(is_sore[:, None], (0.08, 0.42, 0.36, 0.14), (0.25, 0.57, 0.15, 0.03))
    priority = pick_rows(rng, np.where(is_new[:, None], (0.4, 0.53, 0.06, 0.01), weights))
    opened_at = at_hour(day, rng.uniform(7.5, 18.5, size))
    hours = rng.lognormal(np.log(np.where(is_sore, 110, 26)), 1.05, size)
    hours = np.where(opened.is_polite & (rng.random(size) < 0.55), hours + rng.uniform(700, 4_000, size), hours)
    closed = opened_at + (hours * 3600).astype(np.int64) * 1_000_000
    chance = np.where(is_sore, 0.16, 0.02) + np.where(priority == 3, 0.15, 0.0)
    escalates = (rng.random(size) < chance) & (hours > 8)
    escalated = opened_at + (hours * rng.uniform(0.2, 0.8, size) * 3600).astype(np.int64) * 1_000_000
    csat = (
        pick_rows(rng, np.where(is_sore[:, None], (0.25, 0.28, 0.25, 0.15, 0.07), (0.03, 0.06, 0.16, 0.37, 0.38))) + 1
    )
    csat = np.where(rng.random(size) < 0.42, csat, NULL)
    theme = np.select([is_sore, is_new], [FRICTION, ONBOARDING], ORDINARY)
    users = np.flatnonzero(people.weight > 0)
    base: Columns = {
        "ticket_id": np.array([f"T{i + 1:07d}" for i in range(size)], dtype=object),
        "account_id": Coded(account, history.accounts.account_id),
        "user_id": named(people.user_id, draw_present(rng, people, users, people.weight[users], account, day)),
        "opened_at": opened_at,
        "priority": Coded(priority, PRIORITIES),
        "escalated_at": np.full(size, NULL),
        "closed_at": np.full(size, NULL),
        "csat": np.full(size, NULL),
        "subject": ticket_subjects(rng, theme),
        "recorded_at": opened_at + rng.integers(30, 600, size) * 1_000_000,
    }
    up, down = np.flatnonzero(escalates), np.arange(size)
    later = [
        Change(up, escalated[up] + 60_000_000, {"escalated_at": escalated[up]}),
        Change(down, closed + rng.integers(60, 40_000, size) * 1_000_000, {"closed_at": closed, "csat": csat}),
    ]
    return versions(base, later)


def survey_columns(history: History, people: People) -> Columns:
    """`survey_responses`: invitations twice a year, a second row for those who answered."""
    rng = stream(history.seed, "surveys")
    window = history.window
    contacts = np.flatnonzero(people.role >= 0)
    waves = np.arange(window.first_day + 40, window.last_day, 182)
    person, wave = (axis.ravel() for axis in np.meshgrid(contacts, waves, indexing="ij"))
    day = to_weekday(wave + rng.integers(0, 12, len(wave)))
    account = people.account[person]
    alive = (people.start[person] + 20 < day) & (day < people.left[person]) & (day < history.end_day[account])
    kept = alive & (day >= history.first_day[account] + 45) & (day <= window.last_day) & (rng.random(len(day)) < 0.45)
    person, account, day = person[kept], account[kept], day[kept]
    week, size = window.week_of(day), len(day)
    quiet = history.is_on("vendor_evaluation")[account, week] | history.is_on("polite_exit")[account, week]
    answers = rng.random(size) < np.where(quiet, 0.14, 0.34)
    mood = 8.1 - 0.65 * history.state.fit(account, day) - 1.6 * history.is_on("product_friction")[account, week]
    # The polite say nothing, or nothing bad.
    mood += 0.7 * history.is_on("value_proven")[account, week]
    nps = np.clip(np.rint(mood + rng.normal(0, 1.7, size)), 0, 10).astype(np.int64)
    theme = np.select([nps >= 9, nps >= 7], [PRAISE, LUKEWARM], COMPLAINT)
    comment = survey_comments(rng, theme)
    comment[rng.random(size) < 0.45] = None
    invited = at_hour(day, rng.uniform(9, 11, size))
    submitted = invited + (rng.exponential(60, size) * 3600).astype(np.int64) * 1_000_000
    base: Columns = {
        "response_id": np.array([f"S{i + 1:07d}" for i in range(size)], dtype=object),
        "account_id": Coded(account, history.accounts.account_id),
        "contact_id": people.contact_id[person],
        "invited_at": invited,
        "submitted_at": np.full(size, NULL),
        "nps": np.full(size, NULL),
        "comment": np.full(size, None, dtype=object),
        "recorded_at": invited + 120_000_000,
    }
    rows = np.flatnonzero(answers & (submitted // 86_400_000_000 < np.minimum(history.end_day[account], FAR)))
    values: Columns = {"submitted_at": submitted[rows], "nps": nps[rows], "comment": comment[rows]}
    return versions(base, [Change(rows, submitted[rows] + 5_000_000, values)])
