"""What stands around a renewal: the last touch, the next meeting, an open play, and how much is on record at all.

Facts for people and for the judgement of how far the data reach. Nothing is learned from them, so `catalogue` does not
know this module. What becomes of the facts (gaps, sentences) is decided in `models.data_confidence`.
"""

import ibis
import ibis.expr.types as ir

from features.moments import MOMENT, beside, moments_of
from features.sources import Sources
from features.spine import KEY

USAGE_DAYS = 56
"""How far back the newest day of usage is looked for. Who has used nothing for longer has no newest day here."""
TOUCHES = ("meeting", "value_touchpoint", "email_inbound", "email_outbound")
"""Kinds of touch, the one that counts first where several happened on the same day."""


def build_account_facts(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return what is on record around each snapshot, none of it an input of a model.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables; one that was not supplied leaves its facts null.

    Returns:
        One row per spine row, its key and, as known then: `last_touch_on` and `last_touch_kind` (one of `TOUCHES`),
        `next_meeting_on` (planned and not called off; the day itself counts), `open_play_since` (the oldest play that
        has not ended), `customer_since` (start of the first known term), `has_usage` (whether any was ever recorded),
        `last_usage_on` and `others_usage_on` (newest day of usage within `USAGE_DAYS`, of the account and of anybody),
        `contacts_in_place` (null before anybody recorded contacts).
    """
    moments = moments_of(spine, sources)
    facts = beside(
        moments,
        _last_touch(moments, sources),
        _next_meeting(moments, sources),
        _open_play(moments, sources),
        _customer_since(moments, sources),
        _usage_record(moments, sources),
        _contacts_in_place(moments, sources),
    )
    facts = facts.mutate(has_usage=facts.has_usage.fill_null(False))
    newest = facts.group_by("as_of").agg(others_usage_on=facts.last_usage_on.max())
    facts = sources.engine.store(beside(facts, newest, on=("as_of",)))
    return beside(spine.select(*KEY), facts)


def _last_touch(moments: ir.Table, sources: Sources) -> ir.Table:
    meetings = sources.known("meetings", moments)
    emails = sources.known("emails", moments)
    shown = sources.known("value_touchpoints", moments)
    parts = (
        _newest(meetings.filter(meetings.status == "held"), "scheduled_at", "meeting"),
        _newest(shown, "occurred_at", "value_touchpoint"),
        *(
            _newest(emails.filter(emails.direction == way), "sent_at", f"email_{way}")
            for way in ("inbound", "outbound")
        ),
    )
    days = beside(moments, *parts)
    last = days.mutate(last_touch_on=ibis.greatest(*(days[kind] for kind in TOUCHES)))
    kind = ibis.cases(*((last[kind] == last.last_touch_on, kind) for kind in TOUCHES), else_=ibis.null("string"))
    return last.select(*MOMENT, "last_touch_on", last_touch_kind=kind)


def _newest(known: ir.Table, column: str, kind: str) -> ir.Table:
    """Return the newest day before each moment on which something happened, under the name of its kind."""
    day = known[column].date()
    return known.filter(day < known.as_of).group_by(list(MOMENT)).agg(**{kind: day.max()})


def _next_meeting(moments: ir.Table, sources: Sources) -> ir.Table:
    known = sources.known("meetings", moments)
    is_off = known.status.isin(("held", "cancelled", "no_show")).fill_null(False)
    day = known.scheduled_at.date()
    return known.filter((day >= known.as_of) & ~is_off).group_by(list(MOMENT)).agg(next_meeting_on=day.min())


def _open_play(moments: ir.Table, sources: Sources) -> ir.Table:
    known = sources.known("plays", moments)
    day = known.started_at.date()
    is_open = known.ended_at.isnull() & (day < known.as_of)
    return known.filter(is_open).group_by(list(MOMENT)).agg(open_play_since=day.min())


def _customer_since(moments: ir.Table, sources: Sources) -> ir.Table:
    known = sources.known("renewals", moments)
    return known.group_by(list(MOMENT)).agg(customer_since=known.term_start_date.min())


def _usage_record(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return whether usage was ever recorded of the account, and its newest day among the recent ones."""
    ever = sources.watched("usage_daily", moments, on=("account_id",)).mutate(has_usage=ibis.literal(True))
    recent = sources.known("usage_daily", moments, lookback=("usage_date", USAGE_DAYS))
    newest = recent.group_by(list(MOMENT)).agg(last_usage_on=recent.usage_date.max())
    return beside(ever, newest)


def _contacts_in_place(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return how many contacts were in place, zero once contacts are being recorded and none is there."""
    known = sources.known("contacts", moments)
    in_place = known.filter((known.started_on < known.as_of) & known.left_on.isnull())
    counted = in_place.group_by(list(MOMENT)).agg(contacts_in_place=in_place.count())
    watched = moments.semi_join(sources.watched("contacts", moments), "as_of")
    table = beside(watched, counted)
    return table.mutate(contacts_in_place=table.contacts_in_place.fill_null(0))
