"""The sensor asks for a training when published drift calls for it, once per model and reason, and else says why."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from rich.console import Console

from data_contracts.contract import output_contracts
from data_contracts.expectations import check_output
from models.drift import DRIFT_KINDS
from pipelines import drifting
from pipelines.defs import drift as drift_defs
from pipelines.defs.drift import DRIFT_CHECKS, REASON_TAG, drift_check_result, retraining
from pipelines.defs.partitions import AS_OF
from pipelines.defs.places import PARTITION_TAG
from pipelines.defs.training import TrainedThrough
from pipelines.drift_display import NO_REFERENCE, describe_drift, print_drift
from pipelines.manifest import publish
from pipelines.registry import RegisteredModel
from pipelines.settings import Settings
from pipelines.tables import read_table, write_output
from pipelines.workspace import Workspace

MONDAY, NEXT_MONDAY = date(2026, 6, 22), date(2026, 6, 29)
ROWS = (
    ("feature", "usage__a"),
    ("feature", "usage__b"),
    ("missingness", "usage__a"),
    ("scores", "churn_probability"),
    ("calibration", "level_since_training"),
    ("calibration", "slope_since_training"),
    ("outcomes", "churn_rate"),
    ("new_outcomes", "decided_renewals"),
)


def table(*drifting: str, day: date = MONDAY, model: str = "model-1", new: int = 50) -> pd.DataFrame:
    """Drift of a date in which some names of rows drift."""
    return pd.DataFrame(
        [
            {
                "as_of": day,
                "kind": kind,
                "name": name,
                "reference": 1.0,
                "current": float(new),
                "statistic": 3.0,
                "p_value": 0.5,
                "is_drifting": name in drifting,
                "sentence": f"{name} is as it is, which takes some words to say in full length and more.",
                "trained_through": date(2026, 1, 5),
                "model_version": model,
            }
            for kind, name in ROWS
        ]
    )


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("FALSEGREEN_HOME", str(tmp_path))
    monkeypatch.delenv("FALSEGREEN_CONFIG", raising=False)
    return Workspace(tmp_path)


def plant(workspace: Workspace, frame: pd.DataFrame, day: date = MONDAY) -> None:
    run_id = f"run-{day}-{len(list(workspace.runs.glob('*')))}"
    write_output(frame, output_contracts()["model_drift"], workspace.table_file(run_id, "model_drift"))
    publish(workspace, day, run_id, ["model_drift"])


@dataclass(frozen=True)
class Tick:
    requests: list[dg.RunRequest]
    skipped: str
    cursor: str | None


def tick(cursor: str | None = None) -> Tick:
    with dg.DagsterInstance.ephemeral() as instance:
        answer = retraining(dg.build_sensor_context(instance=instance, cursor=cursor))
    if isinstance(answer, dg.SkipReason):
        return Tick([], str(answer.skip_message), cursor)
    assert isinstance(answer, dg.SensorResult)
    return Tick(list(answer.run_requests or []), "", answer.cursor)


def test_the_sensor_starts_the_training_job() -> None:
    assert retraining.job_name == "training"


def test_drift_asks_for_a_training_through_its_date_and_says_why(workspace: Workspace) -> None:
    plant(workspace, table("level_since_training", "churn_probability"))

    [request] = tick().requests

    assert request.run_key == "model-1@2026-06-22"
    assert request.partition_key == MONDAY.isoformat()
    assert request.partition_key in AS_OF.get_partition_keys()
    assert request.tags == {REASON_TAG: "calibration,scores"}


def test_a_request_trains_through_its_date(workspace: Workspace) -> None:
    plant(workspace, table("decided_renewals"))
    [request] = tick().requests
    run = dg.DagsterRun(job_name="training", tags={PARTITION_TAG: str(request.partition_key)})

    assert TrainedThrough().date(run) == MONDAY


def test_the_same_model_and_reason_are_asked_for_once(workspace: Workspace) -> None:
    plant(workspace, table("level_since_training"))
    first = tick()
    plant(workspace, table("slope_since_training", day=NEXT_MONDAY), NEXT_MONDAY)
    again = tick(first.cursor)

    assert len(first.requests) == 1
    assert again.requests == []
    assert "asked for already: calibration" in again.skipped


def test_a_new_reason_or_a_new_model_is_asked_for_again(workspace: Workspace) -> None:
    plant(workspace, table("level_since_training"))
    first = tick()
    plant(workspace, table("level_since_training", "churn_probability", day=NEXT_MONDAY), NEXT_MONDAY)
    second = tick(first.cursor)
    plant(workspace, table("level_since_training", day=NEXT_MONDAY, model="model-2"), NEXT_MONDAY)
    third = tick(second.cursor)
    # The first reason alone has been asked for with the first request.
    plant(workspace, table("level_since_training", day=NEXT_MONDAY), NEXT_MONDAY)

    assert [request.run_key for request in second.requests] == ["model-1@2026-06-29"]
    assert [request.run_key for request in third.requests] == ["model-2@2026-06-29"]
    assert tick(second.cursor).requests == []


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (table(), "Nothing calls for a training as of 2026-06-22"),
        (table("usage__a", "usage__b"), "Nothing calls for a training"),
        (table("level_since_training", new=3), "3 outcomes are new (20 are needed"),
        (table().head(0), "kept no record"),
    ],
)
def test_a_quiet_table_asks_for_nothing_and_says_so(workspace: Workspace, frame: pd.DataFrame, reason: str) -> None:
    plant(workspace, frame)

    answer = tick()

    assert answer.requests == []
    assert reason in answer.skipped


def test_a_workspace_without_drift_asks_for_nothing(workspace: Workspace) -> None:
    answer = tick()

    assert answer.requests == []
    assert "nothing has been scored" in answer.skipped


def test_a_model_that_has_been_replaced_since_is_not_trained_anew(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(workspace, table("level_since_training"))

    @dataclass(frozen=True)
    class Champion:
        model_version: str = "model-2"
        trained_through: date = MONDAY

    monkeypatch.setattr(drift_defs, "find_champion", lambda *_: Champion())
    replaced = tick()
    monkeypatch.setattr(drift_defs, "find_champion", lambda *_: Champion("model-1"))

    assert replaced.requests == []
    assert "model-1 is no longer in charge" in replaced.skipped
    assert len(tick().requests) == 1


def test_the_settings_decide_how_many_features_are_several(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("drift: {several_features: 2}\n", encoding="utf-8")
    monkeypatch.setenv("FALSEGREEN_CONFIG", str(settings))
    plant(workspace, table("usage__a", "usage__b"))

    [request] = tick().requests

    assert request.tags == {REASON_TAG: "features"}


@pytest.mark.parametrize("kind", DRIFT_KINDS)
def test_each_kind_has_a_check_that_warns_of_its_own(kind: str) -> None:
    name = dict(ROWS)[kind]
    quiet, loud = (drift_check_result(kind, table(*drifting)) for drifting in ((), (name,)))

    assert (quiet.passed, quiet.check_name) == (True, DRIFT_CHECKS[kind][0])
    assert not loud.passed
    assert loud.severity == dg.AssetCheckSeverity.WARN
    assert loud.description is not None
    assert name in loud.description


def test_no_check_of_drift_blocks() -> None:
    specs = list(drift_defs.model_drift.check_specs)

    assert {spec.name for spec in specs} == {name for name, _ in DRIFT_CHECKS.values()}
    assert not any(spec.blocking for spec in specs)


def test_drift_is_printed_in_eighty_columns_with_what_drifts_and_what_came_of_predictions() -> None:
    console = Console(width=80, record=True, file=None, quiet=False)
    with console.capture() as capture:
        print_drift(console, table("usage__a"), MONDAY)
    text = capture.get()

    assert text.startswith("Drift as of 2026-06-22, against model model-1")
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "! usage__a is as it is" in text
    assert "usage__b" not in text
    assert "churn_rate is as it is" in text
    # Both rows of usage__a drift; usage__b and the scores do not.
    assert "2 of 4 other figures hold." in text


def test_a_model_without_a_record_of_what_it_learned_from_has_an_empty_table(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = RegisteredModel(1, date(2026, 1, 5), "model-1", "run", "boosted", "recipe")
    monkeypatch.setattr(drifting, "require_model", lambda *_, **__: registered)
    monkeypatch.setattr(drifting, "load_reference", lambda *_: None)

    written = drifting.write_drift(workspace.run_folder("run"), workspace, MONDAY, Settings())

    path = workspace.table_file("run", "model_drift")
    assert written.empty
    check_output(output_contracts()["model_drift"], read_table(path), str(path))


def test_one_sentence_tells_what_drifts() -> None:
    assert describe_drift(table()) == []
    # New outcomes are news, and no reason to trust the table less.
    assert describe_drift(table("decided_renewals")) == []
    assert describe_drift(table("usage__a", "usage__b", "churn_rate")) == [
        "What the model learned no longer holds for 2 features, 1 feature's missing values, the churn rate. "
        "`falsegreen drift` says how far."
    ]
    assert describe_drift(table().head(0)) == [NO_REFERENCE]
