"""Features of the sentence that comes with a pulse: what it is about, whether it says anything, whether it is copied.

It extends the pulse family by the words; colour, age and answers belong to `pulse`, the tone of the gut pulse's
sentence too. Beside them stands the colour against the account's own usage, which no single pulse can show.
"""

from functools import reduce
from operator import add, or_

import ibis
import ibis.expr.types as ir

from features.engine import Engine
from features.feature import Direction, Feature, Kind
from features.gut_pulse import ABSENT_AFTER_DAYS, TURN, known_pulses, pulse_texts
from features.moments import MOMENT, beside, count_if, moments_of, ratio
from features.pulse import ANSWER_DAYS
from features.reason_themes import PRAISE, is_vague, load_taxonomy, same_words, themes_of
from features.sources import Sources
from features.usage_sums import LOOKBACK_DAYS, WINDOW_DAYS, account_use, events_in

THEMES = tuple(load_taxonomy().themes)
WORRIES = tuple(theme for theme in THEMES if theme != PRAISE)
_DIRECTIONS: dict[str, Direction] = {
    "notice": "raises",
    "budget": "raises",
    "champion": "raises",
    "executive": "raises",
    "reorganization": "raises",
    "competitor": "raises",
    PRAISE: "lowers",
}
"""What is beyond doubt: value, quality and price are also spoken of where all is well."""
_SPOKEN = {
    "notice": "the customer saying that it will leave",
    "budget": "the customer's budget",
    "champion": "the champion leaving or missing",
    "executive": "the executive sponsor leaving, missing or doubting",
    "reorganization": "a reorganization",
    "competitor": "a competitor",
    "value": "doubts about the value",
    "product_quality": "the quality of the product",
    "price": "the price",
    PRAISE: "good news",
}

DECLINE_FROM = (0.9, 0.7)
"""Usage below 0.9 of its own level has declined a little (level 1), below 0.7 a lot (level 2)."""

_REASON = frozenset({"csm_pulses.pulse_at", "csm_pulses.reason"})
_COLOUR = frozenset({"csm_pulses.pulse_at", "csm_pulses.sentiment", "usage_daily.usage_date", "usage_daily.events"})


def _feature(
    name: str,
    description: str,
    unit: str,
    sentence: str,
    kind: Kind = "integer",
    direction: Direction = "either",
    lineage: frozenset[str] = _REASON,
    *,
    when_missing: str = "",
    when_false: str = "",
) -> Feature:
    said = {"when_missing": when_missing, "when_false": when_false}
    return Feature(f"reasons__{name}", description, unit, kind, direction, lineage, sentence, "csm reason", **said)


def _named(theme: str) -> Feature:
    return _feature(
        f"has_{theme}_theme",
        f"Whether the newest reason within 180 days speaks of {_SPOKEN[theme]}.",
        "yes or no",
        f"The CSM's last words speak of {_SPOKEN[theme]}: {{value}}",
        "boolean",
        _DIRECTIONS.get(theme, "either"),
        when_missing="No CSM has given a reason in half a year",
        when_false=f"The CSM's last words do not speak of {_SPOKEN[theme]}",
    )


def _times(theme: str) -> Feature:
    return _feature(
        f"{theme}_reasons_180d",
        f"Reasons of the last 180 days that speak of {_SPOKEN[theme]}.",
        "reasons",
        f"{{value}} reasons of the last half year speak of {_SPOKEN[theme]}",
        when_missing="No pulse was given in the last half year",
    )


FEATURES = (
    *(_named(theme) for theme in THEMES),
    *(_times(theme) for theme in THEMES),
    _feature(
        "worry_themes_180d",
        "Distinct themes other than good news in the reasons of the last 180 days.",
        "themes",
        "The reasons of the last half year name {value} different worries",
        when_missing="No pulse was given in the last half year",
    ),
    _feature(
        "is_vague",
        "Whether the newest reason within 180 days says nothing: no theme, and short or an empty phrase.",
        "yes or no",
        "The CSM's last words say nothing in particular: {value}",
        "boolean",
        when_missing="No CSM has given a reason in half a year",
        when_false="The CSM's last words say something in particular",
    ),
    _feature(
        "empty_reasons_180d",
        "Pulses of the last 180 days with no reason or a vague one.",
        "pulses",
        "{value} pulses of the last half year give no reason worth the name",
        when_missing="No pulse was given in the last half year",
    ),
    _feature(
        "is_copied",
        "Whether the newest pulse within 180 days repeats the reason of the pulse before it, case and spacing apart.",
        "yes or no",
        "The last reason repeats the one before it: {value}",
        "boolean",
        when_missing="No pulse was given in the last half year",
        when_false="The last reason does not repeat the one before it",
    ),
    _feature(
        "copied_reasons_180d",
        "Pulses of the last 180 days that repeat the reason of the pulse before them, case and spacing apart.",
        "pulses",
        "{value} reasons of the last half year repeat the one before",
        when_missing="No pulse was given in the last half year",
    ),
    _feature(
        "colour_minus_usage_level",
        "Level of the newest colour within 120 days minus the level to which usage declined against its own past.",
        "levels, up: the colour is darker than usage",
        "The colour is {value} levels darker than the account's own usage",
        lineage=_COLOUR,
        when_missing="There is no recent pulse beside a settled level of use",
    ),
)


