"""Labels: what became of each snapshot, as known at cut-offs.

A label exists only where the snapshot may be learned from at a cut-off, so whoever selects labels by cut-off cannot see
an outcome too early. Cohorts are formed by date and never by how fast a decision came in. What was known rarely changes
again, so a label is a row for a run of successive cut-offs and not one for each.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.sources import Sources
from features.spine import BANDS, KEY, MATURITY_DAYS

ROLLING_WINDOW_DAYS = 180
"""How far ahead of a snapshot the renewals of a short-term contract count."""
CONTRACTION_SHARE = 0.9
"""Renewed below this share of the ARR that was due is contraction."""
LABEL_KEY = (*KEY, "first_cutoff")
"""What identifies a label: the snapshot, and the first of the cut-offs at which this was known of it."""
_OUTCOME = ("is_churned", "is_contracted", "retained_share")


def label_snapshots(spine: ir.Table, sources: Sources, cutoffs: Sequence[date]) -> ir.Table:
    """Return the outcome of each open snapshot as known at each cut-off.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.
        cutoffs: Dates at which somebody learns.

    Returns:
        One row per (account_id, renewal_id, as_of) and run of successive cut-offs, from `first_cutoff` to
        `last_cutoff`, at which it may be learned from with one outcome: `is_churned`, `is_contracted`, `retained_share`
        (renewed over due ARR, 0 to 1; null in band `rolling`) and `days_to_decision` (from `as_of`). Known losses,
        superseded and still undecided renewals have no row; nor has one whose notice or decision had fallen before
        `as_of`, even if it was recorded later: the CSM may have known.
    """
    dates = sorted(set(cutoffs))
    frame = pd.DataFrame({"cutoff": dates, "place": range(len(dates))})
    places = sources.engine.from_pandas(frame, {"cutoff": "date", "place": "int64"})
    outcomes = _outcomes(sources.known("renewals", places.select(as_of="cutoff"), on=()).rename(cutoff="as_of"))
    open_rows = spine.filter(spine.status == "open").select(*KEY, "contract_id", "band")
    single = _single_labels(open_rows, outcomes, places)
    return sources.engine.store(single.union(_rolling_labels(open_rows, outcomes, places)), through=[outcomes])


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


def _in_runs(rows: ir.Table, places: ir.Table) -> ir.Table:
    """Merge rows that are alike at successive cut-offs: `first_cutoff` and `last_cutoff` in place of `cutoff`.

    Args:
        rows: Rows with `cutoff`, no two of them the same.
        places: The cut-offs and their places in order.
    """
    facts = [name for name in rows.columns if name != "cutoff"]
    alike = ibis.window(group_by=facts, order_by="place")
    placed = rows.join(places, "cutoff").mutate(number=ibis.row_number().over(alike))
    # Along successive cut-offs the place grows as fast as the number of the row.
    runs = placed.mutate(run=placed.place - placed.number)
    merged = runs.group_by([*facts, "run"]).agg(first_cutoff=runs.cutoff.min(), last_cutoff=runs.cutoff.max())
    return merged.drop("run")


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


def _single_labels(open_rows: ir.Table, outcomes: ir.Table, places: ir.Table) -> ir.Table:
    """Label the snapshots of ordinary terms with the outcome of their own renewal."""
    mature = outcomes.filter(
        outcomes.outcome.isin(["renewed", "churned"])
        & (outcomes.renewal_date + ibis.interval(days=MATURITY_DAYS) < outcomes.cutoff)
    )
    churned = mature.outcome == "churned"
    share = ibis.ifelse(
        churned,
        0.0,
        ibis.least(mature.renewed_arr, mature.due_arr).cast("float64") / mature.due_arr.cast("float64").nullif(0),
    )
    contracted = ~churned & (mature.renewed_arr.cast("float64") < CONTRACTION_SHARE * mature.due_arr.cast("float64"))
    labels = mature.select(
        "account_id",
        "renewal_id",
        "cutoff",
        "decided_on",
        "fallen_on",
        is_churned=churned,
        is_contracted=contracted.fill_null(False),
        retained_share=share,
    )
    rows = open_rows.filter(open_rows.band.isin(BANDS)).select(*KEY)
    rows = rows.join(_in_runs(labels, places), ["account_id", "renewal_id"])
    rows = rows.filter(rows.fallen_on >= rows.as_of)
    return _as_labels(rows)


def _rolling_labels(open_rows: ir.Table, outcomes: ir.Table, places: ir.Table) -> ir.Table:
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
    learned = learned.mutate(is_contracted=ibis.literal(False), retained_share=ibis.null("float64"))
    return _as_labels(_in_runs(learned.select(*KEY, "cutoff", *_OUTCOME, "decided_on"), places))


def _as_labels(rows: ir.Table) -> ir.Table:
    """Return labelled snapshots in the form in which they are handed over."""
    return rows.select(
        *LABEL_KEY, "last_cutoff", *_OUTCOME, days_to_decision=rows.decided_on.delta(rows.as_of, unit="day")
    )
