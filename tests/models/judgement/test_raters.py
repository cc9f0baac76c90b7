"""What is said of people: recovered where it was planted, adjusted for the book, shrunk where little is known."""

import numpy as np
import pandas as pd
import pytest

from models.judgement.ordinal import Design, Effects, _log_posterior, _with_slopes, fit_ordinal
from models.judgement.raters import RatedCalls, fit_raters

LIMITS = (-0.3, 0.7)


def calls_of(
    optimism: dict[str, float],
    each: int,
    *,
    harder: dict[str, float] | None = None,
    spread: dict[str, float] | None = None,
    seed: int = 5,
) -> RatedCalls:
    """Calls in three levels by people who see a case's trouble, less their optimism, through a noise of their own."""
    generator = np.random.default_rng(seed)
    raters = np.repeat(np.array(list(optimism), dtype=object), each)
    looks = generator.normal(size=len(raters)) + np.array([(harder or {}).get(name, 0.0) for name in raters])
    outcomes = (generator.normal(size=len(raters)) + looks > 1.3).astype(np.float64)
    noise = np.array([(spread or {}).get(name, 1.0) for name in raters]) * generator.normal(size=len(raters))
    seen = 0.6 * looks + 0.8 * outcomes - np.array([optimism[name] for name in raters]) + noise
    return RatedCalls(
        raters=raters,
        levels=np.digitize(seen, LIMITS),
        outcomes=outcomes,
        difficulty=looks[:, None],
        ages=generator.uniform(0, 60, len(raters)),
        clusters=np.arange(len(raters)).astype(str).astype(object),
    )


def test_planted_optimism_comes_back_in_widths_of_the_middle_level() -> None:
    planted = {"a": -0.5, "b": -0.2, "c": 0.0, "d": 0.2, "e": 0.5}
    fit = fit_raters(calls_of(planted, 400))
    assert fit is not None
    width = LIMITS[1] - LIMITS[0]
    expected = pd.Series(planted) / width
    found = fit.table.set_index("rater")
    held = (found["optimism_low"] < expected) & (expected < found["optimism_high"])
    assert held.sum() >= 4  # intervals of 90 %
    assert (found["optimism"] - expected).abs().max() < 0.25
    assert found["optimism"].corr(expected) > 0.95
    assert found["best_share"].is_monotonic_increasing


def test_a_hard_book_is_no_pessimism() -> None:
    calls = calls_of({"easy": 0.0, "hard": 0.0, "middle": 0.0}, 500, harder={"easy": -0.8, "hard": 0.8})
    fit = fit_raters(calls)
    assert fit is not None
    found = fit.table.set_index("rater")
    assert found.loc["hard", "optimism_raw"] < -0.3
    assert abs(found.loc["hard", "optimism"]) < 0.1
    assert found.loc["hard", "optimism_low"] < 0 < found.loc["hard", "optimism_high"]


def test_people_who_do_not_differ_are_shrunk_together() -> None:
    fit = fit_raters(calls_of(dict.fromkeys("abcdefgh", 0.0), 60))
    assert fit is not None
    found = fit.table
    assert found["optimism"].abs().mean() < found["optimism_raw"].abs().mean() / 2
    assert found["discrimination"].std() < found["discrimination_raw"].std() / 2


def test_a_sharper_eye_shows_in_discrimination() -> None:
    fit = fit_raters(calls_of(dict.fromkeys("abcd", 0.0), 800, spread={"a": 0.4, "d": 2.5}))
    assert fit is not None
    found = fit.table.set_index("rater")["discrimination"]
    assert found["a"] == found.max()
    assert found["d"] == found.min()


def test_who_made_few_calls_is_counted_and_not_shown() -> None:
    calls = calls_of({"a": 0.0, "b": 0.0}, 60)
    few = np.where(np.arange(len(calls)) < 10, "c", calls.raters)
    fit = fit_raters(RatedCalls(few, calls.levels, calls.outcomes, calls.difficulty, calls.ages, calls.clusters))
    assert fit is not None
    assert list(fit.table["rater"]) == ["a", "b"]
    assert fit.others == 1


