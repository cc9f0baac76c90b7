"""Charts of the record of past calls: are stated probabilities true, what levels meant, how forecasts rank.

Altair objects; how they become pictures is up to the caller.
"""

from typing import TYPE_CHECKING, Any

import pandas as pd

from models.calls.forecasts import AUC
from models.calls.record import Record
from models.plots import INK, PALE

if TYPE_CHECKING:
    import altair

WIDTH = 420
HEIGHT = 280


def record_charts(record: Record) -> dict[str, dict[str, Any]]:
    """Vega-Lite specifications by name: reliability_<speaker>, levels, auc; none that has nothing to show."""
    charts = {f"reliability_{speaker}": _reliability(curve, speaker) for speaker, curve in record.curves.items()}
    if record.levels is not None:
        charts["levels"] = _levels(record)
    figures = record.comparison.figures
    ranked = figures[(figures["figure"] == AUC) & figures["value"].notna()]
    if len(ranked) > 1:
        charts["auc"] = _ranking(ranked)
    return {name: chart.to_dict() for name, chart in charts.items()}


def _reliability(curve: pd.DataFrame, speaker: str) -> "altair.LayerChart":
    """Share that happened by stated probability, without bins; true probabilities keep to the shaded band."""
    import altair

    axis = altair.Axis(format="%")
    whole = altair.Scale(domain=[0, 1])
    x = altair.X("predicted:Q", title=f"stated by the {speaker}", axis=axis, scale=whole)
    base = altair.Chart(curve, width=WIDTH, height=HEIGHT)
    consistent = base.mark_area(color=PALE, opacity=0.4).encode(x=x, y=altair.Y("low:Q", scale=whole), y2="high:Q")
    diagonal = altair.Chart(pd.DataFrame({"predicted": [0.0, 1.0]})).mark_line(color=PALE, strokeDash=[4, 4])
    true = diagonal.encode(x="predicted:Q", y="predicted:Q")
    found = base.mark_line(color=INK, point={"color": INK, "size": 16}).encode(
        x=x, y=altair.Y("observed:Q", title="share that happened", axis=axis, scale=whole)
    )
    layered: altair.LayerChart = consistent + true + found
    return layered


def _levels(record: Record) -> "altair.LayerChart":
    """Partially pooled rate of each level with its interval, and the base rate."""
    import altair

    table = record.levels[record.levels["calls"] > 0] if record.levels is not None else pd.DataFrame()
    axis = altair.Axis(format="%")
    base = altair.Chart(table, width=WIDTH)
    y = altair.Y("level:N", title=None, sort=list(record.calls.levels), axis=altair.Axis(labelLimit=240))
    points = base.mark_point(color=INK, filled=True, size=70).encode(
        x=altair.X("pooled:Q", title="share that happened, partially pooled", axis=axis), y=y
    )
    rate = altair.Chart(pd.DataFrame({"rate": [record.calls.base_rate]})).mark_rule(color=PALE, strokeDash=[4, 4])
    layered: altair.LayerChart = rate.encode(x="rate:Q") + points
    if record.calls.shortage is None:
        layered = base.mark_rule(color=INK).encode(x="low:Q", x2="high:Q", y=y) + layered
    sized: altair.LayerChart = layered.properties(height=altair.Step(32))
    return sized


def _ranking(ranked: pd.DataFrame) -> "altair.LayerChart":
    """AUC of each forecast with its interval."""
    import altair

    base = altair.Chart(ranked, width=WIDTH)
    y = altair.Y("forecast:N", title=None, sort=list(ranked["forecast"]), axis=altair.Axis(labelLimit=240))
    scale = altair.Scale(zero=False)
    points = base.mark_point(color=INK, filled=True, size=70).encode(
        x=altair.X("value:Q", title="AUC", scale=scale), y=y
    )
    layered: altair.LayerChart = base.mark_rule(color=INK).encode(x="low:Q", x2="high:Q", y=y) + points
    sized: altair.LayerChart = layered.properties(height=altair.Step(32))
    return sized
