"""One source table in, one checked table out: typed, cut at the as-of date, sorted, with broken rows set aside.

The order of the steps is the promise: rows recorded on or after the as-of date leave before any rule looks at them, so
they can change neither the table nor what is found wrong with it. All of it is done by DuckDB over the files; rows do
not pass through Python. What the table is then used for does not belong here.
"""
# ruff: noqa: S608  (identifiers in queries come from contracts, texts are quoted)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data_contracts.contract import Contract
from data_contracts.problems import ContractError, TableWarning, Violation
from data_contracts.quarantine import collect_broken_rows, sum_up_violations, write_quarantine
from data_contracts.reading import OpenSource, open_source, quote_paths, quote_text, unreadable
from data_contracts.references import orphan_condition, warn_of_loose_ends
from data_contracts.repeated_rows import count_earlier_states, settle_repeated_rows, surviving_rows
from data_contracts.report import IngestReport
from data_contracts.rules import Rule, fails, row_rules
from data_contracts.source_files import SourceFiles, missing_table

MEMORY_LIMIT = "1500MB"
"""What DuckDB may hold at once; sorts of larger tables go through files beside the destination."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What the steps of one ingest share."""

    connection: duckdb.DuckDBPyConnection
    contract: Contract
    opened: OpenSource
    rules: tuple[Rule, ...]
    is_assumed: bool
    orphans: str
    as_of: date
    scratch: Path


