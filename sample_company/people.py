"""The people at the customers: who has a login and how much they use it, who holds which role, who comes and goes.

When the CRM learns of it is in `contact_records.py`; what users do in the product is in `usage.py`.
"""

from dataclasses import dataclass, fields

import numpy as np

from sample_company.dates import FAR, Array, to_weekday
from sample_company.history import History
from sample_company.parameters import ARCHETYPES, KIND
from sample_company.streams import stream
from sample_company.traces import Episodes

ROLES = ("champion", "executive_sponsor", "economic_buyer", "procurement", "finance", "admin", "end_user", "other")
POWER_USER = ARCHETYPES.index("power_user_without_budget")


@dataclass(frozen=True)
class People:
    """One entry per person, in order of account.

    Attributes:
        account: Account index.
        role: Index into `ROLES`, −1 for users who are no contact.
        start, left: First day, and first day gone (`FAR` if still there).
        heard: Day the CSM hears of the exit, `FAR` if never.
        weight: How much the person uses the product relative to others; 0 without a login.
        asks_on: Day a newcomer asks about cost, `FAR` for everyone else.
    """

    account: Array
    role: Array
    start: Array
    left: Array
    heard: Array
    weight: Array
    asks_on: Array

    def __len__(self) -> int:
        return len(self.account)

    @property
    def user_id(self) -> Array:
        """Login of each person, None without one."""
        has_login = self.weight > 0
        ids = np.full(len(self), None, dtype=object)
        ids[has_login] = [f"U{i:07d}" for i in np.flatnonzero(has_login) + 1]
        return ids

    @property
    def contact_id(self) -> Array:
        """Contact of each person, None for those who are none."""
        is_contact = self.role >= 0
        ids = np.full(len(self), None, dtype=object)
        ids[is_contact] = [f"P{i:07d}" for i in np.flatnonzero(is_contact) + 1]
        return ids


def meet_people(history: History, newcomers: Episodes) -> People:
    """Everyone who is or was at a customer within the window."""
    rng = stream(history.seed, "people")
    groups = [_users(rng, history), *_champions(rng, history), *_sponsors(rng, history), *_offices(rng, history)]
    groups.append(_newcomers(rng, newcomers))
    people = People(**{f.name: np.concatenate([getattr(group, f.name) for group in groups]) for f in fields(People)})
    present = (people.start < history.end_day[people.account]) & (people.left > history.first_day[people.account])
    present &= people.start <= history.window.last_day
    rows = np.flatnonzero(present)
    rows = rows[np.argsort(people.account[rows], kind="stable")]
    return People(**{f.name: getattr(people, f.name)[rows] for f in fields(People)})


def _people(account: Array, role: Array | int, start: Array, left: Array, heard: Array, weight: Array) -> People:
    roles = np.broadcast_to(np.asarray(role), account.shape).copy()
    return People(account, roles, start, left, heard, weight, np.full(len(account), FAR))


def _users(rng: np.random.Generator, history: History) -> People:
    """Ordinary users: the first is the admin, the next few are known to the CRM, the rest only log in."""
    accounts = history.accounts
    account = np.repeat(np.arange(len(accounts)), accounts.users)
    position = np.arange(len(account)) - np.repeat(np.cumsum(accounts.users) - accounts.users, accounts.users)
    first = history.first_day[account]
    later = rng.random(len(account)) < 0.3
    start = first + np.where(later & (position > 1), rng.integers(0, 700, len(account)), 0)
    stays = rng.exponential(1_700, len(account)).astype(np.int64) + 60
    is_power = (position == 1) & (accounts.archetype[account] == POWER_USER)
    left = np.where(is_power, FAR, start + stays)
    weight = rng.gamma(1.3, 0.6, len(account)) + 0.15
    weight = np.where(is_power, 6.5 + rng.gamma(4, 0.5, len(account)), weight)
    # Beside a power user everyone else does little.
    weight = np.where((accounts.archetype[account] == POWER_USER) & ~is_power, weight * 0.45, weight)
    role = np.select([position == 0, (position <= 3) | is_power], [ROLES.index("admin"), ROLES.index("end_user")], -1)
    return _people(account, role, start, left, np.full(len(account), FAR), weight)


