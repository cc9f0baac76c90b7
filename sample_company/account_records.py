"""How the CRM holds customers, their owners, what they bought and the people at them.

Facts reach it late: owners within days, exits of champions and sponsors within weeks or months. The facts themselves
come from `accounts.py`, `csms.py` and `people.py`.
"""

import numpy as np

from sample_company.accounts import INDUSTRIES, REGIONS
from sample_company.dates import FAR, NULL, Array, at_hour
from sample_company.history import History
from sample_company.parameters import MODULES, SEGMENTS
from sample_company.people import ROLES, People
from sample_company.streams import stream
from sample_company.terms import RENEWED
from sample_company.wording import name_bank
from sample_company.writing import Change, Coded, Columns, versions

LEADS_FROM = 900
"""Team leads are CSMs numbered from here, own no accounts and report to nobody."""


def first_recorded(history: History, account: Array, day: Array, lag: Array) -> Array:
    """When what began on a day was first recorded, `lag` days on; not before the window, when all was taken over."""
    opened = at_hour(np.full(len(account), history.window.first_day), np.full(len(account), 5.0))
    return np.maximum(at_hour(day, 9 + 24 * lag), opened)


def account_columns(history: History) -> Columns:
    """`accounts`: one row when a customer signs and one whenever the owner changes."""
    rng = stream(history.seed, "account records")
    owners, accounts = history.owners, history.accounts
    account, turn = np.nonzero(owners.since < FAR)
    valid_from = owners.since[account, turn]
    alive = valid_from < history.end_day[account]
    account, turn, valid_from = account[alive], turn[alive], valid_from[alive]
    # New customers are entered before they start; a change of owner is entered within days, now and then weeks later.
    late = np.where(
        rng.random(len(account)) < 0.15, rng.uniform(3, 20, len(account)), rng.exponential(0.8, len(account))
    )
    lag = np.where(turn == 0, -rng.uniform(1, 12, len(account)), late)
    crm = np.array([f"CRM-{104_729 + 7 * i}" for i in range(len(accounts))], dtype=object)
    return {
        "account_id": accounts.account_id[account],
        "valid_from": valid_from,
        "account_name": accounts.name[account],
        "segment": Coded(accounts.segment[account], SEGMENTS),
        "industry": Coded(accounts.industry[account], INDUSTRIES),
        "region": Coded(accounts.region[account], REGIONS),
        "csm_id": history.csms.csm_id[owners.csm[account, turn]],
        "crm_id": crm[account],
        "crm_url": "https://crm.example.com/accounts/" + crm[account],
        "recorded_at": first_recorded(history, account, valid_from, lag),
    }


