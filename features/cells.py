"""Cells: the days that no date of a build tells apart.

Rows of one cell lie in the same window before every date, so they can be added up before they meet the dates: with
dates four weeks apart, each row is then read once instead of once per date whose windows hold it. Days only; whether a
row had been recorded by a date is decided in `as_of`.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


def cell_days(moments: ir.Table, edges: Sequence[int]) -> ir.Table:
    """Cut the days before the dates at each edge of their windows.

    Args:
        moments: Rows with `as_of`; repeats are ignored.
        edges: Days before a date at which one window ends and an older one begins, from 0 up: `(0, 14, 28)` for the
            fortnight that ends the day before the date and the fortnight before that.

    Returns:
        One row per `day` that lies in a window of some date, with its `cell`, named after the first of its days, and
        `next_as_of`, the earliest of the dates after it, which is the same for all days of a cell.
    """
    dates = moments.select("as_of").distinct()
    shifted = dates.mutate(back=ibis.array(list(edges)).unnest())
    cuts = shifted.select(cell=shifted.as_of - shifted.back.as_interval("D")).distinct()
    spans = cuts.mutate(days=cuts.cell.lead().over(ibis.window(order_by="cell")).delta(cuts.cell, unit="day"))
    later = spans.cross_join(dates)
    # A cell in no window lies between a date and the oldest window of the next one.
    later = later.filter((later.cell < later.as_of) & later.days.notnull())
    looked = later.group_by("cell", "days").agg(next_as_of=later.as_of.min())
    looked = looked.filter(looked.cell >= looked.next_as_of - ibis.interval(days=edges[-1]))
    each = looked.mutate(place=ibis.range(0, looked.days).unnest())
    return each.select("cell", "next_as_of", day=each.cell + each.place.as_interval("D"))


def cell_windows(moments: ir.Table, days: ir.Table, edges: Sequence[int]) -> ir.Table:
    """Return which cells each date's windows are made of.

    Args:
        moments: As given to `cell_days`.
        days: As returned by it.
        edges: As given to it.

    Returns:
        One row per `as_of` and `cell`, with `window`, 0 being the newest.
    """
    pairs = moments.select("as_of").distinct().cross_join(days.select("cell").distinct())
    ago = pairs.as_of.delta(pairs.cell, unit="day")
    older_than = [(ago > edge).cast("int64") for edge in edges[1:-1]]
    placed = pairs.mutate(window=sum(older_than, ibis.literal(0, "int64")))
    return placed.filter(ago.between(1, edges[-1]))
