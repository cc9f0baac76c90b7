"""The gut feel page: people only where that is set, and nothing is claimed that no interval holds."""

import numpy as np
import pandas as pd
import pytest

from models.judgement.calibration import CALIBRATION_COLUMNS
from models.judgement.habits import HABIT_COLUMNS
from models.settings import JudgementSettings
from pipelines.board import gut_charts as charts
from pipelines.board import gut_feel as board
from pipelines.board import pulse_givers as given

Entry = tuple[str, str, str, str, str, str, str, float, float, float, int, int]


def entry(
    subject: str,
    item: str,
    measure: str,
    value: float,
    low: float = np.nan,
    high: float = np.nan,
    counts: tuple[int, int] = (40, 10),
    place: tuple[str, str, str, str] = ("90", "all", "all", "all"),
) -> Entry:
    return (*place, subject, item, measure, value, low, high, *counts)


def calibration_of(*entries: Entry) -> pd.DataFrame:
    return pd.DataFrame(list(entries), columns=list(CALIBRATION_COLUMNS))


def habits_of(*rows: tuple[str, str, bool]) -> pd.DataFrame:
    filled = [(habit, csm, 0.3, None, None, 50, notable, f"{habit}!") for habit, csm, notable in rows]
    return pd.DataFrame(filled, columns=list(HABIT_COLUMNS))


COLOURS = (
    entry("colour", "red", "churn_rate", 0.25, 0.1, 0.4, (40, 10)),
    entry("colour", "green", "churn_rate", 0.05, 0.01, 0.1, (60, 3)),
    entry("colour", "absent", "churn_rate", 0.1, 0.0, 0.3, (20, 2)),
)


def test_colours_stand_in_order_beside_what_was_lost_of_all() -> None:
    table = board.colour_table(calibration_of(*COLOURS), board.EVERYTHING, "90", "all")
    assert list(table["colour"]) == ["green", "red", board.NO_PULSE]
    assert list(table["slice"].unique()) == [board.EVERYTHING]
    assert table["of all"].round(6).unique().tolist() == [0.125]


def test_colours_by_horizon_have_each_horizon_its_own_share_of_all() -> None:
    later = entry("colour", "red", "churn_rate", 0.5, 0.3, 0.7, (10, 5), ("180", "all", "all", "all"))
    table = board.colour_table(calibration_of(*COLOURS, later), board.HORIZON, "90", "all")
    assert list(table["slice"].drop_duplicates()) == ["180 days ahead", "90 days ahead"]
    assert table["of all"].iloc[0] == 0.5


def test_slices_are_of_all_renewals_whatever_is_counted() -> None:
    small = entry("colour", "red", "churn_rate", 0.5, 0.3, 0.7, (10, 5), ("90", "all", "segment", "mid_market"))
    table = board.colour_table(calibration_of(*COLOURS, small), "segment", "90", "unplayed")
    assert list(table["slice"]) == ["mid market"]


def test_the_page_says_first_what_colours_meant_and_what_it_is_not_for() -> None:
    order = entry("colours", "", "in_order", 0.9)
    first, second, third = board.lead(calibration_of(*COLOURS, order))
    assert first == (
        "Lost of what was called, 90 days ahead of the renewal date: green 5% (1–10%), red 25% (10–40%); of all 12%."
    )
    assert "the order is not settled" in second
    assert third.startswith("Not for pay, promotion, ranking or dismissal.")
    nothing, purpose = board.lead(calibration_of())
    assert nothing.startswith("No decided renewal is on the ledger")
    assert purpose == third


def test_people_are_left_out_unless_that_is_set_whatever_the_table_holds() -> None:
    named = [entry("csm", "Ada", measure, 0.6, 0.5, 0.7) for measure in ("optimism", "green_share", "discrimination")]
    calibration, habits = calibration_of(*COLOURS, *named), habits_of(("copied_reasons", "Ada", True))
    hidden, without, notes = given.shown(calibration, habits, JudgementSettings())
    assert hidden is not None
    assert without is not None
    assert "Ada" not in hidden.to_string() + without.to_string()
    assert len(notes) == 2
    assert given.people_table(hidden, "90").empty
    as_is, with_names, notes = given.shown(calibration, habits, JudgementSettings(show_people=True))
    assert as_is is not None
    assert with_names is not None
    assert notes == ()
    people = given.people_table(as_is, "90")
    assert people.loc[0, "CSM"] == "Ada"
    assert people.loc[0, "calls green"] == "60% (50% to 70%)"
    assert people.loc[0, "calls green, without plays"] == "–"


