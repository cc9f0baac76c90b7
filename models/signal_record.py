"""The track record of each signal: what its firing has meant for past renewals, and whether that is news to the model.

Fitted on outcomes, hence here and not with the rules. Rates and lifts are of the headline horizon, each renewal counted
once; warning times are over all horizons. Nothing is selected: a signal that means nothing is listed with its interval.
"""

from statistics import NormalDist
from typing import Final

import numpy as np
import pandas as pd

from features.signals import Signal, load_signals
from models.evaluation import account_draws
from models.learning import KEY, FloatArray, LearningData, unit_of, weights_of
from models.logistic import fit_logistic, logit, sigmoid
from models.settings import HEADLINE_BAND, ModelSettings

RECORD_COLUMNS: Final = (
    "signal",
    "title",
    "trained_through",
    "band",
    "is_watched",
    "renewals",
    "renewals_fired",
    "fired_share",
    "churn_rate_fired",
    "churn_rate_silent",
    "lift",
    "lift_low",
    "lift_high",
    "warned_churns",
    "median_lead_days",
    "median_decision_days",
    "added_log_odds",
    "added_low",
    "added_high",
    "adds_to_model",
)
SCORE: Final = "churn_probability"
ADDED_SD: Final = 1.0
"""Prior standard deviation of what a signal adds, in log-odds: without it one lucky renewal would make it infinite."""
NOTHING: Final = 1e-9
"""Weights are thirds and quarters: what is left of nothing after a subtraction is smaller than this."""
MINIMUM_FIRED: Final = 5
"""Renewals at which a signal must have fired, and not fired, before it is asked what it adds."""
SHOWN_DECIMALS: Final = 9


def record_signals(
    data: LearningData, signals: pd.DataFrame, predictions: pd.DataFrame, settings: ModelSettings
) -> pd.DataFrame:
    """Sum up what each signal has meant.

    Args:
        data: Snapshots and labels.
        signals: `KEY` and one column `signal__has_<id>` per signal: 1 or true where it fired, 0 or false where it did
            not, missing where it was not watched. Rows without a labelled snapshot are left out of account.
        predictions: Out-of-time predictions with outcomes, one row per cut-off and snapshot; see `walk_forward`.
        settings: Resamples, level of the intervals.

    Returns:
        `RECORD_COLUMNS`, one row per declared signal, sorted by signal. Shares and rates weigh each renewal of the
        headline band once. `lift` is the churn rate when fired over that of all watched snapshots, its interval from
        resampled accounts. `median_lead_days` and `median_decision_days` run from the first firing of the term to the
        renewal date and to the decision, over renewals that churned. `added_log_odds` is the coefficient of the signal
        in a logistic regression with the out-of-time score's log-odds as offset and an intercept; its interval takes
        the larger of the variance that the curvature gives and the one robust to repeats within accounts;
        `adds_to_model` says whether it excludes zero. Missing where there is too little.
    """
    names = [signal.feature_name for signal in load_signals().values()]
    fired = signals[KEY].assign(**{name: signals[name].astype(np.float64) for name in names})
    fired["as_of"] = pd.to_datetime(fired["as_of"]).astype("datetime64[us]")
    outcomes = data.outcomes_at(data.through)
    rows = data.snapshots.merge(outcomes, on=KEY).merge(fired, on=KEY, how="left", suffixes=("_own", ""))
    headline = rows[rows["band"] == HEADLINE_BAND].sort_values(KEY, ignore_index=True)
    rates = _rates(headline, names, settings)
    scored = _scored(predictions, fired)
    records = []
    for signal in load_signals().values():
        record: dict[str, object] = {"signal": signal.id, "title": signal.title}
        record |= {"is_watched": bool(headline[signal.feature_name].notna().any())}
        record |= rates[signal.feature_name] | _warning(rows, signal) | _added(scored, signal, settings)
        records.append(record)
    table = pd.DataFrame.from_records(records).assign(trained_through=data.through, band=HEADLINE_BAND)
    counts = ["renewals", "renewals_fired", "warned_churns"]
    table[counts] = table[counts].astype("Int64")
    table["adds_to_model"] = table["adds_to_model"].astype("boolean")
    return table.sort_values("signal", ignore_index=True)[list(RECORD_COLUMNS)]


