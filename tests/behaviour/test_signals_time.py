"""The promise of time for signals and timelines: what is recorded on or after a date changes nothing as of it.

Hypothesis makes up what the company might record later in any of its tables, whatever event dates the rows claim.
Firings, their evidence, the features made of them, the timeline and what stands around a renewal must stay as they
were.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data_contracts.contract import Column, Contract, source_contracts
from features.account_facts import TOUCHES, build_account_facts
from features.engine import DuckDBEngine
from features.signal_episodes import EPISODE_KEY, join_firings
from features.signals import STATE_KEY, build_signals, fired_signals
from features.sources import Sources
from features.spine import KEY, build_spine
from features.timeline import TIMELINE_ORDER, build_timeline

AS_OF = date(2025, 9, 1)
LOOKS = [AS_OF - timedelta(days=shift) for shift in (56, 28, 1, 0)]

Tables = Mapping[str, pa.Table]
Past = tuple[pd.DataFrame, ...]


def past_of(tables: Tables, run: Path) -> Past:
    """Return features, firings, episodes, timeline and account facts as of the date, from whatever the tables hold."""
    engine = DuckDBEngine(threads=2)
    opened = Sources.open(run, engine)
    lazy = {name: engine.from_arrow(table) for name, table in tables.items()}
    sources = Sources(tables=lazy, reports=opened.reports, contracts=opened.contracts, engine=engine)
    spine = build_spine(sources, LOOKS)
    features = build_signals(spine, sources)
    fired = fired_signals(sources, LOOKS)
    episodes = engine.to_pandas(join_firings(sources, fired, LOOKS), EPISODE_KEY)
    timeline = build_timeline(sources, AS_OF, episodes, days=120)
    past = (
        engine.to_pandas(features, KEY),
        engine.to_pandas(fired, STATE_KEY),
        episodes,
        engine.to_pandas(timeline, TIMELINE_ORDER),
        engine.to_pandas(build_account_facts(spine, sources), KEY),
    )
    engine.close()
    return past


@pytest.fixture(scope="module")
def all_rows(company_run: Path) -> dict[str, pa.Table]:
    """Return every table with all that the company ever recorded."""
    engine = DuckDBEngine(threads=2)
    tables = {name: engine.to_arrow(engine.read_parquet(company_run / name)) for name in source_contracts()}
    engine.close()
    return tables


@pytest.fixture(scope="module")
def rows_then(all_rows: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Return the same tables with only what was recorded before the date."""
    midnight = pa.scalar(datetime.combine(AS_OF, datetime.min.time()), pa.timestamp("us"))
    return {name: table.filter(pa.compute.less(table["recorded_at"], midnight)) for name, table in all_rows.items()}


@pytest.fixture(scope="module")
def past(rows_then: dict[str, pa.Table], company_run: Path) -> Past:
    """Return the past as it looked then."""
    return past_of(rows_then, company_run)


def assert_same(now: Past, then: Past) -> None:
    for one, other in zip(now, then, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def value_of(column: Column) -> st.SearchStrategy[Any]:
    """Return any value that a column may hold, event dates on both sides of the date among them."""
    if column.allowed_values:
        return st.sampled_from(column.allowed_values)
    days = st.integers(-200, 100).map(lambda shift: AS_OF + timedelta(days=shift))
    by_type: dict[str, st.SearchStrategy[Any]] = {
        "date": days,
        "timestamp": days.map(lambda day: datetime.combine(day, datetime.min.time()) + timedelta(hours=9)),
        "integer": st.integers(int(column.minimum or 0), int(column.maximum or 500)),
        "number": st.integers(0, 50_000).map(Decimal),
        "boolean": st.booleans(),
        "string": st.sampled_from(["late", "u1", "What does it cost?", "all good"]),
    }
    return by_type[column.logical_type]


@st.composite
def late_row(draw: st.DrawFn, contract: Contract, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw a row of the table that was recorded on or after the date: a changed copy of one that is there."""
    row = dict(draw(st.sampled_from(rows)))
    changed = draw(st.sets(st.sampled_from(contract.column_names), max_size=len(contract.columns)))
    if not contract.versioned:
        # The first record of a key stands, so that something recorded later is something new.
        changed.add("user_id")
    for name in sorted(changed - {"account_id", "recorded_at"}):
        row[name] = draw(value_of(contract.column(name)))
    midnight = datetime.combine(AS_OF, datetime.min.time())
    row["recorded_at"] = midnight + timedelta(seconds=draw(st.integers(0, 9_000_000)))
    return row


@pytest.fixture(scope="module")
def examples(rows_then: dict[str, pa.Table]) -> dict[str, list[dict[str, Any]]]:
    """Return the newest rows of each table to make up later ones from: those that signals look at."""
    newest = {name: table.sort_by([("recorded_at", "descending")]) for name, table in rows_then.items()}
    return {name: table.slice(0, 200).to_pylist() for name, table in newest.items()}


def test_the_past_is_worth_comparing(past: Past) -> None:
    features, fired, episodes, timeline, facts = past
    assert features.filter(like="signal__").notna().any().all()
    assert fired["signal"].nunique() >= 20
    assert episodes["ended_on"].notna().any()
    assert timeline["topic"].nunique() == 9
    assert facts.notna().any().all()
    assert facts["last_touch_kind"].nunique() == len(TOUCHES)


def test_all_that_came_later_changes_nothing(all_rows: dict[str, pa.Table], past: Past, company_run: Path) -> None:
    assert_same(past_of(all_rows, company_run), past)


# An example takes seconds and a failing one says which rows it drew: shrinking would take many minutes.
@settings(
    phases=[Phase.explicit, Phase.generate],
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_nothing_that_could_be_recorded_later_changes_anything(
    data: st.DataObject,
    rows_then: dict[str, pa.Table],
    examples: dict[str, list[dict[str, Any]]],
    past: Past,
    company_run: Path,
) -> None:
    contracts = source_contracts()
    later = {}
    for name, table in rows_then.items():
        rows = data.draw(st.lists(late_row(contracts[name], examples[name]), min_size=1, max_size=14), label=name)
        later[name] = pa.concat_tables([table, pa.Table.from_pylist(rows, schema=table.schema)])
    assert_same(past_of(later, company_run), past)
