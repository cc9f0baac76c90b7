"""Cells: the days that no date of a build tells apart.

Rows of one cell lie in the same window before every date, so they can be added up before they meet the dates: with
dates four weeks apart, each row is then read once instead of once per date whose windows hold it. Days only; whether a
row had been recorded by a date is decided in `as_of`.
"""

import ibis
import ibis.expr.types as ir


def cell_days(moments: ir.Table, width: int, count: int) -> ir.Table:
    """Cut the days before the dates at each edge of their windows.

    Args:
        moments: Rows with `as_of`; repeats are ignored.
        width: Days of a window.
        count: Windows before each date; the newest ends the day before it.

    Returns:
        One row per `day` that lies in a window of some date, with its `cell`, named after the first of its days, and
        `next_as_of`, the earliest of the dates after it, which is the same for all days of a cell.
    """
    dates = moments.select("as_of").distinct()
    shifted = dates.mutate(back=ibis.range(0, count + 1).unnest())
    edges = shifted.select(cell=shifted.as_of - (shifted.back * width).as_interval("D")).distinct()
    spans = edges.mutate(days=edges.cell.lead().over(ibis.window(order_by="cell")).delta(edges.cell, unit="day"))
    later = spans.cross_join(dates)
    # A cell in no window lies between a date and the oldest window of the next one.
    later = later.filter((later.cell < later.as_of) & later.days.notnull())
    looked = later.group_by("cell", "days").agg(next_as_of=later.as_of.min())
    looked = looked.filter(looked.cell >= looked.next_as_of - ibis.interval(days=width * count))
    each = looked.mutate(place=ibis.range(0, looked.days).unnest())
    return each.select("cell", "next_as_of", day=each.cell + each.place.as_interval("D"))


def cell_windows(moments: ir.Table, days: ir.Table, width: int, count: int) -> ir.Table:
    """Return which cells each date's windows are made of.

    Args:
        moments: As given to `cell_days`.
        days: As returned by it.
        width: As given to it.
        count: As given to it.

    Returns:
        One row per `as_of` and `cell`, with `window`, 0 being the newest.
    """
    pairs = moments.select("as_of").distinct().cross_join(days.select("cell").distinct())
    ago = pairs.as_of.delta(pairs.cell, unit="day")
    placed = pairs.mutate(window=((ago - 1) // width).cast("int64"))
    return placed.filter(ago.between(1, width * count))
