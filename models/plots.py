"""Two charts of the walk: are the probabilities true, and does the ranking hold over time.

Charts are Altair objects built from the published predictions (`walk_forward.PUBLISHED_COLUMNS`); where they are stored
or shown is up to the caller.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.learning import KEY
from models.metrics import Ranking, roc_auc
from models.settings import HEADLINE_BAND, SCORED_BANDS

if TYPE_CHECKING:
    import altair

BINS = 8


def reliability_table(
    predictions: pd.DataFrame, model: str = "churn_probability", band: str = HEADLINE_BAND
) -> pd.DataFrame:
    """Mean prediction and churn rate in bins of equal weight of one band: bin, predicted, observed, renewals."""
    rows = predictions[(predictions["band"] == band) & (predictions["model"] == model)]
    rows = rows.sort_values(["probability", *KEY], ignore_index=True)
    middle = rows["weight"].cumsum() - rows["weight"] / 2
    bins = (BINS * middle / rows["weight"].sum()).astype(int).clip(upper=BINS - 1)
    weighted = rows.assign(predicted=rows["probability"] * rows["weight"], observed=rows["is_churned"] * rows["weight"])
    sums = weighted.groupby(bins.rename("bin"))[["predicted", "observed", "weight"]].sum()
    table = sums[["predicted", "observed"]].div(sums["weight"], axis=0).assign(renewals=sums["weight"])
    return table.reset_index()


def auc_by_cutoff(predictions: pd.DataFrame, model: str = "churn_probability") -> pd.DataFrame:
    """ROC AUC per cut-off and band: cutoff, band, roc_auc (NaN where only one outcome occurred), churns."""
    records = []
    for band in SCORED_BANDS:
        of_band = predictions[(predictions["band"] == band) & (predictions["model"] == model)]
        for cutoff, rows in of_band.groupby("cutoff"):
            outcomes = rows["is_churned"].to_numpy(dtype=np.float64)
            weights = rows["weight"].to_numpy(dtype=np.float64)
            ranking = Ranking.of(rows["probability"].to_numpy(dtype=np.float64), outcomes, weights[None, :])
            records.append((cutoff, band, float(roc_auc([ranking])[0]), int(outcomes.sum())))
    return pd.DataFrame.from_records(records, columns=["cutoff", "band", "roc_auc", "churns"])


def reliability_chart(predictions: pd.DataFrame, band: str = HEADLINE_BAND) -> "altair.LayerChart":
    """Churn rate against predicted probability; on the diagonal the probabilities are true."""
    import altair

    table = reliability_table(predictions, band=band)
    end = float(np.ceil(20 * table[["predicted", "observed"]].to_numpy().max()) / 20) if len(table) else 1.0
    diagonal = altair.Chart(pd.DataFrame({"predicted": [0.0, end], "observed": [0.0, end]}))
    points = altair.Chart(table, title=f"Churn rate by predicted probability, {band} days ahead")
    line = diagonal.mark_line(color="#bbbbbb", strokeDash=[4, 4]).encode(x="predicted:Q", y="observed:Q")
    layered: altair.LayerChart = line + (
        points.mark_point(filled=True, size=70, color="#2f6f4f").encode(
            x=altair.X("predicted:Q", title="predicted probability of churn", axis=altair.Axis(format="%")),
            y=altair.Y("observed:Q", title="share that churned", axis=altair.Axis(format="%")),
            tooltip=["predicted:Q", "observed:Q", "renewals:Q"],
        )
    )
    return layered


def auc_chart(predictions: pd.DataFrame) -> "altair.Chart":
    """ROC AUC of each band over the cut-offs."""
    import altair

    table = auc_by_cutoff(predictions).dropna(subset="roc_auc")
    chart = altair.Chart(table, title="Ranking by cut-off: ROC AUC per horizon").mark_line(point=True)
    encoded: altair.Chart = chart.encode(
        x=altair.X("cutoff:T", title="cut-off"),
        y=altair.Y("roc_auc:Q", title="ROC AUC", scale=altair.Scale(domain=[0.3, 1.0])),
        color=altair.Color("band:N", title="horizon", sort=list(SCORED_BANDS)),
    )
    return encoded
