from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.cross_fitting import cross_fitted_scores
from models.fitting import fit_model
from models.learning import Cohort, LearningData
from models.note_risk import read_notes
from models.settings import BoosterSettings, ModelSettings
from models.tuning import tuned


@pytest.fixture(scope="module")
def cohort(company: LearningData) -> Cohort:
    return company.cohort(company.cutoffs[8])


def loss(company: LearningData, cohort: Cohort, settings: ModelSettings) -> float:
    scores = cross_fitted_scores(company.features, company.usage_features, cohort, settings)["full"]
    return float(cohort.weights @ (np.logaddexp(0.0, scores) - cohort.outcomes * scores))


def test_without_trials_the_settings_are_those_given(company: LearningData, cohort: Cohort) -> None:
    assert tuned(company.features, company.usage_features, cohort, ModelSettings()) == ModelSettings()


def test_the_best_of_the_trials_is_taken_and_the_settings_given_are_one_of_them(
    company: LearningData, cohort: Cohort
) -> None:
    dull = ModelSettings(
        tuning_trials=4, family_effect_sd=0.03, colour_share=0.0, booster=BoosterSettings(rounds=10, ridge=200.0)
    )
    found = tuned(company.features, company.usage_features, cohort, dull)
    assert loss(company, cohort, found) < loss(company, cohort, dull)
    again = tuned(company.features, company.usage_features, cohort, dull)
    assert again == found
    only_itself = dull.model_copy(update={"tuning_trials": 1})
    kept = tuned(company.features, company.usage_features, cohort, only_itself)
    assert (kept.family_effect_sd, kept.colour_share, kept.booster.rounds) == (0.03, 0.0, 10)


def test_a_tuned_model_is_fitted_with_what_was_found(company: LearningData, fast_settings: ModelSettings) -> None:
    small = replace(company, trained_through=company.cutoffs[8].date())
    settings = fast_settings.model_copy(update={"tuning_trials": 2, "colour_share": 0.25})
    read = read_notes(small.features, small.cohort(small.through), settings)
    found = tuned(small.features, small.usage_features, read.cohort, settings)
    model = fit_model(small, read, pd.DataFrame(), settings)
    assert model.colour_share == found.colour_share
    untuned = fit_model(small, read, pd.DataFrame(), found.model_copy(update={"tuning_trials": 0}))
    assert model.version == untuned.version
