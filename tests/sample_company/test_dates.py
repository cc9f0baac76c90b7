from datetime import date

import numpy as np
import pytest

from sample_company.dates import Window, add_months, first_day_of_quarter, quarter_of, to_day, to_weekday
from sample_company.settings import CompanySettings


def days(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[D]").astype(np.int64)


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-11-15", 6, "2025-05-15"),
        ("2024-01-01", 24, "2026-01-01"),
    ],
)
def test_add_months_keeps_the_day_or_takes_the_last(start: str, months: int, expected: str) -> None:
    assert add_months(days(start), np.array([months])).tolist() == days(expected).tolist()


def test_weekends_move_to_monday() -> None:
    friday_to_monday = days("2026-06-26", "2026-06-27", "2026-06-28", "2026-06-29")
    assert (
        to_weekday(friday_to_monday).tolist() == days("2026-06-26", "2026-06-29", "2026-06-29", "2026-06-29").tolist()
    )


def test_quarters_begin_where_they_are_counted() -> None:
    some = days("2025-01-01", "2025-03-31", "2025-04-01", "2025-12-31")
    assert (
        first_day_of_quarter(quarter_of(some)).tolist()
        == days("2025-01-01", "2025-01-01", "2025-04-01", "2025-10-01").tolist()
    )


def test_window_starts_on_a_monday_and_covers_the_years() -> None:
    window = Window.of(CompanySettings(years=2, last_date=date(2026, 6, 28)))
    assert window.last_day == to_day(date(2026, 6, 28))
    assert (window.first_day + 3) % 7 == 0
    assert 730 <= window.last_day - window.first_day <= 737
    assert window.week_of(np.array([window.grid_start, window.last_day])).tolist() == [0, window.weeks - 1]
