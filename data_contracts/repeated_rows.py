"""Rows that share a key: exact repeats collapse, contradictions are set aside, an unversioned table keeps the first.

Works on a staged file that is sorted by key and recorded_at, where rows to compare are neighbours: one pass without a
hash table finds whether there is anything to settle, and only such rows are looked at closely.
"""
# ruff: noqa: S608  (identifiers in queries come from contracts, texts are quoted)

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from data_contracts.contract import Contract


def settle_repeated_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, *, is_assumed: bool) -> bool:
    """Decide the fate of rows that share their identity with another row.

    The identity is (key, recorded_at) in a versioned table, the key alone in one without versions. Creates the
    temporary table `repeated` with one row per key and recorded_at, and the fate of its rows:

    - `keep`: one of them stands, the others are exact repeats;
    - `repeat`: the same content was recorded before (unversioned tables), so all of them are repeats;
    - `furthest`: they are states of one thing whose order only its own dates tell, and the furthest stands;
    - `conflict`: they differ, and nothing says which is right;
    - `again`: an unversioned table says something else later.

    States are told from contradictions only where event dates stand in for `recorded_at`: the rows differ in nothing
    but columns that have a date from which they are known, or that may change without a trace, and one row has the
    latest such date.

    Args:
        connection: Connection with the view `stage`, sorted by key and recorded_at.
        contract: Contract of the table.
        is_assumed: Whether event dates stand in for `recorded_at`.

    Returns:
        Whether any identity occurs more than once.
    """
    identity, key = _columns(_identity(contract)), _columns(contract.key)
    others = [name for name in contract.column_names if name not in (*contract.key, "recorded_at")]
    stable = [name for name in others if not _may_change(contract, name)]
    can_order = is_assumed and contract.versioned and len(stable) < len(others)
    states = "variants > 1 AND skeletons = 1 AND furthest_variants = 1" if can_order else "FALSE"
    first = f"OVER (PARTITION BY {key} ORDER BY variants > 1, recorded_at)"
    is_first, says_the_same = f"row_number() {first} = 1", f"content = first_value(content) {first}"
    later = f"WHEN {is_first} THEN 'keep' WHEN {says_the_same} THEN 'repeat' ELSE 'again'"
    connection.execute(
        f"""
        CREATE TEMP TABLE repeated AS
        WITH neighbours AS (
            SELECT {identity}, hash({identity}) AS own, lag(hash({identity})) OVER () AS previous FROM stage
        ), identities AS (
            SELECT DISTINCT {identity} FROM neighbours WHERE own = previous
        ), candidates AS (
            SELECT {key}, recorded_at, {_struct(others)} AS content, {_struct(stable)} AS skeleton,
                {_progress(contract)} AS progress,
                progress = max(progress) OVER (PARTITION BY {key}, recorded_at) AS is_furthest
            FROM stage SEMI JOIN identities USING ({identity})
        ), moments AS (
            SELECT {key}, recorded_at, any_value(content) AS content, count(DISTINCT content) AS variants,
                count(DISTINCT skeleton) AS skeletons, max(progress) AS progress,
                count(DISTINCT content) FILTER (WHERE is_furthest) AS furthest_variants
            FROM candidates GROUP BY {key}, recorded_at
        )
        SELECT {key}, recorded_at, progress,
            CASE WHEN {states} THEN 'furthest' WHEN variants > 1 THEN 'conflict'
                {"ELSE 'keep'" if contract.versioned else later} END AS fate
        FROM moments
        """
    )
    return bool(connection.execute("SELECT count(*) > 0 FROM repeated").fetchall()[0][0])


def surviving_rows(contract: Contract) -> str:
    """SQL of the staged rows that stand once repeated rows are settled, in no particular order."""
    moment = _columns((*contract.key, "recorded_at"))
    stands = f"fate = 'keep' OR (fate = 'furthest' AND progress = {_progress(contract)})"
    return (
        f"SELECT * FROM stage ANTI JOIN repeated USING ({_columns(_identity(contract))}) UNION ALL "
        f"SELECT DISTINCT stage.* FROM stage JOIN repeated USING ({moment}) WHERE {stands}"
    )


def count_earlier_states(connection: duckdb.DuckDBPyConnection, contract: Contract) -> int:
    """Rows left out because the table holds a further state of the same thing."""
    moment = _columns((*contract.key, "recorded_at"))
    condition = f"fate = 'furthest' AND progress != {_progress(contract)}"
    query = f"SELECT count(*) FROM stage JOIN repeated USING ({moment}) WHERE {condition}"
    return int(connection.execute(query).fetchall()[0][0])


def _identity(contract: Contract) -> tuple[str, ...]:
    return (*contract.key, "recorded_at") if contract.versioned else contract.key


def _may_change(contract: Contract, name: str) -> bool:
    column = contract.column(name)
    return column.known_from is not None or column.final_state


def _progress(contract: Contract) -> str:
    """How far the state of a row has come: the latest of its dates, then the number of them."""
    dates = sorted({column.known_from for column in contract.columns if column.known_from})
    if not dates:
        return "0"
    moments = [f'CAST("{name}" AS TIMESTAMP)' for name in dates]
    filled = " + ".join(f'("{name}" IS NOT NULL)::INTEGER' for name in dates)
    latest = f"coalesce(greatest({', '.join(moments)}), TIMESTAMP '0001-01-01 00:00:00')"
    return f"{{'latest': {latest}, 'filled': {filled}}}"


def _struct(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"'{name}': \"{name}\"" for name in names) + "}"


def _columns(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
