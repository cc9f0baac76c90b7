"""How long ten million usage rows take to check and write, how much memory that needs, and what reading them costs.

The yardstick is a plain DuckDB scan of the same file that groups rows by account: what any use of the table costs at
least. Each measurement runs in a process of its own so that peak memory is its own. Run it as
`python benchmarks/contract_check.py [--rows N] [--csv]`; numbers depend on the machine and are not asserted anywhere.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data_contracts.contract import source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.source_files import find_source

AS_OF = date(2026, 1, 5)
USERS_PER_ACCOUNT = 25
DAYS = 200


def write_usage(folder: Path, rows: int, suffix: str) -> None:
    """Write usage of four modules, 25 users an account and 200 days, in an order that is no help to sorting."""
    accounts = max(1, rows // (USERS_PER_ACCOUNT * DAYS * 4))
    target = f"{folder}/usage_daily.{suffix}"
    options = "(FORMAT parquet, COMPRESSION zstd)" if suffix == "parquet" else "(FORMAT csv, HEADER)"
    duckdb.execute("SET enable_progress_bar = false")
    duckdb.execute(
        f"""
        COPY (
            SELECT 'A' || lpad((n % {accounts})::VARCHAR, 5, '0') AS account_id,
                'U' || ((n // {accounts}) % {USERS_PER_ACCOUNT})::VARCHAR AS user_id,
                ['reports', 'billing', 'search', 'admin'][1 + (n // {accounts * USERS_PER_ACCOUNT}) % 4] AS module,
                DATE '2025-01-01' + (n // {accounts * USERS_PER_ACCOUNT * 4})::INTEGER AS usage_date,
                1 + hash(n) % 40 AS events,
                usage_date + INTERVAL 6 HOUR + INTERVAL 1 DAY AS recorded_at
            FROM range({rows}) AS numbers(n)
        ) TO '{target}' {options}
        """  # noqa: S608  (numbers and a path of our own making)
    )


def check(folder: Path) -> int:
    """Check and write the table as a run does; returns the rows that were kept."""
    source = find_source(folder, "usage_daily")
    report = ingest_table(source_contracts()["usage_daily"], source, AS_OF, folder / "checked")
    return report.rows_kept


def scan(folder: Path) -> int:
    """Read the table once and group it; returns the number of rows."""
    file = next(folder.glob("usage_daily.*"))
    figures = "account_id, count(*) AS n, sum(events), max(usage_date)"
    query = f"SELECT {figures} FROM '{file}' GROUP BY ALL"  # noqa: S608 - a path of our own making
    duckdb.execute("SET enable_progress_bar = false")
    return sum(row[1] for row in duckdb.execute(query).fetchall())


def measure(work: Callable[[Path], int], folder: Path) -> tuple[int, float, float]:
    """Rows, seconds and peak memory in MiB of one piece of work."""
    start = time.perf_counter()
    rows = work(folder)
    seconds = time.perf_counter() - start
    # Linux counts in KiB, macOS in bytes.
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    """Print one line for the scan, one for the check, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--csv", action="store_true", help="read CSV instead of Parquet")
    arguments = parser.parse_args()
    suffix = "csv" if arguments.csv else "parquet"
    with TemporaryDirectory() as name:
        folder = Path(name)
        with ProcessPoolExecutor(1, max_tasks_per_child=1) as pool:
            pool.submit(write_usage, folder, arguments.rows, suffix).result()
            found = {work.__name__: pool.submit(measure, work, folder).result() for work in (scan, check)}
    for work, (rows, seconds, memory) in found.items():
        print(f"{work:>5}: {rows:,} rows of {suffix}, {seconds:6.2f} s, peak {memory:,.0f} MiB")
    print(f"ratio: {found['check'][1] / found['scan'][1]:.1f}")


if __name__ == "__main__":
    main()
