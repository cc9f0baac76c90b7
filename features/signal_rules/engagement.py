"""Signals in meetings, e-mails and connected systems: what used to happen and has stopped, and who asks about cost."""

import ibis
import ibis.expr.types as ir

from features.emails import mails_before
from features.moments import MOMENT, beside, count_if, rows_saying
from features.run_sums import runs_by_integration, runs_loaded_through, runs_of
from features.signal_rules.scene import Scene, judge_accounts
from features.signal_rules.usage import usage_trend
from features.signal_rules.wording import days_between, number_of, sentence, when, words
from features.stakeholders import contacts_at

READING_DAYS = 3
"""An e-mail sent later than this may still be opened."""
UNOPENED_EMAILS = 3
STREAK_EMAILS = 3
STREAK_DAYS = 91
STREAK_PERCENT = 90
STOPPED_DAYS = 120

QUIET_DAYS = 90
REPLY_DAYS = 180
STEADY_PERCENT = 70
OFF_PERCENT = 50
SHORTER_PERCENT = 60

NEW_CONTACT_DAYS = 60
QUESTION_DAYS = 45
COST_WORDS = (
    r"\b(cost|costs|price|prices|pricing|priced|spend|spending|cheaper|discount|discounts|budget|savings|per seat"
    r"|contract|notice period|quote|licence fees?|license fees?)\b"
)

WEEKS_OF_RUNS = 8
RUN_WINDOW_DAYS = 7 * WEEKS_OF_RUNS
STOP_DAYS = 120
MISSED_RUNS = 6
"""Were runs to come at random, silence this long would be one chance in four hundred."""
WEEKDAYS, WEEKEND_DAYS = 40, 16
"""Days of each sort in eight weeks."""
_MONDAY = ibis.date("2000-01-03")


def opens_stopped(scene: Scene) -> ir.Table:
    """Somebody who read everything reads nothing."""
    known = mails_before(scene.spine, scene.sources)
    known = known.mutate(sent_on=known.sent_at.date(), is_opened=known.opened_ago.notnull())
    out = known.filter(~known.is_inbound & ((known.days_ago > READING_DAYS) | known.is_opened))
    last = out.group_by(list(MOMENT)).agg(
        last_opened_at=out.sent_at.max(where=out.is_opened), last_opening=out.opened_ago.min()
    )
    out = out.join(last, list(MOMENT))
    since, until = out.last_opened_at.date() - ibis.interval(days=STREAK_DAYS), out.last_opened_at
    in_streak = (out.sent_at <= until) & (out.sent_on >= since)
    # Who opened an older mail in the meantime was still reading.
    is_unopened = (out.sent_at > until) & (out.days_ago <= out.last_opening)
    counted = out.group_by([*MOMENT, "last_opened_at"]).agg(
        unopened=count_if(is_unopened),
        unopened_since=out.sent_on.min(where=is_unopened),
        sent=count_if(in_streak),
        opened=count_if(in_streak & out.is_opened),
    )
    judged = counted.filter(counted.last_opened_at.notnull())
    is_fired = (
        (judged.unopened >= UNOPENED_EMAILS)
        & (judged.sent >= STREAK_EMAILS)
        & (100 * judged.opened >= STREAK_PERCENT * judged.sent)
        & (judged.last_opened_at.date() >= judged.as_of - ibis.interval(days=STOPPED_DAYS))
    )
    evidence = sentence(
        "none of the last ",
        number_of(judged.unopened, "e-mail"),
        " opened since ",
        judged.unopened_since,
        "; of ",
        judged.sent,
        " in the three months before they opened ",
        judged.opened,
    )
    return judge_accounts(judged, is_fired, evidence)


def meetings_off(scene: Scene) -> ir.Table:
    """Return how many meetings were settled in the last 90 days and how many of them were cancelled or missed."""
    known = scene.known("meetings", lookback=("status_at", QUIET_DAYS))
    recent = known.filter(known.status.isin(["held", "cancelled", "no_show"]))
    return recent.group_by(list(MOMENT)).agg(meetings=recent.count(), off=count_if(recent.status != "held"))


