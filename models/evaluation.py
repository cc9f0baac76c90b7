"""How good the predictions were: figures per horizon, slice and model, on identical rows, with intervals over accounts.

Takes predictions with outcomes and returns one long table; what is computed under which name is in `figures`, which
rows make a slice in `slices`, the sentences in `findings`. Nothing is refitted and nothing is selected by model: a row
that one model lacks would be missing for all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from models.figures import CHURN_RATE, COMPARED_FIGURES, DECOMPOSITION, FIGURES, SLICE_FIGURES, JudgedRows, Scored
from models.learning import FloatArray, unit_of
from models.metrics import brier_score, ratio
from models.recalibration import decompose_brier
from models.settings import SCORED_BANDS, ModelSettings
from models.slices import EVERYTHING, SLICES, slices_of
from models.walk_forward import MODEL_COLUMNS

BASE_RATE: Final = "base_rate"
METRIC_NAMES: Final = (*FIGURES, *DECOMPOSITION)
"""Metrics of one model; differences and `churn_rate` are further ones."""
DIFFERENCE: Final = "_difference_to_"
"""Joins a metric to the model that the difference is taken to: `brier_skill_difference_to_usage_view`."""
WITHOUT_EARLY: Final = "_without_early_decisions"
"""Ends the name of a metric from which renewals decided soon after the as-of date were left out."""
COMPARED: Final = (("churn_probability", "usage_view"),)
"""Pairs whose difference is given besides each model's difference to the base rate: what judgement adds."""
METRIC_COLUMNS: Final = (
    "band",
    "slice_by",
    "slice",
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
BLOCK_CELLS: Final = 2**16
"""Resamples times rows that are computed at once: few enough to stay in the processor's cache."""
SHOWN_DECIMALS: Final = 9
Drawn = dict[tuple[str, str], FloatArray]
"""Figures by model and name, each of shape (draws,)."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is computed of a set of rows.

    Attributes:
        models: Columns of probabilities.
        compared: Pairs of them whose differences are given.
        names: Figures that are given, out of `FIGURES`.
        settings: Seed and level.
        resamples: Resamples of accounts.
        minimum_churns: Churned renewals below which there are no intervals.
        is_decomposed: Whether the parts of the Brier score are given.
    """

    models: tuple[str, ...]
    compared: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    settings: ModelSettings
    resamples: int
    minimum_churns: int
    is_decomposed: bool


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
    slices: Sequence[str] = SLICES,
) -> pd.DataFrame:
    """Metrics of each model at each horizon, of all its rows and of slices of them.

    ROC AUC, lift and recall are judged within each cut-off, since a list is worked on one date. Rows count so that each
    renewal (rolling: contract) sums to one within a band, and again within a slice of it. Intervals are percentiles
    over resampled accounts, all models on the same resamples, so that differences are paired.

    Args:
        predictions: Predictions with outcomes, as the walk leaves them.
        settings: Seed, number of resamples, level of the intervals, capacity of a CSM.
        is_notice_observed: If not, every figure of a whole band is also given without renewals that were decided soon
            after the as-of date: a notice already in hand may have been predicted there rather than the decision.
        models: Columns of probabilities to compare; the base rate has to be among them.
        compared: Pairs of them whose differences are given, besides each one's difference to the base rate.
        slices: Ways of slicing, out of `slices.SLICES`.

    Returns:
        One row per band, slice, model and metric, sorted by them in the order of the bands, slices, models and metrics;
        whole bands have `slice_by` and `slice` "all" and come before their slices. Differences are metrics too (see
        `DIFFERENCE`). `beats_base_rate`: the lower bound of the model's Brier skill is above zero; null for the base
        rate itself. A slice in which too few renewals churned has its figures, but neither interval nor verdict.
    """
    whole = _Plan(
        models, compared, tuple(FIGURES), settings, settings.bootstrap_resamples, minimum_churns=0, is_decomposed=True
    )
    sliced = _Plan(
        models,
        compared,
        SLICE_FIGURES,
        settings,
        settings.slice_resamples,
        settings.slice_minimum_churns,
        is_decomposed=False,
    )
    late = _decided_late(predictions, settings) if not is_notice_observed else None
    tables = []
    for band in SCORED_BANDS:
        of_band = predictions["band"] == band
        populations = {"": of_band} if late is None else {"": of_band, WITHOUT_EARLY: of_band & late}
        for suffix, mask in populations.items():
            if mask.any():
                table = _evaluate_rows(predictions[mask].reset_index(drop=True), whole)
                table = table.assign(metric=table["metric"] + suffix)
                tables.append(table.assign(band=band, slice_by=EVERYTHING, slice=EVERYTHING))
        for slice_by in slices:
            tables += [
                _evaluate_rows(rows, sliced).assign(band=band, slice_by=slice_by, slice=value)
                for value, rows in slices_of(predictions[of_band], slice_by, settings)
            ]
    if not tables:
        return empty_metrics()
    return pd.concat(tables, ignore_index=True)[list(METRIC_COLUMNS)]


