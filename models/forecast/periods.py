"""Periods: calendar months and quarters, and which renewals count in each.

A contract counts once in a period, at its first renewal there; later ones are links that have to hold as well. Only
calendar and counting; money is in `expectation`.
"""

from typing import Final

import numpy as np
import pandas as pd

MONTH: Final = "month"
QUARTER: Final = "quarter"
FREQUENCY: Final = {QUARTER: "Q", MONTH: "M"}
AHEAD_QUARTERS: Final = 4
"""Quarters after the current one that are forecast."""
BACK_QUARTERS: Final = 5
"""Quarters before the current one that the naive forecasts look at: four complete ones, and last year's current one."""


def ordinals(days: pd.Series, kind: str) -> pd.Series:
    """Number of each day's period, counting up without gaps; a year is 4 quarters or 12 months."""
    return pd.Series(pd.PeriodIndex(days, freq=FREQUENCY[kind]).astype("int64"), index=days.index)


def period_name(ordinal: int, kind: str) -> str:
    """Name of a period: `2026-Q3`, `2026-07`."""
    period = pd.Period(ordinal=ordinal, freq=FREQUENCY[kind])
    return f"{period.year}-Q{period.quarter}" if kind == QUARTER else f"{period.year}-{period.month:02d}"


def period_start(ordinal: int, kind: str) -> pd.Timestamp:
    """First day of a period."""
    return pd.Period(ordinal=ordinal, freq=FREQUENCY[kind]).start_time.as_unit("us")


def period_end(ordinal: int, kind: str) -> pd.Timestamp:
    """First day after a period."""
    return period_start(ordinal + 1, kind)


def place_in_periods(dues: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The renewals that count in the quarters around a date, or in their months.

    An overdue renewal counts on the date itself: it has still to be decided. What lies in quarantine without a readable
    date belongs to no period and is left out.

    Args:
        dues: Rows of `features.dues.build_dues` as of this date.
        as_of: The date.

    Returns:
        The rows with `quarter` and `month` (see `ordinals`), the number of their `contract`, and whether each counts
        there (`in_quarter`, `in_month`): as the first renewal of its contract in the period, or as a link of its chain
        (see `is_linked`). Sorted by contract and date, so that a chain stands together, its first renewal on top. Rows
        that count nowhere are gone.
    """
    day = dues["renewal_date"].where(dues["status"] != "overdue", as_of)
    rows = dues.assign(_day=day)[day.notna()]
    rows = rows.assign(**{kind: ordinals(rows["_day"], kind) for kind in FREQUENCY})
    now = int(ordinals(pd.Series([as_of]), QUARTER).iloc[0])
    rows = rows[rows[QUARTER].between(now - BACK_QUARTERS, now + AHEAD_QUARTERS)]
    # What has no account or contract on record is a contract of its own.
    contract = rows["account_id"].astype(object).where(rows["account_id"].notna(), rows["renewal_id"]).astype(str)
    contract = contract + "\x1f" + rows["contract_id"].astype(str)
    place = pd.Series(rows.index.astype(str), index=rows.index)
    contract = contract.where(rows["account_id"].notna() | rows["renewal_id"].notna(), place)
    rows = rows.assign(_contract=contract).sort_values(["_contract", "renewal_date", "renewal_id"], ignore_index=True)
    rows = rows.assign(contract=rows.groupby("_contract", sort=False).ngroup())
    counts = {f"in_{kind}": is_linked(rows, ["contract", kind]) for kind in FREQUENCY}
    rows = rows.assign(**counts).drop(columns=["_day", "_contract"])
    return rows[np.logical_or.reduce([rows[name] for name in counts])].reset_index(drop=True)


def is_linked(rows: pd.DataFrame, by: list[str]) -> pd.Series:
    """Whether each renewal is the first of its contract in a period, or follows it there.

    A link's term begins once the first one's has ended; a renewal beside the first, of the same term, is no link. What
    lies in quarantine is none either, and has none: nothing of it is known.

    Args:
        rows: Renewals sorted by date within contracts.
        by: Columns of the contract and the period.
    """
    firsts = rows.groupby(by, sort=False)
    follows = rows["term_start_date"] >= firsts["renewal_date"].transform("first")
    if "status" in rows:
        is_known = rows["status"] != "quarantined"
        follows &= is_known & is_known.groupby([rows[name] for name in by], sort=False).transform("first")
    return ~rows.duplicated(by) | follows
