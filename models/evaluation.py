"""How good the predictions were: figures per horizon and model, on identical rows, with intervals over accounts.

Takes predictions with outcomes and returns one long table; the formulas are in `metrics`, the sentences in `findings`.
Nothing is refitted and nothing is selected by model: a row that one model lacks would be missing for all.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.learning import FloatArray, unit_of, weights_of
from models.metrics import Ranking, average_precision, brier_score, log_loss, rankings_by_date, roc_auc, top_decile_lift
from models.settings import SCORED_BANDS, ModelSettings
from models.walk_forward import MODEL_COLUMNS

BASE_RATE: Final = "base_rate"
METRIC_NAMES: Final = ("roc_auc", "average_precision", "brier_score", "brier_skill", "log_loss", "top_decile_lift")
DIFFERENCE: Final = "_difference_to_"
"""Joins a metric to the model that the difference is taken to: `brier_skill_difference_to_usage_view`."""
WITHOUT_EARLY: Final = "_without_early_decisions"
"""Ends the name of a metric from which renewals decided soon after the as-of date were left out."""
COMPARED: Final = (("churn_probability", "usage_view"),)
"""Pairs whose difference is given besides each model's difference to the base rate: what judgement adds."""
METRIC_COLUMNS: Final = (
    "band",
    "model",
    "metric",
    "value",
    "low",
    "high",
    "rows",
    "renewals",
    "churns",
    "cutoffs",
    "beats_base_rate",
)
BLOCK: Final = 50
"""Resamples that are computed at once; bounds the memory."""
SHOWN_DECIMALS: Final = 9


def empty_metrics() -> pd.DataFrame:
    """Metrics without any row."""
    return pd.DataFrame(columns=list(METRIC_COLUMNS))


def evaluate(
    predictions: pd.DataFrame,
    settings: ModelSettings,
    *,
    is_notice_observed: bool = True,
    models: tuple[str, ...] = MODEL_COLUMNS,
    compared: tuple[tuple[str, str], ...] = COMPARED,
) -> pd.DataFrame:
    """Metrics of each model at each horizon.

    ROC AUC and lift are judged within each cut-off, since a list is worked on one date. Rows count so that each renewal
    (rolling: contract) sums to one within a band. Intervals are percentiles over resampled accounts, all models on the
    same resamples, so that differences are paired.

    Args:
        predictions: Predictions with outcomes, as the walk leaves them.
        settings: Seed, number of resamples, level of the intervals.
        is_notice_observed: If not, every figure is also given without renewals that were decided soon after the as-of
            date: a notice already in hand may have been predicted there rather than the decision.
        models: Columns of probabilities to compare; the base rate has to be among them.
        compared: Pairs of them whose differences are given, besides each one's difference to the base rate.

    Returns:
        One row per band, model and metric, sorted by them in the order of the bands, models and metrics. Differences
        are metrics too (see `DIFFERENCE`). `beats_base_rate`: the lower bound of the model's Brier skill is above zero;
        null for the base rate itself.
    """
    populations = {"": predictions}
    if not is_notice_observed:
        late = predictions["days_to_decision"].astype(np.float64) > settings.early_decision_days
        populations[WITHOUT_EARLY] = predictions[late]
    tables = [
        _evaluate_band(rows[rows["band"] == band].reset_index(drop=True), settings, models, compared, suffix).assign(
            band=band
        )
        for band in SCORED_BANDS
        for suffix, rows in populations.items()
        if (rows["band"] == band).any()
    ]
    if not tables:
        return empty_metrics()
    return pd.concat(tables, ignore_index=True)[list(METRIC_COLUMNS)]


def account_draws(accounts: pd.Series, settings: ModelSettings) -> Iterator[FloatArray]:
    """Blocks of row weights, shape (up to BLOCK, n): how often each row's account was drawn in a resample."""
    codes, unique = pd.factorize(accounts, sort=True)
    generator = np.random.default_rng(settings.seed)
    even = np.full(len(unique), 1.0 / len(unique))
    for start in range(0, settings.bootstrap_resamples, BLOCK):
        draws = min(BLOCK, settings.bootstrap_resamples - start)
        yield generator.multinomial(len(unique), even, size=draws)[:, codes].astype(np.float64)


