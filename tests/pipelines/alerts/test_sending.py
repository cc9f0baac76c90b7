"""What is new is told once: over re-runs, crashes and two processes, to whom it concerns, and without a flood."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data_contracts.contract import source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.source_files import find_source
from pipelines.alerts import sending
from pipelines.alerts.addresses import AddressBook, Recipient, read_owners
from pipelines.alerts.delivery import Channel
from pipelines.alerts.news import Alert
from pipelines.alerts.outbox import OutboxError
from pipelines.alerts.report import Report
from pipelines.alerts.sending import pending_work, preview_alerts, send_alerts
from pipelines.command_line import app
from pipelines.settings import AlertSettings, RunSettings, Settings

ROOT = Path(__file__).parents[3]
MONDAY, TUESDAY = date(2026, 6, 29), date(2026, 6, 30)
Owners = dict[str, dict[str, Any]]


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> Owners:
    """What the source tables say of owners; empty until a test fills it in."""
    known: Owners = {}
    monkeypatch.setattr(sending, "read_owners", lambda *_arguments: known)
    return known


def look(desk: Any, environment: Mapping[str, str], **alerts: Any) -> Report:
    settings = Settings(alerts=AlertSettings(**{"attempts": 1, **alerts}))
    return send_alerts(desk.workspace, settings, environment, clock=desk.clock, sleep=lambda _seconds: None)


def crash(desk: Any, environment: Mapping[str, str], where: object, step: str) -> None:
    """Look, and end in the middle: before a step is done."""

    def stop(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(where, step, stop)
        with pytest.raises(KeyboardInterrupt):
            look(desk, environment)


def channel(hook: Any) -> dict[str, str]:
    return {"FALSEGREEN_ALERTS": hook.json_url}


def entries(desk: Any) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted(desk.workspace.outbox.glob("????-??-??/*.json"))]


def states(desk: Any) -> list[list[str]]:
    return [[step["state"] for step in entry["history"]] for entry in entries(desk)]


def plant_news(desk: Any, count: int = 1, **columns: object) -> None:
    """Signals that begin on Tuesday, one per account."""
    desk.plant_signals(MONDAY)
    desk.plant_signals(TUESDAY, *((f"account {number:02}", TUESDAY) for number in range(count)), **columns)


def test_news_is_told_once_however_often_one_looks(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk)

    first, second = look(desk, channel(hook)), look(desk, channel(hook))
    plant_news(desk)
    third = look(desk, channel(hook))

    assert hook.texts == [
        "Champion left: account 00\nWhy: left on 2026-06-20\nDo: Ask who took over [champion]\n"
        "For Kim Lee. As of 2026-06-30."
    ]
    assert (first.summary(), second.summary(), third.summary()) == (
        "Alerts: 1 sent.", "Alerts: nothing to send.", "Alerts: nothing to send.",
    )  # fmt: skip
    assert first.is_clean
    assert states(desk) == [["written", "sending", "sent"]]


def test_a_rerun_with_other_news_tells_nobody(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk)
    look(desk, channel(hook))

    desk.plant_signals(TUESDAY, ("account 00", TUESDAY), ("delivered late", TUESDAY))
    look(desk, channel(hook))

    assert len(hook.requests) == 1


def test_no_token_is_kept(desk: Any, hook: Any, owners: Owners) -> None:
    hook.answer(200, 404)
    plant_news(desk, count=2)

    report = look(desk, channel(hook))

    kept = "".join(path.read_text(encoding="utf-8") for path in desk.workspace.outbox.rglob("*") if path.is_file())
    assert "FALSEGREEN_ALERTS" in kept
    assert hook.token not in kept
    assert hook.token not in repr(report)


def test_what_certainly_did_not_arrive_is_tried_by_the_next_run(desk: Any, hook: Any, owners: Owners) -> None:
    hook.answer(503)
    plant_news(desk)

    failed = look(desk, channel(hook))
    again = look(desk, channel(hook))

    assert failed.summary() == "Alerts: 1 to be tried again."
    assert not failed.is_clean
    assert again.summary() == "Alerts: 1 sent."
    assert states(desk) == [["written", "sending", "failed", "sending", "sent"]]
    assert entries(desk)[0]["history"][2]["detail"] == "answered 503"


def test_what_may_have_arrived_is_reported_and_not_sent_again(desk: Any, hook: Any, owners: Owners) -> None:
    hook.answer(0)
    plant_news(desk)

    unknown = look(desk, channel(hook))
    look(desk, channel(hook))

    assert unknown.summary() == "Alerts: 1 that may or may not have arrived."
    assert not unknown.is_clean
    assert len(hook.requests) == 1


def test_a_crash_before_sending_loses_nothing(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk)
    crash(desk, channel(hook), sending, "plan_messages")
    assert states(desk) == [["written"]]

    look(desk, channel(hook))

    assert len(hook.requests) == 1


def test_a_crash_before_all_is_written_loses_and_doubles_nothing(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk, count=2)
    desk.plant_risk(MONDAY, ("account 00", "open", "low"))
    desk.plant_risk(TUESDAY, ("account 00", "known_loss", None))
    crash(desk, channel(hook), sending.Outbox, "mark_looked")
    next_day = TUESDAY + timedelta(days=1)
    desk.plant_signals(next_day, ("account 00", TUESDAY), ("account 01", TUESDAY))
    desk.plant_risk(next_day, ("account 00", "known_loss", None))
    desk.now += timedelta(days=1)

    look(desk, channel(hook))
    look(desk, channel(hook))

    assert sorted(text.split("\n")[0] for text in hook.texts) == [
        "Champion left: account 00", "Champion left: account 01", "Lost: account 00",
    ]  # fmt: skip


def test_a_crash_while_sending_is_told_and_not_repeated(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk)
    crash(desk, channel(hook), Channel, "deliver")
    assert states(desk) == [["written", "sending"]]

    told = look(desk, channel(hook))

    assert not hook.requests
    assert told.lost == ["Champion left: account 00 (to FALSEGREEN_ALERTS)"]
    assert not told.is_clean
    assert look(desk, channel(hook)).is_clean


def test_two_processes_tell_it_once(desk: Any, hook: Any, owners: Owners) -> None:
    desk.now = datetime.now(UTC)
    desk.plant_signals(desk.now.date() - timedelta(days=1))
    desk.plant_signals(desk.now.date(), ("account", desk.now.date()))
    command = [sys.executable, "-m", "pipelines.command_line", "alerts", "--send", "--out", str(desk.workspace.root)]
    environment = {**os.environ, **channel(hook), "PYTHONPATH": str(ROOT)}
    # The first to come is kept waiting with the message in hand.
    hook.answer(429, 200, headers={"Retry-After": "1"})

    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE) as other:
        while not hook.requests and other.poll() is None:
            time.sleep(0.01)
        mine = look(desk, channel(hook))
        printed, _ = other.communicate(timeout=300)

    assert other.returncode == 0
    assert printed.strip().splitlines()[-1] == "Alerts: 1 sent."
    assert mine.summary() == "Alerts: nothing to send."
    assert len(hook.requests) == 2


def test_a_csm_and_the_team_are_told_by_their_own_ways(desk: Any, hook: Any, owners: Owners) -> None:
    owners["account 00"] = {"team": "north", "email": "kim@example.com"}
    plant_news(desk)
    environment = {"KIM": hook.json_url, "NORTH": hook.slack_like_url, "FALSEGREEN_ALERTS": "json://127.0.0.1:1/"}

    look(desk, environment, csms={"C1": "KIM"}, teams={"north": "NORTH"})

    assert sorted(path for path, _ in hook.requests) == sorted([f"/{hook.token}", f"/hooks/{hook.token}"])


def test_a_channel_that_is_both_is_told_once(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk)

    look(desk, channel(hook), csms={"C1": "FALSEGREEN_ALERTS"})

    assert len(hook.requests) == 1


def test_a_new_owner_is_told_whose_it_was(desk: Any, hook: Any, owners: Owners) -> None:
    owners["account 00"] = {"previous_csm_id": "C0", "previous_csm_name": "<!channel>"}
    plant_news(desk)

    look(desk, channel(hook))

    assert "For Kim Lee. The account was <\u200b!channel>'s until this week." in hook.texts[0]


def test_what_nobody_can_be_told_of_waits_for_an_address(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk, csm_name=None)

    report, again = look(desk, {}, csms={"C1": "KIM"}), look(desk, {})

    assert report.undeliverable == again.undeliverable == ["Champion left: account 00 (C1)"]
    assert "KIM is named in the settings and is not set." in report.notes
    assert states(desk) == []

    told, after = look(desk, channel(hook)), look(desk, channel(hook))

    assert told.undeliverable == []
    assert states(desk) == [["written", "sending", "sent"]]
    assert len(hook.texts) == 1
    assert after.is_clean


ALERT = Alert("signal", "A1", "", "x@2026-06-30", TUESDAY, "C1", "Kim Lee", "title", ("line",))


def test_there_is_work_until_it_is_done(desk: Any, hook: Any, owners: Owners) -> None:
    def work() -> list[str]:
        return pending_work(desk.workspace, Settings(alerts=AlertSettings(limit_per_day=1)), desk.now)

    assert not work()
    hook.answer(503)
    plant_news(desk)
    assert work() == ["signals as of 2026-06-30"]
    look(desk, channel(hook), limit_per_day=1)
    assert work() == ["messages wait"]
    look(desk, channel(hook), limit_per_day=1)
    assert not work()


@pytest.mark.parametrize(
    ("email", "address"),
    [
        ("kim.lee+cs@example.com", "mailtos://mail.example.com?to=kim.lee%2Bcs%40example.com&from=a@b.example"),
        ("kim@example.com,eve@example.com", None),
        ("kim@example.com&to=eve@example.com", None),
        ("kim@example.com\nbcc: eve@example.com", None),
        ("kim", None),
        (None, None),
    ],
)
def test_a_mailbox_is_one_mailbox(email: str | None, address: str | None) -> None:
    template = "mailtos://mail.example.com?to={email}&from=a@b.example"
    book = AddressBook(AlertSettings(), {"FALSEGREEN_ALERTS_EMAIL": template})

    found = book.recipients(ALERT, {"email": email})

    assert [book.address(each) for each in found] == ([address] if address else [])
    assert found == ([Recipient("FALSEGREEN_ALERTS_EMAIL:C1", str(email))] if address else [])


def test_an_e_mail_that_failed_still_knows_its_mailbox(
    desk: Any, owners: Owners, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners["account 00"] = {"email": "kim@example.com"}
    plant_news(desk)
    look(desk, {"FALSEGREEN_ALERTS_EMAIL": f"mailto://127.0.0.1:{unused_port}?from=a@b.example&to={{email}}&cto=0.5"})
    assert states(desk) == [["written", "sending", "failed"]]
    opened: list[str | None] = []
    monkeypatch.setattr(sending, "Channel", lambda address, *_rest: opened.append(address) or _Taker())

    look(desk, {"FALSEGREEN_ALERTS_EMAIL": "mailto://127.0.0.1?to={email}"})

    assert opened == ["mailto://127.0.0.1?to=kim%40example.com"]


class _Taker:
    def deliver(self, _title: str, _text: str) -> Any:
        return sending.Told("", "", "", 0, "sent")


def test_too_much_for_a_day_comes_as_one_digest(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk, count=4)

    report = look(desk, channel(hook), limit_per_day=3)

    assert len(hook.requests) == 1
    assert hook.texts[0].startswith("4 alerts as of 2026-06-30\n- Champion left: account 00 (Kim Lee)\n")
    assert report.summary() == "Alerts: 4 sent."
    assert {entry["history"][-1]["message"] for entry in entries(desk)} == {entries(desk)[0]["history"][-1]["message"]}


def test_the_limit_is_of_a_day_and_not_of_a_run(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk, count=2)
    look(desk, channel(hook), limit_per_day=3)
    desk.plant_risk(MONDAY, ("a", "open", "low"), ("b", "open", "low"))
    desk.plant_risk(TUESDAY, ("a", "open", "high"), ("b", "open", "high"))
    look(desk, channel(hook), limit_per_day=3)
    assert [text.split("\n")[0] for text in hook.texts[2:]] == ["2 alerts as of 2026-06-30"]

    hook.requests.clear()
    desk.now += timedelta(days=1)
    wednesday = TUESDAY + timedelta(days=1)
    desk.plant_risk(
        wednesday, *((name, "open", "high") for name in "ab"), *((name, "known_loss", None) for name in "cd")
    )
    look(desk, channel(hook), limit_per_day=1)
    assert [text.split("\n")[0] for text in hook.texts] == ["2 alerts as of 2026-07-01"]
    desk.plant_signals(wednesday, ("late", wednesday), ("later", wednesday))
    held = look(desk, channel(hook), limit_per_day=1)
    assert held.held == {"FALSEGREEN_ALERTS": 2}
    assert len(hook.requests) == 1

    desk.now += timedelta(days=1)
    look(desk, channel(hook), limit_per_day=1)
    assert hook.texts[-1].startswith("2 alerts as of 2026-07-01")


def test_what_is_down_for_one_alert_is_down_for_the_next_and_not_for_others(
    desk: Any, hook: Any, owners: Owners, unused_port: int
) -> None:
    plant_news(desk, count=3)
    environment = {"DOWN": f"json://127.0.0.1:{unused_port}/", **channel(hook)}

    report = look(desk, environment, csms={"C1": "DOWN"})

    assert len(hook.requests) == 3
    assert [told.state for told in report.told if told.recipient == "DOWN"] == ["failed", "written", "written"]
    assert report.summary() == "Alerts: 3 sent, 3 to be tried again."


def test_news_that_could_not_be_told_in_three_days_is_given_up(desk: Any, hook: Any, owners: Owners) -> None:
    hook.answer(503)
    plant_news(desk)
    look(desk, channel(hook))
    desk.now += timedelta(days=4)

    report = look(desk, channel(hook))

    assert report.expired == ["Champion left: account 00 (to FALSEGREEN_ALERTS)"]
    assert len(hook.requests) == 1
    assert states(desk)[0][-1] == "expired"
    assert look(desk, channel(hook)).is_clean


def test_a_dry_run_shows_all_and_writes_nothing(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk)

    report = preview_alerts(desk.workspace, Settings(), channel(hook), desk.clock)

    assert [(told.recipient, told.state) for told in report.told] == [("FALSEGREEN_ALERTS", "written")]
    assert not hook.requests
    assert not desk.workspace.outbox.exists()


def test_source_tables_that_are_gone_cost_addresses_and_nothing_else(desk: Any, hook: Any) -> None:
    plant_news(desk)

    report = look(desk, channel(hook))

    assert len(hook.requests) == 1
    assert any("no e-mail address and no team is known" in note for note in report.notes)


def test_a_file_that_is_no_alert_stops_the_look_before_anything_is_sent(desk: Any, hook: Any, owners: Owners) -> None:
    plant_news(desk)
    broken = desk.workspace.outbox / "2026-06-30" / "x.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{", encoding="utf-8")

    with pytest.raises(OutboxError, match=r"x\.json is not an alert"):
        look(desk, channel(hook))
    assert not hook.requests


@pytest.fixture
def sources_of(desk: Any, tmp_path: Path) -> Callable[[str], None]:
    """Ingests two accounts and their CSM into the run that published a table."""

    def ingest(run: str) -> None:
        source = tmp_path / "tables"
        source.mkdir()
        (source / "accounts.csv").write_text(
            "account_id,valid_from,account_name,segment,industry,region,csm_id,recorded_at\n"
            "account 00,2023-01-01,Acme,smb,retail,north,C0,2023-01-01\n"
            "account 00,2026-06-27,Acme,smb,retail,north,C1,2026-06-27\n",
            encoding="utf-8",
        )
        (source / "csms.csv").write_text(
            "csm_id,valid_from,csm_name,email,team,recorded_at\n"
            "C0,2023-01-01,Bo,bo@example.com,north,2023-01-01\n"
            "C1,2023-01-01,Kim Lee,kim@example.com,north,2023-01-01\n",
            encoding="utf-8",
        )
        for name in ("renewals", "usage_daily"):
            header = ",".join(source_contracts()[name].column_names)
            (source / f"{name}.csv").write_text(f"{header}\n", encoding="utf-8")
        ingested: dict[str, Path] = {}
        for name, contract in source_contracts().items():
            ingest_table(contract, find_source(source, name), TUESDAY, desk.workspace.run_folder(run) / name, ingested)
            ingested[name] = desk.workspace.run_folder(run) / name / f"{name}.parquet"

    return ingest


def test_owners_come_from_the_run_that_published(desk: Any, hook: Any, sources_of: Any) -> None:
    desk.plant_signals(MONDAY)
    sources_of(desk.plant_signals(TUESDAY, ("account 00", TUESDAY)))

    look(desk, {"NORTH": hook.json_url}, teams={"north": "NORTH"})

    assert hook.texts[0].endswith("For Kim Lee. The account was Bo's until this week. As of 2026-06-30.")
    owner = read_owners(desk.workspace, "signals", TUESDAY, RunSettings())["account 00"]
    assert (owner["email"], owner["team"]) == ("kim@example.com", "north")


def test_the_command_is_dry_unless_told_and_a_channel_that_is_down_is_no_failure(
    desk: Any, unused_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    desk.plant_signals(today - timedelta(days=1))
    desk.plant_signals(today, ("account", today))
    monkeypatch.setenv("FALSEGREEN_ALERTS", f"json://127.0.0.1:{unused_port}/")
    config = tmp_path / "settings.yaml"
    config.write_text("alerts: {attempts: 1}", encoding="utf-8")
    command = ["alerts", "--out", str(desk.workspace.root), "--config", str(config)]

    dry = CliRunner().invoke(app, command)
    assert dry.exit_code == 0
    assert "Why: left on 2026-06-20" in dry.output
    assert "Dry run: nothing was sent or written." in dry.output

    sent = CliRunner().invoke(app, [*command, "--send"])
    assert sent.exit_code == 0
    assert sent.output.strip().splitlines()[-1] == "Alerts: 1 to be tried again."

    assert CliRunner().invoke(app, [*command, "--send", "--as-of", "2026-06-30"]).exit_code == 2
