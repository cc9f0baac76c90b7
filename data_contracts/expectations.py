"""Contracts as Great Expectations suites, and the checking of tables that go out, which are small enough for pandas.

What comes in is checked where it lies (`ingest.py`); both read the same contract, and a test holds them to naming the
same rows. Great Expectations takes seconds to import and is therefore imported by the functions that need it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from data_contracts.casting import TYPE_DEMANDS
from data_contracts.contract import Column, Contract, RowRule
from data_contracts.problems import BadRow, ContractError, Problem, Violation, near_name

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

FIRST_ROWS = 5
"""Rows that a message shows for each rule."""


def expectation_suite(contract: Contract) -> ExpectationSuite:
    """The rules of a contract as a Great Expectations suite.

    Every expectation carries the name of its rule, the column, the message and its place in the contract as meta.

    Args:
        contract: Contract of any table. Rules that need another table are not part of a suite.
    """
    with _quiet():
        import great_expectations as gx

        found = [
            _expectation("column_to_exist", "missing_column", "must be there", column=name)
            for name in contract.column_names
        ]
        found.extend(entry for column in contract.columns for entry in _column_expectations(column))
        found.extend(_rule_expectation(rule) for rule in contract.row_rules)
        found.append(_key_expectation(contract))
        for place, entry in enumerate(found):
            entry["meta"]["place"] = place
        return gx.ExpectationSuite(name=contract.table, expectations=found)


def find_violations(contract: Contract, frame: pd.DataFrame) -> tuple[Violation, ...]:
    """Run the suite of a contract on a frame that has all its columns.

    Args:
        contract: Contract of the table.
        frame: Rows to judge; the index is left out of account.

    Returns:
        The broken rules in the order of the suite, each with the first rows that break it, counted from 1.

    Raises:
        RuntimeError: An expectation could not be computed at all.
    """
    rows = frame.reset_index(drop=True)
    suite = expectation_suite(contract)
    with _quiet():
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_pandas(name="output")
        batch = source.add_dataframe_asset(name=contract.table).add_batch_definition_whole_dataframe(name="whole")
        found = batch.get_batch({"dataframe": rows}).validate(suite, result_format={"result_format": "COMPLETE"})
    broken: dict[int, Violation] = {}
    for result in found.results:
        meta: Any = getattr(result.expectation_config, "meta", None)
        if result.exception_info.get("raised_exception"):
            raise RuntimeError(f"{contract.table}, {meta['rule']}: {result.exception_info['exception_message']}")
        if not result.success:
            broken[meta["place"]] = _violation(contract, rows, meta, result.result["unexpected_index_list"])
    # Results come grouped by column; the suite has the order of the contract.
    return tuple(broken[place] for place in sorted(broken))


def check_output(contract: Contract, frame: pd.DataFrame, file: str = "output") -> None:
    """Hold a table that goes out to its contract.

    Args:
        contract: Contract of the table.
        frame: The whole table.
        file: Where the table lies, for messages.

    Raises:
        ContractError: Columns are missing, unknown or of another type, or rows break a rule; nothing is tolerated.
    """
    problems = _column_problems(contract, frame, file)
    if not problems:
        problems = [
            Problem(
                table=contract.table,
                file=file,
                rule=violation.rule,
                message=violation.message,
                column=violation.column,
                rows=violation.rows,
                first_rows=violation.first_rows,
            )
            for violation in find_violations(contract, frame)
        ]
    if problems:
        raise ContractError(problems)


def _column_expectations(column: Column) -> Iterator[dict[str, Any]]:
    name = column.name
    if not column.nullable:
        yield _expectation("column_values_to_not_be_null", "not_null", "must not be empty", column=name)
    if column.allowed_values is not None:
        allowed = list(column.allowed_values)
        message = f"must be one of {', '.join(allowed)}"
        yield _expectation("column_values_to_be_in_set", "allowed_values", message, column=name, value_set=allowed)
    if column.minimum is not None:
        message = f"must be at least {column.minimum:g}"
        yield _expectation("column_values_to_be_between", "minimum", message, column=name, min_value=column.minimum)
    if column.maximum is not None:
        message = f"must be at most {column.maximum:g}"
        yield _expectation("column_values_to_be_between", "maximum", message, column=name, max_value=column.maximum)


def _rule_expectation(rule: RowRule) -> dict[str, Any]:
    if rule.operator == "without":
        from great_expectations.expectations.row_conditions import Column as ConditionColumn

        filled = ConditionColumn(rule.left).is_not_null()
        kind = "column_values_to_not_be_null"
        found = _expectation(kind, rule.name, rule.description, column=rule.right, row_condition=filled)
    else:
        # A rule says what breaks a row, an expectation what it must be: a < b is broken unless a >= b.
        larger, smaller = (rule.left, rule.right) if rule.operator.startswith("<") else (rule.right, rule.left)
        found = _expectation(
            "column_pair_values_a_to_be_greater_than_b",
            rule.name,
            rule.description,
            column_A=larger,
            column_B=smaller,
            or_equal=not rule.operator.endswith("="),
            ignore_row_if="either_value_is_missing",
        )
    found["meta"]["column"] = None
    return found


def _key_expectation(contract: Contract) -> dict[str, Any]:
    identity = [*contract.key, "recorded_at"] if contract.versioned else list(contract.key)
    message = f"only one row may have the same {', '.join(identity)}"
    if len(identity) == 1:
        found = _expectation("column_values_to_be_unique", "conflicting_rows", message, column=identity[0])
        found["meta"]["column"] = None
        return found
    return _expectation("compound_columns_to_be_unique", "conflicting_rows", message, column_list=identity)


def _expectation(kind: str, rule: str, message: str, **arguments: Any) -> dict[str, Any]:
    meta = {"rule": rule, "column": arguments.get("column"), "message": message}
    return {"type": f"expect_{kind}", "kwargs": arguments, "meta": meta}


def _violation(contract: Contract, rows: pd.DataFrame, meta: dict[str, Any], places: list[int]) -> Violation:
    shown = [name for name in _columns_of(contract, meta) if name not in contract.key]
    return Violation(
        rule=meta["rule"],
        column=meta["column"],
        message=meta["message"],
        rows=len(places),
        first_rows=tuple(_bad_row(contract, rows, place, shown) for place in places[:FIRST_ROWS]),
    )


def _columns_of(contract: Contract, meta: dict[str, Any]) -> Sequence[str]:
    if meta["column"] is not None:
        return [meta["column"]]
    return [name for rule in contract.row_rules if rule.name == meta["rule"] for name in (rule.left, rule.right)]


def _bad_row(contract: Contract, rows: pd.DataFrame, place: int, shown: Sequence[str]) -> BadRow:
    def text(name: str) -> tuple[str, str | None]:
        value: Any = rows[name].iloc[place]
        return name, None if pd.isna(value) else str(value)

    return BadRow(f"row {place + 1}", tuple(text(name) for name in contract.key), tuple(text(name) for name in shown))


def _column_problems(contract: Contract, frame: pd.DataFrame, file: str) -> list[Problem]:
    unknown = [name for name in frame.columns if name not in contract.column_names]
    problems: list[Problem] = []
    for column in contract.columns:
        if column.name not in frame.columns:
            near = near_name(column.name, unknown)
            message = "the column is missing" + (f"; did you mean '{near}' by it?" if near else "")
            problems.append(Problem(contract.table, file, "missing_column", message, column.name))
        elif not _fits(column, frame[column.name]):
            message = f"{TYPE_DEMANDS[column.logical_type]}; the column holds {frame[column.name].dtype}"
            problems.append(Problem(contract.table, file, "type", message, column.name))
    problems.extend(
        Problem(contract.table, file, "unknown_column", "the contract has no such column", name) for name in unknown
    )
    return problems


def _fits(column: Column, values: pd.Series[Any]) -> bool:
    """Whether a column holds the logical type; a column of integers or dates with gaps may come in a wider type."""
    try:
        found = pa.Array.from_pandas(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    kind = found.type
    if pa.types.is_null(kind) or found.null_count == len(found):
        return True
    match column.logical_type:
        case "string":
            return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
        case "integer":
            return bool(pa.types.is_integer(kind)) or (
                bool(pa.types.is_floating(kind)) and bool((values.dropna() % 1 == 0).all())
            )
        case "number":
            return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
        case "boolean":
            return bool(pa.types.is_boolean(kind))
        case "date":
            return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))
        case "timestamp":
            return bool(pa.types.is_timestamp(kind))


@contextmanager
def _quiet() -> Iterator[None]:
    """Great Expectations without analytics, and without the deprecation warnings of what it imports."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
