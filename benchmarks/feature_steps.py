"""What `feature_speed` measures: each step reads a lake that lies there, writes its result, and says how many rows.

Preparing a lake, the plain scans that serve as floor, our own features, and pandas. Every step runs in a process of its
own; nothing here measures.
"""
# ruff: noqa: S608  (queries name files of our own making)

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import ibis.expr.types as ir
import pandas as pd

from data_contracts.contract import SOURCE_TABLES, source_contracts
from features.build import build_features
from features.engine import Engine
from features.history import build_history, label_past
from features.labels import LABEL_KEY
from features.moments import MOMENT, beside, moments_of
from features.sources import Sources
from features.spine import KEY, build_spine
from features.usage import build_usage
from pipelines.engine_session import open_engine
from pipelines.ingestion import ingest_source
from pipelines.settings import RunSettings
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

AS_OF = date(2026, 6, 29)
RECENT = AS_OF - timedelta(days=112)


@dataclass(frozen=True)
class Lake:
    """An ingested company and where results about it go.

    Attributes:
        folder: Holds `run`, and `out` for results.
        settings: Limits of the engine, for the floor as well.
    """

    folder: Path
    settings: RunSettings

    @property
    def run(self) -> Path:
        """The ingested tables."""
        return self.folder / "run"

    def table(self, name: str) -> Path:
        """File of an ingested table."""
        return self.run / name / f"{name}.parquet"

    def out(self, name: str) -> Path:
        """File of a result."""
        return self.folder / "out" / f"{name}.parquet"

    @contextmanager
    def open(self) -> Iterator[tuple[Engine, Sources]]:
        """Open the engine as a run does."""
        with open_engine(self.folder / "out", self.settings) as engine:
            yield engine, Sources.open(self.run, engine)


def prepare(lake: Lake, accounts: int, years: int) -> None:
    """Generate the company and ingest it, unless it is there."""
    if lake.table(SOURCE_TABLES[-1]).exists():
        return
    source = lake.folder / "source"
    generate_company(source, CompanySettings(accounts=accounts, years=years))
    for table in SOURCE_TABLES:
        ingest_source(table, source, AS_OF, lake.run)
    shutil.rmtree(source)


def cut_slice(whole: Lake, part: Lake, accounts: int) -> None:
    """Copy the rows of the first accounts of a lake into a smaller one, unless it is there."""
    if part.out("usage_moments").exists():
        return
    for table, contract in source_contracts().items():
        folder = part.run / table
        shutil.copytree(whole.run / table, folder, ignore=shutil.ignore_patterns("*.parquet"), dirs_exist_ok=True)
        if (whole.run / table / "quarantine.parquet").exists():
            shutil.copy(whole.run / table / "quarantine.parquet", folder)
        chosen = f"SELECT DISTINCT account_id FROM '{whole.table('accounts')}' ORDER BY 1 LIMIT {accounts}"
        kept = f"WHERE account_id IN ({chosen})" if "account_id" in contract.column_names else ""
        order = ", ".join((*contract.key, "recorded_at"))
        duckdb.execute("SET enable_progress_bar = false")
        duckdb.execute(
            f"COPY (FROM '{whole.table(table)}' {kept} ORDER BY {order}) "
            f"TO '{part.table(table)}' (FORMAT parquet, COMPRESSION zstd)"
        )
    write_spines(part)
    moments = pd.read_parquet(part.out("past_spine"), columns=["account_id", "as_of"]).drop_duplicates()
    moments.to_parquet(part.out("usage_moments"), index=False)


def write_spines(lake: Lake) -> int:
    """Write the labelled spine of the training history, and the spine of the last week."""
    with lake.open() as (engine, sources):
        engine.write_parquet(build_spine(sources, [AS_OF]), lake.out("week_spine"), KEY)
        past = label_past(sources, AS_OF)
        engine.write_parquet(past.labels, lake.out("labels"), LABEL_KEY)
        return engine.write_parquet(past.spine, lake.out("past_spine"), KEY)


