"""Which earlier table counts as that of the week before."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.manifest import publish
from pipelines.scoring import RISK, table_of_week_before
from pipelines.workspace import Workspace

MONDAY = date(2026, 6, 29)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def show(workspace: Workspace, day: date, tier: str, run: str) -> None:
    path = workspace.table_file(run, RISK)
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"risk_tier": [tier]}).to_parquet(path, index=False)
    publish(workspace, day, run, [RISK])


def tier_before(workspace: Workspace) -> str | None:
    table = table_of_week_before(workspace, MONDAY)
    return None if table is None else table["risk_tier"].iloc[0]


def test_the_first_revision_of_the_week_before_counts_and_nothing_of_this_week(workspace: Workspace) -> None:
    show(workspace, date(2026, 6, 22), "high", "run-1")
    show(workspace, date(2026, 6, 22), "low", "run-2")
    show(workspace, date(2026, 6, 24), "low", "run-3")
    show(workspace, MONDAY, "low", "run-4")

    assert tier_before(workspace) == "high"


def test_of_several_tables_of_that_week_the_newest_counts(workspace: Workspace) -> None:
    show(workspace, date(2026, 6, 16), "low", "run-1")
    show(workspace, date(2026, 6, 19), "high", "run-2")

    assert tier_before(workspace) == "high"


def test_a_missed_week_is_not_bridged(workspace: Workspace) -> None:
    assert tier_before(workspace) is None

    show(workspace, date(2026, 6, 15), "high", "run-1")

    assert tier_before(workspace) is None
