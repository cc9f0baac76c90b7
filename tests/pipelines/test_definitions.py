"""The code location loads as Dagster loads it, and holds what people rely on by name."""

from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import pytest
from dagster import partition_loading_context

from data_contracts.contract import OUTPUT_TABLES, SOURCE_TABLES
from features.spine import GRID_START
from models.leak_guard import Leak
from pipelines.definitions import defs
from pipelines.defs.partitions import AS_OF
from pipelines.defs.training import LEAK_CHECK, leak_check_result


@pytest.fixture(scope="module")
def repository() -> Any:
    return defs().get_repository_def()


def keys(graph: Any) -> set[str]:
    return {key.to_user_string() for key in graph.get_all_asset_keys()}


def test_the_graph_holds_every_table_and_its_makers(repository: Any) -> None:
    makers = {
        "training_snapshots",
        "training_labels",
        "churn_model",
        "scoring_snapshots",
        "publish",
        "publish_backtest",
        "weekly_brief",
        "outbox",
    }

    assert keys(repository.asset_graph) == {*SOURCE_TABLES, *OUTPUT_TABLES, *makers}


def test_every_contract_has_its_blocking_check(repository: Any) -> None:
    checked = {
        key.asset_key.to_user_string()
        for key in repository.asset_graph.asset_check_keys
        if repository.asset_graph.get_check_spec(key).blocking
    }

    assert checked == {*SOURCE_TABLES, *OUTPUT_TABLES}


def test_the_model_has_a_check_that_fails_and_names_the_input_that_leaks(repository: Any) -> None:
    checks = {
        key.name for key in repository.asset_graph.asset_check_keys if key.asset_key == dg.AssetKey("churn_model")
    }
    assert LEAK_CHECK in checks

    assert leak_check_result(()).passed
    result = leak_check_result([Leak("usage__noise_28d", float("inf"), "It has a value only among the churned.")])
    assert not result.passed
    assert result.description is not None
    assert "usage__noise_28d" in result.description
    assert "usage__noise_28d" in result.metadata


def test_publishing_comes_after_every_source_and_every_table_of_its_date(repository: Any) -> None:
    parents = repository.asset_graph.get(dg.AssetKey("publish")).parent_keys

    assert {key.to_user_string() for key in parents} == {
        *SOURCE_TABLES,
        "account_risk",
        "risk_reasons",
        "false_greens",
        "renewal_forecast",
        "forecast_track_record",
        "model_drift",
        "signals",
        "account_timeline",
    }


def test_what_is_made_for_a_date_is_partitioned_and_training_is_not(repository: Any) -> None:
    graph = repository.asset_graph
    partitioned = {name for name in keys(graph) if graph.get(dg.AssetKey(name)).partitions_def is not None}

    made = {"scoring_snapshots", "account_risk", "risk_reasons", "false_greens", "renewal_forecast", "model_drift"}
    made |= {"signals", "account_timeline"}
    assert partitioned == {*SOURCE_TABLES, *made, "publish", "weekly_brief"}
    assert all(graph.get(dg.AssetKey(name)).partitions_def == AS_OF for name in partitioned)


@pytest.mark.parametrize(
    ("job", "first", "last"),
    [
        ("ingest", "accounts", "plays"),
        ("training", "accounts", "churn_model"),
        ("watch", "signals", "publish"),
        ("scoring", "accounts", "weekly_brief"),
        ("scoring", "forecast_track_record", "publish"),
    ],
)
def test_every_job_brings_in_the_sources_first(repository: Any, job: str, first: str, last: str) -> None:
    selected = {key.to_user_string() for key in repository.get_job(job).asset_layer.selected_asset_keys}

    assert {first, last, *SOURCE_TABLES} <= selected


def test_alerts_are_a_job_of_their_own_after_publication(repository: Any) -> None:
    selected = {key.to_user_string() for key in repository.get_job("alerts").asset_layer.selected_asset_keys}
    others = {
        key.to_user_string()
        for job in ("ingest", "training", "watch", "scoring")
        for key in repository.get_job(job).asset_layer.selected_asset_keys
    }

    assert selected == {"outbox"}
    assert "outbox" not in others
    assert {key.to_user_string() for key in repository.asset_graph.get(dg.AssetKey("outbox")).parent_keys} == {
        "publish"
    }


def test_a_day_can_be_scored_as_soon_as_it_begins() -> None:
    with partition_loading_context(effective_dt=datetime(2026, 6, 29, 0, 1, tzinfo=UTC)):
        assert AS_OF.get_last_partition_key() == "2026-06-29"
    assert AS_OF.get_first_partition_key() == GRID_START.isoformat()


@pytest.mark.parametrize(
    ("schedule", "tick", "as_of"),
    [
        ("weekly_scoring", datetime(2026, 6, 29, 5, tzinfo=UTC), date(2026, 6, 29)),
        ("weekly_scoring", datetime(2026, 10, 26, 5, tzinfo=UTC), date(2026, 10, 26)),
        ("daily_signals", datetime(2026, 7, 2, 4, tzinfo=UTC), date(2026, 7, 2)),
        ("monthly_training", datetime(2026, 7, 1, 2, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_a_tick_asks_for_its_own_day(repository: Any, schedule: str, tick: datetime, as_of: date) -> None:
    definition = repository.get_schedule_def(schedule)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=tick, repository_def=repository)
        requests = definition.evaluate_tick(context).run_requests

    assert [request.partition_key for request in requests] == [as_of.isoformat()]


def test_the_schedules_tick_in_utc_daily_on_mondays_and_on_the_first(repository: Any) -> None:
    schedules = [repository.get_schedule_def(name) for name in ("daily_signals", "weekly_scoring", "monthly_training")]

    assert [schedule.cron_schedule for schedule in schedules] == ["0 4 * * *", "0 5 * * 1", "0 2 1 * *"]
    assert {schedule.execution_timezone for schedule in schedules} == {"UTC"}
