"""`falsegreen people`: who may record pulses and plays in a workspace."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipelines.command_errors import errors_in_words
from pipelines.command_options import Debug, Out, existing_workspace
from pipelines.recording.pulse_command import HOME
from pipelines.text_display import print_wrapped, stderr, stdout

CsmId = Annotated[str, typer.Argument(help="Id of the CSM, as in the table csms.")]

app = typer.Typer(
    name="people",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Who may record pulses and plays: one token per person, shown once.",
)


@app.command(short_help="Make a token for a CSM and print it once")
def add(csm_id: CsmId, out: Out = HOME, debug: Debug = False) -> None:
    """Make a token for CSM_ID and print it, this once: only a hash of it is kept."""
    with errors_in_words(debug=debug):
        from pipelines.recording.known import know_company
        from pipelines.recording.people import add_person
        from pipelines.recording.records import RecordingError

        workspace = existing_workspace(out)
        try:
            csms = know_company(workspace).csms
        except RecordingError:
            csms = {}  # before the first run nobody is known
        token = add_person(workspace, csm_id, csms, datetime.now(UTC))
        # The token alone on stdout, so that it can be piped into whatever keeps secrets.
        print(token)  # noqa: T201 - no layout may break it
        print_wrapped(
            stderr(), f"This is the token of {csm_id}. It is shown this once; they set FALSEGREEN_TOKEN to it."
        )


@app.command("list", short_help="Who has or had a token")
def list_everybody(out: Out = HOME, debug: Debug = False) -> None:
    """List who has or had a token."""
    with errors_in_words(debug=debug):
        from pipelines.recording.people import list_people

        people = list_people(existing_workspace(out))
        if not people:
            print_wrapped(stdout(), "Nobody has a token. `falsegreen people add CSM_ID` makes one.")
        for person in people:
            end = f", revoked {person.revoked_at:%Y-%m-%d}" if person.revoked_at else ""
            print_wrapped(stdout(), f"{person.csm_id}: token since {person.added_at:%Y-%m-%d}{end}", mark="- ")


@app.command(short_help="Take a token back")
def revoke(csm_id: CsmId, out: Out = HOME, debug: Debug = False) -> None:
    """Take back the token of CSM_ID. What they have recorded stays."""
    with errors_in_words(debug=debug):
        from pipelines.recording.people import revoke_person

        revoke_person(existing_workspace(out), csm_id, datetime.now(UTC))
        print_wrapped(stdout(), f"The token of {csm_id} is revoked.")
