"""The spread of a quarter: its renewals decided thousands of times over, with what they share.

Each course draws a shared shock with a deviation as it may be, one error of the model that all renewals share in
proportion to their own uncertainty, and then every renewal by itself. Quarters draw what is shared each from its own
seed, renewals their luck each from its own key: no bounds depend on what else is asked for, and a renewal that comes or
goes between two weeks moves what it is part of and nothing else.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtri

from models.contraction import Contraction
from models.forecast.shock import Shock, centred, spread
from models.learning import FloatArray, IntArray
from models.logistic import sigmoid
from models.settings import ForecastSettings

BLOCK_COURSES: Final = 500
"""Courses that are drawn at once, to bound memory. The draws depend on it, so it does not depend on the renewals."""


def simulate(
    rows: pd.DataFrame, contraction: Contraction, shock: Shock, quarter: int, settings: ForecastSettings
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Draws the outcomes of a quarter's renewals.

    Args:
        rows: n renewals with what is expected of them, in an order that depends on their keys alone; see `expect`.
        contraction: What the contracted keep.
        shock: What they all share.
        quarter: Number of the quarter: part of the seed.
        settings: Number of draws, and the shared part of the model's uncertainty.

    Yields:
        Blocks of courses: share of the ARR due that is kept, and 1.0 where the renewal renewed, both of shape (n,
        courses of the block). What is certain is the same in each; what lies in quarantine means nothing.
    """
    generator = np.random.default_rng([settings.seed, quarter])
    deviations, shocks = shock.draw(generator, settings.draws)
    common = ndtri(spread(generator, settings.draws))
    undecided = rows["churn"].notna().to_numpy()
    own = [_generator(settings.seed, key) for key in rows.loc[undecided, ["account_id", "renewal_id"]].to_numpy()]
    known_share, is_kept = rows["certain_share"].to_numpy(), 1.0 - rows["lost"].to_numpy(dtype=np.float64)
    churn, contracted = (rows.loc[undecided, name].to_numpy() for name in ("churn", "contracted"))
    reach = np.sqrt(settings.shared_deviation_share) * rows.loc[undecided, "deviation"].to_numpy()
    for start in range(0, settings.draws, BLOCK_COURSES):
        block = slice(start, min(start + BLOCK_COURSES, settings.draws))
        size = block.stop - start
        variance = deviations[block] ** 2 + (reach**2)[:, None]
        odds = centred(churn[:, None], variance) + shocks[block] + reach[:, None] * common[block]
        lost = sigmoid(odds)
        drawn = np.array([spread(each, size) for each in own]).reshape(lost.shape)
        # What is left of the luck of a renewal that did not churn is as even as before.
        luck = (drawn - lost) / (1.0 - lost)
        shares, renewed = (np.repeat(known[:, None], size, axis=1) for known in (known_share, is_kept))
        shares[undecided] = _kept_shares(luck, contracted, contraction)
        renewed[undecided] = luck >= 0.0
        yield shares, renewed


def _generator(seed: int, key: IntArray) -> np.random.Generator:
    """A renewal's own source of luck: what others are drawn beside it changes nothing of it."""
    digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "little")])


def _kept_shares(luck: FloatArray, contracted: FloatArray, contraction: Contraction) -> FloatArray:
    """Share of the ARR due that each renewal keeps in each course, shape (n, courses).

    Args:
        luck: Even between zero and one where the renewal renewed, below zero where it churned, shape (n, courses).
        contracted: Probability of contraction of each, should it renew, shape (n,).
        contraction: What the contracted and the others keep.
    """
    shares = np.array(contraction.contracted_shares)
    place = np.clip(luck / contracted[:, None], 0.0, np.nextafter(1.0, 0.0)) * len(shares)
    kept = np.where(luck < contracted[:, None], shares[place.astype(np.int64)], contraction.kept_share)
    return np.where(luck < 0.0, 0.0, kept)
