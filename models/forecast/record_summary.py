"""What the record says: how far off, how often inside the band, and whether better than naive forecasts.

Quarters are few, so every figure has its interval or none is claimed. The record itself is made in `record`.
"""

from typing import Final

import numpy as np
import pandas as pd

from models.evaluation import percentile_interval
from models.forecast.naive import NAIVE
from models.learning import FloatArray
from models.metrics import ratio
from models.settings import ForecastSettings

LEVEL: Final = 0.9
"""Level of the intervals, two-sided."""
DEVIATIONS: Final = 1.645
RESAMPLES: Final = 1000
SUMMARY_COLUMNS: Final = (
    "origin",
    "days_ahead",
    "quarters",
    "inside",
    "coverage",
    "coverage_low",
    "coverage_high",
    "rate_coverage",
    "median_error",
    "mean_error",
    "bias",
    *(
        f"{name}_{figure}"
        for name in NAIVE
        for figure in ("median_error", "mean_error", "skill", "skill_low", "skill_high")
    ),
)


def summarize_record(record: pd.DataFrame, settings: ForecastSettings) -> pd.DataFrame:
    """Figures of the record by origin and distance.

    Args:
        record: The `forecast_track_record`; of several companies, all rows of which may be looked at together.
        settings: Quarters below which no skill is claimed.

    Returns:
        `SUMMARY_COLUMNS`, one row per origin and days ahead, of forecasts with something due. `coverage` is the share
        inside the 80 % band with its Wilson interval; `median_error` and `mean_error` are of absolute errors of the
        GRR, `bias` is the mean error with its sign, above zero where too much was promised; `..._skill` is 1 - mean
        absolute error over that of the naive forecast on the same quarters, with an interval from resampling quarters;
        null where quarters are too few.
    """
    judged = record[record["is_inside"].notna()]
    rows = [
        _summarize(rows, settings) | {"origin": origin, "days_ahead": ahead}
        for (origin, ahead), rows in judged.groupby(["origin", "days_ahead"], sort=True)
    ]
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))


def _summarize(rows: pd.DataFrame, settings: ForecastSettings) -> dict[str, float | int]:
    error = rows["error"].abs().to_numpy(dtype=np.float64)
    inside = int(rows["is_inside"].astype(bool).sum())
    low, high = wilson_interval(inside, len(rows))
    figures: dict[str, float | int] = {
        "quarters": len(rows),
        "inside": inside,
        "coverage": inside / len(rows),
        "coverage_low": low,
        "coverage_high": high,
        "rate_coverage": float(rows["is_renewal_rate_inside"].astype("float64").mean()),
        "median_error": float(np.median(error)),
        "mean_error": float(error.mean()),
        "bias": float(rows["error"].mean()),
    }
    for name in NAIVE:
        naive = rows[f"{name}_error"].abs().to_numpy(dtype=np.float64)
        figures |= {f"{name}_{figure}": value for figure, value in _against(error, naive, settings).items()}
    return figures


def _against(error: FloatArray, naive: FloatArray, settings: ForecastSettings) -> dict[str, float]:
    """A naive forecast's error, and ours against it, where both could say something."""
    both = ~np.isnan(naive)
    ours, theirs = error[both], naive[both]
    if not len(ours) or theirs.sum() == 0:
        return {}
    errors = {"median_error": float(np.median(theirs)), "mean_error": float(theirs.mean())}
    if len(ours) < settings.minimum_quarters:
        return errors
    drawn = np.random.default_rng(settings.seed).integers(0, len(ours), (RESAMPLES, len(ours)))
    low, high = percentile_interval(1.0 - ratio(ours[drawn].sum(axis=1), theirs[drawn].sum(axis=1)), LEVEL)
    return errors | {"skill": float(1.0 - ours.sum() / theirs.sum()), "skill_low": low, "skill_high": high}


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """Interval of a share; E. B. Wilson, Journal of the American Statistical Association 22 (1927)."""
    share, square = hits / trials, DEVIATIONS**2 / trials
    center = (share + square / 2) / (1 + square)
    reach = np.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return float(center - reach), float(center + reach)
