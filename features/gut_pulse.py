"""The pulses known at each moment, newest first, and the one that counts for a renewal: the gut pulse.

The *gut pulse* of a snapshot is the newest one about the renewal, written in this term and not over 120 days ago, else
the newest one about the relationship. Its state says how far it can still be taken at its word. What the run of pulses
says besides is measured in `pulse`.
"""

import ibis
import ibis.expr.types as ir

from features.moments import MOMENT, beside, days_before, moments_of
from features.sources import Sources
from features.spine import KEY

ABSENT_AFTER_DAYS = 120
STALE_AFTER_DAYS = 90
STALE_RED_AFTER_DAYS = 30
"""Red is a call to act; after a month it has either been acted on or forgotten."""

LEVELS = {"green": 0, "yellow": 1, "red": 2}
TURN = ("account_id", "turn")
"""What names a pulse where its texts are left behind."""

ANSWERS = {
    "champion": {"in_place": 0, "leaving": 1, "gone": 2},
    "executive_view": {"supportive": 0, "neutral": 1, "skeptical": 2},
    "budget": {"healthy": 0, "tight": 1, "cut": 2},
    "reorganization": {"none": 0, "announced": 1, "under_way": 2},
    "value_exceeds_price": {"yes": 0, "no": 1},
}
"""Answers in order of trouble. `unknown` is no answer."""


