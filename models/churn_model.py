"""The churn model: a scorer per view, their calibration, the meaning of the colours, and how a snapshot is scored.

Everything that a score depends on is plain data in here, so that the model's version can be a hash of its content. How
it is fitted is the business of `fitting`, how it becomes files that of `model_files`; the reasons are in `explanation`.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, Literal

import numpy as np
import pandas as pd

from features.feature import Feature
from models.baselines import BaseRates
from models.calibration import Calibrator
from models.contraction import Contraction
from models.encoding import Encoder
from models.forecast.outlook import Outlook
from models.forecast.shock import Shock
from models.gut_feel import GutTable
from models.learning import KEY, FloatArray, TextArray, as_timestamp, with_dates
from models.logistic import sigmoid
from models.note_risk import with_note_risk
from models.scorer import Scorer
from models.settings import NEAREST_BAND, ROLLING_BAND, SCORED_BANDS
from models.text_model import TextModel
from models.views import View, colour_offset

Kind = Literal["boosted", "base_rate"]
CALIBRATED: Final = "calibrated"
IN_COHORT: Final = "in_cohort"
UNCALIBRATED: Final = "uncalibrated"
HINDSIGHT: Final = "hindsight"
"""Mark of what was scored, because somebody forced it, by a model that had seen what came of it."""
VERSION_LENGTH: Final = 12
CHANCE_OF_ABSENCE: Final = 0.001


class ModelFilesError(Exception):
    """The files of a model are not such that a model can be read from them."""


class HindsightError(Exception):
    """A score was asked for a date before the model's `trained_through`: the model has seen outcomes from after it."""


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model, or the pooled base rate in its place; both are scored alike.

    Attributes:
        kind: `boosted`, or `base_rate` where outcomes were too few: then there are no scorers and no calibrators.
        trained_through: Outcomes known at this date were learned from.
        encoder: All features of the full model and the levels of its categories.
        usage_features: Names of the features that the usage view uses.
        text_models: What the words of each source mean, by name of the feature that is learned from them; absent where
            too few outcomes were known.
        scorers: How each view turns features into log-odds.
        calibrators: Calibrator per view.
        calibration: `calibrated`, `in_cohort` or `uncalibrated` per scored band.
        base_rates: Churn rate per band.
        contraction: What the renewed keep of the ARR that was due.
        shocks: What the renewals of a quarter share, by horizon; for the forecast.
        gut_table: What the colours have meant.
        lead_feature: Feature that is set to zero where a renewal is overdue.
        colour_feature: Feature in whose name the meaning of a colour is explained.
        colour_share: Share of the meaning of a colour, in log-odds, that the full model takes for known beforehand.
        interval_reach: Standard deviations to either side of a probability's interval.
    """

    kind: Kind
    trained_through: date
    encoder: Encoder
    usage_features: tuple[str, ...]
    text_models: dict[str, TextModel]
    scorers: dict[View, Scorer]
    calibrators: dict[View, Calibrator]
    calibration: dict[str, str]
    base_rates: BaseRates
    contraction: Contraction
    shocks: dict[str, Shock]
    gut_table: GutTable
    lead_feature: str
    colour_feature: str
    colour_share: float
    interval_reach: float

    @property
    def features(self) -> tuple[Feature, ...]:
        """Features of the full model, in the order in which its scorer takes them."""
        return self.encoder.features

    @property
    def outlook(self) -> Outlook:
        """What a forecast takes from the model besides the probabilities."""
        return Outlook(self.trained_through, self.base_rates, self.contraction, self.shocks)

    @cached_property
    def version(self) -> str:
        """First twelve hex digits of the SHA-256 of the model's files."""
        return hash_files(self.to_files())

    def to_files(self) -> dict[str, str]:
        """The model as text and JSON files, name to content; `from_files` reads them back exactly."""
        from models.model_files import write_model  # reads and writes this class, so it imports this module

        return write_model(self)

    @staticmethod
    def from_files(files: dict[str, str]) -> "ChurnModel":
        """The model that `to_files` wrote.

        Raises:
            ModelFilesError: They are not complete, do not fit together, or are in a form that is not known.
        """
        from models.model_files import read_model  # as above

        return read_model(files)

    def horizons(self, snapshots: pd.DataFrame) -> pd.Series:
        """Band under which each row is scored, null where it is not.

        Open rows count under their own band, overdue ones under the nearest (rolling ones stay rolling); decided, known
        and far ones under none.
        """
        overdue = is_overdue(snapshots)
        bands = snapshots["band"].astype(object).mask(overdue & (snapshots["band"] != ROLLING_BAND), NEAREST_BAND)
        return bands.where(((snapshots["status"] == "open") | overdue) & bands.isin(SCORED_BANDS), None)

    def inputs(self, snapshots: pd.DataFrame) -> pd.DataFrame:
        """The snapshots as the scorers see them: their words weighed, and an overdue renewal due today."""
        snapshots = with_note_risk(snapshots, self.features, self.text_models)
        if self.lead_feature not in snapshots:
            return snapshots
        lead = snapshots[self.lead_feature].astype(np.float64)
        return snapshots.assign(**{self.lead_feature: lead.where(~is_overdue(snapshots), 0.0)})

    def encode(self, snapshots: pd.DataFrame) -> FloatArray:
        """What the scorers see of the snapshots, shape (n, features)."""
        return self.encoder.encode(self.inputs(snapshots))

    def raw_scores(self, snapshots: pd.DataFrame, matrix: FloatArray) -> dict[View, FloatArray]:
        """Log-odds of each view before calibration, shape (n,); NaN for rows that are not scored.

        Args:
            snapshots: The rows.
            matrix: The same rows, encoded.
        """
        horizons = self.horizons(snapshots)
        bands, unscored = horizons.to_numpy(dtype=object), horizons.isna()
        raw = {}
        for view, scorer in self.scorers.items():
            seen = self.encoder.columns_of(scorer.encoder, matrix)
            raw[view] = np.where(unscored, np.nan, scorer.log_odds(seen, bands, self._offset(snapshots, view)))
        return raw

    def _offset(self, snapshots: pd.DataFrame, view: View) -> FloatArray:
        """What the colour says before anything is learned from the features, shape (n,)."""
        return colour_offset(
            view, self.gut_table, snapshots, self.horizons(snapshots), self.base_rates, self.colour_share
        )

    def unseen_features(self, snapshots: pd.DataFrame) -> tuple[Feature, ...]:
        """Features that the full model has learned from and that no snapshot has a value of, by more than an accident.

        A model learns what a missing value means from rows that lack it by accident; where a whole source is missing
        from what is scored and was not from what was learned, that meaning is wrong. Of a feature that few renewals
        ever have, a handful of snapshots may well have none: it counts only where that would happen once in a thousand.
        """
        if self.kind == "base_rate" or snapshots.empty:
            return ()
        missing = self.scorers["full"].margin.missing_share()
        return tuple(
            feature
            for feature, share in zip(self.features, missing, strict=True)
            if share ** len(snapshots) < CHANCE_OF_ABSENCE and snapshots[feature.column].isna().all()
        )

    def contributions(self, snapshots: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """SHAP values of the full model in calibrated log-odds, and the base value of each row.

        For a row that is scored, the two add up to the log-odds of its `churn_probability`; for others they are NaN.

        Returns:
            Contributions of shape (n, features), base values of shape (n,).
        """
        scorer, calibrator = self.scorers["full"], self.calibrators["full"]
        bands = self.horizons(snapshots).to_numpy(dtype=object)
        raw, base = scorer.contributions(self.encode(snapshots), bands)
        known = self._offset(snapshots, "full")
        if self.colour_feature in self.encoder.names:
            raw[:, self.encoder.column(self.colour_feature)] += known
        else:
            base = base + known
        slope = calibrator.slope_of(bands)
        return raw * slope[:, None], base * slope + calibrator.intercept_of(bands)

    def _probabilities(self, snapshots: pd.DataFrame, bands: TextArray, base: FloatArray) -> dict[str, FloatArray]:
        """What both fitted views say of each row, and the interval of the full one; arrays of shape (n,).

        The interval is how sure the model can be of what renewals with these features do, given the outcomes that it
        has learned from: the normal interval, in log-odds, of the margin's posterior. A base rate has none.
        """
        if self.kind == "base_rate":
            none = np.full(len(snapshots), np.nan)
            return {"usage_view": base, "churn_probability": base, "probability_low": none, "probability_high": none}
        matrix = self.encode(snapshots)
        told = {
            view: self.calibrators[view].calibrate(raw, bands)
            for view, raw in self.raw_scores(snapshots, matrix).items()
        }
        deviation = self.scorers["full"].margin.deviation(matrix, bands)
        reach = self.interval_reach * self.calibrators["full"].slope_of(bands) * deviation
        return {
            "usage_view": sigmoid(told["usage"]),
            "churn_probability": sigmoid(told["full"]),
            "probability_low": sigmoid(told["full"] - reach),
            "probability_high": sigmoid(told["full"] + reach),
        }

    def score(self, snapshots: pd.DataFrame, *, allow_hindsight: bool = False) -> pd.DataFrame:
        """Scores snapshots, in the order given.

        Args:
            snapshots: Rows with the spine's columns, the pulse facts and the features.
            allow_hindsight: Score dates before `trained_through` all the same; the caller has to mark them.

        Returns:
            The key, usage_view, gut_view, churn_probability with its interval probability_low and probability_high,
            base_rate, contraction_probability (of continuing with at least a tenth less), expected_retained_share (of
            the ARR due, nothing if it churns) and calibration of each row. All but the last are NaN where a row is not
            scored: decided, lost for certain, or more than a year away.

        Raises:
            HindsightError: A row lies before `trained_through`.
        """
        snapshots = with_dates(snapshots, ("as_of",)).reset_index(drop=True)
        self._require_foresight(snapshots, allow_hindsight)
        horizons = self.horizons(snapshots)
        bands = horizons.to_numpy(dtype=object)
        base = self.base_rates.of(bands)
        probabilities = self._probabilities(snapshots, bands, base)
        churn = probabilities["churn_probability"]
        marks = horizons.map(self.calibration).mask(is_overdue(snapshots)).fillna(UNCALIBRATED)
        contracted = self.contraction.given_renewal(churn, base)
        return snapshots[KEY].assign(
            gut_view=self.gut_table.view(snapshots, horizons, self.base_rates),
            base_rate=base,
            contraction_probability=(1.0 - churn) * contracted,
            expected_retained_share=self.contraction.retained_share(churn, contracted),
            calibration=marks.astype(object),
            **probabilities,
        )

    def scorable(self, snapshots: pd.DataFrame, *, allow_hindsight: bool = False) -> pd.DataFrame:
        """The rows that `score` gives a probability to, with `as_of` as a timestamp.

        Raises:
            HindsightError: A row lies before `trained_through`.
        """
        snapshots = with_dates(snapshots, ("as_of",))
        self._require_foresight(snapshots, allow_hindsight)
        return snapshots[self.horizons(snapshots).notna()].reset_index(drop=True)

    def _require_foresight(self, snapshots: pd.DataFrame, allow_hindsight: bool) -> None:
        if not allow_hindsight and (snapshots["as_of"] < as_timestamp(self.trained_through)).any():
            raise HindsightError(
                f"the model has learned from outcomes known on {self.trained_through}; it cannot score "
                f"{snapshots['as_of'].min():%Y-%m-%d} as if it had not"
            )


def hash_files(files: dict[str, str]) -> str:
    """First twelve hex digits of the SHA-256 of a model's files."""
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        digest.update(f"{name}\n{len(text)}\n{text}".encode())
    return digest.hexdigest()[:VERSION_LENGTH]


def is_overdue(snapshots: pd.DataFrame) -> pd.Series:
    """Whether each row is still open past its renewal date."""
    return (snapshots["status"] == "overdue") | ((snapshots["status"] == "open") & (snapshots["band"] == "overdue"))
