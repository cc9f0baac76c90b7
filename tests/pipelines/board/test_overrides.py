"""Disagreements on the page: what came beside what was expected, whole directions first, gains with intervals."""

import pandas as pd

from models.judgement.overrides import OVERRIDE_COLUMNS
from pipelines.board import gut_charts as charts
from pipelines.board import overrides as held
from pipelines.gut_in_words import POLICIES


def overrides_of(*places: tuple[str, str, str, str]) -> pd.DataFrame:
    rows = [
        (*place, policy, 12, 3, 0.25, 0.06, 0.28, 0.7, 0.001, -0.001, 0.003, 0.002, 0.001, 0.003)
        for place in places
        for policy in POLICIES
    ]
    return pd.DataFrame(rows, columns=list(OVERRIDE_COLUMNS))


OVERRIDES = overrides_of(
    ("90", "all", "all", "all"),
    ("90", "stance", "human_says_better", "all"),
    ("90", "stance", "human_says_worse", "all"),
    ("90", "stance", "human_says_worse", "product_quality"),
    ("90", "distance", "human_says_worse", "all"),
    ("180", "stance", "human_says_worse", "all"),
)


def test_each_direction_has_one_line_and_whole_directions_come_first() -> None:
    table = held.disagreement_table(OVERRIDES, "90", "stance")
    assert list(zip(table["the person said"].str.split().str[0], table["reason"], strict=True)) == [
        ("worse", "any"),
        ("better", "any"),
        ("worse", "product quality"),
    ]
    expected = held.expectations(table)
    assert len(expected) == 6
    assert set(expected["whose"]) == {held.CAME, held.BY_USAGE, held.BY_GUT}


def test_policies_are_replayed_on_the_chosen_renewals_alike_and_by_arr() -> None:
    table = held.policy_table(OVERRIDES, "90", "all")
    assert len(table) == 2 * len(POLICIES)
    assert table.loc[table["weight"] == held.BY_ARR, "Brier gain"].tolist() == [0.002] * len(POLICIES)
    assert held.policy_table(OVERRIDES, "180", "all").empty


def test_charts_say_what_they_show() -> None:
    table = held.disagreement_table(OVERRIDES, "90", "stance")
    for drawn in (
        charts.expectations_chart(held.expectations(table)),
        charts.policies_chart(held.policy_table(OVERRIDES, "90", "all")),
    ):
        assert drawn.to_dict()["description"]
