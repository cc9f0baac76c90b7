"""`falsegreen play`: plays started, ended and snoozed from the terminal, and which are open."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command_errors import errors_in_words
from pipelines.command_options import Debug, Out, existing_workspace, parse_date
from pipelines.recording.pulse_command import HOME
from pipelines.text_display import print_wrapped, stdout

if TYPE_CHECKING:
    from pipelines.recording.known import KnownCompany
    from pipelines.recording.plays import Play
    from pipelines.workspace import Workspace

Account = Annotated[str, typer.Argument(help="Id or name of the account.")]
Kind = Annotated[str | None, typer.Option("--kind", help="Which play, where more than one is open.")]

app = typer.Typer(
    name="play",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What is being done to keep an account. The author is whoever the token in FALSEGREEN_TOKEN speaks for.",
)


@app.command(short_help="Somebody begins a play")
def start(
    account: Account,
    kind: Annotated[str, typer.Option("--kind", help="What is done, in the company's own words.")],
    out: Out = HOME,
    debug: Debug = False,
) -> None:
    """Put on record that a play for ACCOUNT starts now."""
    with errors_in_words(debug=debug):
        from pipelines.recording.plays import start_play
        from pipelines.recording.records import new_id

        workspace, company, csm_id = _open(existing_workspace(out))
        account_id = company.account_named(account)
        start_play(workspace, company, new_id(), account_id, kind, csm_id, datetime.now(UTC))
        print_wrapped(stdout(), f"{csm_id} started the play {kind.strip()!r} for {company.describe(account_id)}.")


@app.command(short_help="A play is over")
def end(account: Account, kind: Kind = None, out: Out = HOME, debug: Debug = False) -> None:
    """Put on record that the open play for ACCOUNT ends now."""
    with errors_in_words(debug=debug):
        from pipelines.recording.plays import end_play

        workspace, company, csm_id = _open(existing_workspace(out))
        play = _meant(workspace, company, account, kind)
        end_play(workspace, play, csm_id, datetime.now(UTC))
        print_wrapped(stdout(), f"{csm_id} ended the play {play.kind!r} for {company.describe(play.account_id)}.")


@app.command(short_help="Nobody wants to be reminded of a play until a date")
def snooze(
    account: Account,
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="The date (YYYY-MM-DD), within a year.")],
    kind: Kind = None,
    out: Out = HOME,
    debug: Debug = False,
) -> None:
    """Leave the open play for ACCOUNT out of reminders until a date. Scores and signals do not know of it."""
    with errors_in_words(debug=debug):
        from pipelines.recording.plays import snooze_play
        from pipelines.recording.records import new_id

        workspace, company, csm_id = _open(existing_workspace(out))
        play = _meant(workspace, company, account, kind)
        day = parse_date(until, "--until")
        assert day is not None  # noqa: S101 - a required option
        snooze_play(workspace, new_id(), play, day, csm_id, datetime.now(UTC))
        print_wrapped(stdout(), f"The play {play.kind!r} for {company.describe(play.account_id)} sleeps until {day}.")


@app.command("list", short_help="Which plays are open")
def list_plays(
    account: Annotated[str | None, typer.Argument(help="Id or name of the account. Default: all.")] = None,
    out: Out = HOME,
    debug: Debug = False,
) -> None:
    """List the open plays, of ACCOUNT or of all accounts."""
    with errors_in_words(debug=debug):
        from pipelines.recording.display import print_open_plays
        from pipelines.recording.known import know_company

        workspace = existing_workspace(out)
        print_open_plays(stdout(), workspace, know_company(workspace), account)


def _open(workspace: "Workspace") -> "tuple[Workspace, KnownCompany, str]":
    """Return the workspace, what its newest run knew, and who types."""
    from pipelines.recording.known import know_company
    from pipelines.recording.people import author_of, token_of_environment

    csm_id = author_of(workspace, token_of_environment())
    return workspace, know_company(workspace), csm_id


def _meant(workspace: "Workspace", company: "KnownCompany", account: str, kind: str | None) -> "Play":
    from pipelines.recording.plays import plays_on_record, the_open_play

    return the_open_play(plays_on_record(workspace, company, company.account_named(account)), kind)
