"""Signals in the contract and its ownership: notice deadlines, overdue invoices, a new owner, value not shown.

Also how long an account has been a customer, which rules of other modules ask for.
"""

import ibis
import ibis.expr.types as ir

from features.moments import MOMENT, beside, count_if
from features.signal_rules.scene import Scene, judge_accounts, judge_renewals
from features.signal_rules.wording import days_between, number_of, sentence, when
from features.sources import Sources

NOTICE_DAYS = 30
GRACE_DAYS = 7
"""A bank transfer and its booking take this long."""
HANDOVER_DAYS = 60
QUARTER_DAYS = 91
PROCUREMENT_DAYS = 45


def customer_since(scene: Scene) -> ir.Table:
    """Return the start of the first known term of each account and date."""
    known = scene.known("renewals")
    return known.group_by(list(MOMENT)).agg(customer_since=known.term_start_date.min())


def notice_deadline(scene: Scene) -> ir.Table:
    """The last weeks in which the customer can still say no, or we can still talk."""
    open_rows = scene.spine.filter((scene.spine.status == "open") & (scene.spine.band != "rolling"))
    open_rows = open_rows.filter(open_rows.notice_deadline.notnull())
    days = days_between(open_rows.as_of, open_rows.notice_deadline)
    evidence = sentence(
        "notice can be given for another ",
        number_of(days, "day"),
        ", until ",
        open_rows.notice_deadline,
        when(open_rows.auto_renew, sentence("; else it renews by itself")),
    )
    return judge_renewals(open_rows, days.between(0, NOTICE_DAYS), evidence)


def invoice_overdue(scene: Scene) -> ir.Table:
    """Money that should have come."""
    known = scene.known("invoices")
    is_late = known.paid_on.isnull() & (known.due_on < known.as_of - ibis.interval(days=GRACE_DAYS))
    # A credit note is nobody's delay.
    is_overdue = (is_late & (known.amount > 0)).fill_null(False)
    summed = known.group_by(list(MOMENT)).agg(
        dated=count_if(known.due_on.notnull()),
        invoices=count_if(is_overdue),
        amount=known.amount.sum(where=is_overdue),
        currencies=known.currency.nunique(where=is_overdue),
        currency=known.currency.max(where=is_overdue),
        due_on=known.due_on.min(where=is_overdue),
    )
    table = scene.at_moments(summed, "invoices")
    # Of an account whose invoices do not say when they are due nobody can tell.
    table = table.filter(table.dated.isnull() | (table.dated > 0))
    total = sentence(", ", table.amount.cast("decimal(18, 2)"), " ", table.currency, " in all")
    evidence = sentence(
        number_of(table.invoices, "invoice"),
        " unpaid, the oldest ",
        number_of(days_between(table.due_on, table.as_of), "day"),
        " after it was due",
        # Amounts in several currencies have no sum.
        when(table.currencies == 1, total),
    )
    return judge_accounts(table, table.invoices > 0, evidence)


def owner_changed(scene: Scene) -> ir.Table:
    """A CSM whom the customer does not know yet."""
    turns = owner_turns(scene.sources, scene.known("accounts", in_force=False))
    newest_first = ibis.window(group_by=list(MOMENT), order_by=ibis.desc("valid_from"))
    ranked = turns.mutate(place=ibis.row_number().over(newest_first))
    table = scene.at_moments(ranked.filter(ranked.place == 0))
    news_on = ibis.greatest(table.valid_from, table.recorded_on)
    evidence = ibis.ifelse(
        table.csm_id.isnull(),
        sentence(table.before_name, " gave the account up on ", table.valid_from, "; nobody has taken it over"),
        sentence(table.owner_name, " took over from ", table.before_name, " on ", table.valid_from),
    )
    return judge_accounts(table, news_on >= table.as_of - ibis.interval(days=HANDOVER_DAYS), evidence)