def scan(lake: Lake, *queries: str) -> int:
    """Run queries over the ingested tables and keep their results as tables, under the limits that the engine has."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "preserve_insertion_order": False,
        "memory_limit": lake.settings.memory_limit,
        "temp_directory": str(lake.folder / "out" / "spill"),
    }
    if lake.settings.threads is not None:
        config["threads"] = lake.settings.threads
    with duckdb.connect(config=config) as connection:
        connection.execute("SET enable_progress_bar = false")
        files = {table: f"(FROM '{lake.table(table)}')" for table in SOURCE_TABLES}
        rows = 0
        for place, query in enumerate(queries):
            connection.execute(f"CREATE TABLE grouped_{place} AS {query.format(**files, recent=RECENT)}")
            rows += int(connection.execute(f"SELECT count(*) FROM grouped_{place}").fetchall()[0][0])
        return rows


def rows_by_week(table: str) -> str:
    """Return the query that counts the rows and things of a table by account and the week in which they were recorded.

    Of people who belong to no account, by person.
    """
    contract = source_contracts()[table]
    who = "account_id" if "account_id" in contract.column_names else contract.key[0]
    what = next(name for name in contract.key if name != who)
    week = "date_trunc('week', recorded_at)"
    return f"SELECT {who}, {week}, count(*), count(DISTINCT {what}) FROM {{{table}}} GROUP BY ALL"


def usage_family(lake: Lake, spine: str) -> int:
    """Compute the usage features of a spine that lies there."""
    with lake.open() as (engine, sources):
        rows = engine.read_parquet(lake.out(f"{spine}_spine"))
        built = beside(moments_of(rows, sources), build_usage(rows, sources))
        return engine.write_parquet(built, lake.out(f"{spine}_usage"), MOMENT)


def all_families_of_the_past(lake: Lake) -> int:
    """Do what a training does before it fits: spine, labels, all features."""
    with lake.open() as (engine, sources):
        history = build_history(sources, AS_OF)
        rows = engine.write_parquet(history.snapshots, lake.out("past_features"), KEY)
        engine.write_parquet(history.labels, lake.out("past_labels"), LABEL_KEY)
        return rows


def all_families_of_the_week(lake: Lake) -> int:
    """Do what a scoring does before it scores: spine, all features."""
    with lake.open() as (engine, sources):
        spine: ir.Table = build_spine(sources, [AS_OF])
        return engine.write_parquet(build_features(spine, sources), lake.out("week_features"), KEY)


def usage_in_pandas(lake: Lake) -> int:
    """Compute the usage features of the past in pandas."""
    # Beside this file: benchmarks are scripts, not a package.
    from usage_by_pandas import read_usage, usage_features

    moments = pd.read_parquet(lake.out("past_spine"), columns=["account_id", "as_of"]).drop_duplicates()
    moments = moments.astype({"as_of": "datetime64[us]"})
    entitlements = pd.read_parquet(lake.table("entitlements")).astype({"valid_from": "datetime64[us]"})
    built = usage_features(read_usage(str(lake.table("usage_daily"))), entitlements, moments)
    built.to_parquet(lake.out("past_usage_pandas"), index=False)
    return len(built)


USE_BY_WEEK = (
    "SELECT account_id, date_trunc('week', usage_date), sum(events), count(DISTINCT user_id) FROM {usage_daily}"
)
RECENT_ONLY = " WHERE usage_date >= '{recent}'"
STEPS: dict[str, Callable[[Lake], int]] = {
    "scan": lambda lake: scan(lake, "SELECT account_id, sum(events) FROM {usage_daily} GROUP BY ALL"),
    "floor": lambda lake: scan(lake, USE_BY_WEEK + " GROUP BY ALL"),
    "floor_all": lambda lake: scan(
        lake, USE_BY_WEEK + " GROUP BY ALL", *(rows_by_week(table) for table in SOURCE_TABLES if table != "usage_daily")
    ),
    "floor_recent": lambda lake: scan(lake, USE_BY_WEEK + RECENT_ONLY + " GROUP BY ALL"),
    "spines": write_spines,
    "past_usage": lambda lake: usage_family(lake, "past"),
    "past_all": all_families_of_the_past,
    "week_usage": lambda lake: usage_family(lake, "week"),
    "week_all": all_families_of_the_week,
    "pandas": usage_in_pandas,
}