def _evaluate_band(
    rows: pd.DataFrame,
    settings: ModelSettings,
    models: tuple[str, ...],
    compared: tuple[tuple[str, str], ...],
    suffix: str,
) -> pd.DataFrame:
    weights = weights_of(rows)
    outcomes = rows["is_churned"].to_numpy(dtype=np.float64)
    scores = {model: rows[model].to_numpy(dtype=np.float64) for model in models}
    dates = rows["cutoff"].to_numpy(dtype="datetime64[us]")
    point = _figures(scores, outcomes, weights[None, :], dates)
    draws = [
        _figures(scores, outcomes, weights * drawn, dates) for drawn in account_draws(rows["account_id"], settings)
    ]
    drawn_figures = {key: np.concatenate([block[key] for block in draws]) for key in point}
    table = _table(point, drawn_figures, compared, settings.interval_level)
    skill = table[table["metric"] == "brier_skill"].set_index("model")["low"]
    units = unit_of(rows)
    return table.assign(
        metric=table["metric"] + suffix,
        rows=len(rows),
        renewals=units.nunique(),
        churns=units[outcomes == 1.0].nunique(),
        cutoffs=rows["cutoff"].nunique(),
        beats_base_rate=table["model"].map((skill > 0).drop(BASE_RATE)).astype("boolean"),
    )


def _figures(
    scores: dict[str, FloatArray], outcomes: FloatArray, weights: FloatArray, dates: npt.NDArray[np.datetime64]
) -> dict[tuple[str, str], FloatArray]:
    """Figures per (model, metric), each of shape (draws,)."""
    base = brier_score(scores[BASE_RATE], outcomes, weights)
    figures: dict[tuple[str, str], FloatArray] = {}
    for model, probability in scores.items():
        rankings = rankings_by_date(probability, outcomes, weights, dates)
        brier = brier_score(probability, outcomes, weights)
        skill = 1.0 - np.divide(brier, base, out=np.full_like(brier, np.nan), where=base > 0)
        values = (
            roc_auc(rankings),
            average_precision(Ranking.of(probability, outcomes, weights)),
            brier,
            skill,
            log_loss(probability, outcomes, weights),
            top_decile_lift(rankings),
        )
        figures |= {(model, metric): value for metric, value in zip(METRIC_NAMES, values, strict=True)}
    return figures


def _table(
    point: dict[tuple[str, str], FloatArray],
    drawn: dict[tuple[str, str], FloatArray],
    compared: tuple[tuple[str, str], ...],
    level: float,
) -> pd.DataFrame:
    """Figures and differences with their intervals, in the order of the models and metrics."""
    models = list(dict.fromkeys(model for model, _ in point))
    pairs = [pair for pair in compared if set(pair) <= set(models)]
    records = []
    for model in models:
        references = [
            None,
            *([BASE_RATE] if model != BASE_RATE else []),
            *(other for one, other in pairs if one == model),
        ]
        for reference in references:
            for metric in METRIC_NAMES:
                name, value, resampled = metric, point[model, metric], drawn[model, metric]
                if reference is not None:
                    name = f"{metric}{DIFFERENCE}{reference}"
                    value, resampled = value - point[reference, metric], resampled - drawn[reference, metric]
                records.append((model, name, round(float(value[0]), SHOWN_DECIMALS), *_interval(resampled, level)))
    return pd.DataFrame.from_records(records, columns=["model", "metric", "value", "low", "high"])


def _interval(resampled: FloatArray, level: float) -> tuple[float, float]:
    """Percentile interval; NaN where fewer than half of the resamples have the figure (no churn drawn, for example)."""
    known = resampled[~np.isnan(resampled)]
    if 2 * len(known) < len(resampled):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return round(float(low), SHOWN_DECIMALS), round(float(high), SHOWN_DECIMALS)
