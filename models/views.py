"""The two views that are fitted: usage without any human judgement, and everything together.

They differ in their features, and in that the full view takes part of the meaning of a colour for known before anything
is learned. The third view, the meaning of the colour alone, is in `gut_feel`.
"""

from collections.abc import Collection
from typing import Final, Literal

import numpy as np
import pandas as pd

from features.feature import Feature
from models.baselines import BaseRates
from models.encoding import Encoder
from models.gut_feel import GutTable
from models.learning import Cohort, FloatArray
from models.linear_inputs import Design
from models.scorer import Scorer
from models.settings import ModelSettings

View = Literal["usage", "full"]
VIEWS: Final[tuple[View, ...]] = ("usage", "full")


def fit_scorers(
    features: tuple[Feature, ...],
    usage_features: tuple[str, ...],
    cohort: Cohort,
    settings: ModelSettings,
    *,
    draws: int = 0,
) -> dict[View, Scorer]:
    """Fits both views on a cohort.

    Args:
        features: Inputs of the full view.
        usage_features: Names of those that no human judgement has touched.
        cohort: What to learn from, its words already learned from.
        settings: How to fit.
        draws: See `LinearMargin.fit`; of the full view, which alone has intervals.
    """
    base_rates = BaseRates.fit(cohort, settings.base_rate_strength)
    table = GutTable.fit(cohort, base_rates, settings)
    rows, bands = cohort.snapshots, cohort.snapshots["band"]
    encoder = Encoder.fit(features, rows)
    encoders, matrix = view_encoders(encoder, usage_features), encoder.encode(rows)
    design = Design.of(encoder, matrix, cohort)
    return {
        view: Scorer.fit(
            design.part(encoders[view]),
            encoder.columns_of(encoders[view], matrix),
            cohort,
            colour_offset(view, table, rows, bands, base_rates, settings.colour_share),
            settings,
            draws=draws if view == "full" else 0,
        )
        for view in VIEWS
    }


def view_encoders(encoder: Encoder, usage_features: Collection[str]) -> dict[View, Encoder]:
    """The encoder of each view, given that of all features."""
    return {"usage": encoder.part(usage_features), "full": encoder}


def colour_offset(
    view: View, table: GutTable, snapshots: pd.DataFrame, bands: pd.Series, base_rates: BaseRates, share: float
) -> FloatArray:
    """Log-odds that a view starts from, shape (n,): a share of what each row's colour has meant, nothing for usage.

    Args:
        view: The view.
        table: What the colours have meant.
        snapshots: Rows with `sentiment` and `pulse_state`.
        bands: Band of each row.
        base_rates: What the meaning of a colour is measured against.
        share: Share of it, in log-odds, that is taken for known.
    """
    if view == "usage":
        return np.zeros(len(snapshots))
    return share * table.shift(snapshots, bands, base_rates)
