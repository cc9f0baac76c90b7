"""Whether renewals end as was predicted and as they used to, and how many endings the model has not learned from.

Of predictions as they were published, and of outcomes under the maturity rule, which the labels bring along: whoever
hands rows over has joined them with what is known by now. Each renewal counts once.
"""

from typing import Any, Final

import numpy as np
import pandas as pd

from models.drift import CALIBRATION, DRIFT_COLUMNS, NEW_OUTCOMES, OUTCOMES
from models.learning import unit_of
from models.reference import Reference
from models.settings import HEADLINE_BAND, SCORED_BANDS, DriftSettings
from models.significance import normal_tails

SINCE_TRAINING: Final = "since_training"
"""The predictions that ended since the model was trained: none of them has taught it."""
LATEST_RECORD: Final = "latest_record"
"""All that ended within the span of the record, whichever model made them."""
CHURN_RATE: Final = "churn_rate"
DECIDED_RENEWALS: Final = "decided_renewals"
_ORDER: Final = (HEADLINE_BAND, *(band for band in SCORED_BANDS if band != HEADLINE_BAND))


def one_per_renewal(rows: pd.DataFrame) -> pd.DataFrame:
    """The earliest row of each renewal (rolling: contract) in the headline band, else in the nearest band that it has.

    Args:
        rows: The key, contract_id, band, and whatever else.

    Returns:
        The chosen rows with all columns, sorted by key.
    """
    order = rows["band"].map({band: place for place, band in enumerate(_ORDER)})
    ranked = rows.assign(_unit=unit_of(rows), _order=order).sort_values(["_unit", "_order", "as_of", "renewal_id"])
    first = ranked.drop_duplicates("_unit").drop(columns=["_unit", "_order"])
    return first.sort_values(["account_id", "renewal_id", "as_of"], ignore_index=True)


def measure_outcomes(
    reference: Reference, predictions: pd.DataFrame, outcomes: pd.DataFrame, settings: DriftSettings
) -> pd.DataFrame:
    """Holds outcomes to predictions and to the churn rate that the model learned, and counts the new ones.

    Args:
        reference: What the model learned from.
        predictions: Published predictions whose outcome is known by now: the key, contract_id, band, probability,
            is_churned, and two flags: is_since_training, where the outcome was not known when the model was trained,
            and is_in_record, where it was not known before the span of the record.
        outcomes: Snapshots with the outcome known now and not when the model was trained: the key, contract_id, band,
            is_churned.
        settings: Limits.

    Returns:
        Four rows with `DRIFT_COLUMNS`: calibration since the training and over the record, the churn rate, and the
        number of new outcomes.
    """
    # A renewal has one outcome, but long before its end another unit of rolling terms may: choose within each span.
    since, record = (
        one_per_renewal(predictions[predictions[flag].astype(bool)]) for flag in ("is_since_training", "is_in_record")
    )
    new = one_per_renewal(outcomes)
    listed = [
        _calibration(SINCE_TRAINING, since, "that ended since the model was trained", settings),
        _calibration(LATEST_RECORD, record, f"that ended in the last {settings.record_days} days", settings),
        _churn_rate(reference, new, settings),
        _new_outcomes(reference, len(new), settings),
    ]
    return pd.DataFrame(listed, columns=list(DRIFT_COLUMNS))


def _calibration(name: str, rows: pd.DataFrame, which: str, settings: DriftSettings) -> dict[str, Any]:
    """Churns against the sum of their probabilities: z = (O - E) / sqrt(sum p (1 - p)), outcomes being independent.

    D. J. Spiegelhalter, Probabilistic prediction in patient management and clinical trials, Statistics in Medicine 5
    (1986), of which this is the part that sees the level.
    """
    probability = rows["probability"].to_numpy(dtype=np.float64)
    expected, seen = float(probability.sum()), float(rows["is_churned"].sum())
    return _row(
        CALIBRATION,
        name,
        (expected, seen),
        _deviations(seen - expected, float((probability * (1 - probability)).sum())),
        max(expected, seen) >= settings.minimum_churns,
        settings,
        f"Of {len(rows):,} published predictions {which}, {seen:,.0f} churned and {expected:,.1f} were expected to"
        if len(rows)
        else f"There is no published prediction {which}",
    )


def _churn_rate(reference: Reference, new: pd.DataFrame, settings: DriftSettings) -> dict[str, Any]:
    """Churns against the reference's rate of each band; the variance is that of both samples."""
    rates = reference.churn_rates
    known = new[new["band"].isin(rates)]
    rate = known["band"].map(rates).to_numpy(dtype=np.float64)
    expected, seen, size = float(rate.sum()), float(known["is_churned"].sum()), len(known)
    variance = float((rate * (1 - rate)).sum()) * (1 + size / max(reference.renewals, 1))
    return _row(
        OUTCOMES,
        CHURN_RATE,
        (expected / size, seen / size) if size else (float("nan"), float("nan")),
        _deviations(seen - expected, variance),
        max(expected, seen) >= settings.minimum_churns,
        settings,
        f"Of {size:,} renewals that ended since the model was trained {seen / size:.1%} churned; it had learned from "
        f"{expected / size:.1%}"
        if size
        else "No renewal has ended since the model was trained",
    )


def _new_outcomes(reference: Reference, new: int, settings: DriftSettings) -> dict[str, Any]:
    share = new / max(reference.renewals, 1)
    is_worth_it = new >= settings.minimum_renewals and share >= settings.new_outcome_share
    verdict = "enough to train anew" if is_worth_it else "too few to train anew for their sake"
    return {
        "kind": NEW_OUTCOMES,
        "name": DECIDED_RENEWALS,
        "reference": float(reference.renewals),
        "current": float(new),
        "statistic": share,
        "p_value": float("nan"),
        "is_drifting": is_worth_it,
        "sentence": f"{new:,} renewals ended since the model was trained on {reference.renewals:,}: {verdict}.",
    }


def _deviations(difference: float, variance: float) -> float:
    return difference / variance**0.5 if variance > 0 else float("nan")


def _row(
    kind: str,
    name: str,
    figures: tuple[float, float],
    deviations: float,
    is_enough: bool,
    settings: DriftSettings,
    sentence: str,
) -> dict[str, Any]:
    is_drifting = is_enough and abs(deviations) > settings.deviations
    too_few = "" if is_enough else "; too few churns to tell anything"
    return {
        "kind": kind,
        "name": name,
        "reference": figures[0],
        "current": figures[1],
        "statistic": deviations,
        "p_value": normal_tails(deviations) if not np.isnan(deviations) else float("nan"),
        "is_drifting": is_drifting,
        "sentence": f"{sentence}{'; that is no chance' if is_drifting else too_few}.",
    }
