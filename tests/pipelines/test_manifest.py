"""What stands published: whole, checked, and replaced at one stroke."""

import random
import subprocess
import sys
import textwrap
import time
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.lock import hold_lock
from pipelines.manifest import (
    PublishedError,
    mirror_quarantine,
    publish,
    published_dates,
    read_first_published,
    read_manifest,
    read_published,
    referenced_files,
)
from pipelines.workspace import Workspace

MONDAY = date(2026, 6, 29)
ONE_WEEK_BEFORE = date(2026, 6, 22)


def write_table(workspace: Workspace, run_id: str, table: str, values: list[int]) -> Path:
    path = workspace.table_file(run_id, table)
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"value": values}).to_parquet(path, index=False)
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_a_published_table_reads_back(workspace: Workspace) -> None:
    write_table(workspace, "run-1", "account_risk", [1, 2])

    manifest = publish(workspace, MONDAY, "run-1", ["account_risk"])

    entry = manifest.tables["account_risk"]
    assert (entry.path, entry.rows, entry.run, entry.revision) == (
        "lake/runs/run-1/account_risk/account_risk.parquet",
        2,
        "run-1",
        1,
    )
    pd.testing.assert_frame_equal(read_published(workspace, "account_risk"), pd.DataFrame({"value": [1, 2]}))


def test_readers_see_the_newest_revision_and_the_first_is_kept(workspace: Workspace) -> None:
    for revision in (1, 2, 3):
        write_table(workspace, f"run-{revision}", "account_risk", [revision])
        publish(workspace, MONDAY, f"run-{revision}", ["account_risk"])

    manifest = read_manifest(workspace, MONDAY)

    assert manifest is not None
    assert (manifest.tables["account_risk"].run, manifest.tables["account_risk"].revision) == ("run-3", 3)
    assert (manifest.first["account_risk"].run, manifest.first["account_risk"].revision) == ("run-1", 1)
    assert read_published(workspace, "account_risk", MONDAY)["value"].tolist() == [3]


def test_tables_that_a_run_does_not_bring_stay(workspace: Workspace) -> None:
    write_table(workspace, "run-1", "backtest_metrics", [1])
    publish(workspace, MONDAY, "run-1", ["backtest_metrics"])
    write_table(workspace, "run-2", "account_risk", [2])

    manifest = publish(workspace, MONDAY, "run-2", ["account_risk"])

    assert {table: entry.revision for table, entry in manifest.tables.items()} == {
        "account_risk": 1,
        "backtest_metrics": 1,
    }


def test_without_a_date_the_newest_date_that_has_the_table_is_read(workspace: Workspace) -> None:
    write_table(workspace, "run-1", "account_risk", [1])
    publish(workspace, ONE_WEEK_BEFORE, "run-1", ["account_risk"])
    write_table(workspace, "run-2", "backtest_metrics", [2])
    publish(workspace, MONDAY, "run-2", ["backtest_metrics"])

    assert published_dates(workspace, "account_risk") == [ONE_WEEK_BEFORE]
    assert read_published(workspace, "account_risk")["value"].tolist() == [1]


def test_a_table_that_was_never_published_is_refused(workspace: Workspace) -> None:
    with pytest.raises(PublishedError, match="no published table `account_risk`"):
        read_published(workspace, "account_risk")

    write_table(workspace, "run-1", "account_risk", [1])
    publish(workspace, MONDAY, "run-1", ["account_risk"])
    with pytest.raises(PublishedError, match="No `account_risk` is published as of 2026-06-22"):
        read_published(workspace, "account_risk", ONE_WEEK_BEFORE)


def test_a_file_that_changed_after_publication_is_refused(workspace: Workspace) -> None:
    path = write_table(workspace, "run-1", "account_risk", [1])
    publish(workspace, MONDAY, "run-1", ["account_risk"])
    write_table(workspace, "run-1", "account_risk", [2])

    with pytest.raises(PublishedError, match="is not the file that was published"):
        read_published(workspace, "account_risk")

    path.unlink()
    with pytest.raises(PublishedError, match="is missing"):
        read_published(workspace, "account_risk")


def test_a_manifest_that_cannot_be_understood_is_named(workspace: Workspace) -> None:
    workspace.published.mkdir(parents=True)
    (workspace.published / "2026-06-29.json").write_text('{"as_of": "2026-06-29"}', encoding="utf-8")

    with pytest.raises(PublishedError, match=r"2026-06-29\.json is not a manifest"):
        read_published(workspace, "account_risk")


