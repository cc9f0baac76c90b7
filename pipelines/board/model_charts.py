"""Charts of the model page: those that a training keeps as evidence, made as wide as a page, and what moves the model.

Each says in its description what it shows.
"""

from functools import lru_cache
from typing import Final

import altair as alt
import numpy as np
import pandas as pd

from features.catalogue import FEATURES
from models.findings import SPOKEN_HORIZONS
from models.plots import GOLDEN, auc_chart, contribution_chart, reliability_chart
from models.settings import HEADLINE_BAND, ModelSettings
from pipelines.board.backtest import METRICS, NEUTRAL, drawn_slices
from pipelines.board.tables import published, revision
from pipelines.board.theme import MUTED, OURS
from pipelines.workspace import Workspace

PREDICTIONS: Final = "backtest_predictions"
_LABELS, _STEP, _KEPT = 170, 26, 32
_FEW_VALUES: Final = 12


def reliability(
    predictions: pd.DataFrame, settings: ModelSettings, band: str = HEADLINE_BAND, model: str = "churn_probability"
) -> alt.LayerChart:
    """Churn rate against predicted probability, with the band in which true predictions lie.

    Args:
        predictions: The published `backtest_predictions`.
        settings: How the band is drawn.
        band: Horizon.
        model: Whose predictions.
    """
    drawn: alt.LayerChart = reliability_chart(predictions, settings, band, model).properties(
        width="container",
        title=SPOKEN_HORIZONS[band],
        description=f"Share that churned by predicted probability, {SPOKEN_HORIZONS[band]}, out of time.",
    )
    return drawn


def published_reliability(
    workspace: Workspace, settings: ModelSettings, band: str = HEADLINE_BAND, model: str = "churn_probability"
) -> alt.LayerChart | None:
    """The same of the newest published predictions, or None without any: drawn once, since its band takes a second.

    Raises:
        PublishedError: If the file that the manifest names is missing or has changed.
    """
    known_by = revision(workspace, PREDICTIONS)
    drawn = None if known_by is None else _kept(workspace, known_by, settings, band, model)
    return None if drawn is None else drawn.copy(deep=True)


@lru_cache(maxsize=_KEPT)
def _kept(workspace: Workspace, _: str, settings: ModelSettings, band: str, model: str) -> alt.LayerChart | None:
    predictions = published(workspace, PREDICTIONS)
    if predictions is None or not (predictions["band"] == band).any():
        return None
    return reliability(predictions, settings, band, model)


def ranking_by_cutoff(aucs: pd.DataFrame) -> alt.Chart:
    """ROC AUC of each horizon over the cut-offs.

    Args:
        aucs: As `models.plots.auc_by_cutoff` returns them.
    """
    drawn: alt.Chart = auc_chart(aucs).properties(
        width="container",
        title="",
        description="ROC AUC of the churn probability by cut-off, a line for each horizon.",
    )
    return drawn


def figure_chart(table: pd.DataFrame, figure: str) -> alt.LayerChart:
    """One figure of every model with its interval.

    Args:
        table: As `backtest.figure_table` returns it.
        figure: One of the figures in it.
    """
    rows = table.loc[table["figure"] == figure, ["model", "value", "low", "high"]]
    return _intervals(rows, "model", figure, f"{figure} of each model and baseline, with intervals.")


def slice_chart(table: pd.DataFrame, figure: str) -> alt.LayerChart:
    """One figure of the shipped model by slice, with its interval; slices without one are left out.

    Args:
        table: As `backtest.slice_table` returns it.
        figure: One of the figures in it.
    """
    drawn = drawn_slices(table)
    rows = drawn.loc[drawn["figure"] == figure, ["slice", "value", "low", "high"]]
    return _intervals(rows, "slice", figure, f"{figure} of the churn probability by slice, with intervals.")


def summary_chart(contributions: pd.DataFrame) -> alt.Chart:
    """What moves the model: a dot per renewal and feature.

    Args:
        contributions: What a training kept; see `models.contribution_summary`.
    """
    drawn: alt.Chart = contribution_chart(contributions, _LABELS).properties(
        width="container",
        # A height in steps does not go with a width that follows the page.
        height=_STEP * contributions["feature"].nunique(),
        title="",
        description="Contributions of the features that move the model most, a dot per renewal, coloured by value.",
    )
    return drawn


def dependence_chart(rows: pd.DataFrame, feature: str) -> alt.Chart:
    """What a feature contributes, against its value.

    Args:
        rows: As `champions.dependence` returns them.
        feature: Its name.
    """
    is_many = pd.api.types.is_numeric_dtype(rows["value"]) and rows["value"].nunique() > _FEW_VALUES
    scale = alt.Scale(zero=False, padding=12)
    x = alt.X("value:Q", scale=scale) if is_many else alt.X("value:O", axis=alt.Axis(labelAngle=0))
    unit = FEATURES[feature].unit if feature in FEATURES else ""
    spread = rows.assign(beside=(np.arange(len(rows)) * GOLDEN) % 1.0)
    title = [feature, f"({unit})"] if unit else feature
    drawn: alt.Chart = (
        alt.Chart(spread)
        .mark_circle(size=36, opacity=0.6)
        .encode(
            x=x.title(title),
            # A handful of values would put all renewals on a handful of points.
            **({} if is_many else {"xOffset": alt.XOffset("beside:Q")}),
            y=alt.Y("contribution:Q", title="contribution in log-odds"),
            tooltip=[alt.Tooltip("value"), alt.Tooltip("contribution:Q", format="+.3f")],
        )
        .properties(
            width="container", description=f"What {feature} contributes, against its value, renewal by renewal."
        )
    )
    return drawn


def _intervals(rows: pd.DataFrame, line: str, figure: str, says: str) -> alt.LayerChart:
    """Dots with intervals, and a dashed line at the value that says nothing or is right."""
    base = alt.Chart(rows).encode(
        y=alt.Y(f"{line}:N", title=None, sort=list(rows[line]), axis=alt.Axis(labelLimit=_LABELS))
    )
    scale = alt.Scale(zero=False)
    reach = base.mark_rule(strokeWidth=3, color=OURS, opacity=0.6).encode(
        x=alt.X("low:Q", title=figure, scale=scale), x2=alt.X2("high:Q")
    )
    dots = base.mark_point(filled=True, size=80, color=OURS, opacity=1).encode(
        x=alt.X("value:Q", title=figure, scale=scale),
        tooltip=[
            alt.Tooltip(f"{line}:N"),
            *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")),
        ],
    )
    layered: alt.LayerChart = reach + dots
    if (neutral := NEUTRAL.get(METRICS.get(figure, ""))) is not None:
        at = alt.Chart(pd.DataFrame({"neutral": [neutral]}))
        layered = at.mark_rule(color=MUTED, strokeDash=[4, 4]).encode(x=alt.X("neutral:Q", scale=scale)) + layered
    drawn: alt.LayerChart = layered.properties(width="container", height=_STEP * max(len(rows), 1), description=says)
    return drawn
