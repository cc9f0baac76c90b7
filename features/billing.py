"""Features of billing: how the account pays, what it owes now, and whether invoices keep coming.

Money is summed in exact cents and divided once. Credit notes and invoices without a date due are nobody's delay and
are left out where they would count as one. An account of which no invoice was ever recorded has nulls, not zeros.
What became of the ARR at the last renewal is a fact of the contract and stands in `commercial`.
"""

import ibis
import ibis.expr.types as ir

from features.feature import Feature
from features.moments import MOMENT, beside, count_if, days_before, moments_of, only_where, ratio
from features.sources import Sources

YEAR_DAYS = 365
GAP_DAYS = 2 * YEAR_DAYS
"""How far back invoices say how often the account is billed."""

_ISSUED = frozenset({"invoices.issued_on", "invoices.amount"})
_PAID = _ISSUED | {"invoices.due_on", "invoices.paid_on"}
_GROUP = "payment"

FEATURES = (
    Feature(
        name="billing__late_share",
        description="Share of the invoices due in the last 365 days that were paid late or are still unpaid.",
        unit="share 0-1",
        kind="number",
        direction="either",
        lineage=_PAID,
        sentence="{value} of the invoices due in the last year were not paid in time",
        group=_GROUP,
        when_missing="No invoice of the last year is on record",
    ),
    Feature(
        name="billing__mean_late_days",
        description="Mean days late of the invoices due in the last 365 days, 0 if in time, so far if unpaid.",
        unit="days",
        kind="number",
        direction="either",
        lineage=_PAID,
        sentence="Invoices of the last year were paid {value} days late on average",
        group=_GROUP,
        when_missing="No invoice of the last year is on record",
    ),
    Feature(
        name="billing__overdue_invoices_count",
        description="Invoices that are past due and not known to be paid.",
        unit="invoices",
        kind="integer",
        direction="raises",
        lineage=_PAID,
        sentence="{value} invoices are overdue",
        group=_GROUP,
        when_missing="No invoice is on record",
    ),
    Feature(
        name="billing__oldest_overdue_days",
        description="Days that the longest overdue invoice is past due, 0 where none is overdue.",
        unit="days",
        kind="integer",
        direction="raises",
        lineage=_PAID,
        sentence="The oldest unpaid invoice is {value} days past due",
        group=_GROUP,
        when_missing="No invoice is on record",
    ),
    Feature(
        name="billing__overdue_amount_ratio",
        description="Amount overdue over the amount invoiced in the last 365 days, where both are in one currency.",
        unit="ratio",
        kind="number",
        direction="raises",
        lineage=_PAID | {"invoices.currency"},
        sentence="What is overdue comes to {value} of what was invoiced in the last year",
        group=_GROUP,
        when_missing="No invoice of the last year is on record",
    ),
    Feature(
        name="billing__largest_gap_ratio",
        description=(
            "Longest time without a new invoice within 730 days, the time since the newest included, over the mean "
            "time between invoices; from three dates of issue on."
        ),
        unit="ratio",
        kind="number",
        direction="either",
        lineage=_ISSUED,
        sentence="The longest gap between invoices is {value} of the usual gap",
        group=_GROUP,
        when_missing="There are too few invoices to compare the time between them",
    ),
)


def build_billing(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the billing features.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine that is measured, with one column per feature of this module.
    """
    moments = moments_of(spine, sources)
    known = sources.known("invoices", moments)
    ago = {"issued_ago": days_before(known, "issued_on"), "due_ago": days_before(known, "due_on")}
    known = known.select(*MOMENT, "due_on", "paid_on", "amount", "currency", **ago)
    invoices = known.filter((known.issued_ago >= 1) & (known.amount > 0))
    return sources.engine.store(beside(moments, _payment(invoices), _gaps(invoices)), through=[invoices])


def _payment(invoices: ir.Table) -> ir.Table:
    """Return what was paid late and what is unpaid, by moment."""
    is_unpaid = invoices.paid_on.isnull()
    days_late = ibis.ifelse(is_unpaid, invoices.due_ago, invoices.paid_on.delta(invoices.due_on, unit="day"))
    invoices = invoices.mutate(
        days_late=ibis.greatest(days_late, 0),
        is_overdue=(is_unpaid & (invoices.due_ago >= 1)).fill_null(False),
        is_new=invoices.issued_ago <= YEAR_DAYS,
    )
    fell_due = invoices.due_ago.between(1, YEAR_DAYS)
    sums = invoices.group_by(list(MOMENT)).agg(
        due=count_if(fell_due),
        late=count_if(fell_due & (invoices.days_late > 0)),
        days_late=invoices.days_late.sum(where=fell_due),
        dated=count_if(invoices.due_on.notnull()),
        overdue=count_if(invoices.is_overdue),
        oldest_overdue=invoices.due_ago.max(where=invoices.is_overdue),
        overdue_amount=invoices.amount.sum(where=invoices.is_overdue),
        invoiced_amount=invoices.amount.sum(where=invoices.is_new),
        currencies=invoices.currency.nunique(where=invoices.is_overdue | invoices.is_new),
    )
    owed = ratio(ibis.ifelse(sums.overdue > 0, sums.overdue_amount, 0), sums.invoiced_amount)
    return sums.select(
        *MOMENT,
        billing__late_share=ratio(sums.late, sums.due),
        billing__mean_late_days=ratio(sums.days_late, sums.due),
        # Where no invoice says when it is due, none is known to be overdue, and none not to be.
        billing__overdue_invoices_count=only_where(sums.dated > 0, sums.overdue),
        billing__oldest_overdue_days=only_where(sums.dated > 0, sums.oldest_overdue.fill_null(0)),
        billing__overdue_amount_ratio=only_where((sums.dated > 0) & (sums.currencies == 1), owed),
    )


def _gaps(invoices: ir.Table) -> ir.Table:
    """Return the longest gap between dates of issue against the mean one, by moment."""
    dates = invoices.filter(invoices.issued_ago <= GAP_DAYS).select(*MOMENT, "issued_ago").distinct()
    newest_first = ibis.window(group_by=list(MOMENT), order_by="issued_ago")
    dates = dates.mutate(gap=dates.issued_ago - dates.issued_ago.lag().over(newest_first))
    sums = dates.group_by(list(MOMENT)).agg(
        dates=dates.count(), first=dates.issued_ago.max(), newest=dates.issued_ago.min(), largest=dates.gap.max()
    )
    largest = ibis.greatest(sums.largest, sums.newest)
    against_mean = ratio(largest * (sums.dates - 1), sums.first - sums.newest)
    return sums.select(*MOMENT, billing__largest_gap_ratio=only_where(sums.dates >= 3, against_mean))
