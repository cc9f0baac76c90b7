"""The log of all pulses as known at a date, and when each lost renewal was known to be lost: how pulses are given.

Facts only, through the one date cut. What habits they show is told in `models/judgement/habits.py`.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from features.gut_pulse import TURN, known_pulses, pulse_texts
from features.moments import MOMENT, beside
from features.reasons import read_reasons
from features.sources import Sources
from features.spine import as_of_table

LOG_KEY = ("pulse_id",)
LOSS_KEY = ("account_id", "renewal_id")


def build_pulse_log(sources: Sources, through: date) -> ir.Table:
    """Return every pulse known at a date.

    Args:
        sources: The ingested tables.
        through: The date.

    Returns:
        One row per pulse: `pulse_id`, `account_id`, `csm_id` of the author, `pulse_on`, `recorded_on`, `sentiment`,
        `is_vague` (also without a reason), and `is_copied`: it has the words of the account's pulse before it.
    """
    day = as_of_table(sources, [through])
    moments = sources.known("csm_pulses", day, on=()).select(*MOMENT).distinct()
    pulses = known_pulses(sources.engine.store(moments), sources).select(*MOMENT, "turn")
    spoken = pulses.join(pulse_texts(sources, "csm_id", "sentiment", "reason"), list(TURN))
    spoken = beside(spoken, read_reasons(sources).select("reason", "words", "is_vague"), on=("reason",))
    newest_first = ibis.window(group_by=list(MOMENT), order_by=ibis.desc("turn"))
    return spoken.select(
        "pulse_id",
        "account_id",
        "csm_id",
        "pulse_on",
        "sentiment",
        recorded_on=spoken.recorded_at.date(),
        is_vague=spoken.is_vague.fill_null(True),
        is_copied=(spoken.words == spoken.words.lead().over(newest_first)).fill_null(False),
    )


def build_losses(sources: Sources, through: date) -> ir.Table:
    """Return the renewals known at a date to be lost, and since when anybody could know.

    Args:
        sources: The ingested tables.
        through: The date.

    Returns:
        One row per (account_id, renewal_id): `term_start_date`, and `lost_on`, the earlier of notice and decision.
    """
    known = sources.known("renewals", as_of_table(sources, [through]), on=())
    lost = known.filter((known.outcome == "churned") | (known.outcome.isnull() & known.notice_given_on.notnull()))
    dated = lost.select(*LOSS_KEY, "term_start_date", lost_on=ibis.least(lost.notice_given_on, lost.decided_on))
    return dated.filter(dated.lost_on.notnull())
