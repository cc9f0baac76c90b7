"""Who the customers are: segment, archetype, size, what they bought first and when.

What happens to them later is in `hidden_events.py`, `terms.py` and the modules that leave traces.
"""

from dataclasses import dataclass

import numpy as np

from sample_company.dates import Array, Window, add_months
from sample_company.parameters import ARCHETYPE_SHARES, MODULES
from sample_company.streams import pick, pick_rows, stream
from sample_company.wording import name_bank

INDUSTRIES = (
    "Business services", "Education", "Energy", "Financial services", "Food and beverage", "Healthcare", "Hospitality",
    "Insurance", "Logistics", "Manufacturing", "Media", "Public sector", "Retail", "Software", "Telecommunications",
)  # fmt: skip
REGIONS = ("Americas", "APAC", "DACH", "Nordics", "Southern Europe", "UK and Ireland")
SEGMENT_SHARES = np.array((0.55, 0.30, 0.15))
TERM_MONTHS = np.array((1, 6, 12, 24))
TERM_SHARES = np.array(((0.14, 0.15, 0.66, 0.05), (0.03, 0.10, 0.72, 0.15), (0.0, 0.03, 0.66, 0.31)))
ARR_MEDIAN = np.array((8_400, 36_000, 148_000))
USERS_MEDIAN = np.array((5.0, 12.0, 30.0))
USERS_LIMITS = np.array(((2, 20), (5, 50), (12, 140)))
FOUNDING_SHARE = 0.48
"""Customers already there when the history begins."""


@dataclass(frozen=True)
class Accounts:
    """One entry per account, in the order of `account_id`.

    Attributes:
        account_id, name: Identifiers.
        segment, archetype, industry, region: Indices into the lists of that name.
        months: Length of the first term.
        start_day: First day of the first recorded term, possibly before the window.
        is_founding: Customer before the window began.
        arr: First yearly amount, in cents.
        users: Number of people with a login, replaced champions not counted.
        owns_module: Modules bought, shape (accounts, modules).
        critical_module: Index of the module the renewal hangs on.
        integrations: 0, 1 or 2 connected systems.
        auto_renew, notice_days: Terms of the contract.
        has_addon: A second contract runs beside the main one at some time.
    """

    account_id: Array
    name: Array
    segment: Array
    archetype: Array
    industry: Array
    region: Array
    months: Array
    start_day: Array
    is_founding: Array
    arr: Array
    users: Array
    owns_module: Array
    critical_module: Array
    integrations: Array
    auto_renew: Array
    notice_days: Array
    has_addon: Array

    def __len__(self) -> int:
        return len(self.account_id)


def found_accounts(seed: int, size: int, window: Window) -> Accounts:
    """Draw `size` accounts, about half of them customers before the window begins and the rest joining through it."""
    rng = stream(seed, "accounts")
    segment = pick(rng, SEGMENT_SHARES, size)
    months = TERM_MONTHS[pick_rows(rng, TERM_SHARES[segment])]
    is_founding = rng.random(size) < FOUNDING_SHARE
    elapsed = (rng.random(size) * months * 30.4).astype(np.int64)
    # A power of a uniform below one leans the arrivals towards the later years: the company grows.
    joined = window.first_day + ((window.last_day - 25 - window.first_day) * rng.random(size) ** 0.85).astype(np.int64)
    start_day = np.where(is_founding, window.first_day - elapsed, joined)
    start_day = np.where(
        is_founding & (add_months(start_day, months) <= window.first_day + 7), window.first_day, start_day
    )
    limits = USERS_LIMITS[segment]
    users = np.clip(USERS_MEDIAN[segment] * np.exp(rng.normal(0, 0.45, size)), limits[:, 0], limits[:, 1]).astype(
        np.int64
    )
    owns_module, critical = _modules(rng, segment)
    wired = rng.random(size) < np.array((0.40, 0.62, 0.80))[segment]
    return Accounts(
        account_id=np.array([f"A{i + 1:05d}" for i in range(size)], dtype=object),
        name=_names(rng, size),
        segment=segment,
        archetype=pick(rng, np.array(ARCHETYPE_SHARES), size),
        industry=rng.integers(0, len(INDUSTRIES), size),
        region=pick(rng, np.array((0.34, 0.12, 0.17, 0.09, 0.10, 0.18)), size),
        months=months,
        start_day=start_day,
        is_founding=is_founding,
        arr=(ARR_MEDIAN[segment] * np.exp(rng.normal(0, 0.4, size)) / 100).astype(np.int64) * 10_000,
        users=users,
        owns_module=owns_module,
        critical_module=critical,
        integrations=np.where(wired, 1 + (rng.random(size) < 0.3), 0),
        auto_renew=rng.random(size) < np.array((0.75, 0.5, 0.25))[segment],
        notice_days=np.where(months == 1, 14, np.array((30, 60, 90))[segment]),
        has_addon=(rng.random(size) < np.array((0.03, 0.14, 0.22))[segment]) & (months >= 12),
    )


def _modules(rng: np.random.Generator, segment: Array) -> tuple[Array, Array]:
    """Modules each account bought and the one it cannot do without; everyone has the workspace."""
    size = len(segment)
    chance = np.array((0.35, 0.35, 0.55, 0.25, 0.65, 1.0)) * np.array((0.75, 1.0, 1.3))[segment][:, None]
    owns = rng.random((size, len(MODULES))) < chance
    owns[:, MODULES.index("workspace")] = True
    # The critical module is a bought one other than the workspace where there is any.
    preference = owns * (0.1 + rng.random(owns.shape))
    preference[:, MODULES.index("workspace")] = 0.01
    return owns, preference.argmax(axis=1)


def _names(rng: np.random.Generator, size: int) -> Array:
    """Company names, unique: a stem and a line of business, and a second stem once pairs run out."""
    stems, businesses = name_bank("stems"), name_bank("businesses")
    pairs = rng.permutation(len(stems) * len(businesses))
    names = []
    for i in range(size):
        stem, business = divmod(int(pairs[i % len(pairs)]), len(businesses))
        second = "" if i < len(pairs) else f" {stems[(stem + i // len(pairs) * 7) % len(stems)]}"
        names.append(f"{stems[stem]}{second} {businesses[business]}")
    return np.array(names, dtype=object)
