"""What the gut feel page shows of those who give pulses: of the team, and of single people where that is set.

Neutral words: each habit has good reasons, and no figure here is a review of anybody.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from models.judgement.csm_record import PEOPLE_CHECKPOINT
from models.judgement.judged import ALL, UNPLAYED
from models.settings import JudgementSettings
from pipelines.board.gut_feel import figures_of, with_interval
from pipelines.board.widgets import Format, number
from pipelines.exports.export import without_people
from pipelines.gut_in_words import (
    NOBODY_SHOWN,
    Figures,
    habits_worth_a_look,
    saves_in_words,
    spread_of_people_in_words,
)

HABIT_FORMATS: Final[Mapping[str, Format]] = dict.fromkeys(("figure", "low", "high"), number(3))
NOTHING: Final = (
    "Of people together nothing is said here: how far they differ is told 90 days ahead of the renewal date, and "
    "possible saves are counted of all renewals."
)
NOBODY: Final = (
    "`judgement.show_people` is set, and the published tables name nobody: they were made without it, or nobody has "
    "enough decided calls. People are in them from the next training on: "
    "`falsegreen run --source DIR --out WORKSPACE --config FILE --retrain`"
)
ELSEWHERE: Final = "Single people are told 90 days ahead of the renewal date."
_OF_PEOPLE: Final = {"green_share": ("calls green", "{:.0%}"), "discrimination": ("tells apart (AUC)", "{:.2f}")}


def shown(
    calibration: pd.DataFrame | None, habits: pd.DataFrame | None, settings: JudgementSettings
) -> tuple[pd.DataFrame | None, pd.DataFrame | None, tuple[str, ...]]:
    """Return what may be shown: single people only where that is set, whatever was when the tables were made.

    Args:
        calibration: The published `gut_calibration`, or None.
        habits: The published `pulse_habits`, or None.
        settings: Whether people may be shown.

    Returns:
        Both tables, and what was left out, in sentences.
    """
    if settings.show_people or calibration is None or habits is None:
        return calibration, habits, ()
    calibration, left_out = without_people("gut_calibration", calibration)
    habits, also_left_out = without_people("pulse_habits", habits)
    return calibration, habits, (*left_out, *also_left_out)


def people_table(calibration: pd.DataFrame, checkpoint: str) -> pd.DataFrame:
    """Return what single people's colours meant, where the table names them; else no rows.

    Args:
        calibration: What may be shown of `gut_calibration`.
        checkpoint: One of the values of `TAKEN`.
    """
    all_renewals, unplayed = (figures_of(calibration, checkpoint, counted) for counted in (ALL, UNPLAYED))
    names = sorted(item for subject, item, measure in all_renewals if (subject, measure) == ("csm", "optimism"))
    lines = []
    for name in names:
        first = all_renewals["csm", name, "optimism"]
        line = {"CSM": name, "calls": first["renewals"], "lost": first["churns"]}
        for measure, (spoken, form) in _OF_PEOPLE.items():
            for figures, ending in ((all_renewals, ""), (unplayed, ", without plays")):
                line[f"{spoken}{ending}"] = with_interval(figures.get(("csm", name, measure)), form)
        lines.append(line)
    return pd.DataFrame(lines)


def people_in_words(
    figures: Figures, checkpoint: str, calibration: pd.DataFrame, settings: JudgementSettings
) -> tuple[str, ...]:
    """Return what is said of people without saying who: how far they differ, what may have been saved.

    Args:
        figures: As `gut_feel.figures_of` returns them.
        checkpoint: One of the values of `TAKEN`.
        calibration: What may be shown of `gut_calibration`.
        settings: Whether people may be shown; where they may, it is said why nobody is.
    """
    said = []
    spread = figures.get(("people", "", "optimism_sd"))
    if spread is not None and checkpoint == PEOPLE_CHECKPOINT:
        hidden = "" if settings.show_people else f" {NOBODY_SHOWN}"
        said.append(spread_of_people_in_words(spread) + hidden)
    saves = figures.get(("people", "", "possible_saves"))
    if saves is not None:
        said.append(saves_in_words(saves))
    if settings.show_people and people_table(calibration, checkpoint).empty:
        said.append(NOBODY if people_table(calibration, PEOPLE_CHECKPOINT).empty else ELSEWHERE)
    return tuple(said) or (NOTHING,)


def habits_in_words(habits: pd.DataFrame) -> tuple[str, ...]:
    """Return what is worth a look in how pulses are given."""
    if habits.empty:
        return ("No pulse is on record.",)
    return tuple(habits_worth_a_look(habits)) or ("Nothing stands out in how pulses are given.",)


def habit_table(habits: pd.DataFrame) -> pd.DataFrame:
    """Return everything that was looked at in how pulses are given; of a person only where the table names one."""
    return pd.DataFrame(
        {
            "habit": habits["habit"].str.replace("_", " "),
            "who": habits["csm_id"].replace("", "everybody"),
            "what was found": habits["sentence"],
            "figure": habits["value"],
            "low": habits["low"],
            "high": habits["high"],
            "pulses": habits["pulses"],
            "worth a look": habits["is_notable"].astype(bool).map({True: "yes", False: "no"}),
        }
    ).sort_values("worth a look", ascending=False, kind="stable", ignore_index=True)
