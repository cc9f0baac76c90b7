"""Versions of a thing: when each was superseded by the next, found once for whoever looks at them from any date."""
# ruff: noqa: S608  (identifiers in queries come from contracts)

from __future__ import annotations

from data_contracts.contract import Contract


def with_successors(rows: str, contract: Contract, *, has_withdrawn: bool) -> str:
    """Return SQL that adds `superseded_at`: when the next version of the same thing was recorded, null for the last.

    As of a date `d` a version counts when it was recorded before `d` and its successor was not. What is recorded later
    can only move `superseded_at` to a later instant than any `d` before it.

    A version that was set aside is not among the rows, and ends the one before it all the same: what the thing had
    become is not known, and what it was no longer holds. A state with a `valid_from` holds until another one does, so a
    broken correction does not end it; nor does a row that does not say itself when it was recorded.

    Args:
        rows: SQL of the rows of a versioned table.
        contract: Its contract.
        has_withdrawn: Whether there is a temporary table `broken`, as `collect_broken_rows` makes it.
    """
    version = ", ".join(f'"{name}"' for name in (*contract.key, "recorded_at"))
    thing = ", ".join(f'"{name}"' for name in contract.key)
    is_told = " AND ".join(f'"{name}" IS NOT NULL' for name in (*contract.key, "recorded_at", "recorded_at text"))
    every = f'SELECT *, FALSE AS "is gap" FROM ({rows})'
    if has_withdrawn and not contract.has_valid_from:
        every += f' UNION ALL BY NAME SELECT {version}, TRUE AS "is gap" FROM broken WHERE {is_told}'
    # Of what was recorded at one instant that which stands comes last.
    next_one = f'lead("recorded_at") OVER (PARTITION BY {thing} ORDER BY "recorded_at", "is gap" DESC)'
    followed = f'SELECT *, {next_one} AS "superseded_at" FROM ({every})'
    return f'SELECT * EXCLUDE ("is gap") FROM ({followed}) WHERE NOT "is gap"'
