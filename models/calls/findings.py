"""The record of past calls in plain sentences, for people who will not read the tables.

Only what the figures say, and no claim where they are too few. Layout is in `report`.
"""

from collections.abc import Hashable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from models.calls.calls import MINIMUM_ROWS, counted
from models.calls.forecasts import AUC, BRIER, SKILL, SLOPE, Figure
from models.calls.record import (
    AVERAGE,
    BLEND,
    JUDGEMENT,
    JUDGEMENT_REFITTED,
    MODEL,
    MODEL_REFITTED,
    WITH_WORDS,
    WITHOUT_WORDS,
    Record,
)

NO_CLAIM = "no claim is made"
UNKNOWN = "–"
SMALLEST_SHOWN = 1e-6
"""What is smaller is shown as zero."""


def interval(figure: Figure, decimals: int = 3, *, signed: bool = False) -> str:
    """A figure with its interval, `0.785 (0.775 to 0.795)`; bare where there is none, a dash where it is unknown.

    With more decimals where one of them would look like zero and is not: signs are what is claimed.
    """
    if pd.isna(figure.value):
        return UNKNOWN
    smallest = min((abs(end) for end in figure if abs(end) >= SMALLEST_SHOWN), default=1.0)
    while round(smallest, decimals) == 0:
        decimals += 1
    value, low, high = (f"{end:{'+' if signed else ''}z.{decimals}f}" for end in figure)
    return value if pd.isna(figure.low) else f"{value} ({low} to {high})"


def share(value: float, low: float = float("nan"), high: float = float("nan")) -> str:
    """A share in percent, with its interval where there is one."""
    if pd.isna(value):
        return UNKNOWN
    bare = f"{value * 100:.1f} %"
    return bare if pd.isna(low) else f"{bare} ({low * 100:.1f} to {high * 100:.1f})"


def on_record(record: Record) -> str:
    """How many calls, how often it happened, and what the intervals rest on."""
    calls = record.calls
    said = (
        f"{counted(len(calls), 'decided call')}; it happened after {calls.events:,} of them ({share(calls.base_rate)})."
    )
    if calls.shortage is not None:
        return f"{said} Too few for intervals: {calls.shortage}. The figures stand here and {NO_CLAIM}."
    level = f"{record.settings.interval_level * 100:.0f} %"
    unit = "calls" if calls.cluster_count == len(calls) else f"{calls.cluster_count:,} clusters"
    return f"{said} Intervals are {level}, from resampling {unit}."


def about_ranking(record: Record, forecast: str = JUDGEMENT) -> str:
    """Whether a forecast tells cases apart."""
    auc = record.comparison.figure(forecast, AUC)
    subject = f"The {forecast}'s AUC"
    if pd.isna(auc.value):
        return f"{subject} is unknown: every outcome is the same."
    said = f"{subject} is {interval(auc)}"
    if np.ptp(record.calls.scores) == 0 and forecast == JUDGEMENT:
        return f"{said}: every call says the same, and what never varies cannot tell cases apart."
    if pd.isna(auc.low):
        return f"{said}; {NO_CLAIM}."
    if not auc.excludes(0.5):
        return f"{said}: the interval includes 0.5, so it may not tell cases apart at all."
    if auc.value < 0.5:
        return f"{said}: the interval excludes 0.5 from below, so it points the wrong way. Is high good in this column?"
    return f"{said}: the interval excludes 0.5, so it does tell cases apart."


def about_skill(record: Record, forecast: str = JUDGEMENT) -> str:
    """Brier score, and whether it beats the base rate."""
    brier, skill = (record.comparison.figure(forecast, figure) for figure in (BRIER, SKILL))
    said = f"Its Brier score is {interval(brier)}"
    is_fitted = record.calls.is_ordinal and forecast == JUDGEMENT
    if is_fitted:
        said = "Each level taken for what it meant among the other clusters, " + said[0].lower() + said[1:]
    if pd.isna(skill.value):
        return f"{said}."
    said += f", a skill of {interval(skill)} against the base rate"
    if pd.isna(skill.low):
        return f"{said}; {NO_CLAIM}."
    if skill.value < 0 and is_fitted:
        # Taken for what it meant no level is worse than the base rate, except that its meaning has to be learned.
        return f"{said}: no better than saying the base rate every time; below zero is what learning the levels costs."
    if skill.excludes(0.0):
        return f"{said}: {'better' if skill.value > 0 else 'worse'} than saying the base rate every time."
    return f"{said}: no better or worse than the base rate, as far as these calls tell."