def account_draws(accounts: pd.Series, settings: ModelSettings, resamples: int | None = None) -> Iterator[FloatArray]:
    """Blocks of row weights, shape (draws, n): how often each row's account was drawn in a resample.

    There are `bootstrap_resamples` of them in all, or as many as are asked for.
    """
    resamples = settings.bootstrap_resamples if resamples is None else resamples
    codes, unique = pd.factorize(accounts, sort=True)
    generator = np.random.default_rng(settings.seed)
    even = np.full(len(unique), 1.0 / len(unique))
    block = max(1, BLOCK_CELLS // max(1, len(codes)))
    for start in range(0, resamples, block):
        draws = min(block, resamples - start)
        yield generator.multinomial(len(unique), even, size=draws)[:, codes].astype(np.float64)


def _decided_late(predictions: pd.DataFrame, settings: ModelSettings) -> pd.Series:
    """Whether each renewal was still undecided for a while after the as-of date."""
    return predictions["days_to_decision"].astype(np.float64) > settings.early_decision_days


def _evaluate_rows(rows: pd.DataFrame, plan: _Plan) -> pd.DataFrame:
    """Metrics of one set of rows, with what they rest on."""
    settings = plan.settings
    judged = JudgedRows.of(rows, settings)
    scores = {model: rows[model].to_numpy(dtype=np.float64) for model in plan.models}
    units = unit_of(rows)
    churns = units[judged.outcomes == 1.0].nunique()
    point = _figures(judged, scores, np.ones((1, len(rows))), plan.names)
    drawn = {key: np.full(1, np.nan) for key in point}
    if churns >= plan.minimum_churns:
        blocks = [
            _figures(judged, scores, draws, plan.names)
            for draws in account_draws(rows["account_id"], settings, plan.resamples)
        ]
        drawn = {key: np.concatenate([block[key] for block in blocks]) for key in point}
    table = _table(point, drawn, plan)
    if plan.is_decomposed:
        table = pd.concat([table, _decompositions(judged, scores)], ignore_index=True)
    table = _in_order(table, plan)
    skill = table[table["metric"] == "brier_skill"].set_index("model")["low"]
    beats = (skill > 0).astype("boolean").drop(BASE_RATE).mask(pd.Series(churns < plan.minimum_churns, skill.index))
    return table.assign(
        rows=len(rows),
        renewals=units.nunique(),
        churns=churns,
        cutoffs=rows["cutoff"].nunique(),
        beats_base_rate=table["model"].map(beats).astype("boolean"),
    )


def _figures(judged: JudgedRows, scores: dict[str, FloatArray], drawn: FloatArray, names: Sequence[str]) -> Drawn:
    """Figures of all models under the draws given, shape (draws, n), and what came of the rows."""
    weights = judged.weights * drawn
    base = brier_score(scores[BASE_RATE], judged.outcomes, weights)
    figures: Drawn = {}
    for model, probability in scores.items():
        scored = Scored(judged, probability, drawn, base)
        figures |= {(model, name): FIGURES[name](scored) for name in names}
    return figures | {(BASE_RATE, CHURN_RATE): ratio(weights @ judged.outcomes, weights.sum(axis=1))}


def _decompositions(judged: JudgedRows, scores: dict[str, FloatArray]) -> pd.DataFrame:
    """The parts of each model's Brier score."""
    records = []
    for model, probability in scores.items():
        parts = decompose_brier(probability, judged.outcomes, judged.weights)
        records += [
            (model, name, round(part, SHOWN_DECIMALS), np.nan, np.nan)
            for name, part in zip(DECOMPOSITION, parts, strict=True)
        ]
    return pd.DataFrame.from_records(records, columns=["model", "metric", "value", "low", "high"])


def _table(point: Drawn, drawn: Drawn, plan: _Plan) -> pd.DataFrame:
    """Figures and differences with their intervals."""
    level = plan.settings.interval_level
    records = []
    for (model, name), value in point.items():
        records.append((model, name, value, drawn[model, name]))
        if name in COMPARED_FIGURES:
            records += [
                (
                    model,
                    f"{name}{DIFFERENCE}{reference}",
                    value - point[reference, name],
                    drawn[model, name] - drawn[reference, name],
                )
                for reference in _references(model, plan)
            ]
    return pd.DataFrame.from_records(
        [
            (model, name, round(float(value[0]), SHOWN_DECIMALS), *percentile_interval(resampled, level))
            for model, name, value, resampled in records
        ],
        columns=["model", "metric", "value", "low", "high"],
    )


def _references(model: str, plan: _Plan) -> list[str]:
    """The models that a model's difference is given to."""
    others = [other for one, other in plan.compared if one == model and other in plan.models]
    return others if model == BASE_RATE else [BASE_RATE, *others]


def _in_order(table: pd.DataFrame, plan: _Plan) -> pd.DataFrame:
    """The rows model by model: a model's own metrics, then its differences to one model after the other."""
    names = [*plan.names, *DECOMPOSITION, CHURN_RATE]
    metric, _, reference = table["metric"].str.partition(DIFFERENCE).to_numpy().T
    places = pd.DataFrame(
        {
            "model": [plan.models.index(model) for model in table["model"]],
            "reference": [["", *plan.models].index(model) for model in reference],
            "metric": [names.index(name) for name in metric],
        }
    )
    return table.iloc[places.sort_values(["model", "reference", "metric"]).index].reset_index(drop=True)


def percentile_interval(resampled: FloatArray, level: float) -> tuple[float, float]:
    """Percentile interval; NaN where fewer than half of the resamples have the figure (no churn drawn, for example)."""
    known = resampled[~np.isnan(resampled)]
    if 2 * len(known) < len(resampled):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return round(float(low), SHOWN_DECIMALS), round(float(high), SHOWN_DECIMALS)
