"""The options that several commands share: their names, where they come from, and what help says of them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


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
