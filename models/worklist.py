"""The place of an account on its CSM's list of the week, and whether the week reaches that far.

Who is on whose list and how far a week reaches is `capacity`, the same for the backtest; what comes first on the list
is decided here. What is then to be done is up to `actions`.
"""

from typing import Final

import numpy as np
import pandas as pd

from models.capacity import Books
from models.policy import TIERS
from models.settings import ModelSettings

TIER_PLACES: Final = {tier: place for place, tier in enumerate(TIERS)}


def list_places(table: pd.DataFrame, settings: ModelSettings) -> pd.DataFrame:
    """Place of each account on the list of its CSM, standing on its most urgent renewal.

    Overdue before open, then by tier, then by the ARR that is expected to be lost, then by probability: the tier says
    how far an account is from what is usual, so that no size lifts a safe one over a risky one, and money decides among
    the equally risky. Where a list holds several currencies, amounts do not compare and probability decides. Ties go to
    the sooner renewal date, then by key.

    Args:
        table: KEY, csm_id, weekly_capacity, status, `risk_tier`, `churn_probability`, `expected_arr_loss`, currency,
            renewal_date.
        settings: The capacity of a CSM of whom it is not known.

    Returns:
        `capacity_rank` (`Int64`, 1 first) and `is_within_capacity` (`boolean`), in the order and with the index of the
        table; missing where the renewal is not scored, and on all renewals of an account but its most urgent.
    """
    result = pd.DataFrame({"capacity_rank": pd.NA, "is_within_capacity": pd.NA}, index=table.index)
    result = result.astype({"capacity_rank": "Int64", "is_within_capacity": "boolean"})
    rows = table[table["churn_probability"].notna()].rename(columns={"as_of": "cutoff"})
    if rows.empty:
        return result
    urgency = urgency_of(rows)
    books = Books.of(rows, settings)
    is_standing = books.is_top(urgency)
    standing = rows.index[is_standing]
    result.loc[standing, "capacity_rank"] = books.places(urgency)[is_standing]
    # No two rows are equally urgent, so that each account is wholly within reach or not at all.
    result.loc[standing, "is_within_capacity"] = books.within_reach(urgency)[is_standing] > 0.0
    return result


def urgency_of(rows: pd.DataFrame) -> np.ndarray:
    """How soon each row is to be worked on, shape (n,): higher is sooner, no two are equal.

    Args:
        rows: As given to `list_places`, scored rows only, the date named `cutoff`.
    """
    owner = rows["csm_id"].astype(object).where(rows["csm_id"].notna(), "")
    currencies = rows.groupby([rows["cutoff"], owner])["currency"].transform("nunique")
    key = ["account_id", "renewal_id", "cutoff"]
    ordered = pd.DataFrame(
        {
            **{name: rows[name] for name in key},
            "open": rows["status"] != "overdue",
            "tier": rows["risk_tier"].map(TIER_PLACES).fillna(len(TIER_PLACES)),
            "loss": -rows["expected_arr_loss"].astype(np.float64).fillna(0.0).where(currencies <= 1, 0.0),
            "probability": -rows["churn_probability"].astype(np.float64),
            "renewal_date": rows["renewal_date"],
        }
    ).reset_index(drop=True)
    first_to_last = ordered.sort_values(["open", "tier", "loss", "probability", "renewal_date", *key]).index
    urgency = np.empty(len(rows), dtype=np.float64)
    urgency[first_to_last] = -np.arange(len(rows), dtype=np.float64)
    return urgency
