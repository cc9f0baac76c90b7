"""Days and instants as integers, so that whole histories are computed in numpy at once.

A day is an int64 count since 1970-01-01, an instant an int64 count of microseconds; `NULL` stands for none and `FAR`
for never. The window and its weekly grid are here too; what happens on the days is not.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from sample_company.settings import CompanySettings

Array = npt.NDArray[Any]

NULL = int(np.iinfo(np.int64).min)
FAR = 10_000_000
"""A day no simulated history reaches."""
DAY_US = 86_400_000_000
WARM_UP_WEEKS = 52


def to_day(value: date) -> int:
    """Days from 1970-01-01 to `value`."""
    return value.toordinal() - date(1970, 1, 1).toordinal()


def add_months(days: Array, months: Array) -> Array:
    """The same day of the month, `months` later, or the month's last day where it is shorter."""
    start = days.astype("datetime64[D]")
    month = start.astype("datetime64[M]")
    day_of_month = (start - month.astype("datetime64[D]")).astype(np.int64)
    target = month + months.astype(np.int64)
    length = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(np.int64)
    shifted: Array = target.astype("datetime64[D]").astype(np.int64) + np.minimum(day_of_month, length - 1)
    return shifted


def quarter_of(days: Array) -> Array:
    """Calendar quarters since 1970, one number per day given."""
    quarters: Array = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // 3
    return quarters


def first_day_of_quarter(quarters: Array) -> Array:
    """First day of each quarter that `quarter_of` counts."""
    days: Array = (quarters * 3).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days


def at_hour(days: Array, hours: Array) -> Array:
    """Instants `hours` (fractions allowed) into the given days, to the second."""
    instants: Array = days.astype(np.int64) * DAY_US + (hours * 3600).astype(np.int64) * 1_000_000
    return instants


def to_weekday(days: Array) -> Array:
    """Saturdays and Sundays moved to the Monday after."""
    weekday = (days + 3) % 7
    moved: Array = np.where(weekday >= 5, days + 7 - weekday, days)
    return moved


@dataclass(frozen=True)
class Window:
    """The recorded history and the weekly grid on which states are kept.

    Attributes:
        first_day: First recorded day, a Monday.
        last_day: Last day lived through.
        grid_start: First day of the grid, `WARM_UP_WEEKS` before `first_day`.
        weeks: Length of the grid.
    """

    first_day: int
    last_day: int
    grid_start: int
    weeks: int

    @classmethod
    def of(cls, settings: CompanySettings) -> "Window":
        """The window that ends with the settings' last date."""
        last_day = to_day(settings.last_date)
        first_day = last_day - round(settings.years * 365.25)
        first_day -= (first_day + 3) % 7
        grid_start = first_day - 7 * WARM_UP_WEEKS
        return cls(first_day, last_day, grid_start, (last_day - grid_start) // 7 + 1)

    @property
    def extracted_at(self) -> int:
        """Instant at which the source systems were read: six in the morning after the last day."""
        return (self.last_day + 1) * DAY_US + 6 * 3_600_000_000

    @property
    def week_starts(self) -> Array:
        """First day of every week of the grid."""
        return self.grid_start + 7 * np.arange(self.weeks, dtype=np.int64)

    def week_of(self, days: Array) -> Array:
        """Index on the grid of the week each day falls in, held to the grid's ends."""
        weeks: Array = np.clip((days - self.grid_start) // 7, 0, self.weeks - 1)
        return weeks