def _rates(headline: pd.DataFrame, names: list[str], settings: ModelSettings) -> dict[str, dict[str, object]]:
    """Shares, rates and lifts of all signals, all on the same resamples."""
    if headline.empty:
        return {name: _no_rates() for name in names}
    weights = weights_of(headline)
    churned = headline["is_churned"].to_numpy(dtype=np.float64)
    fired = headline[names].to_numpy(dtype=np.float64)
    watched = ~np.isnan(fired)
    fired = np.where(watched, fired, 0.0)
    parts = np.hstack([watched, fired, watched * churned[:, None], fired * churned[:, None]])
    point = (weights @ parts).reshape(4, len(names))
    draws = np.concatenate(
        [(weights * drawn) @ parts for drawn in account_draws(headline["account_id"], settings)]
    ).reshape(-1, 4, len(names))
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn_lifts = (draws[:, 3] / draws[:, 1]) / (draws[:, 2] / draws[:, 0])
    units = unit_of(headline)
    found = {}
    for place, name in enumerate(names):
        if not watched[:, place].any():
            found[name] = _no_rates()
            continue
        every, on, churns, churns_on = point[:, place]
        low, high = _interval(drawn_lifts[:, place], settings.interval_level)
        lift = _ratio(_ratio(churns_on, on), _ratio(churns, every))
        # Where all that fired came to the same end, every resample repeats it: that is no interval, not a sure one.
        is_told = churns_on > 0 and on - churns_on > NOTHING
        found[name] = {
            "renewals": units[watched[:, place]].nunique(),
            "renewals_fired": units[fired[:, place] == 1.0].nunique(),
            "fired_share": _rounded(_ratio(on, every)),
            "churn_rate_fired": _rounded(_ratio(churns_on, on)),
            "churn_rate_silent": _rounded(_ratio(churns - churns_on, every - on)),
            "lift": _rounded(lift),
            "lift_low": low if is_told else np.nan,
            "lift_high": high if is_told else np.nan,
        }
    return found


def _no_rates() -> dict[str, object]:
    shares = ("fired_share", "churn_rate_fired", "churn_rate_silent", "lift", "lift_low", "lift_high")
    return {"renewals": 0, "renewals_fired": 0, **dict.fromkeys(shares, np.nan)}


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > NOTHING else float("nan")


def _rounded(value: float) -> float:
    return round(float(value), SHOWN_DECIMALS)


def _interval(resampled: FloatArray, level: float) -> tuple[float, float]:
    """Percentile interval; NaN where fewer than half of the resamples have the figure."""
    known = resampled[np.isfinite(resampled)]
    if 2 * len(known) < len(resampled):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return _rounded(low), _rounded(high)


def _warning(rows: pd.DataFrame, signal: Signal) -> dict[str, object]:
    """How long before renewal and decision it first fired, over renewals that churned."""
    churned = rows[(rows[signal.feature_name] == 1.0) & rows["is_churned"].astype(bool)]
    first = churned.assign(unit=unit_of(churned)).sort_values(["unit", "as_of"]).groupby("unit").first()
    if first.empty:
        return {"warned_churns": 0, "median_lead_days": np.nan, "median_decision_days": np.nan}
    return {
        "warned_churns": len(first),
        "median_lead_days": float(first["lead_days"].astype(np.float64).median()),
        "median_decision_days": float(first["days_to_decision"].astype(np.float64).median()),
    }


def _scored(predictions: pd.DataFrame, fired: pd.DataFrame) -> pd.DataFrame:
    """The headline predictions with a known outcome beside the signals of the same snapshot."""
    rows = predictions[(predictions["band"] == HEADLINE_BAND) & predictions[SCORE].notna()]
    rows = rows.assign(as_of=pd.to_datetime(rows["as_of"]).astype("datetime64[us]"))
    return rows.merge(fired, on=KEY, how="inner", suffixes=("_own", "")).sort_values(
        ["cutoff", *KEY], ignore_index=True
    )


def _added(scored: pd.DataFrame, signal: Signal, settings: ModelSettings) -> dict[str, object]:
    """What the signal says beyond the score, with an interval that treats an account as one observation."""
    rows = scored[scored[signal.feature_name].notna()]
    on = rows[signal.feature_name].to_numpy(dtype=np.float64)
    units = unit_of(rows)
    if min(units[on == 1.0].nunique(), units[on == 0.0].nunique()) < MINIMUM_FIRED or rows["is_churned"].nunique() < 2:
        return {"added_log_odds": np.nan, "added_low": np.nan, "added_high": np.nan, "adds_to_model": pd.NA}
    outcomes, weights = rows["is_churned"].to_numpy(dtype=np.float64), weights_of(rows)
    offset = logit(np.clip(rows[SCORE].to_numpy(dtype=np.float64), 1e-6, 1 - 1e-6))
    inputs = np.column_stack([np.ones(len(rows)), on])
    precision = np.array([0.0, 1.0 / ADDED_SD**2])
    coefficients = fit_logistic(inputs, outcomes, weights, center=np.zeros(2), precision=precision, offset=offset)
    probability = sigmoid(inputs @ coefficients + offset)
    certainty = weights * probability * (1 - probability)
    bread = np.linalg.inv(inputs.T @ (inputs * certainty[:, None]) + np.diag(precision))
    scores = pd.DataFrame(inputs * (weights * (outcomes - probability))[:, None])
    by_account = scores.groupby(rows["account_id"].to_numpy()).sum().to_numpy()
    robust = bread @ (by_account.T @ by_account) @ bread
    # With hardly a churn among those that fired their scores barely differ, and the robust variance is far too sure.
    spread = float(np.sqrt(max(robust[1, 1], bread[1, 1])))
    reach = NormalDist().inv_cdf((1 + settings.interval_level) / 2) * spread
    low, high = float(coefficients[1]) - reach, float(coefficients[1]) + reach
    return {
        "added_log_odds": _rounded(coefficients[1]),
        "added_low": _rounded(low),
        "added_high": _rounded(high),
        "adds_to_model": bool(low > 0 or high < 0),
    }
