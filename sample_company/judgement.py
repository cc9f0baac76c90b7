"""What CSMs write down: when, in which colour, with which half-known facts and in whose words.

The colour comes from the risk as the CSM perceives it (`risk.perceived`), lowered by their optimism and blurred by
their noise; facts come from the events they have heard of. Sentences are chosen in `wording.py`.
"""

from dataclasses import dataclass, fields

import numpy as np

from sample_company.csms import HABITS
from sample_company.dates import FAR, Array, first_day_of_quarter, quarter_of, to_weekday
from sample_company.history import History
from sample_company.parameters import ARCHETYPES, EVENT_KINDS, GREEN_BELOW, KIND, RED_ABOVE, REVIEW_LEADS
from sample_company.streams import stream

COLOURS = ("green", "yellow", "red")
ABOUT = ("relationship", "renewal")
CHAMPION = ("in_place", "leaving", "gone", "unknown")
EXECUTIVE = ("supportive", "neutral", "skeptical", "unknown")
BUDGET = ("healthy", "tight", "cut", "unknown")
REORGANIZATION = ("none", "announced", "under_way", "unknown")
VALUE = ("yes", "no", "unknown")
THEMES = (
    "vague", "positive", "value", "champion", "executive", "budget", "reorganization", "competitor", "product_quality",
    "price", "notice",
)  # fmt: skip
DRAFT_GAP_DAYS = 9.0


@dataclass(frozen=True)
class Pulses:
    """One entry per pulse, in order of account and time; indices into the lists above unless said otherwise."""

    account: Array
    csm: Array
    day: Array
    about: Array
    view: Array
    colour: Array
    champion: Array
    executive: Array
    budget: Array
    reorganization: Array
    value: Array
    theme: Array
    is_copied: Array

    def __len__(self) -> int:
        return len(self.account)


def judge(history: History) -> Pulses:
    """Every pulse that the team wrote within the window."""
    rng = stream(history.seed, "judgement")
    account, day, about, view = _moments(rng, history)
    csm = history.owners.at(account, day)
    colour = np.where(view < GREEN_BELOW, 0, np.where(view > RED_ABOVE, 2, 1))
    is_leaving = (history.leaving_on[account] + rng.integers(2, 30, len(account))) <= day
    late = rng.random(len(account))
    colour = np.where(is_leaving, np.where(late < 0.85, 2, 1), colour)
    facts = _facts(rng, history, account, day, csm)
    theme = _themes(rng, history, account, day, colour, csm)
    theme = np.where(is_leaving & (late < 0.8), THEMES.index("notice"), theme)
    copied = rng.random(len(account)) < history.csms.copied[csm]
    same = np.concatenate([[False], (account[1:] == account[:-1]) & (csm[1:] == csm[:-1])])
    is_copied = copied & same & ~is_leaving
    pulses = Pulses(account, csm, day, about, view, colour, *facts, theme, is_copied)
    return _copy_forward(pulses)


def _copy_forward(pulses: Pulses) -> Pulses:
    """Copied pulses repeat colour, facts and theme of the newest before them that is no copy."""
    origin = np.maximum.accumulate(np.where(pulses.is_copied, 0, np.arange(len(pulses))))
    repeated = {"colour", "champion", "executive", "budget", "reorganization", "value", "theme"}
    columns = {f.name: getattr(pulses, f.name) for f in fields(Pulses)}
    columns.update({name: columns[name][origin] for name in repeated})
    return Pulses(**columns)