def csm_columns(history: History) -> Columns:
    """`csms`: everyone from the first day, and a second row for those who changed team or capacity."""
    rng = stream(history.seed, "csm records")
    ids = history.csms.csm_id
    leads = np.array([f"CSM{LEADS_FROM + i}" for i in range(max(1, len(ids) // 8))], dtype=object)
    everyone = np.concatenate([ids, leads])
    size, teams = len(everyone), len(leads)
    first, last = name_bank("first_names"), name_bank("last_names")
    names = [(first[p % len(first)], last[p // len(first)]) for p in rng.permutation(len(first) * len(last))[:size]]
    team = np.concatenate([rng.integers(0, teams, len(ids)), np.arange(teams)])
    labels = tuple(f"Customer success {i + 1}" for i in range(teams))
    capacity = np.where(np.arange(size) < len(ids), rng.integers(6, 13, size), 0)
    moves = np.flatnonzero(rng.random(len(ids)) < 0.3)
    rows = np.concatenate([np.arange(size), moves])
    first_day, last_day = history.window.first_day, history.window.last_day
    since = np.concatenate([np.full(size, first_day), rng.integers(first_day + 60, last_day, len(moves))])
    is_move = np.arange(len(rows)) >= size
    team_now = np.where(is_move, (team[rows] + 1) % teams, team[rows])
    manager = np.array([*leads, None], dtype=object)[np.where(rows < len(ids), team_now, teams)]
    return {
        "csm_id": everyone[rows],
        "valid_from": since,
        "csm_name": np.array([" ".join(names[i]) for i in rows], dtype=object),
        "email": np.array([f"{names[i][0]}.{names[i][1]}@vendor.example.com".lower() for i in rows], dtype=object),
        "team": Coded(team_now, labels),
        "manager_id": manager,
        "weekly_capacity": capacity[rows] + is_move * rng.integers(-1, 3, len(rows)),
        "recorded_at": at_hour(since, np.where(is_move, 30.0, 4.0) + rng.random(len(rows))),
    }


def entitlement_columns(history: History) -> Columns:
    """`entitlements`: what was bought, and seats as they change with each renewal of the main contract."""
    rng = stream(history.seed, "entitlements")
    accounts, terms = history.accounts, history.terms
    account, module = np.nonzero(accounts.owns_module)
    share = np.where(module == MODULES.index("workspace"), 1.0, rng.uniform(0.3, 1.0, len(account)))
    seats = np.maximum(np.ceil(accounts.users[account] * 1.25 * share), 1).astype(np.int64)
    valid_from = np.maximum(accounts.start_day[account], history.first_day[account])
    recorded = first_recorded(history, account, valid_from, np.zeros(len(account)))
    changed = np.flatnonzero((terms.outcome == RENEWED) & (terms.contract == 0) & (terms.months > 1))
    changed = changed[terms.renewed_arr[changed] != terms.arr[changed]]
    changed = changed[terms.renewal_day[changed] <= history.window.last_day]
    factor = terms.renewed_arr[changed] / accounts.arr[terms.account[changed]]
    owned = accounts.owns_module[terms.account[changed]]
    row, later_module = np.nonzero(owned)
    later_account = terms.account[changed][row]
    first_seats = np.zeros(accounts.owns_module.shape)
    first_seats[account, module] = seats
    later = np.maximum(np.ceil(first_seats[later_account, later_module] * np.clip(factor[row], 0.3, 4)), 1).astype(
        np.int64
    )
    since = terms.renewal_day[changed][row]
    account, module = np.concatenate([account, later_account]), np.concatenate([module, later_module])
    return {
        "account_id": Coded(account, accounts.account_id),
        "module": Coded(module, MODULES),
        "valid_from": np.concatenate([valid_from, since]),
        "seats": np.concatenate([seats, later]),
        "is_renewal_critical": accounts.critical_module[account] == module,
        "recorded_at": np.concatenate([recorded, at_hour(since, 10 + 24 * rng.exponential(1.5, len(since)))]),
    }


def exits_recorded_on(history: History, people: People) -> Array:
    """Day the CRM learns of each exit, `FAR` if never: soon where a CSM heard of it, else when mail bounces."""
    rng = stream(history.seed, "exits")
    size = len(people)
    after_hearing = people.heard + rng.exponential(6, size).astype(np.int64)
    unnoticed = people.left + np.clip(rng.lognormal(np.log(38), 0.9, size), 2, 260).astype(np.int64)
    recorded: Array = np.where(people.left < FAR, np.minimum(after_hearing, unnoticed), FAR)
    gone = (recorded >= history.end_day[people.account]) | (people.role < 0)
    return np.where(gone, FAR, recorded)


def contact_columns(history: History, people: People) -> Columns:
    """`contacts`: one row when a contact is entered, another when the exit is."""
    rng = stream(history.seed, "contacts")
    rows = np.flatnonzero(people.role >= 0)
    account, start = people.account[rows], people.start[rows]
    lag = np.where(people.asks_on[rows] < FAR, rng.uniform(0, 2, len(rows)), rng.exponential(9, len(rows)))
    lag = np.where(start <= history.first_day[account], rng.uniform(0, 4, len(rows)), lag)
    base: Columns = {
        "contact_id": people.contact_id[rows],
        "account_id": history.accounts.account_id[account],
        "user_id": people.user_id[rows],
        "role": Coded(people.role[rows], ROLES),
        "started_on": start,
        "left_on": np.full(len(rows), NULL),
        "recorded_at": first_recorded(history, account, start, lag),
    }
    exits = exits_recorded_on(history, people)[rows]
    left = np.flatnonzero(exits < FAR)
    change = Change(left, at_hour(exits[left], rng.uniform(8, 18, len(left))), {"left_on": people.left[rows][left]})
    return versions(base, [change])
