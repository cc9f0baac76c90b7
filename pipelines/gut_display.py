"""The record of human judgement in a terminal: what colours meant, what they were worth, and who was right.

Only layout and plain words; the figures are those of the published `gut_calibration` and `override_value`.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd
from rich.console import Console
from rich.table import Table

from models.judgement.csm_record import PEOPLE_CHECKPOINT
from models.judgement.judged import ABSENT, ALL, COLOURS, UNPLAYED, VIEWED_CHECKPOINTS
from models.judgement.overrides import BY_STANCE
from pipelines.gut_in_words import (
    DIRECTIONS,
    NOBODY_SHOWN,
    NOT_FOR,
    POLICIES,
    SPOKEN_AT,
    VIEWS,
    Figure,
    Figures,
    age_order,
    ageing_in_words,
    answers,
    by_place,
    chance_in_words,
    habits_worth_a_look,
    is_telling,
    optimism_in_words,
    order_in_words,
    saves_in_words,
    spread_of_people_in_words,
)
from pipelines.text_display import print_section, print_wrapped, printable

_MOST: Final = 8


def print_gut(
    console: Console, calibration: pd.DataFrame, overrides: pd.DataFrame, habits: pd.DataFrame, checkpoint: str
) -> None:
    """Print what judgement has been worth at one checkpoint.

    Args:
        console: Where to print.
        calibration: The published `gut_calibration`.
        overrides: The published `override_value`.
        habits: The published `pulse_habits`.
        checkpoint: One of `models.judgement.judged.CHECKPOINTS`.
    """
    of_checkpoint = calibration[calibration["checkpoint"] == checkpoint]
    whole = of_checkpoint[of_checkpoint["slice_by"] == ALL]
    figures = {rows: by_place(whole[whole["rows"] == rows]) for rows in (ALL, UNPLAYED)}
    if not any(subject == "colour" for subject, _, _ in figures[ALL]):
        print_wrapped(console, f"No decided renewal is on the ledger {SPOKEN_AT[checkpoint]}.")
        return
    _print_colours(console, figures, checkpoint)
    if checkpoint in VIEWED_CHECKPOINTS:
        _print_views(console, figures[ALL])
    else:
        print_wrapped(console, "Not held against usage: its views are of an earlier look than the pulse.", mark="- ")
    _print_ages(console, figures[ALL])
    _print_answers(console, figures[ALL])
    _print_disagreements(console, overrides[overrides["checkpoint"] == checkpoint])
    _print_people(console, figures, checkpoint)
    _print_habits(console, habits)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title or None, title_justify="left", padding=(0, 1), pad_edge=False)
    table.add_column(columns[0], no_wrap=True)
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _print_colours(console: Console, figures: Mapping[str, Figures], checkpoint: str) -> None:
    print_wrapped(console, f"What the colours meant, {SPOKEN_AT[checkpoint]}", style="bold")
    has_plays = ("people", "", "played_share") in figures[ALL]
    table = _table("", "", "renewals", "lost", "churn rate", *(["unplayed"] if has_plays else []))
    for colour in (*COLOURS, ABSENT):
        rate = figures[ALL].get(("colour", colour, "churn_rate"))
        if rate is not None:
            cells = [f"{rate['renewals']:.0f}", f"{rate['churns']:.0f}", _percent(rate)]
            if has_plays:
                cells.append(_percent(figures[UNPLAYED].get(("colour", colour, "churn_rate"))))
            table.add_row("no pulse" if colour == ABSENT else colour, *cells)
    console.print(table)
    order = figures[ALL].get(("colours", "", "in_order"))
    if order is None:
        print_wrapped(console, "No pulse stood at any of them: no judgement is on record.", mark="- ")
        return
    print_wrapped(console, order_in_words(order), mark="- ")
    if has_plays:
        print_wrapped(console, "Unplayed: without those for which a play was started after the pulse.", mark="- ")
    else:
        print_wrapped(console, "No plays are on record, so nothing tells what they changed.", mark="- ")


def _print_views(console: Console, figures: Figures) -> None:
    if ("view", "gut_view", "brier_score") not in figures:
        print_wrapped(
            console, "Not held against usage: no renewal here has a colour and out-of-time views of it.", mark="- "
        )
        return
    first = figures["view", "gut_view", "brier_score"]
    title = f"\nThe views on the same {first['renewals']:.0f} renewals, {first['churns']:.0f} lost"
    table = _table(title, "", "AUC", "Brier score", "skill", "skill over usage")
    for view, spoken in VIEWS.items():
        place = ("view", view)
        table.add_row(
            spoken,
            _plain(figures.get((*place, "auc")), 3),
            f"{figures[(*place, 'brier_score')]['value']:.4f}",
            _plain(figures.get((*place, "skill_to_base_rate")), 3),
            _plain(figures.get((*place, "skill_to_usage_view")), 3),
        )
    console.print(table)
    optimism = figures["view", "gut_view", "optimism"]
    print_wrapped(console, optimism_in_words(optimism), mark="- ")


def _print_ages(console: Console, figures: Figures) -> None:
    ages = [(item, row) for (subject, item, measure), row in figures.items() if subject == "age" and measure == "auc"]
    if not ages:
        return
    table = _table("\nHow a colour ages", "days since written", "renewals", "lost", "AUC of the colour")
    for item, row in sorted(ages, key=lambda each: age_order(each[0])):
        # Of a handful lost, an order says nothing.
        auc: str = "-" if pd.isna(row["low"]) else _plain(row, 2)
        table.add_row(item, f"{row['renewals']:.0f}", f"{row['churns']:.0f}", auc)
    console.print(table)
    if ageing := ageing_in_words(figures):
        print_wrapped(console, ageing, mark="- ")


def _print_answers(console: Console, figures: Figures) -> None:
    lifts = answers(figures)
    telling = [each for each in lifts if is_telling(each[2])]
    if not lifts:
        return
    if not telling:
        print_wrapped(
            console, "No answer and no theme of a reason is known to mean more or less than the rest.", mark="- "
        )
        return
    table = _table("\nAnswers and reasons that meant something", "", "renewals", "lost", "churn rate", "lift")
    for subject, item, row, rate in sorted(telling, key=lambda each: -each[2]["value"])[:_MOST]:
        numbers = f"{row['renewals']:.0f}", f"{row['churns']:.0f}"
        named = item if subject != "theme" else f"reason: {item}"
        table.add_row(printable(named.replace("_", " ")), *numbers, _percent(rate), _plain(row, 1))
    console.print(table)
    print_wrapped(console, chance_in_words(len(lifts)), mark="- ")
    if len(telling) > _MOST:
        print_wrapped(console, f"{len(telling) - _MOST} more are in the table `gut_calibration`.", mark="- ")


def _print_disagreements(console: Console, overrides: pd.DataFrame) -> None:
    rows = overrides[(overrides["reason_theme"] == ALL) & (overrides["disagreement"] == BY_STANCE)]
    table = _table("\nWhere colour and usage disagreed", "the person said", "renewals", "lost", "usage", "gut")
    for direction, spoken in DIRECTIONS.items():
        of_direction = rows[rows["direction"] == direction]
        if len(of_direction):
            first = of_direction.iloc[0]
            lost = f"{first['churns']:.0f} ({first['churn_rate']:.0%})"
            expected = f"{first['usage_expected']:.0%}", f"{first['gut_expected']:.0%}"
            table.add_row(spoken, f"{first['renewals']:.0f}", lost, *expected)
    if table.row_count:
        console.print(table)
        text = "Usage, gut: the churn rate that each of them expected of these renewals. A dozen settle nothing."
        print_wrapped(console, text, mark="- ")
    everything = overrides[(overrides["disagreement"] == ALL) & (overrides["direction"] == ALL)]
    if not len(everything):
        return
    table = _table("\nWhat following the person would have gained over usage alone", "policy", "Brier gain", "by ARR")
    by_policy = {row["policy"]: row for row in everything.to_dict("records")}
    for policy, spoken in POLICIES.items():
        row = by_policy[policy]
        table.add_row(spoken, *(_gain(row, column) for column in ("brier_gain", "brier_gain_arr")))
    console.print(table)
    count = f"{everything.iloc[0]['renewals']:.0f}"
    print_wrapped(console, f"On {count} renewals with a fresh pulse; above zero is better than usage alone.", mark="- ")


def _print_people(console: Console, figures: Mapping[str, Figures], checkpoint: str) -> None:
    saves = figures[ALL].get(("people", "", "possible_saves"))
    if saves is not None:
        print_wrapped(console, saves_in_words(saves), mark="- ")
    names = [item for subject, item, measure in figures[ALL] if subject == "csm" and measure == "optimism"]
    if not names:
        if checkpoint == PEOPLE_CHECKPOINT and ("people", "", "optimism_sd") in figures[ALL]:
            spread = figures[ALL]["people", "", "optimism_sd"]
            print_wrapped(console, f"{spread_of_people_in_words(spread)} {NOBODY_SHOWN}", mark="- ")
        return
    table = _table("\nPeople, shrunk towards the team and adjusted for their books", "", "calls", "lost", "calls green")
    for column in ("without plays", "tells apart (AUC)", "without plays"):
        table.add_column(column, justify="right")
    for name in sorted(names):
        first = figures[ALL]["csm", name, "optimism"]
        numbers = f"{first['renewals']:.0f}", f"{first['churns']:.0f}"
        bounds = [
            show(figures[rows].get(("csm", name, measure)))
            for measure, show in (("green_share", _percent), ("discrimination", lambda row: _plain(row, 2)))
            for rows in (ALL, UNPLAYED)
        ]
        table.add_row(printable(name), *numbers, *bounds)
    console.print(table)
    print_wrapped(console, NOT_FOR, mark="- ", style="dim")


def _print_habits(console: Console, habits: pd.DataFrame) -> None:
    named = habits_worth_a_look(habits)
    console.print()
    print_section(console, "How pulses are given: worth a look", named)
    if not named and len(habits):
        print_wrapped(console, "Nothing stands out in how pulses are given.", mark="- ")


def _percent(row: Figure | None) -> str:
    if row is None or pd.isna(row["value"]):
        return "-"
    bare = f"{row['value']:.0%}"
    return bare if pd.isna(row["low"]) else f"{bare}\n{100 * row['low']:.0f} to {row['high']:.0%}"


def _plain(row: Figure | None, decimals: int) -> str:
    if row is None or pd.isna(row["value"]):
        return "-"
    bare = f"{row['value']:.{decimals}f}"
    return bare if pd.isna(row["low"]) else f"{bare}\n{row['low']:.{decimals}f} to {row['high']:.{decimals}f}"


def _gain(row: Figure, column: str) -> str:
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    bare = f"{row[column]:+.4f}"
    return bare if pd.isna(low) else f"{bare}\n{low:+.4f} to {high:+.4f}"
