"""The job tells and warns, never fails for a channel; the sensor asks when there is something to tell."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.alerts.report import Report, Told
from pipelines.defs.alerts import ARRIVE_CHECK, alerts_after_publication, arrive_check_result, outbox
from pipelines.defs.places import Places


@pytest.fixture
def sending(desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A workspace with news of today, in an environment whose settings say to send."""
    settings = tmp_path / "settings.yaml"
    settings.write_text("alerts: {send: true, attempts: 1}", encoding="utf-8")
    monkeypatch.setenv("FALSEGREEN_HOME", str(desk.workspace.root))
    monkeypatch.setenv("FALSEGREEN_CONFIG", str(settings))
    today = datetime.now(UTC).date()
    desk.plant_signals(today - timedelta(days=1))
    desk.plant_signals(today, ("account", today))
    return desk


def run_job() -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize([outbox], resources={"places": Places()}, instance=instance, raise_on_error=False)


def tick() -> Any:
    with dg.DagsterInstance.ephemeral() as instance:
        return alerts_after_publication(dg.build_sensor_context(instance=instance))


def test_the_job_sends_and_passes(sending: Any, hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FALSEGREEN_ALERTS", hook.json_url)
    assert "signals as of" in tick().run_key

    result = run_job()

    assert result.success
    assert [evaluation.passed for evaluation in result.get_asset_check_evaluations()] == [True]
    assert len(hook.requests) == 1
    assert isinstance(tick(), dg.SkipReason)


def test_a_channel_that_is_down_warns_and_fails_nothing(
    sending: Any, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FALSEGREEN_ALERTS", f"json://127.0.0.1:{unused_port}/token")

    result = run_job()

    (warning,) = result.get_asset_check_evaluations()
    assert result.success
    assert (warning.check_name, warning.passed, warning.severity) == (ARRIVE_CHECK, False, dg.AssetCheckSeverity.WARN)
    assert str(warning.description).startswith("Alerts: 1 to be tried again. FALSEGREEN_ALERTS: Champion left: account")
    assert tick().run_key.startswith("messages wait @ ")


def test_nothing_is_sent_unless_the_settings_say_so(sending: Any, hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FALSEGREEN_ALERTS", hook.json_url)
    monkeypatch.delenv("FALSEGREEN_CONFIG")

    assert run_job().success

    assert not hook.requests
    assert not sending.workspace.outbox.exists()
    assert isinstance(tick(), dg.SkipReason)


def test_the_warning_names_all_that_did_not_arrive() -> None:
    report = Report(
        told=[Told("CHANNEL", "a", "text", 1, "sent"), Told("CHANNEL", "b", "text", 1, "unknown", "no answer")],
        undeliverable=["c"],
        lost=["d"],
        expired=["e"],
    )

    assert arrive_check_result(report).description == (
        "Alerts: 1 sent, 2 that may or may not have arrived, 1 with nobody to tell, 1 given up. "
        "CHANNEL: b, unknown, no answer. Nobody to tell: c. May or may not have arrived: d. Given up: e."
    )
    assert arrive_check_result(Report()).passed
