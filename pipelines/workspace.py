"""Where everything lies that a run reads or leaves, and which of it may be removed.

Only paths and housekeeping. What stands published is up to `pipelines.manifest`, who may write to
`pipelines.lock`.
"""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Workspace:
    """One folder that holds the whole state of one company's runs.

    Attributes:
        root: The folder; created by the first run.
    """

    root: Path

    @property
    def runs(self) -> Path:
        """Every run's tables, one folder per run and in it one per table."""
        return self.root / "lake" / "runs"

    @property
    def published(self) -> Path:
        """One small file per as-of date that says which tables stand for it."""
        return self.root / "lake" / "published"

    @property
    def quarantine(self) -> Path:
        """The rows that the newest published run set aside, one file per source table."""
        return self.root / "quarantine"

    @property
    def mlflow(self) -> Path:
        """The tracking store and its artifacts."""
        return self.root / "mlflow"

    @property
    def dagster(self) -> Path:
        """Dagster's history of the runs that the command line started."""
        return self.root / "dagster"

    @property
    def recorded(self) -> Path:
        """Pulses and plays that people record here."""
        return self.root / "recorded"

    @property
    def people(self) -> Path:
        """Who may record, and the hashes of their tokens."""
        return self.root / "people.json"

    @property
    def outbox(self) -> Path:
        """Alerts that have been written and may have been sent."""
        return self.root / "outbox"

    @property
    def briefs(self) -> Path:
        """One page per date for people who will not open a tool."""
        return self.root / "briefs"

    @property
    def lock_file(self) -> Path:
        """Names the process that may publish."""
        return self.root / "lock"

    def run_folder(self, run_id: str) -> Path:
        """Folder of one run's tables."""
        return self.runs / run_id

    def table_file(self, run_id: str, table: str) -> Path:
        """Parquet file of one table of one run."""
        return self.run_folder(run_id) / table / f"{table}.parquet"

    def relative(self, path: Path) -> str:
        """Path as manifests write it: below the root, with forward slashes."""
        return path.relative_to(self.root).as_posix()


def remove_run(workspace: Workspace, run_id: str) -> None:
    """Remove all that a run wrote, and the folders that it alone had caused. Nothing to remove is fine."""
    shutil.rmtree(workspace.run_folder(run_id), ignore_errors=True)
    for folder in (workspace.runs, workspace.runs.parent):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def clear_workspace(workspace: Workspace) -> None:
    """Remove all that is in a workspace but its lock, which the caller holds, and what people have put on record."""
    for path in workspace.root.iterdir():
        if path in (workspace.recorded, workspace.people):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path != workspace.lock_file:
            path.unlink(missing_ok=True)


def prune_runs(workspace: Workspace, referenced: frozenset[Path], older_than_days: float) -> list[Path]:
    """Remove the tables of old runs that no manifest refers to.

    Args:
        workspace: The workspace.
        referenced: Files that must stay, absolute; see `pipelines.manifest.referenced_files`.
        older_than_days: Only table folders that have not changed for this many days are removed, so that a run in
            progress keeps its own.

    Returns:
        The removed table folders, sorted.
    """
    kept_folders = {path.parent for path in referenced}
    limit = time.time() - older_than_days * _SECONDS_PER_DAY
    removed = []
    for table_folder in sorted(workspace.runs.glob("*/*")):
        if table_folder in kept_folders or table_folder.stat().st_mtime > limit:
            continue
        shutil.rmtree(table_folder)
        removed.append(table_folder)
    for run_folder in {table_folder.parent for table_folder in removed}:
        if not any(run_folder.iterdir()):
            run_folder.rmdir()
    return removed
