"""SQL expressions that turn a source column of any type into the type of its contract.

Text must be written in the ISO way; typed columns are taken as they are. A value that cannot be turned becomes null,
and `Cast.fails` says so; what follows from that is decided in `rules.py`. All expressions are total: none raises.
"""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.contract import Column

_FLOATS = ("FLOAT", "DOUBLE", "REAL")
_INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_BLANKS_AROUND = r"'^[\s\x{00A0}]+|[\s\x{00A0}]+$'"
_ZONED = "TIMESTAMP WITH TIME ZONE"

TYPE_DEMANDS = {
    "string": "must be text",
    "integer": "must be a whole number",
    "number": "must be a number",
    "boolean": "must be true or false",
    "date": "must be a date written YYYY-MM-DD",
    "timestamp": "must be a timestamp written YYYY-MM-DD HH:MM:SS, in UTC unless it names an offset",
}
"""What a value of each logical type must look like, in words."""


@dataclass(frozen=True, slots=True)
class Cast:
    """How one column is read.

    Attributes:
        source: SQL expression of the value as supplied, null where it is missing.
        typed: SQL expression of the value in the contract's type, null where it is missing or cannot be turned.
        can_fail: Whether a value that is there may turn out null.
    """

    source: str
    typed: str
    can_fail: bool

    @property
    def fails(self) -> str:
        """SQL condition that holds where a value is there but cannot be turned."""
        return f"({self.source} IS NOT NULL AND {self.typed} IS NULL)"

    @property
    def raw_text(self) -> str:
        """SQL expression of the value as supplied, as text."""
        return f"CAST({self.source} AS VARCHAR)"


def cast_column(column: Column, expression: str, source_type: str) -> Cast:
    """How a column of the source becomes a column of the contract.

    Args:
        column: The column of the contract.
        expression: SQL expression of the column in the source.
        source_type: Its DuckDB type.

    Returns:
        The cast. Timestamps with a zone become UTC; a time of day is cut off a date, which moves no fact across an
        as-of date because those begin at midnight; empty text and not-a-number count as missing; of a code capitals
        are read, without blanks around it.
    """
    family = source_type.split("(", maxsplit=1)[0]
    source = expression
    if family == "VARCHAR":
        text = f"upper(regexp_replace({expression}, {_BLANKS_AROUND}, '', 'g'))" if column.is_code else expression
        source = f"nullif({text}, '')"
    elif family in _FLOATS:
        source = f"CASE WHEN NOT isnan({expression}) THEN {expression} END"
    if source_type == column.duckdb_type:
        return Cast(source, source, can_fail=False)
    typed = _typed(column, source, family)
    if typed is not None:
        return Cast(source, typed, can_fail=True)
    return Cast(source, _from_text(column, f"CAST({source} AS VARCHAR)"), can_fail=True)


def _typed(column: Column, source: str, family: str) -> str | None:
    """The conversion from a typed column, or None where the way leads through text."""
    match column.logical_type:
        case "string" if family in _FLOATS:
            # Identifiers that passed through a table with gaps arrive as 17.0 and must meet 17 elsewhere.
            whole = f"TRY_CAST({source} AS BIGINT)"
            return f"CASE WHEN {whole} = {source} THEN CAST({whole} AS VARCHAR) ELSE CAST({source} AS VARCHAR) END"
        case "string":
            return f"CAST({source} AS VARCHAR)"
        case "date" | "timestamp" if family in ("DATE", *_TIMESTAMPS):
            return f"TRY_CAST({source} AS {column.duckdb_type})"
        case "date" | "timestamp" if family == _ZONED:
            return f"TRY_CAST({source} AT TIME ZONE 'UTC' AS {column.duckdb_type})"
        case "integer" if family in _INTEGERS:
            return f"TRY_CAST({source} AS {column.duckdb_type})"
        case "integer" if family in (*_FLOATS, "DECIMAL"):
            return _whole_number(source, column.duckdb_type)
        case "number" if family in (*_FLOATS, *_INTEGERS, "DECIMAL"):
            return f"TRY_CAST({source} AS {column.duckdb_type})"
        case "boolean" if family in _INTEGERS:
            return f"CASE {source} WHEN 0 THEN FALSE WHEN 1 THEN TRUE END"
        case _:
            return None


def _from_text(column: Column, text: str) -> str:
    match column.logical_type:
        case "integer":
            return _whole_number(text, column.duckdb_type)
        case "date":
            # A plain date is by far the most frequent; the general form costs several times as much.
            plain = f"{text} LIKE '____-__-__'"
            return f"CASE WHEN {plain} THEN TRY_CAST({text} AS DATE) ELSE TRY_CAST({_utc(text)} AS DATE) END"
        case "timestamp":
            return _utc(text)
        case _:
            return f"TRY_CAST({text} AS {column.duckdb_type})"


def _utc(text: str) -> str:
    # A cast from text to TIMESTAMP ignores the offset; only the zoned type minds it. The session's zone is UTC. The
    # zoned type costs several times as much, so the usual form without an offset goes past it.
    zoned = f"TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    plain = f"WHEN {text} LIKE '____-__-_____:__:__' THEN TRY_CAST({text} AS TIMESTAMP)"
    return f"CASE {plain} WHEN {text} LIKE '____-__-__%' THEN {zoned} END"


def _whole_number(source: str, duckdb_type: str) -> str:
    # DuckDB rounds 1.5 to 2 where asked for an integer.
    whole = f"TRY_CAST({source} AS {duckdb_type})"
    return f"CASE WHEN {whole} = TRY_CAST({source} AS DOUBLE) THEN {whole} END"
