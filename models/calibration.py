"""Calibration: from a scorer's log-odds to a probability that can be held to account.

An affine map in log-odds per band, so that explanations stay additive: contributions are stretched by the slope and the
intercept joins the base value. Which predictions it is fitted on decides the caller; they must be out of time, or at
least out of account.
"""

from dataclasses import dataclass

import numpy as np

from models.learning import FloatArray, TextArray
from models.logistic import fit_logistic
from models.settings import ROLLING_BAND, SCORED_BANDS, ModelSettings

DATED_BANDS = tuple(band for band in SCORED_BANDS if band != ROLLING_BAND)


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Slope and intercept of each band: `calibrated = slope * raw + intercept`, in log-odds.

    The dated bands share one slope; their intercepts are a shared one plus shrunken departures. The rolling band has
    another target, hence a slope and an intercept of its own. Slopes are always positive, so a ranking never turns
    round.
    """

    slopes: dict[str, float]
    intercepts: dict[str, float]

    @classmethod
    def fit(
        cls, raw: FloatArray, outcomes: FloatArray, weights: FloatArray, bands: TextArray, settings: ModelSettings
    ) -> "Calibrator":
        """Fits the map under priors that hold it near the identity; all arrays have shape (n,)."""
        rolling = bands == ROLLING_BAND
        slope, intercepts = _fit_bands(
            raw[~rolling], outcomes[~rolling], weights[~rolling], bands[~rolling], DATED_BANDS, settings
        )
        rolling_slope, rolling_intercepts = _fit_bands(
            raw[rolling], outcomes[rolling], weights[rolling], bands[rolling], (ROLLING_BAND,), settings
        )
        slopes = dict.fromkeys(DATED_BANDS, slope) | {ROLLING_BAND: rolling_slope}
        return cls(slopes, intercepts | rolling_intercepts)

    def slope_of(self, bands: TextArray) -> FloatArray:
        """Slope of each row's band, NaN for a band that is not scored."""
        return np.array([self.slopes.get(band, np.nan) for band in bands], dtype=np.float64)

    def intercept_of(self, bands: TextArray) -> FloatArray:
        """Intercept of each row's band, NaN for a band that is not scored."""
        return np.array([self.intercepts.get(band, np.nan) for band in bands], dtype=np.float64)

    def calibrate(self, raw: FloatArray, bands: TextArray) -> FloatArray:
        """Calibrated log-odds, shape (n,)."""
        return self.slope_of(bands) * raw + self.intercept_of(bands)


def _fit_bands(
    raw: FloatArray,
    outcomes: FloatArray,
    weights: FloatArray,
    bands: TextArray,
    names: tuple[str, ...],
    settings: ModelSettings,
) -> tuple[float, dict[str, float]]:
    """One slope for all the bands named, and an intercept for each: the shared one plus its departure."""
    shared = np.ones(len(raw))
    departures = np.column_stack([(bands == name).astype(np.float64) for name in names])
    center = np.concatenate([[1.0, 0.0], np.zeros(len(names))])
    precision = np.concatenate(
        [
            [settings.calibration_slope_sd**-2, settings.calibration_intercept_sd**-2],
            np.full(len(names), settings.calibration_band_sd**-2),
        ]
    )
    inputs = np.column_stack([raw, shared, departures])
    fitted = fit_logistic(inputs, outcomes, weights, center=center, precision=precision)
    slope = float(fitted[0])
    if slope < settings.minimum_slope:
        slope = settings.minimum_slope
        fitted[1:] = fit_logistic(
            inputs[:, 1:], outcomes, weights, center=center[1:], precision=precision[1:], offset=slope * raw
        )
    return slope, {name: float(fitted[1] + fitted[2 + position]) for position, name in enumerate(names)}
