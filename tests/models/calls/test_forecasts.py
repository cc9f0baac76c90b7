from collections.abc import Callable

import numpy as np
import pytest
from model_diagnostics.scoring import SquaredError, decompose
from sklearn.metrics import brier_score_loss, roc_auc_score

from models.calls.calls import Calls
from models.calls.forecasts import AUC, BRIER, PARTS, SKILL, Forecast, compare_forecasts
from models.settings import ModelSettings


def stated(calls: Calls) -> list[Forecast]:
    return [Forecast.of("person", calls.scores), Forecast.of("model", calls.model)]


def test_figures_are_those_of_the_libraries(two_views: Calls, settings: ModelSettings) -> None:
    comparison = compare_forecasts(stated(two_views), [("person", "model")], two_views, settings)
    for name, scores in (("person", two_views.scores), ("model", two_views.model)):
        assert comparison.figure(name, AUC).value == pytest.approx(roc_auc_score(two_views.outcomes, scores), abs=1e-12)
        brier = comparison.figure(name, BRIER).value
        assert brier == pytest.approx(brier_score_loss(two_views.outcomes, scores), abs=1e-12)
        rate = two_views.base_rate
        assert comparison.figure(name, SKILL).value == pytest.approx(1 - brier / (rate * (1 - rate)), abs=1e-12)
        parts = decompose(two_views.outcomes, scores, scoring_function=SquaredError())
        found = [comparison.figure(name, part).value for part in PARTS]
        assert found == pytest.approx([parts[part].item() for part in PARTS], abs=1e-12)
        assert found[0] - found[1] + found[2] == pytest.approx(brier, abs=1e-12)


def test_a_difference_is_paired(two_views: Calls, settings: ModelSettings) -> None:
    twin = [Forecast.of("person", two_views.scores), Forecast.of("twin", two_views.scores)]
    comparison = compare_forecasts(twin, [("twin", "person")], two_views, settings)
    assert tuple(comparison.difference("twin", "person", BRIER)) == (0.0, 0.0, 0.0)
    assert comparison.figure("twin", BRIER).low < comparison.figure("twin", BRIER).high


def test_cross_fitted_base_rates_do_not_rank(coloured: Calls, settings: ModelSettings) -> None:
    # Without a fold that has many events the others have fewer: across folds the base rate ranks events last.
    folds = coloured.folds(settings.seed)
    rates = np.array([coloured.outcomes[folds != fold].mean() for fold in folds])
    assert roc_auc_score(coloured.outcomes, rates) < 0.46
    within = compare_forecasts([Forecast.of("rate", rates, folds)], [], coloured, settings)
    assert within.figure("rate", AUC).value == 0.5


def test_levels_keep_their_ties_and_differences_of_auc_use_the_same_pairs(
    coloured: Calls, settings: ModelSettings
) -> None:
    folds = coloured.folds(settings.seed)
    rates = np.array([0.1, 0.3, 0.6])[coloured.level_numbers]
    forecasts = [Forecast("colour", rates, coloured.scores), Forecast.of("refitted", rates, folds)]
    comparison = compare_forecasts(forecasts, [("refitted", "colour")], coloured, settings)
    assert comparison.figure("colour", AUC).value == pytest.approx(roc_auc_score(coloured.outcomes, rates))
    assert comparison.difference("refitted", "colour", AUC).value == 0.0


def test_too_few_calls_have_figures_without_intervals(
    rows: Callable[[int], np.ndarray], settings: ModelSettings
) -> None:
    calls = Calls(np.linspace(0.1, 0.9, 10), np.array([0.0, 1.0] * 5), rows(10))
    assert calls.shortage == "10 decided calls, where at least 20 are asked for"
    figure = compare_forecasts([Forecast.of("person", calls.scores)], [], calls, settings).figure("person", AUC)
    assert figure.value == pytest.approx(0.6)
    assert np.isnan([figure.low, figure.high]).all()
    assert not figure.excludes(0.0)
