"""What moved since a week ago, and why: the same model on what was known then and on what is known now.

A comparison, not a prediction for the past: the model may have been trained in between, so its view of a week ago is
shown to nobody but as a difference.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from models.churn_model import ChurnModel
from models.explanation import groups_of, words_of
from models.learning import KEY, FloatArray
from models.settings import ModelSettings

WEEK_DAYS: Final = 7
RENEWAL: Final = ["account_id", "renewal_id"]


@dataclass(frozen=True, slots=True)
class Movement:
    """Differences to a week earlier, for the renewals that were scored then too.

    Attributes:
        of_renewals: The key of now, `probability_change`, and `change_reason`: the feature that moved the score most in
            the direction in which it went, in words; null where the change is not worth telling.
        of_groups: The key of now, `feature_group` and `change` of its contribution in log-odds.
    """

    of_renewals: pd.DataFrame
    of_groups: pd.DataFrame


def movement(
    model: ChurnModel,
    now: pd.DataFrame,
    before: pd.DataFrame,
    settings: ModelSettings,
    *,
    allow_hindsight: bool = False,
) -> Movement:
    """Compares what the model says of renewals as of two dates.

    Args:
        model: The model that scores now.
        now: Snapshots of the date that is scored.
        before: Snapshots of a week earlier.
        settings: From which change on a reason is told.
        allow_hindsight: As in `ChurnModel.score`, for the date that is scored.
    """
    now, before = model.scorable(now, allow_hindsight=allow_hindsight), model.scorable(before, allow_hindsight=True)
    then = before[RENEWAL].assign(_then=np.arange(len(before)))
    pairs = now[KEY].assign(_now=np.arange(len(now))).merge(then, on=RENEWAL).sort_values(KEY, ignore_index=True)
    now = now.iloc[pairs["_now"]].reset_index(drop=True)
    before = before.iloc[pairs["_then"]].reset_index(drop=True)
    change = _probability(model, now) - _probability(model, before)
    of_renewals = now[KEY].assign(probability_change=change, change_reason=None)
    if model.kind == "base_rate" or now.empty:
        return Movement(of_renewals, pd.DataFrame(columns=[*KEY, "feature_group", "change"]))
    moved = model.contributions(now)[0] - model.contributions(before)[0]
    of_renewals["change_reason"] = _reasons(model, now, before, moved, change, settings)
    names, members = groups_of(model)
    of_groups = [
        now[KEY].assign(feature_group=name, change=moved[:, member].sum(axis=1))
        for name, member in zip(names, members, strict=True)
    ]
    return Movement(of_renewals, pd.concat(of_groups, ignore_index=True))


def _probability(model: ChurnModel, snapshots: pd.DataFrame) -> FloatArray:
    scores = model.score(snapshots, allow_hindsight=True)
    return scores["churn_probability"].to_numpy(dtype=np.float64)


def _reasons(
    model: ChurnModel,
    now: pd.DataFrame,
    before: pd.DataFrame,
    moved: FloatArray,
    change: FloatArray,
    settings: ModelSettings,
) -> list[str | None]:
    """The sentence of the feature that moved each row most in the direction of its change, with its value of then."""
    rows = np.flatnonzero(np.abs(change) >= settings.change_worth_telling)
    raises = change[rows] > 0
    feature = np.argmax(moved[rows] * np.where(raises, 1.0, -1.0)[:, None], axis=1)
    today, then = (words_of(model, model.inputs(each), rows, feature, raises) for each in (now, before))
    sentences: list[str | None] = [None] * len(now)
    for row, position, of_now, was in zip(rows, feature, today.itertuples(), then["value"], strict=True):
        # What words mean is not a value that could be set beside another.
        if of_now.value == was or model.features[position].learned_from:
            sentences[row] = str(of_now.sentence)
        else:
            sentences[row] = f"{of_now.sentence} (a week ago: {was or 'not on record'})"
    return sentences
