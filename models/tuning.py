"""Tuning: a search for settings that suit a company, as far as its outcomes known at a cut-off can tell.

Off by default. It runs inside `fitting`, so that in a walk each cut-off searches anew in what was known then and the
figures of a tuned recipe are as honest as those of a fixed one. Which settings are searched, and how far, stands here.
"""

import logging
from typing import TYPE_CHECKING

import numpy as np

from features.feature import Feature
from models.cross_fitting import cross_fitted_scores
from models.learning import Cohort
from models.settings import ModelSettings

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


def tuned(
    features: tuple[Feature, ...], usage_features: tuple[str, ...], cohort: Cohort, settings: ModelSettings
) -> ModelSettings:
    """The settings under which accounts left out are predicted best, among those tried; or as given without trials.

    The first trial is the settings as given, the others are proposed by Optuna's TPE sampler (Bergstra et al. 2011).
    A trial is judged by the weighted log loss of account-grouped cross-fitted scores of the full view, before
    calibration.

    Args:
        features: Inputs of the full view.
        usage_features: Names of those of the usage view.
        cohort: What may be learned from.
        settings: `tuning_trials` says how many are tried.
    """
    if not settings.tuning_trials:
        return settings
    import optuna

    logging.getLogger("optuna").setLevel(logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=settings.seed)
    study = optuna.create_study(sampler=sampler, direction="minimize")
    study.enqueue_trial(
        {
            "family_effect_sd": settings.family_effect_sd,
            "colour_share": settings.colour_share,
            "rounds": settings.booster.rounds,
            "ridge": settings.booster.ridge,
        },
        skip_if_exists=False,
    )

    def loss(trial: optuna.Trial) -> float:
        scores = cross_fitted_scores(features, usage_features, cohort, _proposed(trial, settings))["full"]
        return float(cohort.weights @ (np.logaddexp(0.0, scores) - cohort.outcomes * scores) / cohort.weights.sum())

    study.optimize(loss, n_trials=settings.tuning_trials)
    return _proposed(optuna.trial.FixedTrial(study.best_params), settings)


def _proposed(trial: "BaseTrial", settings: ModelSettings) -> ModelSettings:
    """The settings that a trial proposes."""
    booster = settings.booster.model_copy(
        update={
            "rounds": trial.suggest_int("rounds", 10, 200),
            "ridge": trial.suggest_float("ridge", 5.0, 200.0, log=True),
        }
    )
    return settings.model_copy(
        update={
            "family_effect_sd": trial.suggest_float("family_effect_sd", 0.03, 0.6, log=True),
            "colour_share": trial.suggest_float("colour_share", 0.0, 1.0),
            "booster": booster,
        }
    )
