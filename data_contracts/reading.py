"""Opening source files in DuckDB: which columns there are, of which types, and the SQL that reads them.

Columns are matched to the contract by name; nothing is said here about the rows. CSV is read as text throughout and its
dialect is taken from the header line alone, so that no row can change how another row is read.
"""
# ruff: noqa: S608  (identifiers in queries come from contracts, texts are quoted)

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_contracts.casting import Cast, cast_column
from data_contracts.contract import Contract
from data_contracts.problems import ContractError, Problem, TableWarning, near_name
from data_contracts.source_files import SourceFiles

_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_HEADER = 1_000_000
_ERROR_KIND = re.compile(r"^(?:[A-Z][\w/-]* )+Error: ")
_ERROR_PLACE = re.compile(r"^CSV Error on Line: (\d+)$")


@dataclass(frozen=True, slots=True)
class OpenSource:
    """Source files, ready to be read by a query.

    Attributes:
        relation: SQL that stands in a FROM clause and yields the columns of the source.
        located_relation: The same with a text column `"row place"` and an ordering column `"row order"` in front.
        casts: How each column of the contract is read, in the order of the contract; absent ones read as null.
        missing_columns: Optional columns of the contract that the source does not have.
        extra_columns: Columns of the source that the contract does not name.
        warnings: Optional columns that seem to be there under a misspelled name.
    """

    relation: str
    located_relation: str
    casts: dict[str, Cast]
    missing_columns: tuple[str, ...]
    extra_columns: tuple[str, ...]
    warnings: tuple[TableWarning, ...]


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    expression: str
    type: str


def open_source(connection: duckdb.DuckDBPyConnection, contract: Contract, source: SourceFiles) -> OpenSource:
    """Match the columns of a source to its contract.

    Raises:
        ContractError: The files cannot be read, or a required column is missing; all missing ones are named at once.
    """
    if source.format == "csv":
        fields, relation, located = _open_csv(contract, source)
    else:
        fields, relation, located = _open_parquet(connection, source)
    names = [field.name for field in fields]
    missing = [column for column in contract.columns if column.name not in names]
    extra = tuple(name for name in names if name not in contract.column_names)
    problems = [
        Problem(contract.table, str(source.path), "missing_column", _missing_message(column.name, extra), column.name)
        for column in missing
        if column.required
    ]
    if problems:
        raise ContractError(problems)
    by_name = {field.name: field for field in fields}
    casts = {
        column.name: cast_column(column, by_name[column.name].expression, by_name[column.name].type)
        if column.name in by_name
        else Cast("NULL", f"CAST(NULL AS {column.duckdb_type})", can_fail=False)
        for column in contract.columns
    }
    warnings = tuple(
        TableWarning("near_column", column.name, _missing_message(column.name, extra))
        for column in missing
        if near_name(column.name, extra)
    )
    return OpenSource(relation, located, casts, tuple(column.name for column in missing), extra, warnings)


def unreadable(source: SourceFiles, error: duckdb.Error) -> ContractError:
    """What to raise when DuckDB gives up on the files in the middle of reading."""
    reason = str(error).split("Possible", maxsplit=1)[0].strip()
    lines = [line.strip() for line in _ERROR_KIND.sub("", reason).splitlines() if line.strip()]
    if "unicode" in reason or "utf-8" in reason.lower():
        place = next((line.split("CSV Error on ")[-1] for line in lines if "CSV Error on Line" in line), "the file")
        message = f"{place}: not UTF-8; save the file as UTF-8 and try again"
        return ContractError([Problem(source.table, str(source.path), "encoding", message)])
    return ContractError([Problem(source.table, str(source.path), "unreadable", _in_words(lines))])


def _in_words(lines: Sequence[str]) -> str:
    """DuckDB's lines as one, the place in the words that bad rows use."""
    return "; ".join(_ERROR_PLACE.sub(r"line \1", line) for line in lines)


def quote_text(text: str) -> str:
    """A SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def quote_paths(paths: Sequence[Path]) -> str:
    """A SQL list of paths that are not taken for patterns."""
    return "[" + ", ".join(quote_text(literal_path(path)) for path in paths) + "]"


def literal_path(path: Path) -> str:
    """A path as DuckDB has to be given it, which takes some letters for a pattern."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path))


def _open_parquet(connection: duckdb.DuckDBPyConnection, source: SourceFiles) -> tuple[list[_Field], str, str]:
    files = f"read_parquet({quote_paths(source.files)}, union_by_name = true"
    relation = f"{files}, hive_types_autocast = false)"
    try:
        described = connection.sql(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    except duckdb.Error as error:
        raise unreadable(source, error) from None
    name = "parse_filename(\"row file\") || ' ' || " if len(source.files) > 1 else ""
    located = (
        f"(SELECT {name}'row ' || (file_row_number + 1) AS \"row place\", "
        f"{{'file': \"row file\", 'row': file_row_number}} AS \"row order\", * "
        f"FROM {files}, hive_types_autocast = false, file_row_number = true, filename = 'row file'))"
    )
    return [_Field(row[0], '"' + row[0].replace('"', '""') + '"', row[1]) for row in described], relation, located


def _open_csv(contract: Contract, source: SourceFiles) -> tuple[list[_Field], str, str]:
    names, delimiter = _read_header(contract, source)
    fields = [_Field(name, f"c{place}", "VARCHAR") for place, name in enumerate(names)]
    columns = ", ".join(f"'{field.expression}': 'VARCHAR'" for field in fields)
    relation = (
        f"read_csv({quote_paths(source.files)}, auto_detect = false, header = true, delim = {quote_text(delimiter)}, "
        f"quote = '\"', escape = '\"', nullstr = '', columns = {{{columns}}})"
    )
    # A value may span lines: the line of a row is the number of rows before it and of the line breaks inside them.
    breaks = " + ".join(
        f"coalesce(length({field.expression}) - length(replace({field.expression}, chr(10), '')), 0)"
        for field in fields
    )
    located = (
        f'(SELECT \'line \' || ("row order" + "row breaks" + 1 - ({breaks})) AS "row place", * FROM '
        f'(SELECT row_number() OVER () AS "row order", '
        f'sum({breaks}) OVER (ROWS UNBOUNDED PRECEDING) AS "row breaks", * FROM {relation}))'
    )
    return fields, relation, located


def _read_header(contract: Contract, source: SourceFiles) -> tuple[list[str], str]:
    """The column names of a CSV file and the delimiter under which most of them are known."""
    file = str(source.path)
    with source.path.open("rb") as stream:
        start = stream.read(_LONGEST_HEADER)
    line = start.splitlines()[0] if start.strip() else b""
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = "line 1: not UTF-8; save the file as UTF-8 and try again"
        raise ContractError([Problem(contract.table, file, "encoding", message)]) from None
    headers = [(next(csv.reader(io.StringIO(text), delimiter=mark), []), mark) for mark in _DELIMITERS]
    names, delimiter = max(headers, key=lambda header: len(set(header[0]) & set(contract.column_names)))
    if not any(names):
        message = "the first line names no column; is the file empty?"
        raise ContractError([Problem(contract.table, file, "empty_file", message)])
    repeated = [name for name, count in Counter(names).items() if count > 1 and name in contract.column_names]
    if repeated:
        message = "the column is there more than once"
        raise ContractError([Problem(contract.table, file, "repeated_column", message, name) for name in repeated])
    return names, delimiter


def _missing_message(column: str, extra: Sequence[str]) -> str:
    near = near_name(column, extra)
    return "the column is missing" + (f"; did you mean '{near}' by it?" if near else "")
