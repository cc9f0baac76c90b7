"""What the model page shows of the walk forward: every model and baseline side by side, slices, and drift since.

Figures are those of `backtest_metrics` and `model_drift`; what charts look like is in `model_charts`, and what MLflow
keeps of a training is told in `champions`.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from models.drift import DRIFT_KINDS
from models.findings import SPOKEN_HORIZONS, describe_metrics
from models.settings import HEADLINE_BAND, ModelSettings
from models.slices import EVERYTHING, SLICES
from pipelines.backtest_display import CALIBRATION, MODELS, OF_SLICE, PARTS, RANKING, SHIPPED, bands_of, title_of
from pipelines.board.widgets import Format, number, significant
from pipelines.drift_display import describe_drift
from pipelines.figures_in_words import known

METRICS: Final = {
    **{words: metric for metric, words in RANKING.items()},
    **{words: metric for metric, words in CALIBRATION.items()},
    "churns in top tenth": "top_decile_recall",
    "ARR in top tenth": "top_decile_arr_share",
    "churns at capacity": "capacity_recall",
    "ARR at capacity": "capacity_arr_share",
    **{words: metric for metric, words in PARTS.items() if metric not in CALIBRATION},
}
"""Figures by the words for them."""
CHARTED: Final = tuple(words for words, metric in METRICS.items() if metric != "brier_uncertainty")
"""Figures that tell models apart: uncertainty lies in the outcomes, and is the same for all of them."""
USUAL: Final = "Brier skill"
NEUTRAL: Final = {"roc_auc": 0.5, "brier_skill": 0.0, "top_decile_lift": 1.0, "calibration_slope": 1.0}
"""Values at which a figure says nothing, or that are right: what a figure is held to in a chart."""
FIGURE_FORMATS: Final[Mapping[str, Format]] = dict.fromkeys(("value", "low", "high"), number(4))
SLICE_FORMATS: Final[Mapping[str, Format]] = dict.fromkeys(("value", "low", "high"), number(3))
CUTOFF_FORMATS: Final[Mapping[str, Format]] = {"AUC": number(3)}
DRIFT_FORMATS: Final[Mapping[str, Format]] = {
    **dict.fromkeys(("learned", "now"), significant),
    **dict.fromkeys(("statistic", "p-value"), number(3)),
}
HOLDS: Final = "Nothing drifts: what the model learned still holds, as far as can be told."
READING: Final = (
    "Walking forward: fitted on what was known at each cut-off, judged by what came after, all on identical rows. "
    "Intervals of 95 % from resampling accounts. Brier skill is held to the base rate: at zero, the model is no better "
    "than saying the average. At capacity: the first accounts on each CSM's list, as many as a week has room for."
)
NO_SLICE: Final = "No slice has churns enough for this figure to be drawn."
SLICED: Final = tuple(OF_SLICE.values())
RELIABILITY_READING: Final = (
    "Churn rate against predicted probability, without bins (CORP). Predictions that are true keep to the shaded band."
)


def lead(metrics: pd.DataFrame, drift: pd.DataFrame | None) -> tuple[str, ...]:
    """Return what the page says first: whether the model beats the base rate, and whether it still holds.

    Args:
        metrics: The published `backtest_metrics`.
        drift: The published `model_drift`, or None.
    """
    said = in_words(metrics, HEADLINE_BAND)[:1] or ("Too few outcomes have matured: nothing is claimed of the model.",)
    return (*said, *([] if drift is None else drift_in_words(drift)))


def in_words(metrics: pd.DataFrame, band: str) -> tuple[str, ...]:
    """Return what the figures of a horizon say, in sentences."""
    return describe_metrics(metrics[metrics["band"] == band])


def heading(metrics: pd.DataFrame, band: str) -> str:
    """Return a horizon, and how much its figures rest on."""
    return title_of(band, metrics[(metrics["band"] == band) & (metrics["slice_by"] == EVERYTHING)])


def bands(metrics: pd.DataFrame) -> dict[str, str]:
    """Return the horizons that there are by the words for them, the headline first."""
    return {SPOKEN_HORIZONS[band]: band for band in bands_of(metrics[metrics["slice_by"] == EVERYTHING])}


def figure_table(metrics: pd.DataFrame, band: str) -> pd.DataFrame:
    """Return every figure of a horizon, a line per figure and model.

    Args:
        metrics: The published `backtest_metrics`.
        band: Horizon.

    Returns:
        figure, model, value, low, high, beats the base rate; figures and models in the order of the terminal's tables.
    """
    rows = metrics[(metrics["band"] == band) & (metrics["slice_by"] == EVERYTHING)]
    by_place = {(row["model"], row["metric"]): row for row in rows.to_dict("records")}
    return pd.DataFrame(
        [
            {
                "figure": words,
                "model": spoken,
                "value": row["value"],
                "low": row["low"],
                "high": row["high"],
                # One verdict per model, on its Brier skill.
                "beats the base rate": _yes_or_no(row["beats_base_rate"]) if metric == "brier_skill" else "",
            }
            for words, metric in METRICS.items()
            for model, spoken in MODELS.items()
            if (row := by_place.get((model, metric))) is not None and pd.notna(row["value"])
        ],
        columns=["figure", "model", "value", "low", "high", "beats the base rate"],
    )


def slice_table(metrics: pd.DataFrame, band: str, slice_by: str) -> pd.DataFrame:
    """Return the shipped model's figures by slice: slice, renewals, lost, figure, value, low, high.

    Args:
        metrics: The published `backtest_metrics`.
        band: Horizon.
        slice_by: One of `slices_of`.
    """
    rows = metrics[
        (metrics["band"] == band)
        & (metrics["slice_by"] == slice_by)
        & (metrics["model"] == SHIPPED)
        & metrics["metric"].isin(OF_SLICE)
        & metrics["value"].notna()
    ]
    return pd.DataFrame(
        {
            "slice": rows["slice"].str.replace("_", " "),
            "figure": rows["metric"].map(OF_SLICE),
            "renewals": rows["renewals"],
            "lost": rows["churns"],
            "value": rows["value"],
            "low": rows["low"],
            "high": rows["high"],
        }
    ).reset_index(drop=True)


def drawn_slices(slices: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of slices that can be drawn: those with an interval; bare dots of a handful lie anywhere."""
    return slices.dropna(subset=["low", "high"])


