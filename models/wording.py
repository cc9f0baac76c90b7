"""Values and features in words, for sentences that a CSM can say aloud.

Only the wording of one value of one feature; which of them is a reason is decided in `explanation`.
"""

import math
import re
from collections.abc import Sequence
from typing import Final

from features.feature import Feature

_CODE: Final = re.compile(r"(-?\d+) (.+)")
_ASKED: Final = ": {value}"
_TIMES: Final = {"0": "not once", "1": "once"}


def spoken_value(feature: Feature, value: object) -> str | None:
    """A value as people would write it, None where it is missing.

    Shares and ratios become per cent, coded levels the words that the feature's unit gives them ("0 green, 1 yellow,
    2 red"), booleans yes or no, money and counts whole numbers.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value.replace("_", " ")
    number = float(str(value))
    if feature.kind == "boolean":
        return "yes" if number else "no"
    codes = _codes(feature.unit)
    if number in codes:
        return codes[number]
    if feature.unit.startswith(("share", "ratio")):
        return f"{_plain(100 * number)} %"
    whole = feature.kind == "integer" or feature.unit.startswith("account currency")
    return f"{number:,.0f}" if whole else _plain(number)


def spoken_reason(feature: Feature, value: object) -> str:
    """The feature's sentence with the value in it, or what is said when there is none.

    What is a statement with yes or no behind it becomes the statement, or its denial; one day is no days.
    """
    spoken = spoken_value(feature, value)
    if spoken is None:
        return feature.when_missing or f"Nothing is on record of {_subject(feature.description)}"
    if feature.kind == "boolean" and feature.sentence.endswith(_ASKED):
        statement = feature.sentence.removesuffix(_ASKED)
        # A model of an earlier release brings features that have no denial.
        return statement if spoken == "yes" else feature.when_false or f"This does not hold: {_within(statement)}"
    sentence = feature.sentence
    if spoken in _TIMES:
        sentence = sentence.replace("{value} times", _TIMES[spoken])
    if spoken == "1":
        sentence = sentence.replace("{value} days", "{value} day")
    return sentence.replace("{value}", spoken)


def spoken_terms(terms: Sequence[str], *, raises: bool) -> str:
    """What a text mentions that has told losses from renewals, to go on after "mention".

    Args:
        terms: The terms of the text that push the risk up, or down, heaviest first.
        raises: Which of the two.
    """
    if not terms:
        return f"nothing that came before {'renewals' if raises else 'losses'}"
    *first, last = [f"“{term}”" for term in terms]
    listed = f"{', '.join(first)} and {last}" if first else last
    return f"{listed}, {'words' if first else 'a word'} that came before {'losses' if raises else 'renewals'}"


def _codes(unit: str) -> dict[float, str]:
    """Words for coded levels; empty unless every part of the unit is a number and a word."""
    parts = [_CODE.fullmatch(part) for part in unit.split(", ")]
    return {float(part[1]): part[2] for part in parts if part} if all(parts) else {}


def _plain(number: float) -> str:
    """Three digits at most: 1,234 and 62 and 3.4 and 0.07."""
    size = abs(number)
    decimals = 0 if size >= 10 else 1 if size >= 1 else 2
    text = f"{number:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _subject(description: str) -> str:
    """The first clause of a description, to go on within a sentence."""
    return _within(re.split(r"[,.;:]", description, maxsplit=1)[0])


def _within(clause: str) -> str:
    """A clause as it goes on within a sentence."""
    is_acronym = clause[1:2].isupper()
    return clause if is_acronym else clause[:1].lower() + clause[1:]
