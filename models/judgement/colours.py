"""What the colours have meant: how many renewals of each were lost, and whether worse colours were lost more often."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from models.judgement.judged import ABSENT, COLOURS, Figure, Judged, overall_rate, pooled_rate
from models.learning import FloatArray
from models.metrics import ratio

DRAWS: Final = 4000
"""Draws behind the chance that the colours are in order: an error of less than a point."""
Entry = tuple[str, str, str, Figure, int, int]
"""subject, item, measure, figure, renewals, churns."""


def colour_figures(judged: Judged, meanings: dict[str, float] | None = None) -> Iterator[Entry]:
    """Churn rate, share and lift of each colour, and the chance that they are in order.

    Args:
        judged: Entries of one checkpoint.
        meanings: What the colours mean over the whole team, which the figures of a slice are mixed with; by default the
            entries are the whole team, and a little of their common rate is mixed in.
    """
    settings = judged.settings
    if not len(judged):
        return
    base = overall_rate(judged)
    strength = settings.colour_strength if meanings is None else settings.slice_strength
    colours = colours_of(judged.rows)
    parameters = []
    for colour in (*COLOURS, ABSENT):
        chosen = colours == colour
        renewals, churns = int(chosen.sum()), int(judged.outcomes[chosen].sum())
        expected = base if meanings is None else meanings.get(colour, base)
        rate = pooled_rate(churns, renewals, expected, strength, settings.interval_level)
        if colour != ABSENT:
            parameters.append((churns + strength * expected, renewals - churns + strength * (1 - expected)))
        if not renewals:
            continue
        yield "colour", colour, "churn_rate", rate, renewals, churns
        yield "colour", colour, "share", Figure(renewals / len(judged)), renewals, churns
        yield "colour", colour, "lift", judged.where(chosen).figure(lift(judged, chosen)), renewals, churns
    said = np.isin(colours, COLOURS)
    if said.any():
        order = Figure(_chance_of_order(parameters, judged.resampling.seed))
        yield "colours", "", "in_order", order, int(said.sum()), int(judged.outcomes[said].sum())


def colour_meanings(judged: Judged) -> dict[str, float]:
    """Churn rate of each colour over the whole team, absence included, as `colour_figures` gives it."""
    return {item: figure.value for _, item, measure, figure, _, _ in colour_figures(judged) if measure == "churn_rate"}


def colours_of(rows: pd.DataFrame) -> np.ndarray:
    """Colour of each entry, `absent` where none stood, shape (n,)."""
    return rows["sentiment"].astype(object).where(rows["sentiment"].notna(), ABSENT).to_numpy(dtype=object)


def lift(judged: Judged, chosen: np.ndarray) -> FloatArray:
    """Churn rate of the chosen over that of all, under each weighting; shape (1 + draws,)."""
    of_chosen = ratio(judged.weights @ (judged.outcomes * chosen), judged.weights @ chosen.astype(np.float64))
    return ratio(of_chosen, ratio(judged.weights @ judged.outcomes, judged.weights.sum(axis=1)))


def _chance_of_order(parameters: list[tuple[float, float]], seed: int) -> float:
    """Chance that green churns less often than yellow and yellow less often than red, given what was counted."""
    generator = np.random.default_rng(seed)
    drawn = np.stack([generator.beta(lost, kept, DRAWS) for lost, kept in parameters])
    return float((np.diff(drawn, axis=0) > 0).all(axis=0).mean())