def about_all(record: Record) -> str:
    """AUC and Brier score of all that stands on its own, in one sentence."""
    said = []
    for name in (JUDGEMENT, MODEL, AVERAGE, BLEND):
        if name in record.comparison.forecasts:
            auc, brier = (interval(Figure(record.comparison.figure(name, figure).value)) for figure in (AUC, BRIER))
            said.append(f"{name} {auc} and {brier}")
    return f"AUC and Brier score: {', '.join(said)}."


def about_slope(record: Record, forecast: str = JUDGEMENT) -> str:
    """Whether stated probabilities are too extreme or too timid overall."""
    slope = record.comparison.figure(forecast, SLOPE)
    if pd.isna(slope.value):
        return "A calibration slope cannot be fitted."
    said = f"The calibration slope is {interval(slope)}, where 1 would be right"
    if pd.isna(slope.low):
        return f"{said}; {NO_CLAIM}."
    if not slope.excludes(1.0):
        return f"{said}: neither too extreme nor too timid overall."
    return f"{said}: the probabilities are too {'extreme' if slope.value < 1 else 'timid'}."


def about_ends(ends: pd.DataFrame, speaker: str) -> tuple[str, ...]:
    """What came of the surest calls at either end, and what that says of the speaker."""
    sentences = []
    for row in ends.to_dict("records"):
        side = "below" if row["end"] == "low" else "above"
        at = f"{side} {row['threshold'] * 100:.0f} %"
        if row["is_fifth"]:
            at = f"in the {'lowest' if row['end'] == 'low' else 'highest'} fifth"
        said = (
            f"Where the {speaker} was {at} (on average {share(row['stated'])}, {counted(row['calls'], 'call')}), it "
            f"happened in {share(row['happened'], row['low'], row['high'])}"
        )
        verdict = {"unclear": NO_CLAIM, "well calibrated": "as stated"}.get(row["verdict"], row["verdict"])
        sentences.append(f"{said}: {verdict}.")
    if (ends["verdict"] == "overconfident").all():
        sentences.append(f"The {speaker} is overconfident at both ends.")
    return tuple(sentences)


def about_levels(record: Record) -> tuple[str, ...]:
    """Whether the rates rise with the level."""
    table = record.levels
    if table is None:
        return ()
    used = table[table["calls"] > 0].to_dict("records")
    if len(used) < 2:
        return (f"Every call says '{used[0]['level']}'.",)
    said = _rising(used)
    if np.isnan(record.rising):
        return (f"{said}; {NO_CLAIM}.",)
    return (
        f"{said}. In {record.rising * 100:.0f} % of the resamples they rise, or stay, from each level to the next.",
    )


def _rising(used: list[dict[Hashable, Any]]) -> str:
    """How the rates of two levels or more, best first, stand to each other."""
    falls = [
        f"'{worse['level']}' ({share(worse['rate'])}) lies below '{better['level']}' ({share(better['rate'])})"
        for better, worse in pairwise(used)
        if worse["rate"] < better["rate"]
    ]
    if falls:
        return f"The rates do not rise throughout: {' and '.join(falls)}"
    distinct = len({row["rate"] for row in used})
    if distinct == 1:
        return f"The rates are all the same ({share(used[0]['rate'])})"
    return "The rates rise with every level" if distinct == len(used) else "The rates rise, or stay, with every level"


def about_additions(record: Record) -> tuple[str, ...]:
    """What the person adds to the model and the model to the person, and how the blend stands to the plain average."""
    if BLEND not in record.comparison.forecasts:
        return ()
    return (
        _adds(record, "The person", "the model", MODEL_REFITTED),
        _adds(record, "The model", "the person", JUDGEMENT_REFITTED),
        _against_average(record),
        _between(record),
    )


