"""The gut view: what a pulse colour, at its age and horizon, has meant so far.

A small table of churn rates, partially pooled, fitted on a cohort. It says what the colour was worth, not whether the
person was right: judging people's record is done elsewhere, on what was published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd

from models.baselines import BaseRates
from models.learning import Cohort, FloatArray
from models.logistic import fit_logistic, logit, sigmoid
from models.settings import SCORED_BANDS, ModelSettings

COLOURS: Final = ("green", "yellow", "red")
AGE_STATES: Final = ("fresh", "stale", "inherited")
"""Age states in which a colour still counts; at `absent` the base rate stands in."""


@dataclass(frozen=True, slots=True)
class GutTable:
    """Churn rate of each (colour, age state, band), keyed `colour|state|band`.

    Pooling has two steps. A colour shifts every band's base rate by one amount in log-odds, estimated under a normal
    prior around zero; a cell then mixes its own weighted churn rate with that expectation, which counts as a fixed
    number of renewals (the posterior mean of a beta-binomial). A colour never seen is worth the base rate.
    """

    rates: dict[str, float]

    @classmethod
    def fit(cls, cohort: Cohort, base_rates: BaseRates, settings: ModelSettings) -> Self:
        """Fits the table on a cohort whose base rates are given."""
        colours, states = _pulse(cohort.snapshots)
        base = base_rates.of(cohort.bands)
        rates = {}
        for colour in COLOURS:
            rows = (colours == colour) & np.isin(states, AGE_STATES)
            shift = _colour_shift(base[rows], cohort.outcomes[rows], cohort.weights[rows], settings.colour_shift_sd)
            for state in AGE_STATES:
                for band in SCORED_BANDS:
                    expected = float(sigmoid(logit(base_rates.of(np.array([band], dtype=object))) + shift)[0])
                    cell = rows & (states == state) & (cohort.bands == band)
                    churned = float(cohort.weights[cell] @ cohort.outcomes[cell])
                    strength = settings.gut_cell_strength
                    rate = (churned + strength * expected) / (float(cohort.weights[cell].sum()) + strength)
                    rates[f"{colour}|{state}|{band}"] = rate
        return cls(rates)

    def view(self, snapshots: pd.DataFrame, bands: pd.Series, base_rates: BaseRates) -> FloatArray:
        """Gut view of each row, shape (n,); the base rate where no pulse counts, NaN for a band that is not scored."""
        colours, states = _pulse(snapshots)
        cells = (
            pd.Series(colours).astype(str)
            + "|"
            + pd.Series(states).astype(str)
            + "|"
            + bands.reset_index(drop=True).astype(str)
        )
        base = base_rates.of(bands.to_numpy(dtype=object))
        rates: Mapping[str, float] = self.rates
        meant = np.array([rates.get(cell, np.nan) for cell in cells], dtype=np.float64)
        return np.where(np.isnan(meant), base, meant)

    def shift(self, snapshots: pd.DataFrame, bands: pd.Series, base_rates: BaseRates) -> FloatArray:
        """Log-odds by which each row's colour moves the base rate, shape (n,); zero where no pulse counts."""
        base = base_rates.of(bands.to_numpy(dtype=object))
        return logit(self.view(snapshots, bands, base_rates)) - logit(base)


def _pulse(snapshots: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return snapshots["sentiment"].to_numpy(dtype=object), snapshots["pulse_state"].to_numpy(dtype=object)


def _colour_shift(base: FloatArray, outcomes: FloatArray, weights: FloatArray, prior_sd: float) -> float:
    """Log-odds by which a colour moves the base rate, shape () from arrays of shape (n,)."""
    shift = fit_logistic(
        np.ones((len(base), 1)),
        outcomes,
        weights,
        center=np.zeros(1),
        precision=np.array([prior_sd**-2]),
        offset=logit(base),
    )
    return float(shift[0])
