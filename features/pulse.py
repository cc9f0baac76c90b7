"""Features of what the CSM wrote down: colour, age, change, the qualitative fields, the tone of the reason.

The *gut pulse* of a snapshot is the newest one about the renewal, written in this term and not over 120 days ago, else
the newest one about the relationship. Its state says how far it can still be taken at its word.
"""

import ibis
import ibis.expr.types as ir

from features.feature import Feature
from features.moments import MOMENT, beside, days_before, moments_of
from features.sentiment import tone
from features.sources import Sources
from features.spine import KEY

ABSENT_AFTER_DAYS = 120
STALE_AFTER_DAYS = 90
STALE_RED_AFTER_DAYS = 30
"""Red is a call to act; after a month it has either been acted on or forgotten."""
ANSWER_DAYS = 180
"""How long the answer to a qualitative question counts."""

LEVELS = {"green": 0, "yellow": 1, "red": 2}
ANSWERS = {
    "champion": {"in_place": 0, "leaving": 1, "gone": 2},
    "executive_view": {"supportive": 0, "neutral": 1, "skeptical": 2},
    "budget": {"healthy": 0, "tight": 1, "cut": 2},
    "reorganization": {"none": 0, "announced": 1, "under_way": 2},
    "value_exceeds_price": {"yes": 0, "no": 1},
}
"""Answers in order of trouble. `unknown` is no answer."""

_PULSE = frozenset({"csm_pulses.pulse_at", "csm_pulses.sentiment"})
_GUT = _PULSE | {"csm_pulses.about", "renewals.term_start_date"}


def _answer(question: str, description: str, unit: str, sentence: str) -> Feature:
    return Feature(
        name=f"pulse__{question}_level",
        description=f"{description} The newest answer other than unknown within 180 days.",
        unit=unit,
        kind="integer",
        direction="raises",
        lineage=frozenset({"csm_pulses.pulse_at", f"csm_pulses.{question}"}),
        sentence=sentence,
        group=question.replace("_", " "),
        when_missing=f"Nobody has said anything of the {question.replace('_', ' ')} in half a year",
    )


FEATURES = (
    Feature(
        name="pulse__sentiment_level",
        description="Colour of the gut pulse, null where none was recorded within 120 days.",
        unit="0 green, 1 yellow, 2 red",
        kind="integer",
        direction="raises",
        lineage=_GUT,
        sentence="The last pulse is {value}",
        group="csm pulse",
        when_missing="No pulse was given in the last 120 days",
    ),
    Feature(
        name="pulse__age_days",
        description="Days since the gut pulse was given.",
        unit="days",
        kind="integer",
        direction="either",
        lineage=_GUT,
        sentence="The pulse is {value} days old",
        group="csm pulse",
        when_missing="No pulse was given in the last 120 days",
    ),
    Feature(
        name="pulse__state",
        description="How far the gut pulse can be taken at its word: fresh, stale, inherited or absent.",
        unit="name",
        kind="category",
        direction="either",
        lineage=_GUT | {"accounts.csm_id", "accounts.valid_from"},
        sentence="The pulse is {value}",
        group="csm pulse",
    ),
    Feature(
        name="pulse__change_level",
        description="Level of the newest pulse minus that of the one before it.",
        unit=(
            "-2 two colours better than, -1 one colour better than, 0 the same colour as, 1 one colour worse than, "
            "2 two colours worse than"
        ),
        kind="integer",
        direction="raises",
        lineage=_PULSE,
        sentence="The newest pulse is {value} the one before",
        group="csm pulse",
        when_missing="There are not two pulses to compare",
    ),
    Feature(
        name="pulse__streak_count",
        description="Newest pulses in a row with the same colour.",
        unit="pulses",
        kind="integer",
        direction="either",
        lineage=_PULSE,
        sentence="Pulses in a row with the same colour: {value}",
        group="csm pulse",
        when_missing="No pulse was ever given",
    ),
    Feature(
        name="pulse__worst_level_180d",
        description="Worst colour within 180 days.",
        unit="0 green, 1 yellow, 2 red",
        kind="integer",
        direction="raises",
        lineage=_PULSE,
        sentence="The worst pulse of the last half year was {value}",
        group="csm pulse",
        when_missing="No pulse was given in the last half year",
    ),
    Feature(
        name="pulse__pulses_180d",
        description="Pulses given within 180 days.",
        unit="pulses",
        kind="integer",
        direction="either",
        lineage=_PULSE,
        sentence="Pulses given in the last half year: {value}",
        group="csm pulse",
        when_missing="No pulse was ever given",
    ),
    Feature(
        name="pulse__reason_tone_score",
        description="Praising minus complaining words in the reason of the gut pulse, by the lexicon, -3 to 3.",
        unit=(
            "-3 very worried, -2 worried, -1 a little worried, 0 neutral, 1 a little positive, 2 positive, "
            "3 very positive"
        ),
        kind="integer",
        direction="lowers",
        lineage=_GUT | {"csm_pulses.reason"},
        sentence="The words of the last pulse sound {value}",
        group="csm reason",
        when_missing="No pulse of the last 120 days gives a reason",
    ),
    Feature(
        name="pulse__unknown_answers_count",
        description="Qualitative questions that the newest pulse leaves unknown, of five.",
        unit="answers",
        kind="integer",
        direction="either",
        lineage=frozenset({f"csm_pulses.{question}" for question in ANSWERS}) | _PULSE,
        sentence="Questions about the account left unanswered, of five: {value}",
        group="csm pulse",
        when_missing="No pulse was ever given",
    ),
    _answer(
        "champion",
        "Whether the champion is in place.",
        "0 in place, 1 leaving, 2 gone",
        "The CSM last said that the champion is {value}",
    ),
    _answer(
        "executive_view",
        "How the customer's executives see the product.",
        "0 supportive, 1 neutral, 2 skeptical",
        "The CSM last called the executives {value}",
    ),
    _answer(
        "budget", "State of the budget.", "0 healthy, 1 tight, 2 cut", "The CSM last said that the budget is {value}"
    ),
    _answer(
        "reorganization",
        "Whether the customer is being reorganized.",
        "0 none, 1 announced, 2 under way",
        "The CSM last said of a reorganization: {value}",
    ),
    _answer(
        "value_exceeds_price",
        "Whether the customer sees more value than the price.",
        "0 yes, 1 no",
        "Asked whether value exceeds price, the CSM last said: {value}",
    ),
)


