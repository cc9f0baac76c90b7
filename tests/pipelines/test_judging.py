"""What counts as shown to people, for the judgement ledger."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models.judgement.ledger import SHOWN_COLUMNS
from pipelines.judging import shown_looks
from pipelines.manifest import publish
from pipelines.workspace import Workspace

THROUGH = date(2026, 6, 29)
LAST_WEEK = date(2026, 6, 22)
THE_WEEK_BEFORE = date(2026, 6, 15)


def publish_week(workspace: Workspace, as_of: date, run_id: str, *rows: dict[str, Any]) -> None:
    defaults = {
        "account_id": "a",
        "as_of": as_of,
        "status": "open",
        "usage_view": 0.2,
        "gut_view": 0.3,
        "churn_probability": 0.25,
        "calibration": "calibrated",
        "stance": "unclear",
        "model_version": run_id,
    }
    path = workspace.table_file(run_id, "account_risk")
    path.parent.mkdir(parents=True)
    pd.DataFrame([defaults | row for row in rows]).to_parquet(path, index=False)
    publish(workspace, as_of, run_id, ["account_risk"])


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_the_first_revision_is_what_people_were_shown_and_only_what_was_open_and_scored(workspace: Workspace) -> None:
    publish_week(
        workspace,
        LAST_WEEK,
        "first",
        {"renewal_id": "r1"},
        {"renewal_id": "lost", "status": "known_loss", "churn_probability": None},
        {"renewal_id": "too_far", "churn_probability": None},
    )
    publish_week(workspace, LAST_WEEK, "second", {"renewal_id": "r1"}, {"renewal_id": "r2"})
    publish_week(workspace, THE_WEEK_BEFORE, "hindsight", {"renewal_id": "r1", "calibration": "hindsight"})
    publish_week(workspace, THROUGH, "today", {"renewal_id": "r1", "risk_tier": "high"})

    shown = shown_looks(workspace, THROUGH)

    assert tuple(shown.columns) == SHOWN_COLUMNS
    expected = [["r1", pd.Timestamp(LAST_WEEK), "first"]]
    assert shown[["renewal_id", "as_of", "model_version"]].to_numpy().tolist() == expected
    # Earlier releases published no base rate and no tier.
    assert shown[["base_rate", "risk_tier"]].isna().all(axis=None)

    later = shown_looks(workspace, date(2026, 7, 6))
    assert later["risk_tier"].tolist()[-1] == "high"
    assert len(later) == 2


def test_where_nothing_was_published_nothing_was_shown(workspace: Workspace) -> None:
    shown = shown_looks(workspace, THROUGH)
    assert shown.empty
    assert tuple(shown.columns) == SHOWN_COLUMNS
