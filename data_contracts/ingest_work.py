"""What the steps of one ingest share: the connection, the rows from where they come, and the rules for them.

Nothing is decided or written here; the steps and their order are in `ingest.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from data_contracts.contract import Contract
from data_contracts.parts import Part, cast_rows, joined_casts
from data_contracts.reading import open_source
from data_contracts.recorded_rows import RecordedRows, open_recorded
from data_contracts.references import orphan_condition
from data_contracts.rules import Rule, row_rules
from data_contracts.source_files import SourceFiles

MEMORY_LIMIT = "1500MB"
"""What DuckDB may hold at once; sorts of larger tables go through files beside the destination."""


@dataclass(frozen=True, slots=True)
class IngestWork:
    """One ingest.

    Attributes:
        connection: Connection in which everything is done.
        contract: Contract of the table.
        source: The source's files, or None where there are none.
        recorded: What was recorded in the workspace; None or empty where that is nothing.
        parts: The rows of both, ready to be read; empty where there is neither.
        rules: Rules for single rows.
        orphans: SQL condition that holds for rows of unknown accounts.
        as_of: Date that cuts.
        scratch: Folder for what is only passing.
    """

    connection: duckdb.DuckDBPyConnection
    contract: Contract
    source: SourceFiles | None
    recorded: RecordedRows | None
    parts: tuple[Part, ...]
    rules: tuple[Rule, ...]
    orphans: str
    as_of: date
    scratch: Path

    @property
    def place(self) -> str:
        """The file or folder that reports name."""
        if self.source is not None:
            return str(self.source.path)
        return str(self.recorded.folder) if self.recorded is not None else ""

    @property
    def is_assumed(self) -> bool:
        """Whether event dates stand in for `recorded_at` in any of the rows."""
        return any(part.is_assumed for part in self.parts)

    def rows(self, *, located: bool = False, is_recorded: bool = False) -> str:
        """SQL of all rows, or only of those that were recorded in the workspace."""
        wanted = [part for part in self.parts if part.is_recorded or not is_recorded]
        return cast_rows(self.contract, wanted, joined_casts(self.parts), located=located)


def open_work(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    source: SourceFiles | None,
    recorded: RecordedRows | None,
    as_of: date,
    parents: Mapping[str, Path],
    scratch: Path,
) -> IngestWork:
    """Match what there is to the contract.

    Raises:
        ContractError: A required column is missing, or files cannot be read.
    """
    parts = [] if source is None else [Part(open_source(connection, contract, source))]
    if recorded:
        parts.append(Part(open_recorded(connection, contract, recorded), is_recorded=True))
    is_assumed = bool(parts) and all(part.is_assumed for part in parts)
    rules = row_rules(contract, joined_casts(parts), is_assumed=is_assumed) if parts else ()
    orphans = orphan_condition(contract, parents)
    return IngestWork(connection, contract, source, recorded, tuple(parts), rules, orphans, as_of, scratch)


@contextmanager
def connect(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB in memory, with a folder of its own for what does not fit."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(scratch / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        yield connection
