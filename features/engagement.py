"""Features of the conversation: meetings that took place or did not, and e-mails in both directions.

What is said and shown about value belongs to `value`, who the people are to `stakeholders`. Meetings and e-mails are
two tables, so each has its own list and its own function: one may be on record without the other.
"""

import ibis
import ibis.expr.types as ir

from features.feature import Direction, Feature, Kind
from features.phrases import mentions
from features.sources import Sources
from features.spine import KEY
from features.watch import watched

MEETING_DAYS = 90
EXECUTIVE_DAYS = 180
ATTENDEE_PAST_DAYS = 180
"""Attendance of the last 90 days is compared with that of so many days before."""
EMAIL_DAYS = 28
LONG_EMAIL_DAYS = 90
REPLY_PAST_DAYS = 84
"""Replies of the last 28 days are compared with those of so many days before."""
STREAK_DAYS = 91
STREAK_MAILS = 3
STREAK_SHARE = 0.9
"""A streak is three months that end with an opened mail, in which at least so many and so large a share were opened."""
SILENCE_DAYS = 28
SILENCE_MAILS = 2
"""It has ended when for so many days at least so many mails were left unopened, and no other was opened."""
OPENING_DAYS = 3
"""A mail gets so long to be opened before it counts as left unopened."""
CORRESPONDENT_DAYS = 60
CORRESPONDENT_PAST_DAYS = 365
COST_DAYS = 60
COST_PHRASES = (
    "approve every invoice",
    "budget*",
    "cancellation",
    "cancel .. contract",
    "cancel .. subscription",
    "cheaper",
    "contract terms",
    "cost",
    "costs",
    "discount*",
    "end of the contract",
    "expensive",
    "list price",
    "notice period",
    "pay for",
    "paying for",
    "per seat",
    "price",
    "prices",
    "pricing",
    "purchases are on hold",
    "reduce spend",
    "renewal quote",
    "savings",
    "spend on",
    "spending",
    "terminat*",
)
"""What people say who are weighing the price or the way out. "Cancel" alone is mostly about meetings."""

_SETTLED = frozenset({"meetings.status", "meetings.status_at"})
_HELD = _SETTLED | {"meetings.scheduled_at"}
_SENT = frozenset({"emails.sent_at", "emails.direction"})
_OPENED = _SENT | {"emails.opened_at"}


def _feature(
    name: str,
    description: str,
    unit: str,
    sentence: str,
    lineage: frozenset[str],
    kind: Kind = "integer",
    direction: Direction = "either",
) -> Feature:
    group = "meetings" if any(column.startswith("meetings.") for column in lineage) else "e-mails"
    return Feature(f"engagement__{name}", description, unit, kind, direction, lineage, sentence, group)


MEETING_FEATURES = (
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
    ),
    _feature(
        "days_since_qbr",
        "Days since the last business review was held; null where none ever was.",
        "days",
        "The last business review was {value} days ago",
        _HELD | {"meetings.kind"},
    ),
    _feature(
        "days_since_meeting",
        "Days since the last meeting was held; null where none ever was.",
        "days",
        "We last met {value} days ago",
        _HELD,
    ),
    _feature(
        "has_next_meeting",
        "Whether a meeting is planned.",
        "yes or no",
        "A next meeting is planned: {value}",
        _HELD,
        "boolean",
    ),
    _feature(
        "days_to_next_meeting",
        "Days until the next meeting that is planned; null where none is.",
        "days",
        "The next meeting is in {value} days",
        _HELD,
    ),
)


def _volume(direction: str, days: int) -> Feature:
    verb = "They wrote" if direction == "in" else "We wrote"
    return _feature(
        f"emails_{direction}_{days}d",
        f"E-mails {'from' if direction == 'in' else 'to'} the customer in the last {days} days.",
        "e-mails",
        f"{verb} {{value}} e-mails in the last {days} days",
        _SENT,
    )


