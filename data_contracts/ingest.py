"""One source table in, one checked table out: typed, cut at the as-of date, sorted, with broken rows set aside.

The order of the steps is the promise: rows recorded on or after the as-of date leave before any rule looks at them, so
they can change neither the table nor what is found wrong with it. All of it is done by DuckDB over the files; rows do
not pass through Python. What the table is then used for does not belong here.
"""
# ruff: noqa: S608  (identifiers in queries come from contracts, texts are quoted)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data_contracts.contract import Contract
from data_contracts.ingest_work import IngestWork, connect, open_work
from data_contracts.problems import ContractError, TableWarning, Violation
from data_contracts.quarantine import BrokenRows, collect_broken_rows, sum_up_violations, write_quarantine
from data_contracts.reading import quote_paths, quote_text, unreadable
from data_contracts.recorded_rows import (
    RecordedRows,
    let_recorded_rows_stand,
    standing_recorded_rows,
)
from data_contracts.references import warn_of_loose_ends
from data_contracts.repeated_rows import count_earlier_states, settle_repeated_rows, surviving_rows
from data_contracts.report import IngestReport
from data_contracts.source_files import SourceFiles, missing_table
from data_contracts.versions import with_successors

_GROUPS = 8
"""Row groups that a file has at least, since an engine reads each with one core; a group has whole vectors of rows."""
_VECTOR, _LARGEST_GROUP = 2_048, 122_880


@dataclass(frozen=True, slots=True)
class _Counts:
    """Rows in the source and in the workspace: all, not yet known, known from the workspace."""

    read: int
    later: int
    recorded: int
    has_broken: bool


def ingest_table(
    contract: Contract,
    source: SourceFiles | None,
    as_of: date,
    destination: Path,
    parents: Mapping[str, Path] | None = None,
    *,
    folder: Path | None = None,
    recorded: RecordedRows | None = None,
) -> IngestReport:
    """Read, check and write one table.

    Writes `<table>.parquet` (sorted by key and recorded_at, with `superseded_at` if the table is versioned; see
    `versions`), `report.json` and, where rows were set aside, `quarantine.parquet` (the rows as text, with rule, column
    and detail). They are written even where `report.problems()` is not empty; whoever publishes looks there first.

    Args:
        contract: Contract of the table.
        source: Its files, or None where it is not supplied.
        as_of: Rows recorded on or after this date, at 00:00 UTC, are invisible.
        destination: Folder to write to, made where it is missing.
        parents: Parquet files of tables ingested before, by name. With `accounts` among them, rows of unknown accounts
            are set aside; references to other tables are counted only.
        folder: Folder of the sources, for the message about a required table that is missing.
        recorded: Rows of the table that were recorded in the workspace. They are read as one table with the source,
            or as all of it where there is none by then.

    Returns:
        What was found.

    Raises:
        ContractError: The table cannot be judged row by row: a required table or column is missing, or files cannot be
            read.
    """
    if source is None and contract.is_required:
        raise ContractError([missing_table(contract, folder or destination)])
    destination.mkdir(parents=True, exist_ok=True)
    (destination / "quarantine.parquet").unlink(missing_ok=True)
    with TemporaryDirectory(prefix=".ingest-", dir=destination) as scratch, connect(Path(scratch)) as connection:
        table = destination / f"{contract.table}.parquet"
        work = open_work(connection, contract, source, recorded, as_of, parents or {}, Path(scratch))
        report = _ingest(work, table, parents or {}) if work.parts else None
        if report is None:
            report = _write_absent_table(connection, contract, table)
    (destination / "report.json").write_text(report.to_json(), encoding="utf-8")
    return report


def _ingest(work: IngestWork, table: Path, parents: Mapping[str, Path]) -> IngestReport | None:
    """Bring the rows into the table; None where there is no source and nothing had been recorded by then."""
    connection, contract, opened = work.connection, work.contract, work.parts[0].opened
    try:
        counts = _count_rows(work)
        if work.source is None and not counts.recorded:
            return None
        _stage(work, counts.read + counts.recorded)
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        if work.source is None:
            raise
        raise unreadable(work.source, error) from None
    has_repeated = settle_repeated_rows(connection, contract, is_assumed=work.is_assumed)
    has_orphans = bool(_single(connection, f"SELECT count(*) FROM stage WHERE {work.orphans}"))
    warnings = [*opened.warnings, *_warn_of_earlier_states(work)]
    if work.recorded:
        warnings.extend(let_recorded_rows_stand(connection, contract))
    quarantined = BrokenRows(0, 0)
    violations: tuple[Violation, ...] = ()
    if counts.has_broken or has_repeated or has_orphans:
        quarantined, violations = _set_aside(work, table.parent / "quarantine.parquet")
    _write_table(work, table, is_staged=not (has_repeated or has_orphans), has_withdrawn=quarantined.rows > 0)
    rows_kept = _single(connection, f"SELECT count(*) FROM {_parquet(table)}")
    first_date, last_date = _date_range(connection, contract, table)
    warnings.extend(warn_of_loose_ends(connection, contract, table, parents))
    return IngestReport(
        table=contract.table,
        file=work.place,
        supplied=True,
        is_required=contract.is_required,
        rows_read=counts.read,
        rows_known=counts.read - counts.later,
        rows_later=counts.later,
        rows_kept=rows_kept,
        rows_quarantined=quarantined.rows,
        repeats_collapsed=counts.read - counts.later - rows_kept - quarantined.rows,
        quarantine_limit=contract.quarantine_limit,
        knowledge_dates="assumed" if work.is_assumed else "recorded",
        missing_columns=opened.missing_columns,
        extra_columns=opened.extra_columns,
        violations=violations,
        warnings=tuple(warnings),
        first_date=first_date,
        last_date=last_date,
        rows_recorded=counts.recorded,
        recorded_quarantined=quarantined.recorded,
    )