def test_answers_that_stand_out_come_first_and_those_without_interval_not_at_all() -> None:
    answers = [
        row
        for item, lift, low, high in (
            ("budget=cut", 1.1, 0.8, 1.4),
            ("champion=gone", 2.0, 1.2, 3.0),
            ("few", 9.0, np.nan, np.nan),
        )
        for row in (entry("answer", item, "lift", lift, low, high), entry("answer", item, "churn_rate", 0.2, 0.1, 0.3))
    ]
    table = board.answer_table(board.figures_of(calibration_of(*answers), "90"))
    assert list(table["what was said"]) == ["champion: gone", "budget: cut"]
    assert list(table["stands out"]) == ["yes", "no"]


def test_of_a_handful_lost_no_order_is_shown() -> None:
    ages = [entry("age", "121+", "auc", 0.9), entry("age", "0-14", "auc", 0.7, 0.6, 0.8)]
    table = board.age_table(board.figures_of(calibration_of(*ages), "90"))
    assert list(table["days since written"]) == ["0-14", "121+"]
    assert table["AUC of the colour"].isna().tolist() == [False, True]


@pytest.mark.parametrize(("interval", "expected"), [((0.1, 0.7), "too bright"), ((-0.1, 0.9), "Nothing says")])
def test_optimism_is_claimed_only_where_the_interval_allows(interval: tuple[float, float], expected: str) -> None:
    figures = board.figures_of(calibration_of(entry("view", "gut_view", "optimism", 0.4, *interval)), "90")
    assert expected in board.views_in_words(figures)[0]
    assert "Not held against usage" in board.views_in_words({})[0]


def test_what_was_not_looked_at_has_no_line() -> None:
    score = entry("view", "gut_view", "brier_score", 0.1, 0.08, 0.12)
    table = board.view_table(board.figures_of(calibration_of(score), "90"))
    assert list(table[""]) == ["colour only"]
    assert list(table["skill over usage"]) == ["–"]


def test_habits_worth_a_look_come_first() -> None:
    habits = habits_of(("empty_reasons", "", False), ("never_red", "", True))
    assert given.habits_in_words(habits) == ("never_red!",)
    assert list(given.habit_table(habits)["habit"]) == ["never red", "empty reasons"]
    assert list(given.habit_table(habits)["who"]) == ["everybody", "everybody"]
    assert "Nothing stands out" in given.habits_in_words(habits.iloc[:1])[0]
    assert given.habits_in_words(habits.iloc[:0]) == ("No pulse is on record.",)


def test_charts_say_what_they_show() -> None:
    calibration = calibration_of(*COLOURS, entry("age", "0-14", "auc", 0.7, 0.6, 0.8))
    figures = board.figures_of(calibration, "90")
    drawn = charts.colours_chart(board.colour_table(calibration, board.EVERYTHING, "90", "all")).to_dict()
    assert "no pulse" in str(drawn["datasets"])
    assert drawn["description"]
    assert charts.ages_chart(board.age_table(figures)).to_dict()["description"]


def test_a_colour_is_told_by_a_word_and_a_shape_as_well() -> None:
    table = board.colour_table(calibration_of(*COLOURS), board.EVERYTHING, "90", "all")
    _, _, dots = charts.colours_chart(table).to_dict()["layer"]
    assert dots["encoding"]["y"]["field"] == "colour"
    assert "labels" not in dots["encoding"]["y"]["axis"]
    shapes = dots["encoding"]["shape"]["scale"]
    assert len(set(shapes["range"])) == len(shapes["domain"]) == 4


def test_why_nobody_is_shown_is_said() -> None:
    named = calibration_of(*COLOURS, entry("csm", "Ada", "optimism", 0.6, 0.5, 0.7))
    on, off = JudgementSettings(show_people=True), JudgementSettings()
    assert given.people_in_words({}, "90", named, off) == (given.NOTHING,)
    assert given.people_in_words({}, "90", calibration_of(*COLOURS), on) == (given.NOBODY,)
    assert given.people_in_words({}, "last_pulse", named, on) == (given.ELSEWHERE,)
    saves = board.figures_of(calibration_of(entry("people", "", "possible_saves", 3.0)), "90")
    (said,) = given.people_in_words(saves, "90", named, on)
    assert said.startswith("Possible saves")
