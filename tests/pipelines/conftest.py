"""Small companies to run the command line on, and what the libraries warn each other of."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

WARNINGS_OF_LIBRARIES = (
    "ignore:The ``noload`` loader strategy:sqlalchemy.exc.SADeprecationWarning",
    "ignore:.*Any type hint is inferred as AnyType:UserWarning",
)
"""What MLflow says to SQLAlchemy and to itself; nothing here can act on it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            for warning in WARNINGS_OF_LIBRARIES:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Source tables of a company large enough to learn from."""
    folder = tmp_path_factory.mktemp("company")
    generate_company(folder, CompanySettings(accounts=110, years=3, futures=8))
    shutil.rmtree(folder / "truth")
    return folder


@pytest.fixture(scope="session")
def _few_accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few_accounts")
    tables = frozenset({"accounts", "csms", "renewals", "usage_daily", "csm_pulses"})
    generate_company(folder, CompanySettings(accounts=30, years=2, futures=8), tables)
    return folder


@pytest.fixture
def source(_few_accounts: Path, tmp_path: Path) -> Path:
    """The five core tables of a company of a few accounts, to be spoilt at will."""
    folder = tmp_path / "source"
    folder.mkdir()
    for path in _few_accounts.glob("*.parquet"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def spoil(source: Path) -> Callable[..., None]:
    """Rewrites one of the tables."""
    import pandas as pd

    def rewrite(table: str, change: Callable[[pd.DataFrame], pd.DataFrame], *, csv: bool = False) -> None:
        path = source / f"{table}.parquet"
        changed = change(pd.read_parquet(path))
        if csv:
            path.unlink()
            changed.to_csv(path.with_suffix(".csv"), index=False)
        else:
            changed.to_parquet(path, index=False)

    return rewrite
