"""Features of e-mails: how many in each direction, how long, how well read, by whom, and whether they speak of cost.

What happens in meetings belongs to `meetings`, who the people are to `stakeholders`.
"""

import ibis
import ibis.expr.types as ir

from features.feature import Direction, Feature, Kind
from features.moments import (
    MOMENT,
    beside,
    count_if,
    counted,
    days_before,
    moments_of,
    only_where,
    ratio,
    rows_saying,
    watched_moments,
)
from features.phrases import mentions
from features.sources import Sources

MAIL_DAYS = 240
"""The longest that any of those who share `mails_before` looks back."""
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
    *,
    when_missing: str = "",
    when_false: str = "",
) -> Feature:
    said = {"when_missing": when_missing, "when_false": when_false}
    return Feature(f"engagement__{name}", description, unit, kind, direction, lineage, sentence, "e-mails", **said)


def _volume(direction: str, days: int) -> Feature:
    verb = "They wrote" if direction == "in" else "We wrote"
    return _feature(
        f"emails_{direction}_{days}d",
        f"E-mails {'from' if direction == 'in' else 'to'} the customer in the last {days} days.",
        "e-mails",
        f"{verb} {{value}} e-mails in the last {days} days",
        _SENT,
    )


FEATURES = (
    *(_volume(direction, days) for direction in ("in", "out") for days in (EMAIL_DAYS, LONG_EMAIL_DAYS)),
    _feature(
        "days_since_email_in",
        "Days since the customer last wrote, null where they did not within 425 days.",
        "days",
        "They last wrote {value} days ago",
        _SENT,
        when_missing="They have not written for more than a year",
    ),
    _feature(
        "reply_words_trend_ratio",
        "Mean words of the customer's e-mails of the last 28 days over that of the 84 days before.",
        "ratio",
        "Their e-mails are {value} as long as in the three months before",
        _SENT | {"emails.word_count"},
        "number",
        when_missing="They wrote too few e-mails to compare",
    ),
    _feature(
        "emails_opened_share",
        "Share of our e-mails of the last 90 days, the newest three days left out, that were opened.",
        "share 0-1",
        "They open {value} of our e-mails",
        _OPENED,
        "number",
        when_missing="We sent them no e-mail in the last three months",
    ),
    _feature(
        "has_ended_open_streak",
        "Whether nine in ten of at least three e-mails were opened over three months, and since then, for 28 days or "
        "more, none, though at least two were sent; only e-mails of the last 182 days are looked at.",
        "yes or no",
        "They used to open every e-mail and have stopped: {value}",
        _OPENED,
        "boolean",
        "raises",
        when_false="No habit of opening our e-mails has ended of late",
    ),
    _feature(
        "ended_open_streak_count",
        "E-mails of the last 182 days opened in the three months of such a streak; 0 where none ended.",
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


def build_emails(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the features of e-mails.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine that is measured, with one column per feature of `FEATURES`.
    """
    moments = watched_moments(spine, sources, "emails")
    mails = mails_before(spine, sources)
    sums = sources.engine.store(_email_sums(mails))
    summed = beside(sums, _streaks(mails, sums), _newcomers(mails, sources), _cost_sums(moments, sources))
    table = beside(
        counted(moments, summed, sources, "emails", ("opened_at", "contact_id", "text")),
        _last_inbound(mails, moments, sources),
    )
    was_steady = table.streak_opened.cast("float64") >= STREAK_SHARE * table.streak_sent
    is_ended = was_steady & (table.streak_sent >= STREAK_MAILS) & (table.silent_sent >= SILENCE_MAILS)
    features = table.select(
        *MOMENT,
        *(f"engagement__emails_{way}_{days}d" for way in ("in", "out") for days in (EMAIL_DAYS, LONG_EMAIL_DAYS)),
        "engagement__days_since_email_in",
        engagement__reply_words_trend_ratio=ratio(
            table.newest_words * table.past_replies, table.past_words * table.newest_replies
        ),
        engagement__emails_opened_share=only_where(table.watched_opened_at, ratio(table.opened, table.openable)),
        engagement__has_ended_open_streak=only_where(table.watched_opened_at, is_ended),
        engagement__ended_open_streak_count=only_where(
            table.watched_opened_at, ibis.ifelse(is_ended, table.streak_opened, 0)
        ),
        engagement__new_correspondents_60d=only_where(table.watched_contact_id, table.new_people),
        engagement__cost_emails_60d=only_where(table.watched_text, table.cost_emails),
    )
    return sources.engine.store(features)


def mails_before(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the mails known to have been sent in the `MAIL_DAYS` before each moment, without their words.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per moment and mail: `contact_id`, `sent_at`, `days_ago`, `is_inbound`, `word_count`, and `opened_ago`,
        the days since it was first opened, null where it was not, as known then.
    """
    known = sources.known("emails", moments_of(spine, sources), lookback=("sent_at", MAIL_DAYS))
    # There are tens of mails per moment.
    days_ago, opened_ago = (days_before(known, column).cast("int32") for column in ("sent_at", "opened_at"))
    is_inbound = known.direction == "inbound"
    return sources.engine.store(
        known.select(
            *MOMENT,
            "contact_id",
            "sent_at",
            "word_count",
            is_inbound=is_inbound,
            days_ago=days_ago,
            opened_ago=opened_ago,
        )
    )


def _email_sums(mails: ir.Table) -> ir.Table:
    """Return the counts that volume and length are made of, and when a mail was last opened, from six months."""
    known = mails.filter(mails.days_ago <= 2 * STREAK_DAYS)
    is_in, is_out = known.is_inbound, ~known.is_inbound
    is_opened = is_out & known.opened_ago.notnull()
    is_newest, is_recent = known.days_ago <= EMAIL_DAYS, known.days_ago <= LONG_EMAIL_DAYS
    is_counted = is_in & known.word_count.notnull()
    is_before = is_counted & ~is_newest & (known.days_ago <= EMAIL_DAYS + REPLY_PAST_DAYS)
    is_due = known.days_ago > OPENING_DAYS
    return known.group_by(list(MOMENT)).agg(
        engagement__emails_in_28d=count_if(is_in & is_newest),
        engagement__emails_in_90d=count_if(is_in & is_recent),
        engagement__emails_out_28d=count_if(is_out & is_newest),
        engagement__emails_out_90d=count_if(is_out & is_recent),
        newest_words=known.word_count.sum(where=is_counted & is_newest).fill_null(0),
        newest_replies=count_if(is_counted & is_newest),
        past_words=known.word_count.sum(where=is_before).fill_null(0),
        past_replies=count_if(is_before),
        opened=count_if(is_opened & is_recent & is_due),
        openable=count_if(is_out & is_recent & is_due),
        # An old mail may be opened long after it was sent: the streak goes by sending, the silence by opening.
        last_sent_days_ago=known.days_ago.min(where=is_opened),
        last_opened_days_ago=known.opened_ago.min(where=is_opened),
    )


def _streaks(mails: ir.Table, sums: ir.Table) -> ir.Table:
    """Return the streak of opened mails before each silence, and the mails in the silence, of moments that have one."""
    silent = sums.filter(sums.last_opened_days_ago > SILENCE_DAYS)
    silent = silent.select(*MOMENT, "last_sent_days_ago", "last_opened_days_ago")
    known = mails.filter((mails.days_ago <= 2 * STREAK_DAYS) & ~mails.is_inbound).join(silent, list(MOMENT))
    in_streak = known.days_ago.between(known.last_sent_days_ago, known.last_sent_days_ago + STREAK_DAYS - 1)
    is_unopened = (known.days_ago < known.last_opened_days_ago) & (known.days_ago > OPENING_DAYS)
    return known.group_by(list(MOMENT)).agg(
        streak_sent=count_if(in_streak),
        streak_opened=count_if(in_streak & known.opened_ago.notnull()),
        silent_sent=count_if(is_unopened),
    )


def _cost_sums(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return how many of the customer's mails speak of cost, of moments with any such mail of the last weeks."""
    asked = rows_saying(sources, "emails", "text", lambda text: mentions(text, COST_PHRASES))
    asked = asked.filter(asked.direction == "inbound")
    known = sources.known("emails", moments, lookback=("sent_at", COST_DAYS), rows=asked)
    return known.group_by(list(MOMENT)).agg(cost_emails=known.count())


def _newcomers(mails: ir.Table, sources: Sources) -> ir.Table:
    """Return how many people are new in the correspondence, of moments with a mail.

    Most of those who wrote of late wrote before: only for the others the rest of the past year is looked through.
    """
    people = mails.group_by([*MOMENT, "contact_id"]).agg(first_days=mails.days_ago.max())
    of_late = people.filter(people.contact_id.notnull() & (people.first_days <= CORRESPONDENT_DAYS))
    of_late = sources.engine.store(of_late.select(*MOMENT, "contact_id"))
    known = sources.known(
        "emails",
        of_late,
        ("account_id", "contact_id"),
        lookback=("sent_at", CORRESPONDENT_DAYS + CORRESPONDENT_PAST_DAYS),
    )
    before = known.filter(days_before(known, "sent_at") > CORRESPONDENT_DAYS)
    new = of_late.anti_join(before, [*MOMENT, "contact_id"])
    return new.group_by(list(MOMENT)).agg(new_people=new.count())


def _last_inbound(mails: ir.Table, moments: ir.Table, sources: Sources) -> ir.Table:
    """Return when the customer last wrote, of moments with such a mail in the last fourteen months.

    Most have written of late: only for the others the months before are looked through.
    """
    inbound = mails.filter(mails.is_inbound)
    newest = inbound.group_by(list(MOMENT)).agg(engagement__days_since_email_in=inbound.days_ago.min().cast("int64"))
    rows = sources.tables["emails"]
    rows = rows.filter(rows.direction == "inbound")
    others = moments.anti_join(newest, list(MOMENT))
    known = sources.known(
        "emails", others, lookback=("sent_at", CORRESPONDENT_DAYS + CORRESPONDENT_PAST_DAYS), rows=rows
    )
    older = known.group_by(list(MOMENT)).agg(
        engagement__days_since_email_in=days_before(known, "sent_at").min().cast("int64")
    )
    return newest.union(older)
