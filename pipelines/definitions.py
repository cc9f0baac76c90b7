"""The code location that Dagster opens. Empty on purpose: everything is found below `defs/`."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Load every definition below `defs/`."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
