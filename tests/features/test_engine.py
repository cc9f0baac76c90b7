"""What an engine keeps: steps that are shared, steps on the way, and what becomes of a step that fails."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.engine import DuckDBEngine, Engine


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    with closing(DuckDBEngine(threads=1)) as opened:
        yield opened


def numbers(engine: Engine, *values: int | str) -> ir.Table:
    kind = "string" if isinstance(values[0], str) else "int64"
    return engine.from_pandas(pd.DataFrame({"number": values}), {"number": kind})


def values_of(engine: Engine, table: ir.Table) -> list[int]:
    return [int(value) for value in engine.to_pandas(table, ("number",))["number"]]


def stored_tables(engine: DuckDBEngine) -> int:
    return int(engine._connection.raw_sql("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0])


def test_an_equal_expression_is_the_same_step(engine: DuckDBEngine) -> None:
    table = numbers(engine, 1, 2)
    first = engine.store(table.mutate(number=table.number + 1))
    assert engine.store(table.mutate(number=table.number + 1)) is first
    assert values_of(engine, first) == [2, 3]


def test_steps_on_the_way_are_computed_and_dropped(engine: DuckDBEngine) -> None:
    table = numbers(engine, 1, 2, 3)
    doubled = table.mutate(number=2 * table.number)
    large = doubled.filter(doubled.number > 2)
    before = stored_tables(engine)

    stored = engine.store(large.union(doubled), through=[doubled, large])

    assert values_of(engine, stored) == [2, 4, 4, 6, 6]
    assert stored_tables(engine) == before + 1
    # Whoever asks for the same, steps on the way or not, asks for what is there.
    assert engine.store(large.union(doubled), through=[doubled, large]) is stored


def test_only_what_is_still_wanted_is_kept(engine: DuckDBEngine) -> None:
    table = numbers(engine, 1, 2)
    wanted = engine.store(table.mutate(number=table.number + 1))
    other = engine.store(table.mutate(number=table.number + 2))
    last = wanted.filter(wanted.number > 2)

    engine.keep(last)

    assert values_of(engine, last) == [3]
    with pytest.raises(Exception, match="does not exist"):
        values_of(engine, other)
    again = numbers(engine, 1, 2)
    assert values_of(engine, engine.store(again.mutate(number=again.number + 2))) == [3, 4]


def test_a_step_that_fails_is_told_to_whoever_asks_for_a_result(engine: DuckDBEngine) -> None:
    texts = numbers(engine, "1", "two")
    broken = engine.store(texts.mutate(number=texts.number.cast("int64")))
    later = engine.store(broken.mutate(number=broken.number + 1))
    with pytest.raises(Exception, match="'two'"):
        values_of(engine, later)
    # Those that do not rest on it can still be asked for.
    assert values_of(engine, engine.store(texts.filter(texts.number == "1"))) == [1]


def test_rows_are_written_in_order_piece_by_piece(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.engine.BATCH_ROWS", 2_048)
    table = numbers(engine, *range(5_000, 0, -1))

    rows = engine.write_parquet(table, tmp_path / "new" / "numbers.parquet", ("number",))

    written = pq.ParquetFile(tmp_path / "new" / "numbers.parquet")
    assert rows == 5_000
    assert [written.metadata.row_group(group).num_rows for group in range(written.num_row_groups)] == [2048, 2048, 904]
    assert written.read()["number"].to_pylist() == list(range(1, 5_001))


def test_a_table_without_rows_is_written_with_its_columns(engine: DuckDBEngine, tmp_path: Path) -> None:
    table = numbers(engine, 1)
    assert engine.write_parquet(table.filter(table.number > 1), tmp_path / "none.parquet", ("number",)) == 0
    assert pq.read_schema(tmp_path / "none.parquet") == pa.schema({"number": pa.int64()})


def test_rows_that_cannot_be_computed_are_told_while_writing(engine: DuckDBEngine, tmp_path: Path) -> None:
    texts = numbers(engine, *map(str, range(3_000)), "two")
    with pytest.raises(Exception, match="'two'"):
        engine.write_parquet(texts.mutate(number=texts.number.cast("int64")), tmp_path / "texts.parquet", ("number",))


def hours_of_work(engine: Engine) -> ir.Table:
    table = numbers(engine, *range(5000))
    others = [table.view().rename({name: "number"}) for name in ("second", "third")]
    pairs = table.cross_join(*others)
    return pairs.aggregate(number=(pairs.number * ibis.random()).cast("int64").max())


def test_a_step_that_nobody_waits_for_is_given_up_with_the_session() -> None:
    with closing(DuckDBEngine(threads=1)) as engine:
        engine.store(hours_of_work(engine))


def test_an_interrupted_wait_ends_with_the_session() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with closing(DuckDBEngine(threads=1)) as engine:
            stored = engine.store(hours_of_work(engine))
            later = engine.store(stored.mutate(number=stored.number + 1))
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            with pytest.raises(KeyboardInterrupt):
                values_of(engine, later)
    finally:
        signal.signal(signal.SIGALRM, before)
