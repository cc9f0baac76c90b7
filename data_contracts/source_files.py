"""Where a source table lies: one Parquet file, a folder of Parquet files, or one CSV file, named after the table.

Only names are looked at here; what is inside the files is the concern of `reading.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data_contracts.contract import Contract
from data_contracts.problems import ContractError, Problem, near_name


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """The files that hold one table.

    Attributes:
        table: Name of the table.
        path: The file, or the folder of files.
        format: Format of the files.
        files: The files, sorted by path.
    """

    table: str
    path: Path
    format: Literal["parquet", "csv"]
    files: tuple[Path, ...]


def find_source(folder: Path, table: str) -> SourceFiles | None:
    """The files of a table in a folder of sources; None where there are none.

    Args:
        folder: Folder that holds one entry per table.
        table: Name of the table.

    Raises:
        ContractError: The table is there twice, or its folder holds no Parquet file.
    """
    entries = (folder / f"{table}.parquet", folder / table, folder / f"{table}.csv")
    found = [path for path in entries if path.exists()]
    if not found:
        return None
    if len(found) > 1:
        names = " and ".join(_shown(path) for path in found)
        message = f"the table is there twice, as {names}; keep one of them"
        raise ContractError([Problem(table, str(folder), "ambiguous_source", message)])
    path = found[0]
    if path.suffix == ".csv":
        return SourceFiles(table, path, "csv", (path,))
    files = tuple(sorted(path.rglob("*.parquet"))) if path.is_dir() else (path,)
    if not files:
        message = "the folder holds no file that ends in .parquet; a CSV table is one file beside the other tables"
        raise ContractError([Problem(table, str(path), "unreadable", message)])
    return SourceFiles(table, path, "parquet", files)


def missing_table(contract: Contract, folder: Path) -> Problem:
    """The problem of a required table that is not in the folder, with the entry that may have been meant."""
    table = contract.table
    message = f"the required table is not there; looked for {table}.parquet, {table}/ and {table}.csv"
    entries = {path.stem: path for path in sorted(folder.glob("*"))} if folder.is_dir() else {}
    if near := near_name(table, entries):
        message += f"; did you mean {_shown(entries[near])}?"
    return Problem(table, str(folder), "missing_table", message)


def _shown(path: Path) -> str:
    return f"{path.name}/" if path.is_dir() else path.name
