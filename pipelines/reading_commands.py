"""The commands that print what stands published. They write nothing, and need neither source tables nor a model."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.command_errors import errors_in_words
from pipelines.command_options import (
    Checkpoint,
    Config,
    Csm,
    Debug,
    ForecastBy,
    Out,
    PublishedAsOf,
    SliceBy,
    Top,
    existing_workspace,
    parse_date,
)
from pipelines.text_display import stdout

app = typer.Typer()


@app.command(short_help="How good the predictions have been, beside naive ones")
def backtest(
    out: Out = Path(".falsegreen"),
    as_of: PublishedAsOf = None,
    by: Annotated[
        SliceBy | None,
        typer.Option("--by", help="Instead: slice by slice; quarter is that of the renewal date."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Print how good the predictions have been, walking forward, beside the naive baselines."""
    with errors_in_words(debug=debug):
        from pipelines.report_display import print_published_backtest

        print_published_backtest(stdout(), existing_workspace(out), parse_date(as_of), slice_by=by and by.value)


@app.command(short_help="What the colours have meant, and who was right")
def gut(
    out: Out = Path(".falsegreen"),
    as_of: PublishedAsOf = None,
    at: Annotated[
        Checkpoint,
        Config,
        typer.Option("--at", help="When judgement was taken: days ahead of the renewal date, or the last word."),
    ] = Checkpoint.DAYS_90,
    debug: Debug = False,
) -> None:
    """Print what CSMs' colours have meant, what they were worth beside usage, and who was right where they differed."""
    with errors_in_words(debug=debug):
        from pipelines.report_display import print_published_gut

        print_published_gut(stdout(), existing_workspace(out), parse_date(as_of), at.value)


@app.command(short_help="What will renew, within which bounds")
def forecast(
    out: Out = Path(".falsegreen"),
    as_of: PublishedAsOf = None,
    by: Annotated[ForecastBy | None, typer.Option("--by", help="A line for each of them instead of totals.")] = None,
    months: Annotated[bool, typer.Option("--months", help="Months instead of quarters.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Instead: how past forecasts did.")] = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Print what will renew, within which bounds, what may be committed to, and what naive forecasts say."""
    with errors_in_words(debug=debug):
        from pipelines.report_display import print_published_forecast
        from pipelines.settings import load_settings

        workspace, day, settings = existing_workspace(out), parse_date(as_of), load_settings(config).forecast
        print_published_forecast(stdout(), workspace, day, settings, by=by and by.value, months=months, record=record)


@app.command(short_help="What no longer is as the model learned it")
def drift(
    out: Out = Path(".falsegreen"),
    as_of: PublishedAsOf = None,
    debug: Debug = False,
) -> None:
    """Print what has drifted from what the model learned: features, scores, and what came of its predictions."""
    with errors_in_words(debug=debug):
        from pipelines.report_display import print_published_drift

        print_published_drift(stdout(), existing_workspace(out), parse_date(as_of))


@app.command(short_help="The published risk table with its reasons")
def show(
    out: Out = Path(".falsegreen"),
    as_of: PublishedAsOf = None,
    top: Top = 10,
    csm: Csm = None,
    green: Annotated[
        bool, typer.Option("--green", help="Instead: what green pulses are not showing, where the renewal is at risk.")
    ] = False,
    account: Annotated[
        str | None, typer.Option("--account", metavar="NAME", help="Instead: all that is said of one account.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Print the published risk table, the most urgent renewals first, with reasons and what to do by when."""
    with errors_in_words(debug=debug):
        from pipelines.report_display import print_published, print_published_account, print_published_greens

        workspace, day = existing_workspace(out), parse_date(as_of)
        if account is not None:
            print_published_account(stdout(), workspace, day, account)
        elif green:
            print_published_greens(stdout(), workspace, day, top=top, csm=csm)
        else:
            print_published(stdout(), workspace, day, top=top, csm=csm)


@app.command(short_help="The published signals, the most urgent first")
def signals(
    out: Out = Path(".falsegreen"),
    as_of: PublishedAsOf = None,
    top: Top = 20,
    csm: Csm = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only what began on or after this date.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those of low severity too.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Instead: what each signal has meant for past renewals.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Print the signals that fire, with evidence, action and stakeholder, the most urgent first."""
    with errors_in_words(debug=debug):
        from pipelines.report_display import print_published_record, print_published_signals

        workspace, day = existing_workspace(out), parse_date(as_of)
        if record:
            print_published_record(stdout(), workspace, day)
        else:
            began = parse_date(since, "--since")
            print_published_signals(stdout(), workspace, day, top=top, csm=csm, everything=everything, since=began)


@app.command(short_help="What happened at an account, in order")
def timeline(
    account: Annotated[str, typer.Argument(help="Id or name of the account.")],
    out: Out = Path(".falsegreen"),
    as_of: PublishedAsOf = None,
    debug: Debug = False,
) -> None:
    """Print what happened at ACCOUNT in the last year, in order and in plain words."""
    with errors_in_words(debug=debug):
        from pipelines.report_display import print_published_timeline

        print_published_timeline(stdout(), existing_workspace(out), parse_date(as_of), account)
