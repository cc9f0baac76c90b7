"""Naive forecasts: what anybody could say without a model. They stand beside ours, and ours has to beat them.

Rates of what was settled as known at the same date, no more: nothing is fitted.
"""

from typing import Final

import numpy as np
import pandas as pd

from models.forecast.contracts import count_contracts
from models.forecast.periods import MONTH, QUARTER, ordinals, period_end, period_start

NAIVE: Final = ("naive_always_renews", "naive_last_year", "naive_trailing_year")
A_YEAR: Final = {QUARTER: 4, MONTH: 12}


def settled_past(rows: pd.DataFrame, kind: str, period: int) -> dict[str, pd.DataFrame]:
    """What the past holds that stands for a period.

    Compared is like with like: of a past period those renewals count whose term had begun as long before it as the date
    lies before the one that is forecast. Short terms come to be known shortly before they end; without this, months of
    monthly plans would stand for quarters in which none is on record yet.

    Args:
        rows: Renewals as of one date with what is expected of them; see `expectation.expect`.
        kind: `month` or `quarter`.
        period: Number of the period.

    Returns:
        The contracts behind `naive_last_year`, the same period a year before if that was over at the date, and
        `naive_trailing_year`, the four quarters that were complete at the date; of renewals decided by then with
        something due; see `contracts.count_contracts`.
    """
    as_of = rows["as_of"].iloc[0]
    lead = period_start(period, kind) - as_of
    settled = rows[rows["status"].isin(("decided", "already_renewed")) & (rows["arr"] > 0)]
    now = int(ordinals(pd.Series([as_of]), QUARTER).iloc[0])
    # Of a period that is not over, what is decided by now is no fair sample: losses are known first.
    is_over = period_end(period - A_YEAR[kind], kind) <= as_of
    last_year = settled[settled[f"in_{kind}"] & (settled[kind] == period - A_YEAR[kind]) & is_over]
    trailing = settled[settled["in_quarter"] & settled[QUARTER].between(now - A_YEAR[QUARTER], now - 1)]
    last_year = last_year[last_year["term_start_date"] < period_start(period - A_YEAR[kind], kind) - lead]
    trailing = trailing[trailing["term_start_date"] < _starts(trailing[QUARTER]) - lead]
    return {NAIVE[1]: count_contracts(last_year, kind), NAIVE[2]: count_contracts(trailing, QUARTER)}


def _starts(quarters: pd.Series) -> pd.Series:
    """First day of each row's quarter."""
    starts = {quarter: period_start(int(quarter), QUARTER) for quarter in quarters.unique()}
    return quarters.map(starts).astype("datetime64[us]")


def naive_rates(past: dict[str, pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """GRR of the past by columns, null where nothing was due.

    Args:
        past: See `settled_past`.
        keys: Columns that a forecast is made by.
    """
    rates = {}
    for name, rows in past.items():
        sums = rows.groupby(keys)[["retained", "due"]].sum()
        rates[name] = sums["retained"] / sums["due"]
    return pd.DataFrame(rates).rename_axis(index=keys)


def always_renews(sums: pd.DataFrame) -> pd.Series:
    """GRR if every renewal that is undecided renews in full; null where nothing is due.

    Args:
        sums: Cents by cell: `certain` (what is kept if all that is undecided renews in full), and `counted` (what is
            due but for what lies in quarantine).
    """
    return sums["certain"] / sums["counted"].where(sums["counted"] > 0, np.nan)
