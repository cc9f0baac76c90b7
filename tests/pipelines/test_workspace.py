"""Which folders of a workspace may go, and that nothing else does."""

import os
import time
from pathlib import Path

from pipelines.workspace import Workspace, clear_workspace, prune_runs, remove_run

DAY = 86_400


def make_table(workspace: Workspace, run_id: str, table: str, days_old: float) -> Path:
    path = workspace.table_file(run_id, table)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"table")
    then = time.time() - days_old * DAY
    for each in (path, path.parent, path.parent.parent):
        os.utime(each, (then, then))
    return path


def test_paths_in_manifests_are_relative_to_the_root() -> None:
    workspace = Workspace(Path("/somewhere/workspace"))

    assert workspace.relative(workspace.table_file("run-1", "accounts")) == "lake/runs/run-1/accounts/accounts.parquet"


def test_old_tables_go_unless_a_manifest_refers_to_them(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    kept = make_table(workspace, "run-1", "account_risk", days_old=90)
    dropped = make_table(workspace, "run-1", "usage_daily", days_old=90)
    orphaned = make_table(workspace, "run-2", "account_risk", days_old=31)
    young = make_table(workspace, "run-3", "account_risk", days_old=29)

    removed = prune_runs(workspace, frozenset({kept}), older_than_days=30)

    assert removed == [dropped.parent, orphaned.parent]
    assert kept.exists()
    assert young.exists()
    assert not workspace.run_folder("run-2").exists()


def test_removing_a_run_leaves_other_runs_and_no_empty_folders(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    make_table(workspace, "run-1", "accounts", days_old=0)
    other = make_table(workspace, "run-2", "accounts", days_old=0)

    remove_run(workspace, "run-1")
    assert other.exists()

    remove_run(workspace, "run-2")
    assert list(tmp_path.iterdir()) == []

    remove_run(workspace, "run-3")


def test_a_failed_first_run_leaves_what_people_recorded(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    pulse = workspace.recorded / "csm_pulses" / "7f.json"
    pulse.parent.mkdir(parents=True)
    for path in (pulse, workspace.people, workspace.lock_file, workspace.root / "notes"):
        path.write_text("text", encoding="utf-8")
    make_table(workspace, "run-1", "accounts", days_old=0)

    clear_workspace(workspace)

    left = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted([pulse, workspace.people, workspace.lock_file])
