"""What the newest published run knew of accounts, CSMs, pulses and plays: what a form offers and is held to.

Read from the tables that the run ingested. No date is cut here: what they hold was cut when they were ingested.
"""
# ruff: noqa: S608  (column names are of our own, paths are quoted)

import difflib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from data_contracts.reading import quote_paths
from pipelines.manifest import published_dates, read_manifest
from pipelines.recording.records import RecordingError
from pipelines.workspace import Workspace


@dataclass(frozen=True)
class KnownCompany:
    """The company as of the newest published date.

    Attributes:
        as_of: The date.
        accounts: Name of each account by id; None where it has none.
        csms: Name of each CSM by id; empty where the source has no such table.
        folder: The run's folder, for its other tables.
    """

    as_of: date
    accounts: dict[str, str | None]
    csms: dict[str, str | None]
    folder: Path

    def table(self, name: str) -> Path:
        """Parquet file of a table that the run ingested; it may have been cleared away."""
        return self.folder / name / f"{name}.parquet"

    def account_named(self, asked: str) -> str:
        """Return the id of an account that was asked for by id or by name.

        Raises:
            RecordingError: If there is none, or more than one of that name; names those that may have been meant.
        """
        if asked in self.accounts:
            return asked
        meant = sorted(account for account, name in self.accounts.items() if name == asked)
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise RecordingError(f"{len(meant)} accounts are called {asked!r}: {', '.join(meant)}. Give the id.")
        near = near_names(asked, {**self.accounts, **{name: None for name in self.accounts.values() if name}})
        raise RecordingError(f"No account {asked!r} is known as of {self.as_of}.{near}")

    def account_faults(self, account_id: str) -> list[str]:
        """Return what is wrong with the id of an account."""
        if account_id in self.accounts:
            return []
        near = near_names(account_id, self.accounts)
        return [f"No account with the id {account_id!r} is known as of {self.as_of}.{near}"]

    def describe(self, account: str) -> str:
        """Return an account's name with its id."""
        name = self.accounts.get(account)
        return f"{name} ({account})" if name else account


def near_names(asked: str, known: dict[str, str | None]) -> str:
    """Return a sentence that names what may have been meant, or nothing."""
    near = difflib.get_close_matches(asked, sorted(known), n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""


def know_company(workspace: Workspace) -> KnownCompany:
    """Read accounts and CSMs of the newest run that has published.

    Raises:
        RecordingError: If nothing has been published, or the run's tables have been cleared away.
    """
    days = [day for table in ("account_risk", "signals") for day in published_dates(workspace, table)[-1:]]
    if not days:
        raise RecordingError(
            f"Nothing has been published into {workspace.root}, so no account is known there. `falsegreen run` first."
        )
    as_of = max(days)
    manifest = read_manifest(workspace, as_of)
    # A date may stand on several runs; the newest revision of all is of the last one.
    runs = sorted({table.run for table in manifest.tables.values()}) if manifest else []
    folders = [workspace.run_folder(run) for run in runs]
    there = [folder for folder in folders if (folder / "accounts" / "accounts.parquet").is_file()]
    if not there:
        raise RecordingError(
            f"The tables that the run as of {as_of} had read are no longer in {workspace.runs}. Run again, and keep "
            "them: `run.keep_runs_days` in the settings."
        )
    folder = max(there, key=lambda each: (each / "accounts" / "accounts.parquet").stat().st_mtime_ns)
    accounts = _names(folder / "accounts" / "accounts.parquet", "account_id", "account_name")
    return KnownCompany(as_of, accounts, _names(folder / "csms" / "csms.parquet", "csm_id", "csm_name"), folder)


def query(text: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query over Parquet files."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        return connection.execute(text).fetchall()


def parquet(path: Path) -> str:
    """SQL that reads a Parquet file."""
    return f"read_parquet({quote_paths([path])})"


def _names(path: Path, key: str, name: str) -> dict[str, str | None]:
    """The newest name of each thing in a table."""
    if not path.is_file():
        return {}
    newest = f"arg_max({name}, {{'from': valid_from, 'at': recorded_at}})"
    return dict(query(f"SELECT {key}, {newest} FROM {parquet(path)} GROUP BY {key} ORDER BY {key}"))
