"""The `falsegreen` command: what people type, checked and passed on, and what they read back.

No step of the pipeline is done here. Heavy libraries are imported inside the commands, so that help comes at once; what
day it is is asked here and nowhere else. Exit codes: 0 done, 1 failed, 2 bad usage.
"""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.alerts.command import alerts
from pipelines.board.command import board
from pipelines.brief.command import brief
from pipelines.command_errors import bad_usage, errors_in_words, fail
from pipelines.command_options import (
    AsOf,
    Config,
    DayAsOf,
    Debug,
    Engine,
    EngineName,
    Out,
    Source,
    Verbose,
    parse_date,
)
from pipelines.exports.command import export
from pipelines.judge.command import judge
from pipelines.models_command import app as models_app
from pipelines.reading_commands import app as reading_app
from pipelines.recording.people_command import app as people_app
from pipelines.recording.play_command import app as play_app
from pipelines.recording.pulse_command import pulse
from pipelines.telemetry import turn_off_telemetry
from pipelines.text_display import print_lines, print_section, stderr, stdout

if TYPE_CHECKING:
    from pipelines.execution import RunPlan

DEMO_MARK = ".falsegreen-demo"

app = typer.Typer(
    name="falsegreen",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Which renewals will churn, from what the product recorded and what your CSMs wrote down.\n\n"
        "Start with `falsegreen demo`. With your own tables: `falsegreen check DIR`, then "
        "`falsegreen run --source DIR --out WORKSPACE`, then `falsegreen show --out WORKSPACE`."
    ),
)
# Without a name its commands are commands of this one.
app.add_typer(reading_app)
app.add_typer(models_app, name="models", short_help="The trained models, which one is in charge, and why")
app.command(short_help="Put a judgement on record: a colour and why")(pulse)
app.add_typer(play_app, name="play", short_help="Start, end or snooze what is done to keep an account")
app.add_typer(people_app, name="people", short_help="Who may record, by a token each")
app.command(short_help="Past judgements in any file, held against what came of them")(judge)
app.command(short_help="The week as one page for people who will not open a tool")(brief)
app.command(short_help="The pages, in a browser")(board)
app.command(short_help="What is new, told to those whom it concerns")(alerts)
app.command(short_help="A published table as CSV, Excel or Parquet, or for a CRM")(export)


def main() -> None:
    """Run the command line."""
    turn_off_telemetry()
    for stream in (sys.stdout, sys.stderr):
        # A name that a narrow terminal encoding cannot write must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Options of the whole command."""
    if version:
        typer.echo(f"falsegreen {_installed_version()}")
        raise typer.Exit


@app.command(short_help="Build a sample company, run everything, show the result")
def demo(
    out: Out = Path(".falsegreen/demo"),
    accounts: Annotated[int, typer.Option(min=20, max=20_000, help="Size of the sample company.")] = 800,
    seed: Annotated[int | None, typer.Option(help="Seed of the sample company.")] = None,
    engine: Engine = None,
    debug: Debug = False,
    verbose: Verbose = False,
) -> None:
    """Build a sample company, run everything on it, and print the risk table with reasons."""
    with errors_in_words(debug=debug):
        _require_engine(None, engine)
        from sample_company.generate import generate_company
        from sample_company.settings import CompanySettings

        source = out / "source"
        if source.exists() and not (source / DEMO_MARK).exists():
            bad_usage(f"{source} holds tables that the demo did not make. Give it a folder of its own with --out.")
        with stderr().status(f"building a sample company of {accounts} accounts ..."):
            source.mkdir(parents=True, exist_ok=True)
            (source / DEMO_MARK).touch()
            settings = CompanySettings(accounts=accounts)
            generate_company(source, settings if seed is None else settings.model_copy(update={"seed": seed}))
        stdout().print(f"A sample company of {accounts} accounts is in {source}.", highlight=False)
        _run_and_report(_plan(source, out, None, None, engine, verbose=verbose), retrain=True)


@app.command(short_help="Hold source tables to their contracts; write nothing")
def check(
    source: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder of source tables, CSV or Parquet.")
    ],
    as_of: AsOf = None,
    debug: Debug = False,
) -> None:
    """Hold the source tables in the folder SOURCE, CSV or Parquet, to their contracts; write nothing."""
    with errors_in_words(debug=debug):
        from pipelines.contract_check import check_sources
        from pipelines.ingestion import unused_files
        from pipelines.summary import describe_sources

        day = _as_of(as_of, source)
        with stderr().status("checking ...") as status:
            checked = check_sources(source, day, say=lambda table: status.update(f"checking {table} ..."))
        sentences = describe_sources(checked.reports, unused_files(source), is_check=True)
        print_section(stdout(), f"{source} as of {day}", sentences)
        if checked.set_aside:
            print_lines(stdout(), checked.describe_set_aside() + "\n")
        if checked.problems:
            fail(checked.describe_problems())
        stdout().print(checked.verdict(), highlight=False, soft_wrap=True)