EMAIL_FEATURES = (
    *(_volume(direction, days) for direction in ("in", "out") for days in (EMAIL_DAYS, LONG_EMAIL_DAYS)),
    _feature(
        "days_since_email_in",
        "Days since the customer last wrote, null where they did not within 425 days.",
        "days",
        "They last wrote {value} days ago",
        _SENT,
    ),
    _feature(
        "reply_words_trend_ratio",
        "Mean words of the customer's e-mails of the last 28 days over that of the 84 days before.",
        "ratio",
        "Their e-mails are {value} as long as in the three months before",
        _SENT | {"emails.word_count"},
        "number",
    ),
    _feature(
        "emails_opened_share",
        "Share of our e-mails of the last 90 days, the newest three days left out, that were opened.",
        "share 0-1",
        "They open {value} of our e-mails",
        _OPENED,
        "number",
    ),
    _feature(
        "has_ended_open_streak",
        "Whether nine in ten of at least three e-mails were opened over three months, and none for 28 days or more.",
        "yes or no",
        "They used to open every e-mail and have stopped: {value}",
        _OPENED,
        "boolean",
        "raises",
    ),
    _feature(
        "ended_open_streak_count",
        "E-mails opened in the three months of such a streak; 0 where none ended.",
        "e-mails",
        "They opened {value} e-mails in three months before they stopped",
        _OPENED,
    ),
    _feature(
        "new_correspondents_60d",
        "People who wrote or were written to in the last 60 days and not in the year before.",
        "people",
        "{value} people are new in the correspondence",
        frozenset({"emails.sent_at", "emails.contact_id"}),
    ),
    _feature(
        "cost_emails_60d",
        "E-mails from the customer in the last 60 days that speak of price, cost, budget or the end of the contract.",
        "e-mails",
        "{value} of their e-mails of the last two months speak of cost",
        _SENT | {"emails.text"},
        "integer",
        "raises",
    ),
)


