"""A small sample company, ingested once."""

from datetime import date
from pathlib import Path

import pytest

from data_contracts.contract import source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.source_files import find_source
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

KNOWN_AT = date(2026, 6, 29)


@pytest.fixture(scope="session")
def company_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that has ingested a company of 100 accounts and three years."""
    folder = tmp_path_factory.mktemp("company")
    generate_company(folder / "source", CompanySettings(accounts=100, years=3, seed=7))
    ingested: dict[str, Path] = {}
    for name, contract in source_contracts().items():
        ingest_table(contract, find_source(folder / "source", name), KNOWN_AT, folder / "run" / name, ingested)
        ingested[name] = folder / "run" / name / f"{name}.parquet"
    return folder / "run"
