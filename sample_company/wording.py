"""Put sentences together from the phrase banks, in a different mix for every writer and occasion.

Only words are chosen here; what they are about arrives as a theme per sentence. The words themselves are data, in
`phrases.yaml` and `names.yaml`.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from sample_company.dates import Array

TICKET_THEMES = ("ordinary", "friction", "onboarding")
COMMENT_THEMES = ("praise", "lukewarm", "complaint")
EMAIL_THEMES = (
    "check_in",
    "enablement",
    "review",
    "renewal",
    "question",
    "thanks",
    "scheduling",
    "curt",
    "cost",
    "complaint",
    "leaving_data",
    "squeeze",
)

Bank = dict[str, list[str]]


@cache
def _read(file: str) -> dict[str, Any]:
    banks: dict[str, Any] = yaml.safe_load((files("sample_company") / file).read_text(encoding="utf-8"))
    return banks


def name_bank(name: str) -> list[str]:
    """The list of names called `name` in `names.yaml`."""
    names: list[str] = _read("names.yaml")[name]
    return names


def fill(rng: np.random.Generator, templates: list[str]) -> list[str]:
    """Templates with each slot filled by one of its words; a slot that occurs twice in a sentence is filled alike."""
    slots: Bank = _read("phrases.yaml")["slots"]
    picks = rng.integers(0, 1_000_000, (len(templates), len(slots))).tolist()
    texts = []
    for template, row in zip(templates, picks, strict=True):
        if "{" in template:
            words = {name: words[pick % len(words)] for (name, words), pick in zip(slots.items(), row, strict=True)}
            texts.append(template.format_map(words))
        else:
            texts.append(template)
    return texts


def _choose(rng: np.random.Generator, bank: str, themes: tuple[str, ...], theme: Array) -> list[str]:
    """One template per theme index."""
    sentences: Bank = _read("phrases.yaml")[bank]
    by_theme = [sentences[name] for name in themes]
    luck = rng.integers(0, 1_000_000, len(theme)).tolist()
    return [by_theme[t][pick % len(by_theme[t])] for t, pick in zip(theme.tolist(), luck, strict=True)]


def _decorate(rng: np.random.Generator, bodies: list[str], before: str, after: str, plain: Array) -> list[str]:
    """Bodies with something put before and after, except where `plain`."""
    openings, closings = _read("phrases.yaml")[before], _read("phrases.yaml")[after]
    first = rng.integers(0, len(openings), len(bodies)).tolist()
    last = rng.integers(0, len(closings), len(bodies)).tolist()
    decorated = []
    for body, opening, closing, is_plain in zip(bodies, first, last, plain.tolist(), strict=True):
        tail = closings[closing]
        # Without a full stop the closing would run on.
        stop = "." if tail and body[-1] not in ".?!" else ""
        decorated.append(body if is_plain else openings[opening] + body + stop + tail)
    return decorated


def reasons(rng: np.random.Generator, themes: tuple[str, ...], theme: Array, is_terse: Array) -> Array:
    """One reason per pulse.

    Args:
        rng: Stream to draw from.
        themes: Names of the themes, as in `phrases.yaml`.
        theme: Index of the theme of each reason.
        is_terse: Whether the writer spends no word too many.
    """
    plain = is_terse | (theme == themes.index("vague"))
    drafts = _decorate(rng, _choose(rng, "reasons", themes, theme), "reason_openings", "reason_closings", plain)
    texts = fill(rng, drafts)
    # Not everyone starts a note with a capital.
    careful = rng.random(len(theme)) < 0.75
    return np.array([_capital(text) if up else text for text, up in zip(texts, careful, strict=True)], dtype=object)


def ticket_subjects(rng: np.random.Generator, theme: Array) -> Array:
    """One subject per ticket; `theme` indexes `TICKET_THEMES`."""
    return _sentences(fill(rng, _choose(rng, "tickets", TICKET_THEMES, theme)))


def survey_comments(rng: np.random.Generator, theme: Array) -> Array:
    """One comment per response; `theme` indexes `COMMENT_THEMES`."""
    return _sentences(fill(rng, _choose(rng, "comments", COMMENT_THEMES, theme)))


def email_texts(rng: np.random.Generator, theme: Array, is_short: Array) -> Array:
    """The opening words of each e-mail; `theme` indexes `EMAIL_THEMES`. Short ones come without frills."""
    bodies, seconds = (_choose(rng, "emails", EMAIL_THEMES, theme) for _ in range(2))
    goes_on = ((rng.random(len(theme)) < 0.4) & ~is_short).tolist()
    drafts = [
        f"{body} {second}" if more and second != body else body
        for body, second, more in zip(bodies, seconds, goes_on, strict=True)
    ]
    return _sentences(fill(rng, _decorate(rng, drafts, "greetings", "sign_offs", is_short)))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _sentences(texts: list[str]) -> Array:
    return np.array([_capital(text) for text in texts], dtype=object)
