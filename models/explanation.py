"""Why a renewal has its probability: SHAP values per group of features, additive in log-odds, each with a sentence.

Contributions of a row plus its base value are the log-odds of `churn_probability`, exactly as shown. What moved since
last week is told in `movement`, charts are made elsewhere; a model that is only a base rate has no reasons.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.churn_model import ChurnModel
from models.learning import KEY, FloatArray, IntArray
from models.note_risk import learned
from models.wording import spoken_reason, spoken_terms, spoken_value

LEAST_CONTRIBUTION: Final = 0.05
"""Log-odds from which on a contribution is a reason that is told and may call for an action: a twentieth of the odds,
at one churn in ten less than half a point. Smaller ones stay in the table, since contributions add up."""
REASON_COLUMNS: Final = (
    *KEY,
    "rank",
    "feature_group",
    "direction",
    "contribution",
    "feature",
    "value",
    "sentence",
    "model_version",
)


def explain(model: ChurnModel, snapshots: pd.DataFrame, *, allow_hindsight: bool = False) -> pd.DataFrame:
    """Reasons of every row that the model scores.

    Args:
        model: The model whose `churn_probability` is explained.
        snapshots: Rows as given to `ChurnModel.score`.
        allow_hindsight: As in `ChurnModel.score`.

    Returns:
        One row per snapshot and group of features that moves it, sorted by key and rank (1 is the largest contribution
        in size). `feature` is the one in the group that pushes most in the group's direction, `value` and `sentence`
        are its.

    Raises:
        HindsightError: A row lies before the model's `trained_through`.
    """
    snapshots = model.scorable(snapshots, allow_hindsight=allow_hindsight).sort_values(KEY, ignore_index=True)
    if model.kind == "base_rate" or snapshots.empty:
        return pd.DataFrame(columns=list(REASON_COLUMNS))
    contributions, _ = model.contributions(snapshots)
    groups, members = groups_of(model)
    totals = np.column_stack([contributions[:, member].sum(axis=1) for member in members])
    leading = np.column_stack(
        [_leading(contributions, total, member) for total, member in zip(totals.T, members, strict=True)]
    )
    # A stable sort over groups in the order of their names: equal contributions rank by name.
    order = np.argsort(-np.abs(totals), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable") + 1
    rows, columns = np.nonzero(totals != 0.0)
    reasons = snapshots.loc[rows, KEY].reset_index(drop=True)
    reasons = reasons.assign(
        rank=rank[rows, columns],
        feature_group=np.array(groups, dtype=object)[columns],
        direction=np.where(totals[rows, columns] > 0, "raises", "lowers"),
        contribution=totals[rows, columns],
        model_version=model.version,
    )
    words = words_of(model, model.inputs(snapshots), rows, leading[rows, columns], totals[rows, columns] > 0)
    reasons = pd.concat([reasons, words], axis=1)
    return reasons.sort_values([*KEY, "rank"], ignore_index=True)[list(REASON_COLUMNS)]


def worth_telling(reasons: pd.DataFrame) -> pd.DataFrame:
    """The reasons that weigh enough to be told; see `LEAST_CONTRIBUTION`."""
    return reasons[reasons["contribution"].abs() >= LEAST_CONTRIBUTION]


def top_reasons(reasons: pd.DataFrame) -> pd.DataFrame:
    """The key and `top_reason` of each explained row that has a reason worth telling.

    The strongest reason that pushes the way in which all reasons together push: what makes a risky renewal risky, and a
    healthy one healthy.
    """
    together = reasons.groupby(KEY)["contribution"].transform("sum")
    agreeing = worth_telling(reasons[(reasons["contribution"] > 0) == (together > 0)])
    first = agreeing.sort_values([*KEY, "rank"]).drop_duplicates(KEY, keep="first")
    return first.rename(columns={"sentence": "top_reason"})[[*KEY, "top_reason"]].reset_index(drop=True)


def groups_of(model: ChurnModel) -> tuple[list[str], list[IntArray]]:
    """Names of the groups, sorted, and the positions of each group's features."""
    of_feature = np.array([feature.group for feature in model.features], dtype=object)
    names = sorted(set(of_feature))
    return names, [np.flatnonzero(of_feature == name) for name in names]


def _leading(contributions: FloatArray, total: FloatArray, member: IntArray) -> IntArray:
    """Position of the feature that pushes most in the direction of its group's total, shape (n,)."""
    pushing = contributions[:, member] * np.where(total > 0, 1.0, -1.0)[:, None]
    leading: IntArray = member[np.argmax(pushing, axis=1)]
    return leading


def words_of(
    model: ChurnModel, inputs: pd.DataFrame, rows: IntArray, features: IntArray, raises: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Feature, value and sentence of each reason, in the order given."""
    values = {feature.name: inputs[feature.name].tolist() for feature in model.features}
    texts = {feature.name: inputs[feature.learned_from].tolist() for feature in learned(model.features)}
    words = []
    for row, position, is_up in zip(rows, features, raises.tolist(), strict=True):
        feature = model.features[position]
        value = values[feature.name][row]
        if feature.name in texts and not pd.isna(value):
            # A score of words means nothing to people; the words do.
            terms = model.text_models[feature.name].telling_terms(texts[feature.name][row], raises=is_up)
            value = spoken_terms(terms, raises=is_up)
        words.append((feature.name, spoken_value(feature, value), spoken_reason(feature, value)))
    return pd.DataFrame(words, columns=["feature", "value", "sentence"], dtype=object)
