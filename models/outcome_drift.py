"""Whether renewals end as was predicted and as they used to, and how many endings the model has not learned from.

Of predictions as they were published, and of outcomes under the maturity rule, which the labels bring along: whoever
hands rows over has joined them with what is known by now. Each renewal counts once.
"""

from typing import Any, Final

import numpy as np
import pandas as pd

from models.drift import CALIBRATION, DRIFT_COLUMNS, NEW_OUTCOMES, OUTCOMES
from models.learning import unit_of
from models.logistic import logit
from models.reference import Reference
from models.settings import HEADLINE_BAND, SCORED_BANDS, DriftSettings
from models.significance import normal_tails

LEVEL: Final = "level"
"""Whether as many churned as was predicted."""
SLOPE: Final = "slope"
"""Whether the likely ones churned and the unlikely ones did not: it alone sees the meaning of a feature turn round."""
SINCE_TRAINING: Final = "since_training"
"""The predictions that ended since the model was trained: none of them has taught it."""
LATEST_RECORD: Final = "latest_record"
"""All that ended within the span of the record, whichever model made them."""
CHURN_RATE: Final = "churn_rate"
DECIDED_RENEWALS: Final = "decided_renewals"
LEAST: Final = 1e-9
"""Probabilities nearer to nought or one than this have no finite log-odds worth keeping."""
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
        Six rows with `DRIFT_COLUMNS`: level and slope of the calibration since the training and over the record, the
        churn rate, and the number of new outcomes.
    """
    # A renewal has one outcome, but long before its end another unit of rolling terms may: choose within each span.
    since, record = (
        one_per_renewal(predictions[predictions[flag].astype(bool)]) for flag in ("is_since_training", "is_in_record")
    )
    new = one_per_renewal(outcomes)
    spans = {
        SINCE_TRAINING: (since, "that ended since the model was trained"),
        LATEST_RECORD: (record, f"that ended in the last {settings.record_days} days"),
    }
    listed = [
        measured
        for span, (rows, which) in spans.items()
        for measured in (_level(span, rows, which, settings), _slope(span, rows, which, settings))
    ]
    listed += [_churn_rate(reference, new, settings), _new_outcomes(reference, len(new), settings)]
    return pd.DataFrame(listed, columns=list(DRIFT_COLUMNS))


def _level(span: str, rows: pd.DataFrame, which: str, settings: DriftSettings) -> dict[str, Any]:
    """Churns against the sum of their probabilities: z = (O - E) / sqrt(sum p (1 - p)), outcomes being independent.

    The score test of a calibration intercept of zero (D. R. Cox, Two further applications of a model for binary
    regression, Biometrika 45, 1958).
    """
    probability = rows["probability"].to_numpy(dtype=np.float64)
    expected, seen = float(probability.sum()), float(rows["is_churned"].sum())
    deviations = _deviations(seen - expected, float((probability * (1 - probability)).sum()))
    is_enough = max(expected, seen) >= settings.minimum_churns
    sentence = (
        f"Of {len(rows):,} published predictions {which}, {seen:,.0f} churned and {expected:,.1f} were expected to"
        if len(rows)
        else f"There is no published prediction {which}"
    )
    is_drifting = is_enough and abs(deviations) > settings.deviations
    found = (expected, seen) if len(rows) else (float("nan"), float("nan"))
    return _row(CALIBRATION, f"{LEVEL}_{span}", found, deviations, sentence, is_enough=is_enough, alarm=is_drifting)


def _slope(span: str, rows: pd.DataFrame, which: str, settings: DriftSettings) -> dict[str, Any]:
    """Score test of a calibration slope of one, whatever the level (Cox 1958), and its first step as an estimate.

    With l = logit p centred by its mean under the weights w = p (1 - p), z = sum l (outcome - p) / sqrt(sum w l^2), and
    the slope is about one plus z over that root. Only a slope too small is an alarm: predictions are shrunken on
    purpose, and one too large costs little.
    """
    probability = np.clip(rows["probability"].to_numpy(dtype=np.float64), LEAST, 1 - LEAST)
    outcome = rows["is_churned"].to_numpy(dtype=np.float64)
    weight = probability * (1 - probability)
    score = logit(probability)
    centred = score - (weight @ score) / weight.sum() if len(rows) else score
    information = float(weight @ centred**2)
    # Where all have the same probability the level says all there is; what is left is the last digit of a float.
    information = information if information > LEAST else 0.0
    deviations = _deviations(float(centred @ (outcome - probability)), information)
    slope = 1 + deviations / information**0.5 if information else float("nan")
    is_enough = max(float(probability.sum()), float(outcome.sum())) >= settings.minimum_churns and information > 0
    sentence = (
        f"Of the same predictions, the calibration slope is about {slope:.1f}, where 1 is right and 0 is chance"
        if information
        else f"There is no difference between the predictions {which}"
    )
    is_drifting = is_enough and deviations < -settings.deviations
    return _row(
        CALIBRATION, f"{SLOPE}_{span}", (1.0, slope), deviations, sentence, is_enough=is_enough, alarm=is_drifting
    )


def _churn_rate(reference: Reference, new: pd.DataFrame, settings: DriftSettings) -> dict[str, Any]:
    """Churns against the reference's rate of each band; the variance is that of both samples."""
    rates = reference.churn_rates
    known = new[new["band"].isin(rates)]
    rate = known["band"].map(rates).to_numpy(dtype=np.float64)
    expected, seen, size = float(rate.sum()), float(known["is_churned"].sum()), len(known)
    variance = float((rate * (1 - rate)).sum()) * (1 + size / max(reference.renewals, 1))
    deviations = _deviations(seen - expected, variance)
    is_enough = max(expected, seen) >= settings.minimum_churns
    sentence = (
        f"Of {size:,} renewals that ended since the model was trained {seen / size:.1%} churned; it had learned from "
        f"{expected / size:.1%}"
        if size
        else "No renewal has ended since the model was trained"
    )
    return _row(
        OUTCOMES,
        CHURN_RATE,
        (expected / size, seen / size) if size else (float("nan"), float("nan")),
        deviations,
        sentence,
        is_enough=is_enough,
        alarm=is_enough and abs(deviations) > settings.deviations,
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
    sentence: str,
    *,
    is_enough: bool,
    alarm: bool,
) -> dict[str, Any]:
    too_few = "" if is_enough or np.isnan(deviations) else "; too few churns to tell anything"
    return {
        "kind": kind,
        "name": name,
        "reference": figures[0],
        "current": figures[1],
        "statistic": deviations,
        "p_value": normal_tails(deviations) if not np.isnan(deviations) else float("nan"),
        "is_drifting": alarm,
        "sentence": f"{sentence}{'; that is no chance' if alarm else too_few}.",
    }
