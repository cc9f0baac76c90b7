"""Features of support: how much was asked, how bad it was, how long it took, and whether asking has stopped.

A ticket counts from the day after it was opened; what became of it (escalated, closed, rated) as far as it was known.
Once the company records tickets an account without one has zero of them, while ratings and times need something to
measure and are null without it. Silence after friction is the polite exit: trouble, then no word, and logins as ever.
"""

import ibis
import ibis.expr.types as ir

from features.feature import Feature
from features.moments import MOMENT, beside, count_if, days_before, only_where, ratio, text_tones, watched_moments
from features.sources import Sources
from features.usage_sums import LOOKBACK_DAYS, WINDOW_DAYS, account_use, events_in

PAST_WINDOWS = 6
"""How many windows of 28 days before the newest one are an account's own past: tickets are rare."""
PAST_DAYS = (1 + PAST_WINDOWS) * WINDOW_DAYS
RECENT_DAYS = 90
RATED_DAYS = 180
AGEING_AFTER_DAYS = 14
LOW_CSAT = 2
"""Ratings of 1 and 2 are complaints."""
FRICTION_DAYS = 180
FRICTION_TICKETS = 2
"""One bad ticket happens to everybody; silence after two is another matter."""
SILENT_AFTER_DAYS = 42

_OPENED = frozenset({"support_tickets.opened_at"})
_OPEN = _OPENED | {"support_tickets.closed_at"}
_RATED = frozenset({"support_tickets.closed_at", "support_tickets.csat"})
_ESCALATED = _OPENED | {"support_tickets.escalated_at"}
_FRICTION = _OPEN | _RATED | _ESCALATED
_LOAD, _TROUBLE, _SATISFACTION = "support load", "support trouble", "support satisfaction"

