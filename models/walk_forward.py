"""Walking forward: at each cut-off fit on what was known, score what was open, and wait for the outcomes.

The only source of quality figures. The same recipe as in training is fitted at each cut-off, together with the
baselines; nothing here judges the predictions (that is `evaluation`), and nothing fitted at one cut-off is used at
another, except that calibrators learn from the predictions of earlier ones once their outcomes are known.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pandas as pd

from models.baselines import LogisticBaseline
from models.churn_model import UNCALIBRATED, ChurnModel
from models.fitting import RAW_COLUMNS, fit_model
from models.forecast.outlook import Outlook
from models.learning import KEY, Cohort, LearningData, weights_of
from models.linear_inputs import Design
from models.note_risk import read_notes
from models.settings import ModelSettings
from models.views import view_encoders

MODEL_COLUMNS: Final = ("base_rate", "gut_view", "logistic_usage", "logistic_full", "usage_view", "churn_probability")
"""Columns of predictions that are compared on identical rows: baselines first, then the views."""
CALIBRATED_COLUMNS: Final = ("usage_view", "churn_probability")
"""Those among them that went through a calibrator."""
FACT_COLUMNS: Final = (
    *KEY,
    "contract_id",
    "renewal_date",
    "lead_days",
    "term_days",
    "band",
    "segment",
    "csm_id",
    "weekly_capacity",
    "arr",
    "sentiment",
    "pulse_state",
)
CONTRACTION_COLUMNS: Final = ("contraction_base_rate", "contraction_probability", "expected_retained_share")
PREDICTION_COLUMNS: Final = ("cutoff", *FACT_COLUMNS, *MODEL_COLUMNS, *CONTRACTION_COLUMNS, "calibration")
OUTCOME_COLUMNS: Final = ("is_churned", "is_contracted", "retained_share", "days_to_decision", "weight")
REPLAYED_VIEWS: Final = ("base_rate", "gut_view", "usage_view", "churn_probability")
REPLAYED_FIGURES: Final = (
    *REPLAYED_VIEWS,
    "probability_low",
    "probability_high",
    "contraction_probability",
    "expected_retained_share",
)
REPLAY_COLUMNS: Final = ("cutoff", *KEY, "sentiment", "pulse_state", *REPLAYED_FIGURES, "calibration")
REPLAY_DECIMALS: Final = 12

PUBLISHED_COLUMNS: Final = (
    "model",
    "cutoff",
    *KEY,
    "contract_id",
    "renewal_date",
    "term_days",
    "band",
    "segment",
    "csm_id",
    "weekly_capacity",
    "probability",
    "is_churned",
    "weight",
    "arr",
    "calibration",
)


@dataclass(frozen=True, slots=True)
class Walk:
    """What the walk left behind.

    Attributes:
        history: Raw and calibrated predictions of every renewal that was open at a walked cut-off, matured or not.
        replays: What the model of a walked cut-off says of every open snapshot of the grid from then to the next one,
            by cut-off and key: what people would have been shown at dates at which nothing was published. Nothing is
            learned from it, and no figure of quality comes of it.
        outlooks: What else the model of each walked cut-off knew; a forecast as of a date of the replays takes it.
        cutoffs: Cut-offs walked, ascending.
        thin_cutoffs: Cut-offs passed over because too few churns were known.
    """

    history: pd.DataFrame
    replays: pd.DataFrame
    outlooks: tuple[Outlook, ...]
    cutoffs: tuple[pd.Timestamp, ...]
    thin_cutoffs: tuple[pd.Timestamp, ...]

    def matured(self, data: LearningData) -> pd.DataFrame:
        """The predictions whose outcome is known at `trained_through`, with outcome and weight, by cut-off and key."""
        if self.history.empty:
            return empty_predictions()
        known = self.history.merge(data.outcomes_at(data.through), on=KEY, how="inner")
        known = known.sort_values(["cutoff", *KEY], ignore_index=True)
        return known.assign(weight=weights_of(known))[[*PREDICTION_COLUMNS, *OUTCOME_COLUMNS]]


def empty_predictions() -> pd.DataFrame:
    """Predictions with outcome, without any row."""
    return pd.DataFrame(columns=[*PREDICTION_COLUMNS, *OUTCOME_COLUMNS])


def empty_replays() -> pd.DataFrame:
    """Replays, without any row."""
    dates = {"cutoff": "datetime64[us]", "as_of": "datetime64[us]"}
    return pd.DataFrame(columns=list(REPLAY_COLUMNS)).astype(dates | dict.fromkeys(REPLAYED_FIGURES, "float64"))


def one_row_per_model(predictions: pd.DataFrame) -> pd.DataFrame:
    """Matured predictions with one row per model, cut-off and snapshot, as they are published; sorted by that key."""
    kept = [column for column in PUBLISHED_COLUMNS if column not in ("model", "probability")]
    long = predictions.melt(id_vars=kept, value_vars=list(MODEL_COLUMNS), var_name="model", value_name="probability")
    # What a baseline says is not calibrated, whatever the model is.
    long["calibration"] = long["calibration"].where(long["model"].isin(CALIBRATED_COLUMNS), UNCALIBRATED)
    return long.sort_values(["model", "cutoff", *KEY], ignore_index=True)[list(PUBLISHED_COLUMNS)]


def walk_forward(data: LearningData, settings: ModelSettings) -> Walk:
    """Fits and predicts at every cut-off before `trained_through` at which enough churns were known."""
    history = pd.DataFrame(columns=[*PREDICTION_COLUMNS, *RAW_COLUMNS.values()])
    replays: list[pd.DataFrame] = []
    outlooks: list[Outlook] = []
    walked: list[pd.Timestamp] = []
    thin: list[pd.Timestamp] = []
    for cutoff, following in pairwise((*data.cutoffs, data.through)):
        cohort = data.cohort(cutoff)
        if cohort.churns < settings.minimum_churns or cohort.outcomes.all():
            thin.append(cutoff)
            continue
        open_rows = data.open_at(cutoff)
        if open_rows.empty:
            continue
        require_disjoint(cohort, open_rows)
        read = read_notes(data.features, cohort, settings)
        model = fit_model(data, read, history, settings)
        predictions = _predict(model, read.cohort, open_rows, settings)
        history = pd.concat([history, predictions], ignore_index=True) if walked else predictions
        replays.append(_replay(model, cohort, data.open_between(cutoff, following)))
        outlooks.append(model.outlook)
        walked.append(cutoff)
    every_replay = pd.concat(replays, ignore_index=True) if replays else empty_replays()
    return Walk(history, every_replay, tuple(outlooks), tuple(walked), tuple(thin))


def require_disjoint(cohort: Cohort, open_rows: pd.DataFrame) -> None:
    """Makes sure that no renewal is both learned from and predicted.

    Raises:
        ValueError: One is; the labels then know an outcome of a renewal that the spine holds to be open.
    """
    both = set(_renewals_of(cohort.snapshots)) & set(_renewals_of(open_rows))
    if both:
        examples = ", ".join("/".join(renewal) for renewal in sorted(both)[:3])
        raise ValueError(f"at cut-off {cohort.cutoff:%Y-%m-%d} {len(both)} renewals are on both sides: {examples}")


def _renewals_of(snapshots: pd.DataFrame) -> list[tuple[str, str]]:
    """(account_id, renewal_id) of each row."""
    return list(zip(snapshots["account_id"].astype(str), snapshots["renewal_id"].astype(str), strict=True))


def _replay(model: ChurnModel, cohort: Cohort, open_rows: pd.DataFrame) -> pd.DataFrame:
    """What the model says until the next one, of the renewals that it has not learned from.

    A renewal may have been decided as far as the cut-off knew and be open again a month later, when somebody has taken
    the outcome back. At the cut-off itself that cannot be, and stops the walk; here such a row is left out.
    """
    learned = set(_renewals_of(cohort.snapshots))
    open_rows = open_rows[[renewal not in learned for renewal in _renewals_of(open_rows)]]
    facts = open_rows[[*KEY, "sentiment", "pulse_state"]].assign(cutoff=cohort.cutoff)
    # Date by date, and rounded: sums over many rows differ in their last digits by how many rows there are.
    scores = pd.concat([model.score(rows) for _, rows in open_rows.groupby("as_of", sort=True)])
    scores[list(REPLAYED_FIGURES)] = scores[list(REPLAYED_FIGURES)].round(REPLAY_DECIMALS)
    replayed = facts.merge(scores, on=KEY, how="left", validate="one_to_one")
    return replayed.sort_values(KEY, ignore_index=True)[list(REPLAY_COLUMNS)]


def _predict(model: ChurnModel, cohort: Cohort, open_rows: pd.DataFrame, settings: ModelSettings) -> pd.DataFrame:
    """Predictions of the model and the baselines for what was open, one row each."""
    scores = model.score(open_rows)
    scores["contraction_base_rate"] = (1.0 - scores["base_rate"]) * model.contraction.rate
    taught, asked = model.encoder.encode(cohort.snapshots), model.encode(open_rows)
    inputs = model.scorers["full"].margin.inputs
    design = Design(inputs, inputs.columns(taught, cohort.bands))
    raw = {RAW_COLUMNS[view]: scores for view, scores in model.raw_scores(open_rows, asked).items()}
    logistic = {}
    for view, encoder in view_encoders(model.encoder, model.usage_features).items():
        baseline = LogisticBaseline.fit(design.part(encoder), cohort, settings)
        seen = model.encoder.columns_of(encoder, asked)
        logistic[f"logistic_{view}"] = baseline.predict(seen, open_rows["band"].to_numpy(dtype=object))
    facts = open_rows[list(FACT_COLUMNS)].assign(cutoff=cohort.cutoff, **logistic, **raw)
    predictions = facts.merge(scores, on=KEY, how="left", validate="one_to_one")
    return predictions[[*PREDICTION_COLUMNS, *RAW_COLUMNS.values()]]
