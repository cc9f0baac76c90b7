"""Charts of a training: are the probabilities true, does the ranking hold over time, what moves the model.

Charts are Altair objects built from the published predictions (`walk_forward.PUBLISHED_COLUMNS`) and from contributions
as `contribution_summary` lays them out; where they are stored or shown is up to the caller.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.findings import SPOKEN_HORIZONS
from models.learning import KEY
from models.metrics import Ranking, roc_auc
from models.recalibration import consistency_band, reliability_curve
from models.settings import HEADLINE_BAND, SCORED_BANDS, ModelSettings

if TYPE_CHECKING:
    import altair

INK = "#2f6f4f"
PALE = "#bbbbbb"
GOLDEN = 0.6180339887498949
"""Steps of the golden ratio fill a line evenly, however many there are: a scatter without chance."""


def reliability_table(
    predictions: pd.DataFrame,
    settings: ModelSettings,
    model: str = "churn_probability",
    band: str = HEADLINE_BAND,
) -> pd.DataFrame:
    """The CORP reliability curve of one band and the band of consistency around the diagonal.

    Returns:
        predicted, observed, low, high at the corners of the curve, ascending; see `recalibration`.
    """
    rows = predictions[(predictions["band"] == band) & (predictions["model"] == model)]
    rows = rows.sort_values(["probability", *KEY], ignore_index=True)
    scores, outcomes, weights = (
        rows[name].to_numpy(dtype=np.float64) for name in ("probability", "is_churned", "weight")
    )
    curve = reliability_curve(scores, outcomes, weights)
    return curve.merge(consistency_band(rows, curve["predicted"].to_numpy(dtype=np.float64), settings), on="predicted")


def auc_by_cutoff(predictions: pd.DataFrame, model: str = "churn_probability") -> pd.DataFrame:
    """ROC AUC per cut-off and band: cutoff, band, roc_auc (NaN where only one outcome occurred), churns."""
    records = []
    of_model = predictions[predictions["model"] == model]
    for band in SCORED_BANDS:
        for cutoff, rows in of_model[of_model["band"] == band].groupby("cutoff"):
            outcomes = rows["is_churned"].to_numpy(dtype=np.float64)
            weights = rows["weight"].to_numpy(dtype=np.float64)
            ranking = Ranking.of(rows["probability"].to_numpy(dtype=np.float64), outcomes, weights[None, :])
            records.append((cutoff, band, float(roc_auc([ranking])[0]), int(outcomes.sum())))
    return pd.DataFrame.from_records(records, columns=["cutoff", "band", "roc_auc", "churns"])


def reliability_chart(
    predictions: pd.DataFrame,
    settings: ModelSettings,
    band: str = HEADLINE_BAND,
    model: str = "churn_probability",
) -> "altair.LayerChart":
    """Churn rate against predicted probability, without bins; true probabilities keep to the shaded band."""
    import altair

    table = reliability_table(predictions, settings, model, band)
    share = altair.Axis(format="%")
    x = altair.X("predicted:Q", title="predicted probability of churn", axis=share)
    chart = altair.Chart(table, title=f"Churn rate by predicted probability, {band} days ahead")
    consistent = chart.mark_area(color=PALE, opacity=0.4).encode(x=x, y=altair.Y("low:Q"), y2=altair.Y2("high:Q"))
    true = chart.mark_line(color=PALE, strokeDash=[4, 4]).encode(x=x, y=altair.Y("predicted:Q"))
    found = chart.mark_line(color=INK, point={"color": INK, "size": 20}).encode(
        x=x,
        y=altair.Y("observed:Q", title="share that churned", axis=share),
        tooltip=[altair.Tooltip(f"{name}:Q") for name in ("predicted", "observed", "low", "high")],
    )
    layered: altair.LayerChart = consistent + true + found
    return layered


def contribution_chart(contributions: pd.DataFrame, label_limit: int = 320) -> "altair.Chart":
    """What moves the model: one dot per renewal and input, to the right where it raised the risk.

    Args:
        contributions: feature, contribution in log-odds, value_percentile between 0 and 1 (missing: no value); the
            features in the order in which they are to be shown.
        label_limit: Pixels after which the name of a feature is cut off.
    """
    import altair

    order = list(contributions["feature"].unique())
    place = contributions.groupby("feature").cumcount()
    rows = contributions[["feature", "contribution", "value_percentile"]].assign(place=(place * GOLDEN) % 1.0)
    rank = altair.Color(
        "value_percentile:Q",
        title="rank of the value",
        scale=altair.Scale(scheme="viridis", domain=[0.0, 1.0]),
    )
    encoded: altair.Chart = (
        altair.Chart(rows, title="What moves the churn probability")
        # A value that is missing has no rank, and is to be seen all the same.
        .mark_circle(size=14, opacity=0.7, invalid=None)
        .encode(
            x=altair.X("contribution:Q", title="log-odds; right: more risk"),
            y=altair.Y("feature:N", title=None, sort=order, axis=altair.Axis(labelLimit=label_limit)),
            yOffset=altair.YOffset("place:Q"),
            color=rank,
        )
        .properties(height=altair.Step(24))
        .configure_scale(invalid={"color": {"value": PALE}})
    )
    return encoded


def auc_chart(aucs: pd.DataFrame) -> "altair.Chart":
    """ROC AUC of each band over the cut-offs.

    Args:
        aucs: As `auc_by_cutoff` returns them.
    """
    import altair

    table = aucs.dropna(subset="roc_auc")
    table = table.assign(cutoff=pd.to_datetime(table["cutoff"]), horizon=table["band"].map(SPOKEN_HORIZONS))
    chart = altair.Chart(table, title="Ranking by cut-off: ROC AUC per horizon").mark_line(point=True)
    encoded: altair.Chart = chart.encode(
        x=altair.X("cutoff:T", title="cut-off", axis=altair.Axis(format="%Y-%m")),
        y=altair.Y("roc_auc:Q", title="ROC AUC", scale=altair.Scale(domain=[0.0, 1.0])),
        color=altair.Color(
            "horizon:N", title="horizon", sort=list(SPOKEN_HORIZONS.values()), legend=altair.Legend(columns=2)
        ),
    )
    return encoded
