"""Charts of the model page: those that a training keeps as evidence, made as wide as a page, and what moves the model.

Each says in its description what it shows.
"""

import altair as alt
import pandas as pd

from models.plots import reliability_chart
from models.settings import HEADLINE_BAND, ModelSettings


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
        title=f"{band} days ahead",
        description=f"Share that churned by predicted probability, {band} days ahead, out of time.",
    )
    return drawn
