"""The pulses known at each moment, and the one that counts for a renewal: the gut pulse.

The *gut pulse* of a snapshot is the newest one about the renewal, written in this term and not over 120 days ago, else
the newest one about the relationship. Its state says how far it can still be taken at its word. What the run of pulses
says besides is measured in `pulse`.
"""

import ibis
import ibis.expr.types as ir

from features.moments import MOMENT, beside, count_if, days_before, moments_of, only_where
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
    moments = moments_of(spine, sources)
    pulses = known_pulses(moments, sources)
    # Most pulses of a long history are older.
    young = snapshots.drop("csm_id").join(pulses.filter(pulses.age_days <= ABSENT_AFTER_DAYS), list(MOMENT))
    is_of_this_renewal = young.is_about_renewal & (young.pulse_on >= young.term_start_date)
    turns = young.group_by(list(KEY)).agg(
        of_this_renewal=young.turn.max(where=is_of_this_renewal),
        of_the_relationship=young.turn.max(where=~young.is_about_renewal),
    )
    table = beside(beside(snapshots, turns, on=KEY), newest_pulses(moments, sources).select(*MOMENT, "newest"))
    chosen = ibis.coalesce(table.of_this_renewal, table.of_the_relationship)
    table = table.mutate(is_chosen=chosen.notnull(), turn=ibis.coalesce(chosen, table.newest))
    table = beside(table, pulse_texts(sources, "sentiment", "reason"), on=TURN)
    table = beside(table, owner_since(snapshots, sources))
    gut = {
        "sentiment": table.sentiment,
        "pulse_age_days": days_before(table, "pulse_on").cast("int32"),
        "gut_reason": table.reason,
        "gut_pulse_id": table.pulse_id,
        "pulse_on": table.pulse_on,
    }
    said = table.select(
        *KEY,
        **{name: only_where(table.is_chosen, value) for name, value in gut.items()},
        last_pulse_on="pulse_on",
        last_pulse_reason="reason",
        owner_since="owner_since",
    )
    return sources.engine.store(said.mutate(pulse_state=state_of(said)).drop("owner_since", "pulse_on"))


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


def known_pulses(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the pulses known at each moment.

    Returns:
        One row per moment and pulse: `turn` (see `TURN`; the newest has the highest), `pulse_on`, `age_days`, `level`
        of the colour, and `is_about_renewal`. Answers and texts are left behind: there are tens of pulses per moment
        and few of them are read; see `in_order` and `pulse_texts`.
    """
    ordered = in_order(sources).select(*TURN, "recorded_at", "superseded_at", "pulse_on", "level", "is_about_renewal")
    known = sources.known("csm_pulses", moments, rows=ordered)
    known = known.filter(known.pulse_on < known.as_of).drop("recorded_at")
    return sources.engine.store(known.mutate(age_days=days_before(known, "pulse_on").cast("int32")))


def newest_pulses(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return which of the pulses known at each moment are the newest two, and for how long the colour has stood.

    Sums in two passes: to put tens of pulses per moment in order takes several times as long.

    Returns:
        One row per moment with a pulse: `newest` and `before`, the turns of the two, the latter null where there is but
        one, and `streak`, how many pulses in a row have the colour of the newest, which is one of them.
    """
    pulses = known_pulses(moments, sources)
    lasts = {f"last_{level}": pulses.turn.max(where=pulses.level == level) for level in LEVELS.values()}
    last = pulses.group_by(list(MOMENT)).agg(newest=pulses.turn.max(), **lasts)
    # The streak begins after the last pulse of another colour.
    ended = ibis.greatest(*(last[name].nullif(last.newest) for name in lasts))
    joined = pulses.join(last.select(*MOMENT, "newest", ended=ended.fill_null(-1)), list(MOMENT))
    return sources.engine.store(
        joined.group_by([*MOMENT, "newest"]).agg(
            before=joined.turn.max(where=joined.turn < joined.newest), streak=count_if(joined.turn > joined.ended)
        )
    )


def pulse_texts(sources: Sources, *columns: str) -> ir.Table:
    """Return of all pulses, by their turn, what is not carried along.

    Args:
        sources: The ingested tables.
        columns: Names of columns of the source.

    Returns:
        One row per pulse and version: `account_id`, `turn`, `pulse_id`, `recorded_at`, `pulse_on`, `level`, and the
        columns.
    """
    pulses = in_order(sources).select(*TURN, "pulse_id", "recorded_at", "pulse_on", "level")
    return sources.with_values("csm_pulses", pulses, *columns) if columns else pulses


def in_order(sources: Sources) -> ir.Table:
    """Return all pulses with their turn among those of the account, which is the same whichever of them are known.

    So order and levels are found once per pulse, and the many pairs of moment and pulse are compared by whole numbers.

    Returns:
        One row per pulse and version: `account_id`, `turn`, `pulse_id`, `recorded_at`, `superseded_at`, `pulse_on`,
        `level` of the colour, `is_about_renewal`, and the level of each answer as `<question>_at`.
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
            is_about_renewal=pulses.about == "renewal",
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
