"""How the cells of any spreadsheet are understood, and where they are not."""

import numpy as np
import pandas as pd
import pytest

from pipelines.judge.words import (
    UnclearError,
    are_numbers,
    folded,
    read_levels,
    read_probabilities,
)


def column(*cells: str | None) -> pd.Series:
    return pd.Series(cells, dtype=object)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GREEN", "green"),
        ("Amber / Red", "amber/red"),
        ("amber-red", "amber/red"),
        ("Amber  and Red", "amber/red"),
        ("A\u0301mbar", "ámbar"),
        ("1.0", "1"),
        ("-1", "-1"),
        ("-", "-"),
        ("0.5", "0.5"),
        ("nan", "nan"),
    ],
)
def test_words_are_compared_without_case_and_with_one_separator(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_colours_of_status_reports_are_known_in_any_case() -> None:
    read = read_levels(column("Green", "AMBER/GREEN", "amber", "Amber Red", "red", None, "N/A"), (), {})
    np.testing.assert_array_equal(read.numbers, [0, 1, 2, 3, 4, np.nan, np.nan])
    assert not read.unknown.any()
    assert read.names == ("green", "amber/green", "amber", "amber/red", "red")
    assert read.notes == ()


def test_levels_without_a_call_leave_no_gap_and_names_are_those_of_the_file() -> None:
    read = read_levels(column("yellow", "R", "yellow", "amber", "g"), (), {})
    np.testing.assert_array_equal(read.numbers, [1, 2, 1, 1, 0])
    assert read.names == ("g", "yellow", "r")
    assert read.notes == ("'yellow' and 'amber' are taken for one level.",)


def test_words_of_another_language_are_mapped() -> None:
    read = read_levels(
        column("Verde", "rojo", "AMARILLO", "Gris", "N/A"),
        (),
        {"verde": "green", "amarillo": "yellow", "Rojo": "red", "gris": "n/a"},
    )
    assert not read.unknown.any()
    np.testing.assert_array_equal(read.numbers, [0, 2, 1, np.nan, np.nan])
    with pytest.raises(UnclearError, match="--mapping leads 'verde' to 'grün', which is no level"):
        read_levels(column("verde"), (), {"verde": "grün"})


def test_an_order_makes_levels_of_any_words_even_of_grades_and_of_none() -> None:
    read = read_levels(column("3.0", "1", " 2"), ("1", "2", "3"), {})
    np.testing.assert_array_equal(read.numbers, [2, 0, 1])
    none = read_levels(column("none", "some", "N/A"), ("none", "some"), {})
    np.testing.assert_array_equal(none.numbers, [0, 1, np.nan])


def test_a_forgotten_word_stops_and_a_slip_does_not() -> None:
    mapping = {"vert": "green", "jaune": "yellow"}
    cells = ["Vert"] * 60 + ["Jaune"] * 35
    with pytest.raises(
        UnclearError, match=r"in 6 of 101 cells .*: 'Rouge' \(6\); .* --order, .* --mapping 'verde=green"
    ):
        read_levels(column(*cells, *["Rouge"] * 6, None), (), mapping)
    read = read_levels(column(*cells, *["Rouge"] * 5, None), (), mapping)
    np.testing.assert_array_equal(np.flatnonzero(read.unknown), range(95, 100))
    assert np.isnan(read.numbers[95:]).all()


def test_words_among_probabilities_stop_unless_they_are_few() -> None:
    with pytest.raises(UnclearError, match=r"2 of 20 cells of 'p' hold words and no numbers: 'high' \(2\); .*--order"):
        read_probabilities(column(*["0.5"] * 18, "high", "high", None, "n/a"), "p", may_be_percent=False)
    read = read_probabilities(column(*["0.5"] * 19, "high", None), "p", may_be_percent=False)
    np.testing.assert_array_equal(np.isnan(read.numbers), [False] * 19 + [True] * 2)


def test_words_that_mostly_say_nothing_stop_with_their_counts() -> None:
    with pytest.raises(UnclearError, match=r"'verde' \(2\), 'rojo' \(1\); name the levels .* --order.*--mapping"):
        read_levels(column("verde", "verde", "rojo", "green"), (), {})


def test_probabilities_are_numbers_from_zero_to_one() -> None:
    cells = column("0", "1.0", "0.25", None, "n/a", "likely", "1.5", "-0.1", "inf", *["0.5"] * 40)
    read = read_probabilities(cells, "p", may_be_percent=False)
    np.testing.assert_array_equal(read.numbers[:9], [0, 1, 0.25, *[np.nan] * 6])
    assert not read.is_percent
    assert read.notes == ()


def test_percentages_are_asked_about_and_percent_signs_are_not() -> None:
    with pytest.raises(UnclearError, match=r"'p' looks like percentages \(values up to 90\); .*--percent"):
        read_probabilities(column("0.5", "12", "90"), "p", may_be_percent=False)
    read = read_probabilities(column("0.5", "12", "90"), "p", may_be_percent=True)
    np.testing.assert_allclose(read.numbers, [0.005, 0.12, 0.9])
    assert read.notes == ("'p' is read as percentages.",)
    signed = read_probabilities(column("50 %", "1%", None), "p", may_be_percent=False)
    np.testing.assert_allclose(signed.numbers, [0.5, 0.01, np.nan])
    with pytest.raises(UnclearError, match="'p' has 1 cell with a percent sign and 2 without"):
        read_probabilities(column("50 %", "0.4", "0.2"), "p", may_be_percent=True)


def test_grades_and_other_numbers_are_no_probabilities() -> None:
    with pytest.raises(UnclearError, match=r"whole numbers from 1 to 5; if they are grades, .*--order 1,2,5"):
        read_probabilities(column("1", "5", "2"), "p", may_be_percent=False)
    with pytest.raises(UnclearError, match="'p' holds numbers from -3 to 700, which are no probabilities"):
        read_probabilities(column("-3", "700", "250"), "p", may_be_percent=False)


def test_decimal_commas_are_read_and_told() -> None:
    read = read_probabilities(column("0,25", "1", ",5"), "p", may_be_percent=False)
    np.testing.assert_allclose(read.numbers, [0.25, 1, 0.5])
    assert read.notes == ("Decimal commas in 'p' are read as points (2 cells).",)


def test_a_column_is_of_numbers_by_its_majority() -> None:
    assert are_numbers(column("0.1", "20 %", "high", None))
    assert not are_numbers(column("green", "red", "1"))
    assert not are_numbers(column(None, "n/a"))
