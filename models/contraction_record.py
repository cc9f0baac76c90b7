"""How good the contraction probabilities have been: Brier score and skill over their base rate, out of time.

A record of its own, because what came of a renewal is another question here than in `evaluation`; the figures join its
table under their own model names. Nothing is fitted.
"""

from typing import Final

import numpy as np
import pandas as pd

from models.evaluation import METRIC_COLUMNS, SHOWN_DECIMALS, account_draws, percentile_interval
from models.learning import FloatArray, unit_of, weights_of
from models.metrics import brier_score, ratio
from models.settings import ROLLING_BAND, SCORED_BANDS, ModelSettings
from models.slices import EVERYTHING

CONTRACTION_MODELS: Final = ("contraction_base_rate", "contraction_probability")
"""Columns of the predictions, the baseline first."""


def evaluate_contraction(predictions: pd.DataFrame, settings: ModelSettings) -> pd.DataFrame:
    """Brier score and skill of each band's contraction probabilities, with intervals from resampling accounts.

    Args:
        predictions: Predictions with outcomes, as the walk leaves them.
        settings: Seed, number of resamples, level of the intervals.

    Returns:
        Rows of `METRIC_COLUMNS` of whole bands, where `churns` counts the renewals that contracted. Short terms are
        left out: of them only churn is predicted.
    """
    tables = []
    for band in SCORED_BANDS:
        rows = predictions[predictions["band"] == band].reset_index(drop=True)
        if band != ROLLING_BAND and len(rows):
            tables.append(_evaluate_band(rows, settings).assign(band=band))
    if not tables:
        return pd.DataFrame(columns=list(METRIC_COLUMNS))
    return pd.concat(tables, ignore_index=True)[list(METRIC_COLUMNS)]


def _evaluate_band(rows: pd.DataFrame, settings: ModelSettings) -> pd.DataFrame:
    """The figures of one band."""
    outcomes = rows["is_contracted"].to_numpy(dtype=np.float64)
    weights = weights_of(rows)
    scores = {model: rows[model].to_numpy(dtype=np.float64) for model in CONTRACTION_MODELS}
    point = _figures(scores, outcomes, weights[None, :])
    blocks = [_figures(scores, outcomes, weights * draws) for draws in account_draws(rows["account_id"], settings)]
    units = unit_of(rows)
    records = []
    for (model, metric), value in point.items():
        drawn = np.concatenate([block[model, metric] for block in blocks])
        low, high = percentile_interval(drawn, settings.interval_level)
        records.append((model, metric, round(float(value[0]), SHOWN_DECIMALS), low, high))
    table = pd.DataFrame.from_records(records, columns=["model", "metric", "value", "low", "high"])
    skill = table[(table["model"] == CONTRACTION_MODELS[1]) & (table["metric"] == "brier_skill")].iloc[0]
    beats = pd.Series(skill["low"] > 0, table.index, dtype="boolean")
    return table.assign(
        slice_by=EVERYTHING,
        slice=EVERYTHING,
        rows=len(rows),
        renewals=units.nunique(),
        churns=units[outcomes == 1.0].nunique(),
        cutoffs=rows["cutoff"].nunique(),
        beats_base_rate=beats.mask(table["model"] == CONTRACTION_MODELS[0]),
    )


def _figures(
    scores: dict[str, FloatArray], outcomes: FloatArray, weights: FloatArray
) -> dict[tuple[str, str], FloatArray]:
    """Brier score and skill by model, each of shape (draws,), under weights of shape (draws, n)."""
    brier = {model: brier_score(score, outcomes, weights) for model, score in scores.items()}
    base = brier[CONTRACTION_MODELS[0]]
    figures = {}
    for model in CONTRACTION_MODELS:
        figures[model, "brier_score"] = brier[model]
        figures[model, "brier_skill"] = 1.0 - ratio(brier[model], base)
    return figures
