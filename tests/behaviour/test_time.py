"""The promise of time: what was recorded on or after a date changes nothing as of it, not by one bit.

Hypothesis makes up what the company might record later: back-dated rows, late versions of old things, pulses after the
decision, changed owners, outcomes. Whatever event dates these rows claim, the past must look as it did.
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
from features.build import build_features
from features.engine import DuckDBEngine
from features.labels import LABEL_KEY, label_snapshots
from features.sources import Sources
from features.spine import KEY, build_spine, grid_dates

AS_OF = date(2025, 9, 1)
LOOKS = [*grid_dates(date(2024, 10, 1), AS_OF), AS_OF]
CUTOFFS = [date(2025, 3, 10), AS_OF]
READ_BY_FEATURES = (
    "accounts",
    "csms",
    "renewals",
    "usage_daily",
    "csm_pulses",
    "entitlements",
    "support_tickets",
    "survey_responses",
    "invoices",
    "integration_runs",
    "contacts",
    "meetings",
    "emails",
    "value_touchpoints",
)

Tables = Mapping[str, pa.Table]


def past_of(tables: Tables, run: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return features and labels as of the date, from whatever the tables hold."""
    engine = DuckDBEngine(threads=2)
    opened = Sources.open(run, engine)
    lazy = {name: engine.from_arrow(table) for name, table in tables.items()}
    sources = Sources(
        tables={**opened.tables, **lazy}, reports=opened.reports, contracts=opened.contracts, engine=engine
    )
    spine = build_spine(sources, LOOKS)
    snapshots = engine.to_pandas(build_features(spine, sources), KEY)
    labels = engine.to_pandas(label_snapshots(spine, sources, CUTOFFS), LABEL_KEY)
    engine.close()
    return snapshots, labels


@pytest.fixture(scope="module")
def all_rows(company_run: Path) -> dict[str, pa.Table]:
    """Return every table that features read, with all that the company ever recorded."""
    engine = DuckDBEngine(threads=2)
    tables = {name: engine.to_arrow(engine.read_parquet(company_run / name)) for name in READ_BY_FEATURES}
    engine.close()
    return tables


@pytest.fixture(scope="module")
def rows_then(all_rows: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Return the same tables with only what was recorded before the date."""
    midnight = pa.scalar(datetime.combine(AS_OF, datetime.min.time()), pa.timestamp("us"))
    return {name: table.filter(pa.compute.less(table["recorded_at"], midnight)) for name, table in all_rows.items()}


@pytest.fixture(scope="module")
def past(rows_then: dict[str, pa.Table], company_run: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the past as it looked then."""
    return past_of(rows_then, company_run)


def value_of(column: Column) -> st.SearchStrategy[Any]:
    """Return any value that a column may hold, event dates on both sides of the date among them."""
    if column.allowed_values:
        return st.sampled_from(column.allowed_values)
    days = st.integers(-500, 300).map(lambda shift: AS_OF + timedelta(days=shift))
    by_type: dict[str, st.SearchStrategy[Any]] = {
        "date": days,
        "timestamp": days.map(lambda day: datetime.combine(day, datetime.min.time()) + timedelta(hours=9)),
        "integer": st.integers(int(column.minimum or 0), int(column.maximum or 500)),
        "number": st.integers(0, 50_000).map(Decimal),
        "boolean": st.booleans(),
        "string": st.sampled_from(["late", "u1", "Champion left", "all good"]),
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
    row["recorded_at"] = datetime.combine(AS_OF, datetime.min.time()) + timedelta(
        seconds=draw(st.integers(0, 40_000_000))
    )
    return row


@pytest.fixture(scope="module")
def examples(rows_then: dict[str, pa.Table]) -> dict[str, list[dict[str, Any]]]:
    """Return a few real rows of each table to make up later ones from."""
    return {name: table.slice(0, 400).to_pylist() for name, table in rows_then.items()}


def test_the_past_is_worth_comparing(past: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    snapshots, labels = past
    assert snapshots.as_of.nunique() == len(LOOKS)
    assert len(labels) > 20
    assert snapshots.filter(like="__").notna().mean().min() > 0
    assert snapshots.filter(like="note_text_").notna().mean().min() > 0
    assert snapshots.filter(like="note_text_").nunique().min() > 10


def test_all_that_came_later_changes_nothing(
    all_rows: dict[str, pa.Table], past: tuple[pd.DataFrame, pd.DataFrame], company_run: Path
) -> None:
    snapshots, labels = past_of(all_rows, company_run)
    pd.testing.assert_frame_equal(snapshots, past[0], check_exact=True)
    pd.testing.assert_frame_equal(labels, past[1], check_exact=True)


# An example takes seconds and a failing one says which rows it drew: shrinking would take many minutes.
@settings(
    phases=[Phase.explicit, Phase.generate],
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_nothing_that_could_be_recorded_later_changes_anything(
    data: st.DataObject,
    rows_then: dict[str, pa.Table],
    examples: dict[str, list[dict[str, Any]]],
    past: tuple[pd.DataFrame, pd.DataFrame],
    company_run: Path,
) -> None:
    contracts = source_contracts()
    later = {}
    for name, table in rows_then.items():
        rows = data.draw(st.lists(late_row(contracts[name], examples[name]), max_size=20), label=name)
        later[name] = pa.concat_tables([table, pa.Table.from_pylist(rows, schema=table.schema)])
    snapshots, labels = past_of(later, company_run)
    pd.testing.assert_frame_equal(snapshots, past[0], check_exact=True)
    pd.testing.assert_frame_equal(labels, past[1], check_exact=True)
