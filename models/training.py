"""Training: walk forward, judge, fit the model that is shipped, and say in words what could not be done.

The decisions about too little data are all made here; the recipe itself is in `fitting`. Storing, registering and
comparing with an earlier model belong to the pipelines.
"""

from dataclasses import dataclass, field

import pandas as pd

from models.churn_model import UNCALIBRATED, ChurnModel
from models.contraction_record import evaluate_contraction
from models.contribution_summary import empty_summary, headline_contributions
from models.evaluation import empty_metrics, evaluate
from models.findings import SHIPPED_MODEL, describe_metrics
from models.fitting import fit_base_rate_model, fit_model, mature_cutoffs
from models.forecast.outlook import Outlook
from models.leak_guard import Leak, describe_leaks, find_leaks
from models.learning import Cohort, LearningData, LearningError
from models.note_risk import read_notes
from models.reference import Reference, make_reference
from models.settings import HEADLINE_BAND, ModelSettings
from models.slices import EVERYTHING
from models.walk_forward import Walk, empty_predictions, empty_replays, one_row_per_model, walk_forward


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """A model and the evidence for it.

    Attributes:
        model: What is to be scored with.
        reference: What it learned from, in figures, to tell drift by.
        backtest_predictions: Out-of-time predictions with known outcome, one row per model, cut-off and snapshot.
        paired_predictions: The same with one row per cut-off and snapshot and a column per model; see `walk_forward`.
        replays: What past models say of every look at what was then open; see `Walk`.
        outlooks: What else each of them knew.
        backtest_metrics: Figures from them; see `evaluation`. Empty where too few cut-offs have matured.
        notes: What a reader of the scores should know, one plain sentence each.
        leaks: Inputs that are implausibly good; see `leak_guard`.
        contributions: What moves the model over what it learned from; see `contribution_summary`. Empty for a base
            rate.
        shares: Share of each feature in the sum of all absolute contributions; empty for a base rate.
    """

    model: ChurnModel
    reference: Reference
    backtest_predictions: pd.DataFrame
    paired_predictions: pd.DataFrame
    replays: pd.DataFrame
    outlooks: tuple[Outlook, ...]
    backtest_metrics: pd.DataFrame
    notes: tuple[str, ...]
    leaks: tuple[Leak, ...] = ()
    contributions: pd.DataFrame = field(default_factory=empty_summary)
    shares: dict[str, float] = field(default_factory=dict)


def train(data: LearningData, settings: ModelSettings) -> TrainingResult:
    """Trains on everything known at `trained_through`.

    Raises:
        LearningError: No renewal has a known outcome, or all outcomes are the same.
    """
    cohort = data.cohort(data.through)
    require_two_outcomes(data, cohort)
    if cohort.churns < settings.minimum_churns:
        note = (
            f"Only {cohort.churns} of {cohort.renewals} decided renewals churned; {settings.minimum_churns} are needed "
            "to fit a model. Every renewal of a horizon gets the same pooled base rate, marked uncalibrated."
        )
        model = fit_base_rate_model(data, cohort, settings)
        no_walk = Walk(empty_predictions(), empty_replays(), (), (), ())
        return _result(data, cohort, no_walk, model, empty_predictions(), empty_metrics(), (note,), settings)
    walk = walk_forward(data, settings)
    read = read_notes(data.features, cohort, settings)
    model = fit_model(data, read, walk.history, settings)
    predictions = walk.matured(data)
    mature = mature_cutoffs(predictions["cutoff"], data.through, settings)
    notes = [*_band_notes(model, cohort), *_walk_notes(walk, settings)]
    if len(mature) < settings.minimum_cutoffs:
        note = (
            f"Cut-offs that have matured by {data.trained_through}: {len(mature)}. It takes {settings.minimum_cutoffs} "
            "to say how well the model has predicted. No walk-forward figure is claimed, and probabilities are "
            "calibrated by account-grouped cross-fitting on the learning cohort (in_cohort)."
        )
        return _result(data, read.cohort, walk, model, predictions, empty_metrics(), (note, *notes), settings)
    metrics = evaluate(predictions, settings, is_notice_observed=data.is_notice_observed)
    metrics = pd.concat([metrics, evaluate_contraction(predictions, settings)], ignore_index=True)
    return _result(data, read.cohort, walk, model, predictions, metrics, (*describe_metrics(metrics), *notes), settings)


def _result(
    data: LearningData,
    cohort: Cohort,
    walk: Walk,
    model: ChurnModel,
    predictions: pd.DataFrame,
    metrics: pd.DataFrame,
    notes: tuple[str, ...],
    settings: ModelSettings,
) -> TrainingResult:
    """The result, once its inputs have been looked at; what they leak comes first among the notes."""
    contributions, shares = headline_contributions(model, cohort.snapshots)
    leaks = find_leaks(
        cohort, data.cutoffs, data.features, settings, shares=shares, model_auc=_least_headline_auc(metrics)
    )
    return TrainingResult(
        model=model,
        reference=make_reference(cohort, data.features, walk.history),
        backtest_predictions=one_row_per_model(predictions),
        paired_predictions=predictions,
        replays=walk.replays,
        outlooks=walk.outlooks,
        backtest_metrics=metrics,
        notes=(*describe_leaks(leaks), *notes),
        leaks=leaks,
        contributions=contributions,
        shares=shares,
    )


def _least_headline_auc(metrics: pd.DataFrame) -> float:
    """Lower bound of the shipped model's AUC in the headline band; NaN where none is claimed."""
    whole = metrics[(metrics["slice_by"] == EVERYTHING) & (metrics["band"] == HEADLINE_BAND)]
    figure = whole.loc[(whole["model"] == SHIPPED_MODEL) & (whole["metric"] == "roc_auc"), "low"]
    return float(figure.iloc[0]) if len(figure) else float("nan")


def require_two_outcomes(data: LearningData, cohort: Cohort) -> None:
    """Makes sure that there is something to learn.

    Raises:
        LearningError: No renewal has a known outcome, or all outcomes are the same.
    """
    if not cohort.renewals:
        raise LearningError(
            f"no decided renewal to learn from: of {data.snapshots['renewal_id'].nunique()} renewals in "
            f"{len(data.snapshots)} snapshots none has an outcome known by {data.trained_through}. An outcome counts "
            "once renewal_date lies 60 days back; check that outcome and decided_on are filled in renewals, and that "
            "history reaches back more than a year"
        )
    if cohort.churns == 0 or cohort.outcomes.all():
        only = "churned" if cohort.churns else "continued"
        raise LearningError(
            f"all {cohort.renewals} decided renewals have the same outcome ({only}) by {data.trained_through}: "
            "nothing tells churn from renewal. Check the outcome column of renewals: lost contracts are often deleted "
            "from an export"
        )


def _band_notes(model: ChurnModel, cohort: Cohort) -> list[str]:
    notes = []
    present = set(cohort.bands)
    for band, mark in model.calibration.items():
        if band not in present:
            notes.append(f"No decided renewal was ever seen at horizon {band}: its scores lean on the other horizons.")
        elif mark == UNCALIBRATED:
            notes.append(
                f"Too few predictions at horizon {band} have a known outcome: its probabilities are uncalibrated."
            )
    return notes


def _walk_notes(walk: Walk, settings: ModelSettings) -> list[str]:
    if not walk.thin_cutoffs:
        return []
    return [
        f"{len(walk.thin_cutoffs)} early cut-offs were not walked, the last on {walk.thin_cutoffs[-1]:%Y-%m-%d}: fewer "
        f"than {settings.minimum_churns} churned renewals were known then."
    ]
