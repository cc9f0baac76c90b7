"""Drift in a terminal. Fits 80 columns and a pipe.

Only layout; what drifts and how far is that of the published table.
"""

import pandas as pd
from rich.console import Console

from models.drift import CALIBRATION, DRIFT_KINDS, NEW_OUTCOMES, OUTCOMES
from models.outcome_drift import SLOPE
from pipelines.text_display import print_wrapped

_KINDS = {
    "feature": ("feature", "features"),
    "missingness": ("feature's missing values", "features' missing values"),
    "scores": ("the scores", "the scores"),
    "calibration": ("the calibration", "the calibration"),
    "outcomes": ("the churn rate", "the churn rate"),
}
_ALWAYS_TOLD = (CALIBRATION, OUTCOMES, NEW_OUTCOMES)
NO_REFERENCE = "The model kept no record of what it learned from, so no drift is measured. Train again, with --retrain."


def print_drift(console: Console, drift: pd.DataFrame, day: object) -> None:
    """Print what drifts, what came of earlier predictions, and how much was looked at.

    Args:
        console: Where to print.
        drift: The published `model_drift`.
        day: Date that it stands for.
    """
    if drift.empty:
        print_wrapped(console, NO_REFERENCE)
        return
    model, through = drift[["model_version", "trained_through"]].iloc[0]
    print_wrapped(console, f"Drift as of {day}, against model {model}, trained through {through}", style="bold")
    for kind in DRIFT_KINDS:
        rows = drift[drift["kind"] == kind]
        is_drifting = rows["is_drifting"].astype(bool)
        # Without any prediction the level says so already.
        is_empty = rows["name"].str.startswith(SLOPE) & rows["statistic"].isna()
        for row in rows[(is_drifting | (kind in _ALWAYS_TOLD)) & ~is_empty].to_dict("records"):
            mark, style = ("    ! ", "yellow") if row["is_drifting"] else ("    - ", "")
            print_wrapped(console, str(row["sentence"]), mark=mark, style=style)
    quiet = drift[~drift["kind"].isin(_ALWAYS_TOLD)]
    held = int((~quiet["is_drifting"].astype(bool)).sum())
    print_wrapped(console, f"{held:,} of {len(quiet):,} other figures hold.", style="dim")


def describe_drift(drift: pd.DataFrame, more: str = "`falsegreen drift` says how far.") -> list[str]:
    """Return one sentence where something drifts or nothing could be looked at, else none.

    Args:
        drift: The published `model_drift`.
        more: Where to read on.
    """
    if drift.empty:
        return [NO_REFERENCE]
    counts = drift.loc[drift["is_drifting"].astype(bool), "kind"].value_counts()
    named = []
    for kind, (one, several) in _KINDS.items():
        count = int(counts.get(kind, 0))
        # Of what there is one of, the article says how many.
        if count:
            named.append(one if one.startswith("the ") else f"{count:,} {one if count == 1 else several}")
    if not named:
        return []
    return [f"What the model learned no longer holds for {', '.join(named)}. {more}"]
