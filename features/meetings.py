"""Features of meetings: which took place, which did not, who came and what is planned.

What is written between them belongs to `emails`, what is shown of value to `value`, who the people are to
`stakeholders`.
"""

import ibis
import ibis.expr.types as ir

from features.feature import Direction, Feature, Kind
from features.moments import MOMENT, count_if, counted, days_before, only_where, ratio, watched_moments
from features.sources import Sources

MEETING_DAYS = 90
EXECUTIVE_DAYS = 180
ATTENDEE_PAST_DAYS = 180
"""Attendance of the last 90 days is compared with that of so many days before."""

_SETTLED = frozenset({"meetings.status", "meetings.status_at"})
_HELD = _SETTLED | {"meetings.scheduled_at"}


def _feature(
    name: str,
    description: str,
    unit: str,
    sentence: str,
    lineage: frozenset[str],
    kind: Kind = "integer",
    direction: Direction = "either",
    *,
    when_missing: str = "",
    when_false: str = "",
) -> Feature:
    said = {"when_missing": when_missing, "when_false": when_false}
    return Feature(f"engagement__{name}", description, unit, kind, direction, lineage, sentence, "meetings", **said)


FEATURES = (
    _feature(
        "meetings_held_90d",
        "Meetings held in the last 90 days.",
        "meetings",
        "We met {value} times in the last three months",
        _HELD,
    ),
    _feature(
        "meetings_cancelled_90d",
        "Meetings called off in the last 90 days, whatever day they were planned for.",
        "meetings",
        "{value} meetings were called off in the last three months",
        _SETTLED,
    ),
    _feature(
        "meetings_no_show_90d",
        "Meetings of the last 90 days to which the customer did not turn up.",
        "meetings",
        "They missed {value} meetings in the last three months",
        _HELD,
    ),
    _feature(
        "meetings_not_held_share",
        "Share of the meetings planned for the last 90 days and settled since that were called off or missed.",
        "share 0-1",
        "{value} of the meetings of the last three months did not take place",
        _HELD,
        "number",
        "raises",
        when_missing="No meeting was planned for the last three months",
    ),
    _feature(
        "executive_meetings_180d",
        "Meetings held in the last 180 days that an executive of the customer attended.",
        "meetings",
        "An executive came to {value} meetings in the last half year",
        _HELD | {"meetings.has_executive"},
    ),
    _feature(
        "attendees_trend_ratio",
        "Mean attendance of meetings of the last 90 days over that of the 180 days before.",
        "ratio",
        "Attendance runs at {value} of what it was in the half year before",
        _HELD | {"meetings.attendee_count"},
        "number",
        when_missing="There are too few meetings to compare attendance",
    ),
    _feature(
        "days_since_qbr",
        "Days since the last business review was held; null where none ever was.",
        "days",
        "The last business review was {value} days ago",
        _HELD | {"meetings.kind"},
        when_missing="No business review was ever held",
    ),
    _feature(
        "days_since_meeting",
        "Days since the last meeting was held; null where none ever was.",
        "days",
        "We last met {value} days ago",
        _HELD,
        when_missing="We have never met",
    ),
    _feature(
        "has_next_meeting",
        "Whether a meeting is planned.",
        "yes or no",
        "A next meeting is planned: {value}",
        _HELD,
        "boolean",
        when_false="No next meeting is planned",
    ),
    _feature(
        "days_to_next_meeting",
        "Days until the next meeting that is planned; null where none is.",
        "days",
        "The next meeting is in {value} days",
        _HELD,
        when_missing="No next meeting is planned",
    ),
)


def build_meetings(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the features of meetings.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine that is measured, with one column per feature of `FEATURES`.
    """
    moments = watched_moments(spine, sources, "meetings")
    summed = _meeting_sums(sources.known("meetings", moments))
    table = counted(moments, summed, sources, "meetings", ("has_executive", "status"))
    # Without dates of recording a meeting is known only once its day has come, so that none is ever ahead.
    is_plan_known = sources.reports["meetings"].knowledge_dates == "recorded"
    features = table.select(
        *MOMENT,
        "engagement__days_since_qbr",
        "engagement__days_since_meeting",
        # Where nobody says what became of a meeting, none is known to have been held, and none not to have been.
        **{
            f"engagement__meetings_{what}_90d": only_where(
                table.watched_status, table[f"engagement__meetings_{what}_90d"]
            )
            for what in ("held", "cancelled", "no_show")
        },
        engagement__meetings_not_held_share=ratio(table.not_held, table.settled),
        engagement__executive_meetings_180d=only_where(
            table.watched_has_executive & table.watched_status, table.executive_meetings
        ),
        engagement__attendees_trend_ratio=ratio(
            table.newest_attendees * table.past_meetings, table.past_attendees * table.newest_meetings
        ),
        engagement__has_next_meeting=(table.planned > 0) if is_plan_known else ibis.null("boolean"),
        engagement__days_to_next_meeting=table.days_to_next if is_plan_known else ibis.null("int64"),
    )
    return sources.engine.store(features)


def _meeting_sums(known: ir.Table) -> ir.Table:
    """Return the counts that the features of meetings are made of."""
    known = known.mutate(
        days_ago=days_before(known, "scheduled_at"),
        settled_days_ago=days_before(known, "status_at"),
        is_held=(known.status == "held").fill_null(False),
        is_off=known.status.isin(("cancelled", "no_show")).fill_null(False),
    )
    is_past = known.days_ago > 0
    is_recent = is_past & (known.days_ago <= MEETING_DAYS)
    is_held = known.is_held & is_past
    is_counted = is_held & known.attendee_count.notnull()
    is_newest = is_counted & is_recent
    is_before = is_counted & known.days_ago.between(MEETING_DAYS + 1, MEETING_DAYS + ATTENDEE_PAST_DAYS)
    is_planned = ~is_past & ~known.is_held & ~known.is_off
    return known.group_by(list(MOMENT)).agg(
        engagement__meetings_held_90d=count_if(is_held & is_recent),
        engagement__meetings_cancelled_90d=count_if(
            (known.status == "cancelled") & known.settled_days_ago.between(1, MEETING_DAYS)
        ),
        engagement__meetings_no_show_90d=count_if((known.status == "no_show") & is_recent),
        not_held=count_if(known.is_off & is_recent),
        settled=count_if((known.is_off | known.is_held) & is_recent),
        executive_meetings=count_if(is_held & known.has_executive & (known.days_ago <= EXECUTIVE_DAYS)),
        newest_attendees=known.attendee_count.sum(where=is_newest).fill_null(0),
        newest_meetings=count_if(is_newest),
        past_attendees=known.attendee_count.sum(where=is_before).fill_null(0),
        past_meetings=count_if(is_before),
        planned=count_if(is_planned),
        engagement__days_since_qbr=known.days_ago.min(where=is_held & (known.kind == "qbr")),
        engagement__days_since_meeting=known.days_ago.min(where=is_held),
        days_to_next=-known.days_ago.max(where=is_planned),
    )
