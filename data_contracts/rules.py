"""The rules that a contract sets for single rows, as SQL conditions over cast rows.

Each rule has a stable name that reports and quarantine files carry. Rules that need other rows or other tables
(repeated rows, references) are in `repeated_rows.py` and `references.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data_contracts.casting import TYPE_DEMANDS, Cast
from data_contracts.contract import Column, Contract
from data_contracts.reading import quote_text


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the table.

    Attributes:
        name: Stable name.
        column: Column that it is about; None where it is about whole rows.
        message: What it demands, in words.
        broken_when: SQL condition over cast rows that holds where the rule is broken; null counts as kept.
        shows: Columns whose values help to understand a broken row.
    """

    name: str
    column: str | None
    message: str
    broken_when: str
    shows: tuple[str, ...]


CONFLICTING_ROWS = Rule(
    "conflicting_rows",
    None,
    "rows that share a key and recorded_at must be equal",
    "fate = 'conflict'",
    ("recorded_at",),
)
RECORDED_AGAIN = Rule(
    "recorded_again",
    None,
    "the table keeps no versions: the first record of a key stands and a later, different one is set aside",
    "fate = 'again'",
    ("recorded_at",),
)
UNKNOWN_ACCOUNT = Rule(
    "unknown_account", "account_id", "must be an account_id of accounts", '"is orphan"', ("account_id",)
)
UNREADABLE_FILE = Rule(
    "unreadable_file", None, "a file of recorded rows must hold one JSON object of texts", "FALSE", ()
)


def fails(column: str) -> str:
    """Name under which cast rows say whether the value of a column could not be turned into its type."""
    return f"{column} fails"


def row_rules(contract: Contract, casts: Mapping[str, Cast], *, is_assumed: bool) -> tuple[Rule, ...]:
    """All rules for single rows, in the order of the columns, rules between columns last.

    Args:
        contract: Contract of the table.
        casts: How each column is read.
        is_assumed: Whether `recorded_at` is taken from the event date.
    """
    rules: list[Rule] = []
    for column in contract.columns:
        if column.name == "recorded_at" and is_assumed:
            continue
        rules.extend(_column_rules(column, casts[column.name]))
    rules.extend(
        Rule(rule.name, None, rule.description, rule.broken_when, (rule.left, rule.right))
        for rule in contract.row_rules
    )
    if is_assumed and all(contract.column(name).nullable for name in contract.event_dates):
        names = " or ".join(contract.event_dates)
        condition = " AND ".join([f'"{name}" IS NULL' for name in contract.event_dates])
        message = f"without recorded_at a row needs {names}"
        rules.append(Rule("event_date_missing", None, message, condition, contract.event_dates))
    return tuple(rules)


def _column_rules(column: Column, cast: Cast) -> list[Rule]:
    name, value = column.name, f'"{column.name}"'
    rules: list[Rule] = []

    def add(rule: str, message: str, condition: str) -> None:
        rules.append(Rule(rule, name, message, condition, (name,)))

    if cast.can_fail:
        add("type", TYPE_DEMANDS[column.logical_type], f'"{fails(name)}"')
    # A column that is filled from another can only be empty where that one is, which its own rule says.
    if not column.nullable and column.default_from is None:
        unreadable = f' AND NOT "{fails(name)}"' if cast.can_fail else ""
        add("not_null", "must not be empty", f"{value} IS NULL{unreadable}")
    if column.allowed_values is not None:
        allowed = ", ".join(column.allowed_values)
        literals = ", ".join(quote_text(each) for each in column.allowed_values)
        add("allowed_values", f"must be one of {allowed}", f"{value} NOT IN ({literals})")
    if column.minimum is not None:
        add("minimum", f"must be at least {column.minimum:g}", f"{value} < {column.minimum:g}")
    if column.maximum is not None:
        add("maximum", f"must be at most {column.maximum:g}", f"{value} > {column.maximum:g}")
    return rules
