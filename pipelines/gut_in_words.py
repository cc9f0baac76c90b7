"""What is said of judgement, on a terminal and on a page alike: names of figures, and sentences.

A sentence claims no more than the interval of its figure does. Figures are those of the published `gut_calibration` and
`pulse_habits`; how they are laid out is decided elsewhere.
"""

from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from models.judgement.overrides import BETTER, WORSE

SPOKEN_AT: Final = {
    "180": "180 days ahead of the renewal date",
    "90": "90 days ahead of the renewal date",
    "last_pulse": "at the last pulse before the decision",
}
"""When judgement was taken."""
VIEWS: Final = {
    "base_rate": "base rate",
    "gut_view": "colour only",
    "usage_view": "usage view",
    "churn_probability": "both together",
}
POLICIES: Final = {
    "gut_only": "gut_only: what the colour has meant",
    "stacked": "stacked: both, learned together",
    "red_wins": "red_wins: a fresh red overrules",
    "adjudicate": "adjudicate: the person, where they disagree",
}
DIRECTIONS: Final = {WORSE: "worse (red, usage healthy)", BETTER: "better (green, usage risky)"}
"""What the person said, where usage said otherwise."""
NOT_FOR: Final = (
    "Not a review of anybody: books differ in more than can be adjusted for, intervals are wide, and a person who is "
    "scored for colours will choose colours for the score."
)
NOBODY_SHOWN: Final = "Single people are shown where `judgement.show_people` is set."
_SURE: Final = 0.95

Figure = Mapping[Hashable, Any]
"""A row of `gut_calibration`: value, low, high, renewals..."""
Figures = Mapping[tuple[str, str, str], Figure]
"""Rows of `gut_calibration` by subject, item and measure."""


def by_place(rows: pd.DataFrame) -> Figures:
    """Return rows of one checkpoint, slice and weighting by what they are about."""
    return {(row["subject"], row["item"], row["measure"]): row for row in rows.to_dict("records")}


def order_in_words(order: Figure) -> str:
    """Whether worse colours were lost more often."""
    verdict = "worse colours were lost more often" if order["value"] >= _SURE else "the order is not settled"
    return f"Chance that green, yellow and red stand in this order: {order['value']:.0%}; {verdict}."


def optimism_in_words(optimism: Figure) -> str:
    """Whether colours were too bright for what they had meant until then."""
    value, low, high = optimism["value"], optimism["low"], optimism["high"]
    if pd.isna(low):
        return "Too few were lost to tell whether colours were too bright."
    figure = f"log-odds {value:+.2f}, {low:+.2f} to {high:+.2f}"
    if low > 0:
        return f"Colours were too bright: more was lost than they had meant until then ({figure})."
    if high < 0:
        return f"Colours were too dark: less was lost than they had meant until then ({figure})."
    return f"Nothing says that colours were too bright or too dark for what they had meant until then ({figure})."


def ageing_in_words(figures: Figures) -> str | None:
    """How the gap between red and green changes as words age; None where nothing can be said."""
    change = figures.get(("age", "", "gap_change_per_month"))
    if change is None or pd.isna(change["low"]):
        return None
    sure = "" if change["high"] < 0 or change["low"] > 0 else "; that may be chance"
    return (
        f"The gap between the churn rates of red and green changes by {100 * change['value']:+.1f} points a month "
        f"({100 * change['low']:+.1f} to {100 * change['high']:+.1f}){sure}."
    )


def age_order(item: str) -> int:
    """Place of an age, `0-14` or `121+`, among ages."""
    return int(item.rstrip("+").split("-")[0])


def answers(figures: Figures, subjects: tuple[str, ...] = ("answer", "theme")) -> list[tuple[str, str, Figure, Figure]]:
    """Return subject, item, lift and churn rate of answers and themes of which something can be said."""
    return [
        (subject, item, row, figures[subject, item, "churn_rate"])
        for (subject, item, measure), row in figures.items()
        if subject in subjects and measure == "lift" and not pd.isna(row["low"])
    ]


def is_telling(lift: Figure) -> bool:
    """Whether an answer is known to mean more or less than the rest."""
    return bool(lift["low"] > 1 or lift["high"] < 1)


def chance_in_words(looked_at: int) -> str:
    """How much of what stands out would do so by chance."""
    return f"Of {looked_at} that were looked at, one in ten would stand out like this by chance alone."


def spread_of_people_in_words(spread: Figure) -> str:
    """How far people differ, without saying who."""
    return (
        "People differ in how bad an account has to look before the colour turns by "
        f"{spread['value']:.2f} widths of yellow (standard deviation)."
    )


def saves_in_words(saves: Figure) -> str:
    """How many may have been saved."""
    return f"Possible saves, called red, then played, then renewed: {saves['value']:.0f}. They improve no score."


def habits_worth_a_look(habits: pd.DataFrame) -> list[str]:
    """What stands out in how pulses are given, a sentence each.

    Args:
        habits: The published `pulse_habits`.
    """
    notable = habits[habits["is_notable"].astype(bool)]
    return [
        f"{row['csm_id']}: {row['sentence']}" if row["csm_id"] else str(row["sentence"])
        for row in notable.to_dict("records")
    ]
