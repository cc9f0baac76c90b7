"""Every page in a real browser, on a company that the walkthrough has brought from CSV files to its first table."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from data_contracts.contract import SOURCE_TABLES
from data_contracts.recorded_rows import read_recorded
from pipelines.board.server import NOTEBOOKS
from pipelines.board.shell import PAGES
from pipelines.ingestion import ingest_source
from pipelines.manifest import publish, published_dates, read_published
from pipelines.recording.people import add_person
from pipelines.recording.pulses import recorded_pulses
from pipelines.workspace import Workspace
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

ROOT = Path(__file__).parents[3]
SETTINGS = "model: {minimum_churns: 4, bootstrap_resamples: 20, booster: {rounds: 15}}\n"
WCAG_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
# Nothing that a browser does of its own accord leaves this machine either.
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000
DESKTOP, PHONE = {"width": 1300, "height": 900}, {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.slow,
    # Playwright leaves its event loop to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FALSEGREEN_")}
    return {**kept, **variables}


def run_notebook(name: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(NOTEBOOKS / name)],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company as CSV files."""
    made, folder = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("exports")
    generate_company(made, CompanySettings(accounts=50, years=3, futures=8))
    for table in SOURCE_TABLES:
        duckdb.sql(f"COPY (FROM '{made / f'{table}.parquet'}') TO '{folder / f'{table}.csv'}' (HEADER)")
    return folder


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "settings.yaml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def walked(exports: Path, config: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace that the walkthrough leaves."""
    root = tmp_path_factory.mktemp("board") / "workspace"
    where = {"FALSEGREEN_SOURCE": str(exports), "FALSEGREEN_HOME": str(root), "FALSEGREEN_CONFIG": str(config)}
    done = run_notebook("bring_your_data.py", **where)
    assert done.returncode == 0, done.stderr
    return Workspace(root)


@pytest.fixture(scope="module")
def workspace(walked: Workspace) -> Workspace:
    """The same, with an account whose name, reason and events are markup."""
    (day,) = published_dates(walked, "account_risk")
    risk = read_published(walked, "account_risk", day)
    account = risk["account_id"].iloc[0]
    tables = {"account_risk": ["account_name", "last_pulse_reason", "top_reason"], "risk_reasons": ["sentence"]}
    tables |= {"account_timeline": ["text"], "signals": ["evidence", "title"]}
    for table, columns in tables.items():
        rows = read_published(walked, table, day)
        rows.loc[rows["account_id"] == account, columns] = HOSTILE
        path = walked.table_file("hostile", table)
        path.parent.mkdir(parents=True)
        rows.to_parquet(path)
    publish(walked, day, "hostile", tables)
    return walked


@pytest.fixture(scope="module")
def hostile_account(workspace: Workspace) -> str:
    risk = read_published(workspace, "account_risk")
    return str(risk.loc[risk["account_name"] == HOSTILE, "account_id"].iloc[0])


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def serving(workspace: Workspace, config: Path, port: int) -> Iterator[str]:
    """The address of the board, served by the command that people type."""
    typed = ["board", "--out", str(workspace.root), "--port", str(port), "--config", str(config)]
    server = subprocess.Popen(
        [sys.executable, "-m", "pipelines.command_line", *typed], cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL
    )
    try:
        while True:
            assert server.poll() is None
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def board(workspace: Workspace, config: Path) -> Iterator[str]:
    with serving(workspace, config, free_port()) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None and not os.environ.get("CI"):
        pytest.skip("no Chromium is installed")
    assert found is not None
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM))
        yield chromium
        chromium.close()