def build_pulse(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the pulse features.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per spine row: the spine's key and one column per feature of this module.
    """
    gut = gut_pulse(spine, sources)
    gut = gut.select(
        *KEY,
        pulse__sentiment_level=_level(gut.sentiment, LEVELS),
        pulse__age_days=gut.pulse_age_days,
        pulse__state=gut.pulse_state,
        pulse__reason_tone_score=tone(gut.gut_reason),
    )
    history = sources.engine.store(_history(spine, sources))
    return sources.engine.store(beside(gut, history))


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
    pulses = sources.with_values("csm_pulses", pulses, "sentiment", "about", "reason")
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
    """Return the pulses known at each moment: their key, what they answer, and which is the newest.

    Returns:
        One row per moment and pulse: `pulse_id`, `recorded_at`, `pulse_on`, `age_days`, `place` (0 is the newest),
        `level` of the colour, and the level of each answer as `<question>_at`. Texts are left behind: there are tens of
        pulses per moment and few of them are read.
    """
    known = sources.known("csm_pulses", moments, rows=_ordered(sources))
    known = known.filter(known.pulse_on < known.as_of)
    newest_first = ibis.window(group_by=list(MOMENT), order_by=ibis.desc("turn"))
    placed = known.mutate(age_days=days_before(known, "pulse_on"), place=ibis.row_number().over(newest_first))
    return sources.engine.store(placed.drop("turn"))


def _ordered(sources: Sources) -> ir.Table:
    """Return all pulses with their turn among those of the account, which is the same whichever of them are known.

    So order and levels are found once per pulse, and the many pairs of moment and pulse are compared by whole numbers.
    """
    pulses = sources.versions("csm_pulses")
    order = ibis.window(group_by="account_id", order_by=["pulse_at", "recorded_at", "pulse_id"])
    return sources.engine.store(
        pulses.select(
            "account_id",
            "pulse_id",
            "recorded_at",
            "superseded_at",
            turn=ibis.row_number().over(order),
            pulse_on=pulses.pulse_at.date(),
            level=_level(pulses.sentiment, LEVELS),
            **{f"{question}_at": _level(pulses[question], answers) for question, answers in ANSWERS.items()},
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


def _history(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return what the run of an account's pulses says, whatever they are about."""
    pulses = pulses_newest_first(moments_of(spine, sources), sources)
    is_recent = pulses.age_days <= ANSWER_DAYS
    summed = pulses.group_by(list(MOMENT)).agg(
        newest=pulses.level.max(where=pulses.place == 0),
        before=pulses.level.max(where=pulses.place == 1),
        **{f"first_{level}": pulses.place.min(where=pulses.level == level) for level in LEVELS.values()},
        pulses=pulses.count(),
        pulse__worst_level_180d=pulses.level.max(where=is_recent),
        pulse__pulses_180d=is_recent.sum(),
        pulse__unknown_answers_count=sum(
            (pulses[f"{question}_at"].isnull() & (pulses.place == 0)).cast("int64").sum() for question in ANSWERS
        ),
        **{
            f"pulse__{question}_level": pulses[f"{question}_at"].argmin(
                pulses.place, where=is_recent & pulses[f"{question}_at"].notnull()
            )
            for question in ANSWERS
        },
    )
    firsts = [f"first_{level}" for level in LEVELS.values()]
    return summed.mutate(
        pulse__change_level=summed.newest - summed.before,
        # The colour of the newest pulse is first seen at place 0; the streak ends where another one is.
        pulse__streak_count=ibis.coalesce(ibis.least(*(summed[name].nullif(0) for name in firsts)), summed.pulses),
    ).drop("newest", "before", "pulses", *firsts)


def _level(value: ir.StringValue, levels: dict[str, int]) -> ir.IntegerValue:
    """Return a colour or an answer as its place in the order of trouble, null for anything else."""
    return ibis.cases(*((value == name, level) for name, level in levels.items()), else_=ibis.null("int8")).cast("int8")