def _moments(rng: np.random.Generator, history: History) -> tuple[Array, Array, Array, Array]:
    """When pulses are written, what about, and the log-odds perceived at each."""
    own = _by_habit(rng, history)
    bulk = _before_review(rng, history)
    account, day = np.concatenate([own[0], bulk[0]]), np.concatenate([own[1], bulk[1]])
    day = to_weekday(day)
    csm = history.owners.at(account, day)
    window = history.window
    wrong = 0.85 * history.state.misjudgement[account, window.week_of(day)] + 0.53 * rng.normal(0, 1, len(day))
    view = (
        history.state.perceived(account, day, history.csms.skill[csm])
        - history.csms.optimism[csm]
        + history.csms.noise_sd[csm] * wrong
    )
    near = _days_to_renewal(history, account, day) <= 150
    about = (near & (rng.random(len(day)) < 0.45)).astype(np.int64)
    review = _at_reviews(rng, history)
    account, day = np.concatenate([account, review[0]]), np.concatenate([day, review[1]])
    about, view = np.concatenate([about, np.ones(len(review[0]), np.int64)]), np.concatenate([view, review[2]])
    alive = (day >= history.first_day[account] + 10) & (day < history.end_day[account]) & (day <= window.last_day)
    rows = np.flatnonzero(alive)
    rows = rows[np.lexsort((about[rows], day[rows], account[rows]))]
    # One pulse per account and day is enough for anyone.
    repeated = np.concatenate([[False], (account[rows][1:] == account[rows][:-1]) & (day[rows][1:] == day[rows][:-1])])
    rows = rows[~repeated]
    return account[rows], day[rows], about[rows], view[rows]


def _by_habit(rng: np.random.Generator, history: History) -> tuple[Array, Array]:
    """Spontaneous pulses: short gaps thinned to the owner's pace and to the attention that the customer gets."""
    size, window = len(history.accounts), history.window
    slots = int((window.last_day - window.first_day) / DRAFT_GAP_DAYS * 1.4) + 10
    day = history.first_day[:, None] + np.cumsum(rng.gamma(3, DRAFT_GAP_DAYS / 3, (size, slots)), axis=1).astype(
        np.int64
    )
    account, slot = np.nonzero(day <= window.last_day)
    day = day[account, slot]
    attention = np.exp(rng.normal(0, 0.45, size)) * np.where(rng.random(size) < 0.18, 0.15, 1.0)
    pace = DRAFT_GAP_DAYS / history.csms.gap_days[history.owners.at(account, day)] * attention[account]
    kept = rng.random(len(day)) < pace
    return account[kept], day[kept]


def _before_review(rng: np.random.Generator, history: History) -> tuple[Array, Array]:
    """Whole books edited in one sitting in the last days before a quarter's review, by those with that habit."""
    window = history.window
    quarters = np.arange(*quarter_of(np.array([window.first_day, window.last_day + 95])))
    ends = first_day_of_quarter(quarters + 1)
    account = np.repeat(np.arange(len(history.accounts)), len(quarters))
    sitting = ends[None, :] - rng.integers(2, 7, (len(history.csms.csm_id), len(quarters)))
    nominal = np.tile(ends - 4, len(history.accounts))
    csm = history.owners.at(account, nominal)
    day = sitting[csm, np.tile(np.arange(len(quarters)), len(history.accounts))]
    kept = (history.csms.habit[csm] == HABITS.index("before_review")) & (rng.random(len(day)) < 0.88)
    return account[kept], day[kept]


def _at_reviews(rng: np.random.Generator, history: History) -> tuple[Array, Array, Array]:
    """Pulses about the renewal that come out of the team's reviews; they carry the very view that may start a play."""
    terms = history.terms
    parts = []
    for review in range(len(REVIEW_LEADS)):
        held = np.flatnonzero(~np.isnan(terms.review_view[:, review]))
        held = held[rng.random(len(held)) < 0.5]
        parts.append((terms.account[held], terms.review_days[held, review], terms.review_view[held, review]))
    account, day, view = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return account, day, view


def _days_to_renewal(history: History, account: Array, day: Array) -> Array:
    """Days from each day to the account's next renewal of a contract longer than a month, `FAR` if none is known."""
    terms = history.terms
    rows = np.flatnonzero((terms.months > 1) & (terms.contract == 0))
    key = terms.account[rows] * FAR + terms.renewal_day[rows]
    order = np.argsort(key, kind="stable")
    position = np.searchsorted(key[order], account * FAR + day)
    found = rows[order][np.minimum(position, len(rows) - 1)]
    same = (position < len(rows)) & (terms.account[found] == account)
    return np.where(same, terms.renewal_day[found] - day, FAR)


