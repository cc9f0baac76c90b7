"""`falsegreen brief`: the weekly page as a file."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.command_errors import errors_in_words
from pipelines.command_options import Config, Csm, Debug, Out, PublishedAsOf, existing_workspace, parse_date
from pipelines.text_display import print_wrapped, stdout


def brief(
    out: Out = Path(".falsegreen"),
    as_of: PublishedAsOf = None,
    csm: Csm = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", dir_okay=False, help="The file. Default: briefs/DATE.html in the workspace."),
    ] = None,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Write the week as one page that needs no network: what changed, top risks, disagreements, forecast, record."""
    with errors_in_words(debug=debug):
        from pipelines.brief.brief import write_brief
        from pipelines.settings import load_settings

        path = write_brief(existing_workspace(out), load_settings(config).forecast, parse_date(as_of), csm=csm, to=to)
        print_wrapped(stdout(), f"The brief is in {path}.")
