"""What a CSM's reason is about, by a documented taxonomy of themes and phrases.

Phrases are data, in `reason_themes.yaml`; what they mean is written down in `docs/reason_themes.md`. What a theme has
meant for renewals is learned elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import ibis
import ibis.expr.types as ir
import yaml

from features.phrases import mentions

SHORT_BELOW_WORDS = 4
"""A reason of fewer words says nothing unless it names a theme: "champion gone" does, "seems fine" does not."""
PRAISE = "positive"


@dataclass(frozen=True)
class Taxonomy:
    """Themes with their phrases, phrases that say nothing, and what both are made of."""

    themes: Mapping[str, tuple[str, ...]]
    vague: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    negations: tuple[str, ...]


@cache
def load_taxonomy() -> Taxonomy:
    """Read the taxonomy that ships with the package."""
    text = resources.files("features").joinpath("reason_themes.yaml").read_text(encoding="utf-8")
    # BaseLoader: `no` is a word here, not a truth value.
    content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - the loader that builds strings only
    return Taxonomy(
        themes={theme: tuple(phrases) for theme, phrases in content["themes"].items()},
        vague=tuple(content["vague"]),
        words={name: tuple(words) for name, words in content["words"].items()},
        negations=tuple(content["negations"]),
    )


def themes_of(text: ir.StringValue) -> dict[str, ir.BooleanValue]:
    """Return, for each theme, whether a reason speaks of it; several may hold, and a negated phrase counts for none.

    Args:
        text: A reason in English; null stays null.
    """
    taxonomy = load_taxonomy()
    return {
        theme: mentions(text, phrases, taxonomy.words, taxonomy.negations) for theme, phrases in taxonomy.themes.items()
    }


def is_vague(text: ir.StringValue, has_theme: ir.BooleanValue) -> ir.BooleanValue:
    """Return whether a reason says nothing: without a theme, and either short or made of an empty phrase.

    Args:
        text: A reason in English; null stays null.
        has_theme: Whether it has any theme.
    """
    is_short = ~text.re_search(rf"(\S+\s+){{{SHORT_BELOW_WORDS - 1}}}\S")
    return ~has_theme & (is_short | mentions(text, load_taxonomy().vague))


def same_words(text: ir.StringValue) -> ir.StringValue:
    """Return a text without the case and spacing in which it was written; null where no word is left."""
    return ibis.ifelse(text.strip() == "", ibis.null("string"), text.lower().re_replace(r"\s+", " ").strip())
