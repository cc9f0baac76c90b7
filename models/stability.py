"""How far two spreads lie apart, and how often chance alone would put them there.

Only counts and shares; which rows are compared with which belongs to `reference` and `drift`.
"""

from dataclasses import dataclass

import numpy as np

from models.learning import FloatArray
from models.significance import chi_square_tail, normal_tails


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure with its test.

    Attributes:
        value: The figure; NaN where there was nothing to compare.
        p_value: How often chance alone would give at least as much; NaN likewise.
    """

    value: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows held to a reference.

    Attributes:
        stability: Stability index of the values.
        missing: Share without a value, less that of the reference.
    """

    stability: Difference
    missing: Difference


def stability_index(expected: FloatArray, counts: FloatArray, behind: float, seen: float) -> Difference:
    """Population stability index: sum over cells of (actual - expected) ln(actual / expected), in shares.

    With samples of n and m, index / (1/n + 1/m) is chi-square with one degree less than cells where nothing has
    changed (B. Yurdakul, Statistical Properties of Population Stability Index, dissertation, Western Michigan
    University, 2018). Half a renewal is added to each cell, so that an empty one is no infinity.

    Args:
        expected: Shares of the reference, shape (cells,); they need not add up to one.
        counts: Renewals seen, shape (cells,).
        behind: Renewals with a value behind the reference.
        seen: Renewals with a value that were seen.
    """
    if behind <= 0 or seen <= 0:
        return Difference(float("nan"), float("nan"))
    cells = len(counts)
    known = (expected / expected.sum() * behind + 0.5) / (behind + 0.5 * cells)
    found = (counts + 0.5) / (seen + 0.5 * cells)
    index = float(np.sum((found - known) * np.log(found / known)))
    if cells == 1:
        return Difference(0.0, 1.0)
    return Difference(index, chi_square_tail(max(index, 0.0) / (1 / behind + 1 / seen), cells - 1))


def compare_missing(expected: float, found: float, behind: float, seen: float) -> Difference:
    """Difference of two shares and the two-sided test of two proportions, their spread pooled.

    Args:
        expected: Share in the reference.
        found: Share seen.
        behind: Renewals behind the reference.
        seen: Renewals seen.
    """
    if behind <= 0 or seen <= 0:
        return Difference(float("nan"), float("nan"))
    pooled = (expected * behind + found * seen) / (behind + seen)
    variance = max(pooled * (1 - pooled), 0.0) * (1 / behind + 1 / seen)
    difference = found - expected
    # Shares of sums of floats: without any difference there may still be one in the last digit.
    if abs(difference) < 1e-12 or variance <= 0:
        return Difference(0.0, 1.0)
    return Difference(difference, normal_tails(difference / variance**0.5))