class Look:
    """A page that is being looked at, and what went wrong meanwhile."""

    def __init__(self, browser: Browser, viewport: Any, storage: Any = None) -> None:
        self.context = browser.new_context(viewport=viewport, storage_state=storage)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.faults: list[str] = []
        self.elsewhere: list[str] = []
        self.has_run = False
        self.page.on("console", lambda said: said.type == "error" and self.faults.append(said.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("websocket", lambda opened: opened.on("framereceived", self._hear))

    def _note(self, address: str) -> None:
        if not address.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.elsewhere.append(address)

    def _hear(self, frame: str | bytes) -> None:
        # What the server says once every cell of a notebook has run; a heading is there long before, on a busy machine.
        self.has_run |= '"completed-run"' in str(frame)

    def open(self, address: str) -> Page:
        self.has_run = False
        self.page.goto(address)
        return self.settle()

    def sign_in(self, address: str, token: str) -> Page:
        """The page that the form of signing in leads to."""
        self.page.goto(address)
        return self.send_token(token)

    def send_token(self, token: str) -> Page:
        """The same, where the form is on its way already."""
        expect(self.page.get_by_label("Token")).to_be_focused(timeout=PATIENCE)
        self.page.keyboard.insert_text(token)
        self.has_run = False
        self.page.keyboard.press("Enter")
        return self.settle()

    def settle(self) -> Page:
        expect(self.page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
        deadline = time.monotonic() + PATIENCE / 1000
        while not self.has_run:
            assert time.monotonic() < deadline, f"{self.page.url} has not run to its end"
            self.page.wait_for_timeout(50)
        self.page.wait_for_load_state("networkidle")
        # What is below the screen is drawn once nothing else is.
        self.page.wait_for_function("!document.documentElement.hasAttribute('data-is-drawing')")
        self.page.wait_for_load_state("networkidle")
        return self.page

    def violations(self) -> list[str]:
        """What axe-core has to say against the page by WCAG AA, by rule and first place."""
        script = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        self.page.evaluate(script)
        found = self.page.evaluate("options => axe.run(document, options)", {"runOnly": WCAG_AA})
        return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    looking = Look(browser, DESKTOP)
    yield looking
    looking.context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", [page.path for page in PAGES])
def test_every_page_opens_without_a_fault_and_without_a_request_off_the_machine(
    browser: Browser, board: str, path: str, viewport: dict[str, int]
) -> None:
    looking = Look(browser, viewport)
    page = looking.open(f"{board}/{path}/")
    assert page.locator(".marimo-error").count() == 0
    assert looking.violations() == []
    assert looking.faults == []
    assert looking.elsewhere == []
    # Tables scroll within themselves; the page itself is as wide as the screen.
    assert page.evaluate("document.getElementById('App').scrollWidth") <= viewport["width"]
    looking.context.close()


def test_filters_narrow_the_table(look: Look, board: str, workspace: Workspace) -> None:
    risk = read_published(workspace, "account_risk")
    page = look.open(f"{board}/risk/")
    expect(page.get_by_text(f"{len(risk):,} of {len(risk):,} renewals")).to_be_visible()
    tier = str(risk["risk_tier"].dropna().iloc[0])
    page.get_by_label("tier", exact=True).select_option(tier)
    left = int((risk["risk_tier"] == tier).sum())
    assert 0 < left < len(risk)
    expect(page.get_by_text(f"{left:,} of {len(risk):,} renewals")).to_be_visible(timeout=PATIENCE)


def test_a_chosen_row_is_explained_and_leads_to_the_account(look: Look, board: str, workspace: Workspace) -> None:
    risk = read_published(workspace, "account_risk")
    page = look.open(f"{board}/risk/")
    page.get_by_role("checkbox").nth(1).click()
    name = str(risk["account_name"].iloc[1])
    page.locator("section.fg").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible(timeout=PATIENCE)


def test_blanks_and_case_of_an_account_in_the_address_are_forgiven(
    look: Look, board: str, workspace: Workspace
) -> None:
    risk = read_published(workspace, "account_risk")
    account, name = risk[["account_id", "account_name"]].iloc[1]
    page = look.open(f"{board}/account/?account=%20{account.lower()}%20")
    expect(page.get_by_role("heading", level=1, name=str(name))).to_be_visible(timeout=PATIENCE)


def test_what_is_below_the_screen_is_drawn_too_though_nobody_scrolls(look: Look, board: str) -> None:
    page = look.open(f"{board}/gut-feel/")
    charts, tables = page.locator("marimo-mime-renderer"), page.locator("marimo-table")
    expect(charts.nth(1)).to_be_attached()
    expect(charts.locator("[role=graphics-document][aria-label]")).to_have_count(charts.count())
    expect(tables.get_by_role("table")).to_have_count(tables.count())


def test_the_address_names_the_account_that_is_shown(look: Look, board: str, workspace: Workspace) -> None:
    risk = read_published(workspace, "account_risk").drop_duplicates("account_id")
    first, second = risk["account_id"].iloc[1:3]
    page = look.open(f"{board}/account/?account={first}")
    shown = page.inner_text("h1")
    page.locator("marimo-dropdown").first.get_by_role("button").first.click()
    page.get_by_role("option", name=str(risk["account_name"].iloc[2])).first.click()
    page.wait_for_url(f"**/account/?account={second}")
    page.go_back()
    page.wait_for_function("shown => document.querySelector('h1')?.innerText === shown", arg=shown)
    assert page.url.endswith(f"account={first}")


def test_markup_in_names_reasons_and_events_is_text(look: Look, board: str, hostile_account: str) -> None:
    for address in (f"{board}/risk/", f"{board}/account/?account={hostile_account}"):
        page = look.open(address)
        expect(page.get_by_text(HOSTILE, exact=False).first).to_be_visible(timeout=PATIENCE)
        assert page.evaluate("window.hit") is None
    assert look.faults == []


def test_a_pulse_is_recorded_by_keyboard_and_counts_from_the_next_day(
    browser: Browser, board: str, workspace: Workspace, exports: Path, tmp_path: Path
) -> None:
    risk = read_published(workspace, "account_risk")
    account, csm = risk.loc[risk["csm_id"].notna(), ["account_id", "csm_id"]].iloc[2]
    looking = Look(browser, DESKTOP)
    page = looking.page
    looking.sign_in(f"{board}/sign-in?next=pulse", add_person(workspace, csm, {}, datetime.now(UTC)))
    expect(page.get_by_text(f"signed in as {csm}")).to_be_visible(timeout=PATIENCE)

    page = looking.open(f"{board}/pulse/?account={account}")
    red = page.get_by_role("radio", name="red")
    expect(red).to_be_visible(timeout=PATIENCE)
    tab_to(page, page.get_by_role("radiogroup").first.locator(":focus"))
    while not red.is_checked():
        page.keyboard.press("ArrowRight")
    tab_to(page, page.get_by_label("Why, in one sentence"))
    page.keyboard.insert_text("ok")
    save = page.get_by_role("button", name="Save the pulse")
    tab_to(page, save)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The reason says nothing in particular")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Keep it as it is")).to_be_visible()
    assert not recorded_pulses(workspace).rows
    page.get_by_label("Why, in one sentence").focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(f"Their new CFO froze the budget {HOSTILE}")
    tab_to(page, save)
    page.keyboard.press("Enter")
    said = page.locator("fg-answer", has_text="Not yet in the score")
    expect(said).to_be_focused(timeout=PATIENCE)
    expect(said).to_have_role("status")
    assert looking.violations() == []
    assert looking.faults == []
    assert page.evaluate("window.hit") is None

    (row,) = recorded_pulses(workspace).rows.values()
    wanted = {"account_id": account, "csm_id": csm, "sentiment": "red", "model_visible": "no"}
    assert {name: row[name] for name in wanted} == wanted
    page = looking.open(f"{board}/risk/")
    expect(page.get_by_text(f"red on {row['recorded_at'][:10]}").first).to_be_visible(timeout=PATIENCE)
    looking.context.close()

    today = datetime.fromisoformat(str(row["recorded_at"])).date()
    for day, is_there in ((today, False), (today + timedelta(days=1), True)):
        run = tmp_path / str(day)
        for table in ("accounts", "csms", "csm_pulses"):
            ingest_source(table, exports, day, run, workspace.recorded)
        known = pd.read_parquet(run / "csm_pulses" / "csm_pulses.parquet")
        assert (row["pulse_id"] in set(known["pulse_id"])) == is_there


def test_a_reason_typed_into_a_page_whose_server_is_gone_comes_back(
    look: Look, workspace: Workspace, config: Path
) -> None:
    risk = read_published(workspace, "account_risk")
    account = risk["account_id"].iloc[-1]
    page, port, reason = look.page, free_port(), "Their new CFO froze the budget"
    token, why = add_person(workspace, "deputy", {}, datetime.now(UTC)), page.get_by_label("Why, in one sentence")
    with serving(workspace, config, port) as board:
        look.sign_in(f"{board}/sign-in?next=pulse&account={account}", token)
        why.focus()
        page.keyboard.insert_text(reason)
    gone = page.get_by_role("alert").filter(has_text="does not answer")
    expect(gone).to_be_visible(timeout=PATIENCE)
    with serving(workspace, config, port):
        gone.get_by_role("button", name="Open again").click()
        # Who is signed in is known to the server that was stopped.
        page.get_by_role("link", name="sign in to record").click()
        look.send_token(token)
        expect(why).to_have_value("", timeout=PATIENCE)
        why.focus()
        expect(why).to_have_value(reason, timeout=PATIENCE)
        # What is sent is what the field shows.
        page.get_by_role("radiogroup").first.get_by_role("radio", name="red").check()
        page.get_by_role("button", name="Save the pulse").click()
        expect(page.locator("fg-answer", has_text="Not yet in the score")).to_be_visible(timeout=PATIENCE)
    assert reason in {row["reason"] for row in recorded_pulses(workspace).rows.values()}


def test_a_play_begins_and_ends_by_keyboard(browser: Browser, board: str, workspace: Workspace) -> None:
    risk = read_published(workspace, "account_risk")
    owned = risk[risk["csm_id"].notna()]
    # Whoever records a pulse in the test above has a token already; a play of another system cannot be ended here.
    is_free = (owned["csm_id"] != owned["csm_id"].iloc[2]) & owned["open_play_since"].isna()
    account, csm = owned.loc[is_free, ["account_id", "csm_id"]].iloc[0]
    looking = Look(browser, DESKTOP)
    page = looking.page
    token = add_person(workspace, csm, {}, datetime.now(UTC))
    looking.sign_in(f"{board}/sign-in?next=pulse&account={account}", token)
    expect(page.get_by_label("What is begun")).to_be_visible(timeout=PATIENCE)
    tab_to(page, page.get_by_label("What is begun"))
    page.keyboard.insert_text("executive call")
    tab_to(page, page.get_by_role("button", name="Start a play"))
    page.keyboard.press("Enter")
    expect(page.locator("fg-answer", has_text="The play “executive call” has started.")).to_be_focused(timeout=PATIENCE)
    ended = page.get_by_role("radio", name="has ended")
    expect(ended).to_be_visible(timeout=PATIENCE)
    # What was answered stands below the forms.
    tab_to(page, page.get_by_role("radiogroup").last.locator(":focus"), "Shift+Tab")
    while not ended.is_checked():
        page.keyboard.press("ArrowRight")
    tab_to(page, page.get_by_role("button", name="Put on record"))
    page.keyboard.press("Enter")
    expect(page.locator("fg-answer", has_text="The play “executive call” has ended.")).to_be_focused(timeout=PATIENCE)
    assert looking.faults == []
    assert looking.violations() == []
    (play,) = [row for row in read_recorded(workspace.recorded / "plays").rows.values() if row["ended_at"]]
    assert (play["account_id"], play["kind"], play["csm_id"]) == (account, "executive call", csm)
    looking.context.close()


def tab_to(page: Page, element: Any, key: str = "Tab") -> None:
    """Press Tab (or Shift and Tab) until an element has the focus, as somebody without a mouse would."""
    for _ in range(100):
        if element.count() and element.evaluate("element => element.matches(':focus')"):
            return
        page.keyboard.press(key)
    raise AssertionError("the element cannot be reached by keyboard")


@pytest.mark.parametrize("name", sorted({page.notebook for page in PAGES} - {"bring_your_data.py"}))
@pytest.mark.parametrize("is_empty", [False, True], ids=["published", "empty"])
def test_every_notebook_runs_as_a_script(workspace: Workspace, tmp_path: Path, name: str, *, is_empty: bool) -> None:
    done = run_notebook(name, FALSEGREEN_HOME=str(tmp_path if is_empty else workspace.root))
    assert done.returncode == 0, done.stderr


def test_the_board_keeps_to_reading(board: str, browser: Browser) -> None:
    """Whoever opens a page can set its widgets, and cannot have code of their own run."""
    context = browser.new_context()
    cell = {"cellIds": ["a"], "codes": ["open('/tmp/owned', 'w')"]}
    answer = context.request.post(f"{board}/risk/api/kernel/run", data=json.dumps(cell))
    assert answer.status in (401, 403)
    context.close()
