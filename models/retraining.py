"""When a model should be trained anew, from what has drifted.

Only the decision, with its reasons in words; who asks for the training, and how often, belongs to the pipelines.
"""

from typing import Final

import pandas as pd

from models.drift import CALIBRATION, FEATURE, MISSINGNESS, NEW_OUTCOMES, OUTCOMES, SCORES
from models.outcome_drift import SINCE_TRAINING
from models.settings import DriftSettings

FEATURES: Final = "features"
"""Reason: several features drift, in their values or in having any."""
_NAMED: Final = 3


def retraining_reasons(drift: pd.DataFrame, settings: DriftSettings) -> dict[str, str]:
    """Returns why a training is called for, by kind of reason, in sentences; empty where it is not.

    Nothing calls for one while too few outcomes are new: the same outcomes teach the same. Of the calibration only what
    ended since the training counts, since the model has learned from the rest of the record already.

    Args:
        drift: The `model_drift` table of one date.
        settings: Limits.
    """
    if new_outcomes(drift) < settings.minimum_renewals:
        return {}
    drifting = drift[drift["is_drifting"].astype(bool)]
    reasons = {}
    for kind in (NEW_OUTCOMES, CALIBRATION, OUTCOMES, SCORES):
        rows = drifting[
            (drifting["kind"] == kind) & ((kind != CALIBRATION) | drifting["name"].str.endswith(SINCE_TRAINING))
        ]
        if len(rows):
            reasons[kind] = str(rows["sentence"].iloc[0])
    names = sorted(set(drifting.loc[drifting["kind"].isin([FEATURE, MISSINGNESS]), "name"]))
    if len(names) >= settings.several_features:
        others = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        reasons[FEATURES] = f"{len(names)} features drift: {', '.join(names[:_NAMED])}{others}."
    return reasons


def new_outcomes(drift: pd.DataFrame) -> int:
    """Returns how many renewals have ended since the model was trained; none where that was not looked at."""
    return int(drift.loc[drift["kind"] == NEW_OUTCOMES, "current"].sum())
