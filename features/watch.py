"""Since when something has been on record at all, so that silence can be told from nobody looking.

A count is zero only where it was being kept. Whether anything of a table had been recorded by a date is decided here;
what was recorded is counted in the family modules.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from features.sources import Sources


def watched(
    sources: Sources, moments: ir.Table, table: str, column: str | None = None, on: Sequence[str] = ()
) -> ir.Table:
    """Return the moments by which something of a table had been recorded.

    Only the earliest recording matters, and nothing recorded later can become the earliest.

    Args:
        sources: The ingested tables.
        moments: Rows with `as_of` and the columns named in `on`.
        table: Name of a source table.
        column: Look at this column's values instead of whole rows.
        on: Columns that a moment and a row must share; empty to ask whether it was recorded of anybody.

    Returns:
        Distinct rows of `on` and `as_of`.
    """
    rows = sources.tables[table]
    if column is not None:
        rows = rows.filter(rows[column].notnull())
    seen_at = rows.recorded_at
    if column is not None and (known_from := sources.contracts[table].column(column).known_from) is not None:
        seen_at = ibis.greatest(seen_at, rows[known_from].cast("timestamp"))
    first = rows.aggregate(first_seen_at=seen_at.min(), by=list(on))
    asked = moments.select(*on, "as_of").distinct()
    joined = asked.join(first, list(on)) if on else asked.cross_join(first)
    return joined.filter(joined.first_seen_at < joined.as_of.cast("timestamp")).select(*on, "as_of")
