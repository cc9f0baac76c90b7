"""Who was right where gut and usage disagreed, and what each policy would have gained over usage alone.

Computed from the ledger: every policy on identical renewals, paired, accounts resampled. The policies themselves are in
`models.policy`.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from models.judgement.answers import themes_of_rows
from models.judgement.judged import ALL, SHOWN_DECIMALS, VIEWED_CHECKPOINTS, Judged
from models.learning import FloatArray, TextArray
from models.logistic import logit
from models.metrics import ratio
from models.policy import POLICIES, REFERENCE_POLICY, policy_probability
from models.settings import JudgementSettings, ModelSettings
from models.stance import DISAGREE

WORSE: Final = "human_says_worse"
BETTER: Final = "human_says_better"
PERSON: Final = "person"
USAGE: Final = "usage"
BY_STANCE: Final = "stance"
BY_DISTANCE: Final = "distance"
OVERRIDE_KEY: Final = ("checkpoint", "disagreement", "direction", "reason_theme", "policy")
OVERRIDE_COLUMNS: Final = (
    *OVERRIDE_KEY,
    "renewals",
    "churns",
    "churn_rate",
    "usage_expected",
    "gut_expected",
    "person_right_share",
    "brier_gain",
    "brier_gain_low",
    "brier_gain_high",
    "brier_gain_arr",
    "brier_gain_arr_low",
    "brier_gain_arr_high",
)


def override_value(ledger: pd.DataFrame, settings: JudgementSettings, resampling: ModelSettings) -> pd.DataFrame:
    """What following the person would have been worth.

    Args:
        ledger: The judgement ledger.
        settings: Limits, levels, and the distance from which views are far apart.
        resampling: Seed and number of resamples of accounts.

    Returns:
        `OVERRIDE_COLUMNS`, sorted by `OVERRIDE_KEY`: per checkpoint, way of disagreeing (`all` renewals with a fresh
        pulse; by `stance`; by `distance`), direction and theme of the reason. `person_right_share` is the share of
        renewals whose outcome lay nearer to the gut view than to the usage view. `brier_gain` is the Brier score of
        `model_only` minus that of the policy, above zero where the policy was better; `brier_gain_arr` the same, each
        renewal weighing its ARR.
    """
    records = [
        record
        for checkpoint in VIEWED_CHECKPOINTS
        for record in _of_checkpoint(checkpoint, ledger[ledger["checkpoint"] == checkpoint], settings, resampling)
    ]
    table = pd.DataFrame.from_records(records, columns=list(OVERRIDE_COLUMNS))
    figures = list(OVERRIDE_COLUMNS[len(OVERRIDE_KEY) + 2 :])
    table[figures] = table[figures].astype("float64").round(SHOWN_DECIMALS)
    return table.sort_values(list(OVERRIDE_KEY), ignore_index=True)


def distance_of(rows: pd.DataFrame) -> FloatArray:
    """Log-odds of the gut view minus those of the usage view, shape (n,); above zero the person says worse."""
    gut, usage = (rows[view].to_numpy(dtype=np.float64) for view in ("gut_view", "usage_view"))
    return logit(gut) - logit(usage)


def who_was_right(rows: pd.DataFrame) -> TextArray:
    """`person` where the outcome lay nearer to the gut view, `usage` where nearer to the usage view; shape (n,).

    None where they lie equally near, and where a view or the outcome is not known.
    """
    distance = distance_of(rows)
    outcomes = rows["is_churned"].astype("boolean").astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    worse_was_right = np.where(outcomes == 1.0, distance, -distance)
    right = np.select([worse_was_right > 0, worse_was_right < 0], [PERSON, USAGE], default="").astype(object)
    right[(right == "") | np.isnan(outcomes)] = None
    return right


def _of_checkpoint(
    checkpoint: str, entries: pd.DataFrame, settings: JudgementSettings, resampling: ModelSettings
) -> Iterator[tuple[object, ...]]:
    judged = Judged.of(entries, settings, resampling).spoken().viewed()
    judged = judged.where(judged.rows["pulse_state"] == "fresh")
    if not len(judged):
        return
    distance = distance_of(judged.rows)
    ways = {
        ALL: np.ones(len(judged), dtype=bool),
        BY_STANCE: (judged.rows["stance"] == DISAGREE).to_numpy(dtype=bool),
        BY_DISTANCE: np.abs(distance) >= settings.distance,
    }
    directions = {ALL: np.ones(len(judged), dtype=bool), WORSE: distance > 0, BETTER: distance < 0}
    themes = themes_of_rows(judged)
    reasons = {ALL: np.ones(len(judged), dtype=bool)} | {
        theme: np.array([theme in found for found in themes], dtype=bool)
        for theme in sorted({theme for found in themes for theme in found})
    }
    for way, is_so in ways.items():
        for direction, is_there in directions.items():
            for reason, speaks in reasons.items():
                # Reasons are told apart only where somebody has to choose whom to trust.
                if reason != ALL and way == ALL:
                    continue
                part = judged.where(is_so & is_there & speaks)
                for figures in _policies(part):
                    yield (checkpoint, way, direction, reason, *figures)


def _policies(judged: Judged) -> Iterator[tuple[object, ...]]:
    """Each policy but the reference, on one set of renewals."""
    if not len(judged):
        return
    rows, outcomes = judged.rows, judged.outcomes
    shared = (
        len(judged),
        judged.churns,
        float(outcomes.mean()),
        float(judged.numbers("usage_view").mean()),
        float(judged.numbers("gut_view").mean()),
        float((who_was_right(rows) == PERSON).mean()),
    )
    reference = (policy_probability(REFERENCE_POLICY, rows) - outcomes) ** 2
    arr = judged.numbers("arr")
    for policy in POLICIES:
        if policy == REFERENCE_POLICY:
            continue
        gains = reference - (policy_probability(policy, rows) - outcomes) ** 2
        plain = judged.figure(ratio(judged.weights @ gains, judged.weights.sum(axis=1)))
        by_arr = judged.figure(ratio(judged.weights @ (gains * arr), judged.weights @ arr))
        yield policy, *shared, plain.value, plain.low, plain.high, by_arr.value, by_arr.low, by_arr.high
