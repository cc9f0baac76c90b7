"""`falsegreen export`: options checked and passed on, and what was written told."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.command_errors import bad_usage, errors_in_words
from pipelines.command_options import (
    Config,
    Csm,
    Debug,
    Out,
    PublishedAsOf,
    existing_workspace,
    parse_date,
)
from pipelines.exports.formats import ExportFormat
from pipelines.text_display import print_wrapped, stderr, stdout


def export(
    to: Annotated[Path, typer.Option("--to", dir_okay=False, help="File to write; an old one is replaced.")],
    table: Annotated[str, typer.Argument(help="Which published table.")] = "account_risk",
    form: Annotated[
        ExportFormat | None,
        typer.Option("--format", help="Kind of file. Default: by the ending, .csv, .xlsx or .parquet."),
    ] = None,
    out: Out = Path(".falsegreen"),
    as_of: PublishedAsOf = None,
    csm: Csm = None,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Write a published TABLE to a file: CSV, Excel or Parquet, or accounts as Salesforce or HubSpot take them."""
    with errors_in_words(debug=debug):
        kinds = [kind.value for kind in ExportFormat]
        if form is None and to.suffix[1:] not in kinds:
            bad_usage(f"What kind of file is {to}? Say --format {'|'.join(kinds)}.")
        workspace, day = existing_workspace(out), parse_date(as_of)
        from pipelines.exports.export import export_table
        from pipelines.settings import load_settings

        kind = form or ExportFormat(to.suffix[1:])
        exported = export_table(workspace, table, kind, to, load_settings(config), as_of=day, csm=csm)
        rows = f"{exported.rows:,} row{'' if exported.rows == 1 else 's'}"
        print_wrapped(stdout(), f"{table} as of {exported.as_of}: {rows} in {to}")
        for note in exported.notes:
            print_wrapped(stderr(), note, mark="- ")
