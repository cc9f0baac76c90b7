"""Seconds that the pages of the board take at many accounts, beside those of a page with nothing on it.

    python benchmarks/board_speed.py --workspace .falsegreen/demo --accounts 5000

copies what stands published in a workspace, with every account repeated under other ids until there are so many, serves
the board on it, and opens each page in Chromium: once to warm it, then five times. Prints the median from address to
the last thing drawn, how many times an empty page that is, and until the charts and tables below the screen are drawn
as well, for which the browser rests a second; and the same for a filter of the risk board. Needs Chromium; `CHROMIUM`
names it where it is called otherwise.
"""
# ruff: noqa: S608  (column names are of our own, paths are quoted)

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
from playwright.sync_api import Page, sync_playwright

from data_contracts.reading import quote_paths, quote_text
from pipelines.board.shell import PAGES
from pipelines.manifest import publish, published_dates, read_manifest
from pipelines.workspace import Workspace

ROOT = Path(__file__).parents[1]
RUN = "many"
REPEATED = ("account_id", "renewal_id", "contract_id", "event_id", "pulse_id", "play_id", "contact_id", "user_id")
BESIDE = ("accounts", "csms", "contacts", "csm_pulses", "plays", "usage_daily")
OPENINGS = 5
QUIET = 0.6
"""Seconds without any change from which on a page is held to be drawn."""
NOTICE_CHANGES = """
const how = { subtree: true, childList: true, attributes: true, characterData: true };
const watcher = new MutationObserver(() => { window.changed = performance.now(); });
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (...given) {
  const root = attach.apply(this, given);
  watcher.observe(root, how);
  return root;
};
watcher.observe(document, how);
window.changed = 0;
"""
"""Charts and tables are drawn within elements of their own, which a look at the document alone does not see."""
EMPTY = """import marimo
app = marimo.App(width="full")

@app.cell
def _():
    import marimo as mo
    mo.Html("<h1>Nothing</h1>")
    return
"""


def repeat(source: Path, target: Path, times: int) -> None:
    """Write a table with its accounts repeated under other ids; one that has none is copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    read = f"read_parquet({quote_paths([source])})"
    with duckdb.connect(":memory:") as connection:
        columns = [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()]
        if "account_id" not in columns:
            shutil.copy(source, target)
            return
        ids = ", ".join(f"{name} || suffix AS {name}" for name in REPEATED if name in columns)
        numbers = f"SELECT CASE number WHEN 0 THEN '' ELSE '-' || number END AS suffix FROM range({times}) t(number)"
        query = f"SELECT * EXCLUDE suffix REPLACE ({ids}) FROM {read}, ({numbers}) ORDER BY account_id"
        connection.execute(f"COPY ({query}) TO {quote_text(str(target))} (FORMAT parquet)")


def enlarge(workspace: Workspace, target: Workspace, accounts: int) -> date:
    """Publish the newest tables of a workspace into another one, with as many accounts as asked for."""
    day = published_dates(workspace, "account_risk")[-1]
    manifest = read_manifest(workspace, day)
    if manifest is None:
        raise SystemExit(f"{workspace.root} has nothing published.")
    run = workspace.run_folder(manifest.tables["account_risk"].run)
    with duckdb.connect(":memory:") as connection:
        there = f"read_parquet({quote_paths([run / 'accounts' / 'accounts.parquet'])})"
        found = connection.execute(f"SELECT count(DISTINCT account_id) FROM {there}").fetchone()
    times = -(-accounts // found[0]) if found else 1
    for table in BESIDE:
        if (run / table / f"{table}.parquet").is_file():
            repeat(run / table / f"{table}.parquet", target.run_folder(RUN) / table / f"{table}.parquet", times)
    for table, entry in manifest.tables.items():
        repeat(workspace.root / entry.path, target.table_file(RUN, table), times)
    publish(target, day, RUN, manifest.tables)
    shutil.copytree(workspace.mlflow, target.mlflow, dirs_exist_ok=True)
    return day


def until_quiet(page: Page, condition: str) -> float:
    """Seconds from the address at which a page last changed, once a condition holds and nothing changes any more."""
    page.wait_for_function(f"{condition} && performance.now() - window.changed > {1000 * QUIET}")
    return float(page.evaluate("window.changed")) / 1000


def opening(page: Page, address: str) -> tuple[float, float]:
    """Seconds from address until nothing changes any more, and until the last chart and table is drawn."""
    page.goto(address)
    on_screen = until_quiet(page, "document.querySelector('h1')")
    return on_screen, until_quiet(page, "!document.documentElement.hasAttribute('data-is-drawing')")


def filtering(page: Page, act: Callable[[], object]) -> tuple[float, float]:
    """Seconds from an act until nothing changes any more."""
    started = float(page.evaluate("performance.now()"))
    act()
    return until_quiet(page, f"window.changed > {started}") - started / 1000, float("nan")


def measure(address: str, empty: str) -> dict[str, tuple[float, float]]:
    """Medians by what was done."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.add_init_script(NOTICE_CHANGES)
        figures = {"an empty page": median(lambda: opening(page, empty))}
        for each in PAGES:
            figures[f"open: {each.title}"] = median(lambda path=each.path: opening(page, f"{address}/{path}/"))
        opening(page, f"{address}/risk/")
        tiers = iter(["high", "low", "elevated"] * OPENINGS)
        tier = page.get_by_label("tier", exact=True)
        figures["filter the risk board by tier"] = median(
            lambda: filtering(page, lambda: tier.select_option(next(tiers)))
        )
        browser.close()
    return figures


def median(act: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    """The medians of several times, after one that warms what is kept."""
    act()
    first, last = zip(*(act() for _ in range(OPENINGS)), strict=True)
    return statistics.median(first), statistics.median(last)


def free_port() -> int:
    """A port that nothing answers at."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--accounts", type=int, default=5000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        large = Workspace(Path(temporary) / "workspace")
        enlarge(Workspace(arguments.workspace), large, arguments.accounts)
        notebook = Path(temporary) / "empty.py"
        notebook.write_text(EMPTY, encoding="utf-8")
        ports = free_port(), free_port()
        typed = ["-m", "pipelines.command_line", "board", "--out", str(large.root), "--port", str(ports[0])]
        bare = ["-m", "marimo", "run", str(notebook), "--headless", "--no-token", "--port", str(ports[1])]
        servers = [subprocess.Popen([sys.executable, *command], cwd=ROOT) for command in (typed, bare)]
        try:
            for port in ports:
                while socket.socket().connect_ex(("127.0.0.1", port)):
                    time.sleep(0.2)
            figures = measure(*(f"http://127.0.0.1:{port}" for port in ports))
        finally:
            for server in servers:
                server.terminate()
    print(f"| {arguments.accounts:,} accounts | on the screen, s | times an empty page | all of it, s |")
    print("|---|---:|---:|---:|")
    for what, (first, last) in figures.items():
        print(f"| {what} | {first:.2f} | {first / figures['an empty page'][0]:.1f} | {last:.2f} |")


if __name__ == "__main__":
    main()
