"""The record of the forecast: each past forecast of a quarter beside what came of it, once it is over and settled.

Two kinds that are never pooled: what was published, in its first revision, and what the walk would have said at dates
at which nothing was. A past model, its base rates and its shock knew what was known at its cut-off and no more. Figures
over quarters are in `record_summary`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from features.spine import GRID_DAYS, MATURITY_DAYS
from models.forecast.contracts import survive
from models.forecast.expectation import SCORE_COLUMNS
from models.forecast.naive import NAIVE
from models.forecast.outlook import Outlook
from models.forecast.periods import (
    QUARTER,
    is_linked,
    ordinals,
    period_end,
    period_name,
    period_start,
    place_in_periods,
)
from models.forecast.table import forecast_renewals
from models.learning import as_timestamp, with_dates
from models.settings import ForecastSettings, ModelSettings

DAYS_AHEAD: Final = (30, 90, 180)
"""Days before a quarter begins at which its forecast is taken; a forecast counts up to one step of the grid earlier."""
PUBLISHED: Final = "published"
RECONSTRUCTED: Final = "reconstructed"
TAKEN: Final = {
    "forecast_grr": "grr_p50",
    "expected_grr": "expected_grr",
    "grr_p10": "grr_p10",
    "grr_p90": "grr_p90",
    "forecast_renewal_rate": "renewal_rate_p50",
    "renewal_rate_p10": "renewal_rate_p10",
    "renewal_rate_p90": "renewal_rate_p90",
    **{name: name for name in NAIVE},
}
"""Columns of the record, and those of the forecast that they are taken from."""
ROUNDED: Final = 1e-9
"""What rounding may have done to a bound."""
RECORD_KEY: Final = ("origin", "days_ahead", "period", "currency")
RECORD_COLUMNS: Final = (
    *RECORD_KEY,
    "as_of",
    "trained_through",
    "renewals",
    "renewals_undecided",
    "arr_due",
    *TAKEN,
    "actual_grr",
    "error",
    "is_inside",
    *(f"{name}_error" for name in NAIVE),
    "actual_renewal_rate",
    "renewal_rate_error",
    "is_renewal_rate_inside",
    "quarter_grr",
)


@dataclass(frozen=True, slots=True)
class PastLooks:
    """What past forecasts are made of and held to.

    Attributes:
        dues: Rows of `features.dues.build_dues` as of every date that is looked from.
        ends: Rows of `features.dues.build_ends` as of the date of the record.
        through: That date.
    """

    dues: pd.DataFrame
    ends: pd.DataFrame
    through: pd.Timestamp

    def as_of(self, day: pd.Timestamp) -> pd.DataFrame:
        """The dues as of a date."""
        return self.dues[self.dues["as_of"] == day].reset_index(drop=True)


def looks_wanted(dates: Sequence[pd.Timestamp], through: pd.Timestamp) -> list[tuple[int, int, pd.Timestamp]]:
    """Which date's forecast counts for each quarter that is over and settled.

    Args:
        dates: Dates at which a forecast was or could have been made.
        through: Date of the record. A quarter is settled once it ended more than 60 days before, as in learning.

    Returns:
        Number of the quarter, days ahead, and the newest of the dates that lies at least so many days before the
        quarter begins, and less than one step of the grid more.
    """
    if not len(dates):
        return []
    first, last = (int(ordinals(pd.Series([day]), QUARTER).iloc[0]) for day in (min(dates), through))
    wanted = []
    for quarter in range(first, last):
        if period_end(quarter, QUARTER) + pd.Timedelta(days=MATURITY_DAYS) >= through:
            continue
        for ahead in DAYS_AHEAD:
            latest = period_start(quarter, QUARTER) - pd.Timedelta(days=ahead)
            near = [day for day in dates if latest - pd.Timedelta(days=GRID_DAYS) < day <= latest]
            if near:
                wanted.append((quarter, ahead, max(near)))
    return wanted


def reconstruct(
    looks: PastLooks,
    replays: pd.DataFrame,
    outlooks: Mapping[pd.Timestamp, Outlook],
    model: ModelSettings,
    settings: ForecastSettings,
) -> pd.DataFrame:
    """The record of what past models would have forecast.

    Args:
        looks: Dues as of every date of the replays, and what came of them.
        replays: What past models say at the dates of the grid; see `Walk`.
        outlooks: What else was known at each cut-off, by cut-off.
        model: Limits of the tiers, reach of the intervals.
        settings: Draws, rules.

    Returns:
        `RECORD_COLUMNS`, sorted by key.
    """
    replays = with_dates(replays, ("cutoff", "as_of"))
    rows = []
    for quarter, ahead, day in looks_wanted(sorted(replays["as_of"].unique()), looks.through):
        said = replays[replays["as_of"] == day]
        outlook = outlooks[said["cutoff"].iloc[0]]
        forecast = forecast_renewals(
            looks.as_of(day),
            said.reindex(columns=list(SCORE_COLUMNS)),
            outlook,
            model,
            settings,
            levels=("total",),
            kinds=(QUARTER,),
            quarters=(quarter,),
        )
        forecast = forecast.assign(trained_through=as_timestamp(outlook.trained_through))
        rows.append(_score(forecast, looks, quarter, ahead, RECONSTRUCTED))
    return _as_record(rows)


def score_published(looks: PastLooks, published: pd.DataFrame) -> pd.DataFrame:
    """The record of what was published.

    Args:
        looks: Dues as of every published date, and what came of them.
        published: The first revision of the `renewal_forecast` of every date.

    Returns:
        `RECORD_COLUMNS`, sorted by key.
    """
    published = with_dates(published, ("as_of", "trained_through"))
    wanted = looks_wanted(sorted(published["as_of"].unique()), looks.through)
    rows = [
        _score(published[published["as_of"] == day], looks, quarter, ahead, PUBLISHED) for quarter, ahead, day in wanted
    ]
    return _as_record(rows)


def _score(forecast: pd.DataFrame, looks: PastLooks, quarter: int, ahead: int, origin: str) -> pd.DataFrame:
    """One forecast's totals of a quarter, each beside what came of the very renewals that it was made of."""
    is_asked = (forecast["level"] == "total") & (forecast["period_kind"] == QUARTER)
    totals = forecast[is_asked & (forecast["period"] == period_name(quarter, QUARTER))]
    if totals.empty:
        return totals
    day = totals["as_of"].iloc[0]
    placed = place_in_periods(looks.as_of(day), day)
    cohort = placed[placed["in_quarter"] & (placed[QUARTER] == quarter) & (placed["status"] != "quarantined")]
    ended = cohort[["account_id", "renewal_id", "contract"]].merge(looks.ends, on=["account_id", "renewal_id"])
    came = _by_currency(ended).join(_by_currency(_all_of_quarter(looks.ends, quarter))["actual_grr"].rename("all"))
    rows = totals.merge(came.reset_index(), on="currency")
    taken = {column: rows[source] for column, source in TAKEN.items()}
    errors = {f"{name}_error": rows[name] - rows["actual_grr"] for name in NAIVE}
    return rows[["period", "currency", "as_of", "trained_through", "arr_due"]].assign(
        **taken,
        **errors,
        origin=origin,
        days_ahead=ahead,
        renewals=rows["renewals"],
        renewals_undecided=rows["undecided"],
        actual_grr=rows["actual_grr"],
        error=rows["grr_p50"] - rows["actual_grr"],
        is_inside=_inside(rows["actual_grr"], rows["grr_p10"], rows["grr_p90"]),
        actual_renewal_rate=rows["actual_rate"],
        renewal_rate_error=rows["renewal_rate_p50"] - rows["actual_rate"],
        is_renewal_rate_inside=_inside(rows["actual_rate"], rows["renewal_rate_p10"], rows["renewal_rate_p90"]),
        quarter_grr=rows["all"],
    )


