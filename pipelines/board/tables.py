"""Published tables for pages: read once per revision and kept, since every opened page asks for the same ones.

Only the manifest says what stands published; it is read each time, so a page that is opened again shows the new week.
"""

from datetime import date
from functools import lru_cache

import pandas as pd

from pipelines.manifest import PublishedError, published_dates, read_first_published, read_manifest, read_published
from pipelines.workspace import Workspace

_KEPT = 64


def published(workspace: Workspace, table: str, as_of: date | None = None) -> pd.DataFrame | None:
    """Return a published table, or None where it has not been published.

    Args:
        workspace: The workspace.
        table: Its name.
        as_of: Date that it stands for; None takes the newest that has this table.

    Raises:
        PublishedError: If the file that the manifest names is missing or has changed.
    """
    days = published_dates(workspace, table)
    day = days[-1] if as_of is None and days else as_of
    if day not in days or day is None:
        return None
    return _kept(workspace, table, day, _hash_of(workspace, table, day))


def revision(workspace: Workspace, table: str) -> str | None:
    """Return what the newest published revision of a table is known by, or None where there is none.

    What takes long to make of a table can be kept under this.
    """
    days = published_dates(workspace, table)
    return _hash_of(workspace, table, days[-1]) if days else None


def first_published(workspace: Workspace, table: str, as_of: date) -> pd.DataFrame | None:
    """Return what people were first shown of a table for a date, or None where it has not been published."""
    manifest = read_manifest(workspace, as_of)
    if manifest is None or table not in manifest.first:
        return None
    return read_first_published(workspace, table, as_of)


def newest_by(workspace: Workspace, table: str, day: date) -> pd.DataFrame | None:
    """Return a table as published for the newest date up to a day: what a training leaves stands until the next."""
    days = [each for each in published_dates(workspace, table) if each <= day]
    return published(workspace, table, days[-1]) if days else None


def _hash_of(workspace: Workspace, table: str, day: date) -> str:
    manifest = read_manifest(workspace, day)
    if manifest is None:
        raise PublishedError(f"The manifest of {day} disappeared while it was read.")
    return manifest.tables[table].sha256


@lru_cache(maxsize=_KEPT)
def _kept(workspace: Workspace, table: str, day: date, _: str) -> pd.DataFrame:
    return read_published(workspace, table, day)