def build_reasons(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the features of the CSM's sentences.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine that is measured, with one column per feature of this module.
    """
    moments = moments_of(spine, sources)
    pulses = _pulses(moments, sources)
    spoken = _spoken(pulses)
    compared = _colour_against_usage(pulses, spine, sources)
    return sources.engine.store(beside(moments, spoken, compared), through=[pulses, spoken, compared])


def _pulses(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the pulses of the last 180 days with turn (the newest has the highest), age and what their reason says."""
    said = _said(sources)
    pulses = known_pulses(moments, sources)
    is_recent = pulses.age_days <= ANSWER_DAYS
    # The pulse before the oldest of them is older.
    older = pulses.filter(~is_recent).group_by(list(MOMENT)).agg(newest_older=pulses.turn.max())
    newest_first = ibis.window(group_by=list(MOMENT), order_by=ibis.desc("turn"))
    recent = pulses.filter(is_recent).mutate(next_older=ibis._.turn.lead().over(newest_first))
    recent = beside(recent, older)
    recent = recent.mutate(turn_before=ibis.coalesce(recent.next_older, recent.newest_older))
    before = said.select("account_id", turn_before="turn", words_before="words")
    table = beside(beside(recent, said, on=TURN), before, on=("account_id", "turn_before"))
    return table.select(
        *MOMENT, "age_days", "turn", "themes", "is_vague", "level", is_copied=table.words == table.words_before
    )


def _said(sources: Sources) -> ir.Table:
    """Return what the reason of each pulse says, so that no text has to be looked up at every moment that sees it.

    Returns:
        One row per pulse and version: its turn, `words`, a number that stands for them, `themes`, a bit for each, and
        `is_vague`; all null where there is no reason.
    """
    read = sources.engine.store(read_reasons(sources))
    numbers = read.select("words").distinct().mutate(number=ibis.row_number().over(order_by="words"))
    themes = reduce(add, [read[f"says_{theme}"].cast("int64") << bit for bit, theme in enumerate(THEMES)])
    read = read.mutate(themes=themes).join(numbers, "words").select("reason", "themes", "is_vague", words="number")
    pulses = pulse_texts(sources, "reason").select(*TURN, "reason")
    return sources.engine.store(beside(pulses, read, on=("reason",)).drop("reason"))


def read_reasons(sources: Sources) -> ir.Table:
    """Return every reason ever given, read once: the same words say the same whenever they are looked at.

    Returns:
        As `read_texts`.
    """
    return read_texts(sources.tables["csm_pulses"].select("reason"), sources.engine)


def read_texts(texts: ir.Table, engine: Engine) -> ir.Table:
    """Return what texts say, whether they are on record or only about to be.

    Args:
        texts: A table of the engine with the column `reason`.
        engine: Where it is computed.

    Returns:
        One row per distinct `reason` that has any words: `words`, without case and spacing, whether it `says_<theme>`,
        and `is_vague`.
    """
    reasons = texts.distinct()
    texts = reasons.mutate(words=same_words(reasons.reason))
    themed = engine.store(texts.mutate(**{f"says_{theme}": found for theme, found in themes_of(texts.words).items()}))
    # Not sooner: an engine would ask it of every row instead of every text.
    themed = themed.filter(themed.words.notnull())
    has_theme = reduce(or_, [themed[f"says_{theme}"] for theme in THEMES])
    return themed.mutate(is_vague=is_vague(themed.words, has_theme))


def _spoken(recent: ir.Table) -> ir.Table:
    """Return what the reasons of the last 180 days say, and the newest of them."""
    summed = recent.group_by(list(MOMENT)).agg(
        themes=recent.themes.argmax(recent.turn, where=recent.themes.notnull()),
        **{f"reasons__{theme}_reasons_180d": count_if(_has(recent.themes, theme)) for theme in THEMES},
        reasons__is_vague=recent.is_vague.argmax(recent.turn, where=recent.is_vague.notnull()),
        reasons__empty_reasons_180d=count_if(recent.is_vague.fill_null(True)),
        # A reason that is missing on either side was not copied.
        reasons__is_copied=recent.is_copied.fill_null(False).argmax(recent.turn),
        reasons__copied_reasons_180d=count_if(recent.is_copied),
    )
    named = [(summed[f"reasons__{theme}_reasons_180d"] > 0).cast("int64") for theme in WORRIES]
    return summed.mutate(
        **{f"reasons__has_{theme}_theme": _has(summed.themes, theme) for theme in THEMES},
        reasons__worry_themes_180d=sum(named[1:], named[0]),
    ).drop("themes")


def _has(themes: ir.IntegerValue, theme: str) -> ir.BooleanValue:
    """Return whether a theme is among those of a reason; null where there is no reason."""
    return (themes >> THEMES.index(theme)) & 1 == 1


def _colour_against_usage(pulses: ir.Table, spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the newest colour's level less that of the decline of usage, both counted 0, 1, 2 in order of trouble."""
    young = pulses.filter(pulses.age_days <= ABSENT_AFTER_DAYS)
    newest = young.group_by(list(MOMENT)).agg(level=young.level.argmax(young.turn))
    used = account_use(spine, sources)
    past_events = events_in(used, WINDOW_DAYS + 1, LOOKBACK_DAYS)
    against_past = ratio(3 * events_in(used, 1, WINDOW_DAYS), past_events)
    decline = reduce(add, [(against_past < bound).cast("int64") for bound in DECLINE_FROM])
    # Until its past covers the windows an account has no level of its own to decline from.
    declined = used.filter(used.has_past & (past_events > 0)).select(*MOMENT, decline=decline)
    joined = newest.join(declined, list(MOMENT))
    return joined.select(*MOMENT, reasons__colour_minus_usage_level=joined.level - joined.decline)
