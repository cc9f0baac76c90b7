"""The spread of a quarter: its renewals decided a thousand times over, with what they share.

Each course draws a shared shock with a deviation as it may be, one error of the model that all renewals share in
proportion to their own uncertainty, and then every renewal by itself. Quarters are drawn one by one, each from its own
seed, so that no quarter's bounds depend on how many others are asked for.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from models.contraction import Contraction
from models.forecast.shock import Shock, centred
from models.learning import FloatArray
from models.logistic import sigmoid
from models.settings import ForecastSettings

BLOCK_CELLS: Final = 2**22
"""Renewals times courses that are drawn at once, to bound memory."""


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
    common = generator.standard_normal(settings.draws)
    undecided = rows["churn"].notna().to_numpy()
    known_share, is_kept = rows["certain_share"].to_numpy(), 1.0 - rows["lost"].to_numpy(dtype=np.float64)
    churn, contracted = (rows.loc[undecided, name].to_numpy() for name in ("churn", "contracted"))
    reach = np.sqrt(settings.shared_deviation_share) * rows.loc[undecided, "deviation"].to_numpy()
    step = max(1, BLOCK_CELLS // max(1, len(rows)))
    for start in range(0, settings.draws, step):
        block = slice(start, start + step)
        variance = deviations[block] ** 2 + (reach**2)[:, None]
        odds = centred(churn[:, None], variance) + shocks[block] + reach[:, None] * common[block]
        lost = sigmoid(odds)
        # What is left of the luck of a renewal that did not churn is as even as before.
        luck = (generator.random(lost.shape) - lost) / (1.0 - lost)
        shares, renewed = (np.repeat(known[:, None], lost.shape[1], axis=1) for known in (known_share, is_kept))
        shares[undecided] = _kept_shares(luck, contracted, contraction)
        renewed[undecided] = luck >= 0.0
        yield shares, renewed


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
