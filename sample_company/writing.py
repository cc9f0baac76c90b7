"""Turn columns into Parquet files that keep the contracts: types, order of columns and rows, and versions.

Types, keys and columns come from `data_contracts`; nothing of the kind is repeated here. The same columns give the same
bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.contract import source_contracts
from sample_company.dates import NULL, Array

MINUTE_US = 60_000_000


@dataclass(frozen=True)
class Coded:
    """Text given as indices into a list of labels; −1 is null."""

    codes: Array
    labels: tuple[str, ...] | Array

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Array) -> "Coded":
        return Coded(self.codes[rows], self.labels)


Columns = dict[str, "Array | Coded"]


def arrow_array(values: "Array | Coded", duckdb_type: str) -> pa.Array:
    """Values as the contract's type; `NULL`, None and code −1 are null.

    Raises:
        ValueError: The type is not one the contracts use.
    """
    if isinstance(values, Coded):
        labels = pa.array(list(values.labels), pa.string())
        return labels.take(pa.array(values.codes, mask=values.codes < 0))
    if duckdb_type == "VARCHAR":
        return pa.array(values, pa.string(), from_pandas=True)
    if duckdb_type == "BOOLEAN":
        is_null = values == NULL
        return pa.array(values.astype(bool), pa.bool_(), mask=is_null)
    if duckdb_type == "DOUBLE":
        return pa.array(values, pa.float64(), from_pandas=True)
    is_null = values == NULL
    whole = np.where(is_null, 0, values).astype(np.int64)
    if duckdb_type == "BIGINT":
        return pa.array(whole, pa.int64(), mask=is_null)
    if duckdb_type == "DATE":
        return pa.array(whole.astype(np.int32), pa.int32(), mask=is_null).cast(pa.date32())
    if duckdb_type == "TIMESTAMP":
        return pa.array(whole, pa.int64(), mask=is_null).cast(pa.timestamp("us"))
    if duckdb_type == "DECIMAL(18,2)":
        return _cents(whole, is_null)
    raise ValueError(f"no Arrow type for {duckdb_type}")


def _cents(cents: Array, is_null: Array) -> pa.Array:
    """Whole cents as decimals, built from their 128-bit words: a detour through Python decimals would take seconds."""
    words = np.stack([cents, cents >> 63], axis=1).astype("<i8")
    decimals = pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(words.tobytes())])
    return pc.if_else(pa.array(~is_null), decimals, pa.scalar(None, pa.decimal128(18, 2)))


def write_source(folder: Path, table: str, columns: Columns, extracted_at: int) -> None:
    """Write one source table, sorted by key and `recorded_at`, leaving out what was recorded after the extraction.

    Raises:
        ValueError: The columns are not those of the contract.
    """
    contract = source_contracts()[table]
    if set(columns) != set(contract.column_names):
        raise ValueError(f"{table}: {sorted(set(columns) ^ set(contract.column_names))} differ from the contract")
    arrays = {c.name: arrow_array(columns[c.name], c.duckdb_type) for c in contract.columns}
    frame = pa.table(arrays)
    known = np.asarray(columns["recorded_at"]) < extracted_at
    frame = frame.filter(pa.array(known))
    frame = frame.sort_by([(name, "ascending") for name in (*contract.key, "recorded_at")])
    pq.write_table(frame, folder / f"{table}.parquet", compression="zstd")


def write_truth(
    folder: Path, table: str, columns: Mapping[str, tuple[str, "Array | Coded"]], sort_by: tuple[str, ...]
) -> None:
    """Write one table of the truth from columns given as (type, values)."""
    frame = pa.table({name: arrow_array(values, kind) for name, (kind, values) in columns.items()})
    frame = frame.sort_by([(name, "ascending") for name in sort_by])
    pq.write_table(frame, folder / f"{table}.parquet", compression="zstd")


@dataclass(frozen=True)
class Change:
    """A later version of some rows: which, when recorded, and what it says anew."""

    rows: Array
    recorded_at: Array
    values: Columns


def versions(base: Columns, changes: list[Change]) -> Columns:
    """All versions of the rows of `base`, each later than the one before by at least a minute.

    Args:
        base: First versions, `recorded_at` included.
        changes: In order of time. `rows` are indices into base; the other fields align with `rows`. Values hold from
            that version on.

    Returns:
        The versions of all rows, base first.
    """
    newest = {name: _copy(values) for name, values in base.items()}
    parts = [{name: _copy(values) for name, values in newest.items()}]
    recorded = plain(newest["recorded_at"])
    for change in changes:
        recorded[change.rows] = np.maximum(change.recorded_at, recorded[change.rows] + MINUTE_US)
        for name, values in change.values.items():
            current = newest[name]
            if isinstance(current, Coded) and isinstance(values, Coded):
                current.codes[change.rows] = values.codes
            else:
                plain(current)[change.rows] = plain(values)
        parts.append({name: values[change.rows] for name, values in newest.items()})
    return {name: _join([part[name] for part in parts]) for name in base}


def plain(values: "Array | Coded") -> Array:
    """The values as they are.

    Raises:
        TypeError: They are coded.
    """
    if isinstance(values, Coded):
        raise TypeError("expected plain values, not codes")
    return values


def _copy(values: "Array | Coded") -> "Array | Coded":
    return Coded(values.codes.copy(), values.labels) if isinstance(values, Coded) else values.copy()


def _join(parts: "list[Array | Coded]") -> "Array | Coded":
    first = parts[0]
    if isinstance(first, Coded):
        return Coded(np.concatenate([p.codes for p in parts if isinstance(p, Coded)]), first.labels)
    return np.concatenate([p for p in parts if not isinstance(p, Coded)])
