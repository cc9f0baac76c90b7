"""Moments: an account seen from a date, and what the families measure there.

Windows of days before the date, the left join that keeps every moment, the one division after exact sums, and the rule
of when nothing on record means zero. What is measured stands in the families; what was known is cut in `as_of`.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from features.sentiment import tone
from features.sources import Sources

MOMENT = ("account_id", "as_of")
_count_if = ibis.udf.agg.builtin(lambda _condition: None, name="count_if", signature=(("boolean",), "int64"))


def moments_of(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the distinct accounts and dates of a spine."""
    return sources.engine.store(spine.select(*MOMENT).distinct())


def watched_moments(spine: ir.Table, sources: Sources, table: str) -> ir.Table:
    """Return the moments by which the company had begun to record a table.

    From then on an account without a row has none, and a count of its rows is zero; before, nobody looked.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.
        table: Name of the source table.
    """
    moments = spine.select(*MOMENT).distinct()
    return sources.engine.store(moments.semi_join(sources.watched(table, moments), "as_of"))


def beside(left: ir.Table, *parts: ir.Table, on: tuple[str, ...] = MOMENT) -> ir.Table:
    """Return a table with the columns of each part, null where a part has no row of the same key."""
    joined = left
    for place, part in enumerate(parts):
        joined = joined.join(part, list(on), how="left", rname=f"{{name}}_of_{place}")
    # One join of many and one choice of columns: to plan them one by one takes longer than to join small tables.
    return joined.drop(*[f"{column}_of_{place}" for place in range(len(parts)) for column in on])


def counted(
    moments: ir.Table, summed: ir.Table, sources: Sources, table: str, columns: tuple[str, ...] = ()
) -> ir.Table:
    """Return the sums of watched moments, counts of nothing being zero there.

    Args:
        moments: Those at which the table was kept; see `watched_moments`.
        summed: Sums per moment. Days since something are no count: where it never was, there is no number of days.
        sources: The ingested tables.
        table: Name of the source table.
        columns: Optional columns of it; for each it is added whether any value of it had been recorded of anybody, as
            `watched_<column>`.
    """
    joined = beside(moments, summed)
    for column in columns:
        seen = sources.watched(table, moments, column=column).mutate(**{f"watched_{column}": ibis.literal(True)})
        joined = beside(joined, seen, on=("as_of",))
    sums = [column for column in summed.columns if column not in MOMENT and "days_" not in column]
    return sources.engine.store(
        joined.mutate(
            **{column: joined[column].fill_null(0) for column in sums},
            **{f"watched_{column}": joined[f"watched_{column}"].fill_null(False) for column in columns},
        )
    )


def days_before(known: ir.Table, column: str) -> ir.IntegerValue:
    """Return how many days before `as_of` something happened: 1 is the day before, null stays null."""
    return known.as_of.delta(known[column].cast("date"), unit="day")


def ratio(part: ir.NumericValue, whole: ir.NumericValue) -> ir.FloatingValue:
    """Divide exact numbers once; null where there is nothing to divide by."""
    return part.cast("float64") / whole.cast("float64").nullif(0)


def only_where(condition: ir.BooleanValue, value: ir.Value) -> ir.Value:
    """Return a value where a condition holds, else null."""
    return ibis.ifelse(condition, value, ibis.null(value.type()))


def count_if(condition: ir.BooleanValue) -> ir.IntegerScalar:
    """Count the rows for which a condition holds; null does not.

    Both engines have a function for it, which is faster than to add up truths; of nulls alone they say two things.
    """
    counted: ir.IntegerScalar = _count_if(condition.fill_null(False))
    return counted


def rows_saying(
    sources: Sources, table: str, column: str, says: Callable[[ir.StringValue], ir.BooleanValue]
) -> ir.Table:
    """Return the rows of a source table, all versions of them, whose text says something.

    Each text is read once, like its tone.

    Args:
        sources: The ingested tables.
        table: Name of the source table.
        column: Name of its text column.
        says: Whether a text says it.
    """
    texts = sources.engine.store(sources.tables[table].select(column).distinct())
    found = sources.engine.store(texts.filter(says(texts[column])))
    return sources.tables[table].semi_join(found, column)


def text_tones(sources: Sources, table: str, column: str) -> ir.Table:
    """Return the tone of each text that a column of a source table ever held.

    Each text is read once, however many moments see it: its tone depends on nothing but its words.

    Args:
        sources: The ingested tables.
        table: Name of the source table.
        column: Name of its text column.

    Returns:
        One row per distinct text, under the name of the column, and its `tone`, -3 to 3.
    """
    texts = sources.engine.store(sources.tables[table].select(column).distinct())
    texts = texts.filter(texts[column].notnull())
    return sources.engine.store(texts.mutate(tone=tone(texts[column])))
