"""What the gut feel page shows of disagreements: who was right, and what following the person would have gained.

Figures are those of `override_value`.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from models.judgement.judged import ALL
from models.judgement.overrides import BY_DISTANCE, BY_STANCE
from pipelines.board.widgets import Format, number, share
from pipelines.gut_in_words import DIRECTIONS, POLICIES

WAYS: Final = {
    "colour and usage call it differently": BY_STANCE,
    "one gives twice the odds of the other": BY_DISTANCE,
}
"""Ways of disagreeing, by the words for them."""
POPULATIONS: Final = {"all renewals with a fresh pulse": ALL, **WAYS}
EITHER: Final = "either way"
CAME, BY_USAGE, BY_GUT = "what came", "usage expected", "gut expected"
BY_RENEWAL, BY_ARR = "each renewal alike", "each weighing its ARR"
DISAGREEMENT_FORMATS: Final[Mapping[str, Format]] = dict.fromkeys(
    ("churn rate", BY_USAGE, BY_GUT, "nearer to the person"), share
)
POLICY_FORMATS: Final[Mapping[str, Format]] = dict.fromkeys(("Brier gain", "low", "high"), number(4, signed=True))
NOTHING: Final = "There is no such disagreement with a known end."
READING: Final = (
    "What came of these renewals, beside the churn rate that usage and the gut view had expected of them: whoever is "
    "nearer was right. A dozen renewals settle nothing. Nearer to the person is high for whoever says better, because "
    "most renewals renew."
)
POLICY_READING: Final = (
    "By how much the Brier score would have been lower than by usage alone (model_only), on these very renewals: right "
    "of zero is better. An interval that holds zero settles nothing."
)


def disagreement_table(overrides: pd.DataFrame, checkpoint: str, way: str) -> pd.DataFrame:
    """Return what came of disagreements, the person's direction and theme a line each.

    Args:
        overrides: The published `override_value`.
        checkpoint: When judgement was taken.
        way: One of the values of `WAYS`.

    Returns:
        the person said, reason (`any`, or a theme), renewals, lost, churn rate, usage expected, gut expected, nearer to
        the person; whole directions first.
    """
    rows = overrides[(overrides["checkpoint"] == checkpoint) & (overrides["disagreement"] == way)]
    rows = rows.drop_duplicates(["direction", "reason_theme"])
    rows = rows.assign(
        _whole=rows["reason_theme"] != ALL,
        _place=rows["direction"].map({name: place for place, name in enumerate(DIRECTIONS)}).fillna(len(DIRECTIONS)),
    ).sort_values(["_whole", "_place", "renewals", "reason_theme"], ascending=[True, True, False, True])
    rows = rows.reset_index(drop=True)
    return pd.DataFrame(
        {
            "the person said": rows["direction"].map({**DIRECTIONS, ALL: EITHER}),
            "reason": rows["reason_theme"].replace(ALL, "any").str.replace("_", " "),
            "renewals": rows["renewals"],
            "lost": rows["churns"],
            "churn rate": rows["churn_rate"],
            BY_USAGE: rows["usage_expected"],
            BY_GUT: rows["gut_expected"],
            "nearer to the person": rows["person_right_share"],
        }
    )


def expectations(table: pd.DataFrame) -> pd.DataFrame:
    """Return what came and what was expected per direction: the person said, whose, share.

    Args:
        table: As `disagreement_table` returns it.
    """
    whole = table[table["reason"] == "any"].rename(columns={"churn rate": CAME})
    long = whole.melt("the person said", [CAME, BY_USAGE, BY_GUT], var_name="whose", value_name="share")
    return long.dropna(subset="share").reset_index(drop=True)


def policy_table(overrides: pd.DataFrame, checkpoint: str, population: str) -> pd.DataFrame:
    """Return what each policy would have gained over usage alone, each renewal alike and weighing its ARR.

    Args:
        overrides: The published `override_value`.
        checkpoint: When judgement was taken.
        population: One of the values of `POPULATIONS`.
    """
    rows = overrides[
        (overrides["checkpoint"] == checkpoint)
        & (overrides["disagreement"] == population)
        & (overrides["direction"] == ALL)
        & (overrides["reason_theme"] == ALL)
    ]
    by_policy = {row["policy"]: row for row in rows.to_dict("records")}
    return pd.DataFrame(
        [
            {
                "policy": spoken,
                "weight": weight,
                "renewals": by_policy[policy]["renewals"],
                "lost": by_policy[policy]["churns"],
                "Brier gain": by_policy[policy][gain],
                "low": by_policy[policy][f"{gain}_low"],
                "high": by_policy[policy][f"{gain}_high"],
            }
            for policy, spoken in POLICIES.items()
            if policy in by_policy
            for weight, gain in ((BY_RENEWAL, "brier_gain"), (BY_ARR, "brier_gain_arr"))
        ],
        columns=["policy", "weight", "renewals", "lost", "Brier gain", "low", "high"],
    )
