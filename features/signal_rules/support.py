"""Signals in support tickets: more than usual, escalated, and the silence after trouble."""

import ibis.expr.types as ir

from features.moments import MOMENT, beside, count_if
from features.signal_rules.relationship import customer_since
from features.signal_rules.scene import Scene, judge_accounts
from features.signal_rules.usage import usage_trend
from features.signal_rules.wording import days_between, number_of, sentence, when
from features.support import tickets_before

SPIKE_TICKETS = 3
SPIKE_FACTOR = 2
SETTLED_DAYS = 100
"""New customers ask a lot, and it means no harm."""
SORE_TICKETS = 2
SORE_CSAT = 2
SORE_AFTER_DAYS = 28
"""A ticket still open after this is unresolved; and so long nothing new must have come for silence."""
SORE_WINDOW_DAYS = 180
STEADY_PERCENT = 70


def ticket_counts(scene: Scene) -> ir.Table:
    """Return per moment what is known of tickets that are open or not long settled, zero where there are none."""
    known = tickets_before(scene.spine, scene.sources)
    is_old = known.opened_ago.between(SORE_AFTER_DAYS + 1, SORE_WINDOW_DAYS)
    is_escalated = known.escalated_ago.notnull() & known.is_open
    counted = known.group_by(list(MOMENT)).agg(
        opened_28d=count_if(known.opened_ago <= 28),
        opened_84d=count_if(known.opened_ago.between(29, 112)),
        escalated=count_if(is_escalated),
        escalated_days=known.escalated_ago.max(where=is_escalated),
        old=count_if(is_old),
        old_open=count_if(is_old & known.is_open),
        old_bad=count_if(is_old & ~known.is_open & (known.csat <= SORE_CSAT).fill_null(False)),
        newest_days_ago=known.opened_ago.min(),
    )
    table = scene.at_moments(counted, "support_tickets")
    counts = ("opened_28d", "opened_84d", "escalated", "old", "old_open", "old_bad")
    return table.mutate(**{name: table[name].fill_null(0) for name in counts})


def ticket_spike(scene: Scene) -> ir.Table:
    """More tickets than this customer usually has."""
    counts = beside(scene.facts(ticket_counts), scene.facts(customer_since))
    counts = counts.filter(days_between(counts.customer_since, counts.as_of) > SETTLED_DAYS)
    is_fired = (counts.opened_28d >= SPIKE_TICKETS) & (3 * counts.opened_28d >= SPIKE_FACTOR * counts.opened_84d)
    evidence = sentence(
        number_of(counts.opened_28d, "ticket"),
        " in 28 days against ",
        counts.opened_84d,
        " in the 12 weeks before",
    )
    return judge_accounts(counts, is_fired, evidence)


def escalation_open(scene: Scene) -> ir.Table:
    """A ticket that went up and has not come down."""
    counts = scene.facts(ticket_counts)
    evidence = sentence(
        number_of(counts.escalated, "escalated ticket"),
        " open, the oldest for ",
        number_of(counts.escalated_days, "day"),
    )
    return judge_accounts(counts, counts.escalated > 0, evidence)


def polite_exit(scene: Scene) -> ir.Table:
    """Trouble that was never settled, then no more questions while logins go on."""
    counts = scene.facts(ticket_counts).join(scene.facts(usage_trend), list(MOMENT))
    sore = counts.old_open + counts.old_bad
    is_fired = (sore >= SORE_TICKETS) & (counts.opened_28d == 0) & (counts.trend_percent >= STEADY_PERCENT)
    evidence = sentence(
        "of ",
        number_of(counts.old, "ticket"),
        " opened one to six months ago ",
        counts.old_open,
        " unresolved",
        when(counts.old_bad > 0, sentence(" and ", counts.old_bad, " rated 1 or 2")),
        "; none opened for ",
        number_of(counts.newest_days_ago, "day"),
        ", usage at ",
        counts.trend_percent,
        " % of its own level",
    )
    return judge_accounts(counts, is_fired, evidence)
