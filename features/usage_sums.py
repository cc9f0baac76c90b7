"""Usage added up once per build, for every family that looks at it: by user, by module, by account.

Usage is the one table of tens of millions of rows. Each row is read once for each of these sums, however many dates
look at it; what a date may see of them is decided in `as_of`, and what they mean in the families.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from operator import add

import ibis
import ibis.expr.types as ir

from features.as_of import known_sums, place_in_cells
from features.cells import cell_days, cell_windows
from features.moments import MOMENT, beside, days_before, moments_of
from features.sources import Sources

WINDOW_DAYS = 28
WINDOWS = 4
LOOKBACK_DAYS = WINDOWS * WINDOW_DAYS
"""How far back usage is read: the newest window and the three before it, which are the account's own past."""
PAST_DAYS = LOOKBACK_DAYS - 7
"""Whose first use lies more than so many days back has a past that the windows can be held against."""
WEEKS = LOOKBACK_DAYS // 7
NEWEST_WEEKS = WINDOW_DAYS // 7
EDGES = {
    "user_id": range(0, LOOKBACK_DAYS + 1, WINDOW_DAYS),
    "module": (0, 28, 30, 112, 120),
    "account_id": (0, 14, 28, 56, 70, 112),
}
"""Where the windows of all who look at users, modules or accounts end: each is read from usage once for all of them."""


def use_by(column: str, spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the known use of each user, or of each module, before each moment.

    Args:
        column: `user_id` or `module`.
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per `account_id`, `as_of` and user or module of which any row is known in the windows of `EDGES`: the
        events of each window as `events_<first>_<last>` in days ago, null where it has no row.
    """
    edges = EDGES[column]
    placed, windows = _placed(spine, sources, edges)
    sums = placed.group_by(["account_id", column, "cell", "seen_from"]).agg(events=placed.events.sum().cast("int64"))
    known = known_sums(sums, moments_of(spine, sources), windows)
    used = known.group_by([*MOMENT, column]).agg(
        **{
            f"events_{newest + 1}_{oldest}": known.events.sum(where=known.window == window).cast("int64")
            for window, (newest, oldest) in enumerate(pairwise(edges))
        }
    )
    return sources.engine.store(used, through=[sums])


def events_in(used: ir.Table, days: int, last: int) -> ir.IntegerValue:
    """Return the events from some days ago to some more days ago, of what was added up: zero where there are none.

    Args:
        used: As returned by `use_by` or `account_use`.
        days: The newest day that counts, 1 being the day before.
        last: The oldest.
    """
    spans = {name: tuple(map(int, name.split("_")[1:])) for name in used.columns if name.startswith("events_")}
    inside = [used[name].fill_null(0) for name, (first, end) in spans.items() if days <= first and end <= last]
    return reduce(add, inside)


def account_use(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the known use of each account in the sixteen weeks before each moment.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per `account_id` and `as_of` with any event in these weeks: the events of each window of `EDGES`, as
        `use_by` has them; `first_days_ago` and `last_days_ago`, the age of the oldest and of the newest day of use;
        `active_days` of the newest window of 28 days and `active_weeks` of all sixteen; and `week_events`, events times
        the number of their week, 0 being the oldest; and `has_past`, whether the first use that is known, however old,
        lies more than `PAST_DAYS` back.
    """
    moments = moments_of(spine, sources)
    placed, windows = _placed(spine, sources, range(0, LOOKBACK_DAYS + 1, 7))
    sums, weeks = _weeks(placed)
    known = known_sums(weeks, moments, windows)
    week = WEEKS - 1 - known.window
    used = known.group_by(list(MOMENT)).agg(
        **{
            f"events_{newest + 1}_{oldest}": known.events.sum(
                where=known.window.between(newest // 7, oldest // 7 - 1)
            ).cast("int64")
            for newest, oldest in pairwise(EDGES["account_id"])
        },
        first_days_ago=days_before(known, "first_day").max(),
        last_days_ago=days_before(known, "last_day").min(),
        active_days=known.days.sum(where=known.window < NEWEST_WEEKS),
        # A week is a bit too: its days may have become known on several dates.
        on_weeks=(ibis.literal(1, "int64") << known.window).bit_or(where=known.days > 0),
        week_events=(week * known.events).sum(),
    )
    used = beside(used, used_for(PAST_DAYS, moments, sources).mutate(has_past=True))
    used = used.mutate(active_weeks=_bits(used.on_weeks.fill_null(0), WEEKS), has_past=used.has_past.fill_null(False))
    return sources.engine.store(used.drop("on_weeks"), through=[sums, weeks])


def used_for(days: int, moments: ir.Table, sources: Sources, on: Sequence[str] = ("account_id",)) -> ir.Table:
    """Return the moments at which the first use that is known lies more than so many days back.

    Args:
        days: How many.
        moments: Rows with `as_of` and the columns named in `on`.
        sources: The ingested tables.
        on: Whose use: that of the account, or of a module of it.
    """
    rows = sources.tables["usage_daily"]
    first = sources.first_rows("usage_daily", rows.filter(rows.events > 0), ("account_id", "module"), "usage_date")
    return sources.engine.store(sources.watched("usage_daily", moments, on, rows=first, age=("usage_date", days)))


def _weeks(placed: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Return the use of each week by the date that first saw it, with a bit per day and, from that, new days of use.

    A week is no longer than its seven days.
    """
    used = placed.filter(placed.events > 0)
    sums = used.group_by(["account_id", "cell", "seen_from"]).agg(
        events=used.events.sum().cast("int64"),
        first_day=used.usage_date.min(),
        last_day=used.usage_date.max(),
        # A day of the week is a bit, so that no day has to be kept as a row.
        on_days=(ibis.literal(1, "int64") << used.usage_date.delta(used.cell, unit="day")).bit_or(),
    )
    # Some rows of a day may be recorded later than others: it is a day of use from the first of them on.
    before = ibis.window(group_by=["account_id", "cell"], order_by="seen_from", preceding=(None, 1))
    new = sums.on_days & ~sums.on_days.bit_or().over(before).fill_null(0)
    return sums, sums.mutate(days=_bits(new, 7)).drop("on_days")


def _bits(value: ir.IntegerValue, size: int) -> ir.IntegerValue:
    """Count the bits of a value that are set, of as many as it has."""
    return reduce(add, [(value >> bit) & 1 for bit in range(size)])


def _placed(spine: ir.Table, sources: Sources, edges: Sequence[int]) -> tuple[ir.Table, ir.Table]:
    """Return the usage that some date looks at, placed, and the windows of each date."""
    days = sources.engine.store(cell_days(spine, edges))
    windows = sources.engine.store(cell_windows(spine, days, edges))
    usage = sources.tables["usage_daily"]
    return place_in_cells(usage, sources.contracts["usage_daily"], days, "usage_date"), windows
