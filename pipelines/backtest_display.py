"""The backtest in a terminal: per horizon each model and baseline beside the other, or slice by slice, with intervals.

Only layout; the figures are those of the published `backtest_metrics`.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd
from rich.console import Console
from rich.table import Table

from models.evaluation import DIFFERENCE
from models.figures import CHURN_RATE
from models.findings import SPOKEN_HORIZONS
from models.settings import HEADLINE_BAND
from models.slices import EVERYTHING
from pipelines.text_display import print_wrapped, printable

RANKING: Final = {
    "roc_auc": "AUC",
    "average_precision": "avg. precision",
    "brier_skill": "Brier skill",
    "top_decile_lift": "top-decile lift",
}
CATCH: Final = {
    "top_decile_recall": "churns in top tenth",
    "top_decile_arr_share": "their share of ARR",
    "capacity_recall": "churns at capacity",
    "capacity_arr_share": "their share of ARR",
}
CALIBRATION: Final = {
    "calibration_slope": "slope",
    "calibration_intercept": "intercept",
    "brier_score": "Brier score",
    "log_loss": "log loss",
}
PARTS: Final = {
    "brier_miscalibration": "miscalibration",
    "brier_discrimination": "discrimination",
    "brier_uncertainty": "uncertainty",
    "brier_score": "Brier score",
}
MODELS: Final = {
    "base_rate": "base rate",
    "gut_view": "colour only",
    "logistic_usage": "logistic, usage",
    "logistic_full": "logistic, all",
    "usage_view": "usage view",
    "churn_probability": "churn probability",
}
SHIPPED: Final = "churn_probability"
OF_SLICE: Final = {
    "roc_auc": "AUC",
    "brier_skill": "Brier skill",
    f"brier_skill{DIFFERENCE}usage_view": "skill over usage",
    "calibration_intercept": "intercept",
}
_LEGEND = (
    "Each figure with its interval from resampling accounts; identical rows for every model. At capacity: the first "
    "accounts on each CSM's list of the cut-off, renewals of that horizon only, as many as the CSM's weekly capacity."
)
_SLICE_LEGEND = (
    "The churn probability, slice by slice; churn rate and figures with their intervals from resampling accounts. "
    "Without interval: too few churns to claim anything. An intercept above zero: predicted too low."
)


def print_backtest(console: Console, metrics: pd.DataFrame) -> None:
    """Print the figures of every horizon, the headline first and in full.

    Args:
        console: Where to print.
        metrics: The published `backtest_metrics`; not empty.
    """
    whole = metrics[metrics["slice_by"] == EVERYTHING]
    for band in bands_of(whole):
        rows = whole[whole["band"] == band]
        console.print(_model_table(rows, RANKING, title_of(band, rows)))
        if band == HEADLINE_BAND:
            console.print(_model_table(rows, CATCH, "What the lists caught"))
            console.print(_model_table(rows, CALIBRATION, "How true the probabilities were"))
            title = "The Brier score is miscalibration - discrimination + uncertainty"
            console.print(_parts_table(rows, title))
    print_wrapped(console, _LEGEND, style="dim")


def print_slices(console: Console, metrics: pd.DataFrame, slice_by: str) -> None:
    """Print the shipped model's figures of every horizon by slice, the headline first.

    Args:
        console: Where to print.
        metrics: The published `backtest_metrics`; not empty.
        slice_by: One of `models.slices.SLICES`.
    """
    sliced = metrics[metrics["slice_by"] == slice_by]
    for band in bands_of(sliced):
        whole = metrics[(metrics["band"] == band) & (metrics["slice_by"] == EVERYTHING)]
        console.print(_slice_table(sliced[sliced["band"] == band], slice_by, title_of(band, whole)))
    print_wrapped(console, _SLICE_LEGEND, style="dim")


def bands_of(metrics: pd.DataFrame) -> list[str]:
    """The horizons that there are, the headline first."""
    return sorted(metrics["band"].unique(), key=lambda band: (band != HEADLINE_BAND, band))


def title_of(band: str, rows: pd.DataFrame) -> str:
    """A horizon, and what its figures rest on.

    Args:
        band: The horizon.
        rows: Its figures over everything.
    """
    first = rows.iloc[0]
    counted = f"{first['churns']} of {first['renewals']} renewals churned, {first['cutoffs']} cut-offs"
    return f"{SPOKEN_HORIZONS[band]}: {counted}"


def _empty_table(title: str, first: str, columns: list[str]) -> Table:
    table = Table(title=title, title_justify="left", padding=(0, 0), pad_edge=False)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _model_table(rows: pd.DataFrame, metrics: dict[str, str], title: str) -> Table:
    """One horizon as a table: a row per model, a column per metric."""
    table = _empty_table(title, "", list(metrics.values()))
    by_place = {(row.model, row.metric): row for row in rows.itertuples()}
    for model, spoken in MODELS.items():
        table.add_row(spoken, *(_figure(by_place.get((model, metric))) for metric in metrics))
    return table


def _parts_table(rows: pd.DataFrame, title: str) -> Table:
    """The parts of the Brier score: no intervals, and differences so small that they want a decimal more."""
    table = _empty_table(title, "", list(PARTS.values()))
    by_place = {(row.model, row.metric): row for row in rows.itertuples()}
    for model, spoken in MODELS.items():
        table.add_row(spoken, *(_bare(by_place.get((model, metric)), decimals=4) for metric in PARTS))
    return table


def _slice_table(rows: pd.DataFrame, slice_by: str, title: str) -> Table:
    """One horizon as a table: a row per slice."""
    table = _empty_table(title, slice_by.replace("_", " "), ["churned", *OF_SLICE.values()])
    for value in rows["slice"].drop_duplicates():
        of_slice = rows[rows["slice"] == value]
        by_place = {(str(row.model), str(row.metric)): row for row in of_slice.itertuples()}
        churned = f"{of_slice['churns'].iloc[0]} of {of_slice['renewals'].iloc[0]}{_range_of_rate(by_place)}"
        figures = [_figure(by_place.get((SHIPPED, metric))) for metric in OF_SLICE]
        table.add_row(printable(str(value))[:16], churned, *figures)
    return table


def _range_of_rate(by_place: Mapping[tuple[str, str], object]) -> str:
    """The interval of the churn rate, on a line of its own; nothing where there is none."""
    rate = by_place.get(("base_rate", CHURN_RATE))
    low, high = (getattr(rate, name, float("nan")) for name in ("low", "high"))
    return "" if pd.isna(low) else f"\n{low:.0%} to {high:.0%}"


def _figure(row: object) -> str:
    """A figure and its interval, on two lines so that four fit into 80 columns."""
    low, high = (getattr(row, name, float("nan")) for name in ("low", "high"))
    bare = _bare(row)
    return bare if bare == "-" or pd.isna(low) else f"{bare}\n{low:.2f} to {high:.2f}"


def _bare(row: object, decimals: int = 3) -> str:
    value = getattr(row, "value", float("nan"))
    return "-" if pd.isna(value) else f"{value:.{decimals}f}"
