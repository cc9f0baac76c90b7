"""What a brief says of green pulses in question: beside each, what the number is not showing.

The facts and their order are those of `false_greens`.
"""

from typing import Final

import pandas as pd

from models.false_greens import HOLDS_IF, REASON, SAID, SIGNAL, SINCE, USAGE
from pipelines.brief.parts import Card, Part
from pipelines.figures_in_words import counted, day, known

_MOST: Final = 6
_MOST_OF_TOPIC: Final = 2
"""Facts of each topic that fit on a page; the table has them all."""
_LABELS: Final = {
    SAID: "CSM",
    USAGE: "usage",
    REASON: "why",
    SIGNAL: "signal",
    SINCE: "since",
    HOLDS_IF: "fine if",
}


def greens_part(greens: pd.DataFrame | None) -> Part | None:
    """The green pulses in question; None where they are not published.

    Args:
        greens: `false_greens`.
    """
    if greens is None:
        return None
    title, anchor = "Green, and in question", "greens"
    renewals = list(greens.groupby(["account_id", "renewal_id"], sort=False))
    if not renewals:
        return Part(title, anchor, ("No green pulse stands against the score or against usage.",))
    count = counted(len(renewals), "renewal is", "renewals are")
    sentences = [f"{count} called green while the tier or usage says risk. What the number is not showing:"]
    if len(renewals) > _MOST:
        sentences.append(f"The first {_MOST}; the others are in `falsegreen show --green`.")
    return Part(title, anchor, tuple(sentences), tuple(_card(facts) for _, facts in renewals[:_MOST]))


def _card(facts: pd.DataFrame) -> Card:
    first = facts.iloc[0]
    owner = str(first["csm_name"]) if known(first["csm_name"]) else "no CSM"
    shown = facts.groupby("topic", sort=False).head(_MOST_OF_TOPIC)
    notes = ((_LABELS[topic], text) for topic, text in zip(shown["topic"], shown["sentence"], strict=True))
    return Card(
        title=str(first["account_name"]),
        facts=(f"renews {day(first['renewal_date'])}", owner),
        notes=tuple(notes),
        tone="elevated" if first["listed_for"] == "tier" else "",
    )
