"""Signals in what the CSM says, in what the CSM has not said for long, and where usage says otherwise."""

import ibis
import ibis.expr.types as ir

from features.gut_pulse import STALE_AFTER_DAYS, STALE_RED_AFTER_DAYS, gut_pulse, newest_pulses, pulse_texts
from features.moments import MOMENT, beside
from features.signal_rules.relationship import customer_since
from features.signal_rules.scene import Scene, judge_accounts, judge_renewals
from features.signal_rules.usage import usage_trend
from features.signal_rules.wording import days_between, number_of, sentence, when
from features.spine import KEY

DOWNGRADE_DAYS = 28
RED_USAGE_PERCENT = 70
GREEN_USAGE_PERCENT = 95


def last_two_pulses(scene: Scene) -> ir.Table:
    """Return the newest pulse of each moment, and colour and level of the one before, null where there is none."""
    pulses = newest_pulses(scene.moments, scene.sources)
    texts = pulse_texts(scene.sources, "sentiment", "reason")
    said = texts.select("account_id", "sentiment", "pulse_on", "reason", "level", newest="turn")
    said_before = texts.select("account_id", sentiment_before="sentiment", level_before="level", before="turn")
    newest = pulses.join(said, ["account_id", "newest"])
    newest = beside(newest, said_before, on=("account_id", "before")).drop("newest", "before", "streak")
    return beside(scene.at_moments(newest, "csm_pulses"), scene.facts(customer_since))


def pulse_stale(scene: Scene) -> ir.Table:
    """Nobody has said for long how the account feels."""
    pulses = scene.facts(last_two_pulses)
    age = days_between(pulses.pulse_on, pulses.as_of)
    tenure = days_between(pulses.customer_since, pulses.as_of)
    is_stale = (age > STALE_AFTER_DAYS) | ((pulses.sentiment == "red") & (age > STALE_RED_AFTER_DAYS))
    is_missing = pulses.pulse_on.isnull() & (tenure > STALE_AFTER_DAYS)
    evidence = ibis.ifelse(
        pulses.pulse_on.isnull(),
        sentence("no pulse on record in ", number_of(tenure, "day"), " as a customer"),
        sentence("the newest pulse, ", pulses.sentiment, ", is ", number_of(age, "day"), " old"),
    )
    return judge_accounts(pulses, is_stale.fill_null(False) | is_missing, evidence)


def pulse_downgraded(scene: Scene) -> ir.Table:
    """The CSM has lowered the colour."""
    pulses = scene.facts(last_two_pulses)
    pulses = pulses.filter(pulses.pulse_on.notnull())
    is_worse = pulses.level > pulses.level_before
    is_fresh = pulses.pulse_on >= pulses.as_of - ibis.interval(days=DOWNGRADE_DAYS)
    evidence = sentence(
        "pulse from ",
        pulses.sentiment_before,
        " to ",
        pulses.sentiment,
        " on ",
        pulses.pulse_on,
        when(pulses.reason.notnull(), sentence(': "', pulses.reason, '"')),
    )
    return judge_accounts(pulses, is_worse & is_fresh, evidence)


def green_pulse_red_usage(scene: Scene) -> ir.Table:
    """The person says green where usage has sagged."""
    said = scene.facts(said_and_used)
    # The per cent of the sentence are rounded down, and would let through what lies above the limit.
    is_down = 100 * 3 * said.e28 <= RED_USAGE_PERCENT * said.e29_112
    is_fired = (said.sentiment == "green") & is_down
    return judge_renewals(said, is_fired, _both(said))


def red_pulse_green_usage(scene: Scene) -> ir.Table:
    """The person says red where usage looks as ever."""
    said = scene.facts(said_and_used)
    is_fired = (said.sentiment == "red") & (said.trend_percent >= GREEN_USAGE_PERCENT)
    return judge_renewals(said, is_fired, _both(said))


def said_and_used(scene: Scene) -> ir.Table:
    """Return the gut pulse of each undecided renewal, null unless fresh, beside the trend of usage."""
    # Of the whole spine, since the pulse family asks for the same.
    gut = gut_pulse(scene.spine, scene.sources)
    gut = gut.semi_join(scene.spine.filter(scene.spine.status.isin(["open", "overdue"])), list(KEY))
    is_fresh = gut.pulse_state == "fresh"
    gut = gut.select(
        *KEY,
        "pulse_age_days",
        sentiment=ibis.ifelse(is_fresh, gut.sentiment, ibis.null("string")),
    )
    looked = gut.semi_join(scene.sources.watched("csm_pulses", scene.moments), "as_of")
    return looked.join(scene.facts(usage_trend), list(MOMENT))


def _both(said: ir.Table) -> ir.StringValue:
    return sentence(
        "pulse ",
        said.sentiment,
        ", ",
        number_of(said.pulse_age_days, "day"),
        " old, while usage runs at ",
        said.trend_percent,
        " % of its own level of the three months before",
    )