def build_meetings(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the features of meetings.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per spine row: the spine's key and one column per feature of `MEETING_FEATURES`.
    """
    moments = sources.engine.store(spine.select("account_id", "as_of").distinct())
    summed = _meeting_sums(sources.known("meetings", moments))
    table = _counted(moments, summed, sources, "meetings", ("has_executive",))
    past = (table.past_attendees * table.newest_meetings).cast("float64").nullif(0)
    # Without dates of recording a meeting is known only once its day has come, so that none is ever ahead.
    is_plan_known = sources.reports["meetings"].knowledge_dates == "recorded"
    features = table.select(
        "account_id",
        "as_of",
        "engagement__meetings_held_90d",
        "engagement__meetings_cancelled_90d",
        "engagement__meetings_no_show_90d",
        "engagement__days_since_qbr",
        "engagement__days_since_meeting",
        engagement__meetings_not_held_share=table.not_held.cast("float64") / table.settled.cast("float64").nullif(0),
        engagement__executive_meetings_180d=_where(table.watched_has_executive, table.executive_meetings),
        engagement__attendees_trend_ratio=(table.newest_attendees * table.past_meetings).cast("float64") / past,
        engagement__has_next_meeting=(table.planned > 0) if is_plan_known else ibis.null("boolean"),
        engagement__days_to_next_meeting=table.days_to_next if is_plan_known else ibis.null("int64"),
    )
    return _onto(spine, sources.engine.store(features))


def _meeting_sums(known: ir.Table) -> ir.Table:
    """Return the counts that the features of meetings are made of."""
    known = known.mutate(
        days_ago=known.as_of.delta(known.scheduled_at.date(), unit="day"),
        settled_days_ago=known.as_of.delta(known.status_at.date(), unit="day"),
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
    return known.group_by(["account_id", "as_of"]).agg(
        engagement__meetings_held_90d=(is_held & is_recent).sum(),
        engagement__meetings_cancelled_90d=(
            (known.status == "cancelled") & known.settled_days_ago.between(1, MEETING_DAYS)
        )
        .fill_null(False)
        .sum(),
        engagement__meetings_no_show_90d=((known.status == "no_show") & is_recent).fill_null(False).sum(),
        not_held=(known.is_off & is_recent).sum(),
        settled=((known.is_off | known.is_held) & is_recent).sum(),
        executive_meetings=(is_held & known.has_executive & (known.days_ago <= EXECUTIVE_DAYS)).fill_null(False).sum(),
        newest_attendees=known.attendee_count.sum(where=is_newest).fill_null(0),
        newest_meetings=is_newest.sum(),
        past_attendees=known.attendee_count.sum(where=is_before).fill_null(0),
        past_meetings=is_before.sum(),
        planned=is_planned.sum(),
        engagement__days_since_qbr=known.days_ago.min(where=is_held & (known.kind == "qbr")),
        engagement__days_since_meeting=known.days_ago.min(where=is_held),
        days_to_next=-known.days_ago.max(where=is_planned),
    )


def build_emails(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the features of e-mails.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per spine row: the spine's key and one column per feature of `EMAIL_FEATURES`.
    """
    moments = sources.engine.store(spine.select("account_id", "as_of").distinct())
    # Every moment with a mail in the last six months has one in the last fourteen.
    people = sources.engine.store(_people_sums(moments, sources))
    mails = sources.engine.store(_email_sums(moments, sources))
    summed = people.join(mails, ["account_id", "as_of"], how="left").drop("account_id_right", "as_of_right")
    table = _counted(moments, summed, sources, "emails", ("opened_at", "contact_id", "text"))
    past_words = (table.past_words * table.newest_replies).cast("float64").nullif(0)
    was_steady = table.streak_opened.cast("float64") >= STREAK_SHARE * table.streak_sent
    is_ended = was_steady & (table.streak_sent >= STREAK_MAILS) & (table.silent_sent >= SILENCE_MAILS)
    features = table.select(
        "account_id",
        "as_of",
        *(f"engagement__emails_{way}_{days}d" for way in ("in", "out") for days in (EMAIL_DAYS, LONG_EMAIL_DAYS)),
        "engagement__days_since_email_in",
        engagement__reply_words_trend_ratio=(table.newest_words * table.past_replies).cast("float64") / past_words,
        engagement__emails_opened_share=_where(
            table.watched_opened_at, table.opened.cast("float64") / table.openable.cast("float64").nullif(0)
        ),
        engagement__has_ended_open_streak=_where(table.watched_opened_at, is_ended),
        engagement__ended_open_streak_count=_where(
            table.watched_opened_at, ibis.ifelse(is_ended, table.streak_opened, 0)
        ),
        engagement__new_correspondents_60d=_where(table.watched_contact_id, table.new_people),
        engagement__cost_emails_60d=_where(table.watched_text, table.cost_emails),
    )
    return _onto(spine, sources.engine.store(features))


def _email_sums(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the counts that volume, length, opening and cost words are made of, from the last six months."""
    known = sources.known("emails", moments, lookback=("sent_at", 2 * STREAK_DAYS))
    known = known.mutate(days_ago=known.as_of.delta(known.sent_at.date(), unit="day"))
    of_account = ibis.window(group_by=["account_id", "as_of"])
    last_opened = known.days_ago.min(where=known.opened_at.notnull() & (known.direction == "outbound"))
    known = known.mutate(last_opened=last_opened.over(of_account))
    is_in, is_out = known.direction == "inbound", known.direction == "outbound"
    is_newest, is_recent = known.days_ago <= EMAIL_DAYS, known.days_ago <= LONG_EMAIL_DAYS
    is_counted = is_in & known.word_count.notnull()
    is_before = is_counted & ~is_newest & (known.days_ago <= EMAIL_DAYS + REPLY_PAST_DAYS)
    is_opened, is_due = known.opened_at.notnull(), known.days_ago > OPENING_DAYS
    has_fallen_silent = (known.last_opened > SILENCE_DAYS).fill_null(False)
    in_streak = is_out & known.days_ago.between(known.last_opened, known.last_opened + STREAK_DAYS - 1).fill_null(False)
    # The pattern runs on the few mails that count, not on every pair of mail and date.
    asked = ibis.ifelse(is_in & (known.days_ago <= COST_DAYS), known.text, ibis.null("string"))
    return known.group_by(["account_id", "as_of"]).agg(
        engagement__emails_in_28d=(is_in & is_newest).sum(),
        engagement__emails_in_90d=(is_in & is_recent).sum(),
        engagement__emails_out_28d=(is_out & is_newest).sum(),
        engagement__emails_out_90d=(is_out & is_recent).sum(),
        newest_words=known.word_count.sum(where=is_counted & is_newest).fill_null(0),
        newest_replies=(is_counted & is_newest).sum(),
        past_words=known.word_count.sum(where=is_before).fill_null(0),
        past_replies=is_before.sum(),
        opened=(is_out & is_recent & is_due & is_opened).sum(),
        openable=(is_out & is_recent & is_due).sum(),
        streak_sent=in_streak.sum(),
        streak_opened=(in_streak & is_opened).sum(),
        silent_sent=(is_out & has_fallen_silent & (known.days_ago < known.last_opened) & is_due).sum(),
        cost_emails=mentions(asked, COST_PHRASES).fill_null(False).sum(),
    )


def _people_sums(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return who is new in the correspondence, and when the customer last wrote, from the last fourteen months."""
    known = sources.known("emails", moments, lookback=("sent_at", CORRESPONDENT_DAYS + CORRESPONDENT_PAST_DAYS))
    known = known.mutate(days_ago=known.as_of.delta(known.sent_at.date(), unit="day"))
    people = known.group_by(["account_id", "as_of", "contact_id"]).agg(
        newest_days=known.days_ago.min(),
        first_days=known.days_ago.max(),
        newest_in_days=known.days_ago.min(where=known.direction == "inbound"),
    )
    is_new = people.contact_id.notnull() & (people.first_days <= CORRESPONDENT_DAYS)
    return people.group_by(["account_id", "as_of"]).agg(
        new_people=is_new.sum(), engagement__days_since_email_in=people.newest_in_days.min()
    )


def _counted(moments: ir.Table, summed: ir.Table, sources: Sources, table: str, columns: tuple[str, ...]) -> ir.Table:
    """Return the sums of every moment at which the table was kept, counts of nothing being zero there.

    For each of `columns` it is added whether any value of it had been recorded, as `watched_<column>`.
    """
    kept = moments.join(watched(sources, moments, table), "as_of")
    for column in columns:
        seen = watched(sources, moments, table, column).mutate(**{f"watched_{column}": ibis.literal(True)})
        kept = kept.join(seen, "as_of", how="left").drop("as_of_right")
    joined = kept.join(summed, ["account_id", "as_of"], how="left").drop("account_id_right", "as_of_right")
    # Days since something are no count: where it never was, there is no number of days.
    sums = [column for column in summed.columns if column not in ("account_id", "as_of") and "days_" not in column]
    joined = joined.mutate(
        **{column: joined[column].fill_null(0) for column in sums},
        **{f"watched_{column}": joined[f"watched_{column}"].fill_null(False) for column in columns},
    )
    return sources.engine.store(joined)


def _onto(spine: ir.Table, features: ir.Table) -> ir.Table:
    keys = spine.select(*KEY)
    return keys.join(features, ["account_id", "as_of"], how="left").drop("account_id_right", "as_of_right")


def _where(condition: ir.BooleanValue, value: ir.Value) -> ir.Value:
    return ibis.ifelse(condition, value, ibis.null(value.type()))
