"""Runs the jobs of the graph in this process, in order, into one run folder; used by the command line.

The same jobs as in the interface, on a history of their own in the workspace. If anything fails before publication, the
run's folder is removed and what was published before stands; a workspace that the run itself had made is removed whole.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pipelines.lock import hold_lock
from pipelines.manifest import referenced_files
from pipelines.publication import remove_unless_published
from pipelines.registry import find_model
from pipelines.workspace import Workspace, clear_workspace

if TYPE_CHECKING:
    import dagster as dg

_INTERRUPTED = "DagsterExecutionInterruptedError"
_HISTORY = """\
# History of the runs that the command line started in this workspace.
telemetry:
  enabled: false
# Output is not captured: it belongs to the terminal.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


class RunFailedError(Exception):
    """A job failed.

    Attributes:
        is_expected: Whether every failure is one that the user can act on.
        traceback: Where in the program it happened; empty for expected failures.
    """

    def __init__(self, message: str, *, is_expected: bool, traceback: str = "") -> None:
        super().__init__(message)
        self.is_expected = is_expected
        self.traceback = traceback


@dataclass(frozen=True)
class RunPlan:
    """What is to be run.

    Attributes:
        source: Folder of source tables.
        workspace: Where everything goes.
        as_of: Date to stand for.
        settings_file: Settings, or None for the defaults.
        verbose: Whether Dagster logs to the terminal.
        engine: What computes, or None for what the settings say.
        allow_hindsight: Whether a model that was trained later may score the date; its scores are marked.
    """

    source: Path
    workspace: Workspace
    as_of: date
    settings_file: Path | None = None
    verbose: bool = False
    engine: str | None = None
    allow_hindsight: bool = False


@dataclass(frozen=True)
class Stage:
    """One job, or a part of it.

    Attributes:
        job: Name of the job.
        without: Assets that this run has made already, or leaves to a later stage.
    """

    job: str
    without: tuple[str, ...] = ()


def run_everything(plan: RunPlan, say: Callable[[str], None], *, retrain: bool) -> str:
    """Ingest, train if no model may score the date or if asked to, score, publish; return the run's folder name.

    Raises:
        RunFailedError: If a step fails.
        WorkspaceBusyError: If another process is publishing into the workspace.
    """
    from data_contracts.contract import SOURCE_TABLES

    def stages() -> Iterator[Stage]:
        yield Stage("ingest")
        if retrain or find_model(plan.workspace.mlflow, plan.as_of) is None:
            # One run publishes once, at its end, so the backtest waits for the risk table.
            yield Stage("training", without=(*SOURCE_TABLES, "publish_backtest"))
        yield Stage("scoring", without=tuple(SOURCE_TABLES))

    return _run(plan, stages(), say)


def run_training(plan: RunPlan, say: Callable[[str], None]) -> str:
    """Run the whole training job, sources included; return the run's folder name. Raises as `run_everything`."""
    return _run(plan, iter([Stage("training")]), say)


def run_watch(plan: RunPlan, say: Callable[[str], None]) -> str:
    """Run the whole watch job, sources included; return the run's folder name. Raises as `run_everything`."""
    return _run(plan, iter([Stage("watch")]), say)


def run_scoring(plan: RunPlan, say: Callable[[str], None], *, allow_hindsight: bool = False) -> str:
    """Run the whole scoring job, sources included; return the run's folder name.

    Args:
        plan: What is to be run.
        say: Is told of a lock that was taken over.
        allow_hindsight: Where no model was trained by the date, take a later one and mark its scores.

    Raises:
        NoModelError: If no model may score the date; asked before anything is read.
        RunFailedError: If a step fails.
        WorkspaceBusyError: If another process is publishing into the workspace.
    """
    from pipelines.scoring import require_model

    require_model(plan.workspace.mlflow, plan.as_of, allow_hindsight=allow_hindsight)
    return _run(replace(plan, allow_hindsight=allow_hindsight), iter([Stage("scoring")]), say)


