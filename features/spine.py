"""The spine: which renewals could be seen from which dates, and in what state they were then.

A row is a renewal seen from a date. It exists where the account and the renewal had been recorded and the term had
started; nothing that was learned later decides whether it is there. Labels are not part of it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.sources import Sources

KEY = ("account_id", "renewal_id", "as_of")
SHORT_TERM_DAYS = 180
"""A term shorter than this is `rolling`: its renewals come too often to be predicted one by one."""
HORIZON_DAYS = 365
"""A renewal further away than this is listed and not scored."""
FRESH_DECISION_DAYS = 28
"""How long a decided renewal stays listed once its date is past."""
MATURITY_DAYS = 60
"""A renewal enters the learning cohort this long after its date, whether it was decided early or late: it is over."""
BANDS = ("0-89", "90-180", "181-365")
HEADLINE_BAND = "90-180"

GRID_START = date(2000, 1, 3)
GRID_DAYS = 28
CUTOFF_DAYS = 84


def grid_dates(first: date, last: date, step_days: int = GRID_DAYS) -> list[date]:
    """Return the Mondays of the training grid in `[first, last]`.

    The grid is counted from a fixed Monday, so that two runs a week apart look at the past from the same dates.
    """
    offset = -(-(first - GRID_START).days // step_days)
    start = GRID_START + timedelta(days=max(offset, 0) * step_days)
    return [start + timedelta(days=step) for step in range(0, (last - start).days + 1, step_days)]


def build_spine(sources: Sources, as_of_dates: Sequence[date]) -> ir.Table:
    """Return every renewal that could be seen from each date.

    Args:
        sources: The ingested tables.
        as_of_dates: Dates to look from; repeats are ignored.

    Returns:
        One row per (account_id, renewal_id, as_of) with the renewal's facts as known then, `lead_days`, `status`
        (open, overdue, known_loss, already_renewed), `band` (0-89, 90-180, 181-365, beyond, overdue, rolling), and the
        account's name, segment, industry, region, owner (with weekly capacity) and CRM links as known then. Superseded
        renewals are left out; of a contract with short terms only the nearest renewal is kept.
    """
    return _spine_of(sources.known("renewals", as_of_table(sources, as_of_dates), on=()), sources)


def build_spine_of(looks: ir.Table, sources: Sources) -> ir.Table:
    """Return given renewals, each as it could be seen from dates of its own.

    Args:
        looks: Distinct account_id, renewal_id and as_of.
        sources: The ingested tables.

    Returns:
        The rows of `build_spine` for those looks at which the renewal could be seen. Of a contract with short terms
        only the nearest of the renewals asked for is kept.
    """
    return _spine_of(sources.known("renewals", looks, on=("account_id", "renewal_id")), sources)


def _spine_of(renewals: ir.Table, sources: Sources) -> ir.Table:
    """Return the spine of renewals as known at each date."""
    renewals = renewals.filter(renewals.term_start_date <= renewals.as_of)
    seen = _nearest_of_short_terms(_with_band(_with_status(renewals)))
    spine = seen.join(known_accounts(sources, seen.select("account_id", "as_of").distinct()), ["account_id", "as_of"])
    return sources.engine.store(
        spine.select(
            *KEY,
            "contract_id",
            "term_start_date",
            "renewal_date",
            "lead_days",
            "term_days",
            "band",
            "status",
            "arr",
            "currency",
            "auto_renew",
            "notice_deadline",
            "account_name",
            "segment",
            "industry",
            "region",
            "csm_id",
            "csm_name",
            "weekly_capacity",
            "crm_id",
            "crm_url",
        ),
        through=[seen],
    )


def known_accounts(sources: Sources, moments: ir.Table) -> ir.Table:
    """Return who each account was at each moment.

    Args:
        sources: The ingested tables.
        moments: Distinct account_id and as_of.

    Returns:
        One row per moment at which the account was known: its name, segment, industry, region and CRM links, its
        CSM, and that CSM's name and weekly capacity, null where no table of CSMs is supplied.
    """
    accounts = sources.known("accounts", moments).select(
        "account_id", "as_of", "account_name", "segment", "industry", "region", "csm_id", "crm_id", "crm_url"
    )
    csms = sources.known("csms", accounts.select("csm_id", "as_of").distinct(), on=("csm_id",))
    owners = csms.select("csm_id", "as_of", "csm_name", "weekly_capacity")
    return accounts.join(owners, ["csm_id", "as_of"], how="left").drop("csm_id_right", "as_of_right")


def as_of_table(sources: Sources, as_of_dates: Iterable[date], name: str = "as_of") -> ir.Table:
    """Return the distinct dates as a one-column table of the engine."""
    frame = pd.DataFrame({name: sorted(set(as_of_dates))})
    return sources.engine.from_pandas(frame, {name: "date"})


def _with_status(renewals: ir.Table) -> ir.Table:
    """Add lead time, term, notice deadline and status; drop superseded renewals, and those settled or lost long ago."""
    is_decided = renewals.outcome.notnull()
    status = ibis.cases(
        (renewals.outcome == "churned", "known_loss"),
        (renewals.outcome == "renewed", "already_renewed"),
        (renewals.notice_given_on.notnull(), "known_loss"),
        (renewals.renewal_date < renewals.as_of, "overdue"),
        else_="open",
    )
    fresh_from = renewals.as_of - ibis.interval(days=FRESH_DECISION_DAYS)
    # Nobody may ever record what a notice came to: once the renewal is over, it is lost and no longer a task.
    is_over = renewals.notice_given_on.notnull() & _is_mature(renewals)
    is_listed = (
        (~is_decided & ~is_over) | (renewals.renewal_date >= renewals.as_of) | (renewals.decided_on >= fresh_from)
    )
    listed = renewals.mutate(
        status=status,
        lead_days=renewals.renewal_date.delta(renewals.as_of, unit="day"),
        term_days=renewals.renewal_date.delta(renewals.term_start_date, unit="day"),
        notice_deadline=renewals.renewal_date - renewals.notice_period_days.cast("int64").as_interval("D"),
    )
    return listed.filter(is_listed & ((renewals.outcome != "superseded") | ~is_decided))


def losses_without_outcome(sources: Sources, as_of: date) -> ir.Table:
    """Return the renewals that were lost by notice and are over, and of which nobody has recorded the outcome.

    Args:
        sources: The ingested tables.
        as_of: The date from which is looked.

    Returns:
        Their account_id and renewal_id.
    """
    renewals = sources.known("renewals", as_of_table(sources, [as_of]), on=())
    over = renewals.filter(renewals.outcome.isnull() & renewals.notice_given_on.notnull() & _is_mature(renewals))
    return over.select("account_id", "renewal_id")


def _is_mature(renewals: ir.Table) -> ir.BooleanValue:
    return renewals.renewal_date + ibis.interval(days=MATURITY_DAYS) < renewals.as_of


def _with_band(seen: ir.Table) -> ir.Table:
    """Add the horizon band of each row."""
    return seen.mutate(
        band=ibis.cases(
            (seen.term_days < SHORT_TERM_DAYS, "rolling"),
            (seen.lead_days < 0, "overdue"),
            (seen.lead_days < 90, BANDS[0]),
            (seen.lead_days <= 180, BANDS[1]),
            (seen.lead_days <= HORIZON_DAYS, BANDS[2]),
            else_="beyond",
        )
    )


def _nearest_of_short_terms(seen: ir.Table) -> ir.Table:
    """Keep one row per contract with short terms and date: a known loss, else the nearest open, overdue, decided."""
    urgency = ibis.cases(
        (seen.status == "known_loss", 0), (seen.status == "open", 1), (seen.status == "overdue", 2), else_=3
    )
    one_each = ibis.window(
        group_by=["account_id", "contract_id", "as_of", "is_rolling"],
        order_by=["urgency", "renewal_date", "renewal_id"],
    )
    marked = seen.mutate(urgency=urgency, is_rolling=seen.band == "rolling")
    ranked = marked.mutate(place=ibis.row_number().over(one_each))
    return ranked.filter(~ranked.is_rolling | (ranked.place == 0)).drop("urgency", "is_rolling", "place")
