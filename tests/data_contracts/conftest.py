"""Small source folders made by hand, and one call to ingest a table of them."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from data_contracts.contract import source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.recorded_rows import read_recorded
from data_contracts.report import IngestReport
from data_contracts.source_files import find_source

Row = Mapping[str, str]


@dataclass
class Company:
    """A folder of source tables and a folder of ingested ones."""

    source: Path
    lake: Path

    def write(self, table: str, rows: Iterable[Row], columns: Iterable[str] = ()) -> Path:
        """Write a CSV; the columns are those of the first row unless given."""
        rows = list(rows)
        path = self.source / f"{table}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(columns) or list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def write_text(self, table: str, text: str | bytes) -> Path:
        path = self.source / f"{table}.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def write_parquet(self, table: str, query: str, file: str = "") -> Path:
        path = self.source / (file or f"{table}.parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return path

    def record(self, table: str, name: str, row: Mapping[str, str | None]) -> Path:
        """Write one file of the workspace's recorded rows."""
        path = self.recorded / table / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(row), encoding="utf-8")
        return path

    @property
    def recorded(self) -> Path:
        return self.lake.parent / "recorded"

    def ingest(self, table: str, as_of: date = date(2026, 1, 5), parents: Iterable[str] = ()) -> IngestReport:
        files = {parent: self.lake / parent / f"{parent}.parquet" for parent in parents}
        source = find_source(self.source, table)
        recorded = read_recorded(self.recorded / table)
        contract = source_contracts()[table]
        return ingest_table(contract, source, as_of, self.lake / table, files, folder=self.source, recorded=recorded)

    def rows(self, table: str, columns: str = "*", file: str = "") -> list[tuple[object, ...]]:
        return duckdb.sql(f"SELECT {columns} FROM '{self.lake / table / (file or f'{table}.parquet')}'").fetchall()

    def types(self, table: str) -> dict[str, str]:
        described = duckdb.sql(f"DESCRIBE FROM '{self.lake / table / f'{table}.parquet'}'").fetchall()
        return {row[0]: row[1] for row in described}

    def bytes(self, table: str, file: str = "") -> bytes:
        return (self.lake / table / (file or f"{table}.parquet")).read_bytes()


@pytest.fixture
def company(tmp_path: Path) -> Company:
    (tmp_path / "source").mkdir()
    return Company(tmp_path / "source", tmp_path / "lake")


@pytest.fixture
def accounts() -> list[dict[str, str]]:
    """Two accounts."""
    return [
        {
            "account_id": account,
            "valid_from": "2024-01-01",
            "account_name": f"Company {account}",
            "segment": "enterprise",
            "industry": "steel",
            "region": "north",
            "csm_id": "C1",
            "recorded_at": "2024-01-01 08:00:00",
        }
        for account in ("A1", "A2")
    ]


@pytest.fixture
def renewals() -> list[dict[str, str]]:
    """A hundred open renewals of account A1, so that one row is one percent."""
    return [
        {
            "renewal_id": f"R{number:03}",
            "account_id": "A1",
            "term_start_date": "2025-01-01",
            "renewal_date": "2026-01-01",
            "arr": "1200.50",
            "auto_renew": "true",
            "outcome": "",
            "renewed_arr": "",
            "decided_on": "",
            "recorded_at": "2025-01-02 10:00:00",
        }
        for number in range(100)
    ]


@pytest.fixture
def pulses() -> list[dict[str, str]]:
    """Fifty green pulses about account A1."""
    return [
        {
            "pulse_id": f"P{number:02}",
            "account_id": "A1",
            "csm_id": "C1",
            "pulse_at": "2025-03-01 09:30:00",
            "sentiment": "green",
            "about": "renewal",
            "reason": 'They said "yes", twice',
            "champion": "in_place",
            "executive_view": "",
            "budget": "healthy",
            "reorganization": "none",
            "value_exceeds_price": "yes",
            "recorded_at": "2025-03-01 09:31:00",
        }
        for number in range(50)
    ]
