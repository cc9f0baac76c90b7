"""The ingest side of a run: one source table into the run's folder, and what was said of it.

Each function here is the one call of one asset or check. What a contract demands and how rows are judged belongs to
`data_contracts`.
"""

from datetime import date
from pathlib import Path

from data_contracts.contract import SOURCE_TABLES, Contract, source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.problems import near_name
from data_contracts.recorded_rows import read_recorded
from data_contracts.report import IngestReport
from data_contracts.source_files import find_source

RECORDED_TABLES = ("csm_pulses", "plays")
"""Source tables whose rows people may record in the workspace."""
_REPORT = "report.json"
_MOST_NAMED = 10


def parents_of(contract: Contract) -> list[str]:
    """Return the tables that a table refers to and that are ingested before it."""
    earlier = SOURCE_TABLES[: SOURCE_TABLES.index(contract.table)]
    referenced = {column.references.split(".")[0] for column in contract.columns if column.references}
    return [table for table in earlier if table in referenced]


def ingest_source(
    table: str, source_folder: Path, as_of: date, run_folder: Path, recorded: Path | None = None
) -> IngestReport:
    """Bring one source table into the run's folder.

    Args:
        table: Name of the table.
        source_folder: Folder that holds the source tables.
        as_of: Rows recorded on or after this date are left out.
        run_folder: The run's folder, with the tables that this one refers to in it.
        recorded: The workspace's folder of recorded rows, read as one table with the source; None for the source alone.

    Raises:
        ContractError: If a required table or column is missing, or the files cannot be read.
    """
    contract = source_contracts()[table]
    parents = {
        parent: run_folder / parent / f"{parent}.parquet"
        for parent in parents_of(contract)
        if (run_folder / parent / _REPORT).is_file() and read_report(run_folder, parent).supplied
    }
    source = find_source(source_folder, table)
    rows = read_recorded(recorded / table) if recorded is not None and table in RECORDED_TABLES else None
    return ingest_table(contract, source, as_of, run_folder / table, parents, folder=source_folder, recorded=rows)


def unused_files(source_folder: Path) -> list[str]:
    """Return the files of a source folder that no table is read from, each with the table that may have been meant.

    Args:
        source_folder: Folder that holds the source tables. Hidden entries are passed by, and so are folders with names
            that are near to no table.

    Returns:
        Names, those that may have been meant as a table first; a long list ends in the number of the others.
    """
    names = {table: {table, f"{table}.csv", f"{table}.parquet"} for table in SOURCE_TABLES}
    paths = [path for path in sorted(source_folder.iterdir()) if not path.name.startswith(".")]
    there = {path.name for path in paths}
    absent = [table for table in SOURCE_TABLES if not names[table] & there]
    used = {name for each in names.values() for name in each}
    meant, others = [], []
    for path in paths:
        if path.name in used:
            continue
        if near := near_name(path.name.split(".")[0], absent):
            meant.append(f"{path.name} (did you mean {near}?)")
        elif path.is_file():
            others.append(path.name)
    named = [*meant, *others]
    more = len(named) - _MOST_NAMED
    return named if more <= 0 else [*named[:_MOST_NAMED], f"and {more:,} more"]


def read_report(run_folder: Path, table: str) -> IngestReport:
    """Return what the run's ingest said of a table.

    Raises:
        FileNotFoundError: If the run has not ingested it.
    """
    return IngestReport.from_json((run_folder / table / _REPORT).read_text(encoding="utf-8"))


def read_reports(run_folder: Path) -> dict[str, IngestReport]:
    """Return what the run's ingest said of each table that it has ingested, in the order of the contracts."""
    return {
        table: read_report(run_folder, table) for table in SOURCE_TABLES if (run_folder / table / _REPORT).is_file()
    }
