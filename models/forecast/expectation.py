"""What is expected of each renewal that counts, as shares of what is due.

Every renewal gets a churn probability here: its own where the model has scored it, one by rule where it has not, and
none where it is settled. Money is in `contracts`, the spread around the expectation is made in `simulation`.
"""

from typing import Final

import numpy as np
import pandas as pd

from features.labels import ROLLING_WINDOW_DAYS
from features.spine import SHORT_TERM_DAYS
from models.forecast.outlook import Outlook
from models.learning import KEY, FloatArray, with_dates
from models.logistic import logit
from models.policy import risk_tiers
from models.settings import NEAREST_BAND, ROLLING_BAND, SCORED_BANDS, ForecastSettings, ModelSettings

UNDECIDED: Final = ("open", "overdue")
"""Statuses of which the outcome is still to come; all others are certain, or in quarantine."""
FARTHEST_BAND: Final = "181-365"
"""Horizon whose base rate stands in for a renewal too far away to be scored."""
SCORE_COLUMNS: Final = (
    *KEY,
    "base_rate",
    "churn_probability",
    "contraction_probability",
    "probability_low",
    "probability_high",
    "risk_tier",
)
"""What is taken of a renewal's scores. The tier may be null: then it is that of the churn probability."""
COMMITTED, HOPED, AT_RISK = LEVELS_OF_HOPE = (0, 1, 2)
"""What may be committed to (all that is settled is), what the best case adds, and the rest."""
LEAST: Final = 1e-6
"""Probabilities are held this far from zero and one."""


def expect(
    placed: pd.DataFrame, scores: pd.DataFrame, outlook: Outlook, model: ModelSettings, settings: ForecastSettings
) -> pd.DataFrame:
    """Adds what is expected of each renewal.

    Args:
        placed: Renewals as of one date; see `periods.place_in_periods`.
        scores: `SCORE_COLUMNS` of the renewals that the model has scored as of that date.
        outlook: What stands in for the others, and how much the renewed keep.
        model: Limits of the tiers, and how far the probability's interval reaches.
        settings: Which tiers are committed to.

    Returns:
        The rows with, of what is undecided, `churn` (probability of this one renewal), `contracted` (probability of
        contraction, should it renew), `deviation` (of the churn log-odds, as far as the model cannot know better) and
        `is_scored`; of every one `lost` (probability that it is), `share` (what of the ARR due is expected to be kept)
        and `certain_share` (the same, would all that is undecided renew in full); and `level`, the worst of the rules
        that it falls under; see `LEVELS_OF_HOPE`.
    """
    scored = with_dates(scores[list(SCORE_COLUMNS)], ("as_of",))
    rows = placed.merge(scored, on=KEY, how="left", validate="many_to_one")
    undecided = rows["status"].isin(UNDECIDED).to_numpy()
    rows = rows.assign(is_scored=undecided & rows["churn_probability"].notna().to_numpy())
    base, probability = _probabilities(rows, outlook)
    given = outlook.contraction.given_renewal(probability, base)
    own = (rows["contraction_probability"] / (1.0 - rows["churn_probability"])).to_numpy(dtype=np.float64)
    given = np.clip(np.where(np.isnan(own), given, own), LEAST, 1 - LEAST)
    churn = np.clip(_per_renewal(rows, probability), LEAST, 1 - LEAST)
    tiers = pd.Series(risk_tiers(probability, base, model), index=rows.index)
    rows = rows.assign(
        churn=np.where(undecided, churn, np.nan),
        contracted=np.where(undecided, given, np.nan),
        deviation=np.where(undecided, _deviation(rows, model), np.nan),
        risk_tier=rows["risk_tier"].astype(object).fillna(tiers),
    )
    return _with_levels(_with_shares(rows, outlook), settings)


def _is_rolling(rows: pd.DataFrame) -> np.ndarray:
    return ((rows["renewal_date"] - rows["term_start_date"]).dt.days < SHORT_TERM_DAYS).to_numpy()


def _probabilities(rows: pd.DataFrame, outlook: Outlook) -> tuple[FloatArray, FloatArray]:
    """Base rate and churn probability of each row, those of its horizon where it has not been scored."""
    lead = (rows["renewal_date"] - rows["as_of"]).dt.days.to_numpy()
    bands = np.select(
        [_is_rolling(rows), lead < 90, lead <= 180], [ROLLING_BAND, NEAREST_BAND, SCORED_BANDS[1]], FARTHEST_BAND
    )
    stand_in = outlook.base_rates.of(bands.astype(object))
    base = rows["base_rate"].fillna(pd.Series(stand_in, index=rows.index)).to_numpy(dtype=np.float64)
    churn = rows["churn_probability"].to_numpy(dtype=np.float64)
    return base, np.clip(np.where(np.isnan(churn), base, churn), LEAST, 1 - LEAST)


def _per_renewal(rows: pd.DataFrame, probability: FloatArray) -> FloatArray:
    """Churn probability of the renewal itself: of short terms the hazard, were it the same at each renewal.

    The model says of a short term how likely any of its renewals within 180 days churns, p. With that many terms in the
    window, 1 - (1 - p)^(term / 180) each gives the same.
    """
    term = (rows["renewal_date"] - rows["term_start_date"]).dt.days.to_numpy(dtype=np.float64)
    return np.where(_is_rolling(rows), 1.0 - (1.0 - probability) ** (term / ROLLING_WINDOW_DAYS), probability)


def _deviation(rows: pd.DataFrame, model: ModelSettings) -> FloatArray:
    """Standard deviation behind the interval of each probability, in log-odds; zero where there is none."""
    low, high = (
        np.clip(rows[name].to_numpy(dtype=np.float64), LEAST, 1 - LEAST)
        for name in ("probability_low", "probability_high")
    )
    return np.nan_to_num((logit(high) - logit(low)) / (2.0 * model.interval_reach))


def _with_shares(rows: pd.DataFrame, outlook: Outlook) -> pd.DataFrame:
    """Add what is lost and what is kept, expected where it is undecided."""
    is_lost = ((rows["status"] == "known_loss") | (rows["outcome"] == "churned")).to_numpy()
    certain = np.where(is_lost, 0.0, rows["retained_share"].fillna(1.0).to_numpy(dtype=np.float64))
    churn, contracted = rows["churn"].to_numpy(), rows["contracted"].to_numpy()
    undecided = ~np.isnan(churn)
    return rows.assign(
        lost=np.where(undecided, np.nan_to_num(churn), is_lost),
        share=np.where(undecided, outlook.contraction.retained_share(churn, contracted), certain),
        certain_share=certain,
    )


def _with_levels(rows: pd.DataFrame, settings: ForecastSettings) -> pd.DataFrame:
    """Add whether a renewal may be committed to, by tier. An overdue one never is."""
    undecided = rows["status"].isin(UNDECIDED)
    committed = (rows["status"] == "open") & rows["risk_tier"].isin(settings.commit_tiers)
    hoped = rows["risk_tier"].isin((*settings.commit_tiers, *settings.best_case_tiers))
    rules = [~undecided | committed, hoped]
    return rows.assign(level=np.select(rules, [COMMITTED, HOPED], AT_RISK))
