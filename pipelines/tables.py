"""Writing a run's tables: plain Parquet, typed by contract, the same bytes for the same rows.

Assets return nothing through Dagster; what they make is written here and read from where it lies. Whether a table
honours its contract is checked elsewhere, from the file.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.contract import Column, Contract

_TYPES = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "DECIMAL(18,2)": pa.decimal128(18, 2),
}
_CENT = Decimal("0.01")


class TableError(Exception):
    """A table that was computed does not fit the contract that it is to be written under."""


def write_output(frame: pd.DataFrame, contract: Contract, path: Path) -> int:
    """Write a table that goes out.

    Args:
        frame: Its rows, in the order in which they are to be read; whoever makes a table sorts it. A column of the
            contract that is not required may be missing.
        contract: The table's contract: types, order of columns, key.
        path: Parquet file to write; its folder is created.

    Returns:
        The number of rows.

    Raises:
        TableError: If the frame has a column that the contract does not know, or a value that does not fit its type.
    """
    table = as_arrow(frame, contract)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_arrow(table, path)
    return len(frame)


def as_arrow(frame: pd.DataFrame, contract: Contract) -> pa.Table:
    """Return a table that goes out with the types and column order of its contract; raises as `write_output`."""
    unknown = [name for name in frame.columns if name not in contract.column_names]
    if unknown:
        raise TableError(f"{contract.table}: not in its contract: {', '.join(unknown)}")
    columns = [column for column in contract.columns if column.name in frame.columns]
    schema = pa.schema([(column.name, _TYPES[column.duckdb_type]) for column in columns])
    return pa.table([_typed(frame[column.name], column, contract.table) for column in columns], schema=schema)


def write_arrow(table: pa.Table, target: Path | BinaryIO) -> None:
    """Write a typed table the way all tables are written."""
    pq.write_table(table, target, compression="zstd")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table of a run."""
    return pd.read_parquet(path)


def _typed(values: pd.Series, column: Column, table: str) -> pa.Array:
    """Convert a column to the type of its contract; NaN and NaT become null."""
    try:
        if column.duckdb_type.startswith("DECIMAL"):
            return pa.array([_to_cents(value) for value in values], type=_TYPES[column.duckdb_type])
        if column.duckdb_type == "DATE":
            values = pd.to_datetime(values)
        if column.duckdb_type == "BIGINT":
            values = values.astype("Int64")
        if column.duckdb_type == "BOOLEAN":
            values = values.astype("boolean")
        array = pa.Array.from_pandas(values)
        return array.cast(_TYPES[column.duckdb_type]) if array.type != _TYPES[column.duckdb_type] else array
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError) as error:
        raise TableError(f"{table}.{column.name} does not fit {column.duckdb_type}: {error}") from error


def _to_cents(value: object) -> Decimal | None:
    """Return an amount in whole cents; money that was computed as a float is rounded once, here."""
    if value is None or value is pd.NA or value != value:
        return None
    return Decimal(str(value)).quantize(_CENT, rounding=ROUND_HALF_EVEN)
