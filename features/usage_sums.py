"""Usage added up once per build, for every family that looks at it: by user, by module, by week.

Usage is the one table of tens of millions of rows. Each row is read once for each of these sums, however many dates
look at it; what a date may see of them is decided in `as_of`, and what they mean in the families.
"""

from collections.abc import Sequence

import ibis.expr.types as ir

from features.as_of import known_sums, place_in_cells
from features.cells import cell_days, cell_windows
from features.moments import beside, days_before
from features.sources import Sources

WINDOW_DAYS = 28
WINDOWS = 4
LOOKBACK_DAYS = WINDOWS * WINDOW_DAYS
"""How far back usage is read: the newest window and the three before it, which are the account's own past."""
WEEKS = LOOKBACK_DAYS // 7
NEWEST_WEEKS = WINDOW_DAYS // 7


def events_by(column: str, spine: ir.Table, moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the known events of each user, or in each module, in the windows of 28 days before each moment.

    Args:
        column: `user_id` or `module`.
        spine: As built by `features.spine.build_spine`; its dates decide what is added up.
        moments: The spine's moments, or some of them.
        sources: The ingested tables.

    Returns:
        Rows of `account_id`, `as_of`, the column, `window` (0 is the newest) and `events`; a window may have several.
    """
    placed, windows = _placed(sources.tables["usage_daily"], spine, sources, range(0, LOOKBACK_DAYS + 1, WINDOW_DAYS))
    sums = placed.group_by(["account_id", column, "cell", "seen_from"]).agg(events=placed.events.sum().cast("int64"))
    return known_sums(sources.engine.store(sums), moments, windows)


def events_since(
    columns: Sequence[str],
    edges: Sequence[int],
    spine: ir.Table,
    moments: ir.Table,
    sources: Sources,
    only: ir.Table | None = None,
) -> ir.Table:
    """Return the known events in windows of any length before each moment, with the age of the oldest of them.

    Args:
        columns: Whose events: `user_id`, `module` or both.
        edges: Where the windows end; see `features.cells.cell_days`.
        spine: As built by `features.spine.build_spine`; its dates decide what is added up.
        moments: The spine's moments, or some of them.
        sources: The ingested tables.
        only: What of usage is asked for, as rows of some of its columns; None for all of it.

    Returns:
        Rows of `account_id`, `as_of`, the columns, `window` (0 is the newest), `events` and `first_ago`, the days since
        the oldest row; a window may have several.
    """
    usage = sources.tables["usage_daily"]
    asked = usage if only is None else usage.semi_join(only, list(only.columns))
    placed, windows = _placed(asked, spine, sources, edges)
    sums = placed.group_by(["account_id", *columns, "cell", "seen_from"]).agg(
        events=placed.events.sum().cast("int64"), first_day=placed.usage_date.min()
    )
    known = known_sums(sources.engine.store(sums), moments, windows)
    return known.mutate(first_ago=days_before(known, "first_day")).drop("first_day")


def use_by_week(spine: ir.Table, moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the known use of each account in the sixteen weeks before each moment.

    Args:
        spine: As built by `features.spine.build_spine`; its dates decide what is added up.
        moments: The spine's moments, or some of them.
        sources: The ingested tables.

    Returns:
        Rows of `account_id`, `as_of`, `window` (0 is the newest week) and `events`; `days` with events, `first_ago` and
        `last_ago`, the oldest and the newest of them in days before `as_of`, null where there is none. A week may have
        several rows; no day is counted in two of them.
    """
    placed, windows = _placed(sources.tables["usage_daily"], spine, sources, range(0, LOOKBACK_DAYS + 1, 7))
    known = known_sums(_weeks(placed, sources), moments, windows)
    ago = {"first_ago": days_before(known, "first_day"), "last_ago": days_before(known, "last_day")}
    return known.mutate(**ago).drop("first_day", "last_day")


def _weeks(placed: ir.Table, sources: Sources) -> ir.Table:
    used = placed.filter(placed.events > 0)
    by_day = used.group_by(["account_id", "usage_date", "cell", "seen_from"]).agg(
        events=used.events.sum().cast("int64")
    )
    by_day = sources.engine.store(by_day)
    # Some rows of a day may be recorded later than others: it is a day of use from the first of them on.
    first = by_day.group_by(["account_id", "usage_date", "cell"]).agg(seen_from=by_day.seen_from.min())
    week = ("account_id", "cell", "seen_from")
    days = first.group_by(week).agg(
        days=first.count(), first_day=first.usage_date.min(), last_day=first.usage_date.max()
    )
    sums = by_day.group_by(week).agg(events=by_day.events.sum().cast("int64"))
    joined = beside(sums, days, on=week)
    return sources.engine.store(joined.mutate(days=joined.days.fill_null(0)))


def _placed(usage: ir.Table, spine: ir.Table, sources: Sources, edges: Sequence[int]) -> tuple[ir.Table, ir.Table]:
    """Return the usage that some date looks at, placed, and the windows of each date."""
    days = sources.engine.store(cell_days(spine, edges))
    windows = sources.engine.store(cell_windows(spine, days, edges))
    return place_in_cells(usage, sources.contracts["usage_daily"], days, "usage_date"), windows