def gut_pulse(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the gut pulse of each snapshot.

    Returns:
        One row per spine row: the key, `sentiment`, `pulse_age_days`, `gut_reason` and `gut_pulse_id` (null where
        absent), `pulse_state`, and day and words of that pulse, or where none counts of the newest however old it is:
        `last_pulse_on` and `last_pulse_reason`.
    """
    snapshots = spine.select(*KEY, "term_start_date", "csm_id")
    pulses = pulses_newest_first(moments_of(spine, sources), sources)
    # The others are neither the newest nor young enough; most pulses of a long history are among them.
    pulses = pulses.filter((pulses.place == 0) | (pulses.age_days <= ABSENT_AFTER_DAYS))
    pulses = with_texts(pulses, sources, "sentiment", "about", "reason")
    joined = snapshots.drop("csm_id").join(pulses, list(MOMENT))
    is_of_this_renewal = (
        (joined.about == "renewal")
        & (joined.pulse_on >= joined.term_start_date)
        & (joined.age_days <= ABSENT_AFTER_DAYS)
    )
    newest = joined.filter(joined.place == 0).select(*KEY, last_pulse_on="pulse_on", last_pulse_reason="reason")
    preferred = ibis.window(group_by=list(KEY), order_by=[ibis.desc("is_of_this_renewal"), "place"])
    ranked = joined.mutate(is_of_this_renewal=is_of_this_renewal)
    ranked = ranked.filter(ranked.is_of_this_renewal | (ranked.about == "relationship"))
    ranked = ranked.mutate(choice=ibis.row_number().over(preferred))
    chosen = ranked.filter((ranked.choice == 0) & (ranked.age_days <= ABSENT_AFTER_DAYS))
    chosen = chosen.select(
        *KEY, "sentiment", "pulse_on", gut_pulse_id="pulse_id", gut_reason="reason", pulse_age_days="age_days"
    )
    table = beside(snapshots, newest, chosen, on=KEY)
    table = beside(table, owner_since(snapshots, sources))
    return sources.engine.store(
        table.select(
            *KEY,
            "sentiment",
            "pulse_age_days",
            "gut_reason",
            "gut_pulse_id",
            last_pulse_on=ibis.coalesce(table.pulse_on, table.last_pulse_on),
            last_pulse_reason=ibis.ifelse(table.gut_pulse_id.notnull(), table.gut_reason, table.last_pulse_reason),
            pulse_state=state_of(table),
        )
    )


def state_of(pulses: ir.Table) -> ir.StringValue:
    """Return how far each pulse can still be taken at its word: absent, inherited, stale or fresh.

    Args:
        pulses: `pulse_on` (null where there is none), `pulse_age_days`, `sentiment`, and `owner_since`.
    """
    return ibis.cases(
        (pulses.pulse_on.isnull(), "absent"),
        ((pulses.pulse_on < pulses.owner_since).fill_null(False), "inherited"),
        (pulses.pulse_age_days > STALE_AFTER_DAYS, "stale"),
        ((pulses.sentiment == "red") & (pulses.pulse_age_days > STALE_RED_AFTER_DAYS), "stale"),
        else_="fresh",
    )


def pulses_newest_first(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the pulses known at each moment: their colour, and which is the newest.

    Returns:
        One row per moment and pulse: `turn` (see `TURN`), `pulse_on`, `age_days`, `place` (0 is the newest) and `level`
        of the colour. Answers and texts are left behind: there are tens of pulses per moment and few of them are read;
        see `in_order` and `with_texts`.
    """
    ordered = in_order(sources).select(*TURN, "recorded_at", "superseded_at", "pulse_on", "level")
    known = sources.known("csm_pulses", moments, rows=ordered)
    known = known.filter(known.pulse_on < known.as_of).drop("recorded_at")
    newest_first = ibis.window(group_by=list(MOMENT), order_by=ibis.desc("turn"))
    placed = known.mutate(
        age_days=days_before(known, "pulse_on").cast("int32"),
        place=ibis.row_number().over(newest_first).cast("int32"),
    )
    return sources.engine.store(placed)


def with_texts(pulses: ir.Table, sources: Sources, *columns: str) -> ir.Table:
    """Return pulses with their `pulse_id`, `recorded_at`, and values of theirs that were not carried along.

    Args:
        pulses: Some of those that `pulses_newest_first` returned.
        sources: The ingested tables.
        columns: Names of columns of the source.
    """
    named = pulses.join(in_order(sources).select(*TURN, "pulse_id", "recorded_at"), list(TURN))
    return sources.with_values("csm_pulses", named, *columns) if columns else named


def in_order(sources: Sources) -> ir.Table:
    """Return all pulses with their turn among those of the account, which is the same whichever of them are known.

    So order and levels are found once per pulse, and the many pairs of moment and pulse are compared by whole numbers.

    Returns:
        One row per pulse and version: `account_id`, `turn`, `pulse_id`, `recorded_at`, `superseded_at`, `pulse_on`,
        `level` of the colour, and the level of each answer as `<question>_at`.
    """
    pulses = sources.tables["csm_pulses"]
    order = ibis.window(group_by="account_id", order_by=["pulse_at", "recorded_at", "pulse_id"])
    return sources.engine.store(
        pulses.select(
            "account_id",
            "pulse_id",
            "recorded_at",
            "superseded_at",
            turn=ibis.row_number().over(order).cast("int32"),
            pulse_on=pulses.pulse_at.date(),
            level=level_of(pulses.sentiment, LEVELS),
            **{f"{question}_at": level_of(pulses[question], answers) for question, answers in ANSWERS.items()},
        )
    )


def owner_since(snapshots: ir.Table, sources: Sources) -> ir.Table:
    """Return since when the present owner has had each account.

    Args:
        snapshots: `account_id`, `as_of` and `csm_id`, the owner then; rows may repeat.
        sources: The ingested tables.

    Returns:
        One row per account and date: `owner_since`, null where nobody else is known to have had the account, and
        `on_record_since`, from when the account's own record runs.
    """
    owners = snapshots.select("account_id", "as_of", owner="csm_id").distinct()
    history = sources.known("accounts", owners, in_force=False).select("account_id", "as_of", "valid_from", "csm_id")
    joined = history.join(owners, list(MOMENT))
    others = joined.group_by(list(MOMENT)).agg(
        last_other=joined.valid_from.max(where=~joined.csm_id.identical_to(joined.owner)),
        on_record_since=joined.valid_from.min(),
    )
    mine = joined.join(others, list(MOMENT))
    mine = mine.filter(mine.valid_from > mine.last_other)
    mine = mine.group_by(list(MOMENT)).agg(owner_since=mine.valid_from.min())
    return beside(others.drop("last_other"), mine)


def level_of(value: ir.StringValue, levels: dict[str, int]) -> ir.IntegerValue:
    """Return a colour or an answer as its place in the order of trouble, null for anything else."""
    return ibis.cases(*((value == name, level) for name, level in levels.items()), else_=ibis.null("int8")).cast("int8")
