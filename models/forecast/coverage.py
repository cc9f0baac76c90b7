"""Do the bands hold the truth as often as they say? The one question about the record that has a yes or no.

An exact test, since quarters are few. The figures that people read are in `record_summary`.
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd
from scipy.stats import binomtest

from models.settings import ForecastSettings

PROMISED: Final = 0.8
"""Share of the quarters that the band between the 10 and 90 % bounds is to hold."""
HEADLINE_DAYS: Final = 90
"""Days ahead that the bands are held to: one forecast for each quarter, so that no renewal speaks twice."""
LEVEL: Final = 0.05
"""Level of the test: where all is well, one company in twenty or fewer is warned."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the record of one origin says of its bands.

    Attributes:
        origin: `published` or `reconstructed`.
        quarters: Quarters that are over and settled.
        inside: Those whose GRR lay in the band.
        p_value: Of the exact binomial test against `PROMISED`, two-sided; None where quarters are too few.
    """

    origin: str
    quarters: int
    inside: int
    p_value: float | None

    @property
    def is_contradicted(self) -> bool:
        """Whether the record contradicts what the bands promise."""
        return self.p_value is not None and self.p_value < LEVEL


def assess_coverage(record: pd.DataFrame, settings: ForecastSettings) -> list[Coverage]:
    """Hold the bands of each origin to the quarters that followed.

    A quarter counts once: renewals of a quarter share its luck, those of two currencies too, so of several currencies
    the one with most renewals on record speaks. Then there is one forecast date per quarter and nothing to cluster by.

    Args:
        record: The `forecast_track_record`.
        settings: Quarters below which nothing is tested.

    Returns:
        One entry per origin that has a quarter, sorted by origin.
    """
    judged = record[(record["days_ahead"] == HEADLINE_DAYS) & record["is_inside"].notna()]
    found = []
    for origin, rows in judged.groupby("origin", sort=True):
        renewals = rows.groupby("currency", sort=True)["renewals"].sum()
        of_currency = rows[rows["currency"] == renewals.idxmax()]
        quarters, inside = len(of_currency), int(of_currency["is_inside"].astype(bool).sum())
        tested = quarters >= settings.minimum_quarters
        p_value = float(binomtest(inside, quarters, PROMISED).pvalue) if tested else None
        found.append(Coverage(str(origin), quarters, inside, p_value))
    return found
