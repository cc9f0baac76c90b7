"""Features of what the CSM wrote down: colour, age, change, the qualitative fields, the tone of the reason."""

import ibis.expr.types as ir

from features.feature import Feature
from features.gut_pulse import ANSWERS, LEVELS, TURN, gut_pulse, in_order, known_pulses, level_of, newest_pulses
from features.moments import MOMENT, beside, moments_of
from features.sentiment import tone
from features.sources import Sources
from features.spine import KEY

ANSWER_DAYS = 180
"""How long the answer to a qualitative question counts."""

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
        pulse__sentiment_level=level_of(gut.sentiment, LEVELS),
        pulse__age_days=gut.pulse_age_days,
        pulse__state=gut.pulse_state,
        pulse__reason_tone_score=tone(gut.gut_reason),
    )
    history = _history(spine, sources)
    return sources.engine.store(beside(gut, history), through=[history])


def _history(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return what the run of an account's pulses says, whatever they are about."""
    moments = moments_of(spine, sources)
    pulses = known_pulses(moments, sources)
    recent = pulses.filter(pulses.age_days <= ANSWER_DAYS)
    summed = recent.group_by(list(MOMENT)).agg(
        pulse__worst_level_180d=recent.level.max(), pulse__pulses_180d=recent.count()
    )
    answers = in_order(sources)
    unknown = sum(answers[f"{question}_at"].isnull().cast("int64") for question in ANSWERS)
    of_newest = answers.select("account_id", newest="turn", level="level", pulse__unknown_answers_count=unknown)
    of_before = answers.select("account_id", before="turn", level_before="level")
    table = newest_pulses(moments, sources).join(of_newest, ["account_id", "newest"])
    table = beside(table, of_before, on=("account_id", "before"))
    table = beside(table, summed, _answers(recent, sources))
    return table.mutate(
        pulse__pulses_180d=table.pulse__pulses_180d.fill_null(0),
        pulse__change_level=table.level - table.level_before,
        pulse__streak_count="streak",
    ).drop("newest", "before", "level", "level_before", "streak")


def _answers(recent: ir.Table, sources: Sources) -> ir.Table:
    """Return the newest answer to each question."""
    answers = recent.join(in_order(sources).select(*TURN, *(f"{question}_at" for question in ANSWERS)), list(TURN))
    return answers.group_by(list(MOMENT)).agg(
        **{
            f"pulse__{question}_level": answers[f"{question}_at"].argmax(
                answers.turn, where=answers[f"{question}_at"].notnull()
            )
            for question in ANSWERS
        },
    )