def owner_turns(sources: Sources, history: ir.Table) -> ir.Table:
    """Return each change of an account's owner.

    Args:
        sources: For the names of the CSMs as known at each date.
        history: All states of accounts as known at each date, as `known("accounts", ..., in_force=False)` has them.

    Returns:
        One row per account, date and change: `valid_from`, `recorded_on` (when this owner was first recorded, whatever
        else of the account was put right afterwards), the `csm_id` of the new owner, `owner_name` and `before_name`,
        the id where no name is known, "nobody" where there is none.
    """
    in_order = ibis.window(group_by=list(MOMENT), order_by="valid_from")
    state = ("account_id", "valid_from", "csm_id")
    history = history.select(*MOMENT, "valid_from", "csm_id", "recorded_at")
    history = beside(history, sources.first_recorded("accounts", *state), on=state)
    # Of an account without an owner the newest version has to do: nothing is equal to a missing id.
    recorded_at = ibis.coalesce(history.first_recorded_at, history.recorded_at)
    states = history.select(*MOMENT, "valid_from", "csm_id", recorded_on=recorded_at.date())
    states = states.mutate(before=states.csm_id.lag().over(in_order), place=ibis.row_number().over(in_order))
    turns = states.filter((states.place > 0) & ~states.csm_id.identical_to(states.before)).drop("place")
    people = turns.select("as_of", "csm_id").union(turns.select("as_of", csm_id=turns.before)).distinct()
    known = sources.known("csms", people, on=("csm_id",)).select("csm_id", "as_of", "csm_name")
    for role in ("csm_id", "before"):
        named = known.select("as_of", **{role: known.csm_id, f"{role}_name": known.csm_name})
        turns = beside(turns, named, on=(role, "as_of"))
    return turns.select(
        *MOMENT,
        "valid_from",
        "recorded_on",
        "csm_id",
        owner_name=ibis.coalesce(turns.csm_id_name, turns.csm_id, "nobody"),
        before_name=ibis.coalesce(turns.before_name, turns.before, "nobody"),
    )


def value_unseen_by_procurement(scene: Scene) -> ir.Table:
    """Procurement has not heard of any value."""
    return _value_unseen(scene, "procurement", PROCUREMENT_DAYS)


def value_unseen_by_finance(scene: Scene) -> ir.Table:
    """Finance has not heard of any value."""
    return _value_unseen(scene, "finance", QUARTER_DAYS)


def value_unseen_by_business_unit(scene: Scene) -> ir.Table:
    """The business unit has not heard of any value."""
    return _value_unseen(scene, "business_unit", QUARTER_DAYS)


def value_shown(scene: Scene) -> ir.Table:
    """Return when value was last shown to each stakeholder, null where never, and since when they are a customer."""
    known = scene.known("value_touchpoints")
    known = known.mutate(occurred_on=known.occurred_at.date())
    known = known.filter(known.occurred_on < known.as_of)
    shown = known.group_by(list(MOMENT)).agg(
        **{
            who: known.occurred_on.max(where=known.stakeholder == who)
            for who in ("procurement", "finance", "business_unit")
        }
    )
    return beside(scene.at_moments(shown, "value_touchpoints"), scene.facts(customer_since))


def _value_unseen(scene: Scene, stakeholder: str, days: int) -> ir.Table:
    shown = scene.facts(value_shown)
    last_on = shown[stakeholder]
    # A new customer has the whole window before anybody can be late.
    silent = days_between(ibis.coalesce(last_on, shown.customer_since), shown.as_of)
    who = "the business unit" if stakeholder == "business_unit" else stakeholder
    evidence = ibis.ifelse(
        last_on.isnull(),
        sentence(f"value was never shown to {who} in ", number_of(silent, "day"), " as a customer"),
        sentence(f"value was last shown to {who} ", number_of(silent, "day"), " ago, on ", last_on),
    )
    return judge_accounts(shown, silent > days, evidence)
