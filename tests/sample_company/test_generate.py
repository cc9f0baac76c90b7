"""The company as files: repeatable, complete, true to its contracts, nothing known too early."""

import hashlib
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from data_contracts.contract import SOURCE_TABLES, source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.source_files import find_source
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

TINY = CompanySettings(accounts=40, years=2, seed=3, futures=8)
AS_OF = date(2026, 6, 29)


def fingerprints(folder: Path) -> dict[str, str]:
    files = sorted(folder.rglob("*.parquet"))
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_same_seed_same_bytes_and_another_seed_another_company(tmp_path: Path) -> None:
    generate_company(tmp_path / "one", TINY)
    generate_company(tmp_path / "two", TINY)
    generate_company(tmp_path / "other", TINY.model_copy(update={"seed": 4}))
    first, second, other = (fingerprints(tmp_path / name) for name in ("one", "two", "other"))
    assert first == second
    assert not {name for name in first if first[name] == other[name]}


def test_leaving_tables_out_changes_no_other(tmp_path: Path) -> None:
    generate_company(tmp_path / "all", TINY)
    generate_company(tmp_path / "some", TINY, frozenset({"renewals", "emails"}))
    complete, partial = fingerprints(tmp_path / "all"), fingerprints(tmp_path / "some")
    assert {name.removesuffix(".parquet") for name in partial if "/" not in name} == {"renewals", "emails"}
    assert partial.items() <= complete.items()


def test_entry_point_writes_every_table(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sample_company", "--out", str(tmp_path), "--accounts", "20", "--years", "1"]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
    assert {file.stem for file in tmp_path.glob("*.parquet")} == set(SOURCE_TABLES)


def test_every_table_keeps_its_contract(small_company: Path, tmp_path: Path) -> None:
    parents: dict[str, Path] = {}
    found = {}
    for table, contract in source_contracts().items():
        report = ingest_table(contract, find_source(small_company, table), AS_OF, tmp_path / table, parents)
        parents[table] = tmp_path / table / f"{table}.parquet"
        found[table] = (
            report.knowledge_dates,
            report.rows_quarantined,
            report.repeats_collapsed,
            report.warnings,
            report.missing_columns,
            report.extra_columns,
            report.rows_kept > 0,
        )
    assert found == dict.fromkeys(SOURCE_TABLES, ("recorded", 0, 0, (), (), (), True))


@pytest.mark.parametrize("table", SOURCE_TABLES)
def test_nothing_is_recorded_before_it_happened(small_company: Path, table: str) -> None:
    contract = source_contracts()[table]
    happened = {column.known_from for column in contract.columns if column.known_from}
    # What is planned ahead, and owners entered before the first day, are known before their date.
    happened |= set(contract.event_dates) - {"scheduled_at", "valid_from", "term_start_date", "started_on"}
    early = " OR ".join(f'recorded_at < "{name}"' for name in sorted(happened)) or "false"
    file = small_company / f"{table}.parquet"
    assert duckdb.sql(f"SELECT count(*) FROM '{file}' WHERE {early}").fetchone() == (0,)


@pytest.mark.parametrize("table", SOURCE_TABLES)
def test_history_ends_with_the_extraction(small_company: Path, table: str) -> None:
    file = small_company / f"{table}.parquet"
    query = f"SELECT max(recorded_at) < TIMESTAMP '2026-06-29 06:00:00' FROM '{file}'"
    assert duckdb.sql(query).fetchone() == (True,)