def _inside(actual: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    """Whether each lies within its bounds; null where there is nothing to compare."""
    inside = actual.between(low - ROUNDED, high + ROUNDED)
    return inside.astype("boolean").mask(actual.isna() | low.isna())


def _all_of_quarter(ends: pd.DataFrame, quarter: int) -> pd.DataFrame:
    """What counts of a quarter's renewals as they are on record in the end."""
    rows = ends[(ends["outcome"] != "superseded") & (ordinals(ends["renewal_date"], QUARTER) == quarter)]
    rows = rows.assign(contract=rows.groupby(["account_id", "contract_id"]).ngroup())
    rows = rows.sort_values(["contract", "renewal_date", "renewal_id"], ignore_index=True)
    return rows[is_linked(rows, ["contract"])]


def _by_currency(ended: pd.DataFrame) -> pd.DataFrame:
    """What came of contracts: GRR and renewal rate of the decided ones, and how many are decided and how many not.

    A contract is kept if all of its renewals are, and decided once one is lost or all are kept. What was superseded has
    gone on under another renewal and counts as neither.
    """
    ended = ended[ended["outcome"] != "superseded"].sort_values(["contract", "renewal_date", "renewal_id"])
    places = np.flatnonzero(~ended.duplicated("contract"))
    kept, share, known = (
        survive(np.asarray(values, dtype=np.float64), places)
        for values in (ended["outcome"] != "churned", ended["retained_share"].fillna(1.0), ended["outcome"].notna())
    )
    decided = (known == 1.0) | (kept == 0.0)
    first = ended.iloc[places]
    due = np.rint(first["arr"] * 100).where(decided, 0.0)
    sums = pd.DataFrame(
        {
            "currency": first["currency"],
            "due": due,
            "retained": np.rint(due * share * kept),
            "renewals": decided.astype(np.int64),
            "renewed": (decided & (kept == 1.0)).astype(np.int64),
            "undecided": (~decided).astype(np.int64),
        }
    )
    sums = sums.groupby("currency").sum()
    return sums[["renewals", "undecided"]].assign(
        actual_grr=sums["retained"] / sums["due"].where(sums["due"] > 0),
        actual_rate=sums["renewed"] / sums["renewals"].where(sums["renewals"] > 0),
    )


def _as_record(rows: Sequence[pd.DataFrame]) -> pd.DataFrame:
    rows = [each for each in rows if len(each)]
    if not rows:
        return pd.DataFrame(columns=list(RECORD_COLUMNS))
    record = pd.concat(rows, ignore_index=True)[list(RECORD_COLUMNS)]
    return record.sort_values(list(RECORD_KEY), ignore_index=True)