FEATURES = (
    Feature(
        name="support__tickets_28d",
        description="Tickets opened in the last 28 days.",
        unit="tickets",
        kind="integer",
        direction="either",
        lineage=_OPENED,
        sentence="They opened {value} support tickets in the last 28 days",
        group=_LOAD,
    ),
    Feature(
        name="support__tickets_90d",
        description="Tickets opened in the last 90 days.",
        unit="tickets",
        kind="integer",
        direction="either",
        lineage=_OPENED,
        sentence="They opened {value} support tickets in the last 90 days",
        group=_LOAD,
    ),
    Feature(
        name="support__tickets_trend_ratio",
        description="Tickets of the last 28 days over the average 28 days of the 168 days before.",
        unit="ratio",
        kind="number",
        direction="either",
        lineage=_OPENED,
        sentence="Support tickets run at {value} of their own level over the half year before",
        group=_LOAD,
        when_missing="They have not been opening support tickets for long enough to compare",
    ),
    Feature(
        name="support__days_since_last",
        description="Days since the newest ticket was opened.",
        unit="days",
        kind="integer",
        direction="either",
        lineage=_OPENED,
        sentence="They last opened a support ticket {value} days ago",
        group=_LOAD,
        when_missing="They have never opened a support ticket",
    ),
    Feature(
        name="support__severe_share",
        description="Share of the tickets of the last 90 days that are of high or urgent priority.",
        unit="share 0-1",
        kind="number",
        direction="either",
        lineage=_OPENED | {"support_tickets.priority"},
        sentence="{value} of their support tickets in the last 90 days were high or urgent",
        group=_TROUBLE,
        when_missing="They opened no support ticket in the last 90 days",
    ),
    Feature(
        name="support__open_tickets_count",
        description="Tickets that are not closed.",
        unit="tickets",
        kind="integer",
        direction="either",
        lineage=_OPEN,
        sentence="{value} support tickets are open",
        group=_TROUBLE,
    ),
    Feature(
        name="support__oldest_open_days",
        description="Days since the oldest of the open tickets was opened, 0 where none is open.",
        unit="days",
        kind="integer",
        direction="raises",
        lineage=_OPEN,
        sentence="The oldest open support ticket has waited {value} days",
        group=_TROUBLE,
    ),
    Feature(
        name="support__ageing_tickets_count",
        description="Tickets that have been open for more than 14 days.",
        unit="tickets",
        kind="integer",
        direction="raises",
        lineage=_OPEN,
        sentence="{value} support tickets have been open for more than two weeks",
        group=_TROUBLE,
    ),
    Feature(
        name="support__open_escalations_count",
        description="Escalated tickets that are not closed.",
        unit="tickets",
        kind="integer",
        direction="raises",
        lineage=_OPEN | _ESCALATED,
        sentence="{value} escalations are open",
        group=_TROUBLE,
    ),
    Feature(
        name="support__escalations_90d",
        description="Tickets escalated in the last 90 days.",
        unit="tickets",
        kind="integer",
        direction="raises",
        lineage=_ESCALATED,
        sentence="{value} support tickets were escalated in the last 90 days",
        group=_TROUBLE,
    ),
    Feature(
        name="support__resolution_days",
        description="Mean time from opening to closing of the tickets closed in the last 90 days.",
        unit="days",
        kind="number",
        direction="either",
        lineage=_OPEN,
        sentence="A support ticket took {value} days to close on average over the last 90 days",
        group=_TROUBLE,
        when_missing="No support ticket was closed in the last 90 days",
    ),
    Feature(
        name="support__subject_tone_score",
        description="Praising minus complaining words per subject, -3 to 3, by the lexicon: mean of the last 90 days.",
        unit="words",
        kind="number",
        direction="lowers",
        lineage=_OPENED | {"support_tickets.subject"},
        sentence="On a scale from -3, all complaint, to 3, all praise, the ticket subjects stand at {value}",
        group=_TROUBLE,
        when_missing="They opened no support ticket in the last 90 days",
    ),
    Feature(
        name="support__csat_mean_180d",
        description="Mean satisfaction with the tickets closed in the last 180 days.",
        unit="points 1-5",
        kind="number",
        direction="lowers",
        lineage=_RATED,
        sentence="They rated support {value} of 5 over the last half year",
        group=_SATISFACTION,
        when_missing="Nobody rated support in the last half year",
    ),
    Feature(
        name="support__csat_change_points",
        description="Mean satisfaction of the last 90 days minus that of the 90 days before.",
        unit="points",
        kind="number",
        direction="lowers",
        lineage=_RATED,
        sentence="Their rating of support moved by {value} points against the quarter before",
        group=_SATISFACTION,
        when_missing="Support was not rated often enough to compare two quarters",
    ),
    Feature(
        name="support__low_csat_180d",
        description="Ratings of 1 or 2 among the tickets closed in the last 180 days; null where none was rated.",
        unit="ratings",
        kind="integer",
        direction="raises",
        lineage=_RATED,
        sentence="They rated support 1 or 2 of 5 on {value} tickets in the last half year",
        group=_SATISFACTION,
        when_missing="Nobody rated support in the last half year",
    ),
    Feature(
        name="support__silence_after_friction_days",
        description=(
            "Days since the newest ticket, where at least two of the last 180 days were trouble: escalated, rated 1 "
            "or 2, or open for more than 14 days, whether closed since or not."
        ),
        unit="days",
        kind="integer",
        direction="either",
        lineage=_FRICTION,
        sentence="After trouble with support they have not asked anything for {value} days",
        group=_SATISFACTION,
        when_missing="There was no trouble with support in the last half year",
    ),
    Feature(
        name="support__is_silent_after_friction",
        description=(
            "Whether, after such trouble, no ticket was opened for 42 days while usage of the last 28 days held at "
            "least 70 % of its level over the 84 days before."
        ),
        unit="yes or no",
        kind="boolean",
        direction="raises",
        lineage=_FRICTION | {"usage_daily.usage_date", "usage_daily.events"},
        sentence="Silent since trouble with support, while usage goes on: {value}",
        group=_SATISFACTION,
        when_missing="Nothing is on record of support or use",
        when_false="No silence since trouble with support",
    ),
)