def _chain(history: History, kind: str) -> tuple[Array, Array, Array, Array]:
    """Account, start, exit and hearing of everyone who held a role that events of `kind` empty, one after the other."""
    index = KIND[kind]
    starts, ends = history.events.starts[index], history.events.ends[index]
    size = len(history.accounts)
    before = np.concatenate([np.full((size, 1), -FAR), ends[:, :-1]], axis=1)
    account, slot = np.nonzero(before < FAR)
    start = np.maximum(before[account, slot], history.first_day[account])
    return account, start, starts[account, slot], history.events.heard[index][account, slot]


def _champions(rng: np.random.Generator, history: History) -> list[People]:
    account, start, left, heard = _chain(history, "champion_left")
    weight = rng.gamma(4, 0.35, len(account)) + 0.5
    weight = np.where(history.accounts.archetype[account] == POWER_USER, 0.35, weight)
    return [_people(account, ROLES.index("champion"), start, left, heard, weight)]


def _sponsors(rng: np.random.Generator, history: History) -> list[People]:
    account, start, left, heard = _chain(history, "sponsor_left")
    has_login = rng.random(len(account)) < 0.3
    weight = np.where(has_login, 0.12 + rng.gamma(2, 0.08, len(account)), 0.0)
    has_sponsor = history.accounts.archetype[account] != ARCHETYPES.index("missing_sponsor")
    rows = np.flatnonzero(has_sponsor)
    return [
        _people(account[rows], ROLES.index("executive_sponsor"), start[rows], left[rows], heard[rows], weight[rows])
    ]


def _offices(rng: np.random.Generator, history: History) -> list[People]:
    """Economic buyers, procurement, finance and others, where the customer has them."""
    segment = history.accounts.segment
    shares = {
        "economic_buyer": (0.7, 0.85, 0.95),
        "procurement": (0.05, 0.4, 0.8),
        "finance": (0.3, 0.45, 0.6),
        "other": (0.1, 0.2, 0.4),
    }
    groups = []
    for role, share in shares.items():
        account = np.flatnonzero(rng.random(len(segment)) < np.array(share)[segment])
        start = history.first_day[account] + (rng.random(len(account)) < 0.3) * rng.integers(0, 400, len(account))
        left = start + rng.exponential(2_500, len(account)).astype(np.int64) + 60
        weight = np.where(rng.random(len(account)) < 0.1, 0.1, 0.0)
        groups.append(_people(account, ROLES.index(role), start, left, np.full(len(account), FAR), weight))
    return groups


def _newcomers(rng: np.random.Generator, episodes: Episodes) -> People:
    """The new contacts who ask about cost, within three weeks of turning up."""
    size = len(episodes.account)
    role = np.where(rng.random(size) < 0.55, ROLES.index("procurement"), ROLES.index("finance"))
    start = episodes.start - rng.integers(1, 20, size)
    never, asks_on = np.full(size, FAR), to_weekday(episodes.start)
    return People(episodes.account, role, start, never, never, np.zeros(size), asks_on)


def draw_present(
    rng: np.random.Generator, people: People, pool: Array, weight: Array, account: Array, day: Array
) -> Array:
    """Someone of a pool who was at each account on each day, the heavier the likelier; −1 where five tries find none.

    Args:
        rng: Stream to draw from.
        people: Everyone.
        pool: Indices into `people`, ascending.
        weight: Weight of each of the pool.
        account: Accounts asked for.
        day: Days asked for.
    """
    edges = np.concatenate([[0.0], np.cumsum(weight)])
    first = np.searchsorted(people.account[pool], account, side="left")
    last = np.searchsorted(people.account[pool], account, side="right")
    chosen = np.full(len(account), -1)
    for _ in range(5):
        target = edges[first] + rng.random(len(account)) * (edges[last] - edges[first])
        found = np.clip(np.searchsorted(edges[1:], target, side="right"), first, np.maximum(last - 1, first))
        candidate = pool[np.minimum(found, len(pool) - 1)]
        present = (people.start[candidate] <= day) & (day < people.left[candidate]) & (last > first)
        chosen = np.where((chosen < 0) & present, candidate, chosen)
    return chosen


def named(ids: Array, chosen: Array) -> Array:
    """The identifier of each person chosen, None for −1."""
    names = ids[np.maximum(chosen, 0)]
    names[chosen < 0] = None
    return names
