"""Contracts in a period: due once, at their first renewal there, and kept only if every renewal of the chain is.

Money is in whole cents here, so that cells add up to totals. What is expected of each renewal is made in `expectation`,
which renewals make a chain in `periods`.
"""

from typing import Final

import numpy as np
import pandas as pd

from features.dues import STATUSES
from models.forecast.expectation import AT_RISK, COMMITTED, HOPED, UNDECIDED
from models.learning import FloatArray, IntArray

GROUPS: Final = ("segment", "region", "csm_id")
CELL: Final = ["currency", *GROUPS]


def first_places(rows: pd.DataFrame, kind: str) -> IntArray:
    """Places of the first renewals of the chains.

    Args:
        rows: Renewals that count in periods of the kind, as `periods.place_in_periods` sorts them.
        kind: `month` or `quarter`.
    """
    return np.flatnonzero(~rows.duplicated(["contract", kind]))


def survive(values: FloatArray, places: IntArray) -> FloatArray:
    """Product over each chain: what passes all of its renewals.

    Args:
        values: Probabilities or shares of renewals, shape (n,) or (n, courses).
        places: See `first_places`; shape (contracts,).
    """
    return np.asarray(np.multiply.reduceat(values, places, axis=0)) if len(values) else values


def count_contracts(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Count each contract once.

    Of a chain the ARR due is that of its first renewal, and the status that of its last, by which it is settled or not.
    What one renewal cut off no later one makes up for: an expansion is no retention.

    Args:
        rows: Renewals that count in periods of the kind, with what is expected of them; see `expectation.expect`.
        kind: `month` or `quarter`.

    Returns:
        One row per contract and period: `CELL`, period and `status`; in cents `due`, `counted` (the same without what
        lies in quarantine), `churned`, `retained`, `lost_to_contraction`, which add up to `counted`, `certain` (what is
        kept if all that is undecided renews in full), `commit`, `best_case` and `at_risk`; the ARR due and counts by
        status; `renewing` in millionths, and `unscored`, whether an undecided renewal has no score of its own.
    """
    places = first_places(rows, kind)
    last = np.append(places[1:], len(rows))[: len(places)] - 1
    first, status = rows.iloc[places], rows["status"].to_numpy(dtype=object)[last]
    due = np.rint(first["arr"].fillna(0.0).to_numpy(dtype=np.float64) * 100).astype(np.int64)
    counted = np.where(status == "quarantined", 0, due)
    kept, share, certain_share = (
        survive(values.to_numpy(dtype=np.float64), places)
        for values in (1.0 - rows["lost"], rows["share"], rows["certain_share"])
    )
    churned = np.rint((1.0 - kept) * counted).astype(np.int64)
    retained = np.minimum(np.rint(share * counted).astype(np.int64), counted - churned)
    certain = np.rint(certain_share * counted).astype(np.int64)
    unscored = (rows["status"].isin(UNDECIDED) & ~rows["is_scored"]).to_numpy(dtype=np.int64)
    level = np.maximum.reduceat(rows["level"].to_numpy(), places) if len(rows) else certain
    return first[[*CELL, "as_of", kind]].assign(
        status=status,
        due=due,
        counted=counted,
        churned=churned,
        retained=retained,
        lost_to_contraction=counted - churned - retained,
        certain=certain,
        commit=np.where(level <= COMMITTED, certain, 0),
        best_case=np.where(level <= HOPED, certain, 0),
        at_risk=np.where(level == AT_RISK, certain, 0),
        one=1,
        # In millionths, so that they too add up exactly.
        renewing=np.where(status == "quarantined", 0, np.rint(1e6 * kept)).astype(np.int64),
        unscored=np.maximum.reduceat(unscored, places) if len(rows) else unscored,
        **{each: np.where(status == each, due, 0) for each in STATUSES},
        **{f"is_{each}": (status == each).astype(np.int64) for each in STATUSES},
    )