def _run(plan: RunPlan, stages: Iterator[Stage], say: Callable[[str], None]) -> str:
    from pipelines.definitions import defs

    run_id = f"{plan.as_of}-{uuid4().hex[:8]}"
    with _hold_workspace(plan.workspace, say), _history(plan.workspace) as instance:
        try:
            graph = defs()
            for stage in stages:
                _execute(graph.resolve_job_def(stage.job), plan, stage, run_id, instance)
        except BaseException:
            remove_unless_published(plan.workspace, run_id)
            raise
    return run_id


@contextmanager
def _hold_workspace(workspace: Workspace, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of a workspace for the body; where that fails, remove a workspace that was not there before."""
    was_there = workspace.root.exists()
    try:
        with hold_lock(workspace.lock_file, say):
            # Another process may have made it since; what is only a lock is ours.
            is_ours = not was_there and list(workspace.root.iterdir()) == [workspace.lock_file]
            try:
                yield
            except BaseException:
                if is_ours and not referenced_files(workspace):
                    clear_workspace(workspace)
                raise
    except BaseException:
        if not was_there:
            # It stays where it is not empty: somebody else has begun to use it.
            with suppress(OSError):
                workspace.root.rmdir()
        raise


@contextmanager
def _history(workspace: Workspace) -> "Iterator[dg.DagsterInstance]":
    """Open the workspace's own Dagster instance."""
    import dagster as dg

    workspace.dagster.mkdir(parents=True, exist_ok=True)
    (workspace.dagster / "dagster.yaml").write_text(_HISTORY, encoding="utf-8")
    with dg.DagsterInstance.from_config(str(workspace.dagster)) as instance:
        yield instance


def _execute(job: "dg.JobDefinition", plan: RunPlan, stage: Stage, run_id: str, instance: "dg.DagsterInstance") -> None:
    from pipelines.defs.places import RUN_FOLDER_TAG

    selected = [key for key in job.asset_layer.selected_asset_keys if key.to_user_string() not in stage.without]
    places = {
        "source": str(plan.source.absolute()),
        "workspace": str(plan.workspace.root.absolute()),
        "settings_file": str(plan.settings_file.absolute()) if plan.settings_file else "",
        "engine": plan.engine or "",
        "allow_hindsight": plan.allow_hindsight,
    }
    result = job.execute_in_process(
        run_config={
            "resources": {"places": {"config": places}},
            "loggers": {"console": {"config": {"log_level": "INFO"}}} if plan.verbose else {"progress": {}},
        },
        instance=instance,
        partition_key=plan.as_of.isoformat(),
        tags={RUN_FOLDER_TAG: run_id},
        asset_selection=selected if stage.without else None,
        raise_on_error=False,
    )
    if not result.success:
        failures = [event.step_failure_data for event in result.filter_events(lambda event: event.is_step_failure)]
        if any(data.error is not None and _root(data.error).cls_name == _INTERRUPTED for data in failures):
            raise KeyboardInterrupt
        raise _explain(stage.job, result)


def _explain(job: str, result: "dg.ExecuteInProcessResult") -> RunFailedError:
    """Put what went wrong into words: failed checks and expected failures in theirs, faults by name."""
    import dagster as dg

    # What only warns did not fail the job.
    messages = [
        check.description or f"{check.asset_key.to_user_string()}: check {check.check_name} failed"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
    tracebacks = []
    for event in result.filter_events(lambda event: event.is_step_failure):
        data = event.step_failure_data
        if data.user_failure_data is not None:
            messages.append(data.user_failure_data.description or f"step {event.step_key} failed")
        elif data.error is not None and data.error.cls_name != "DagsterAssetCheckFailedError":
            root = _root(data.error)
            messages.append(f"Step {event.step_key} broke: {root.message.strip()}")
            tracebacks.append(data.error.to_string())
    if not messages:
        messages.append(f"The job {job} failed before its first step.")
        tracebacks.extend(str(event.message) for event in result.filter_events(lambda event: event.is_failure))
    return RunFailedError("\n\n".join(messages), is_expected=not tracebacks, traceback="\n\n".join(tracebacks))


def _root(error: "dg.SerializableErrorInfo") -> "dg.SerializableErrorInfo":
    """Return the error that the others were raised from."""
    while error.cause is not None:
        error = error.cause
    return error
