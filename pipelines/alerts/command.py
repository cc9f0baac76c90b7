"""`falsegreen alerts`: options checked and passed on, and what became of each message printed."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command_errors import bad_usage, errors_in_words
from pipelines.command_options import Config, Debug, Out, existing_workspace, parse_date
from pipelines.text_display import print_lines, print_wrapped, stderr, stdout

if TYPE_CHECKING:
    from pipelines.alerts.report import Report


def alerts(
    out: Out = Path(".falsegreen"),
    send: Annotated[
        bool, typer.Option("--send", help="Deliver. Without it nothing is sent and nothing is written.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Show what would have been sent on this day. Not with --send."),
    ] = None,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Tell CSMs and team channels what is new in the newest published tables; a failure to deliver is no failure."""
    with errors_in_words(debug=debug):
        day = parse_date(as_of)
        if send and day:
            bad_usage("--as-of only shows. What is sent is what is new today.")
        workspace = existing_workspace(out)
        from pipelines.alerts.sending import preview_alerts, send_alerts
        from pipelines.settings import load_settings

        settings = load_settings(config)
        if send:
            report = send_alerts(workspace, settings, os.environ, say=lambda text: print_lines(stderr(), text))
        else:
            now = datetime.combine(day, datetime.min.time(), UTC) if day else datetime.now(UTC)
            report = preview_alerts(workspace, settings, os.environ, lambda: now)
        _print(report, is_dry=not send)


def _print(report: "Report", *, is_dry: bool) -> None:
    console = stdout()
    for note in report.notes:
        print_wrapped(console, note)
    for told in report.told:
        state = "would be sent" if is_dry else told.state + (f", {told.detail}" if told.detail else "")
        print_wrapped(console, f"{told.recipient}: {told.title} ({state})", style="bold")
        if is_dry:
            print_lines(console, "\n".join(f"    {line}" for line in told.text.split("\n")))
    for recipient, waiting in report.held.items():
        print_wrapped(console, f"{recipient}: {waiting} more tomorrow, its limit for today is reached.")
    for title in report.undeliverable:
        print_wrapped(console, f"Nobody to tell: {title}", style="red")
    for title in report.lost:
        print_wrapped(console, f"May or may not have arrived, and is not sent again: {title}", style="red")
    for title in report.expired:
        print_wrapped(console, f"Given up, too old to be news: {title}", style="red")
    print_wrapped(console, "Dry run: nothing was sent or written. --send delivers." if is_dry else report.summary())
