"""What the qualitative fields and the words of the reasons have meant: churn rate and lift of each answer and theme."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from models.judgement.colours import Entry, lift
from models.judgement.judged import Judged, overall_rate, pooled_rate

FIELDS: Final = ("champion", "executive_view", "budget", "reorganization", "value_exceeds_price")
WORDING: Final = {"vague": "is_vague", "copied": "is_copied"}
"""Ways in which a reason can say nothing new."""


def answer_figures(judged: Judged) -> Iterator[Entry]:
    """Churn rate and lift of each answer to each question, of each theme of the reasons, and of empty wording.

    Args:
        judged: Entries of one checkpoint of which a colour stood.
    """
    if not len(judged):
        return
    rows = judged.rows
    for field in FIELDS:
        answers = rows[field].astype(object)
        for answer in sorted(answers.dropna().unique()):
            yield from _both("answer", f"{field}={answer}", (answers == answer).to_numpy(dtype=bool), judged)
    themes = themes_of_rows(judged)
    for theme in sorted({theme for found in themes for theme in found}):
        yield from _both("theme", theme, np.array([theme in found for found in themes], dtype=bool), judged)
    for name, column in WORDING.items():
        is_so = rows[column].astype("boolean").fillna(False).to_numpy(dtype=bool)
        yield from _both("wording", name, is_so, judged)


def themes_of_rows(judged: Judged) -> list[frozenset[str]]:
    """Themes that each reason speaks of; of a reason without any, and of no reason, none."""
    return [
        frozenset(theme.strip() for theme in str(text).split(",") if theme.strip())
        if isinstance(text, str)
        else frozenset()
        for text in judged.rows["reason_themes"]
    ]


def _both(subject: str, item: str, chosen: np.ndarray, judged: Judged) -> Iterator[Entry]:
    settings = judged.settings
    renewals, churns = int(chosen.sum()), int(judged.outcomes[chosen].sum())
    if not renewals:
        return
    rate = pooled_rate(churns, renewals, overall_rate(judged), settings.colour_strength, settings.interval_level)
    yield subject, item, "churn_rate", rate, renewals, churns
    # Where one outcome is missing among the chosen, resampling them shows no uncertainty at all.
    figure = judged.where(chosen).figure(lift(judged, chosen))
    yield subject, item, "lift", figure, renewals, churns
