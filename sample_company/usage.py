"""What people do in the product, day by day.

Usage follows the fit of the product and a few events; most of what ends a contract leaves no mark here, and some marks
(automation, quiet accounts) mean the opposite of what they look like. Rows are drawn account block by account block and
written as they come, so memory does not grow with the company.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.contract import source_contracts
from sample_company.dates import Array, at_hour
from sample_company.history import History
from sample_company.parameters import ARCHETYPES, FIT_DRIFT_SD, KIND, MODULES
from sample_company.people import People
from sample_company.risk import drifting
from sample_company.streams import stream
from sample_company.writing import Coded, Columns, arrow_array

FIT_TO_USAGE = -0.70
"""Log activity per log-odds of misfit."""
FIT_TO_BREADTH = -0.15
WANDERING_SD = 0.22
LEVEL_SD = 0.22
USERS_AT_ONCE = 1_500
WEEKDAY_FACTOR = np.array((1.0, 1.1, 1.1, 1.05, 0.85, 0.07, 0.05))
MODULE_PULL = np.array((0.25, 0.30, 0.45, 0.25, 0.40, 0.85))
_EVENT_EFFECT = {
    "champion_left": -0.30,
    "reorganization": -0.12,
    "product_friction": -0.35,
    "vendor_evaluation": -0.12,
    "module_abandoned": -0.15,
    "automation": -0.75,
    "value_proven": 0.12,
}
_ABANDONED = 0.30


def log_activity(history: History) -> Array:
    """Log of how active each account's users are, week by week, 0 being ordinary, shape (accounts, weeks)."""
    rng = stream(history.seed, "activity")
    size, window = len(history.accounts), history.window
    fit = history.state.misfit[:, None] + FIT_DRIFT_SD * history.state.drift
    level = rng.normal(0, LEVEL_SD, size)[:, None]
    total = FIT_TO_USAGE * fit + level + WANDERING_SD * drifting(rng, size, window.weeks, 110)
    for name, effect in _EVENT_EFFECT.items():
        age = history.ages[KIND[name]]
        # The effect sets in over eight weeks; nobody stops in a day.
        total += effect * np.clip((age + 1) / 8, 0, 1)
    archetype = history.accounts.archetype[:, None]
    total += np.where(archetype == ARCHETYPES.index("quiet_stayer"), -0.55, 0.0)
    total += np.where(archetype == ARCHETYPES.index("missing_sponsor"), 0.10, 0.0)
    weeks_in = history.weeks_as_customer()
    total += np.where(weeks_in < 10, -0.12 * (10 - weeks_in), 0.0)
    weeks_gone = (window.week_starts - history.leaving_on[:, None]) / 7
    total -= np.clip(weeks_gone, 0, 30) * 0.11
    month = window.week_starts.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    total += np.select([month == 7, month == 11], [-0.18, -0.22], 0.0)
    return total


def breadth(history: History) -> Array:
    """Factor on how readily users touch any module, week by week: a bad fit keeps people in one corner."""
    fit = history.state.misfit[:, None] + FIT_DRIFT_SD * history.state.drift
    factor: Array = np.exp(FIT_TO_BREADTH * fit).astype(np.float32)
    return factor


def write_usage(folder: Path, history: History, people: People) -> None:
    """Write `usage_daily`, sorted by key; only days with events have rows."""
    rng = stream(history.seed, "usage")
    window = history.window
    users = np.flatnonzero(people.weight > 0)
    user_ids = people.user_id[users]
    activity = np.exp(log_activity(history)).astype(np.float32)
    spread = breadth(history)
    days = np.arange(window.first_day, window.last_day + 1)
    recorded = _recorded_at(stream(history.seed, "usage loads"), days)
    schema = pa.schema([(c.name, _arrow_type(c.duckdb_type)) for c in source_contracts()["usage_daily"].columns])
    with pq.ParquetWriter(folder / "usage_daily.parquet", schema, compression="zstd") as writer:
        for at in range(0, len(users), USERS_AT_ONCE):
            block = users[at : at + USERS_AT_ONCE]
            user, module, day, events = _block(rng, history, people, block, (activity, spread), days)
            columns: Columns = {
                "account_id": Coded(people.account[block][user], history.accounts.account_id),
                "user_id": Coded(user + at, user_ids),
                "module": Coded(module, MODULES),
                "usage_date": days[day],
                "events": events,
                "recorded_at": recorded[day],
            }
            known = recorded[day] < window.extracted_at
            columns = {name: values[known] for name, values in columns.items()}
            types = {c.name: c.duckdb_type for c in source_contracts()["usage_daily"].columns}
            writer.write_table(pa.table({n: arrow_array(v, types[n]) for n, v in columns.items()}, schema=schema))


def _arrow_type(duckdb_type: str) -> pa.DataType:
    return {"VARCHAR": pa.string(), "DATE": pa.date32(), "BIGINT": pa.int64(), "TIMESTAMP": pa.timestamp("us")}[
        duckdb_type
    ]


def _recorded_at(rng: np.random.Generator, days: Array) -> Array:
    """When each day's usage reached the warehouse: the night after, now and then a night or two late."""
    late = (rng.random(len(days)) < 0.012) * rng.integers(1, 4, len(days))
    return at_hour(days + 1 + late, 2 + rng.random(len(days)))


def _block(
    rng: np.random.Generator, history: History, people: People, block: Array, weekly: tuple[Array, Array], days: Array
) -> tuple[Array, Array, Array, Array]:
    """Rows of some users: position in the block, module, position in `days`, events; sorted in that order."""
    account = people.account[block]
    week = history.window.week_of(days)
    activity, spread = weekly
    rate = people.weight[block].astype(np.float32)[:, None] * activity[account][:, week] * 0.42
    rate *= WEEKDAY_FACTOR.astype(np.float32)[(days + 3) % 7]
    start = np.maximum(people.start[block], history.first_day[account])
    end = np.minimum(people.left[block], history.end_day[account])
    rate *= (days >= start[:, None]) & (days < end[:, None])
    is_active = rng.random(rate.shape, dtype=np.float32) < -np.expm1(-rate)
    user, day = np.nonzero(is_active)
    rate = rate[user, day]
    parts = []
    for index in range(len(MODULES)):
        taste = _tastes(history, people, block, index)
        pull = taste[user] * spread[account[user], week[day]]
        abandoned = (history.ages[KIND["module_abandoned"]][account[user], week[day]] >= 2) & (
            history.accounts.critical_module[account[user]] == index
        )
        pull = np.where(abandoned, pull * _ABANDONED, pull)
        rows = np.flatnonzero(rng.random(len(user), dtype=np.float32) < pull)
        events = 1 + rng.poisson(np.minimum(3.0 + 4.0 * rate[rows], 40))
        parts.append((user[rows], np.full(len(rows), index), day[rows], events))
    user, module, day, events = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort((user * len(MODULES) + module) * len(days) + day, kind="stable")
    return user[order], module[order], day[order], events[order].astype(np.int64)


def _tastes(history: History, people: People, block: Array, module: int) -> Array:
    """Chance that each user of the block touches the module on an active day; fixed per user."""
    account = people.account[block]
    # A fixed irrational stride spreads tastes over users without a stream per module.
    spread = 0.5 + ((block * 0.754877666 + module * 0.569840291) % 1.0)
    owned = history.accounts.owns_module[account, module]
    taste: Array = (owned * np.minimum(MODULE_PULL[module] * spread, 1.0)).astype(np.float32)
    return taste