def _adds(record: Record, subject: str, other: str, reference: str) -> str:
    auc, brier = (record.comparison.difference(BLEND, reference, figure) for figure in (AUC, BRIER))
    figures = f"AUC {interval(auc, signed=True)}, Brier score {interval(brier, 4, signed=True)}, out of sample"
    if brier.high < 0:
        return f"{subject} adds to {other}: {figures}."
    return f"{subject} adds nothing to {other} that these calls could show: {figures}."


def _against_average(record: Record) -> str:
    auc, brier = (record.comparison.difference(BLEND, AVERAGE, figure) for figure in (AUC, BRIER))
    figures = f"AUC {interval(auc, signed=True)}, Brier score {interval(brier, 4, signed=True)}"
    if not brier.excludes(0.0):
        return f"The fitted blend is no better than the plain average of the two: {figures}."
    return f"The fitted blend is {'better' if brier.value < 0 else 'worse'} than the plain average: {figures}."


def _between(record: Record) -> str:
    brier = record.comparison.difference(JUDGEMENT, MODEL, BRIER)
    figures = f"Brier score {interval(brier, 4, signed=True)}"
    if not brier.excludes(0.0):
        return f"Between person and model alone there is no clear winner: {figures}, person minus model."
    nearer = "person" if brier.value < 0 else "model"
    return f"Of the two alone the {nearer} was nearer to what happened: {figures}, person minus model."


def about_disagreement(table: pd.DataFrame) -> tuple[str, ...]:
    """Who was right on either side of the base rate."""
    sentences = []
    for row in table[table["by"] == "side"].to_dict("records"):
        if not row["slice"].startswith("person"):
            continue
        happened = share(row["happened"], row["happened_low"], row["happened_high"])
        said = (
            f"{row['slice'].capitalize()} ({counted(row['calls'], 'call')}): the person said {share(row['judged'])}, "
            f"the model {share(row['modelled'])}, it happened in {happened}"
        )
        if pd.isna(row["low"]):
            verdict = NO_CLAIM
        elif row["low"] <= 0 <= row["high"]:
            verdict = "neither was clearly nearer"
        else:
            verdict = f"the {'person' if row['difference'] < 0 else 'model'} was nearer"
        sentences.append(f"{said}; {verdict}.")
    return tuple(sentences)


def about_groups(table: pd.DataFrame) -> str:
    """How many groups are too small for a claim."""
    small = int((~table["is_claimed"].astype(bool)).sum())
    groups = counted(len(table), "group")
    if not small:
        return f"{groups}. Intervals are not corrected for how many there are."
    return (
        f"{groups}, {small} of them too small for an interval or any claim (fewer than {MINIMUM_ROWS} "
        "calls, or next to none of one outcome)."
    )


def about_words(record: Record) -> tuple[str, ...]:
    """Whether the text says more than the judgement."""
    if record.with_words is None or record.reading is None:
        return ("No text has a word to learn from.",)
    auc, brier = (record.with_words.difference(WITH_WORDS, WITHOUT_WORDS, figure) for figure in (AUC, BRIER))
    figures = f"AUC {interval(auc, signed=True)}, Brier score {interval(brier, 4, signed=True)}, out of sample"
    read = f"{counted(record.reading.texts, 'text')}, {counted(record.reading.terms, 'term')} shared by enough clusters"
    # By the Brier score alone one text in twenty without any meaning was said to add: the interval knows the calls that
    # were drawn and not the words that were learned.
    if brier.high < 0 and auc.low > 0:
        said = f"The text adds to the judgement: {figures} ({read})."
    else:
        said = f"The text adds nothing to the judgement that these calls could show: {figures} ({read})."
    if not record.reading.repeated:
        return (said,)
    # There are always two at least.
    repeated = f"{record.reading.repeated:,} texts stand word for word in another cluster too, which flatters the text."
    if record.calls.cluster_count == len(record.calls):
        repeated += " Is there a column that says what repeats, to be named as the cluster?"
    return said, repeated