def test_nothing_changes_when_a_table_is_missing_from_the_run(workspace: Workspace) -> None:
    write_table(workspace, "run-1", "account_risk", [1])
    publish(workspace, MONDAY, "run-1", ["account_risk"])
    write_table(workspace, "run-2", "account_risk", [2])

    with pytest.raises(FileNotFoundError):
        publish(workspace, MONDAY, "run-2", ["account_risk", "risk_reasons"])

    assert read_published(workspace, "account_risk")["value"].tolist() == [1]


def test_files_of_the_newest_and_of_the_first_revision_are_referenced(workspace: Workspace) -> None:
    paths = [write_table(workspace, f"run-{revision}", "account_risk", [revision]) for revision in (1, 2, 3)]
    for revision in (1, 2, 3):
        publish(workspace, MONDAY, f"run-{revision}", ["account_risk"])

    assert referenced_files(workspace) == {paths[0], paths[2]}


def test_the_quarantine_shows_the_newest_run_only(workspace: Workspace) -> None:
    for run_id, table in (("run-1", "renewals"), ("run-2", "accounts")):
        path = workspace.run_folder(run_id) / table / "quarantine.parquet"
        path.parent.mkdir(parents=True)
        pd.DataFrame({"rule": [run_id]}).to_parquet(path, index=False)

    assert mirror_quarantine(workspace, "run-1", ["accounts", "renewals"]) == ["renewals"]
    assert mirror_quarantine(workspace, "run-2", ["accounts", "renewals"]) == ["accounts"]
    assert [path.name for path in workspace.quarantine.iterdir()] == ["accounts.parquet"]


PUBLISH_UNTIL_KILLED = textwrap.dedent(
    """
    import sys
    from datetime import date
    from itertools import count
    from pathlib import Path
    import pandas as pd
    from pipelines.lock import hold_lock
    from pipelines.manifest import publish
    from pipelines.workspace import Workspace
    workspace, start = Workspace(Path(sys.argv[1])), int(sys.argv[2])
    for number in count(start):
        with hold_lock(workspace.lock_file, lambda _: None):
            for table in ("account_risk", "risk_reasons"):
                path = workspace.table_file(f"run-{number}", table)
                path.parent.mkdir(parents=True)
                pd.DataFrame({"value": [number] * 1000}).to_parquet(path, index=False)
            publish(workspace, date(2026, 6, 29), f"run-{number}", ["account_risk", "risk_reasons"])
        print(number, flush=True)
    """
)


def test_killed_at_any_moment_the_last_good_tables_stand_together(workspace: Workspace) -> None:
    moments = random.Random(4)  # noqa: S311 - moments, not secrets
    start = 0
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISH_UNTIL_KILLED, str(workspace.root), str(start)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        last_said = int(process.stdout.readline())
        time.sleep(moments.uniform(0, 0.1))
        process.kill()
        last_said = int(([*process.stdout] or [str(last_said)])[-1])
        process.stdout.close()
        process.wait()

        risk, reasons = (read_published(workspace, table) for table in ("account_risk", "risk_reasons"))

        assert risk["value"].unique().tolist() == reasons["value"].unique().tolist()
        # The process may have been killed after it published and before it said so.
        assert risk["value"].iloc[0] in (last_said, last_said + 1)
        with hold_lock(workspace.lock_file, lambda _: None):
            pass
        start = last_said + 2


def test_the_first_revision_can_be_read_after_later_ones(workspace: Workspace) -> None:
    for revision in (1, 2):
        write_table(workspace, f"run-{revision}", "account_risk", [revision])
        publish(workspace, MONDAY, f"run-{revision}", ["account_risk"])

    assert read_first_published(workspace, "account_risk", MONDAY)["value"].tolist() == [1]
    with pytest.raises(PublishedError, match="No `account_risk` is published as of 2026-06-22"):
        read_first_published(workspace, "account_risk", ONE_WEEK_BEFORE)

    write_table(workspace, "run-1", "account_risk", [9])
    with pytest.raises(PublishedError, match="is not the file that was published as revision 1"):
        read_first_published(workspace, "account_risk", MONDAY)
