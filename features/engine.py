"""What an engine is, and the one that runs unless another is asked for: DuckDB.

The families hand over expressions and get tables back; they never see a connection. Only this module and `spark_engine`
execute Ibis. Anything that differs between engines belongs there, so that a feature means the same on each.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.reading import literal_path
from features.ordering import sort_rows

BATCH_ROWS = 122_880
"""Rows of a piece, which is a row group of the file: as many as the engine has in one of its own."""


class EngineError(Exception):
    """The engine that was asked for cannot run here; the message says what it lacks."""


class Engine(ABC):
    """A session over Parquet files in which expressions are computed."""

    @abstractmethod
    def read_parquet(self, path: Path) -> ir.Table:
        """Return a lazy table over one Parquet file or a folder of them."""

    @abstractmethod
    def from_pandas(self, frame: pd.DataFrame, schema: Mapping[str, str]) -> ir.Table:
        """Return a small frame as a table with the given Ibis types."""

    @abstractmethod
    def from_arrow(self, table: pa.Table) -> ir.Table:
        """Return an Arrow table as a table of the engine."""

    def __init__(self) -> None:
        self._stored: dict[ops.Node, ir.Table] = {}

    def store(self, expression: ir.Table, through: Sequence[ir.Table] = ()) -> ir.Table:
        """Compute an expression once and return it as a table that later expressions can share.

        Families ask for the same steps of the same spine; an expression equal to an earlier one is not computed again.

        Args:
            expression: What to compute.
            through: Steps on the way that nobody else asks for, in their order, each a part of the expression or of a
                later one. They are computed first, one by one, and dropped when the expression has been.
        """
        step = expression.op()
        if step not in self._stored:
            self._stored[step] = self._compute_through(expression, through)
        return self._stored[step]

    def keep(self, *expressions: ir.Table) -> None:
        """Drop everything that was stored but for what some expressions read, so that they have the memory.

        Args:
            expressions: What is still wanted. What else was asked for before can no longer be executed.
        """
        read = {table for expression in expressions for table in expression.op().find(ops.DatabaseTable)}
        for step, table in list(self._stored.items()):
            if table.op() not in read:
                del self._stored[step]
                self._drop(table)

    def _compute_through(self, expression: ir.Table, through: Sequence[ir.Table]) -> ir.Table:
        computed: dict[ops.Node, ops.Node] = {}
        for step in through:
            computed[step.op()] = self._compute(_replaced(step, computed)).op()
        table = self._compute(_replaced(expression, computed))
        for step in computed.values():
            self._drop(step.to_expr())
        return table

    @abstractmethod
    def _compute(self, expression: ir.Table) -> ir.Table:
        """Compute an expression and return it as a table."""

    @abstractmethod
    def _drop(self, table: ir.Table) -> None:
        """Forget a table that `_compute` returned."""

    @abstractmethod
    def to_arrow(self, expression: ir.Table) -> pa.Table:
        """Execute an expression and return its rows, in no particular order unless it is sorted."""

    @abstractmethod
    def _batches(self, expression: ir.Table) -> Iterable[pa.RecordBatch]:
        """Execute an expression and return its rows piece by piece."""

    @abstractmethod
    def close(self) -> None:
        """Release the session and its temporary tables."""

    def to_pandas(self, expression: ir.Table, sort_by: tuple[str, ...]) -> pd.DataFrame:
        """Execute an expression and return its rows sorted by key.

        Args:
            expression: What to compute.
            sort_by: Columns that identify a row; the order of the result depends on nothing else.

        Returns:
            Strings as `str`, decimals as float64 (exact to the cent below 10^13), dates as `datetime64[us]`, all else
            as the engine types it.
        """
        table = self.to_arrow(expression)
        for position, field in enumerate(table.schema):
            if pa.types.is_decimal(field.type):
                table = table.set_column(position, field.name, table.column(position).cast(pa.float64()))
        frame = table.to_pandas(date_as_object=False)
        dates = frame.select_dtypes("datetime").columns
        frame[dates] = frame[dates].astype("datetime64[us]")
        return sort_rows(frame, sort_by)

    def write_parquet(self, expression: ir.Table, path: Path, sort_by: tuple[str, ...]) -> int:
        """Execute an expression, write its rows sorted by key, and return how many there are.

        Rows are written by a thread of their own while the engine brings the next ones.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        schema = expression.schema().to_pyarrow()
        rows = 0
        with pq.ParquetWriter(path, schema, compression="zstd") as file, ThreadPoolExecutor(max_workers=1) as hand:
            written: Future[None] | None = None
            for batch in self._batches(expression.order_by(list(sort_by))):
                if written is not None:
                    written.result()
                written = hand.submit(file.write_batch, batch.cast(schema))
                rows += batch.num_rows
            if written is not None:
                written.result()
        return rows

    def scalar(self, expression: ir.Scalar) -> Any:
        """Execute an expression that is one value; null is None."""
        return self.to_arrow(expression.as_table()).column(0)[0].as_py()


