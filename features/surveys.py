"""Features of surveys: what people answered when asked to recommend the product, and whether they answered.

A single answer is one person's; the mean of a year is the account's. Without any answer there is nothing to say, so
everything is null rather than zero. Who did not answer is known only where invitations are recorded.
"""

import ibis
import ibis.expr.types as ir

from features.feature import Feature
from features.moments import MOMENT, beside, count_if, days_before, moments_of, only_where, ratio, text_tones
from features.sources import Sources

YEAR_DAYS = 365
HIGHEST_DETRACTOR = 6
"""Answers from 0 to 6 are detractors, by the definition of the Net Promoter Score."""
ANSWER_AFTER_DAYS = 14
"""How long people have to answer before their silence counts."""

_ANSWER = frozenset({"survey_responses.submitted_at", "survey_responses.nps"})
_GROUP = "surveys"

FEATURES = (
    Feature(
        name="surveys__last_nps_points",
        description="Newest answer to how likely the person is to recommend the product, however old.",
        unit="points 0-10",
        kind="integer",
        direction="lowers",
        lineage=_ANSWER,
        sentence="The newest survey answer was {value} of 10",
        group=_GROUP,
        when_missing="Nobody has ever answered a survey",
    ),
    Feature(
        name="surveys__mean_nps_365d",
        description="Mean answer of the last 365 days.",
        unit="points 0-10",
        kind="number",
        direction="lowers",
        lineage=_ANSWER,
        sentence="Survey answers averaged {value} of 10 over the last year",
        group=_GROUP,
        when_missing="Nobody answered a survey in the last year",
    ),
    Feature(
        name="surveys__nps_change_points",
        description="Newest answer minus the one before it, whoever gave them.",
        unit="points",
        kind="integer",
        direction="either",
        lineage=_ANSWER,
        sentence="The newest survey answer moved by {value} points against the one before",
        group=_GROUP,
        when_missing="There are not two survey answers to compare",
    ),
    Feature(
        name="surveys__age_days",
        description="Days since the newest answer.",
        unit="days",
        kind="integer",
        direction="either",
        lineage=_ANSWER,
        sentence="The newest survey answer is {value} days old",
        group=_GROUP,
        when_missing="Nobody has ever answered a survey",
    ),
    Feature(
        name="surveys__detractors_365d",
        description="Answers from 0 to 6 in the last 365 days; null where nobody answered.",
        unit="answers",
        kind="integer",
        direction="raises",
        lineage=_ANSWER,
        sentence="{value} survey answers of the last year were detractors, 6 or lower",
        group=_GROUP,
        when_missing="Nobody answered a survey in the last year",
    ),
    Feature(
        name="surveys__detractors_share",
        description="Share of the answers of the last 365 days that are from 0 to 6.",
        unit="share 0-1",
        kind="number",
        direction="raises",
        lineage=_ANSWER,
        sentence="{value} of the survey answers of the last year were detractors, 6 or lower",
        group=_GROUP,
        when_missing="Nobody answered a survey in the last year",
    ),
    Feature(
        name="surveys__comment_tone_score",
        description="Praising minus complaining words per comment, -3 to 3, by the lexicon: mean of the last 365 days.",
        unit="words",
        kind="number",
        direction="lowers",
        lineage=frozenset({"survey_responses.submitted_at", "survey_responses.comment"}),
        sentence="On a scale from -3, all complaint, to 3, all praise, the survey comments stand at {value}",
        group=_GROUP,
        when_missing="Nobody wrote a survey comment in the last year",
    ),
    Feature(
        name="surveys__unanswered_share",
        description="Share of the invitations sent 15 to 365 days ago that brought no answer.",
        unit="share 0-1",
        kind="number",
        direction="either",
        lineage=frozenset({"survey_responses.invited_at", "survey_responses.submitted_at"}),
        sentence="{value} of the survey invitations of the last year brought no answer",
        group=_GROUP,
        when_missing="They were sent no survey in the last year",
    ),
)


def build_surveys(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the survey features.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine that is measured, with one column per feature of this module.
    """
    moments = moments_of(spine, sources)
    known = sources.known("survey_responses", moments)
    ago = {"answered_ago": days_before(known, "submitted_at"), "invited_ago": days_before(known, "invited_at")}
    known = known.select(*MOMENT, "response_id", "submitted_at", "nps", "comment", **ago)
    parts = (_answers(known), _silence(known), _comments(known, sources))
    return sources.engine.store(beside(moments, *parts), through=[known])


def _answers(known: ir.Table) -> ir.Table:
    """Return what the answers with a number say, by moment."""
    answers = known.filter(known.nps.notnull())
    newest_first = ibis.window(group_by=list(MOMENT), order_by=[ibis.desc("submitted_at"), ibis.desc("response_id")])
    answers = answers.mutate(place=ibis.row_number().over(newest_first))
    is_recent = answers.answered_ago <= YEAR_DAYS
    sums = answers.group_by(list(MOMENT)).agg(
        newest=answers.nps.max(where=answers.place == 0),
        before=answers.nps.max(where=answers.place == 1),
        age=answers.answered_ago.min(),
        answers=count_if(is_recent),
        points=answers.nps.sum(where=is_recent),
        detractors=count_if(is_recent & (answers.nps <= HIGHEST_DETRACTOR)),
    )
    return sums.select(
        *MOMENT,
        surveys__last_nps_points=sums.newest,
        surveys__mean_nps_365d=ratio(sums.points, sums.answers),
        surveys__nps_change_points=sums.newest - sums.before,
        surveys__age_days=sums.age,
        surveys__detractors_365d=only_where(sums.answers > 0, sums.detractors),
        surveys__detractors_share=ratio(sums.detractors, sums.answers),
    )


def _silence(known: ir.Table) -> ir.Table:
    """Return how many invitations brought no answer, by moment; no row where no invitation is on record."""
    invited = known.filter(known.invited_ago.between(ANSWER_AFTER_DAYS + 1, YEAR_DAYS))
    sums = invited.group_by(list(MOMENT)).agg(
        invitations=invited.count(), unanswered=count_if(invited.submitted_at.isnull())
    )
    return sums.select(*MOMENT, surveys__unanswered_share=ratio(sums.unanswered, sums.invitations))


def _comments(known: ir.Table, sources: Sources) -> ir.Table:
    """Return the mean tone of the comments of a year, by moment; no row where there is none."""
    comments = known.filter(known.answered_ago <= YEAR_DAYS)
    comments = comments.join(text_tones(sources, "survey_responses", "comment"), "comment")
    sums = comments.group_by(list(MOMENT)).agg(tone=comments.tone.sum(), comments=comments.count())
    return sums.select(*MOMENT, surveys__comment_tone_score=ratio(sums.tone, sums.comments))