def _count_rows(work: IngestWork) -> _Counts:
    later = f'"recorded_at" >= {_midnight(work.as_of)}'
    broken = f"count(*) FILTER (WHERE ({later}) IS NOT TRUE AND ({_any_broken(work)}))"
    query = f"SELECT count(*), count(*) FILTER (WHERE {later}), {broken} FROM ({work.rows()})"
    read, unknown, rows = work.connection.execute(query).fetchall()[0]
    if not work.recorded:
        return _Counts(int(read), int(unknown), 0, has_broken=rows > 0)
    own = work.rows(is_recorded=True)
    recorded = _single(work.connection, f"SELECT count(*) FROM ({own}) WHERE ({later}) IS NOT TRUE")
    # A file that cannot be read is known from when it is there: it does not say when it was recorded.
    files = len(work.recorded.unreadable)
    return _Counts(int(read) + files, int(unknown), recorded + files, has_broken=rows > 0 or files > 0)


def _stage(work: IngestWork, count: int) -> None:
    """Write the known rows that break no rule of their own, sorted."""
    staged = work.scratch / "stage.parquet"
    names = ", ".join(f'"{name}"' for name in work.contract.column_names)
    known = f'"recorded_at" < {_midnight(work.as_of)} AND ({_any_broken(work)}) IS NOT TRUE'
    rows = f"SELECT {names} FROM ({work.rows()}) WHERE {known}"
    _copy(work, rows, staged, count)
    work.connection.execute(f"CREATE VIEW stage AS FROM {_parquet(staged)}")
    if work.recorded:
        own = work.rows(is_recorded=True)
        work.connection.execute(f"CREATE TEMP TABLE recorded_rows AS SELECT {names} FROM ({own}) WHERE {known}")


def _write_table(work: IngestWork, table: Path, *, is_staged: bool, has_withdrawn: bool) -> None:
    finished, rows = work.scratch / "stage.parquet", "FROM stage"
    if not is_staged:
        standing = surviving_rows(work.contract)
        if work.recorded:
            standing += f" UNION ALL {standing_recorded_rows(work.contract)}"
        rows = f"SELECT * FROM ({standing}) WHERE ({work.orphans}) IS NOT TRUE"
    if work.contract.versioned:
        rows = with_successors(rows, work.contract, has_withdrawn=has_withdrawn)
    if rows != "FROM stage":
        finished = work.scratch / "table.parquet"
        _copy(work, rows, finished, _single(work.connection, "SELECT count(*) FROM stage"))
    finished.replace(table)


def _set_aside(work: IngestWork, path: Path) -> tuple[BrokenRows, tuple[Violation, ...]]:
    known = f'("recorded_at" >= {_midnight(work.as_of)}) IS NOT TRUE'
    located = f"SELECT * FROM ({work.rows(located=True)}) WHERE {known}"
    work.connection.execute(f"CREATE VIEW located AS {located}")
    unreadable_files = work.recorded.unreadable_places() if work.recorded else {}
    broken = collect_broken_rows(work.connection, work.contract, work.rules, work.orphans, unreadable_files)
    if broken.rows:
        write_quarantine(work.connection, work.contract, work.rules, path)
    return broken, sum_up_violations(work.connection, work.contract, work.rules)


def _warn_of_earlier_states(work: IngestWork) -> list[TableWarning]:
    rows = count_earlier_states(work.connection, work.contract)
    if not rows:
        return []
    message = "without recorded_at only the furthest state of each thing counts; rows of earlier states are left out"
    return [TableWarning("earlier_states", None, message, rows)]


def _any_broken(work: IngestWork) -> str:
    return " OR ".join(f"({rule.broken_when}) IS TRUE" for rule in work.rules)


def _write_absent_table(connection: duckdb.DuckDBPyConnection, contract: Contract, table: Path) -> IngestReport:
    columns = ", ".join(f'CAST(NULL AS {column.duckdb_type}) AS "{column.name}"' for column in contract.columns)
    rows = f"SELECT {columns} WHERE FALSE"
    rows = with_successors(rows, contract, has_withdrawn=False) if contract.versioned else rows
    connection.execute(f"COPY ({rows}) TO {quote_text(str(table))} (FORMAT parquet)")
    return IngestReport.not_supplied(contract)


def _copy(work: IngestWork, rows: str, path: Path, count: int) -> None:
    order = ", ".join(f'"{name}"' for name in (*work.contract.key, "recorded_at"))
    size = min(max(count // _GROUPS // _VECTOR * _VECTOR, _VECTOR), _LARGEST_GROUP)
    target = f"{quote_text(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {size})"
    work.connection.execute(f"COPY ({rows} ORDER BY {order}) TO {target}")


def _date_range(
    connection: duckdb.DuckDBPyConnection, contract: Contract, table: Path
) -> tuple[date | None, date | None]:
    dates = ", ".join(f'"{name}"' for name in contract.event_dates)
    query = f"SELECT min(day), max(day) FROM (SELECT CAST(coalesce({dates}) AS DATE) AS day FROM {_parquet(table)})"
    first, last = connection.execute(query).fetchall()[0]
    return first, last


def _single(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _parquet(path: Path) -> str:
    return f"read_parquet({quote_paths([path])})"


def _midnight(day: date) -> str:
    return f"TIMESTAMP '{day.isoformat()} 00:00:00'"
