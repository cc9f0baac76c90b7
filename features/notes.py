"""The words on record: what people wrote about an account, asked support or answered, as known at a date.

Nothing is fitted here. The texts are handed on beside the features; what their words have meant for renewals is learned
in `models/note_risk.py`. What such a learned feature says of itself stands here, beside the texts that it reads.
"""

from dataclasses import dataclass
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from features.feature import Feature
from features.moments import MOMENT, beside, moments_of
from features.sources import Sources

_OUTCOME = frozenset({"renewals.outcome", "renewals.decided_on"})


@dataclass(frozen=True)
class NoteSource:
    """One place where people leave words.

    Attributes:
        table: Source table.
        text: Its column of text.
        happened_at: When the words were said.
        days: How far back they count.
        texts: How many texts count, the newest first. Each counts once, however often it was repeated.
        feature: What is learned from them; it names the column that the texts are handed on in.
    """

    table: str
    text: str
    happened_at: str
    days: int
    texts: int
    feature: Feature


def _learned(name: str, table: str, columns: tuple[str, ...], what: str, say: str, missing: str, kin: str) -> Feature:
    return Feature(
        name=f"note_risk__{name}",
        description=(
            f"How far the words of {what} move the log-odds of churn, by what such words came before in renewals whose "
            "outcome was known; 0 is no news."
        ),
        unit="log-odds",
        kind="number",
        # Beyond doubt by construction. Held to it, a model cannot turn round what leaving an account out does to a
        # score: in a group of accounts with more churn, words that they share look safer than they are.
        direction="raises",
        lineage=frozenset(f"{table}.{column}" for column in columns) | _OUTCOME,
        sentence=f"{say} {{value}}",
        group=kin,
        when_missing=missing,
        learned_from=f"note_text_{name}",
    )


SOURCES = (
    NoteSource(
        table="csm_pulses",
        text="reason",
        happened_at="pulse_at",
        days=180,
        texts=5,
        feature=_learned(
            "reasons",
            "csm_pulses",
            ("pulse_at", "reason"),
            "the newest five reasons of the last 180 days",
            "The CSM's last notes mention",
            "No CSM has given a reason in half a year",
            "csm reason",
        ),
    ),
    NoteSource(
        table="support_tickets",
        text="subject",
        happened_at="opened_at",
        days=180,
        texts=8,
        feature=_learned(
            "tickets",
            "support_tickets",
            ("opened_at", "subject"),
            "the subjects of the newest eight support tickets of the last 180 days",
            "Their support tickets mention",
            "They have written no support ticket in half a year",
            "support trouble",
        ),
    ),
    NoteSource(
        table="survey_responses",
        text="comment",
        happened_at="submitted_at",
        days=365,
        texts=3,
        feature=_learned(
            "comments",
            "survey_responses",
            ("submitted_at", "comment"),
            "the newest three survey comments of the last 365 days",
            "Their survey comments mention",
            "They have left no survey comment in a year",
            "surveys",
        ),
    ),
)

FEATURES = tuple(source.feature for source in SOURCES)
"""Features that are learned from outcomes rather than measured."""


def build_notes(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the texts known at each snapshot.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine, with one column of text per note source, the newest text first, one
        per line; null where there is none.
    """
    moments = moments_of(spine, sources)
    supplied = [source for source in SOURCES if sources.is_supplied(source.table)]
    texts = beside(moments, *(sources.engine.store(_texts(moments, sources, source)) for source in supplied))
    absent = {
        source.feature.learned_from: ibis.null("string") for source in SOURCES if not sources.is_supplied(source.table)
    }
    return sources.engine.store(texts.mutate(**absent))


def _texts(moments: ir.Table, sources: Sources, source: NoteSource) -> ir.Table:
    """Return the newest texts of one source at each moment that has any, each of them once."""
    written = _written(sources, source)
    # The number of a text goes under its name, so that it is hidden wherever the text would be.
    numbers = written.drop("text", "words").rename({source.text: "number"})
    known = sources.known(source.table, moments, lookback=(source.happened_at, source.days), rows=numbers)
    known = known.filter(known[source.text].notnull())
    newest = known.group_by([*MOMENT, source.text]).agg(turn=known.turn.max())
    newest_first = ibis.window(group_by=list(MOMENT), order_by=ibis.desc("turn"))
    placed = newest.mutate(place=ibis.row_number().over(newest_first))
    placed = placed.filter(placed.place < source.texts)
    placed = placed.join(written.select("account_id", "turn", "text"), ["account_id", "turn"])
    texts = placed.group_by(list(MOMENT)).agg(
        **{f"text_{place}": placed.text.max(where=placed.place == place) for place in range(source.texts)}
    )
    lines = [ibis.coalesce(ibis.literal("\n") + texts[f"text_{place}"], "") for place in range(1, source.texts)]
    return texts.select(*MOMENT, **{source.feature.learned_from: reduce(add, lines, texts.text_0)})


def _written(sources: Sources, source: NoteSource) -> ir.Table:
    """Return the rows of a source that say something: their text, its turn in the account, a number for its words.

    Texts are compared and put in order here, once each, so that the many pairs of moment and text need only numbers.
    """
    rows = sources.tables[source.table]
    rows = rows.mutate(text=rows[source.text], words=rows[source.text].lower().strip())
    in_order = ibis.window(
        group_by="account_id", order_by=[source.happened_at, "recorded_at", *sources.contracts[source.table].key]
    )
    rows = rows.filter(rows.words != "").mutate(turn=ibis.row_number().over(in_order))
    when = (source.happened_at, "recorded_at", "superseded_at")
    rows = sources.engine.store(rows.select("account_id", "turn", "text", "words", *when))
    numbers = rows.select("words").distinct().mutate(number=ibis.row_number().over(order_by="words"))
    return sources.engine.store(rows.join(numbers, "words"))
