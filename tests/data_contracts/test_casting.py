"""Single values on their way into the types of the contract."""
# ruff: noqa: DTZ001  (timestamps after ingest are naive and mean UTC)

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from data_contracts.casting import cast_column
from data_contracts.contract import source_contracts

COLUMNS = {
    "string": source_contracts()["accounts"].column("segment"),
    "code": source_contracts()["renewals"].column("currency"),
    "integer": source_contracts()["usage_daily"].column("events"),
    "number": source_contracts()["renewals"].column("arr"),
    "boolean": source_contracts()["renewals"].column("auto_renew"),
    "date": source_contracts()["renewals"].column("renewal_date"),
    "timestamp": source_contracts()["csm_pulses"].column("pulse_at"),
}
FAILS = object()


@pytest.mark.parametrize(
    ("kind", "literal", "expected"),
    [
        ("string", "''", None),
        ("string", "'NULL'", "NULL"),
        ("string", "17::BIGINT", "17"),
        ("string", "17.0::DOUBLE", "17"),
        ("string", "17.5::DOUBLE", "17.5"),
        ("string", "'nan'::DOUBLE", None),
        ("string", "' usd '", " usd "),
        ("code", "'USD'", "USD"),
        ("code", "' usd '", "USD"),
        ("code", "chr(9) || 'Eur' || chr(160)", "EUR"),
        ("code", "'  '", None),
        ("integer", "'12'", 12),
        ("integer", "'12.0'", 12),
        ("integer", "'1.5'", FAILS),
        ("integer", "'twelve'", FAILS),
        ("integer", "''", None),
        ("integer", "12.0::DOUBLE", 12),
        ("integer", "12.5::DOUBLE", FAILS),
        ("integer", "12::DECIMAL(9,2)", 12),
        ("integer", "12.25::DECIMAL(9,2)", FAILS),
        ("integer", "9223372036854775808::HUGEINT", FAILS),
        ("integer", "TRUE", FAILS),
        ("number", "'1200.5'", Decimal("1200.50")),
        ("number", "'1,200.50'", FAILS),
        ("number", "'$12'", FAILS),
        ("number", "'-5'", Decimal("-5.00")),
        ("number", "'nan'", FAILS),
        ("number", "600.0::DOUBLE", Decimal("600.00")),
        ("number", "0.1::FLOAT", Decimal("0.10")),
        ("number", "'inf'::DOUBLE", FAILS),
        ("number", "'nan'::DOUBLE", None),
        ("number", "7::INTEGER", Decimal("7.00")),
        ("boolean", "'True'", True),
        ("boolean", "'0'", False),
        ("boolean", "'perhaps'", FAILS),
        ("boolean", "1::TINYINT", True),
        ("boolean", "2::TINYINT", FAILS),
        ("date", "'2025-12-31'", date(2025, 12, 31)),
        ("date", "'2025-12-31 00:00:00'", date(2025, 12, 31)),
        ("date", "'2025-12-31T23:30:00-02:00'", date(2026, 1, 1)),
        ("date", "'2025-02-30'", FAILS),
        ("date", "'2025-2-3'", FAILS),
        ("date", "'31/12/2025'", FAILS),
        ("date", "'12/31/2025'", FAILS),
        ("date", "'2025/12/31'", FAILS),
        ("date", "'20251231'", FAILS),
        ("date", "20251231::INTEGER", FAILS),
        ("date", "'soon'", FAILS),
        ("date", "TIMESTAMP '2025-12-31 13:00:00'", date(2025, 12, 31)),
        ("date", "TIMESTAMP_NS '2025-12-31 13:00:00.123456789'", date(2025, 12, 31)),
        ("date", "TIMESTAMPTZ '2025-12-31 23:30:00-02:00'", date(2026, 1, 1)),
        ("date", "{'year': 2025}", FAILS),
        ("timestamp", "'2025-03-01 09:30:00'", datetime(2025, 3, 1, 9, 30)),
        ("timestamp", "'2025-03-01T09:30:00'", datetime(2025, 3, 1, 9, 30)),
        ("timestamp", "'2025-03-01T09:30:00Z'", datetime(2025, 3, 1, 9, 30)),
        ("timestamp", "'2025-03-01T09:30:00+02:00'", datetime(2025, 3, 1, 7, 30)),
        ("timestamp", "'2025-03-01 09:30:00.123456+02'", datetime(2025, 3, 1, 7, 30, 0, 123456)),
        ("timestamp", "'2025-03-01'", datetime(2025, 3, 1)),
        ("timestamp", "'2025-03-01 25:00:00'", FAILS),
        ("timestamp", "'01.03.2025 09:30'", FAILS),
        ("timestamp", "TIMESTAMPTZ '2025-03-01 09:30:00+02:00'", datetime(2025, 3, 1, 7, 30)),
        ("timestamp", "TIMESTAMP_NS '2025-03-01 09:30:00.123456789'", datetime(2025, 3, 1, 9, 30, 0, 123456)),
        ("timestamp", "DATE '2025-03-01'", datetime(2025, 3, 1)),
    ],
)
def test_value(kind: str, literal: str, expected: object) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE given AS SELECT {literal} AS x")
        source_type = connection.execute("SELECT data_type FROM duckdb_columns() WHERE table_name = 'given'").fetchall()
        cast = cast_column(COLUMNS[kind], "x", source_type[0][0])

        typed, fails = connection.execute(f"SELECT {cast.typed}, {cast.fails} FROM given").fetchall()[0]

    if expected is FAILS:
        assert (typed, fails) == (None, True)
    else:
        assert (typed, fails) == (expected, False)


def test_column_of_the_right_type_is_taken_as_it_is() -> None:
    assert not cast_column(COLUMNS["date"], "x", "DATE").can_fail
    assert cast_column(COLUMNS["date"], "x", "DATE").typed == "x"
