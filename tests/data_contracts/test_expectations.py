"""Great Expectations suites, their agreement with the engine's rules, and the checking of tables that go out."""
# ruff: noqa: DTZ001  (timestamps after ingest are naive and mean UTC)

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from data_contracts.contract import Column, Contract, RowRule, output_contracts, source_contracts
from data_contracts.expectations import check_output, expectation_suite, find_violations
from data_contracts.ingest import ingest_table
from data_contracts.problems import ContractError
from data_contracts.source_files import SourceFiles

Value = str | int | bool | Decimal | date | datetime | None
FIRST_DAY = datetime(2024, 1, 1)


def good_row(contract: Contract, number: int) -> dict[str, Value]:
    """A row that breaks no rule; dates follow the order of the columns."""
    row: dict[str, Value] = {}
    for place, column in enumerate(contract.columns):
        at = FIRST_DAY + timedelta(days=number * 100 + place)
        smallest = int(column.minimum or 1)
        row[column.name] = {
            "string": column.allowed_values[0] if column.allowed_values else f"{column.name}-{number}",
            "integer": smallest,
            "number": Decimal(smallest),
            "boolean": True,
            "date": at.date(),
            "timestamp": at,
        }[column.logical_type]
    return row


def breakages(column: Column) -> Iterator[Value]:
    """Values that each break one rule of a column."""
    if not column.nullable and column.default is None and column.default_from is None:
        yield None
    if column.allowed_values is not None:
        yield "purple"
    for limit, step in ((column.minimum, -1), (column.maximum, 1)):
        if limit is not None:
            yield (Decimal if column.logical_type == "number" else int)(limit + step)


def break_rule(row: dict[str, Value], rule: RowRule) -> dict[str, Value]:
    if rule.operator == "without":
        return row | {rule.right: None}
    right = row[rule.right]
    assert isinstance(right, date)
    broken = right + timedelta(days=-1 if rule.operator.startswith("<") else 1)
    is_day = not isinstance(row[rule.left], datetime)
    return row | {rule.left: broken.date() if is_day and isinstance(broken, datetime) else broken}


