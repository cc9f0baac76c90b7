"""Rows that people recorded in the workspace: one JSON file each, read as text and judged like rows of the source.

Which files there are and what stands in them; whether a row honours its contract is decided by the same rules as for
any other row. How files come to be written does not belong here.
"""
# ruff: noqa: S608  (identifiers in queries come from contracts)

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from data_contracts.casting import cast_column
from data_contracts.contract import Contract
from data_contracts.problems import TableWarning
from data_contracts.reading import OpenSource
from data_contracts.rules import Rule, row_rules

RecordedRow = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class RecordedRows:
    """What lies in one folder of recorded rows.

    Attributes:
        folder: The folder.
        rows: The rows that could be read, by the name of their file, sorted.
        unreadable: Names of the files that do not hold one row, sorted.
    """

    folder: Path
    rows: Mapping[str, RecordedRow]
    unreadable: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows or self.unreadable)

    def place(self, file: str) -> str:
        """Where a file lies, as reports name it."""
        return f"{self.folder.parent.name}/{self.folder.name}/{file}"

    def unreadable_places(self) -> dict[str, str]:
        """The id that each unreadable file claims by its name, by the file's place."""
        return {self.place(file): file.split(".")[0] for file in self.unreadable}


def read_recorded(folder: Path) -> RecordedRows:
    """Read every row of a folder.

    Args:
        folder: The folder; it need not exist. Hidden entries, among them files that are still being written, are passed
            by; everything else must be a file that holds one row.
    """
    rows: dict[str, RecordedRow] = {}
    unreadable = []
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in paths:
        if path.name.startswith("."):
            continue
        row = read_row(path)
        if row is None:
            unreadable.append(path.name)
        else:
            rows[path.name] = row
    return RecordedRows(folder, rows, tuple(unreadable))


def read_row(path: Path) -> RecordedRow | None:
    """The row in a file, one JSON object whose values are texts or null; None where the file does not hold one."""
    try:
        text = path.read_text(encoding="utf-8") if path.suffix == ".json" else "null"
        content = json.loads(text)
        if "\\u" in text:
            # A lone surrogate can be written in JSON and is no text that any table could hold.
            json.dumps(content, ensure_ascii=False).encode("utf-8")
    except (OSError, ValueError, RecursionError):
        return None
    is_row = isinstance(content, dict) and all(isinstance(value, str | None) for value in content.values())
    return content if is_row else None


def open_recorded(connection: duckdb.DuckDBPyConnection, contract: Contract, recorded: RecordedRows) -> OpenSource:
    """Make recorded rows readable by queries; a column of the contract that a row does not have reads as null."""
    columns = {"row place": pa.array([recorded.place(file) for file in recorded.rows], pa.string())} | {
        name: pa.array([row.get(name) for row in recorded.rows.values()], pa.string()) for name in contract.column_names
    }
    connection.register("recorded texts", pa.table(columns))
    casts = {column.name: cast_column(column, f'"{column.name}"', "VARCHAR") for column in contract.columns}
    # Rows of the source, which have a number, come first; then these, by their place.
    located = '(SELECT NULL AS "row order", * FROM "recorded texts")'
    return OpenSource('"recorded texts"', located, casts, (), (), ())


def broken_rules(contract: Contract, row: RecordedRow) -> tuple[Rule, ...]:
    """Return the rules for single rows that a row breaks, before it is recorded."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        opened = open_recorded(connection, contract, RecordedRows(Path(), {"": row}))
        rules = row_rules(contract, opened.casts, is_assumed=False)
        typed = ", ".join(
            f'{cast.typed} AS "{name}", {cast.fails} AS "{name} fails"' for name, cast in opened.casts.items()
        )
        conditions = ", ".join(f"({rule.broken_when}) IS TRUE" for rule in rules)
        query = f"SELECT {conditions} FROM (SELECT {typed} FROM {opened.relation})"
        answers = connection.execute(query).fetchall()[0]
    return tuple(rule for rule, is_broken in zip(rules, answers, strict=True) if is_broken)


def let_recorded_rows_stand(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[TableWarning]:
    """Settle contradictions between the source and what was recorded here at the same moment.

    A system that takes over a recorded row may export it with less in it, or a little changed. The file is what the
    person wrote, so it stands, and the other is counted as its repeat.

    Args:
        connection: Connection with the temporary tables `repeated` and `recorded_rows`.
        contract: Contract of the table.
    """
    moment = _moment(contract)
    content = "{" + ", ".join(f"'{name}': \"{name}\"" for name in contract.column_names) + "}"
    connection.execute(
        f"""
        UPDATE repeated SET fate = 'recorded' WHERE fate = 'conflict' AND ({moment}) IN (
            SELECT ({moment}) FROM recorded_rows GROUP BY {moment} HAVING count(DISTINCT {content}) = 1
        )
        """
    )
    rows = connection.execute("SELECT count(*) FROM repeated WHERE fate = 'recorded'").fetchall()[0][0]
    if not rows:
        return []
    message = "the source says something else than what was recorded here at the same moment; what was recorded stands"
    return [TableWarning("recorded_stands", None, message, int(rows))]


def standing_recorded_rows(contract: Contract) -> str:
    """SQL of the recorded rows that stand against a contradiction of the source."""
    return (
        f"SELECT DISTINCT recorded_rows.* FROM recorded_rows JOIN repeated USING ({_moment(contract)}) "
        "WHERE fate = 'recorded'"
    )


def _moment(contract: Contract) -> str:
    return ", ".join(f'"{name}"' for name in (*contract.key, "recorded_at"))
