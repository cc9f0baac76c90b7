"""The rows of a table from where they come, the source's files and what was recorded in the workspace, as one query.

Only how they are read in the types of the contract. Which of them stand is decided in `ingest.py`.
"""
# ruff: noqa: S608  (identifiers in queries come from contracts, texts are quoted)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_contracts.casting import Cast
from data_contracts.contract import Contract
from data_contracts.reading import OpenSource, quote_text
from data_contracts.rules import fails


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that come from one place.

    Attributes:
        opened: The rows, ready to be read.
        is_recorded: Whether they were recorded in the workspace.
    """

    opened: OpenSource
    is_recorded: bool = False

    @property
    def is_assumed(self) -> bool:
        """Whether event dates stand in for `recorded_at`."""
        return "recorded_at" in self.opened.missing_columns


def joined_casts(parts: Sequence[Part]) -> dict[str, Cast]:
    """How each column is read by the query of all parts: a value may fail where it may fail in one of them."""
    return {
        name: Cast(f'"{name}"', f'"{name}"', any(part.opened.casts[name].can_fail for part in parts))
        for name in parts[0].opened.casts
    }


def cast_rows(contract: Contract, parts: Sequence[Part], casts: Mapping[str, Cast], *, located: bool = False) -> str:
    """SQL of the rows of some parts in the types of the contract.

    Args:
        contract: The contract.
        parts: The parts wanted.
        casts: The casts of all parts joined, so that the same columns come out whichever are wanted.
        located: Whether rows carry their place and their text as well.
    """
    return " UNION ALL ".join(_cast_part(contract, part, casts, located=located) for part in parts)


def _cast_part(contract: Contract, part: Part, joined: Mapping[str, Cast], *, located: bool) -> str:
    casts = part.opened.casts
    columns: list[str] = []
    for column in contract.columns:
        typed = casts[column.name].typed
        if column.name == "recorded_at" and part.is_assumed:
            dates = ", ".join(casts[name].typed for name in contract.event_dates)
            typed = f"CAST(coalesce({dates}) AS {column.duckdb_type})"
        elif column.default is not None:
            typed = f"coalesce({typed}, {quote_text(column.default)})"
        elif column.default_from is not None:
            typed = f"coalesce({typed}, {casts[column.default_from].typed})"
        columns.append(f'{typed} AS "{column.name}"')
        if joined[column.name].can_fail:
            columns.append(f'{casts[column.name].fails} AS "{fails(column.name)}"')
        if located:
            columns.append(f'{casts[column.name].raw_text} AS "{column.name} text"')
    places = f'"row place", "row order", {part.is_recorded} AS "is recorded", ' if located else ""
    relation = part.opened.located_relation if located else part.opened.relation
    return f"SELECT {places}{', '.join(columns)} FROM {relation}"
