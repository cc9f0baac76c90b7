"""Opening the file of a judge's calls: the columns that were asked for, as text, with the place of every row.

CSV and Parquet are read as the tables of a source are, by the reader of the contracts. What the texts mean is
decided in `judge_columns`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import duckdb
import pandas as pd

from data_contracts.contract import Column, Contract
from data_contracts.problems import ContractError, Problem
from data_contracts.reading import open_source, unreadable
from data_contracts.source_files import SourceFiles

TABLE = "calls"
PLACE = "row place"
_PARQUET = (".parquet", ".pq")
_CSV = (".csv", ".tsv", ".txt")


def read_columns(file: Path, texts: Sequence[str], dates: Sequence[str]) -> pd.DataFrame:
    """The asked columns of a file, in the order of its rows.

    Args:
        file: CSV (comma, semicolon, tab or bar; UTF-8) or Parquet.
        texts: Names of columns that are wanted as text.
        dates: Names of columns that are wanted as instants in UTC.

    Returns:
        `row place` (for example `line 14`); each column of `texts` as text, surrounding blanks cut off, None where
        empty; each column of `dates` as `datetime64[us]`, NaT where it is empty or not a date.

    Raises:
        ContractError: The file cannot be read, has no row, or lacks a column; the message says what to do.
    """
    contract = _contract(texts, dates)
    source = SourceFiles(TABLE, file, _format_of(file), (file,))
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        opened = open_source(connection, contract, source)
        selected = ", ".join(
            f"{opened.casts[name].typed} AS c{place}" for place, name in enumerate(contract.column_names)
        )
        query = f'SELECT "{PLACE}", {selected} FROM {opened.located_relation} ORDER BY "row order"'  # noqa: S608 - names are quoted by the reader
        try:
            frame = connection.sql(query).df()
        except duckdb.Error as error:
            raise unreadable(source, error) from None
    frame.columns = pd.Index([PLACE, *contract.column_names])
    if frame.empty:
        raise ContractError([Problem(TABLE, str(file), "empty_file", "there is a header and no row below it")])
    return frame.assign(**{name: _stripped(frame[name]) for name in texts})


def _stripped(column: pd.Series) -> pd.Series:
    """Text without surrounding blanks, None where nothing is left."""
    stripped = (
        column.astype(object).where(column.notna(), None).map(lambda text: text.strip() or None, na_action="ignore")
    )
    return stripped.astype(object).where(stripped.notna(), None)


def _format_of(file: Path) -> Literal["parquet", "csv"]:
    ending = file.suffix.casefold()
    if ending in _PARQUET:
        return "parquet"
    if ending in _CSV:
        return "csv"
    message = f"a file that ends in {', '.join((*_CSV, *_PARQUET))} is asked for; save a spreadsheet as CSV (UTF-8)"
    raise ContractError([Problem(TABLE, str(file), "unreadable", message)])


def _contract(texts: Sequence[str], dates: Sequence[str]) -> Contract:
    """The asked columns as a contract: all of them have to be there, none has to be filled."""
    columns = [_column(name, is_date=False) for name in dict.fromkeys(texts)]
    columns += [_column(name, is_date=True) for name in dict.fromkeys(dates)]
    return Contract(
        table=TABLE,
        version="1.0.0",
        description="Past calls and what came of them.",
        usage=None,
        limitations=None,
        grain="one call",
        columns=tuple(columns),
        key=(columns[0].name,),
        versioned=False,
        event_dates=(),
        is_required=True,
        quarantine_limit=1.0,
        row_rules=(),
    )


def _column(name: str, *, is_date: bool) -> Column:
    return Column(
        name=name,
        description=name,
        unit="",
        logical_type="timestamp" if is_date else "string",
        duckdb_type="TIMESTAMP" if is_date else "VARCHAR",
        required=True,
        nullable=True,
        allowed_values=None,
        minimum=None,
        maximum=None,
        default=None,
        default_from=None,
        known_from=None,
        final_state=False,
        references=None,
    )
