"""A workspace made by hand: what a run as of one Monday had read of three accounts, and that it has published."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.ingestion import ingest_source
from pipelines.manifest import publish
from pipelines.recording.known import KnownCompany, know_company
from pipelines.recording.pulses import PulseForm
from pipelines.recording.records import new_id
from pipelines.workspace import Workspace

MONDAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 3, 15, 30, 0, 250_000, tzinfo=UTC)
TABLES = {
    "accounts": (
        "account_id,valid_from,account_name,segment,industry,region,csm_id,recorded_at",
        "A1,2024-01-01,Flint Marine,smb,sea,north,C1,2024-01-01 08:00:00",
        "A2,2024-01-01,Crest Shipping,smb,sea,north,C2,2024-01-01 08:00:00",
        "A3,2024-01-01,Old Name,smb,sea,north,C2,2024-01-01 08:00:00",
        "A3,2025-01-01,Sable Water,smb,sea,north,C2,2025-01-01 08:00:00",
    ),
    "csms": (
        "csm_id,valid_from,csm_name,email,recorded_at",
        "C1,2024-01-01,Zoe Garcia,zoe@example.com,2024-01-01 08:00:00",
        "C2,2024-01-01,Mei Kaya,mei@example.com,2024-01-01 08:00:00",
    ),
    "csm_pulses": (
        "pulse_id,account_id,csm_id,pulse_at,sentiment,about,reason,champion,executive_view,budget,reorganization,"
        "value_exceeds_price,recorded_at",
        "P1,A1,C1,2026-04-01 09:00:00,green,renewal,They want more seats,,,,,,2026-04-01 09:00:00",
        "P2,A1,C2,2026-05-01 09:00:00,yellow,renewal,Their CFO asks about the price,,,,,,2026-05-01 09:00:00",
        "P3,A2,C1,2026-05-20 09:00:00,red,renewal,The champion left in May,,,,,,2026-05-20 09:00:00",
    ),
    "plays": (
        "play_id,account_id,csm_id,kind,started_at,ended_at,recorded_at",
        "L1,A2,C2,rescue,2026-05-04 09:00:00,,2026-05-04 09:00:00",
        "L2,A3,C2,expansion,2026-02-02 09:00:00,,2026-02-02 09:00:00",
        "L2,A3,C2,expansion,2026-02-02 09:00:00,2026-03-02 09:00:00,2026-03-02 09:00:00",
    ),
}


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    for table, lines in TABLES.items():
        (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def _published(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Path:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    for table in TABLES:
        ingest_source(table, source, MONDAY, workspace.run_folder("run-1"))
    risk = workspace.table_file("run-1", "account_risk")
    risk.parent.mkdir(parents=True)
    pd.DataFrame({"account_id": ["A1"]}).to_parquet(risk)
    publish(workspace, MONDAY, "run-1", ["account_risk"])
    return workspace.root


@pytest.fixture
def workspace(_published: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(_published, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def company(workspace: Workspace) -> KnownCompany:
    return know_company(workspace)


@pytest.fixture
def form() -> PulseForm:
    return PulseForm(new_id(), "A1", "red", "Their new CFO froze the budget", about="renewal", budget="cut")


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def later() -> datetime:
    return NOW + timedelta(minutes=5)
