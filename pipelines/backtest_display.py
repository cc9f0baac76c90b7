"""The backtest in a terminal: per horizon each model and baseline beside the other, with intervals.

Only layout; the figures are those of the published `backtest_metrics`.
"""

import pandas as pd
from rich.console import Console
from rich.table import Table

from models.settings import HEADLINE_BAND, ROLLING_BAND

_METRICS = {
    "roc_auc": "AUC",
    "average_precision": "avg. precision",
    "brier_skill": "Brier skill",
    "top_decile_lift": "top-decile lift",
}
_MODELS = {
    "base_rate": "base rate",
    "gut_view": "colour only",
    "logistic_usage": "logistic, usage",
    "logistic_full": "logistic, all",
    "usage_view": "usage view",
    "churn_probability": "churn probability",
}


def print_backtest(console: Console, metrics: pd.DataFrame) -> None:
    """Print the figures of every horizon, the headline first.

    Args:
        console: Where to print.
        metrics: The published `backtest_metrics`; not empty.
    """
    bands = sorted(metrics["band"].unique(), key=lambda band: (band != HEADLINE_BAND, band))
    for band in bands:
        console.print(_table(band, metrics[metrics["band"] == band]))
    console.print(
        "Each figure with its 95 % interval from resampling accounts; identical rows for every model.", style="dim"
    )


def _table(band: str, rows: pd.DataFrame) -> Table:
    """One horizon as a table: a row per model, a column per metric."""
    first = rows.iloc[0]
    table = Table(
        title=f"{_title(band)}: {first['churns']} of {first['renewals']} renewals churned, {first['cutoffs']} cut-offs",
        title_justify="left",
        padding=(0, 0),
        pad_edge=False,
    )
    table.add_column("", no_wrap=True)
    for title in _METRICS.values():
        table.add_column(title, justify="right")
    by_place = {(row.model, row.metric): row for row in rows.itertuples()}
    for model, title in _MODELS.items():
        cells = [_figure(by_place.get((model, metric))) for metric in _METRICS]
        table.add_row(title, *cells)
    return table


def _title(band: str) -> str:
    return "terms under 180 days" if band == ROLLING_BAND else f"{band} days ahead"


def _figure(row: object) -> str:
    """A figure and its interval, on two lines so that four fit into 80 columns."""
    value, low, high = (getattr(row, name, float("nan")) for name in ("value", "low", "high"))
    if pd.isna(value):
        return "-"
    return f"{value:.3f}" if pd.isna(low) else f"{value:.3f}\n{low:.2f} to {high:.2f}"
