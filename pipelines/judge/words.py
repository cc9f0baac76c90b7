"""What the cells of a judge's file mean: colours and grades, probabilities. Texts in, numbers out.

Nothing is guessed in silence: what is not understood is NaN and counted by the caller, and what could be meant in two
ways stops with the option that settles it. Outcomes are read in `outcomes`; which rows then stay out is decided in
`columns`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.calls.calls import counted
from models.learning import FloatArray

MISSING_WORDS = frozenset({"na", "n/a", "nan", "null", "none", "-", "–", "."})
"""Words by which spreadsheets and other programs say that nothing is there."""
KNOWN_LEVELS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(
        (
            ("green", "g"),
            ("amber/green", "green/amber", "yellow/green", "green/yellow", "a/g", "g/a", "y/g", "g/y"),
            ("amber", "yellow", "a", "y"),
            ("amber/red", "red/amber", "yellow/red", "red/yellow", "a/r", "r/a", "y/r", "r/y"),
            ("red", "r"),
        )
    )
    for word in words
}
"""Colours of status reports, best first, in English."""
PERCENT_SHARE = 0.1
"""Share of the values above one from which on a column looks like percentages rather than like slips of the pen."""
MOST_UNKNOWN = 0.05
"""Share of the filled cells that may say something unknown: more are a word that was forgotten, and no slips."""
LARGEST_GRADE = 10
_SEPARATOR = re.compile(r"(?<=\w)(?:\s*[/\-–_&+]\s*|\s+and\s+|\s+to\s+)(?=\w)")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_SHOWN_WORDS = 8
_LONGEST_WORD = 40


class UnclearError(Exception):
    """A column cannot be read without being told more; the message names the option that tells it."""


@dataclass(frozen=True)
class ReadLevels:
    """Levels read from words.

    Attributes:
        numbers: Number of each row's level, 0 the best, NaN where the word is unknown or missing.
        unknown: Where a word is no level that is known, shape (n,).
        names: Names of the levels, best first.
        notes: What was taken for the same.
    """

    numbers: FloatArray
    unknown: npt.NDArray[np.bool_]
    names: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ReadProbabilities:
    """Probabilities read from texts.

    Attributes:
        numbers: From zero to one; NaN where the text is missing, no number, or outside.
        is_percent: Whether they were divided by a hundred.
        notes: How they were read.
    """

    numbers: FloatArray
    is_percent: bool
    notes: tuple[str, ...]


def folded(text: str) -> str:
    """A word as it is compared: lower case, one blank or slash between parts, a whole number without decimals."""
    word = _SEPARATOR.sub("/", " ".join(unicodedata.normalize("NFKC", text).casefold().split()))
    number = pd.to_numeric(word, errors="coerce")
    return str(int(number)) if np.isfinite(number) and number == int(number) else word


def is_missing(column: pd.Series) -> pd.Series:
    """Whether a cell is empty or says that nothing is there."""
    return column.isna() | column.map(lambda text: text.casefold() in MISSING_WORDS, na_action="ignore").eq(True)


def spoken_counts(column: pd.Series) -> str:
    """The distinct values of a column with their counts, the most frequent first, for a message."""
    counts = column.value_counts()
    shown = [f"{_shortened(str(value))!r} ({count:,})" for value, count in counts.head(_SHOWN_WORDS).items()]
    more = [f"and {len(counts) - _SHOWN_WORDS} more"] if len(counts) > _SHOWN_WORDS else []
    return ", ".join([*shown, *more])


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_WORD else value[: _LONGEST_WORD - 1] + "…"


def are_numbers(column: pd.Series) -> bool:
    """Whether at least half of the cells that are there are numbers."""
    given = column[~is_missing(column)]
    return bool(len(given)) and float(_numbers(given)[0].notna().mean()) >= 0.5


def read_levels(column: pd.Series, order: Sequence[str], mapping: Mapping[str, str]) -> ReadLevels:
    """Levels of a column of words.

    Args:
        column: Texts, None where empty.
        order: Names of the levels, best first; empty for the colours that are known.
        mapping: Words of the file and the word that each of them means: a level, or one that stands for nothing.

    Raises:
        UnclearError: A word is mapped to no level, or too many cells say nothing that is known.
    """
    places = {folded(word): number for number, word in enumerate(order)} if order else dict(KNOWN_LEVELS)
    meaning = {folded(word): folded(meant) for word, meant in mapping.items()}
    known_words = places.keys() | MISSING_WORDS
    if lost := [f"{word!r} to {meant!r}" for word, meant in mapping.items() if folded(meant) not in known_words]:
        known = ", ".join(order or KNOWN_LEVELS)
        raise UnclearError(f"--mapping leads {', '.join(lost)}, which is no level; levels are {known}")
    # A word of the order that spreadsheets use for "missing" is a level all the same: it was named.
    said = column.map(folded, na_action="ignore").map(lambda word: meaning.get(word, word), na_action="ignore")
    given = column[column.notna() & (~is_missing(said) | said.isin(places))]
    words = said[given.index].astype(object)
    if not order:
        words = words.map(lambda word: word.replace(" ", "/"))  # amber green
    numbers = words.map(places).astype(np.float64)
    unknown = given[numbers.isna()]
    if len(unknown) > MOST_UNKNOWN * len(given):
        raise UnclearError(
            f"in {len(unknown):,} of {len(given):,} cells these words are no levels that are known: "
            f"{spoken_counts(unknown)}; name the levels from best to worst with --order, or say what the words mean "
            "with --mapping 'verde=green,...', where 'gris=n/a' says that a word means nothing"
        )
    names, numbers, notes = _named(words, numbers, tuple(order))
    return ReadLevels(in_place(numbers, column), column.index.isin(unknown.index), names, notes)


def _named(
    words: pd.Series, numbers: pd.Series, order: tuple[str, ...]
) -> tuple[tuple[str, ...], pd.Series, tuple[str, ...]]:
    """Names of the levels and their numbers without gaps; known colours are called as the file calls them."""
    if order:
        return order, numbers, ()
    used = sorted(numbers.dropna().unique())
    spoken = {number: list(words[numbers == number].value_counts().index) for number in used}
    notes = [f"{' and '.join(map(repr, said))} are taken for one level." for said in spoken.values() if len(said) > 1]
    places = {number: place for place, number in enumerate(used)}
    return tuple(str(spoken[number][0]) for number in used), numbers.map(places), tuple(notes)


def read_probabilities(column: pd.Series, name: str, *, may_be_percent: bool) -> ReadProbabilities:
    """Probabilities of a column of texts.

    Args:
        column: Texts, None where empty.
        name: Name of the column, for messages.
        may_be_percent: Whether a column that looks like percentages may be taken for that. Percent signs say so
            themselves.

    Raises:
        UnclearError: Too many cells hold words, or the column looks like percentages and may not be, like grades, or
            like no probabilities at all.
    """
    given = column[~is_missing(column)]
    numbers, signs, commas = _numbers(given)
    words = given[numbers.isna()]
    if len(words) > MOST_UNKNOWN * len(given):
        raise UnclearError(
            f"{len(words):,} of {len(given):,} cells of '{name}' hold words and no numbers: {spoken_counts(words)}; "
            "leave empty what says nothing; a judgement in words is read with --order or --mapping"
        )
    known = numbers.dropna()
    signs = signs[numbers.notna()]
    if signs.any() and not signs.all():
        raise UnclearError(
            f"'{name}' has {counted(int(signs.sum()), 'cell')} with a percent sign and {int((~signs).sum()):,} "
            "without; write them all in the same way"
        )
    is_percent = bool(signs.any()) or _looks_percent(known)
    if is_percent and not (may_be_percent or signs.any()):
        raise UnclearError(_percent_or_grades(known, name))
    if not is_percent and float((~known.between(0, 1)).mean()) >= PERCENT_SHARE:
        raise UnclearError(
            f"'{name}' holds numbers from {known.min():g} to {known.max():g}, which are no probabilities; levels are "
            "named from best to worst with --order"
        )
    values = known / 100 if is_percent else known
    notes = [f"'{name}' is read as percentages."] if is_percent else []
    if commas.any():
        notes.append(f"Decimal commas in '{name}' are read as points ({counted(int(commas.sum()), 'cell')}).")
    return ReadProbabilities(in_place(values.where(values.between(0, 1)), column), is_percent, tuple(notes))


def _looks_percent(known: pd.Series) -> bool:
    """Whether too many numbers lie above one for slips of the pen, and nearly all within 0 to 100."""
    is_above = float((known > 1).mean()) >= PERCENT_SHARE
    return is_above and float(known.between(0, 100).mean()) >= 1 - PERCENT_SHARE


def _percent_or_grades(known: pd.Series, name: str) -> str:
    """What to ask of a column whose numbers lie above one."""
    if bool((known % 1 == 0).all()) and known.max() <= LARGEST_GRADE:
        grades = ",".join(str(int(grade)) for grade in sorted(known.unique()))
        return (
            f"'{name}' holds whole numbers from {known.min():.0f} to {known.max():.0f}; if they are grades, say "
            f"which is best with --order {grades} (best first), if they are percentages, with --percent"
        )
    return f"'{name}' looks like percentages (values up to {known.max():g}); if it holds them, say so with --percent"


def _numbers(given: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Numbers of texts (NaN where there is none), which had a percent sign, and which a decimal comma."""
    text = given.astype(str)
    signs = text.str.endswith("%")
    bare = text.str.removesuffix("%").str.strip()
    commas = bare.map(lambda word: bool(_DECIMAL_COMMA.fullmatch(word))).astype(bool)
    numbers = pd.to_numeric(bare.where(~commas, bare.str.replace(",", ".")), errors="coerce").astype(np.float64)
    return numbers, signs, commas


def in_place(read: pd.Series, column: pd.Series) -> FloatArray:
    """Numbers of the cells that could be read, each in its row, NaN in all others."""
    return np.asarray(read.reindex(column.index), dtype=np.float64)
