"""What the commands print when they are done: a run's words and first rows, and what stands published.

Puts together what `summary`, `risk_display` and `backtest_display` show; reads through the manifest and the registry.
"""

from datetime import date

import numpy as np
import pandas as pd
from rich.console import Console

from features.signals import SEVERITIES
from models.forecast.record import RECORD_COLUMNS
from models.settings import ForecastSettings
from pipelines.account_display import print_account
from pipelines.backtest_display import print_backtest, print_slices
from pipelines.books import book_of
from pipelines.drift_display import describe_drift, print_drift
from pipelines.drifting import DRIFT
from pipelines.execution import RunPlan
from pipelines.forecast_display import print_forecast, print_record
from pipelines.forecasting import FORECAST, RECORD, read_forecast_notes
from pipelines.green_display import print_greens
from pipelines.greens import GREENS
from pipelines.gut_display import print_gut
from pipelines.ingestion import read_reports, unused_files
from pipelines.judging import CALIBRATION, HABITS, OVERRIDES
from pipelines.manifest import published_dates, read_manifest, read_published
from pipelines.registry import find_model, list_models
from pipelines.risk_display import print_risk
from pipelines.scoring import RISK, read_scoring_notes
from pipelines.signal_display import print_signal_record, print_signals, print_timeline
from pipelines.signalling import SIGNALS, TIMELINE, read_signal_notes
from pipelines.summary import describe_sources, describe_trust
from pipelines.text_display import print_section, print_wrapped
from pipelines.tracking import load_metrics, load_notes
from pipelines.workspace import Workspace

_SHOWN_AFTER_A_RUN = 10


def print_run(console: Console, plan: RunPlan, run_id: str) -> None:
    """Say what a scoring run read and how far to trust it, then show its first rows."""
    print_sources(console, plan, run_id)
    risk = read_published(plan.workspace, "account_risk", plan.as_of)
    folder = plan.workspace.run_folder(run_id)
    drift = describe_drift(read_published(plan.workspace, DRIFT, plan.as_of))
    notes = [*read_scoring_notes(folder), *drift, *read_signal_notes(folder), *_notes(plan.workspace, plan.as_of)]
    print_section(console, "How far to trust it", describe_trust(risk, notes))
    print_published(console, plan.workspace, plan.as_of, top=_SHOWN_AFTER_A_RUN, csm=None)


def print_sources(console: Console, plan: RunPlan, run_id: str) -> None:
    """Say what a run read, set aside and missed."""
    reports = read_reports(plan.workspace.run_folder(run_id))
    title = f"{plan.source} as of {plan.as_of}, into {plan.workspace.root}"
    print_section(console, title, describe_sources(reports, unused_files(plan.source)))


def print_training(console: Console, workspace: Workspace) -> None:
    """Say what the newest training gave, whether it took over, and what it said of itself."""
    model = list_models(workspace.mlflow)[0].model
    title = f"Model {model.model_version}, trained through {model.trained_through}, is registered as {model.number}"
    print_section(console, title, load_notes(workspace.mlflow, model))
    print_verdict(console, workspace)


def print_verdict(console: Console, workspace: Workspace) -> None:
    """Say whether the newest training took over, and why."""
    newest = list_models(workspace.mlflow)[0]
    number, decision = newest.model.number, newest.decision
    if decision is None:
        return
    if newest.standing == "champion":
        print_wrapped(console, f"Version {number} is in charge: {decision.reason}")
        return
    print_wrapped(console, f"Version {number} is not in charge: {decision.reason}")
    if decision.to_version is not None:
        print_wrapped(console, f"So version {decision.to_version} stays the champion.")
    if decision.verdict == "refused":
        print_wrapped(console, "Nothing of its walk is published: what stood of backtest, gut feel and signals stands.")


def print_published(console: Console, workspace: Workspace, as_of: date | None, *, top: int, csm: str | None) -> None:
    """Show the first rows of a published risk table with their reasons.

    Raises:
        PublishedError: If none is published for the date.
    """
    risk = read_published(workspace, "account_risk", as_of)
    print_risk(console, risk, read_published(workspace, "risk_reasons", as_of), top=top, csm=csm)


def print_published_greens(
    console: Console, workspace: Workspace, as_of: date | None, *, top: int, csm: str | None
) -> None:
    """Show what green pulses are not showing.

    Raises:
        PublishedError: If that is not published for the date, or no renewal is that CSM's.
    """
    greens = read_published(workspace, GREENS, as_of)
    day = as_of or published_dates(workspace, GREENS)[-1]
    if csm is not None:
        # Who has no green in question has a book all the same.
        greens = greens[greens["csm_id"].isin(book_of(csm, read_published(workspace, RISK, day))["csm_id"])]
    print_greens(console, greens, day, top=top)


def print_published_account(console: Console, workspace: Workspace, as_of: date | None, account: str) -> None:
    """Show all that the tables of a date say of one account.

    Raises:
        PublishedError: If they are not published for the date, or have nothing of that account.
    """
    greens = read_published(workspace, GREENS, as_of)
    day = as_of or published_dates(workspace, GREENS)[-1]
    risk, reasons, signals = (read_published(workspace, table, day) for table in (RISK, "risk_reasons", SIGNALS))
    print_account(console, account, risk, reasons, signals, greens)