def build_support(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the support features.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine that is measured, with one column per feature of this module.
    """
    moments = watched_moments(spine, sources, "support_tickets")
    sums = _sums(tickets_before(spine, sources))
    measured = beside(moments, _ever(moments, sources), sums, _steady_usage(spine, sources))
    return sources.engine.store(_features(measured))


def tickets_before(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the tickets known at each moment that are open, or were opened, closed or escalated not long ago.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per moment, once tickets are on record, and ticket: `priority`, `csat`, the `tone` of its subject, and
        how many days ago it was opened, closed and escalated, as known then, in `opened_ago`, `closed_ago` and
        `escalated_ago`; `seconds_to_close`, which says something only where it is closed; `is_open`, `is_ageing` and
        `is_friction`. No ticket opened in the last `PAST_DAYS` is missing.
    """
    rows = sources.tables["support_tickets"]
    # Once per ticket, and read only where the date knows that it is closed. Of whole seconds: their sum is exact in any
    # order.
    opened, closed = (rows[column].truncate("s").epoch_seconds() for column in ("opened_at", "closed_at"))
    rows = beside(
        rows.mutate(seconds_to_close=closed - opened),
        text_tones(sources, "support_tickets", "subject"),
        on=("subject",),
    )
    moments = watched_moments(spine, sources, "support_tickets")
    known = sources.known("support_tickets", moments, rows=rows.drop("subject"))
    known = known.mutate(
        **{f"{what}_ago": days_before(known, f"{what}_at").cast("int32") for what in ("opened", "closed", "escalated")}
    )
    known = known.mutate(is_open=known.closed_ago.isnull())
    # Most tickets of a long history were opened and closed before any of the windows.
    known = known.filter(
        (known.opened_ago >= 1)
        & (
            known.is_open
            | (known.opened_ago <= PAST_DAYS)
            | (known.closed_ago <= RATED_DAYS)
            | (known.escalated_ago <= RECENT_DAYS)
        )
    )
    days_open = known.opened_ago - known.closed_ago.fill_null(0)
    return sources.engine.store(
        known.select(
            *MOMENT,
            "opened_ago",
            "closed_ago",
            "escalated_ago",
            "seconds_to_close",
            "priority",
            "csat",
            "tone",
            "is_open",
            is_ageing=known.is_open & (known.opened_ago > AGEING_AFTER_DAYS),
            is_friction=(known.opened_ago <= FRICTION_DAYS)
            & (
                known.escalated_ago.notnull()
                | (known.csat <= LOW_CSAT).fill_null(False)
                | (days_open > AGEING_AFTER_DAYS)
            ),
        )
    )


def _ever(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return when the first and the last ticket was opened, however long ago, of moments that know of any."""
    rows = sources.tables["support_tickets"].select("account_id", "opened_at", "recorded_at", "superseded_at")
    known = sources.known("support_tickets", moments, rows=rows)
    known = known.mutate(opened_ago=days_before(known, "opened_at"))
    known = known.filter(known.opened_ago >= 1)
    return known.group_by(list(MOMENT)).agg(first_ago=known.opened_ago.max(), last_ago=known.opened_ago.min())


def _sums(tickets: ir.Table) -> ir.Table:
    """Return the counts and exact sums of each moment that has a ticket, null where it has only long settled ones."""
    is_recent = tickets.opened_ago <= RECENT_DAYS
    is_closed_recently = tickets.closed_ago <= RECENT_DAYS
    is_rated = tickets.csat.notnull()
    is_rated_newly = is_rated & is_closed_recently
    is_rated_before = is_rated & tickets.closed_ago.between(RECENT_DAYS + 1, RATED_DAYS)
    return tickets.group_by(list(MOMENT)).agg(
        newest=count_if(tickets.opened_ago <= WINDOW_DAYS),
        recent=count_if(is_recent),
        past=count_if(tickets.opened_ago.between(WINDOW_DAYS + 1, PAST_DAYS)),
        prioritized=count_if(is_recent & tickets.priority.notnull()),
        severe=count_if(is_recent & tickets.priority.isin(["high", "urgent"])),
        toned=count_if(is_recent & tickets.tone.notnull()),
        tone=tickets.tone.sum(where=is_recent),
        open=count_if(tickets.is_open),
        ageing=count_if(tickets.is_ageing),
        oldest_open=tickets.opened_ago.max(where=tickets.is_open),
        open_escalations=count_if(tickets.is_open & tickets.escalated_ago.notnull()),
        escalations=count_if(tickets.escalated_ago <= RECENT_DAYS),
        closed=count_if(is_closed_recently),
        seconds_to_close=tickets.seconds_to_close.sum(where=is_closed_recently),
        ratings_newly=count_if(is_rated_newly),
        points_newly=tickets.csat.sum(where=is_rated_newly).fill_null(0),
        ratings_before=count_if(is_rated_before),
        points_before=tickets.csat.sum(where=is_rated_before).fill_null(0),
        low_ratings=count_if((tickets.csat <= LOW_CSAT) & (tickets.closed_ago <= RATED_DAYS)),
        frictions=count_if(tickets.is_friction),
    )


def _is_silent(sums: ir.Table) -> ir.BooleanValue:
    """Whether there was trouble and, for some weeks, not a word since."""
    return (sums.frictions >= FRICTION_TICKETS) & (sums.last_ago >= SILENT_AFTER_DAYS)


def _steady_usage(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return whether usage held its level at each moment, null until the account's past covers the windows."""
    used = account_use(spine, sources)
    # newest / (past / 3) >= 0.7 in whole numbers
    is_steady = 30 * events_in(used, 1, WINDOW_DAYS) >= 7 * events_in(used, WINDOW_DAYS + 1, LOOKBACK_DAYS)
    return used.select(*MOMENT, is_steady=only_where(used.has_past, is_steady))


def _features(sums: ir.Table) -> ir.Table:
    """Compute every feature from exact sums; the trend waits until the first ticket lies before all its windows."""
    has_past = sums.first_ago > PAST_DAYS
    ratings = sums.ratings_newly + sums.ratings_before
    change = ratio(sums.points_newly, sums.ratings_newly) - ratio(sums.points_before, sums.ratings_before)
    return sums.select(
        *MOMENT,
        support__tickets_28d=sums.newest.fill_null(0),
        support__tickets_90d=sums.recent.fill_null(0),
        support__tickets_trend_ratio=only_where(has_past, ratio(PAST_WINDOWS * sums.newest, sums.past)),
        support__days_since_last=sums.last_ago,
        support__severe_share=ratio(sums.severe, sums.prioritized),
        support__open_tickets_count=sums.open.fill_null(0),
        support__oldest_open_days=sums.oldest_open.fill_null(0),
        support__ageing_tickets_count=sums.ageing.fill_null(0),
        support__open_escalations_count=sums.open_escalations.fill_null(0),
        support__escalations_90d=sums.escalations.fill_null(0),
        support__resolution_days=ratio(sums.seconds_to_close, 86_400 * sums.closed),
        support__subject_tone_score=ratio(sums.tone, sums.toned),
        support__csat_mean_180d=ratio(sums.points_newly + sums.points_before, ratings),
        support__csat_change_points=change,
        support__low_csat_180d=only_where(ratings > 0, sums.low_ratings),
        support__silence_after_friction_days=only_where(sums.frictions >= FRICTION_TICKETS, sums.last_ago),
        support__is_silent_after_friction=ibis.ifelse(_is_silent(sums).fill_null(False), sums.is_steady, False),
    )
