"""From a text to its terms: words and pairs of words, lower case and without accents.

Only how a text is read; nothing is fitted. Which terms count, and for what, is learned in `note_risk`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib import resources
from itertools import chain, pairwise
from typing import Final

import numpy as np
import yaml
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer

_WORD: Final = re.compile(r"[^\W\d_][\w']*\w")
_CLAUSE_END: Final = re.compile(r"[.,;:!?()]+")


@cache
def function_words() -> frozenset[str]:
    """Words that only hold a sentence together."""
    text = resources.files("models").joinpath("function_words.yaml").read_text(encoding="utf-8")
    # BaseLoader: `on` is a word here, not a truth value.
    return frozenset(yaml.load(text, Loader=yaml.BaseLoader))  # noqa: S506 - the loader that builds strings only


def terms_of(text: str) -> list[str]:
    """The terms of a text in the order in which they occur, repetitions included.

    A word begins with a letter and has two characters at least; numbers are no words. A pair stands side by side within
    one clause. Words that only hold a sentence together are no terms, and no part of a pair.
    """
    return [term for line in text.split("\n") for term in _terms_of_line(line)]


def count_terms(
    texts: Iterable[str], vocabulary: Mapping[str, int] | None = None
) -> tuple[csr_matrix, tuple[str, ...]]:
    """How often each term occurs in each text.

    Args:
        texts: Lines, one below the other. The same line is in the texts of many dates; each is counted once.
        vocabulary: The terms that count, each with its column; None for all that occur, sorted.

    Returns:
        Counts, sparse, shape (texts, terms), and the terms.
    """
    lines: dict[str, int] = {}
    places = [[lines.setdefault(line, len(lines)) for line in text.split("\n")] for text in texts]
    counter = CountVectorizer(analyzer=_terms_of_line, vocabulary=vocabulary)
    try:
        of_lines = counter.fit_transform(lines)
    except ValueError:  # no line has a term
        return csr_matrix((len(places), 0), dtype=np.int64), ()
    ends = np.cumsum([0, *map(len, places)])
    held = csr_matrix(
        (np.ones(ends[-1], dtype=np.int64), list(chain.from_iterable(places)), ends), (len(places), len(lines))
    )
    return held @ of_lines, tuple(counter.get_feature_names_out())


# A line is read at every cut-off anew.
@lru_cache(maxsize=2**16)
def _terms_of_line(line: str) -> tuple[str, ...]:
    fillers = function_words()
    terms = []
    for clause in _CLAUSE_END.split(_folded(line)):
        words = [None if word in fillers else word for word in _WORD.findall(clause)]
        terms += [word for word in words if word]
        terms += [f"{left} {right}" for left, right in pairwise(words) if left and right]
    return tuple(terms)


def _folded(text: str) -> str:
    """The text in lower case, without accents and with straight apostrophes."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFKD", lowered.replace("’", "'"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))
