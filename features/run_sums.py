"""Runs of integrations added up once per build, for the family and the signal that look at them.

A run is a row per day, so that most of the work lies in letting each day meet every date whose windows hold it. Here
each day is read once; what a date may see of the sums is decided in `as_of`.
"""

import ibis.expr.types as ir

from features.as_of import known_sums, place_in_cells
from features.cells import cell_days, cell_windows
from features.moments import days_before
from features.sources import Sources
from features.usage_sums import LOOKBACK_DAYS, WINDOW_DAYS

TABLE = "integration_runs"
SILENCE_DAYS = 176
"""How far back the last run of an integration is looked for."""
EDGES = (0, WINDOW_DAYS, LOOKBACK_DAYS, SILENCE_DAYS)


def runs_by_integration(spine: ir.Table, moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the known runs of each integration before each moment.

    Args:
        spine: As built by `features.spine.build_spine`; its dates decide what is added up.
        moments: The spine's moments, or some of them.
        sources: The ingested tables.

    Returns:
        Rows of `account_id`, `as_of`, `integration`, `window` (0 is the newest, 1 the rest of `LOOKBACK_DAYS`, 2 what
        is older), `runs`, `last_on`, and `last_ago` in days before `as_of`. A window may have several rows; none is
        without runs.
    """
    sums, windows = _sums(spine, sources)
    known = known_sums(sums.filter(sums.runs > 0).drop("last_loaded"), moments, windows)
    return known.mutate(last_ago=days_before(known, "last_on"))


def runs_loaded_through(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the newest day known of anybody at each date of a spine, with runs or without: `as_of` and `through`."""
    sums, windows = _sums(spine, sources)
    days = sums.group_by(["cell", "seen_from", "gone_from"]).agg(last_loaded=sums.last_loaded.max())
    known = known_sums(days, spine.select("as_of").distinct(), windows, on=())
    return known.group_by("as_of").agg(through=known.last_loaded.max())


def runs_of(asked: ir.Table, sources: Sources) -> ir.Table:
    """Return the known runs of some integrations in the `SILENCE_DAYS` before each moment, one by one.

    Args:
        asked: Unique `account_id`, `as_of` and `integration`.
        sources: The ingested tables.
    """
    return sources.known(TABLE, asked, ("account_id", "integration"), lookback=("run_date", SILENCE_DAYS))


def _sums(spine: ir.Table, sources: Sources) -> tuple[ir.Table, ir.Table]:
    """Return the runs that some date looks at, added up, and the windows of each date."""
    days = sources.engine.store(cell_days(spine, EDGES))
    windows = sources.engine.store(cell_windows(spine, days, EDGES))
    placed = place_in_cells(sources.tables[TABLE], sources.contracts[TABLE], days, "run_date")
    has_run = placed.runs > 0
    sums = placed.group_by(["account_id", "integration", "cell", "seen_from", "gone_from"]).agg(
        runs=placed.runs.sum().cast("int64"),
        last_on=placed.run_date.max(where=has_run),
        last_loaded=placed.run_date.max(),
    )
    return sources.engine.store(sums), windows
