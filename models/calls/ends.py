"""The two ends of a stated probability: what came of the calls that were surest either way.

Whether a person overstates or understates what they know shows there first. Calibration in between is in the curve of
`recalibration`.
"""

from typing import Final

import numpy as np
import pandas as pd

from models.calls.calls import MINIMUM_ROWS, Calls
from models.calls.rates import rate_of
from models.learning import FloatArray
from models.settings import ModelSettings

LOW_END: Final = 0.1
HIGH_END: Final = 0.9
OUTER_SHARE: Final = 0.2
"""Share of the calls that stand for an end where too few reach as far as 10 or 90 %."""
_EQUAL: Final = 1e-6
"""Probabilities that differ by less are one: 0.1 may have been stored in four bytes."""
ENDS: Final = ("low", "high")


def ends_table(probabilities: FloatArray, calls: Calls, settings: ModelSettings) -> pd.DataFrame:
    """What was stated at either end, and what happened.

    Args:
        probabilities: Stated by the person or the model, shape (n,).
        calls: Outcomes and clusters, n of them, at least one.
        settings: Level of the interval.

    Returns:
        Two rows, low and high: end, threshold (all calls of the end lie beyond it, or at it where the end is a fifth of
        the calls), is_fifth, calls, events, stated (mean), happened, low, high, verdict. The verdict is overconfident
        where the interval lies nearer the middle than what was stated, underconfident where it lies beyond it, well
        calibrated where it holds it, unclear where calls are too few for any claim.
    """
    records = []
    for end in ENDS:
        rows, threshold, is_fifth = _rows_of(end, probabilities)
        rate = rate_of(calls.outcomes[rows], calls.clusters[rows], settings.interval_level)
        stated = float(probabilities[rows].mean()) if rows.any() else float("nan")
        verdict = _verdict(end, stated, rate.low, rate.high) if _is_enough(calls, rows) else "unclear"
        records.append(
            (end, threshold, is_fifth, rate.calls, rate.events, stated, rate.value, rate.low, rate.high, verdict)
        )
    names = ["end", "threshold", "is_fifth", "calls", "events", "stated", "happened", "low", "high", "verdict"]
    return pd.DataFrame.from_records(records, columns=names)


def _rows_of(end: str, probabilities: FloatArray) -> tuple[np.ndarray, float, bool]:
    """Which calls make an end, its threshold, and whether it is the outer fifth for want of surer calls."""
    is_low = end == "low"
    threshold = LOW_END if is_low else HIGH_END
    rows = probabilities < threshold - _EQUAL if is_low else probabilities > threshold + _EQUAL
    if rows.sum() >= MINIMUM_ROWS:
        return rows, threshold, False
    outer = float(np.quantile(probabilities, OUTER_SHARE if is_low else 1 - OUTER_SHARE))
    return (probabilities <= outer) if is_low else (probabilities >= outer), outer, True


def _is_enough(calls: Calls, rows: np.ndarray) -> bool:
    return calls.shortage is None and int(rows.sum()) >= MINIMUM_ROWS


def _verdict(end: str, stated: float, low: float, high: float) -> str:
    if low <= stated <= high:
        return "well calibrated"
    happened_more = low > stated
    return "overconfident" if happened_more == (end == "low") else "underconfident"
