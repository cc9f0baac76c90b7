"""Values that must, or should, be found in another table.

An account must be known for a row to mean anything, so rows of unknown accounts are set aside. Any other reference that
leads nowhere is only counted: a parent recorded later must not change what a row meant before.
"""
# ruff: noqa: S608  (identifiers in queries come from contracts, texts are quoted)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from data_contracts.contract import Column, Contract
from data_contracts.problems import TableWarning
from data_contracts.reading import quote_paths

_ACCOUNT = "accounts.account_id"


def orphan_condition(contract: Contract, parents: Mapping[str, Path]) -> str:
    """SQL condition that holds where a row names an account that is not there; `FALSE` where that cannot be known."""
    if "accounts" not in parents or contract.table == "accounts":
        return "FALSE"
    names = [column.name for column in contract.columns if column.references == _ACCOUNT]
    if not names:
        return "FALSE"
    accounts = f"SELECT account_id FROM read_parquet({quote_paths([parents['accounts']])})"
    return " OR ".join(f'"{name}" NOT IN ({accounts})' for name in names)


def warn_of_loose_ends(
    connection: duckdb.DuckDBPyConnection, contract: Contract, table: Path, parents: Mapping[str, Path]
) -> list[TableWarning]:
    """Count references that lead nowhere and values that no date will ever make known.

    Args:
        connection: Any connection.
        contract: Contract of the table.
        table: Parquet file of the rows that were kept.
        parents: Parquet files of tables that were ingested before, by name.
    """
    warnings: list[TableWarning] = []
    files = {**parents, contract.table: table}
    relation = f"read_parquet({quote_paths([table])})"
    for column in contract.columns:
        if column.references not in (None, _ACCOUNT):
            parent, target = str(column.references).split(".")
            if parent in files:
                warnings.extend(_loose_reference(connection, column, target, relation, files[parent]))
        if column.known_from not in (None, column.name):
            condition = f'"{column.name}" IS NOT NULL AND "{column.known_from}" IS NULL'
            if rows := _count(connection, relation, condition):
                message = f"filled while {column.known_from} is empty, so the value is never read"
                warnings.append(TableWarning("never_known", column.name, message, rows))
    return warnings


def _loose_reference(
    connection: duckdb.DuckDBPyConnection, column: Column, target: str, relation: str, parent: Path
) -> list[TableWarning]:
    values = f'SELECT "{target}" FROM read_parquet({quote_paths([parent])})'
    rows = _count(connection, relation, f'"{column.name}" NOT IN ({values})')
    if not rows:
        return []
    return [TableWarning("loose_reference", column.name, f"not found in {parent.stem}", rows)]


def _count(connection: duckdb.DuckDBPyConnection, relation: str, condition: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {relation} WHERE {condition}").fetchall()
    return int(found[0][0])
