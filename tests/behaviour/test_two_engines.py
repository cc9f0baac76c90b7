"""One code, two engines: what is computed of a company is the same on DuckDB and on Spark, cell by cell."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.contract import source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.source_files import find_source
from features.account_facts import build_account_facts
from features.build import build_features
from features.engine import DuckDBEngine, Engine
from features.history import build_history
from features.labels import LABEL_KEY
from features.signal_episodes import EPISODE_KEY, build_episodes
from features.signals import STATE_KEY, signals_as_of
from features.sources import Sources
from features.spark_engine import SparkEngine
from features.spine import KEY, build_spine
from features.timeline import TIMELINE_ORDER, build_timeline
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

pytestmark = pytest.mark.slow

AS_OF = date(2026, 6, 29)
LEARNED_THROUGH = date(2025, 9, 1)
TABLES = ("snapshots", "labels", "scoring", "facts", "states", "episodes", "timeline")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that has ingested a small company, some rows of which broke their contract."""
    folder = tmp_path_factory.mktemp("two_engines")
    generate_company(folder / "source", CompanySettings(accounts=40, years=2, seed=7))
    tickets = pd.read_parquet(folder / "source" / "support_tickets.parquet").astype({"csat": "float64"})
    tickets.loc[tickets.index[::200], "csat"] = 9
    tickets.to_parquet(folder / "source" / "support_tickets.parquet", index=False)
    ingested: dict[str, Path] = {}
    for name, contract in source_contracts().items():
        report = ingest_table(contract, find_source(folder / "source", name), AS_OF, folder / "run" / name, ingested)
        ingested[name] = folder / "run" / name / f"{name}.parquet"
        assert (report.rows_quarantined > 0) == (name == "support_tickets")
    return folder / "run"


def compute(run: Path, engine: Engine, target: Path) -> dict[str, pa.Table]:
    """Write everything that is computed of the company by an engine, and read it back."""
    sources = Sources.open(run, engine)
    history = build_history(sources, LEARNED_THROUGH)
    earlier = pd.DataFrame(
        {
            "account_id": ["A0001", "A0002"],
            "renewal_id": [None, "R1"],
            "signal": ["usage_decline", "notice_deadline"],
            "started_on": [AS_OF - timedelta(days=40), AS_OF - timedelta(days=9)],
            "last_seen_on": [AS_OF - timedelta(days=30), AS_OF - timedelta(days=2)],
            "ended_on": [AS_OF - timedelta(days=29), None],
            "evidence": ["down", None],
            "evidence_at_start": ["a little down", None],
            "as_of": AS_OF - timedelta(days=2),
        }
    )
    episodes = build_episodes(sources, AS_OF, earlier)
    expressions = {
        "snapshots": (history.snapshots, KEY),
        "labels": (history.labels, LABEL_KEY),
        "scoring": (build_features(build_spine(sources, [AS_OF]), sources), KEY),
        "facts": (build_account_facts(build_spine(sources, [AS_OF]), sources), KEY),
        "states": (signals_as_of(sources, AS_OF), STATE_KEY),
        "episodes": (episodes, EPISODE_KEY),
        "timeline": (build_timeline(sources, AS_OF, engine.to_pandas(episodes, EPISODE_KEY)), TIMELINE_ORDER),
    }
    for name, (expression, key) in expressions.items():
        engine.write_parquet(expression, target / f"{name}.parquet", key)
    return {name: pq.read_table(target / f"{name}.parquet") for name in expressions}


@pytest.fixture(scope="module")
def spark_engine(spark_options: dict[str, str]) -> Iterator[Engine]:
    engine = SparkEngine(threads=2, memory_limit="2GB", options=spark_options)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def by_duckdb(run: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    engine = DuckDBEngine(threads=2)
    tables = compute(run, engine, tmp_path_factory.mktemp("duckdb"))
    engine.close()
    return tables


@pytest.fixture(scope="module")
def by_spark(run: Path, spark_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    return compute(run, spark_engine, tmp_path_factory.mktemp("spark"))


@pytest.mark.parametrize("table", TABLES)
def test_both_engines_write_the_same_table(
    table: str, by_duckdb: dict[str, pa.Table], by_spark: dict[str, pa.Table]
) -> None:
    expected, found = by_duckdb[table], by_spark[table]

    assert found.schema == expected.schema
    assert expected.num_rows > 20
    for name in expected.schema.names:
        if pa.types.is_floating(expected.schema.field(name).type):
            pd.testing.assert_series_equal(
                found[name].to_pandas(), expected[name].to_pandas(), check_exact=False, rtol=0, atol=1e-9
            )
        else:
            assert found[name].to_pylist() == expected[name].to_pylist(), name