def slice_reading(settings: ModelSettings) -> str:
    """Say how to read the slices, and which of them are in the table alone."""
    return (
        f"The churn probability alone. A slice of fewer than {settings.slice_minimum_churns} churns has no interval, "
        "since nothing can be claimed of so few: it is in the table, and not in the chart."
    )


def slices_of(metrics: pd.DataFrame) -> dict[str, str]:
    """Return what the figures can be sliced by, by the words for it."""
    there = set(metrics["slice_by"])
    return {name.replace("_", " "): name for name in SLICES if name in there}


def cutoff_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return how the ranking held over the cut-offs: cut-off, horizon, AUC, lost.

    Args:
        table: As `models.plots.auc_by_cutoff` returns it.
    """
    return pd.DataFrame(
        {
            "cut-off": table["cutoff"].astype("string"),
            "horizon": table["band"].map(SPOKEN_HORIZONS),
            "AUC": table["roc_auc"],
            "lost": table["churns"],
        }
    )


def drift_in_words(drift: pd.DataFrame) -> tuple[str, ...]:
    """Return whether something no longer is as it was learned, and of what that cannot be told yet."""
    found = tuple(describe_drift(drift, "The table of drift says how far.")) or (HOLDS,)
    untold = [str(kind).replace("_", " ") for kind, rows in drift.groupby("kind") if rows["current"].isna().all()]
    return (*found, f"Nothing can be told yet of {' and '.join(untold)}: see the table.") if untold else found


def drift_table(drift: pd.DataFrame) -> pd.DataFrame:
    """Return all that was looked at, what drifts first."""
    order = {kind: place for place, kind in enumerate(DRIFT_KINDS)}
    rows = drift.assign(
        _held=~drift["is_drifting"].astype(bool), _kind=drift["kind"].map(order).astype("int64")
    ).sort_values(["_held", "_kind", "statistic"], ascending=[True, False, False], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "drifts": rows["_held"].map({False: "yes", True: "no"}),
            "kind": rows["kind"].str.replace("_", " "),
            "what": rows["name"],
            "in words": rows["sentence"],
            "learned": rows["reference"],
            "now": rows["current"],
            "statistic": rows["statistic"],
            "p-value": rows["p_value"],
        }
    )


def _yes_or_no(value: object) -> str:
    if not known(value):
        return "–"
    return "yes" if value else "no"
