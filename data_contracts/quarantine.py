"""Rows that were set aside: written down as the source has them, with the rule that each broke, and summed up by rule.

Runs only where something is wrong, and reads the source once more for that: the place and the text of a row are not
carried along for the many that are fine. Which rows are set aside is decided elsewhere.
"""
# ruff: noqa: S608  (identifiers in queries come from contracts, texts are quoted)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_contracts.contract import Contract
from data_contracts.problems import BadRow, Violation
from data_contracts.reading import quote_text
from data_contracts.rules import CONFLICTING_ROWS, RECORDED_AGAIN, UNKNOWN_ACCOUNT, UNREADABLE_FILE, Rule

FIRST_ROWS = 5
"""Rows that a message shows for each rule."""


@dataclass(frozen=True, slots=True)
class BrokenRows:
    """How many rows were set aside: all, and of these how many were recorded in the workspace."""

    rows: int
    recorded: int


def collect_broken_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    rules: Sequence[Rule],
    orphan_condition: str,
    unreadable_files: Mapping[str, str],
) -> BrokenRows:
    """Create the temporary table `broken`: place, text, version and broken rules of each row that is set aside.

    A row that breaks rules of its own is not compared with others; one that contradicts another is not looked up.

    Args:
        connection: Connection with the view `located` of known rows and the temporary table `repeated`.
        contract: Contract of the table.
        rules: Rules for single rows.
        orphan_condition: SQL condition that holds for rows of unknown accounts.
        unreadable_files: Files of recorded rows that could not be read, by place, with the id that their name claims.

    Returns:
        The number of such rows.
    """
    texts = ", ".join(f'"{name} text"' for name in contract.column_names)
    own = ", ".join(f"CASE WHEN {rule.broken_when} THEN {place} END" for place, rule in enumerate(rules))
    moment = ", ".join(f'"{name}"' for name in (*contract.key, "recorded_at"))
    beyond = len(rules)
    connection.execute(
        f"""
        CREATE TEMP TABLE broken AS
        WITH judged AS (
            SELECT *, list_filter([{own}], place -> place IS NOT NULL) AS own, {orphan_condition} AS "is orphan"
            FROM located
        )
        SELECT "row place", "row order", "is recorded", {texts}, {moment},
            CASE WHEN len(own) > 0 THEN own
                WHEN {CONFLICTING_ROWS.broken_when} THEN [{beyond}]
                WHEN {RECORDED_AGAIN.broken_when} THEN [{beyond + 1}]
                WHEN {UNKNOWN_ACCOUNT.broken_when} THEN [{beyond + 2}] END AS places
        FROM judged LEFT JOIN repeated USING ({moment})
        WHERE places IS NOT NULL
        """
    )
    for place, claimed in unreadable_files.items():
        connection.execute(
            f'INSERT INTO broken ("row place", "is recorded", "{contract.key[0]} text", places) VALUES (?, TRUE, ?, ?)',
            [place, claimed, [beyond + 3]],
        )
    query = 'SELECT count(*), count(*) FILTER (WHERE "is recorded") FROM broken'
    every, recorded = connection.execute(query).fetchall()[0]
    return BrokenRows(int(every), int(recorded))


def sum_up_violations(
    connection: duckdb.DuckDBPyConnection, contract: Contract, rules: Sequence[Rule]
) -> tuple[Violation, ...]:
    """What each broken rule set aside, in the order of the rules, with the first rows of each."""
    broken = "SELECT unnest(places) AS place FROM broken"
    counts = dict(connection.execute(f"SELECT place, count(*) FROM ({broken}) GROUP BY place").fetchall())
    return tuple(
        Violation(rule.name, rule.column, rule.message, counts[place], _first_rows(connection, contract, rule, place))
        for place, rule in enumerate(_all_rules(rules))
        if place in counts
    )


def write_quarantine(
    connection: duckdb.DuckDBPyConnection, contract: Contract, rules: Sequence[Rule], path: Path
) -> None:
    """Write the rows that were set aside: each as text, with the first rule that it broke and all of them in words.

    Places are left out: they would move with rows that are not known yet.
    """
    texts = ", ".join(f'"{name} text" AS "{name}"' for name in contract.column_names)
    every = list(enumerate(_all_rules(rules)))
    names = ", ".join(quote_text(rule.name) for _, rule in every)
    columns = ", ".join(quote_text(rule.column) if rule.column else "NULL" for _, rule in every)
    details = ", ".join(
        f"CASE WHEN list_contains(places, {place}) THEN {quote_text(_in_words(rule))} END" for place, rule in every
    )
    connection.execute(
        f"""
        COPY (
            SELECT {texts}, ([{names}])[places[1] + 1] AS "rule", ([{columns}]::VARCHAR[])[places[1] + 1] AS "column",
                concat_ws('; ', {details}) AS detail
            FROM broken ORDER BY ALL
        ) TO {quote_text(str(path))} (FORMAT parquet, COMPRESSION zstd)
        """
    )


def _first_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, rule: Rule, place: int
) -> tuple[BadRow, ...]:
    shown = (*contract.key, *rule.shows)
    texts = ", ".join(f'"{name} text"' for name in shown)
    found = connection.execute(
        f'SELECT "row place", {texts} FROM broken WHERE list_contains(places, {place}) '
        f'ORDER BY "row order", "row place" LIMIT {FIRST_ROWS}'
    ).fetchall()
    keys = len(contract.key)
    return tuple(
        BadRow(
            where=row[0],
            key=tuple(zip(contract.key, row[1 : keys + 1], strict=True)),
            values=tuple(zip(rule.shows, row[keys + 1 :], strict=True)),
        )
        for row in found
    )


def _all_rules(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    return (*rules, CONFLICTING_ROWS, RECORDED_AGAIN, UNKNOWN_ACCOUNT, UNREADABLE_FILE)


def _in_words(rule: Rule) -> str:
    return f"{rule.column} {rule.message}" if rule.column else rule.message
