"""What stands published for an as-of date: one small file per date, replaced as a whole, and the only way to read it.

A reader sees the tables of one revision or of the next and never a mixture, because a manifest is renamed into place
after everything that it names is on disk. Nothing here knows what the tables hold.
"""

import hashlib
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.whole_files import replace_file, to_disk
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


class PublishedError(Exception):
    """What is asked for has not been published, or is no longer as it was published."""


class PublishedTable(BaseModel):
    """One published table.

    Attributes:
        path: Parquet file, relative to the workspace.
        rows: Number of rows.
        sha256: Hash of the file's bytes.
        run: Folder name of the run that wrote it.
        revision: 1 for the first publication of this table and date, then counting up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    rows: int
    sha256: str
    run: str
    revision: int


class Manifest(BaseModel):
    """What stands published for one date.

    Attributes:
        as_of: The date.
        tables: Newest revision of each table.
        first: First revision of each table; it alone counts as what people were shown that week.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    tables: dict[str, PublishedTable]
    first: dict[str, PublishedTable]


def publish(workspace: Workspace, as_of: date, run_id: str, tables: Iterable[str]) -> Manifest:
    """Make the tables of a run the ones that stand for a date.

    Tables that the date already has and this run does not bring stay as they are. The caller holds the lock.

    Args:
        workspace: The workspace.
        as_of: The date.
        run_id: Folder name of the run that wrote the tables.
        tables: Names of the tables to publish, all from this run.

    Returns:
        The manifest that now stands.

    Raises:
        FileNotFoundError: If the run has not written one of the tables.
    """
    before = read_manifest(workspace, as_of)
    standing = dict(before.tables) if before else {}
    first = dict(before.first) if before else {}
    for table in sorted(tables):
        revision = standing[table].revision + 1 if table in standing else 1
        standing[table] = _describe(workspace, run_id, table, revision)
        first.setdefault(table, standing[table])
    manifest = Manifest(as_of=as_of, tables=dict(sorted(standing.items())), first=dict(sorted(first.items())))
    replace_file(_manifest_file(workspace, as_of), (manifest.model_dump_json(indent=2) + "\n").encode("utf-8"))
    return manifest


def read_manifest(workspace: Workspace, as_of: date) -> Manifest | None:
    """Return what stands for a date, or None.

    Raises:
        PublishedError: If the file is there and cannot be understood.
    """
    path = _manifest_file(workspace, as_of)
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise PublishedError(f"{path} is not a manifest: {error}") from error


def published_dates(workspace: Workspace, table: str) -> list[date]:
    """Return the dates for which a table stands published, oldest first."""
    dates = sorted(date.fromisoformat(path.stem) for path in workspace.published.glob("????-??-??.json"))
    manifests = [(day, read_manifest(workspace, day)) for day in dates]
    return [day for day, manifest in manifests if manifest is not None and table in manifest.tables]


def read_published(workspace: Workspace, table: str, as_of: date | None = None) -> "pd.DataFrame":
    """Return a published table; with `read_first_published` the only way in which anything outside a run reads one.

    Args:
        workspace: The workspace.
        table: Name of the table.
        as_of: Date that it stands for; None takes the newest date that has this table.

    Returns:
        The newest revision, with the types of its Parquet file.

    Raises:
        PublishedError: If it has not been published, or if the file is missing or has changed since.
    """
    dates = published_dates(workspace, table)
    if not dates:
        raise PublishedError(f"{workspace.root} has no published table `{table}`. Has `falsegreen run` been there?")
    day = dates[-1] if as_of is None else as_of
    if day not in dates:
        there = f"There are {len(dates)} dates, {dates[0]} to {dates[-1]}"
        if len(dates) == 1:
            there = f"The only date is {dates[0]}"
        raise PublishedError(f"No `{table}` is published as of {day}. {there}.")
    return _read(workspace, table, day, is_first=False)


def read_first_published(workspace: Workspace, table: str, as_of: date) -> "pd.DataFrame":
    """Return the first revision of a published table: what people were shown that week.

    Args:
        workspace: The workspace.
        table: Name of the table.
        as_of: Date that it stands for.

    Raises:
        PublishedError: If it has not been published for that date, or if the file is missing or has changed since.
    """
    if as_of not in published_dates(workspace, table):
        raise PublishedError(f"No `{table}` is published as of {as_of}.")
    return _read(workspace, table, as_of, is_first=True)


def _read(workspace: Workspace, table: str, day: date, *, is_first: bool) -> "pd.DataFrame":
    """Read one revision, once it is certain that it is the file that was published."""
    import pandas as pd

    manifest = read_manifest(workspace, day)
    if manifest is None:
        raise PublishedError(f"The manifest of {day} disappeared while it was read.")
    entry = (manifest.first if is_first else manifest.tables)[table]
    path = workspace.root / entry.path
    if not path.is_file():
        raise PublishedError(f"{path} is missing; revision {entry.revision} of `{table}` as of {day} refers to it.")
    if _sha256(path) != entry.sha256:
        raise PublishedError(f"{path} is not the file that was published as revision {entry.revision} of {day}.")
    return pd.read_parquet(path)


def referenced_files(workspace: Workspace) -> frozenset[Path]:
    """Return every file that a manifest refers to, as newest or as first revision."""
    manifests = [
        read_manifest(workspace, date.fromisoformat(path.stem)) for path in workspace.published.glob("????-??-??.json")
    ]
    return frozenset(
        workspace.root / entry.path
        for manifest in manifests
        if manifest is not None
        for entry in (*manifest.tables.values(), *manifest.first.values())
    )


def mirror_quarantine(workspace: Workspace, run_id: str, tables: Iterable[str]) -> list[str]:
    """Show the quarantined rows of the newest published run under `quarantine/`.

    Args:
        workspace: The workspace.
        run_id: Folder name of the run.
        tables: All source tables; one whose run folder holds no quarantine loses its old file.

    Returns:
        The tables that have quarantined rows.
    """
    shown = []
    for table in tables:
        source = workspace.run_folder(run_id) / table / "quarantine.parquet"
        mirror = workspace.quarantine / f"{table}.parquet"
        if source.is_file():
            mirror.parent.mkdir(parents=True, exist_ok=True)
            copy = mirror.with_suffix(".tmp")
            shutil.copyfile(source, copy)
            copy.replace(mirror)
            shown.append(table)
        else:
            mirror.unlink(missing_ok=True)
    return shown


def _manifest_file(workspace: Workspace, as_of: date) -> Path:
    return workspace.published / f"{as_of.isoformat()}.json"


def _describe(workspace: Workspace, run_id: str, table: str, revision: int) -> PublishedTable:
    """Measure a table's file and see it safely to disk."""
    import pyarrow.parquet as pq

    path = workspace.table_file(run_id, table)
    for each in (path, path.parent, path.parent.parent):
        to_disk(each)
    return PublishedTable(
        path=workspace.relative(path),
        rows=pq.read_metadata(path).num_rows,
        sha256=_sha256(path),
        run=run_id,
        revision=revision,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
