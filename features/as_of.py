"""The only place that cuts by date.

Every fact has two dates: when it happened and when the company knew it (`recorded_at`). As of a date, only what was
recorded strictly before that date at 00:00 UTC exists. Three rules, in this order:

- Version: in a versioned table a thing is a series of rows with one key; the newest one recorded before the date
  counts, which is the one whose `superseded_at`, written beside it at ingest, is not before the date. Where there is a
  `valid_from`, that holds for each (key, valid_from), and then the newest `valid_from` not after the date.
- Row: a row counts when `recorded_at` is before the date.
- Column: a value that its contract says is *known from* another column's date reads as null until that date has passed.

The same expressions serve one date or hundreds: `moments` says which dates, and for whom. Where rows are many and only
sums are wanted, `place_in_cells` and `known_sums` apply the same rules to sums that no date needs to take apart.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from data_contracts.contract import Contract

_DAY_ZERO = ibis.date("2000-01-03")
_NEVER = ibis.timestamp("9999-12-31")


def known_rows(
    rows: ir.Table,
    contract: Contract,
    moments: ir.Table,
    on: Sequence[str] = ("account_id",),
    lookback: tuple[str, int] | None = None,
    *,
    in_force: bool = True,
) -> ir.Table:
    """Return what was known of a source table at each moment.

    Args:
        rows: The source table as ingested, or what is wanted of it: `recorded_at`, `superseded_at` if it is versioned.
        contract: Its contract: key, versions, and the *known from* rule of each column.
        moments: Unique rows with `as_of` (date) and the columns named in `on`.
        on: Columns that a moment and a row must share; empty to see the whole table at each date.
        lookback: `(column, days)` keeps only rows whose event date lies in the `days` days before `as_of`, that is in
            `[as_of - days, as_of)`.
        in_force: Where the contract has a `valid_from`, keep only the newest that is not after the date; False keeps
            all of these, which is the thing's history as known at the date.

    Returns:
        One row per moment and visible row of the source: the source's columns, `recorded_at` included, and `as_of`.
    """
    joined = _pair(rows, moments.select(*on, "as_of"), on, lookback)
    midnight = joined.as_of.cast("timestamp")
    visible = joined.recorded_at < midnight
    if contract.versioned:
        # One comparison, which the join can make, and not two of which either may hold.
        visible &= ibis.coalesce(joined.superseded_at, _NEVER) >= midnight
    if lookback is not None:
        column, days = lookback
        visible &= joined.as_of.delta(joined[column].cast("date"), unit="day").between(1, days)
    joined = joined.filter(visible)
    if contract.versioned:
        joined = joined.drop("superseded_at")
    if contract.has_valid_from:
        joined = joined.filter(joined.valid_from.cast("date") <= joined.as_of)
        joined = _newest_in_force(joined, contract, on) if in_force else joined
    return _hide_columns(joined, contract)


def first_seen(
    rows: ir.Table,
    contract: Contract,
    on: Sequence[str] = (),
    column: str | None = None,
    age: tuple[str, int] | None = None,
) -> ir.Table:
    """Return since when something of a table is on record, so that silence differs from nobody looking.

    Only the earliest recording matters, and nothing recorded later can become the earliest.

    Args:
        rows: The source table, or those of its rows that are asked for, with `recorded_at` filled.
        contract: Its contract.
        on: Columns that tell the groups apart; empty to ask of the whole table.
        column: Look at this column's values instead of whole rows.
        age: `(column, days)` asks for a row whose event date lies more than so many days before a date.

    Returns:
        One row per group with `first_seen_at`: dates after it see something.
    """
    if column is not None:
        rows = rows.filter(rows[column].notnull())
    seen_at = rows.recorded_at
    if column is not None and (known_from := contract.column(column).known_from) is not None:
        seen_at = ibis.greatest(seen_at, rows[known_from].cast("timestamp"))
    if age is not None:
        happened, days = age
        old_on = rows[happened].cast("date")
        old_on = old_on + ibis.interval(days=days) if days else old_on
        seen_at = ibis.greatest(seen_at, old_on.cast("timestamp"))
    return rows.aggregate(first_seen_at=seen_at.min(), by=list(on))


def moments_since(first: ir.Table, moments: ir.Table, on: Sequence[str] = ()) -> ir.Table:
    """Return the moments after something was first seen.

    Args:
        first: As returned by `first_seen`.
        moments: Rows with `as_of` and the columns named in `on`.
        on: As given to `first_seen`.

    Returns:
        Distinct rows of `on` and `as_of`.
    """
    asked = moments.select(*on, "as_of").distinct()
    joined = asked.join(first, list(on)) if on else asked.cross_join(first)
    return joined.filter(joined.first_seen_at < joined.as_of.cast("timestamp")).select(*on, "as_of")


def first_rows(rows: ir.Table, first: ir.Table, on: Sequence[str], column: str) -> ir.Table:
    """Return the rows of which one is the first that a date sees, however old the row is asked to be.

    A row whose day comes after another was seen, recording and day included, is seen later than that one at any `age`.

    Args:
        rows: As given to `first_seen`.
        first: What it returned for `age=(column, 0)`.
        on: As given to it.
        column: The event date.

    Returns:
        Distinct rows of `on`, the event date and `recorded_at`, few of each group.
    """
    joined = rows.select(*on, column, "recorded_at").join(first, list(on))
    early = joined.filter(joined[column].cast("date") <= joined.first_seen_at.cast("date"))
    return early.drop("first_seen_at").distinct()


def place_in_cells(rows: ir.Table, contract: Contract, days: ir.Table, column: str) -> ir.Table:
    """Return the rows with the cell of days in which each happened and the dates between which it is seen.

    Rows that agree in all of these are alike to every date, so whoever groups by them may add the rows up before they
    meet the dates. Rows in no date's windows, or recorded after all dates that look at their day, are left out.

    Args:
        rows: Rows of a source table as ingested; where it has no versions, facts derived from them too.
        contract: Its contract.
        days: As returned by `features.cells.cell_days` for the dates that will look.
        column: The event date, which in a versioned table is part of the key, so that no version moves it.

    Returns:
        The rows with `cell` and `seen_from`, the first date that sees them; if the table is versioned, also
        `gone_from`, the first date that no longer does, null where there is none.

    Raises:
        ValueError: If rows can move to another day, or values be hidden, after they were first recorded.
    """
    moves = contract.versioned and (contract.has_valid_from or column not in contract.key)
    if moves or any(each.known_from for each in contract.columns):
        raise ValueError(f"{contract.table}: only rows that keep their day can be added up before a date is known")
    happened_on = rows[column].cast("date")
    # Before its day has come nobody looks for a row, whenever it was recorded.
    known_on = ibis.greatest(rows.recorded_at.cast("date"), happened_on)
    dated = rows.mutate(_happened_on=happened_on, _known_on=known_on)
    placed = dated.join(days.select("cell", _happened_on="day"), "_happened_on")
    placed = placed.join(days.select(_known_on="day", seen_from="next_as_of"), "_known_on")
    if contract.versioned:
        placed = _with_end(placed, days)
    return placed.drop("_happened_on", "_known_on")


def known_sums(sums: ir.Table, moments: ir.Table, windows: ir.Table, on: Sequence[str] = ("account_id",)) -> ir.Table:
    """Return the sums whose rows were known at each moment.

    Args:
        sums: Placed rows, grouped by at least `on`, `cell`, `seen_from` and, where there is one, `gone_from`.
        moments: Unique rows with `as_of` and the columns named in `on`; its dates are among those of the cells.
        windows: As returned by `features.cells.cell_windows`.
        on: Columns that a moment and a sum must share.

    Returns:
        One row per moment and visible sum: the sum's columns, `as_of`, and `window`, 0 being the newest.
    """
    looks = moments.select(*on, "as_of").join(windows, "as_of")
    joined = sums.join(looks, [*on, "cell"])
    visible = joined.seen_from <= joined.as_of
    if "gone_from" in sums.columns:
        visible &= ibis.coalesce(joined.gone_from, _NEVER.date()) > joined.as_of
    known = joined.filter(visible)
    return known.drop(*(name for name in ("seen_from", "gone_from") if name in sums.columns))


def _with_end(placed: ir.Table, days: ir.Table) -> ir.Table:
    """Add `gone_from`: the first date that sees the next version instead."""
    # Like a row that is recorded before its day, a version that is replaced before it is never seen at all.
    replaced_on = ibis.greatest(placed.superseded_at.cast("date"), placed["_happened_on"])
    replaced_on = ibis.ifelse(placed.superseded_at.isnull(), ibis.null("date"), replaced_on)
    ends = days.select(_replaced_on="day", gone_from="next_as_of")
    joined = placed.mutate(_replaced_on=replaced_on).join(ends, "_replaced_on", how="left")
    return joined.drop("superseded_at", "_replaced_on", "_replaced_on_right")


def _pair(rows: ir.Table, moments: ir.Table, on: Sequence[str], lookback: tuple[str, int] | None) -> ir.Table:
    """Join rows to moments on equality, which both engines do by hash.

    With a lookback, time is cut into stretches and a moment asks only for those that its window touches. Otherwise each
    row would meet every date of its account before the window throws most of these pairs away.
    """
    if lookback is None:
        return rows.join(moments, list(on)) if on else rows.cross_join(moments)
    column, days = lookback
    width = max(days // 4, 7)

    def stretch(day: ir.DateValue) -> ir.IntegerValue:
        return (day.delta(_DAY_ZERO, unit="day") // width).cast("int64")

    first, last = (stretch(moments.as_of - ibis.interval(days=shift)) for shift in (days, 1))
    asked = moments.mutate(_stretch=ibis.range(first, last + 1).unnest())
    placed = rows.mutate(_stretch=stretch(rows[column].cast("date")))
    return placed.join(asked, [*on, "_stretch"]).drop("_stretch")


def _newest_in_force(joined: ir.Table, contract: Contract, on: Sequence[str]) -> ir.Table:
    """Keep, for each thing and moment, the row with the newest `valid_from`; a moment sees one version of each."""
    thing = [column for column in contract.key if column != "valid_from"]
    seen = list(dict.fromkeys([*on, "as_of", *thing]))
    newest = joined.group_by(seen).agg(valid_from=joined.valid_from.max())
    return joined.semi_join(newest, [*seen, "valid_from"])


def _hide_columns(joined: ir.Table, contract: Contract) -> ir.Table:
    """Blank every value whose *known from* date is missing or not yet past."""
    hidden = {}
    for column in contract.columns:
        if column.known_from is None or column.name not in joined.columns:
            continue
        is_known = joined[column.known_from].cast("timestamp") < joined.as_of.cast("timestamp")
        hidden[column.name] = ibis.ifelse(is_known, joined[column.name], ibis.null(joined[column.name].type()))
    return joined.mutate(**hidden) if hidden else joined