def print_published_drift(console: Console, workspace: Workspace, as_of: date | None) -> None:
    """Show what has drifted from what the model learned.

    Raises:
        PublishedError: If that is not published for the date.
    """
    drift = read_published(workspace, DRIFT, as_of)
    print_drift(console, drift, as_of or published_dates(workspace, DRIFT)[-1])


def print_published_gut(console: Console, workspace: Workspace, as_of: date | None, checkpoint: str) -> None:
    """Show what judgement has been worth at one checkpoint.

    Raises:
        PublishedError: If that is not published for the date.
    """
    calibration, overrides, habits = (
        read_published(workspace, table, as_of) for table in (CALIBRATION, OVERRIDES, HABITS)
    )
    print_gut(console, calibration, overrides, habits, checkpoint)


def print_published_forecast(
    console: Console,
    workspace: Workspace,
    as_of: date | None,
    settings: ForecastSettings,
    *,
    by: str | None,
    months: bool,
    record: bool,
) -> None:
    """Show a published forecast beside the newest record that it could have known, or that record.

    Raises:
        PublishedError: If no forecast is published for the date.
    """
    forecast = read_published(workspace, FORECAST, as_of)
    day = as_of or published_dates(workspace, FORECAST)[-1]
    known = [each for each in published_dates(workspace, RECORD) if each <= day]
    past = read_published(workspace, RECORD, known[-1]) if known else pd.DataFrame(columns=list(RECORD_COLUMNS))
    if record:
        print_record(console, past, settings)
        return
    print_forecast(console, forecast, past, settings, by=by, months=months)
    manifest = read_manifest(workspace, day)
    if manifest is not None:
        for note in read_forecast_notes(workspace.run_folder(manifest.tables[FORECAST].run)):
            print_wrapped(console, note, mark="- ")


def print_published_backtest(
    console: Console, workspace: Workspace, as_of: date | None, *, slice_by: str | None = None
) -> None:
    """Show a published backtest, then say it in words; or show it slice by slice.

    Raises:
        PublishedError: If none is published for the date.
    """
    metrics = read_published(workspace, "backtest_metrics", as_of)
    day = as_of or published_dates(workspace, "backtest_metrics")[-1]
    if len(metrics) and slice_by is not None:
        print_slices(console, metrics, slice_by)
        return
    if len(metrics):
        print_backtest(console, metrics)
    print_section(
        console, f"In words, through {day}", [*_of_another_model(workspace, day, metrics), *_notes(workspace, day)]
    )


def print_published_signals(
    console: Console,
    workspace: Workspace,
    as_of: date | None,
    *,
    top: int,
    csm: str | None,
    everything: bool,
    since: date | None,
) -> None:
    """Show the published signals, those of low severity only if asked for everything, and what is not watched.

    Raises:
        PublishedError: If none are published for the date.
    """
    severities = SEVERITIES if everything else SEVERITIES[:-1]
    signals = read_published(workspace, SIGNALS, as_of)
    print_signals(console, signals, top=top, since=since, severities=severities, csm=csm)
    _print_signal_notes(console, workspace, as_of or published_dates(workspace, SIGNALS)[-1])


def print_published_record(console: Console, workspace: Workspace, as_of: date | None) -> None:
    """Show what each signal has meant for past renewals. Raises `PublishedError` if that is not published."""
    print_signal_record(console, read_published(workspace, "signal_track_record", as_of))


def print_published_timeline(console: Console, workspace: Workspace, as_of: date | None, account: str) -> None:
    """Show what happened at an account, and what is not watched.

    Raises:
        PublishedError: If no timeline is published for the date, or none of that account.
    """
    timeline = read_published(workspace, TIMELINE, as_of)
    named = [table for table in ("account_risk", SIGNALS) if published_dates(workspace, table)]
    names = pd.concat([read_published(workspace, table)[["account_id", "account_name"]] for table in named])
    print_timeline(console, timeline, account, names.drop_duplicates())
    # The events of a table that is not there are missing without a trace: that would look like a quiet year.
    _print_signal_notes(console, workspace, as_of or published_dates(workspace, TIMELINE)[-1])


def _print_signal_notes(console: Console, workspace: Workspace, day: date) -> None:
    """Say what is not watched as of a date, or was not loaded in time."""
    manifest = read_manifest(workspace, day)
    if manifest is not None and SIGNALS in manifest.tables:
        for note in read_signal_notes(workspace.run_folder(manifest.tables[SIGNALS].run)):
            print_wrapped(console, note)


def _of_another_model(workspace: Workspace, as_of: date, metrics: pd.DataFrame) -> list[str]:
    """That published figures are not those of the model that speaks for the date, where they are not."""
    registered = find_model(workspace.mlflow, as_of)
    own = None if registered is None else load_metrics(workspace.mlflow, registered)
    if registered is None or own is None or np.array_equal(own["value"], metrics["value"], equal_nan=True):
        return []
    return [
        f"The figures above are not those of version {registered.number}, which speaks for {as_of} since a model was "
        "promoted or rolled back, and which says of itself:"
    ]


def _notes(workspace: Workspace, as_of: date) -> list[str]:
    """What the training of the model that may score a date said of itself."""
    registered = find_model(workspace.mlflow, as_of)
    return [] if registered is None else load_notes(workspace.mlflow, registered)