def _heard(history: History, name: str, account: Array, day: Array) -> tuple[Array, Array]:
    """Whether an event of the kind is on and heard of, and whether it is on at all."""
    on, _, heard = history.events.state(KIND[name], account, day)
    return on & (heard <= day), on


def _facts(
    rng: np.random.Generator, history: History, account: Array, day: Array, csm: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """The half-known fields: what was heard, what is believed when nothing was, and much that is left unknown."""
    size = len(account)
    luck = rng.random((5, size))
    careful = 0.30 + 0.45 * history.csms.skill[csm]
    said = rng.random((5, size)) < careful
    gone, _ = _heard(history, "champion_left", account, day)
    coming, _, _ = history.events.state(KIND["champion_left"], account, day + 21)
    champion = np.select([gone, coming & (luck[0] < 0.25), said[0]], [2, 1, 0], 3)
    sponsor, _ = _heard(history, "sponsor_left", account, day)
    proven, _ = _heard(history, "value_proven", account, day)
    rival, _ = _heard(history, "vendor_evaluation", account, day)
    is_unsponsored = history.accounts.archetype[account] == ARCHETYPES.index("missing_sponsor")
    skeptical = (sponsor & (luck[1] < 0.35)) | (rival & (luck[1] < 0.4))
    executive = np.select(
        [skeptical, sponsor | is_unsponsored, proven & said[1], said[1] & (luck[1] < 0.45), said[1]],
        [2, np.where(luck[1] < 0.7, 3, 1), 0, 1, 0],
        3,
    )
    frozen, _ = _heard(history, "budget_freeze", account, day)
    budget = np.select([frozen & (luck[2] < 0.55), frozen, said[2] & (luck[2] < 0.15), said[2]], [2, 1, 1, 0], 3)
    shaken, _ = _heard(history, "reorganization", account, day)
    started, _, _ = history.events.state(KIND["reorganization"], account, day - 45)
    reorganization = np.select([shaken & started, shaken, said[3]], [2, 1, 0], 3)
    fit = history.state.fit(account, day) + rng.normal(0, 1.6 - history.csms.skill[csm], size)
    value = np.select([said[4] & (proven | (fit < 0.2)), said[4] & (fit > 1.1)], [0, 1], 2)
    return champion, executive, budget, reorganization, value


_EVENT_THEMES = {
    "champion_left": "champion",
    "sponsor_left": "executive",
    "budget_freeze": "budget",
    "reorganization": "reorganization",
    "vendor_evaluation": "competitor",
    "product_friction": "product_quality",
    "polite_exit": "product_quality",
    "module_abandoned": "value",
    "value_proven": "positive",
}


def _themes(rng: np.random.Generator, history: History, account: Array, day: Array, colour: Array, csm: Array) -> Array:
    """What each reason is about: the weightiest event heard of, else what goes with the colour; often nothing much."""
    size = len(account)
    weight, theme = np.zeros(size), np.full(size, -1)
    for name, subject in _EVENT_THEMES.items():
        on, effect, heard = history.events.state(KIND[name], account, day)
        strength = (on & (heard <= day)) * np.abs(effect) * rng.uniform(0.4, 1.0, size)
        # A green pulse dwells on good news, the others on bad.
        strength *= np.where((colour == 0) == (EVENT_KINDS[KIND[name]].effect < 0), 1.0, 0.35)
        theme = np.where(strength > weight, THEMES.index(subject), theme)
        weight = np.maximum(weight, strength)
    green = np.array([THEMES.index(name) for name in ("positive", "positive", "value", "positive")])
    amber = np.array(
        [THEMES.index(name) for name in ("value", "price", "product_quality", "executive", "vague", "budget")]
    )
    luck = rng.random(size)
    fallback = np.where(colour == 0, green[(luck * 4).astype(int)], amber[(luck * 6).astype(int)])
    theme = np.where(theme < 0, fallback, theme)
    is_vague = rng.random(size) < history.csms.vague[csm] * np.where(weight > 0.6, 0.45, 0.9)
    return np.where(is_vague, THEMES.index("vague"), theme)
