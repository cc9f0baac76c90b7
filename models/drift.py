"""Whether what is scored still looks like what the model learned from: features, values that are missing, scores.

Snapshots of one date are held to the reference in their own mix of horizons. A spread drifts where it lies beyond the
customary limit off all that was learned and off its latest year, further than any date of that year did, and further
than chance would put one feature among all. What came of earlier predictions is the matter of `outcome_drift`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from features.feature import Feature
from models.learning import FloatArray
from models.reference import SCORE, Profile, Reference, band_positions, mix_of
from models.settings import SCORED_BANDS, DriftSettings
from models.significance import holm
from models.wording import spoken_value

FEATURE: Final = "feature"
MISSINGNESS: Final = "missingness"
SCORES: Final = "scores"
CALIBRATION: Final = "calibration"
OUTCOMES: Final = "outcomes"
NEW_OUTCOMES: Final = "new_outcomes"
DRIFT_KINDS: Final = (FEATURE, MISSINGNESS, SCORES, CALIBRATION, OUTCOMES, NEW_OUTCOMES)
"""What is looked at, in the order in which it is shown."""
DRIFT_COLUMNS: Final = ("kind", "name", "reference", "current", "statistic", "p_value", "is_drifting", "sentence")


def measure_drift(
    reference: Reference,
    inputs: pd.DataFrame,
    scores: FloatArray,
    features: Sequence[Feature],
    settings: DriftSettings,
) -> pd.DataFrame:
    """Holds what is scored to what the model learned from.

    Args:
        reference: What it learned from.
        inputs: Snapshots of one date as the model sees them, with the key, contract_id, band, status and a column per
            feature. Only open ones in scored bands count: so were those that were learned from.
        scores: Probability of each snapshot, shape (n,).
        features: Features of the model.
        settings: Limits.

    Returns:
        One row per feature and kind, and one for the scores, with `DRIFT_COLUMNS`; p-values are Holm's over a kind.
        No row for a feature that the reference does not have.
    """
    is_open = ((inputs["status"] == "open") & inputs["band"].isin(SCORED_BANDS)).to_numpy()
    rows = inputs[is_open].assign(**{SCORE: scores[is_open]}).reset_index(drop=True)
    by_name = {feature.name: feature for feature in features}
    compared = _compare(reference.features, rows)
    listed = [
        *_mark_stability(FEATURE, compared, by_name, settings),
        *_mark_missing(compared, by_name, settings),
        *_mark_stability(SCORES, _compare(reference.scores, rows), {}, settings),
    ]
    return pd.DataFrame(listed, columns=list(DRIFT_COLUMNS))


def _compare(profile: Profile, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry per column of the profile that the rows have: both comparisons, both means, what is usual."""
    bands = band_positions(rows)
    mix = mix_of(bands, np.array(profile.renewals, dtype=np.float64))
    compared = []
    for name, spread in profile.spreads.items():
        if name not in rows:
            continue
        placed = spread.place(rows[name])
        found = spread.against(placed, bands, profile.renewals)
        latest = spread.against(placed, bands, profile.latest_renewals, is_latest=True)
        is_number = pd.api.types.is_numeric_dtype(rows[name]) and rows[name].notna().any()
        compared.append(
            {
                "name": name,
                "reference": spread.mean(mix),
                "current": float(rows[name].astype(np.float64).mean()) if is_number else float("nan"),
                "stability": found.stability,
                "missing": found.missing,
                "missing_before": float(1 - mix @ np.array([sum(shares) for shares in spread.shares])),
                "missing_now": float(rows[name].isna().mean()) if len(rows) else float("nan"),
                "off_latest": latest.stability.value,
                "missing_off_latest": latest.missing.value,
                "usual": spread.usual,
                "usual_missing": spread.usual_missing,
            }
        )
    return compared


def _mark_stability(
    kind: str, compared: Sequence[Mapping[str, Any]], features: Mapping[str, Feature], settings: DriftSettings
) -> list[dict[str, Any]]:
    adjusted = holm(np.array([entry["stability"].p_value for entry in compared], dtype=np.float64))
    marked = []
    for entry, p_value in zip(compared, adjusted.tolist(), strict=True):
        limit = max(settings.psi, entry["usual"])
        index = entry["stability"].value
        # Where the latest year has nothing to compare with, the whole decides.
        is_news = index > settings.psi and not entry["off_latest"] <= limit
        is_drifting = entry["name"] not in settings.clock_features and is_news and p_value < settings.level
        feature = features.get(entry["name"])
        what = f"{feature.description.rstrip('.')} ({feature.name})" if feature else "What the model says of renewals"
        means = _means(feature, entry)
        sentence = _spread_in_words(what + means, entry, limit, settings, is_drifting=is_drifting)
        marked.append(
            {
                "kind": kind,
                "name": entry["name"],
                "reference": entry["reference"],
                "current": entry["current"],
                "statistic": index,
                "p_value": p_value,
                "is_drifting": bool(is_drifting),
                "sentence": sentence,
            }
        )
    return marked


def _spread_in_words(
    what: str, entry: Mapping[str, Any], limit: float, settings: DriftSettings, *, is_drifting: bool
) -> str:
    if is_drifting:
        index, latest = entry["stability"].value, entry["off_latest"]
        against = "" if np.isnan(latest) else f", and {latest:.2f} against its latest year, where {limit:.2f} is usual"
        return f"{what}, has left what the model learned from: stability index {index:.2f}{against}."
    if entry["name"] in settings.clock_features:
        return f"{what}, grows by the calendar, which is no alarm."
    return f"{what}, lies within what the model learned from, as far as can be told."


def _means(feature: Feature | None, entry: Mapping[str, Any]) -> str:
    """Both means in words, to go on after a clause; empty without them."""
    before, now = entry["reference"], entry["current"]
    if np.isnan(before) or np.isnan(now):
        return ""
    if feature is None:
        return f", on average {now:.0%} instead of {before:.0%}"
    # A mean lies between coded levels and between yes and no, so it is told as the number that it is.
    if feature.kind == "boolean":
        return f", {now:.0%} of renewals instead of {before:.0%}"
    if feature.unit[:1].isdigit():
        return f", on average {now:.2f} instead of {before:.2f}"
    return f", on average {spoken_value(feature, now)} instead of {spoken_value(feature, before)}"


def _mark_missing(
    compared: Sequence[Mapping[str, Any]], features: Mapping[str, Feature], settings: DriftSettings
) -> list[dict[str, Any]]:
    adjusted = holm(np.array([entry["missing"].p_value for entry in compared], dtype=np.float64))
    marked = []
    for entry, p_value in zip(compared, adjusted.tolist(), strict=True):
        change = entry["missing"].value
        limit = max(settings.missing_share, entry["usual_missing"])
        is_news = abs(change) > settings.missing_share and not abs(entry["missing_off_latest"]) <= limit
        is_drifting = is_news and p_value < settings.level
        named = features[entry["name"]].name if entry["name"] in features else entry["name"]
        now, before = entry["missing_now"], entry["missing_before"]
        sentence = (
            f"{named} has no value for {now:.0%} of renewals, against {before:.0%} in what the model learned from."
            if is_drifting
            else f"{named} has a value about as often as in what the model learned from."
        )
        marked.append(
            {
                "kind": MISSINGNESS,
                "name": entry["name"],
                "reference": before,
                "current": now,
                "statistic": change,
                "p_value": p_value,
                "is_drifting": bool(is_drifting),
                "sentence": sentence,
            }
        )
    return marked
