"""Independent random streams by name.

Every part of the company draws from a stream of its own, so a change in how e-mails are worded moves no renewal. No
part draws from a shared generator.
"""

import zlib

import numpy as np

from sample_company.dates import Array


def stream(seed: int, name: str) -> np.random.Generator:
    """The generator of the part called `name` in the company of `seed`."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def pick(rng: np.random.Generator, weights: Array, size: int) -> Array:
    """`size` indices drawn with probabilities proportional to `weights`."""
    edges = np.cumsum(weights) / np.sum(weights)
    drawn: Array = np.minimum(np.searchsorted(edges, rng.random(size), side="right"), len(edges) - 1)
    return drawn


def pick_rows(rng: np.random.Generator, weights: Array) -> Array:
    """One column index per row of `weights`, drawn in proportion to the row's entries."""
    edges = np.cumsum(weights, axis=1)
    passed = (rng.random(len(weights))[:, None] * edges[:, -1:] >= edges).sum(axis=1)
    drawn: Array = np.minimum(passed, weights.shape[1] - 1)
    return drawn


def arrivals(rng: np.random.Generator, weekly_rate: Array, week_starts: Array) -> tuple[Array, Array]:
    """Events of a Poisson process given week by week.

    Args:
        rng: Stream to draw from.
        weekly_rate: Expected events, shape (accounts, weeks).
        week_starts: First day of each week, shape (weeks,).

    Returns:
        Account index and day of every event, sorted by account, then week.
    """
    counts = rng.poisson(weekly_rate)
    account, week = np.nonzero(counts)
    repeats = counts[account, week]
    account, week = np.repeat(account, repeats), np.repeat(week, repeats)
    return account, week_starts[week] + rng.integers(0, 7, len(week))
