"""The renewal forecast as a table: sums, bounds, rules and naive forecasts per period, cell and roll-up.

Point figures are sums of cents, so cells add up to roll-ups exactly. Bounds are quantiles of simulated sums and do not
add up; each level is simulated from the same courses.
"""

from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from features.dues import STATUSES
from models.forecast.contracts import CELL, GROUPS, count_contracts, first_places, survive
from models.forecast.expectation import expect
from models.forecast.naive import NAIVE, always_renews, naive_rates, settled_past
from models.forecast.outlook import Outlook
from models.forecast.periods import (
    AHEAD_QUARTERS,
    MONTH,
    QUARTER,
    ordinals,
    period_name,
    period_start,
    place_in_periods,
)
from models.forecast.simulation import simulate
from models.learning import FloatArray, IntArray, with_dates
from models.settings import ForecastSettings, ModelSettings

LEVELS: Final = {
    "total": (),
    "segment": ("segment",),
    "region": ("region",),
    "csm": ("csm_id",),
    "cell": ("segment", "region", "csm_id"),
}
"""Roll-ups by name, and what they are by; a currency of its own is never added to another."""
EVERY: Final = "all"
"""Stands where a roll-up is not by that column."""
UNKNOWN: Final = "unknown"
BOUNDS: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
CENTS: Final = {
    "due": "arr_due",
    **{status: f"arr_{status}" for status in STATUSES},
    "churned": "expected_churned_arr",
    "lost_to_contraction": "expected_contracted_arr",
    "retained": "expected_retained_arr",
    "commit": "commit_arr",
    "best_case": "best_case_arr",
    "at_risk": "at_risk_arr",
}
COUNTS: Final = {"one": "renewals_due", **{f"is_{status}": f"renewals_{status}" for status in STATUSES}}
HALF_A_QUARTER: Final = pd.Timedelta(days=45)
SUMS: Final = [*CENTS, *COUNTS, "renewing", "unscored", "certain", "counted"]
FORECAST_KEY: Final = ("as_of", "period_kind", "period", "currency", "level", *GROUPS)
FORECAST_COLUMNS: Final = (
    *FORECAST_KEY,
    "period_start",
    *COUNTS.values(),
    *CENTS.values(),
    "expected_grr",
    *(f"grr_{bound}" for bound in BOUNDS),
    *(f"retained_arr_{bound}" for bound in BOUNDS),
    "expected_renewal_rate",
    *(f"renewal_rate_{bound}" for bound in BOUNDS),
    *NAIVE,
    "renewals_without_score",
    "shock_deviation",
    "shock_quarters",
)


def forecast_renewals(
    dues: pd.DataFrame,
    scores: pd.DataFrame,
    outlook: Outlook,
    model: ModelSettings,
    settings: ForecastSettings,
    levels: tuple[str, ...] = tuple(LEVELS),
    kinds: tuple[str, ...] = (QUARTER, MONTH),
    quarters: tuple[int, ...] | None = None,
) -> pd.DataFrame:
    """Forecasts the current quarter and those to come, and their months.

    Args:
        dues: Rows of `features.dues.build_dues` as of one date.
        scores: `expectation.SCORE_COLUMNS` of what the model has scored as of that date.
        outlook: What else the forecast takes from the model.
        model: Limits of the tiers, reach of the intervals.
        settings: Draws, rules.
        levels: Roll-ups that are wanted.
        kinds: Whether quarters are wanted, months, or both.
        quarters: Numbers of the quarters that are wanted; by default the current one and the next four.

    Returns:
        `FORECAST_COLUMNS`, sorted by key; periods and cells in which nothing is due have no row. Money is in currency
        units, exact to the cent.
    """
    dues = with_dates(dues, ("as_of", "renewal_date", "term_start_date"))
    if dues.empty:
        return pd.DataFrame(columns=list(FORECAST_COLUMNS))
    as_of = dues["as_of"].iloc[0]
    rows = expect(place_in_periods(dues, as_of), scores, outlook, model, settings)
    named = {group: rows[group].astype(object).where(rows[group].notna(), UNKNOWN) for group in CELL}
    rows = rows.assign(**named)
    now = int(ordinals(pd.Series([as_of]), QUARTER).iloc[0])
    wanted = range(now, now + AHEAD_QUARTERS + 1) if quarters is None else quarters
    tables = [
        table for quarter in wanted for table in _forecast_quarter(rows, quarter, outlook, settings, levels, kinds)
    ]
    if not tables:
        return pd.DataFrame(columns=list(FORECAST_COLUMNS))
    every = pd.concat(tables, ignore_index=True).assign(as_of=as_of)
    return every[list(FORECAST_COLUMNS)].sort_values(list(FORECAST_KEY), ignore_index=True)


def _forecast_quarter(
    every: pd.DataFrame,
    quarter: int,
    outlook: Outlook,
    settings: ForecastSettings,
    levels: tuple[str, ...],
    kinds: tuple[str, ...],
) -> list[pd.DataFrame]:
    """A quarter and its months, one table per level and period."""
    rows = every[every[QUARTER] == quarter].reset_index(drop=True)
    periods = [(QUARTER, quarter, rows["in_quarter"].to_numpy())]
    periods += [
        (MONTH, int(month), (rows["in_month"] & (rows[MONTH] == month)).to_numpy())
        for month in sorted(rows[MONTH].unique())
    ]
    cells = {(kind, period): _Cells(rows, mask, kind) for kind, period, mask in periods if kind in kinds and mask.any()}
    middle = period_start(quarter, QUARTER) + HALF_A_QUARTER
    shock = outlook.shock_at((middle - every["as_of"].iloc[0]).days)
    for shares, renewed in simulate(rows, outlook.contraction, shock, quarter, settings):
        for each in cells.values():
            each.add(shares, renewed)
    tables = []
    for (kind, period), each in cells.items():
        past = settled_past(every, kind, period)
        tables += [
            each.table(level, naive_rates(past, ["currency", *LEVELS[level]])).assign(
                period_kind=kind,
                period=period_name(period, kind),
                period_start=period_start(period, kind),
                shock_deviation=round(shock.deviation, 6),
                shock_quarters=shock.quarters,
            )
            for level in levels
        ]
    return tables


class _Cells:
    """The cells of one period: sums of cents and counts, and of each simulated course."""

    def __init__(self, rows: pd.DataFrame, mask: np.ndarray, kind: str) -> None:
        self._mask = mask
        self._places = first_places(rows[mask], kind)
        contracts = count_contracts(rows[mask], kind)
        self._counted = contracts["counted"].to_numpy(dtype=np.float64)[:, None]
        self._is_known = (contracts["status"] != "quarantined").to_numpy(dtype=np.float64)[:, None]
        codes, self._keys = _codes(contracts[CELL])
        self._codes: IntArray = codes
        self._sums = contracts[SUMS].groupby(codes).sum()
        self._blocks: list[tuple[FloatArray, FloatArray]] = []

    def add(self, shares: FloatArray, renewed: FloatArray) -> None:
        """Adds up a block of courses, each of shape (n, courses)."""
        kept, is_renewed = (survive(each[self._mask], self._places) for each in (shares, renewed))
        retained = np.rint(kept * self._counted)
        self._blocks.append((_sum_by(self._codes, retained), _sum_by(self._codes, is_renewed * self._is_known)))

    def table(self, level: str, naive: pd.DataFrame) -> pd.DataFrame:
        """The figures of the period at a level, beside the naive rates of that level."""
        keys = ["currency", *LEVELS[level]]
        codes, names = _codes(self._keys[keys])
        sums = self._sums.groupby(codes).sum()
        retained, renewed = (
            _sum_by(codes, np.concatenate([block[part] for block in self._blocks], axis=1)) for part in (0, 1)
        )
        table = _figures(sums, retained, renewed)
        naive = names.merge(naive.reset_index(), on=keys, how="left")
        groups = {group: names[group] if group in keys else EVERY for group in GROUPS}
        return table.assign(
            currency=names["currency"],
            **groups,
            level=level,
            naive_always_renews=always_renews(sums),
            **{name: naive[name].to_numpy() for name in NAIVE[1:]},
        )


def _codes(keys: pd.DataFrame) -> tuple[IntArray, pd.DataFrame]:
    """Number of each row's cell, in the order of the cells' keys, and the keys."""
    codes = keys.groupby(list(keys.columns), sort=True).ngroup().to_numpy()
    first = np.unique(codes, return_index=True)[1]
    return np.asarray(codes, dtype=np.int64), keys.iloc[first].reset_index(drop=True)


def _sum_by(codes: IntArray, values: FloatArray) -> FloatArray:
    """Sums of rows by code, shape (codes, draws)."""
    size = len(codes)
    membership = csr_array((np.ones(size), (codes, np.arange(size))), shape=(int(codes.max()) + 1, size))
    return np.asarray(membership @ values)


def _figures(sums: pd.DataFrame, retained: FloatArray, renewed: FloatArray) -> pd.DataFrame:
    """The columns of a table that are sums, shares of them, and bounds."""
    money = {column: sums[name] / 100 for name, column in CENTS.items()}
    counted = sums["counted"].where(sums["counted"] > 0, np.nan).to_numpy(dtype=np.float64)
    numbers = (sums["one"] - sums["is_quarantined"]).astype(np.float64)
    renewals = numbers.where(numbers > 0, np.nan).to_numpy()
    kept, rates = (
        dict(zip(BOUNDS, np.quantile(each, list(BOUNDS.values()), axis=1, method="inverted_cdf"), strict=True))
        for each in (retained, renewed)
    )
    return pd.DataFrame(
        {
            **{column: sums[name] for name, column in COUNTS.items()},
            **money,
            "expected_grr": sums["retained"] / counted,
            **{f"grr_{bound}": np.round(value / counted, 9) for bound, value in kept.items()},
            **{f"retained_arr_{bound}": np.round(value / 100, 2) for bound, value in kept.items()},
            "expected_renewal_rate": sums["renewing"] / 1e6 / renewals,
            **{f"renewal_rate_{bound}": np.round(value / renewals, 9) for bound, value in rates.items()},
            "renewals_without_score": sums["unscored"],
        }
    )
