"""What is printed of judgement: the figures of the tables, in words that say no more than they do."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from models.judgement.calibration import CALIBRATION_COLUMNS
from models.judgement.habits import HABIT_COLUMNS
from models.judgement.overrides import OVERRIDE_COLUMNS
from pipelines.gut_display import print_gut

OPTIMISM = ("view", "gut_view", "optimism")


def calibration_of(entries: dict[tuple[str, str, str], tuple[float, float, float]]) -> pd.DataFrame:
    rows = [
        ("90", "all", "all", "all", *place, value, low, high, 40, 10)
        for place, (value, low, high) in ({("colour", "red", "churn_rate"): (0.25, 0.1, 0.4)} | entries).items()
    ]
    return pd.DataFrame(rows, columns=list(CALIBRATION_COLUMNS))


def printed(
    calibration: pd.DataFrame,
    overrides: pd.DataFrame | None = None,
    habits: pd.DataFrame | None = None,
    checkpoint: str = "90",
) -> str:
    text = StringIO()
    overrides = pd.DataFrame(columns=list(OVERRIDE_COLUMNS)) if overrides is None else overrides
    habits = pd.DataFrame(columns=list(HABIT_COLUMNS)) if habits is None else habits
    print_gut(Console(file=text, width=100), calibration, overrides, habits, checkpoint)
    return " ".join(text.getvalue().split())


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((0.4, 0.1, 0.7), "Colours were too bright"),
        ((-0.4, -0.7, -0.1), "Colours were too dark"),
        ((0.4, -0.1, 0.9), "Nothing says that colours were too bright or too dark"),
        ((0.4, np.nan, np.nan), "Too few were lost to tell"),
    ],
)
def test_optimism_is_claimed_only_where_the_interval_allows(
    interval: tuple[float, float, float], expected: str
) -> None:
    views = {("view", "gut_view", "brier_score"): (0.1, 0.08, 0.12), OPTIMISM: interval}
    views |= {
        ("view", view, "brier_score"): (0.1, 0.08, 0.12) for view in ("base_rate", "usage_view", "churn_probability")
    }
    assert expected in printed(calibration_of(views))


def test_an_order_that_is_not_sure_is_not_claimed() -> None:
    sure, unsure = (
        printed(calibration_of({("colours", "", "in_order"): (chance, np.nan, np.nan)})) for chance in (0.97, 0.9)
    )
    assert "worse colours were lost more often" in sure
    assert "the order is not settled" in unsure


def test_a_checkpoint_without_entries_says_so() -> None:
    assert "No decided renewal is on the ledger 180 days ahead" in printed(calibration_of({}), checkpoint="180")


def test_without_views_no_skill_is_claimed() -> None:
    assert "Not held against usage" in printed(calibration_of({}))


def test_people_are_shown_with_both_bounds_and_a_warning() -> None:
    entries = {
        ("csm", "Ada", measure): (value, value - 0.1, value + 0.1)
        for measure, value in (("optimism", 0.2), ("green_share", 0.6), ("discrimination", 0.7))
    }
    everybody = calibration_of(entries)
    unplayed = everybody.assign(rows="unplayed", value=everybody["value"] - 0.05)
    text = printed(pd.concat([everybody, unplayed], ignore_index=True))
    assert "Ada" in text
    assert "60%" in text
    assert "55%" in text
    assert "Not a review of anybody" in text


def test_a_name_cannot_steer_the_terminal() -> None:
    entries = {("csm", "\x1b[2Jx", "optimism"): (0.2, 0.1, 0.3), ("csm", "\x1b[2Jx", "green_share"): (0.2, 0.1, 0.3)}
    assert "\x1b" not in printed(calibration_of(entries))


def test_disagreements_are_set_beside_what_each_view_expected() -> None:
    key = ("90", "stance", "human_says_worse", "all", "stacked")
    row = (*key, 12, 3, 0.25, 0.06, 0.28, 0.25, *[0.01] * 6)
    text = printed(calibration_of({}), pd.DataFrame([row], columns=list(OVERRIDE_COLUMNS)))
    assert "worse (red, usage healthy)" in text
    assert "3 (25%)" in text
    assert "6%" in text
    assert "28%" in text


def test_only_habits_worth_a_look_are_told() -> None:
    rows = [
        ("copied_reasons", "", 0.3, None, None, 50, True, "30% are copied."),
        ("never_red", "", 0, None, None, 50, False, "No."),
    ]
    text = printed(calibration_of({}), habits=pd.DataFrame(rows, columns=list(HABIT_COLUMNS)))
    assert "worth a look - 30% are copied." in text
    assert "No." not in text
    quiet = printed(calibration_of({}), habits=pd.DataFrame(rows[1:], columns=list(HABIT_COLUMNS)))
    assert "Nothing stands out" in quiet
