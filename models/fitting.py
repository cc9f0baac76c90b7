"""Fitting a churn model at a cut-off, from what was known then.

The one recipe: the walk forward uses it at each past cut-off, training uses it once more at the end, so what is
measured is what is shipped. Which cut-offs there are is decided in `walk_forward`, what to do with too little data in
`training`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.baselines import BaseRates
from models.calibration import Calibrator
from models.churn_model import CALIBRATED, IN_COHORT, UNCALIBRATED, ChurnModel
from models.contraction import Contraction
from models.cross_fitting import cross_fitted_scores
from models.encoding import Encoder
from models.forecast.shock import fit_shocks
from models.gut_feel import GutTable
from models.learning import KEY, Cohort, FloatArray, LearningData, TextArray, unit_of, weights_of
from models.logistic import logit
from models.note_risk import ReadCohort
from models.settings import ROLLING_BAND, SCORED_BANDS, ModelSettings
from models.tuning import tuned
from models.views import VIEWS, View, fit_scorers

RAW_COLUMNS: dict[View, str] = {"usage": "raw_usage", "full": "raw_full"}
"""Columns of the walk's predictions that hold log-odds before calibration."""

IDENTITY = Calibrator(dict.fromkeys(SCORED_BANDS, 1.0), dict.fromkeys(SCORED_BANDS, 0.0))
"""What stands for a calibrator where the scores are a base rate."""


@dataclass(frozen=True, slots=True)
class CalibrationRows:
    """Predictions with known outcome that calibrators are fitted on, all arrays of shape (n,).

    Attributes:
        raw: Log-odds before calibration per view.
        contracted: 1.0 where the renewal continued with at least a tenth less.
        retained: Renewed over due ARR; NaN where nothing was due, and for short terms.
        mark: `calibrated` where the predictions are out of time, `in_cohort` where they are only out of account.
    """

    raw: dict[View, FloatArray]
    outcomes: FloatArray
    weights: FloatArray
    bands: TextArray
    units: pd.Series
    contracted: FloatArray
    retained: FloatArray
    mark: str

    def marks(self, minimum_renewals: int) -> dict[str, str]:
        """What may be claimed of each band's calibration."""
        counts = self.units.groupby(self.bands).nunique()
        return {band: self.mark if counts.get(band, 0) >= minimum_renewals else UNCALIBRATED for band in SCORED_BANDS}


def fit_model(data: LearningData, read: ReadCohort, history: pd.DataFrame, settings: ModelSettings) -> ChurnModel:
    """Fits scorers, calibrators, base rates, contraction and gut table on a cohort.

    Args:
        data: Where the outcomes known at the cut-off are looked up.
        read: What may be learned from, its words already learned from.
        history: Predictions of earlier cut-offs, as the walk leaves them.
        settings: How to fit.
    """
    cohort = read.cohort
    settings = tuned(data.features, data.usage_features, cohort, settings)
    base_rates = BaseRates.fit(cohort, settings.base_rate_strength)
    rows = out_of_time_rows(data, cohort.cutoff, history, settings) or in_cohort_rows(data, cohort, settings)
    known = history.merge(data.outcomes_at(cohort.cutoff), on=KEY, how="inner") if len(history) else history
    calibrators = {
        view: Calibrator.fit(rows.raw[view], rows.outcomes, rows.weights, rows.bands, settings) for view in VIEWS
    }
    return ChurnModel(
        kind="boosted",
        trained_through=cohort.cutoff.date(),
        encoder=Encoder.fit(data.features, cohort.snapshots),
        usage_features=data.usage_features,
        text_models=read.text_models,
        scorers=fit_scorers(data.features, data.usage_features, cohort, settings, draws=settings.interval_draws),
        calibrators=calibrators,
        calibration=rows.marks(settings.minimum_band_renewals),
        base_rates=base_rates,
        contraction=_fit_contraction(rows, calibrators["full"], base_rates, settings),
        shocks=fit_shocks(known, settings),
        gut_table=GutTable.fit(cohort, base_rates, settings),
        lead_feature=settings.lead_feature,
        colour_feature=settings.colour_feature,
        colour_share=settings.colour_share,
        interval_reach=settings.interval_reach,
    )


