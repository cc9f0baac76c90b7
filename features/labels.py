"""Labels: what became of each snapshot, as known at a cut-off.

A label row exists only where the snapshot may be learned from at that cut-off, so whoever joins on labels cannot see
an outcome too early. Cohorts are formed by date and never by how fast a decision came in.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from features.sources import Sources
from features.spine import BANDS, KEY, MATURITY_DAYS, as_of_table

ROLLING_WINDOW_DAYS = 180
"""How far ahead of a snapshot the renewals of a short-term contract count."""
CONTRACTION_SHARE = 0.9
"""Renewed below this share of the ARR that was due is contraction."""


def label_snapshots(spine: ir.Table, sources: Sources, cutoffs: Sequence[date]) -> ir.Table:
    """Return the outcome of each open snapshot as known at each cut-off.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.
        cutoffs: Dates at which somebody learns.

    Returns:
        One row per (account_id, renewal_id, as_of, cutoff) that may be learned from: `is_churned`, `is_contracted`,
        `retained_share` (renewed over due ARR, 0 to 1; null in band `rolling`) and `days_to_decision` (from `as_of`).
        Known losses, superseded and still undecided renewals have no row; nor has one whose notice or decision had
        fallen before `as_of`, even if it was recorded later: the CSM may have known.
    """
    cutoff_dates = as_of_table(sources, cutoffs)
    outcomes = _outcomes(sources.known("renewals", cutoff_dates, on=()).rename(cutoff="as_of"))
    open_rows = spine.filter(spine.status == "open").select(*KEY, "contract_id", "band")
    labels = _single_labels(open_rows, outcomes).union(_rolling_labels(open_rows, outcomes))
    return sources.engine.store(labels, through=[outcomes])


def _outcomes(known: ir.Table) -> ir.Table:
    """Return each renewal as known at each cut-off, with the ARR that was due of all that its successor replaced."""
    known = with_replaced_arr(known, "cutoff")
    return known.select(
        "account_id",
        "renewal_id",
        "contract_id",
        "cutoff",
        "renewal_date",
        "outcome",
        "decided_on",
        "renewed_arr",
        fallen_on=ibis.least(known.notice_given_on, known.decided_on),
        due_arr=known.due_arr,
    )


def with_replaced_arr(known: ir.Table, moment: str) -> ir.Table:
    """Return known renewals with `due_arr`: the ARR that was due of all that their successor replaced.

    Args:
        known: Renewals as known at dates.
        moment: Name of the column of the date.
    """
    replaced = ibis.window(group_by=[moment, "account_id", "successor_renewal_id"])
    return known.mutate(
        due_arr=ibis.ifelse(known.successor_renewal_id.notnull(), known.arr.sum().over(replaced), known.arr)
    )


def _single_labels(open_rows: ir.Table, outcomes: ir.Table) -> ir.Table:
    """Label the snapshots of ordinary terms with the outcome of their own renewal."""
    decided = outcomes.filter(outcomes.outcome.isin(["renewed", "churned"]))
    rows = open_rows.filter(open_rows.band.isin(BANDS)).join(decided.drop("contract_id"), ["account_id", "renewal_id"])
    mature = rows.filter(
        (rows.renewal_date + ibis.interval(days=MATURITY_DAYS) < rows.cutoff) & (rows.fallen_on >= rows.as_of)
    )
    churned = mature.outcome == "churned"
    share = ibis.ifelse(
        churned,
        0.0,
        ibis.least(mature.renewed_arr, mature.due_arr).cast("float64") / mature.due_arr.cast("float64").nullif(0),
    )
    contracted = ~churned & (mature.renewed_arr.cast("float64") < CONTRACTION_SHARE * mature.due_arr.cast("float64"))
    return mature.select(
        *KEY,
        "cutoff",
        is_churned=churned,
        is_contracted=contracted.fill_null(False),
        retained_share=share,
        days_to_decision=mature.decided_on.delta(mature.as_of, unit="day"),
    )


def _rolling_labels(open_rows: ir.Table, outcomes: ir.Table) -> ir.Table:
    """Label the snapshots of short terms: did any renewal of the contract within the window churn?"""
    pairs = open_rows.filter(open_rows.band == "rolling").join(
        outcomes.drop("renewal_id"), ["account_id", "contract_id"]
    )
    window = pairs.filter(
        (pairs.renewal_date > pairs.as_of)
        & (pairs.renewal_date <= pairs.as_of + ibis.interval(days=ROLLING_WINDOW_DAYS))
        & (pairs.as_of + ibis.interval(days=ROLLING_WINDOW_DAYS + MATURITY_DAYS) < pairs.cutoff)
    )
    churned = window.outcome == "churned"
    summed = window.group_by([*KEY, "cutoff"]).agg(
        is_churned=churned.fill_null(False).any(),
        has_undecided=window.outcome.isnull().any(),
        has_label=window.outcome.isin(["renewed", "churned"]).fill_null(False).any(),
        decided_on=ibis.coalesce(window.decided_on.min(where=churned), window.decided_on.max()),
        fallen_on=window.fallen_on.min(where=churned),
    )
    is_open = summed.fallen_on.isnull() | (summed.fallen_on >= summed.as_of)
    learned = summed.filter(summed.has_label & (summed.is_churned | ~summed.has_undecided) & is_open)
    return learned.select(
        *KEY,
        "cutoff",
        "is_churned",
        is_contracted=ibis.literal(False),
        retained_share=ibis.null("float64"),
        days_to_decision=learned.decided_on.delta(learned.as_of, unit="day"),
    )
