"""The options that several commands share: their names, where they come from, and what is made of what was typed."""

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command_errors import bad_usage

if TYPE_CHECKING:
    from pipelines.workspace import Workspace


class EngineName(StrEnum):
    """What may compute features, labels and signals."""

    DUCKDB = "duckdb"
    SPARK = "spark"


class SliceBy(StrEnum):
    """What the figures of the backtest can be sliced by; the values are those of the column `slice_by`."""

    SEGMENT = "segment"
    TERM = "term"
    QUARTER = "quarter"
    USAGE_VIEW = "usage_view"


class ForecastBy(StrEnum):
    """What the forecast can be broken down by; the values are those of the column `level`."""

    SEGMENT = "segment"
    REGION = "region"
    CSM = "csm"


class Checkpoint(StrEnum):
    """When judgement was taken; the values are those of the column `checkpoint`."""

    DAYS_180 = "180"
    DAYS_90 = "90"
    LAST_PULSE = "last_pulse"


Source = Annotated[
    Path,
    typer.Option(
        "--source",
        envvar="FALSEGREEN_SOURCE",
        exists=True,
        file_okay=False,
        help="Folder of source tables, CSV or Parquet.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out", envvar="FALSEGREEN_HOME", file_okay=False, help="Workspace: the folder that holds all results."
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Use only what was recorded before this date (YYYY-MM-DD). Default: the newest Monday in the data.",
    ),
]
PublishedAsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Which published date to show (YYYY-MM-DD). Default: the newest."),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="FALSEGREEN_CONFIG", dir_okay=False, help="Settings, a YAML file."),
]
Engine = Annotated[
    EngineName | None,
    typer.Option(
        "--engine",
        help="What computes features: duckdb, or spark (an extra) for more events than one machine holds. "
        "Default: the settings, else duckdb.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show where in the program an error happened.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show Dagster's own log.")]
DayAsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Use only what was recorded before this date (YYYY-MM-DD). Default: the newest day in the data.",
    ),
]
Csm = Annotated[str | None, typer.Option("--csm", help="Only the book of this CSM, by id or name.")]
Top = Annotated[int, typer.Option("--top", min=1, help="How many rows to show.")]


def parse_date(given: str | None, option: str = "--as-of") -> date | None:
    """Return a date that was typed, or None.

    Raises:
        typer.BadParameter: It is not written YYYY-MM-DD.
    """
    if given is None:
        return None
    try:
        return datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise typer.BadParameter(f"{given!r} is not a date written YYYY-MM-DD", param_hint=option) from None


def existing_workspace(out: Path) -> "Workspace":
    """Return the workspace at a folder; a folder that is not there ends the command."""
    from pipelines.workspace import Workspace

    if not out.is_dir():
        bad_usage(f"There is no workspace at {out}. `falsegreen run` makes one.")
    return Workspace(out)