def ingest_table(
    contract: Contract,
    source: SourceFiles | None,
    as_of: date,
    destination: Path,
    parents: Mapping[str, Path] | None = None,
    *,
    folder: Path | None = None,
) -> IngestReport:
    """Read, check and write one table.

    Writes `<table>.parquet` (sorted by key and recorded_at), `report.json` and, where rows were set aside,
    `quarantine.parquet` (the rows as text, with rule, column and detail). They are written even where
    `report.problems()` is not empty; whoever publishes looks there first.

    Args:
        contract: Contract of the table.
        source: Its files, or None where it is not supplied.
        as_of: Rows recorded on or after this date, at 00:00 UTC, are invisible.
        destination: Folder to write to, made where it is missing.
        parents: Parquet files of tables ingested before, by name. With `accounts` among them, rows of unknown accounts
            are set aside; references to other tables are counted only.
        folder: Folder of the sources, for the message about a required table that is missing.

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
    with TemporaryDirectory(prefix=".ingest-", dir=destination) as scratch, _connect(Path(scratch)) as connection:
        table = destination / f"{contract.table}.parquet"
        if source is None:
            report = _write_absent_table(connection, contract, table)
        else:
            report = _ingest(connection, contract, source, as_of, table, parents or {}, Path(scratch))
    (destination / "report.json").write_text(report.to_json(), encoding="utf-8")
    return report


def _ingest(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    source: SourceFiles,
    as_of: date,
    table: Path,
    parents: Mapping[str, Path],
    scratch: Path,
) -> IngestReport:
    opened = open_source(connection, contract, source)
    is_assumed = "recorded_at" in opened.missing_columns
    rules = row_rules(contract, opened.casts, is_assumed=is_assumed)
    orphans = orphan_condition(contract, parents)
    work = _Work(connection, contract, opened, rules, is_assumed, orphans, as_of, scratch)
    try:
        rows_read, rows_later, has_broken = _count_rows(work)
        _stage(work)
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise unreadable(source, error) from None
    has_repeated = settle_repeated_rows(connection, contract, is_assumed=is_assumed)
    has_orphans = bool(_single(connection, f"SELECT count(*) FROM stage WHERE {orphans}"))
    warnings = [*opened.warnings, *_warn_of_earlier_states(work)]
    _write_table(work, table, rewrite=has_repeated or has_orphans)
    violations: tuple[Violation, ...] = ()
    rows_quarantined = 0
    if has_broken or has_repeated or has_orphans:
        rows_quarantined, violations = _set_aside(work, table.parent / "quarantine.parquet")
    rows_kept = _single(connection, f"SELECT count(*) FROM {_parquet(table)}")
    first_date, last_date = _date_range(connection, contract, table)
    warnings.extend(warn_of_loose_ends(connection, contract, table, parents))
    return IngestReport(
        table=contract.table,
        file=str(source.path),
        supplied=True,
        is_required=contract.is_required,
        rows_read=rows_read,
        rows_known=rows_read - rows_later,
        rows_later=rows_later,
        rows_kept=rows_kept,
        rows_quarantined=rows_quarantined,
        repeats_collapsed=rows_read - rows_later - rows_kept - rows_quarantined,
        quarantine_limit=contract.quarantine_limit,
        knowledge_dates="assumed" if is_assumed else "recorded",
        missing_columns=opened.missing_columns,
        extra_columns=opened.extra_columns,
        violations=violations,
        warnings=tuple(warnings),
        first_date=first_date,
        last_date=last_date,
    )


def _count_rows(work: _Work) -> tuple[int, int, bool]:
    """Rows in the source, rows not yet known, and whether any known row breaks a rule of its own."""
    later = f'"recorded_at" >= {_midnight(work.as_of)}'
    broken = f"count(*) FILTER (WHERE ({later}) IS NOT TRUE AND ({_any_broken(work)}))"
    query = f"SELECT count(*), count(*) FILTER (WHERE {later}), {broken} FROM ({_cast_rows(work)})"
    read, unknown, rows = work.connection.execute(query).fetchall()[0]
    return int(read), int(unknown), rows > 0


def _stage(work: _Work) -> None:
    """Write the known rows that break no rule of their own, sorted."""
    staged = work.scratch / "stage.parquet"
    names = ", ".join(f'"{name}"' for name in work.contract.column_names)
    known = f'"recorded_at" < {_midnight(work.as_of)} AND ({_any_broken(work)}) IS NOT TRUE'
    rows = f"SELECT {names} FROM ({_cast_rows(work)}) WHERE {known}"
    _copy(work, rows, staged)
    work.connection.execute(f"CREATE VIEW stage AS FROM {_parquet(staged)}")


def _write_table(work: _Work, table: Path, *, rewrite: bool) -> None:
    finished = work.scratch / "stage.parquet"
    if rewrite:
        finished = work.scratch / "table.parquet"
        rows = f"SELECT * FROM ({surviving_rows(work.contract)}) WHERE ({work.orphans}) IS NOT TRUE"
        _copy(work, rows, finished)
    finished.replace(table)


def _set_aside(work: _Work, path: Path) -> tuple[int, tuple[Violation, ...]]:
    known = f'("recorded_at" >= {_midnight(work.as_of)}) IS NOT TRUE'
    located = f"SELECT * FROM ({_cast_rows(work, located=True)}) WHERE {known}"
    work.connection.execute(f"CREATE VIEW located AS {located}")
    rows = collect_broken_rows(work.connection, work.contract, work.rules, work.orphans)
    if rows:
        write_quarantine(work.connection, work.contract, work.rules, path)
    return rows, sum_up_violations(work.connection, work.contract, work.rules)


def _warn_of_earlier_states(work: _Work) -> list[TableWarning]:
    rows = count_earlier_states(work.connection, work.contract)
    if not rows:
        return []
    message = "without recorded_at only the furthest state of each thing counts; rows of earlier states are left out"
    return [TableWarning("earlier_states", None, message, rows)]


def _cast_rows(work: _Work, *, located: bool = False) -> str:
    """SQL of all rows in the types of the contract; located rows carry their place and their text as well."""
    casts = work.opened.casts
    parts: list[str] = []
    for column in work.contract.columns:
        typed = casts[column.name].typed
        if column.name == "recorded_at" and work.is_assumed:
            dates = ", ".join(casts[name].typed for name in work.contract.event_dates)
            typed = f"CAST(coalesce({dates}) AS {column.duckdb_type})"
        elif column.default is not None:
            typed = f"coalesce({typed}, {quote_text(column.default)})"
        elif column.default_from is not None:
            typed = f"coalesce({typed}, {casts[column.default_from].typed})"
        parts.append(f'{typed} AS "{column.name}"')
        if casts[column.name].can_fail:
            parts.append(f'{casts[column.name].fails} AS "{fails(column.name)}"')
        if located:
            parts.append(f'{casts[column.name].raw_text} AS "{column.name} text"')
    places = '"row place", "row order", ' if located else ""
    relation = work.opened.located_relation if located else work.opened.relation
    return f"SELECT {places}{', '.join(parts)} FROM {relation}"


def _any_broken(work: _Work) -> str:
    return " OR ".join(f"({rule.broken_when}) IS TRUE" for rule in work.rules)


def _write_absent_table(connection: duckdb.DuckDBPyConnection, contract: Contract, table: Path) -> IngestReport:
    columns = ", ".join(f'CAST(NULL AS {column.duckdb_type}) AS "{column.name}"' for column in contract.columns)
    connection.execute(f"COPY (SELECT {columns} WHERE FALSE) TO {quote_text(str(table))} (FORMAT parquet)")
    return IngestReport.not_supplied(contract)


def _copy(work: _Work, rows: str, path: Path) -> None:
    order = ", ".join(f'"{name}"' for name in (*work.contract.key, "recorded_at"))
    target = f"{quote_text(str(path))} (FORMAT parquet, COMPRESSION zstd)"
    work.connection.execute(f"COPY ({rows} ORDER BY {order}) TO {target}")


def _date_range(
    connection: duckdb.DuckDBPyConnection, contract: Contract, table: Path
) -> tuple[date | None, date | None]:
    dates = ", ".join(f'"{name}"' for name in contract.event_dates)
    query = f"SELECT min(day), max(day) FROM (SELECT CAST(coalesce({dates}) AS DATE) AS day FROM {_parquet(table)})"
    first, last = connection.execute(query).fetchall()[0]
    return first, last


@contextmanager
def _connect(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(scratch / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        yield connection


def _single(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _parquet(path: Path) -> str:
    return f"read_parquet({quote_paths([path])})"


def _midnight(day: date) -> str:
    return f"TIMESTAMP '{day.isoformat()} 00:00:00'"