def reply_length(scene: Scene) -> ir.Table:
    """Return replies and their words in the last 90 days and in the 90 days before."""
    known = mails_before(scene.spine, scene.sources)
    replies = known.filter((known.days_ago <= REPLY_DAYS) & known.is_inbound & known.word_count.notnull())
    is_recent = replies.days_ago <= QUIET_DAYS
    return replies.group_by(list(MOMENT)).agg(
        replies=count_if(is_recent),
        words=replies.word_count.sum(where=is_recent).fill_null(0).cast("int64"),
        past_replies=count_if(~is_recent),
        past_words=replies.word_count.sum(where=~is_recent).fill_null(0).cast("int64"),
    )


def gone_quiet(scene: Scene) -> ir.Table:
    """The product is used and the people have withdrawn."""
    talk = beside(scene.at_moments(meetings_off(scene), "meetings", "emails"), reply_length(scene))
    talk = talk.mutate(
        **{
            name: talk[name].fill_null(0)
            for name in ("meetings", "off", "replies", "words", "past_replies", "past_words")
        }
    )
    talk = talk.join(scene.facts(usage_trend), list(MOMENT))
    is_shorter = (talk.past_replies >= 2) & (
        100 * talk.words * talk.past_replies <= SHORTER_PERCENT * talk.past_words * talk.replies
    )
    is_fired = (
        (talk.trend_percent >= STEADY_PERCENT)
        & (talk.off >= 1)
        & (100 * talk.off >= OFF_PERCENT * talk.meetings)
        & is_shorter
        # One meeting and one reply could be anything.
        & (talk.off + talk.replies >= 3)
    )
    now, before = (
        (said // replies.nullif(0)).cast("int64")
        for said, replies in ((talk.words, talk.replies), (talk.past_words, talk.past_replies))
    )
    evidence = sentence(
        talk.off,
        " of ",
        number_of(talk.meetings, "meeting"),
        " cancelled or missed in 90 days, ",
        ibis.ifelse(
            talk.replies == 0,
            sentence("no reply, after replies of ", number_of(before, "word")),
            sentence("replies of ", number_of(now, "word"), " against ", before),
        ),
        " before; usage at ",
        talk.trend_percent,
        " % of its own level",
    )
    return judge_accounts(talk, is_fired, evidence)


def cost_question(scene: Scene) -> ir.Table:
    """Somebody new wants to know what it costs."""
    rows = rows_saying(scene.sources, "emails", "text", lambda text: text.lower().re_search(COST_WORDS))
    rows = rows.filter(rows.direction == "inbound")
    asked = scene.sources.known("emails", scene.moments, lookback=("sent_at", QUESTION_DAYS), rows=rows)
    contacts = contacts_at(scene.moments, scene.sources).select(*MOMENT, "contact_id", "role", "started_on")
    asked = asked.select(*MOMENT, "contact_id", sent_on=asked.sent_at.date())
    asked = asked.join(contacts, [*MOMENT, "contact_id"])
    asked = asked.filter(days_between(asked.started_on, asked.sent_on) <= NEW_CONTACT_DAYS)
    newest_first = ibis.window(group_by=list(MOMENT), order_by=[ibis.desc("sent_on"), "contact_id"])
    ranked = asked.mutate(place=ibis.row_number().over(newest_first))
    newest = ranked.filter(ranked.place == 0).select(*MOMENT, "sent_on", "role", "started_on")
    table = scene.at_moments(newest, "emails", "contacts")
    part = when(table.role.notnull(), sentence(" (", words(table.role), ")"))
    evidence = ibis.ifelse(
        table.started_on > table.sent_on,
        sentence("somebody who became a contact on ", table.started_on, part, " wrote about cost on ", table.sent_on),
        sentence("a contact new since ", table.started_on, part, " wrote about cost on ", table.sent_on),
    )
    return judge_accounts(table, table.sent_on.notnull(), evidence)


def integration_stopped(scene: Scene) -> ir.Table:
    """A connected system has been silent for longer than chance allows; of several the one that missed most."""
    last = scene.facts(last_runs)
    beats = scene.facts(runs_before_silence)
    judged = beside(last, beats, on=(*MOMENT, "integration"))
    judged = judged.mutate(**{name: judged[name].fill_null(0) for name in ("on_weekdays", "on_weekends")})
    first, end = (day + ibis.interval(days=1) for day in (judged.last_on, judged.through))
    weekend = _weekend_days(first, end)
    weekdays = days_between(first, end) - weekend
    # Runs missed = days missed × runs a day, over the common denominator of both sorts of days.
    missed = 2 * weekdays * judged.on_weekdays + 5 * weekend * judged.on_weekends
    judged = judged.mutate(missed=missed, runs=judged.on_weekdays + judged.on_weekends)
    order = ibis.window(group_by=list(MOMENT), order_by=[ibis.desc("missed"), "integration"])
    ranked = judged.mutate(place=ibis.row_number().over(order))
    worst = ranked.filter(ranked.place == 0)
    evidence = sentence(
        words(worst.integration),
        " last ran on ",
        worst.last_on,
        ", ",
        number_of(days_between(worst.last_on, worst.as_of), "day"),
        " ago, after ",
        ibis.ifelse(
            worst.runs < WEEKS_OF_RUNS,
            sentence(number_of(worst.runs, "run"), " in eight weeks"),
            sentence(number_of((worst.runs // WEEKS_OF_RUNS).cast("int64"), "run"), " a week"),
        ),
    )
    is_stopped = worst.missed >= 2 * WEEKDAYS * MISSED_RUNS
    is_recent = worst.last_on >= worst.as_of - ibis.interval(days=STOP_DAYS)
    return judge_accounts(worst, is_stopped & is_recent, evidence)


def last_runs(scene: Scene) -> ir.Table:
    """Return when each integration last ran, and through which day runs are loaded, of anybody.

    What has not been loaded has not been missed.
    """
    known = runs_by_integration(scene.spine, scene.moments, scene.sources)
    last = known.group_by([*MOMENT, "integration"]).agg(last_on=known.last_on.max())
    loaded = runs_loaded_through(scene.spine, scene.sources)
    loaded = loaded.filter(loaded.through >= loaded.as_of - ibis.interval(days=RUN_WINDOW_DAYS))
    return last.join(loaded, "as_of")


def runs_before_silence(scene: Scene) -> ir.Table:
    """Return the runs of the eight weeks up to the last one, of the integrations that have missed any day."""
    last = scene.facts(last_runs)
    silent = last.filter(last.last_on < last.through).select(*MOMENT, "integration", "last_on")
    known = runs_of(silent, scene.sources)
    before = known.join(silent, [*MOMENT, "integration"])
    before = before.filter(days_between(before.run_date, before.last_on).between(0, RUN_WINDOW_DAYS - 1))
    is_weekend = _weekend_days(before.run_date, before.run_date + ibis.interval(days=1)) > 0
    return before.group_by([*MOMENT, "integration"]).agg(
        on_weekdays=before.runs.sum(where=~is_weekend).fill_null(0).cast("int64"),
        on_weekends=before.runs.sum(where=is_weekend).fill_null(0).cast("int64"),
    )


def _weekend_days(first: ir.DateValue, end: ir.DateValue) -> ir.IntegerValue:
    """Return the Saturdays and Sundays from one date up to, and without, a later one."""

    def since_monday(day: ir.DateValue) -> ir.IntegerValue:
        days = days_between(_MONDAY, day)
        return (2 * (days // 7) + ibis.greatest(days % 7 - 5, 0)).cast("int64")

    return since_monday(end) - since_monday(first)
