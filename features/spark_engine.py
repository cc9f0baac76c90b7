"""The same expressions on Spark, for companies whose events outgrow one machine's memory.

What differs in the session is here, what differs in the expressions in `spark_dialect`. PySpark is an extra and is
imported only when a session is opened; each session has a Java process of its own, which ends with it.
"""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from features.engine import BATCH_ROWS, Engine, EngineError
from features.spark_dialect import SparkDialect

SHUFFLE_PARTITIONS = 8
"""Pieces into which a join or an aggregate is cut; Spark's own 200 would mostly be empty."""
JAVA_VERSIONS = range(17, 24)
"""Spark 4.0 is made for 17 and 21 and does not start on 24."""
_MODULES = ("pyspark", "grpc_status")
"""PySpark and, of its extra `connect`, the last package; with half of it Great Expectations cannot be imported."""
_MEBIBYTES = {"MB": 10**6 / 2**20, "GB": 10**9 / 2**20, "MiB": 1, "GiB": 1024}
_LEAST_HEAP = 512


def require_spark() -> None:
    """Check, without starting anything of Spark, that it can run here.

    Raises:
        EngineError: If the extra is not installed or there is no fitting Java.
    """
    if any(find_spec(name) is None for name in _MODULES):
        raise EngineError(
            "The engine spark needs the extra: pip install 'falsegreen[spark]', and Java 17. "
            "Without --engine spark everything runs on DuckDB."
        )
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        where = f"JAVA_HOME, which is {home}" if home else "the path"
        raise EngineError(f"The engine spark needs Java 17 and finds no java in {where}.")
    # Java writes its version to stderr, as `openjdk version "17.0.15"`.
    asked = [java, "-version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stderr  # noqa: S603 - the java of the path
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) not in JAVA_VERSIONS:
        raise EngineError(f"The engine spark needs Java 17 and finds {java}, which says: {said.strip() or 'nothing'}")


