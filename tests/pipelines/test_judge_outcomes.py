"""Which words of an outcome are the event, which are not, and which say that nothing is decided."""

import numpy as np
import pandas as pd
import pytest

from pipelines.judge.outcomes import read_outcomes
from pipelines.judge.words import UnclearError


def column(*cells: str | None) -> pd.Series:
    return pd.Series(cells, dtype=object)


@pytest.mark.parametrize(
    "cells",
    [("yes", "No"), ("TRUE", "false"), ("1", "0"), ("1.0", "0.0"), ("Churned", "renewed"), ("Y", "N")],
)
def test_outcomes_that_go_without_saying(cells: tuple[str, str]) -> None:
    read = read_outcomes(column(*cells, None, "NaN"), "o", ())
    np.testing.assert_array_equal(read.numbers, [1, 0, np.nan, np.nan])
    assert not read.undecided.any()
    assert read.notes == ()


def test_outcomes_that_do_not_are_asked_about() -> None:
    cells = column("won", "upsold", "Lost", "won", "2.0")
    with pytest.raises(UnclearError, match=r"'o' says 'won' \(2\), .* say which of them is the event with --event"):
        read_outcomes(cells, "o", ())
    read = read_outcomes(cells, "o", ("lost", "2"))
    np.testing.assert_array_equal(read.numbers, [0, 0, 1, 0, 1])
    assert read.notes == ("Not the event: 'won' (2), 'upsold' (1).",)
    with pytest.raises(UnclearError, match="no row of 'o' says 'gone'"):
        read_outcomes(cells, "o", ("gone",))


@pytest.mark.parametrize("events", [(), ("churned",)])
def test_what_is_undecided_is_neither_the_event_nor_its_absence(events: tuple[str, ...]) -> None:
    cells = column("Renewed", "Churned", "Pending", "in-progress", "In progress", "TBD", "unknown", "open", "n/a", None)
    read = read_outcomes(cells, "o", events)
    np.testing.assert_array_equal(read.numbers, [0, 1, *[np.nan] * 8])
    np.testing.assert_array_equal(np.flatnonzero(read.undecided), range(2, 8))
    assert read.notes == ()


def test_a_word_that_is_asked_for_is_the_event_whatever_it_says() -> None:
    read = read_outcomes(column("open", "closed", "pending"), "o", ("Open",))
    np.testing.assert_array_equal(read.numbers, [1, 0, np.nan])
    np.testing.assert_array_equal(read.undecided, [False, False, True])