def comparable(contract: Contract, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with days as timestamps where a rule holds them against one; Python refuses to compare the two."""
    mixed = {
        name
        for rule in contract.row_rules
        for name in (rule.left, rule.right)
        if contract.column(rule.left).logical_type != contract.column(rule.right).logical_type
        and rule.operator != "without"
    }
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in mixed})


def rows_that_break_every_rule(contract: Contract) -> pd.DataFrame:
    rows = [good_row(contract, 0)]
    for column in contract.columns:
        for value in breakages(column):
            rows.append(good_row(contract, len(rows)) | {column.name: value})
    for rule in contract.row_rules:
        rows.append(break_rule(good_row(contract, len(rows)), rule))
    twin = good_row(contract, len(rows))
    other = next(
        column.name for column in contract.columns if column.name not in contract.key and not column.references
    )
    changed: Value = None if contract.column(other).nullable else twin[other]
    if changed == twin[other]:
        changed = {"string": "another", "integer": 2, "number": Decimal(2), "boolean": False}.get(
            contract.column(other).logical_type, date(2024, 1, 1)
        )
        allowed = contract.column(other).allowed_values
        changed = allowed[1] if allowed else changed
    rows += [twin, twin | {other: changed}]
    return pd.DataFrame(rows, columns=list(contract.column_names), dtype=object)


@pytest.mark.parametrize("contract", source_contracts().values(), ids=lambda contract: contract.table)
def test_suite_and_engine_name_the_same_rows(contract: Contract, tmp_path: Path) -> None:
    frame = rows_that_break_every_rule(contract)
    path = tmp_path / f"{contract.table}.parquet"
    columns = ", ".join(
        f'CAST("{column.name}" AS {column.duckdb_type}) AS "{column.name}"' for column in contract.columns
    )
    duckdb.register("given", frame)
    duckdb.execute(f"COPY (SELECT {columns} FROM given) TO '{path}' (FORMAT parquet)")
    duckdb.unregister("given")

    source = SourceFiles(contract.table, path, "parquet", (path,))
    by_engine = ingest_table(contract, source, date(2099, 1, 1), tmp_path / "out").violations
    by_suite = find_violations(contract, comparable(contract, frame))

    def named(violations):
        return {(each.rule, each.column): [row.where for row in each.first_rows] for each in violations}

    assert named(by_suite) == named(by_engine)
    broken = {where for rows in named(by_engine).values() for where in rows}
    assert broken == {f"row {place}" for place in range(2, len(frame) + 1)}


def test_suite_states_every_rule_of_the_contract() -> None:
    suite = expectation_suite(source_contracts()["usage_daily"])

    stated = [(entry["type"], entry["kwargs"].get("column")) for entry in suite.to_json_dict()["expectations"]]
    names = ["account_id", "user_id", "module", "usage_date", "events", "recorded_at"]
    assert stated == [
        *[("expect_column_to_exist", name) for name in names],
        *[("expect_column_values_to_not_be_null", name) for name in names[:5]],
        ("expect_column_values_to_be_between", "events"),
        ("expect_column_values_to_not_be_null", "recorded_at"),
        ("expect_column_pair_values_a_to_be_greater_than_b", None),
        ("expect_compound_columns_to_be_unique", None),
    ]


@pytest.fixture
def reasons() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": ["A1", "A1", "A2"],
            "renewal_id": ["R1", "R1", "R2"],
            "as_of": [date(2026, 1, 5)] * 3,
            "rank": [1, 2, 1],
            "feature_group": ["usage", "pulse", "usage"],
            "direction": ["raises", "lowers", "lowers"],
            "contribution": [0.7, -0.2, -0.4],
            "change": [0.1, None, 0.0],
            "feature": ["usage__active_users_28d", "pulse__age_days", "usage__active_users_28d"],
            "value": ["3", None, "40"],
            "sentence": ["Only 3 people log in.", "No pulse is on record.", "40 people log in."],
            "action": ["Ask the champion.", None, None],
            "stakeholder": ["champion", None, None],
            "model_version": ["abc"] * 3,
        }
    )


def test_table_that_keeps_its_contract_passes(reasons: pd.DataFrame) -> None:
    contract = output_contracts()["risk_reasons"]
    check_output(contract, reasons)
    check_output(contract, reasons.iloc[:0])
    check_output(contract, reasons.assign(as_of=pd.to_datetime(reasons["as_of"]), value=None))


def test_table_that_breaks_its_contract_is_stopped_with_its_first_rows(reasons: pd.DataFrame) -> None:
    broken = reasons.assign(rank=[1, 1, 0], direction=["raises", "up", "lowers"])

    with pytest.raises(ContractError) as caught:
        check_output(output_contracts()["risk_reasons"], broken, "risk_reasons.parquet")

    key = "account_id = 'A1', renewal_id = 'R1', as_of = '2026-01-05', rank = '1'"
    assert str(caught.value) == (
        "risk_reasons (risk_reasons.parquet)\n"
        "  rank: must be at least 1 [minimum, 1 row]\n"
        "    row 3: account_id = 'A2', renewal_id = 'R2', as_of = '2026-01-05', rank = '0'\n"
        "  direction: must be one of raises, lowers [allowed_values, 1 row]\n"
        f"    row 2: {key}, direction = 'up'\n"
        "  only one row may have the same account_id, renewal_id, as_of, rank [conflicting_rows, 2 rows]\n"
        f"    row 1: {key}\n"
        f"    row 2: {key}"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda frame: frame.drop(columns="rank"), "rank: the column is missing [missing_column]"),
        (lambda frame: frame.rename(columns={"rank": "ranks"}), "rank: the column is missing; did you mean 'ranks'"),
        (lambda frame: frame.assign(note=1), "note: the contract has no such column [unknown_column]"),
        (lambda frame: frame.assign(rank=["a", "b", "c"]), "rank: must be a whole number; the column holds str"),
        (lambda frame: frame.assign(rank=[1.5, 2.0, 3.0]), "rank: must be a whole number; the column holds float64"),
        (lambda frame: frame.assign(as_of="2026-01-05"), "as_of: must be a date"),
        (lambda frame: frame.assign(contribution=["0.1", 2, None]), "contribution: must be a number"),
        (lambda frame: frame.assign(feature=7), "feature: must be text"),
    ],
)
def test_columns_that_do_not_fit_are_named(reasons: pd.DataFrame, change, expected: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_output(output_contracts()["risk_reasons"], change(reasons))

    assert expected in str(caught.value)


def test_probability_needs_to_say_how_it_was_calibrated() -> None:
    contract = output_contracts()["account_risk"]
    row = good_row(contract, 0) | {"usage_view": 0.2, "gut_view": 0.1, "churn_probability": 0.3, "calibration": None}

    with pytest.raises(ContractError, match="prediction_without_calibration, 1 row"):
        check_output(contract, pd.DataFrame([row]))
