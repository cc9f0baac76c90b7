"""The tone of a sentence, by counting words of the field.

A small lexicon and two regular expressions, computed by the engine; nothing is fitted and nothing is downloaded. What
words have meant for renewals is learned elsewhere.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import ibis.expr.types as ir
import yaml

_GOOD, _BAD = "praisedword", "blamedword"


@dataclass(frozen=True)
class Lexicon:
    """Phrases that point up or down, the words that turn them round, and phrases that only look like one of these."""

    neutral: tuple[str, ...]
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    negations: tuple[str, ...]


@cache
def load_lexicon() -> Lexicon:
    """Read the lexicon that ships with the package.

    Raises:
        ValueError: If a phrase is listed on both sides.
    """
    text = resources.files("features").joinpath("lexicon.yaml").read_text(encoding="utf-8")
    # BaseLoader: `no` is a word here, not a truth value.
    content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - the loader that builds strings only
    lexicon = Lexicon(**{side: tuple(words) for side, words in content.items()})
    if both := set(lexicon.positive) & set(lexicon.negative):
        raise ValueError(f"lexicon.yaml lists on both sides: {', '.join(sorted(both))}")
    return lexicon


def tone(text: ir.StringValue) -> ir.IntegerValue:
    """Return how many more words of a text praise than complain.

    "not happy" counts as a complaint and "no concerns" as praise: a negation within two words before a phrase turns it.

    Args:
        text: Free text in English; null stays null.

    Returns:
        Praising minus complaining phrases, limited to -3 … 3.
    """
    lexicon = load_lexicon()
    turn = rf"\b(?:{_any_of(lexicon.negations)})\s+(?:\w+\s+)?"
    lowered = text.lower().re_replace(rf"\b(?:{_any_of(lexicon.neutral)})\b", " ")
    turned = lowered.re_replace(rf"{turn}(?:{_any_of(lexicon.negative)})\b", _GOOD)
    turned = turned.re_replace(rf"{turn}(?:{_any_of(lexicon.positive)})\b", _BAD)
    praise = _count(turned, (*lexicon.positive, _GOOD))
    blame = _count(turned, (*lexicon.negative, _BAD))
    return (praise - blame).clip(-3, 3)


def _any_of(phrases: tuple[str, ...]) -> str:
    """Alternatives with longer phrases first, so that a phrase outranks its own words."""
    return "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in sorted(phrases, key=lambda p: (-len(p), p)))


def _count(text: ir.StringValue, phrases: tuple[str, ...]) -> ir.IntegerValue:
    return text.re_split(rf"\b(?:{_any_of(phrases)})\b").length() - 1