def test_one_person_is_not_compared_with_anybody() -> None:
    fit = fit_raters(calls_of({"a": 0.0}, 100))
    assert fit is not None
    assert fit.table.empty
    assert 0.5 < fit.team_discrimination < 1.0


@pytest.mark.parametrize("same", ["levels", "outcomes"])
def test_where_all_is_alike_there_is_nothing_to_say(same: str) -> None:
    calls = calls_of({"a": 0.0, "b": 0.0}, 60)
    levels = np.zeros_like(calls.levels) if same == "levels" else calls.levels
    outcomes = np.zeros_like(calls.outcomes) if same == "outcomes" else calls.outcomes
    alike = RatedCalls(calls.raters, levels, outcomes, calls.difficulty, calls.ages, calls.clusters)
    assert fit_raters(alike) is None


def test_a_level_that_nobody_chose_changes_nothing() -> None:
    calls = calls_of({"a": 0.0, "b": 0.3}, 80)
    wider = RatedCalls(calls.raters, calls.levels * 2, calls.outcomes, calls.difficulty, calls.ages, calls.clusters)
    first, second = fit_raters(calls), fit_raters(wider)
    assert first is not None
    assert second is not None
    pd.testing.assert_frame_equal(first.table, second.table)


def test_calls_repeated_on_one_cluster_are_no_new_evidence() -> None:
    calls = calls_of({"a": -0.3, "b": 0.3, "c": 0.0}, 80)
    twice = RatedCalls(
        *(
            np.concatenate([part, part])
            for part in (calls.raters, calls.levels, calls.outcomes, calls.difficulty, calls.ages, calls.clusters)
        )
    )
    once, repeated = fit_raters(calls), fit_raters(twice)
    assert once is not None
    assert repeated is not None
    widths = [fit.table["optimism_high"] - fit.table["optimism_low"] for fit in (once, repeated)]
    assert repeated.cluster_correlation > 0.95
    np.testing.assert_allclose(widths[1], widths[0], rtol=0.1)


def test_the_derivatives_are_those_of_the_function() -> None:
    calls = calls_of({"a": 0.2, "b": -0.2, "c": 0.0}, 30)
    rater = np.where(calls.raters == "c", -1, (calls.raters == "b").astype(np.int64))
    design = Design.of(calls.levels, calls.outcomes, calls.difficulty, calls.ages / 30, rater, 2)
    point = np.random.default_rng(1).normal(0, 0.2, design.size)
    point[: design.top] = (-0.4, 0.6)
    _, slopes = _with_slopes(point, design)
    for place in range(design.size):
        step = np.zeros(design.size)
        step[place] = 1e-6
        ahead, behind = (Effects.of(point + sign * step, design).probabilities(design) for sign in (1, -1))
        np.testing.assert_allclose(slopes[:, :, place], (ahead - behind) / 2e-6, atol=1e-8)


def test_the_fit_is_a_maximum() -> None:
    calls = calls_of({"a": 0.2, "b": -0.2}, 60)
    rater = (calls.raters == "b").astype(np.int64)
    design = Design.of(calls.levels, calls.outcomes, calls.difficulty, calls.ages / 30, rater, 2)
    weights = np.ones(len(calls))
    fit = fit_ordinal(design, weights)
    precision = np.zeros(design.size)
    precision[design.top : design.shared] = 1e-2
    precision[design.shared :] = np.repeat(fit.sd**-2, 2)
    best = _log_posterior(fit.coefficients, design, weights, precision)
    for place in range(design.size):
        for sign in (-1, 1):
            step = np.zeros(design.size)
            step[place] = sign * 0.05
            assert _log_posterior(fit.coefficients + step, design, weights, precision) < best + 1e-3
