"""Tables are written with the types of their contract, and what does not fit is refused by name."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.contract import Column, Contract
from pipelines.tables import TableError, write_output


def column(name: str, duckdb_type: str, *, required: bool = True) -> Column:
    return Column(
        name=name,
        description="A column.",
        unit="unit",
        logical_type="string",
        duckdb_type=duckdb_type,
        required=required,
        nullable=True,
        allowed_values=None,
        minimum=None,
        maximum=None,
        default=None,
        default_from=None,
        known_from=None,
        final_state=False,
        references=None,
    )


CONTRACT = Contract(
    table="account_risk",
    version="1.0.0",
    description="A table.",
    usage=None,
    limitations=None,
    grain="row",
    columns=(
        column("account_id", "VARCHAR"),
        column("as_of", "DATE"),
        column("lead_days", "BIGINT"),
        column("arr", "DECIMAL(18,2)"),
        column("usage_view", "DOUBLE"),
        column("auto_renew", "BOOLEAN"),
        column("note", "VARCHAR", required=False),
    ),
    key=("account_id", "as_of"),
    versioned=False,
    event_dates=(),
    is_required=True,
    quarantine_limit=0.0,
    row_rules=(),
)
FRAME = pd.DataFrame(
    {
        "usage_view": [0.25, float("nan")],
        "account_id": ["B", "A"],
        "as_of": pd.to_datetime(["2026-06-29", "2026-06-29"]),
        "lead_days": [91.0, float("nan")],
        "arr": [10.005, float("nan")],
        "auto_renew": [True, None],
    }
)


def test_types_and_order_of_columns_are_those_of_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "new" / "account_risk.parquet"

    assert write_output(FRAME, CONTRACT, path) == 2

    written = pq.read_table(path)
    assert written.schema.equals(
        pa.schema(
            [
                ("account_id", pa.string()),
                ("as_of", pa.date32()),
                ("lead_days", pa.int64()),
                ("arr", pa.decimal128(18, 2)),
                ("usage_view", pa.float64()),
                ("auto_renew", pa.bool_()),
            ]
        )
    )
    assert written.column("account_id").to_pylist() == ["B", "A"]
    assert written.column("lead_days").to_pylist() == [91, None]
    assert written.column("arr").to_pylist() == [Decimal("10.00"), None]
    assert written.column("usage_view").to_pylist() == [0.25, None]
    assert written.column("auto_renew").to_pylist() == [True, None]


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_output(FRAME, CONTRACT, tmp_path / f"{name}.parquet")

    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_table_without_rows_keeps_its_types(tmp_path: Path) -> None:
    empty = pd.DataFrame(columns=[name for name in CONTRACT.column_names if name != "note"])

    write_output(empty, CONTRACT, tmp_path / "empty.parquet")

    assert pq.read_schema(tmp_path / "empty.parquet").field("arr").type == pa.decimal128(18, 2)


def test_a_column_that_the_contract_does_not_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="account_risk: not in its contract: mood"):
        write_output(FRAME.assign(mood="good"), CONTRACT, tmp_path / "table.parquet")


def test_a_value_that_does_not_fit_is_refused_by_column(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"account_risk\.lead_days does not fit BIGINT"):
        write_output(FRAME.assign(lead_days=1.5), CONTRACT, tmp_path / "table.parquet")