class SparkEngine(Engine):
    """A Spark session over Parquet files; local unless the options name a master.

    Args:
        threads: Worker threads; None takes what the machine has.
        memory_limit: Heap of the Java process, for example `4GB`; None leaves it to Spark.
        spill_folder: Where intermediate results may spill; None takes a folder of its own, removed in the end.
        options: Settings of Spark, which outrank the ones chosen here.

    Raises:
        EngineError: If Spark is not installed, there is no fitting Java, or its process does not start.
    """

    def __init__(
        self,
        threads: int | None = None,
        memory_limit: str | None = None,
        spill_folder: Path | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        require_spark()
        # Spark takes a comma for the end of one folder and the beginning of another.
        has_own = spill_folder is None or "," in str(spill_folder.absolute())
        self._scratch = tempfile.TemporaryDirectory(prefix="falsegreen-spark-") if has_own else None
        folder = Path(self._scratch.name) if self._scratch else Path(spill_folder or "")
        folder.mkdir(parents=True, exist_ok=True)
        settings = {**_settings(threads, memory_limit, folder.absolute()), **(options or {})}
        try:
            self._session, self._process = _start(settings, folder)
        except BaseException:
            self._clean_up()
            raise
        self._connection = ibis.pyspark.connect(self._session)
        self._connection.compiler = SparkDialect()

    def read_parquet(self, path: Path) -> ir.Table:
        """Return a lazy table over one Parquet file or a folder of them."""
        # Hadoop takes some letters of a path for a pattern.
        literal = re.sub(r"([\[\]{}*?\\])", r"\\\1", str(path.absolute()))
        with _errors_told():
            return self._as_table(self._session.read.parquet(literal))

    def from_pandas(self, frame: pd.DataFrame, schema: Mapping[str, str]) -> ir.Table:
        """Return a small frame as a table with the given Ibis types."""
        types = ibis.schema(dict(schema)).to_pyarrow()
        return self.from_arrow(pa.Table.from_pandas(frame, schema=types, preserve_index=False))

    def from_arrow(self, table: pa.Table) -> ir.Table:
        """Return an Arrow table as a table of the engine."""
        return self._as_table(self._session.createDataFrame(table))

    def _compute(self, expression: ir.Table) -> ir.Table:
        # Spark keeps the rows, in memory and on disk, and forgets what they were made of: plans stay short. It does not
        # forget the identities of columns, by which it would take a step for what the step was made of.
        with _errors_told():
            kept = self._query(expression).localCheckpoint(eager=True)
        return self._as_table(kept.select([kept[name].alias(name) for name in kept.columns]))

    def _drop(self, table: ir.Table) -> None:
        self._session.catalog.dropTempView(table.get_name())

    def to_arrow(self, expression: ir.Table) -> pa.Table:
        """Execute an expression and return its rows, in no particular order unless it is sorted."""
        with _errors_told():
            return self._query(expression).toArrow().cast(expression.schema().to_pyarrow())

    def _batches(self, expression: ir.Table) -> Iterable[pa.RecordBatch]:
        batches: Iterable[pa.RecordBatch] = self.to_arrow(expression).to_batches(max_chunksize=BATCH_ROWS)
        return batches

    def close(self) -> None:
        """Release the session, its temporary tables and its Java process."""
        _stop(self._session, self._process)
        self._clean_up()

    def _clean_up(self) -> None:
        if self._scratch:
            self._scratch.cleanup()

    def _query(self, expression: ir.Table) -> Any:
        return self._session.sql(self._connection.compile(expression))

    def _as_table(self, frame: Any) -> ir.Table:
        name = ibis.util.gen_name("step")
        frame.createOrReplaceTempView(name)
        return self._connection.table(name)


def _settings(threads: int | None, memory_limit: str | None, folder: Path) -> dict[str, str]:
    """Return what a session needs to give DuckDB's answers, and to keep to itself."""
    settings = {
        "spark.app.name": "falsegreen",
        "spark.master": f"local[{threads or '*'}]",
        # Instants are UTC without a zone, in Parquet and in every expression.
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        # What cannot be computed is an error, as on DuckDB, and not a null.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.shuffle.partitions": str(SHUFFLE_PARTITIONS),
        # A query of ours has dozens of joins and windows, each of which takes whole pages from the start.
        "spark.buffer.pageSize": "1m",
        # The feature table comes over whole, however large it is.
        "spark.driver.maxResultSize": "0",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.log.level": "ERROR",
    }
    if memory_limit is not None:
        settings["spark.driver.memory"] = f"{_heap(memory_limit)}m"
    return settings


def _heap(memory_limit: str) -> int:
    """Return a limit such as `4GB` in MiB; below half a gibibyte Spark does not start."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s?(MB|GB|MiB|GiB)", memory_limit)
    if found is None:
        raise ValueError(f"not an amount of memory: {memory_limit!r}")
    return max(int(float(found[1]) * _MEBIBYTES[found[2]]), _LEAST_HEAP)


def _start(settings: Mapping[str, str], folder: Path) -> tuple[Any, Any]:
    """Start a Java process and a session in it; return both."""
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    # PySpark logs each error with its plan before it raises it.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
    log = folder / "spark.log"
    with log.open("wb") as said, _interrupts_as_before():
        try:
            gateway = launch_gateway(conf, _output_to(said))
        except PySparkRuntimeError as error:
            said_last = log.read_text(encoding="utf-8", errors="replace")
            raise EngineError(f"Spark did not start: {_cause(said_last or str(error))}") from error
        try:
            return SparkSession(SparkContext(conf=conf, gateway=gateway)), gateway
        except Py4JError as error:
            why = _cause(str(error))  # asked of the process itself
            _end_java(gateway)
            raise EngineError(f"Spark did not start: {why}") from None


@contextmanager
def _errors_told() -> Iterator[None]:
    """Ask an error of Spark what it says while the Java process that knows it is there; it ends with the session."""
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raise RuntimeError(f"Spark: {error}") from None


def _output_to(log: IO[bytes]) -> dict[str, Any]:
    """Keep what Java and Spark's logger say off the terminal; what matters comes back as an exception."""
    return {"stdout": log, "stderr": log}


@contextmanager
def _interrupts_as_before() -> Iterator[None]:
    """Leave Ctrl-C to whoever had it: a Spark context takes it over where it is made."""
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    with warnings.catch_warnings():
        # From 3.12 on Python warns of every fork in a process with threads.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            yield
        finally:
            if is_main:
                signal.signal(signal.SIGINT, before)


def _cause(said: str) -> str:
    """Return the line of what Java said that tells why."""
    lines = [line.strip(": ") for line in said.splitlines() if line.strip()]
    return next((line for line in lines if re.search(r"\w(Exception|Error)\b", line)), lines[-1] if lines else said)


def _stop(session: Any, gateway: Any) -> None:
    """Stop a session and end its Java process."""
    from py4j.protocol import Py4JError

    # Where the process has died already there is nothing left to stop.
    with suppress(Py4JError):
        session.stop()
    _end_java(gateway)


def _end_java(gateway: Any) -> None:
    """End a Java process, so that its memory is free and the next session starts one with settings of its own."""
    from pyspark import SparkContext

    gateway.shutdown()
    # The process ends when nobody holds its input any more.
    gateway.proc.stdin.close()
    gateway.proc.wait()
    SparkContext._gateway = None
    SparkContext._jvm = None