@app.command(short_help="Source tables in, a scored and published risk table out")
def run(
    source: Source,
    out: Out = Path(".falsegreen"),
    as_of: AsOf = None,
    config: Config = None,
    engine: Engine = None,
    retrain: Annotated[bool, typer.Option("--retrain", help="Train even if there is a model already.")] = False,
    debug: Debug = False,
    verbose: Verbose = False,
) -> None:
    """Contracts, features, training if there is no model yet, scores, publication."""
    with errors_in_words(debug=debug):
        _run_and_report(_plan(source, out, as_of, config, engine, verbose=verbose), retrain=retrain)


@app.command(short_help="Train, measure and register a model")
def train(
    source: Source,
    out: Out = Path(".falsegreen"),
    as_of: AsOf = None,
    config: Config = None,
    engine: Engine = None,
    debug: Debug = False,
    verbose: Verbose = False,
) -> None:
    """Train a model on everything recorded before a date, measure it by walking forward, register it."""
    with errors_in_words(debug=debug):
        plan = _plan(source, out, as_of, config, engine, verbose=verbose)
        from pipelines.execution import run_training
        from pipelines.report_display import print_sources, print_training

        run_id = _follow(run_training, plan)
        print_sources(stdout(), plan, run_id)
        print_training(stdout(), plan.workspace)


@app.command(short_help="Score the open renewals with the model that is there")
def score(
    source: Source,
    out: Out = Path(".falsegreen"),
    as_of: AsOf = None,
    config: Config = None,
    engine: Engine = None,
    allow_hindsight: Annotated[
        bool,
        typer.Option(
            "--allow-hindsight",
            help="Where no model was trained by then, take a later one, which has seen what came of these renewals. "
            "Every score is marked `hindsight`.",
        ),
    ] = False,
    debug: Debug = False,
    verbose: Verbose = False,
) -> None:
    """Score the open renewals with the model that is there, and publish the risk table."""
    with errors_in_words(debug=debug):
        plan = _plan(source, out, as_of, config, engine, verbose=verbose)
        from pipelines.execution import run_scoring
        from pipelines.report_display import print_run

        run_id = _follow(partial(run_scoring, allow_hindsight=allow_hindsight), plan)
        print_run(stdout(), plan, run_id)


@app.command(short_help="Look at every signal as of a day, and publish what fires")
def watch(
    source: Source,
    out: Out = Path(".falsegreen"),
    as_of: DayAsOf = None,
    config: Config = None,
    engine: Engine = None,
    debug: Debug = False,
    verbose: Verbose = False,
) -> None:
    """Look at every signal as of a day, publish what fires and each account's timeline. Needs no model."""
    with errors_in_words(debug=debug):
        plan = _plan(source, out, as_of, config, engine, verbose=verbose, daily=True)
        from pipelines.execution import run_watch
        from pipelines.report_display import print_published_signals, print_sources

        run_id = _follow(run_watch, plan)
        print_sources(stdout(), plan, run_id)
        print_published_signals(stdout(), plan.workspace, plan.as_of, top=10, csm=None, everything=False, since=None)


def _installed_version() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    try:
        return version_of("falsegreen")
    except PackageNotFoundError:
        return "(run from its source, not installed)"


def _follow(work: "Callable[[RunPlan, Callable[[str], None]], str]", plan: "RunPlan") -> str:
    """Do the work with its progress on stderr; return the run's folder name."""
    from pipelines.progress_display import show_progress

    console = stderr()
    with show_progress(console):
        return work(plan, lambda text: console.print(text, markup=False))


def _run_and_report(plan: "RunPlan", *, retrain: bool) -> None:
    from pipelines.execution import run_everything
    from pipelines.report_display import print_run, print_verdict

    run_id = _follow(partial(run_everything, retrain=retrain), plan)
    print_run(stdout(), plan, run_id)
    if retrain:
        stdout().print()
        print_verdict(stdout(), plan.workspace)


def _plan(
    source: Path,
    out: Path,
    as_of: str | None,
    config: Path | None,
    engine: EngineName | None,
    *,
    verbose: bool,
    daily: bool = False,
) -> "RunPlan":
    """Check what was typed before anything is imported or written."""
    from pipelines.execution import RunPlan
    from pipelines.workspace import Workspace

    _require_engine(config, engine)
    day = _as_of(as_of, source, daily=daily)
    return RunPlan(source, Workspace(out), day, config, verbose, engine and engine.value)


def _require_engine(config: Path | None, engine: EngineName | None) -> None:
    """Check the settings, and that the engine that they or the command name can run here."""
    from pipelines.engine_session import require_engine
    from pipelines.settings import load_settings

    require_engine(load_settings(config).with_engine(engine and engine.value).run)


def _as_of(given: str | None, source: Path, *, daily: bool = False) -> date:
    """The date that the run stands for; never after today."""
    from pipelines.as_of_default import FIRST_AS_OF, default_as_of

    today = datetime.now(UTC).date()
    day = parse_date(given) or default_as_of(source, today, daily=daily)
    if day > today:
        bad_usage(f"--as-of {day} is after today, {today}: nobody knows yet what will have been recorded by then.")
    if day < FIRST_AS_OF:
        bad_usage(f"--as-of {day} is before {FIRST_AS_OF}, the earliest date that a run can stand for.")
    return day


if __name__ == "__main__":
    main()