def fit_base_rate_model(data: LearningData, cohort: Cohort, settings: ModelSettings) -> ChurnModel:
    """The pooled base rate in the shape of a model: the same for every renewal of a band, and uncalibrated."""
    base_rates = BaseRates.fit(cohort, settings.base_rate_strength)
    level = logit(base_rates.of(cohort.bands))
    rows = _cohort_rows(data, cohort, dict.fromkeys(VIEWS, level), UNCALIBRATED)
    return ChurnModel(
        kind="base_rate",
        trained_through=cohort.cutoff.date(),
        encoder=Encoder.fit(data.features, cohort.snapshots),
        usage_features=data.usage_features,
        text_models={},
        scorers={},
        calibrators={},
        calibration=dict.fromkeys(SCORED_BANDS, UNCALIBRATED),
        base_rates=base_rates,
        contraction=_fit_contraction(rows, IDENTITY, base_rates, settings),
        shocks=fit_shocks(pd.DataFrame(), settings),
        gut_table=GutTable.fit(cohort, base_rates, settings),
        lead_feature=settings.lead_feature,
        colour_feature=settings.colour_feature,
        colour_share=settings.colour_share,
        interval_reach=settings.interval_reach,
    )


def mature_cutoffs(cutoffs: pd.Series, through: pd.Timestamp, settings: ModelSettings) -> list[pd.Timestamp]:
    """The distinct cut-offs whose headline band had matured before a date, ascending."""
    maturity = pd.Timedelta(days=settings.maturity_days)
    return [cutoff for cutoff in sorted(cutoffs.unique()) if cutoff + maturity < through]


def out_of_time_rows(
    data: LearningData, cutoff: pd.Timestamp, history: pd.DataFrame, settings: ModelSettings
) -> CalibrationRows | None:
    """Predictions of earlier cut-offs whose outcome is known at this one; None while too few cut-offs have matured."""
    if history.empty:
        return None
    known = history.merge(data.outcomes_at(cutoff), on=KEY, how="inner").sort_values(
        ["cutoff", *KEY], ignore_index=True
    )
    outcomes = known["is_churned"].to_numpy(dtype=np.float64)
    if len(
        mature_cutoffs(known["cutoff"], cutoff, settings)
    ) < settings.minimum_cutoffs or not 0 < outcomes.sum() < len(outcomes):
        return None
    return CalibrationRows(
        raw={view: known[RAW_COLUMNS[view]].to_numpy(dtype=np.float64) for view in VIEWS},
        outcomes=outcomes,
        weights=weights_of(known),
        bands=known["band"].to_numpy(dtype=object),
        units=unit_of(known),
        contracted=known["is_contracted"].to_numpy(dtype=np.float64),
        retained=known["retained_share"].to_numpy(dtype=np.float64),
        mark=CALIBRATED,
    )


def in_cohort_rows(data: LearningData, cohort: Cohort, settings: ModelSettings) -> CalibrationRows:
    """Account-grouped cross-fitted predictions of the cohort itself."""
    raw = cross_fitted_scores(data.features, data.usage_features, cohort, settings)
    return _cohort_rows(data, cohort, raw, IN_COHORT)


def _cohort_rows(data: LearningData, cohort: Cohort, raw: dict[View, FloatArray], mark: str) -> CalibrationRows:
    """Given scores of a cohort beside its outcomes."""
    known = cohort.snapshots[KEY].merge(data.outcomes_at(cohort.cutoff), on=KEY, how="left", validate="one_to_one")
    return CalibrationRows(
        raw=raw,
        outcomes=cohort.outcomes,
        weights=cohort.weights,
        bands=cohort.bands,
        units=unit_of(cohort.snapshots),
        contracted=known["is_contracted"].to_numpy(dtype=np.float64),
        retained=known["retained_share"].to_numpy(dtype=np.float64),
        mark=mark,
    )


def _fit_contraction(
    rows: CalibrationRows, calibrator: Calibrator, base_rates: BaseRates, settings: ModelSettings
) -> Contraction:
    """What the renewed among the rows say of contraction; short terms renew too often to be asked one by one."""
    renewed = (rows.outcomes == 0.0) & (rows.bands != ROLLING_BAND)
    bands = rows.bands[renewed]
    departures = calibrator.calibrate(rows.raw["full"][renewed], bands) - logit(base_rates.of(bands))
    units = rows.units[renewed].reset_index(drop=True)
    return Contraction.fit(departures, rows.contracted[renewed], rows.retained[renewed], units, settings)
