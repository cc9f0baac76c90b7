"""What the gut feel page shows: what colours meant, what they were worth, how they age, and which answers predict.

Figures are those of `gut_calibration`. Who was right in disagreements is told in `overrides`, who gives pulses in
`pulse_givers`, what charts look like in `gut_charts`.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import pandas as pd

from models.judgement.judged import ABSENT, ALL, COLOURS, UNPLAYED
from pipelines.board.widgets import Format, number, share
from pipelines.figures_in_words import between, percent
from pipelines.gut_in_words import (
    NOT_FOR,
    SPOKEN_AT,
    VIEWS,
    Figure,
    Figures,
    age_order,
    answers,
    by_place,
    is_telling,
    optimism_in_words,
    order_in_words,
)

TAKEN: Final = {words: checkpoint for checkpoint, words in SPOKEN_AT.items()}
"""When judgement was taken, by the words for it."""
USUAL: Final = "90"
USUAL_WORDS: Final = SPOKEN_AT[USUAL]
COUNTED: Final = {"all renewals": ALL, "those that no play followed": UNPLAYED}
NO_PULSE: Final = "no pulse"
EVERYTHING, HORIZON = "everything", "horizon"
_HORIZONS: Final = {"180": "180 days ahead", "90": "90 days ahead", "last_pulse": "last pulse"}
_SLICES: Final = {"segment": "segment", "what the pulse is about": "about", "state of the pulse": "pulse_state"}
SLICED: Final = (EVERYTHING, HORIZON, *_SLICES)
"""By what the meaning of colours is told."""
PURPOSE: Final = f"Not for pay, promotion, ranking or dismissal. {NOT_FOR}"
INTERVALS: Final = "Intervals are 90 % unless set otherwise; a dash stands where too few were lost to say anything."
MEANING: Final = (
    "Dots: the share of renewals with this colour that were lost, with its interval. Ticks: the share of all renewals, "
    "whatever was said. A play that works makes a red look wrong, so both countings are there."
)
NOTHING: Final = "No decided renewal of this kind is on the ledger."
COLOUR_FORMATS: Final[Mapping[str, Format]] = dict.fromkeys(("churn rate", "of all", "low", "high"), share)
VIEW_FORMATS: Final[Mapping[str, Format]] = {"AUC": number(3), "Brier score": number(4)}
AGE_FORMATS: Final[Mapping[str, Format]] = dict.fromkeys(("AUC of the colour", "low", "high"), number(2))
ANSWER_FORMATS: Final[Mapping[str, Format]] = {
    "churn rate": share,
    **dict.fromkeys(("lift", "low", "high"), number(2)),
}
_KINDS: Final = {"answer": "answer", "theme": "reason", "wording": "wording"}


def figures_of(calibration: pd.DataFrame, checkpoint: str, counted: str = ALL) -> Figures:
    """Return the figures of one checkpoint and counting, over everything.

    Args:
        calibration: The published `gut_calibration`.
        checkpoint: One of the values of `TAKEN`.
        counted: One of the values of `COUNTED`.
    """
    rows = calibration[(calibration["checkpoint"] == checkpoint) & (calibration["rows"] == counted)]
    return by_place(rows[rows["slice_by"] == ALL])


def lead(calibration: pd.DataFrame) -> tuple[str, ...]:
    """Return what the page says first: what colours meant 90 days ahead, and what the page is not for."""
    colours = colour_table(calibration, EVERYTHING, USUAL, ALL)
    if colours.empty:
        return (f"No decided renewal is on the ledger {SPOKEN_AT[USUAL]}.", PURPOSE)
    said = ", ".join(
        f"{row['colour']} {percent(row['churn rate'])} ({between(row['low'], row['high'])})"
        for row in colours.to_dict("records")
        if row["colour"] != NO_PULSE
    )
    first = f"Lost of what was called, {SPOKEN_AT[USUAL]}: {said}; of all {percent(colours['of all'].iloc[0])}."
    order = figures_of(calibration, USUAL).get(("colours", "", "in_order"))
    return (first, *([] if order is None else [order_in_words(order)]), PURPOSE)


def colour_table(calibration: pd.DataFrame, sliced: str, checkpoint: str, counted: str) -> pd.DataFrame:
    """Return what colours meant, a line per slice and colour.

    Args:
        calibration: The published `gut_calibration`.
        sliced: One of `SLICED`; by horizon, the checkpoint is passed over.
        checkpoint: One of the values of `TAKEN`.
        counted: One of the values of `COUNTED`; slices are of all renewals only.

    Returns:
        slice, colour, renewals, lost, churn rate, low, high, of all (the share lost of the slice, whatever was said).
    """
    by = _SLICES.get(sliced, ALL)
    rows = calibration[(calibration["slice_by"] == by) & (calibration["subject"] == "colour")]
    rows = rows[(rows["rows"] == (counted if by == ALL else ALL)) & (rows["measure"] == "churn_rate")]
    if sliced != HORIZON:
        rows = rows[rows["checkpoint"] == checkpoint]
    named: pd.Series = rows["slice"].replace(ALL, EVERYTHING).str.replace("_", " ")
    spot: pd.Series = named
    if sliced == HORIZON:
        named, spot = rows["checkpoint"].map(_HORIZONS), rows["checkpoint"].map(_place_in(_HORIZONS))
    rows = rows.assign(slice=named, _slice=spot, _colour=rows["item"].map(_place_in((*COLOURS, ABSENT))))
    rows = rows.sort_values(["_slice", "_colour"], ignore_index=True)
    in_slice = rows.groupby("slice")[["churns", "renewals"]].transform("sum")
    of_all = in_slice["churns"] / in_slice["renewals"]
    return pd.DataFrame(
        {
            "slice": rows["slice"],
            "colour": rows["item"].replace(ABSENT, NO_PULSE),
            "renewals": rows["renewals"],
            "lost": rows["churns"],
            "churn rate": rows["value"],
            "low": rows["low"],
            "high": rows["high"],
            "of all": of_all,
        }
    )


def view_table(figures: Figures) -> pd.DataFrame:
    """Return what colour, usage and both were worth on the same renewals; no rows where that was not looked at."""
    lines = []
    for view, spoken in VIEWS.items():
        score = figures.get(("view", view, "brier_score"))
        if score is not None:
            auc = figures.get(("view", view, "auc"))
            lines.append(
                {
                    "": spoken,
                    "renewals": score["renewals"],
                    "lost": score["churns"],
                    "AUC": None if auc is None else auc["value"],
                    "90 % of AUC": _interval(auc, "{:.2f}"),
                    "Brier score": score["value"],
                    "skill over base rate": with_interval(figures.get(("view", view, "skill_to_base_rate"))),
                    "skill over usage": with_interval(figures.get(("view", view, "skill_to_usage_view"))),
                }
            )
    return pd.DataFrame(lines)


def views_in_words(figures: Figures) -> tuple[str, ...]:
    """Return whether colours were too bright; or why they are not held against usage here."""
    optimism = figures.get(("view", "gut_view", "optimism"))
    if optimism is None:
        return ("Not held against usage here: its views are of an earlier look than the pulse, or there are none.",)
    return (optimism_in_words(optimism),)


def age_table(figures: Figures) -> pd.DataFrame:
    """Return how well a colour tells apart, by the age of its words."""
    ages = [(item, row) for (subject, item, measure), row in figures.items() if (subject, measure) == ("age", "auc")]
    return pd.DataFrame(
        [
            {
                "days since written": item,
                "renewals": row["renewals"],
                "lost": row["churns"],
                # Of a handful lost, an order says nothing.
                "AUC of the colour": row["value"] if pd.notna(row["low"]) else None,
                "low": row["low"],
                "high": row["high"],
            }
            for item, row in sorted(ages, key=lambda each: age_order(each[0]))
        ],
        columns=["days since written", "renewals", "lost", "AUC of the colour", "low", "high"],
    )


def answer_table(figures: Figures) -> pd.DataFrame:
    """Return what answers, themes of reasons and wordings meant, those that stand out first."""
    lines = [
        {
            "kind": _KINDS[subject],
            "what was said": item.replace("_", " ").replace("=", ": "),
            "renewals": lift["renewals"],
            "lost": lift["churns"],
            "churn rate": rate["value"],
            "lift": lift["value"],
            "low": lift["low"],
            "high": lift["high"],
            "stands out": "yes" if is_telling(lift) else "no",
        }
        for subject, item, lift, rate in answers(figures, tuple(_KINDS))
    ]
    table = pd.DataFrame(
        lines, columns=["kind", "what was said", "renewals", "lost", "churn rate", "lift", "low", "high", "stands out"]
    )
    return table.sort_values(["stands out", "lift"], ascending=[False, False], kind="stable", ignore_index=True)


def _place_in(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


def _interval(row: Figure | None, form: str) -> str:
    return "" if row is None or pd.isna(row["low"]) else f"{form.format(row['low'])} to {form.format(row['high'])}"


def with_interval(row: Figure | None, form: str = "{:+.3f}") -> str:
    """A figure and its interval as text, or a dash."""
    if row is None or pd.isna(row["value"]):
        return "–"
    interval = _interval(row, form)
    return form.format(row["value"]) + (f" ({interval})" if interval else "")
