"""The gut view: what a pulse colour, at its age and horizon, has meant so far.

A small table of churn rates, partially pooled, fitted on a cohort. It says what the colour was worth, not whether the
person was right: judging people's record is done elsewhere, on what was published.
"""

from dataclasses import dataclass
from itertools import product
from typing import Final, Self

import numpy as np
import pandas as pd

from models.baselines import BaseRates
from models.learning import Cohort, FloatArray, IntArray, TextArray
from models.logistic import fit_logistic, logit, sigmoid
from models.settings import SCORED_BANDS, ModelSettings

COLOURS: Final = ("green", "yellow", "red")
AGE_STATES: Final = ("fresh", "stale", "inherited")
"""Age states in which a colour still counts; at `absent` the base rate stands in."""
_CELLS: Final = tuple(product(COLOURS, AGE_STATES, SCORED_BANDS))


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
        bands = cohort.bands
        base, cells = base_rates.of(bands), _cells(cohort.snapshots, bands)
        shifts = {}
        for colour in COLOURS:
            rows = np.isin(cells, [place for place, cell in enumerate(_CELLS) if cell[0] == colour])
            shifts[colour] = _colour_shift(
                base[rows], cohort.outcomes[rows], cohort.weights[rows], settings.colour_shift_sd
            )
        rates = {}
        for place, (colour, state, band) in enumerate(_CELLS):
            expected = float(sigmoid(logit(base_rates.of(np.array([band], dtype=object))) + shifts[colour])[0])
            rows = cells == place
            churned = float(cohort.weights[rows] @ cohort.outcomes[rows])
            strength = settings.gut_cell_strength
            rate = (churned + strength * expected) / (float(cohort.weights[rows].sum()) + strength)
            rates[f"{colour}|{state}|{band}"] = rate
        return cls(rates)

    def view(self, snapshots: pd.DataFrame, bands: pd.Series, base_rates: BaseRates) -> FloatArray:
        """Gut view of each row, shape (n,); the base rate where no pulse counts, NaN for a band that is not scored."""
        names = bands.to_numpy(dtype=object)
        base, cells = base_rates.of(names), _cells(snapshots, names)
        # A row in no cell is at place -1, which is the last.
        rates = np.array([*(self.rates.get("|".join(cell), np.nan) for cell in _CELLS), np.nan])
        return np.where(np.isnan(rates[cells]), base, rates[cells])

    def shift(self, snapshots: pd.DataFrame, bands: pd.Series, base_rates: BaseRates) -> FloatArray:
        """Log-odds by which each row's colour moves the base rate, shape (n,); zero where no pulse counts."""
        base = base_rates.of(bands.to_numpy(dtype=object))
        return logit(self.view(snapshots, bands, base_rates)) - logit(base)


def _cells(snapshots: pd.DataFrame, bands: TextArray) -> IntArray:
    """Place of each row's cell among `_CELLS`, -1 where it is in none; shape (n,)."""
    columns = ((COLOURS, snapshots["sentiment"]), (AGE_STATES, snapshots["pulse_state"]), (SCORED_BANDS, bands))
    place, is_known = np.zeros(len(bands), dtype=np.int64), np.ones(len(bands), dtype=bool)
    for names, values in columns:
        code = pd.Index(names, dtype=object).get_indexer(pd.Index(values, dtype=object))
        place, is_known = place * len(names) + code, is_known & (code >= 0)
    return np.where(is_known, place, -1)


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