def _replaced(expression: ir.Table, computed: Mapping[ops.Node, ops.Node]) -> ir.Table:
    """Return an expression that reads what has been computed of it."""
    return expression.op().replace(computed).to_expr() if computed else expression


class DuckDBEngine(Engine):
    """A DuckDB session in memory over Parquet files.

    Steps are computed in order by a thread of their own, while the next ones are being planned: planning takes one
    core and as long as computing does on a small company. Whatever asks for a result waits for them first, and gets
    their error if one failed.

    Args:
        threads: Worker threads; None takes what the machine has. The figures do not depend on it: only exact types
            are aggregated.
        memory_limit: Upper bound of DuckDB's own memory, for example `4GB`; above it, it spills to `spill_folder`.
        spill_folder: Where intermediate results may spill; None lets DuckDB choose.
    """

    def __init__(
        self, threads: int | None = None, memory_limit: str | None = None, spill_folder: Path | None = None
    ) -> None:
        super().__init__()
        # All instants are UTC without a zone, so the ICU extension, which DuckDB would fetch, is never needed.
        settings: dict[str, object] = {
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if threads is not None:
            settings["threads"] = threads
        if memory_limit is not None:
            settings["memory_limit"] = memory_limit
        if spill_folder is not None:
            settings["temp_directory"] = str(spill_folder)
        self._connection = ibis.duckdb.connect(**settings)
        # Ibis turns DuckDB's own progress bar on; it would write over whatever the command prints.
        self._connection.raw_sql("SET enable_progress_bar = false")
        self._steps = ThreadPoolExecutor(max_workers=1, thread_name_prefix="steps")
        self._pending: list[Future[None]] = []

    def read_parquet(self, path: Path) -> ir.Table:
        """Return a lazy table over one Parquet file or a folder of them."""
        self._settle()
        literal = literal_path(path)
        return self._connection.read_parquet(literal if path.is_file() else f"{literal}/*.parquet")

    def from_pandas(self, frame: pd.DataFrame, schema: Mapping[str, str]) -> ir.Table:
        """Return a small frame as a table with the given Ibis types."""
        return self.store(ibis.memtable(frame, schema=ibis.schema(dict(schema))))

    def from_arrow(self, table: pa.Table) -> ir.Table:
        """Return an Arrow table as a table of the engine."""
        return self.store(ibis.memtable(table))

    def _compute(self, expression: ir.Table) -> ir.Table:
        name = ibis.util.gen_name("step")
        if isinstance(expression.op(), ops.InMemoryTable):
            self._settle()
            return self._connection.create_table(name, expression, temp=True)
        # What Ibis would ask the connection to do is asked of the thread. Given the expression, it would also copy the
        # tree of the query twice on its way to a text; plans are large and many.
        schema = expression.schema()
        columns = ", ".join(column.sql("duckdb") for column in schema.to_sqlglot_column_defs("duckdb"))
        self._then(f"CREATE TEMP TABLE {name} ({columns})")
        self._then(f"INSERT INTO {name} {self._connection.compile(expression)}")
        place = ops.Namespace(catalog="temp", database="main")
        return ops.DatabaseTable(name=name, schema=schema, source=self._connection, namespace=place).to_expr()

    def _drop(self, table: ir.Table) -> None:
        self._then(f"DROP TABLE {table.get_name()}")

    def _then(self, statement: str) -> None:
        """Have a statement executed after those before it, unless one of them fails."""
        before = self._pending[-1] if self._pending else None

        def execute() -> None:
            if before is not None:
                before.result()
            self._connection.raw_sql(statement)

        self._pending.append(self._steps.submit(execute))

    def _settle(self) -> None:
        """Wait for the steps; afterwards the connection is free."""
        # Whoever is interrupted while waiting closes the session, which has to know what is under way.
        wait(self._pending)
        pending, self._pending = self._pending, []
        for step in pending:
            step.result()

    def to_arrow(self, expression: ir.Table) -> pa.Table:
        """Execute an expression and return its rows, in no particular order unless it is sorted."""
        self._settle()
        return self._connection.to_pyarrow(expression)

    def _batches(self, expression: ir.Table) -> Iterable[pa.RecordBatch]:
        self._settle()
        # What Ibis would call is deprecated in DuckDB.
        result = self._connection.con.execute(self._connection.compile(expression))
        batches: Iterable[pa.RecordBatch] = result.to_arrow_reader(BATCH_ROWS)
        return batches

    def close(self) -> None:
        """Release the session and its temporary tables; steps that nobody waits for are given up."""
        for step in self._pending:
            step.cancel()
        # A statement that has not quite begun does not feel it, so more than once.
        while wait(self._pending, timeout=0.1).not_done:
            self._connection.con.interrupt()
        self._steps.shutdown()
        self._connection.disconnect()
