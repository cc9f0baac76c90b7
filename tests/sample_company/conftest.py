"""Companies shared by the tests: a small one with every table, and a larger one for figures that need many renewals."""

from pathlib import Path

import pytest

from sample_company.generate import generate_company
from sample_company.settings import CompanySettings


@pytest.fixture(scope="session")
def small_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small_company")
    generate_company(folder, CompanySettings(accounts=200, seed=7))
    return folder


@pytest.fixture(scope="session")
def large_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3,000 accounts with the tables that the difficulty is judged by."""
    folder = tmp_path_factory.mktemp("large_company")
    tables = frozenset({"renewals", "usage_daily", "csm_pulses"})
    generate_company(folder, CompanySettings(accounts=3_000, seed=5), tables)
    return folder
