"""What falls due: every renewal on record at a date, in exact money, with what was known of it then.

The base of the renewal forecast and of what it is later held to. Unlike the spine it keeps what is settled, what has
not begun, and what was set aside: money must add up. Which of them count in a period, and what is expected of them,
belongs to `models/forecast`.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from features.labels import with_replaced_arr
from features.sources import Sources
from features.spine import as_of_table, known_accounts

DUE_KEY = ("account_id", "renewal_id", "as_of")
STATUSES = ("open", "overdue", "known_loss", "already_renewed", "decided", "quarantined")
"""What each renewal that is due is at a date; together they are all of the ARR due."""
HISTORY_DAYS = 550
"""How far back settled renewals are kept: the naive forecasts look at the same quarter of last year."""
_COLUMNS = (
    *DUE_KEY,
    "contract_id",
    "term_start_date",
    "renewal_date",
    "arr",
    "currency",
    "outcome",
    "status",
    "retained_share",
)


def build_dues(sources: Sources, as_of_dates: Sequence[date]) -> ir.Table:
    """Return what was due or to fall due, as known at each date.

    Args:
        sources: The ingested tables.
        as_of_dates: Dates to look from; repeats are ignored.

    Returns:
        One row per renewal and date, without superseded ones and without those settled more than `HISTORY_DAYS`
        before: dates of the term, `arr` (decimal), currency, `outcome` and `status` as known then, `retained_share`
        (renewed over due ARR, at most one; null while undecided or with nothing due), and segment, region and CSM of
        the account, null where the account was not on record. A row in quarantine has the status `quarantined`, and
        null where its own text cannot be read; of a renewal it counts only if nothing newer is known.
    """
    moments = as_of_table(sources, as_of_dates)
    known = sources.known("renewals", moments, on=())
    rows = _with_status(with_replaced_arr(known, "as_of")).select(*_COLUMNS)
    if "renewals" in sources.quarantine:
        rows = rows.union(_quarantined(sources, known, moments))
    rows = sources.engine.store(rows)
    owners = known_accounts(sources, rows.select("account_id", "as_of").distinct())
    owners = owners.select("account_id", "as_of", "segment", "region", "csm_id")
    joined = rows.join(owners, ["account_id", "as_of"], how="left")
    return joined.drop("account_id_right", "as_of_right")


def build_ends(sources: Sources, through: date) -> ir.Table:
    """Return every renewal with what came of it, as known at a date.

    Args:
        sources: The ingested tables.
        through: The date.

    Returns:
        One row per renewal: contract, dates of the term, `arr`, currency, `outcome` (also superseded; null while open)
        and `retained_share`, as in `build_dues`.
    """
    known = with_replaced_arr(sources.known("renewals", as_of_table(sources, [through]), on=()), "as_of")
    return known.select(*_COLUMNS[: _COLUMNS.index("status")], retained_share=_retained_share(known))


def _retained_share(known: ir.Table) -> ir.FloatingValue:
    """Return renewed over due ARR, at most one; null while undecided and where nothing was due."""
    due = known.due_arr.cast("float64")
    share = ibis.least(known.renewed_arr.cast("float64"), due) / due.nullif(0)
    return ibis.cases((known.outcome == "churned", 0.0), (known.outcome == "renewed", share)).cast("float64")


def _with_status(known: ir.Table) -> ir.Table:
    """Add status and retained share; drop what is superseded or long settled."""
    is_decided = known.outcome.notnull()
    is_past = known.renewal_date < known.as_of
    status = ibis.cases(
        (is_decided & is_past, "decided"),
        (known.outcome == "churned", "known_loss"),
        (known.outcome == "renewed", "already_renewed"),
        (known.notice_given_on.notnull(), "known_loss"),
        (is_past, "overdue"),
        else_="open",
    )
    recent = known.renewal_date >= known.as_of - ibis.interval(days=HISTORY_DAYS)
    counts = (~is_decided | ((known.outcome != "superseded") & recent)).fill_null(True)
    return known.mutate(status=status, retained_share=_retained_share(known)).filter(counts)


def _quarantined(sources: Sources, known: ir.Table, moments: ir.Table) -> ir.Table:
    """Return the renewals of which the newest that was recorded lies in quarantine, read as far as they can be."""
    contract, texts = sources.contracts["renewals"], sources.quarantine["renewals"]
    typed = sources.tables["renewals"]
    read = texts.mutate(**{name: texts[name].try_cast(typed[name].type()) for name in contract.column_names})
    read = read.mutate(
        # A negative amount is a slip of the pen; to subtract it would hide as much of what is due.
        arr=ibis.ifelse(read.arr >= 0, read.arr, None),
        contract_id=ibis.coalesce(read.contract_id, read.account_id),
        currency=ibis.coalesce(read.currency, contract.column("currency").default),
    )
    seen = read.cross_join(moments)
    seen = seen.filter((seen.recorded_at < seen.as_of.cast("timestamp")).fill_null(True))
    newest = ibis.window(
        group_by=["as_of", "account_id", "renewal_id"],
        order_by=[ibis.desc("recorded_at"), "renewal_date", "arr", "currency", "contract_id"],
    )
    seen = seen.mutate(place=ibis.row_number().over(newest))
    seen = seen.filter((seen.place == 0) | seen.renewal_id.isnull()).drop("place")
    seen = seen.filter((seen.outcome != "superseded").fill_null(True))
    standing = known.select("renewal_id", "as_of").distinct()
    seen = seen.anti_join(standing, ["renewal_id", "as_of"])
    return seen.mutate(status=ibis.literal("quarantined"), retained_share=ibis.null("float64")).select(*_COLUMNS)
