"""The last step of a run: what it wrote becomes what stands published, under the lock; or it goes, where it failed.

The one call of the publishing assets. How a manifest is replaced belongs to `manifest`, who may write to `lock`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from data_contracts.contract import OUTPUT_TABLES, SOURCE_TABLES
from pipelines.lock import hold_lock
from pipelines.manifest import Manifest, mirror_quarantine, publish, referenced_files
from pipelines.settings import RunSettings
from pipelines.workspace import Workspace, prune_runs, remove_run

_WAIT_SECONDS = 600


@dataclass(frozen=True)
class Publication:
    """What publishing did.

    Attributes:
        manifest: What now stands for the date.
        published: Names of the tables that this run brought.
        quarantined: Source tables with rows set aside, shown in the workspace's quarantine.
        pruned: Table folders of old runs that were removed.
    """

    manifest: Manifest
    published: tuple[str, ...]
    quarantined: tuple[str, ...]
    pruned: int


def publish_run(
    workspace: Workspace,
    as_of: date,
    run_id: str,
    settings: RunSettings,
    say: Callable[[str], None],
    withheld: Collection[str] = (),
) -> Publication:
    """Publish every output table that a run wrote, show its quarantine, and remove old runs.

    Args:
        workspace: The workspace.
        as_of: Date that the tables stand for.
        run_id: Folder name of the run.
        settings: How long unreferenced tables stay.
        say: Is told of a lock that was taken over.
        withheld: Tables that are not for readers; what stands published of them stays.

    Raises:
        WorkspaceBusyError: If another process holds the lock for ten minutes.
    """
    brought = [
        table for table in OUTPUT_TABLES if table not in withheld and workspace.table_file(run_id, table).is_file()
    ]
    with hold_lock(workspace.lock_file, say, wait_seconds=_WAIT_SECONDS):
        manifest = publish(workspace, as_of, run_id, brought)
        quarantined = mirror_quarantine(workspace, run_id, SOURCE_TABLES)
        pruned = prune_runs(workspace, referenced_files(workspace), settings.keep_runs_days)
    return Publication(manifest, tuple(brought), tuple(quarantined), len(pruned))


def remove_unless_published(workspace: Workspace, run_id: str) -> None:
    """Remove what a failed run wrote, unless it had published before it failed: then readers follow it.

    Args:
        workspace: The workspace; the caller holds its lock.
        run_id: Folder name of the run.
    """
    folder = workspace.run_folder(run_id)
    if not any(folder in path.parents for path in referenced_files(workspace)):
        remove_run(workspace, run_id)
