"""How often chance alone would do as much: the three formulas behind an alarm.

Closed forms, so that no statistics library is needed for them. What is tested, and what follows, is up to the callers.
"""

import math

import numpy as np

from models.learning import FloatArray


def chi_square_tail(value: float, degrees: int) -> float:
    """Probability that a chi-square variable is at least as large as a value.

    The regularized upper incomplete gamma function Q(degrees / 2, value / 2), by Q(a + 1, x) = Q(a, x) + x^a e^-x /
    Gamma(a + 1) from Q(1/2, x) = erfc(sqrt x) or Q(1, x) = e^-x (Abramowitz and Stegun, 6.5.21).

    Args:
        value: Not negative.
        degrees: Degrees of freedom, at least one.
    """
    half = value / 2
    shape, tail = (0.5, math.erfc(math.sqrt(half))) if degrees % 2 else (1.0, math.exp(-half))
    while shape < degrees / 2:
        if half > 0:
            tail += math.exp(shape * math.log(half) - half - math.lgamma(shape + 1))
        shape += 1
    return min(tail, 1.0)


def normal_tails(deviations: float) -> float:
    """Probability that a normal variable lies at least so many standard deviations off, to either side."""
    return math.erfc(abs(deviations) / math.sqrt(2))


def holm(p_values: FloatArray) -> FloatArray:
    """P-values adjusted for their number, so that at any level one false alarm among all of them is that rare.

    S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).

    Args:
        p_values: Shape (n,); NaN where nothing was tested, and so after.
    """
    adjusted = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted
