"""Where the two engines would differ by themselves, and that they do not: the edges of each function that is used."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.engine import DuckDBEngine, Engine, EngineError
from features.spark_engine import SparkEngine

pytestmark = pytest.mark.slow

TYPES = {
    "row": pa.int64(),
    "whole": pa.int64(),
    "small": pa.int32(),
    "number": pa.float64(),
    "money": pa.decimal128(18, 2),
    "is_so": pa.bool_(),
    "day": pa.date32(),
    "instant": pa.timestamp("us"),
    "text": pa.string(),
    "raw": pa.string(),
}
ROWS = [
    (1, 0, 3, 0.5, "10.50", True, "2024-02-29", "2024-02-29T23:59:59.600000", " Not happy\t", "2024-02-29"),
    (2, -7, -3, 1.5, "-0.01", False, "1999-12-31", "1999-12-31T00:00:00", "cafécost, naïve price", "2024"),
    (3, 7, 0, 2.5, "0.00", None, "2026-01-01", "2026-01-01T12:30:00.000001", "no  cost\x0bhere's $5", "1.5"),
    (4, 2, 5, -0.5, "2.50", True, "2024-03-01", "2024-03-01T00:00:00.000000", "", "2024-03-01 10:11:12.123456"),
    (5, 10**15, 8, -2.5, "-2.50", False, None, None, "\n ünder_way ’ \\ %", "2024-03-01T10:11:12"),
    (6, 1, 1, 3.5, "1.00", False, "2024-02-28", "2024-02-28T00:00:00.999999", "TOO EXPENSİVE ΟΔΟΣ οδος", "2024-02-28"),
    (7, None, None, None, None, None, None, None, None, None),
]
WINDOW = {"group_by": "is_so", "order_by": "day"}

Edge = Callable[[ir.Table], ir.Value]

EDGES: dict[str, Edge] = {
    "division by zero": lambda t: t.whole / t.small,
    "zero by zero": lambda t: (t.whole * 0) / (t.small * 0),
    "division of whole numbers": lambda t: t.small / 7,
    "division of money": lambda t: t.money.cast("float64") / 3,
    "floor of a quotient": lambda t: t.small // 2,
    "remainder": lambda t: t.small % 2,
    "remainder of nothing": lambda t: t.whole % t.small,
    "logarithm": lambda t: ((t.row + 1).ln() + (t.row + 1).log10() + t.row.log2() + t.row.log(3)).round(9),
    "float to whole number": lambda t: t.number.cast("int64"),
    "money to whole number": lambda t: t.money.cast("int64"),
    "money to text": lambda t: t.money.cast("string"),
    "whole number to text": lambda t: t.whole.cast("string"),
    "date to text": lambda t: t.day.cast("string"),
    "truth to text": lambda t: t.is_so.cast("string"),
    "text to date": lambda t: t.raw.try_cast("date"),
    "text to instant": lambda t: t.raw.try_cast("timestamp"),
    "text with a null": lambda t: t.text + t.is_so.cast("string") + "!",
    "not a number is not null": lambda t: ((t.whole * 0) / (t.small * 0)).isnull(),  # noqa: PD003 - an Ibis column
    "days between": lambda t: t.day.delta(ibis.date("2024-01-31"), unit="day"),
    "days after": lambda t: t.day + ibis.interval(days=60),
    "days before, from a column": lambda t: t.day - t.small.cast("int64").as_interval("D"),
    "day of an instant": lambda t: t.instant.date(),
    "midnight": lambda t: t.instant < t.day.cast("timestamp"),
    "after an instant": lambda t: t.instant > ibis.timestamp("2024-02-29T23:59:59.600000"),
    "seconds": lambda t: t.instant.epoch_seconds().cast("float64"),
    "lower case": lambda t: t.text.lower(),
    "whole seconds": lambda t: t.instant.truncate("s").epoch_seconds().cast("float64"),
    "stripped": lambda t: t.text.strip(),
    "stripped left": lambda t: t.text.lstrip(),
    "stripped right": lambda t: t.text.rstrip(),
    "length": lambda t: t.text.length(),
    "a word": lambda t: t.text.re_search(r"\b(?:cost|price)\b"),
    "a word with letters beyond ASCII": lambda t: t.text.re_search(r"\bcaf\w*\b|\bnder_"),
    "any character up to the end": lambda t: t.text.re_search(r"^.+$"),
    "a class": lambda t: t.text.re_search(r"[\s'%-]\w+[$\\]?\d"),
    "blanks": lambda t: t.text.re_replace(r"\s+", " "),
    "words": lambda t: t.text.re_split(r"\s+").length(),
    "replaced": lambda t: t.text.replace("_", " "),
    "quoted": lambda t: ibis.literal('it\'s 5 \\ "so"') + t.text,
    "greatest passes over null": lambda t: ibis.greatest(t.whole, t.small, 1),
    "least passes over null": lambda t: ibis.least(t.whole, t.small),
    "limited": lambda t: t.whole.clip(-3, 3),
    "truth with null": lambda t: t.is_so & (t.whole > 0),
    "the same or both null": lambda t: t.is_so.identical_to(t.whole > 0),
    "place": lambda t: t.row.rank().over(ibis.window(order_by=[ibis.desc(t.day), t.row])),
    "place, null last": lambda t: t.row.rank().over(ibis.window(order_by=[t.money, t.row])),
    "first": lambda t: t.whole.first().over(ibis.window(order_by=[ibis.desc("row")])),
    "next": lambda t: t.row.lead().over(ibis.window(**WINDOW)),
    "running sum": lambda t: t.small.sum().over(ibis.cumulative_window(order_by="row")),
    "sum of truths": lambda t: t.is_so.sum(),
    "sum of none": lambda t: t.whole.sum(where=t.row > 99),
    "sum of money": lambda t: t.money.sum().cast("decimal(18, 2)"),
    "any": lambda t: t.is_so.any(where=t.row < 3),
    "distinct": lambda t: t.is_so.nunique(),
    "value at the largest": lambda t: t.whole.argmax(t.row),
    "value at the smallest, of some": lambda t: t.text.argmin(t.money, where=t.row > 1),
    "value at the largest of none": lambda t: t.whole.argmax(t.row, where=t.row > 99),
}


@pytest.fixture(scope="module")
def engines(spark_options: dict[str, str]) -> Iterator[tuple[Engine, Engine]]:
    duckdb, spark = DuckDBEngine(threads=1), SparkEngine(threads=2, memory_limit="1GB", options=spark_options)
    yield duckdb, spark
    duckdb.close()
    spark.close()


# It stands first, because a process has one session of Spark at a time.
def test_a_session_that_cannot_start_says_why_and_leaves_nothing_behind(
    tmp_path: Path, spark_options: dict[str, str]
) -> None:
    with pytest.raises(EngineError, match=r"Spark did not start: .*Exception: .*local\[none\]"):
        SparkEngine(spill_folder=tmp_path, options={**spark_options, "spark.master": "local[none]"})

    interrupts = signal.getsignal(signal.SIGINT)
    with closing(SparkEngine(threads=1, memory_limit="1GB", spill_folder=tmp_path, options=spark_options)) as engine:
        assert engine.scalar(engine.from_pandas(pd.DataFrame({"n": [2, 3]}), {"n": "int64"}).n.sum()) == 5

    assert signal.getsignal(signal.SIGINT) is interrupts
    assert not list(tmp_path.glob("blockmgr*"))


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    parsed = [
        (*row[:4], row[4] and Decimal(row[4]), row[5], row[6] and date.fromisoformat(row[6]),
         row[7] and datetime.fromisoformat(row[7]), *row[8:])
        for row in ROWS
    ]  # fmt: skip
    columns = zip(*parsed, strict=True)
    return pa.table({name: pa.array(column, kind) for (name, kind), column in zip(TYPES.items(), columns, strict=True)})


@pytest.fixture(scope="module")
def both(engines: tuple[Engine, Engine], rows: pa.Table) -> list[dict[str, list[object]]]:
    """Every edge on each engine, all in two queries."""
    return [computed(engine, engine.from_arrow(rows)) for engine in engines]


def computed(engine: Engine, table: ir.Table) -> dict[str, list[object]]:
    values = {name: edge(table) for name, edge in EDGES.items()}
    of_table = {name: value for name, value in values.items() if isinstance(value, ir.Scalar)}
    of_rows = {name: value for name, value in values.items() if name not in of_table}
    found = [
        engine.to_arrow(table.aggregate(**of_table)),
        engine.to_arrow(table.select("row", **of_rows).order_by("row")).drop(["row"]),
    ]
    return {
        name: [part.schema.field(name).type, *part[name].to_pylist()] for part in found for name in part.column_names
    }


@pytest.mark.parametrize("edge", EDGES)
def test_both_engines_give_the_same_at_the_edge(edge: str, both: list[dict[str, list[object]]]) -> None:
    duckdb, spark = (str(answers[edge]) for answers in both)  # as text, in which not-a-number equals itself

    assert spark == duckdb


def test_every_type_passes_through_unchanged(engines: tuple[Engine, Engine], rows: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "source.parquet"
    pq.write_table(rows, path)
    written = []
    for engine in engines:
        target = tmp_path / type(engine).__name__ / "table.parquet"
        assert engine.write_parquet(engine.store(engine.read_parquet(path)), target, ("money", "row")) == len(ROWS)
        written.append(pq.read_table(target))

    assert written[0].schema == rows.schema
    assert written[1].equals(written[0])
    assert written[1].schema == written[0].schema


def test_an_empty_folder_of_a_lake_and_a_frame_are_read_alike(
    engines: tuple[Engine, Engine], rows: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(rows.slice(0, 0), tmp_path / "a.parquet")
    pq.write_table(rows.slice(1, 2), tmp_path / "b.parquet")
    frame = pd.DataFrame({"name": ["x", None], "day": [date(2024, 2, 29), None], "count": [1, 2]})
    schema = {"name": "string", "day": "date", "count": "int64"}
    duckdb, spark = (
        (
            engine.to_pandas(engine.read_parquet(tmp_path), ("row",)),
            engine.to_pandas(engine.from_pandas(frame, schema), ("count",)),
            engine.scalar(engine.from_pandas(frame, schema).day.max()),
        )
        for engine in engines
    )

    pd.testing.assert_frame_equal(spark[0], duckdb[0], check_exact=True)
    pd.testing.assert_frame_equal(spark[1], duckdb[1], check_exact=True)
    assert spark[2] == duckdb[2] == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("undefined", "message"),
    [(ibis._.text.cast("int64"), "(?i)cast|convert"), (ibis._.whole.ln(), "logarithm"), (ibis._.whole.log10(), "log")],
)
def test_what_cannot_be_computed_is_an_error_on_both(
    undefined: ir.Value, message: str, engines: tuple[Engine, Engine], rows: pa.Table
) -> None:
    for engine in engines:
        with pytest.raises(Exception, match=message):
            engine.to_arrow(engine.from_arrow(rows).select(value=undefined))


def test_a_folder_may_have_any_name(engines: tuple[Engine, Engine], rows: pa.Table, tmp_path: Path) -> None:
    for name in ("run [1]", "run{a,b}", "run*", "run?"):
        (tmp_path / name).mkdir()
        pq.write_table(rows, tmp_path / name / "part.parquet")
        for engine in engines:
            for path in (tmp_path / name, tmp_path / name / "part.parquet"):
                assert engine.scalar(engine.read_parquet(path).count()) == len(ROWS)


def test_an_error_carries_its_own_words_beyond_the_session(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    _, spark = engines
    with pytest.raises(RuntimeError, match="PATH_NOT_FOUND"):
        spark.read_parquet(tmp_path / "nothing")
