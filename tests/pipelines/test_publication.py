"""A run that fails leaves nothing, except what readers already follow."""

from datetime import date
from pathlib import Path

import pandas as pd

from pipelines.manifest import publish, read_published
from pipelines.publication import remove_unless_published
from pipelines.workspace import Workspace

MONDAY = date(2026, 6, 29)


def test_of_two_failed_runs_only_the_one_that_had_published_stays(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for run_id in ("published", "unpublished"):
        path = workspace.table_file(run_id, "account_risk")
        path.parent.mkdir(parents=True)
        pd.DataFrame({"value": [1]}).to_parquet(path, index=False)
    publish(workspace, MONDAY, "published", ["account_risk"])

    for run_id in ("published", "unpublished"):
        remove_unless_published(workspace, run_id)

    assert len(read_published(workspace, "account_risk", MONDAY)) == 1
    assert [folder.name for folder in workspace.runs.iterdir()] == ["published"]
