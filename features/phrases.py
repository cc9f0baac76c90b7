"""Phrases in free text, as regular expressions that the engine runs.

Only how a phrase is written and found. Which phrases matter, and for what, belongs to the lists that use them; nothing
is fitted and nothing is downloaded.
"""

import re
from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

GAP_WORDS = 5
_GAP = " .. "
_SLOT = re.compile(r"\{(\w+)\}")


def mentions(
    text: ir.StringValue,
    phrases: Sequence[str],
    words: Mapping[str, Sequence[str]] | None = None,
    negations: Sequence[str] = (),
) -> ir.BooleanValue:
    """Return whether a text holds one of the phrases, whatever its case and spacing.

    A phrase is made of whole words. `*` at the end of a word stands for any ending, ` .. ` for up to five words within
    one sentence, and `{name}` for any of a list of words. "No outages" does not mention outages: a negation within two
    words before a phrase takes it out, and so does one in its gap. A phrase that has a negation of its own ("no budget
    for") is found as it stands.

    Args:
        text: Free text in English; null stays null.
        phrases: What to look for, in lower case.
        words: The lists that `{name}` may stand for.
        negations: Words that take out the phrase that they precede.

    Returns:
        True, false, or null where there is no text.
    """
    lowered = text.lower().replace("’", "'")
    plain = [phrase for phrase in phrases if not set(phrase.split()) & set(negations)]
    found = ibis.literal(False)
    if own := [phrase for phrase in phrases if phrase not in plain]:
        found = lowered.re_search(rf"\b{_any_of(own, words or {})}\b")
    if plain:
        wanted = rf"{_any_of(plain, words or {})}\b"
        if negations:
            # The mark takes the place of what is denied, and no gap reaches across it.
            denial = rf"\b{_any_of(negations, {})}\b"
            lowered = lowered.re_replace(rf"{denial}\s+(?:\w+\s+)?{wanted}", ";").re_replace(denial, ";")
        found = found | lowered.re_search(rf"\b{wanted}")
    return found


def _any_of(phrases: Sequence[str], words: Mapping[str, Sequence[str]]) -> str:
    """Alternatives with longer phrases first, so that a phrase outranks its own words."""
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return f"(?:{'|'.join(_expression(phrase, words) for phrase in ordered)})"


def _expression(phrase: str, words: Mapping[str, Sequence[str]]) -> str:
    """One phrase as a regular expression; the words of a gap may be parted by a comma and by nothing stronger."""
    gap = rf"(?:,?\s+[\w'%-]+){{0,{GAP_WORDS}}}?,?\s+"
    parts = []
    for part in phrase.split(_GAP):
        tokens = [_token(token, words) for token in part.split()]
        parts.append(r"\s+".join(tokens))
    return gap.join(parts)


def _token(token: str, words: Mapping[str, Sequence[str]]) -> str:
    if slot := _SLOT.fullmatch(token):
        return _any_of(words[slot[1]], {})
    return re.escape(token).replace(r"\*", r"\w*")
