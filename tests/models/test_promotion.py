"""Who takes over: on which figures, by which rule, and what is said of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.learning import LearningData
from models.promotion import Contestant, judge
from models.recipe import Recipe
from models.settings import BoosterSettings, ModelSettings
from models.training import TrainingResult, train
from models.walk_comparison import check_calibration, compare_walks, rows_in_common, walk_again

JUNE, JULY = date(2024, 6, 3), date(2024, 7, 1)
SETTINGS = ModelSettings(bootstrap_resamples=100)
RECIPE = Recipe(SETTINGS, ("usage__active_users_28d",), ("usage__active_users_28d",))


def make_walk(
    blur: float = 0.0, slope: float = 1.0, shift: float = 0.0, accounts: int = 600, seed: int = 0
) -> pd.DataFrame:
    """A walk of two cut-offs over known probabilities, predicted with noise, stretched and shifted."""
    truth = np.random.default_rng(1)
    log_odds = truth.normal(-2.0, 1.2, accounts)
    churned = truth.random(accounts) < 1 / (1 + np.exp(-log_odds))
    generator = np.random.default_rng(seed)
    frames = []
    for cutoff, band in (("2023-01-02", "181-365"), ("2023-04-03", "90-180")):
        predicted = slope * (log_odds + blur * generator.normal(size=accounts)) + shift
        for model, values in {"churn_probability": predicted, "base_rate": np.full(accounts, -1.7)}.items():
            rows = {
                "model": model,
                "cutoff": pd.Timestamp(cutoff),
                "account_id": [f"a{number:04d}" for number in range(accounts)],
                "renewal_id": [f"r{number:04d}" for number in range(accounts)],
                "as_of": pd.Timestamp(cutoff),
                "band": band,
                "probability": 1 / (1 + np.exp(-values)),
                "is_churned": churned,
                "weight": 1.0,
                "arr": 1.0,
                "calibration": "calibrated",
            }
            frames.append(pd.DataFrame(rows))
    return pd.concat(frames, ignore_index=True)


def contestant(walk: pd.DataFrame | None = None, **fields: Any) -> Contestant:
    given = {
        "kind": "boosted",
        "trained_through": JULY,
        "recipe": RECIPE,
        "predictions": make_walk() if walk is None else walk,
    }
    return Contestant(**(given | fields))


CHAMPION = {"trained_through": JUNE}


@pytest.fixture(scope="module")
def data(make_company: Callable[..., LearningData]) -> LearningData:
    return make_company(seed=2, accounts=60)


def test_only_rows_that_both_walks_have_are_compared_and_weigh_one_per_renewal_and_band() -> None:
    champion, challenger = make_walk(), make_walk(blur=1.0)
    rolling = challenger.assign(band="rolling", renewal_id=challenger["renewal_id"] + "-x")
    champion = champion[~((champion["cutoff"] == "2023-01-02") & (champion["account_id"] < "a0100"))]
    unknown = challenger.assign(
        is_churned=challenger["is_churned"].astype(object).mask(challenger["account_id"] >= "a0500", None)
    )

    rows = rows_in_common(champion, pd.concat([unknown, rolling, champion.assign(band="rolling", renewal_id="y")]))

    assert rows.groupby("band").size().to_dict() == {"181-365": 400, "90-180": 500}
    assert set(rows["weight"]) == {1.0}
    assert (rows["champion"] != rows["challenger"]).all()


def test_a_difference_is_that_of_the_brier_scores_with_an_interval_around_it() -> None:
    dated, headline = compare_walks(make_walk(blur=1.0), make_walk(), SETTINGS)

    assert (dated.population, headline.population) == ("dated", "90-180")
    assert (dated.rows, dated.renewals, dated.cutoffs, headline.rows) == (1200, 600, 2, 600)
    assert dated.value == pytest.approx(dated.challenger - dated.champion)
    walk = make_walk()
    walk = walk[walk["model"] == "churn_probability"]
    assert dated.challenger == pytest.approx(((walk["probability"] - walk["is_churned"]) ** 2).mean())
    assert dated.low < dated.value < dated.high < 0
    assert dated.limit == pytest.approx(0.02 * dated.base_rate)


def test_the_first_model_is_promoted_and_only_a_leak_can_stop_it(data: LearningData) -> None:
    wild = make_walk(slope=4.0, shift=3.0)
    first = judge(contestant(wild), None, data, SETTINGS)
    assert (first.verdict, first.basis) == ("promoted", "first")
    assert first.calibration is not None
    assert not first.calibration.passes

    leaking = judge(contestant(), None, data, SETTINGS, leaks=["usage__x alone has an AUC of 0.99"])
    assert leaking.verdict == "refused"
    assert leaking.reason == "The leak check refuses it: usage__x alone has an AUC of 0.99."


def test_newer_data_take_over_unless_they_made_the_model_worse(data: LearningData) -> None:
    same = judge(contestant(), contestant(**CHAMPION), data, SETTINGS)
    assert (same.verdict, same.basis) == ("promoted", "same_recipe")
    assert (same.differences[0].value, same.differences[0].high) == (0.0, 0.0)
    assert "not inferior" in same.reason

    worse = judge(contestant(make_walk(blur=1.5)), contestant(**CHAMPION), data, SETTINGS)
    assert worse.verdict == "refused"
    decisive = worse.differences[0]
    assert decisive.high >= decisive.limit
    assert f"{decisive.value:+.5f} ({decisive.low:+.5f} to {decisive.high:+.5f})" in worse.reason


def test_with_too_few_outcomes_in_common_newer_data_win_and_a_new_recipe_stays_out(
    data: LearningData, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = make_walk(accounts=60)
    same = judge(contestant(few), contestant(few, **CHAMPION), data, SETTINGS)
    assert same.verdict == "promoted"
    assert f"only {same.differences[0].churns} renewals churned, and it takes 30" in same.reason
    others = few.assign(renewal_id=few["renewal_id"] + "-x")
    none = judge(contestant(others), contestant(few, **CHAMPION), data, SETTINGS)
    assert none.verdict == "promoted"
    assert "no row in common" in none.reason

    monkeypatch.setattr("models.promotion.walk_again", lambda *_: few)
    other = contestant(few, recipe=replace(RECIPE, settings=SETTINGS.model_copy(update={"folds": 4})))
    new = judge(other, contestant(few, **CHAMPION), data, SETTINGS)
    assert (new.verdict, new.basis) == ("refused", "new_recipe")


def test_with_too_few_in_common_what_knows_less_or_was_worse_stays_out(data: LearningData) -> None:
    few = make_walk(accounts=60)
    cut_off = few[few["account_id"] < "a0030"]
    less = judge(contestant(cut_off), contestant(few, **CHAMPION), data, SETTINGS)
    assert (less.verdict, less.basis) == ("refused", "same_recipe")
    assert "it knows less: its walk has 30 decided renewals and the champion's 60" in less.reason

    worse = few.assign(probability=np.where(few["model"] == "base_rate", few["probability"], 0.6))
    spoiled = judge(contestant(worse, trained_through=JUNE), contestant(few, **CHAMPION), data, SETTINGS)
    assert spoiled.verdict == "refused"
    assert spoiled.differences[0].low > 0
    assert spoiled.reason.startswith("The same recipe on other data: on the rows in common only")
    assert "all that there is speaks against it" in spoiled.reason


@pytest.mark.parametrize(
    ("challenger", "champion", "verdict", "said"),
    [
        (make_walk(), make_walk(blur=1.5), "promoted", "and better"),
        (make_walk(), make_walk(), "refused", "not shown to be better"),
        (make_walk(blur=1.5), make_walk(), "refused", "not shown to be better"),
    ],
    ids=["better", "as good", "worse"],
)
def test_a_new_recipe_has_to_be_better(
    data: LearningData,
    monkeypatch: pytest.MonkeyPatch,
    challenger: pd.DataFrame,
    champion: pd.DataFrame,
    verdict: str,
    said: str,
) -> None:
    walked = []
    monkeypatch.setattr("models.promotion.walk_again", lambda recipe, _: walked.append(recipe) or champion)
    other = contestant(challenger, recipe=replace(RECIPE, settings=SETTINGS.model_copy(update={"seed": 1})))

    # What the champion's own walk said in its time is of no account here.
    found = judge(other, contestant(make_walk(blur=9.0), **CHAMPION), data, SETTINGS)

    assert (found.verdict, found.basis) == (verdict, "new_recipe")
    assert said in found.reason
    assert walked == [RECIPE]


def test_a_recipe_that_is_better_overall_but_worse_at_the_headline_stays_out(
    data: LearningData, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad, awful = make_walk(), make_walk(blur=1.5), make_walk(blur=9.0)
    mixed = pd.concat([good[good["band"] != "90-180"], bad[bad["band"] == "90-180"]])
    champion = pd.concat([awful[awful["band"] != "90-180"], good[good["band"] == "90-180"]])
    monkeypatch.setattr("models.promotion.walk_again", lambda *_: champion)

    found = judge(contestant(mixed, recipe=replace(RECIPE, features=())), contestant(**CHAMPION), data, SETTINGS)

    assert found.differences[0].high < 0 < found.differences[1].low
    assert found.verdict == "refused"
    assert "worse where it counts" in found.reason


def test_a_recipe_that_cannot_be_used_any_more_is_replaced(data: LearningData) -> None:
    gone = contestant(recipe=replace(RECIPE, features=("usage__gone_28d",)), **CHAMPION)
    found = judge(contestant(), gone, data, SETTINGS)
    assert (found.verdict, found.basis) == ("promoted", "unusable_recipe")
    assert "usage__gone_28d" in found.reason

    unknown = contestant(recipe=None, unreadable="this release does not know its settings wizardry", **CHAMPION)
    assert "wizardry" in judge(contestant(), unknown, data, SETTINGS).reason
    # Even then a leak is a leak.
    assert judge(contestant(), unknown, data, SETTINGS, leaks=["a leak"]).verdict == "refused"


def test_the_pooled_base_rate_gives_way_to_a_model_and_never_the_other_way(data: LearningData) -> None:
    pooled = {"kind": "base_rate", "predictions": make_walk().head(0)}
    after = judge(contestant(), contestant(**pooled, **CHAMPION), data, SETTINGS)
    assert (after.verdict, after.basis) == ("promoted", "base_rate")
    assert after.differences[0].champion == after.differences[0].base_rate > after.differences[0].challenger

    worse = judge(contestant(make_walk(blur=9.0)), contestant(**pooled, **CHAMPION), data, SETTINGS)
    assert worse.verdict == "refused"
    back = judge(contestant(**pooled), contestant(**CHAMPION), data, SETTINGS)
    assert back.verdict == "refused"
    both = judge(contestant(**pooled), contestant(**pooled, **CHAMPION), data, SETTINGS)
    assert both.verdict == "promoted"
    more = {"kind": "base_rate", "predictions": make_walk(accounts=30)}
    cut_off = judge(contestant(**pooled), contestant(**more, **CHAMPION), data, SETTINGS)
    assert cut_off.verdict == "refused"
    assert "it knows less: its walk has 0 decided renewals and the champion's 30" in cut_off.reason


def test_a_model_of_an_earlier_date_stays_out_of_the_contest(data: LearningData) -> None:
    found = judge(contestant(trained_through=JUNE), contestant(), data, SETTINGS)

    assert (found.verdict, found.basis, found.differences) == ("past", "past", ())
    assert str(JUNE) in found.reason
    assert judge(contestant(trained_through=JUNE), contestant(), data, SETTINGS, leaks=["a leak"]).verdict == "refused"


@pytest.mark.parametrize("wrong", [{"slope": 4.0}, {"shift": 1.5}], ids=["too extreme", "too high"])
def test_implausible_probabilities_are_refused_with_the_figures_unless_the_champion_has_them_too(
    data: LearningData, wrong: dict[str, float]
) -> None:
    walk, later = make_walk(**wrong), make_walk()
    newer = walk.assign(cutoff=walk["cutoff"] + pd.Timedelta(days=84), as_of=walk["as_of"] + pd.Timedelta(days=84))

    found = judge(
        contestant(pd.concat([later, newer, newer.assign(cutoff=pd.Timestamp("2024-01-01"))])),
        contestant(later, **CHAMPION),
        data,
        SETTINGS,
    )

    assert found.verdict == "refused"
    assert found.differences[0].value == 0.0
    assert found.calibration is not None
    assert f"slope {found.calibration.slope:.2f} ({found.calibration.slope_low:.2f}" in found.reason

    # Where the champion's are no better, refusing would only keep a model that knows less.
    both = judge(contestant(walk), contestant(walk, **CHAMPION), data, SETTINGS)
    assert both.verdict == "promoted"
    assert "the champion's were hardly better" in both.reason


def test_calibration_is_measured_with_its_interval_and_few_outcomes_are_not_refused_for_noise() -> None:
    right = check_calibration(make_walk(), SETTINGS)
    stretched = check_calibration(make_walk(slope=2.0), SETTINGS)
    assert right is not None
    assert stretched is not None
    assert right.slope_low < 1.0 < right.slope_high
    assert right.shift_low < 0.0 < right.shift_high
    assert stretched.slope == pytest.approx(right.slope / 2, abs=1e-3)

    low_floor = SETTINGS.model_copy(update={"minimum_churns": 4})
    many = check_calibration(make_walk(shift=1.0), low_floor)
    few = check_calibration(make_walk(shift=1.0, accounts=60), low_floor)
    assert many is not None
    assert few is not None
    assert few.shift_high - few.shift_low > many.shift_high - many.shift_low
    assert (many.passes, few.passes) == (False, True)
    assert check_calibration(make_walk(accounts=60), SETTINGS) is None


def test_predictions_that_hardly_differ_are_not_refused_for_a_slope_that_costs_nothing() -> None:
    walk = make_walk()
    log_odds = -1.7 + 0.25 * np.random.default_rng(4).normal(size=len(walk))

    flat = check_calibration(walk.assign(probability=1 / (1 + np.exp(-log_odds))), SETTINGS)

    assert flat is not None
    assert flat.slope_high < 2 / 3
    assert flat.cost < 0.02
    assert flat.passes


@pytest.mark.slow
def test_a_recipe_walked_again_over_the_same_data_is_the_same_walk(
    trained: TrainingResult, company: LearningData, fast_settings: ModelSettings
) -> None:
    again = walk_again(Recipe.of(company, fast_settings), company)
    pd.testing.assert_frame_equal(again, trained.backtest_predictions, check_exact=True)


@pytest.mark.slow
def test_a_planted_worse_recipe_is_refused_with_the_figures(
    trained: TrainingResult, company: LearningData, fast_settings: ModelSettings
) -> None:
    crippled = fast_settings.model_copy(
        update={"booster": BoosterSettings(rounds=1, ridge=1e6), "family_effect_sd": 0.01, "colour_share": 0.0}
    )
    worse = train(company, crippled)
    walks = {"champion": trained, "challenger": worse}
    settings = {"champion": fast_settings, "challenger": crippled}
    champion, challenger = (
        Contestant("boosted", company.trained_through, Recipe.of(company, settings[name]), result.backtest_predictions)
        for name, result in walks.items()
    )

    refused = judge(challenger, champion, company, crippled)

    assert (refused.verdict, refused.basis) == ("refused", "new_recipe")
    assert refused.differences[0].low > 0
    assert f"{refused.differences[0].value:+.5f}" in refused.reason
    # The other way round it is the better one, and takes over.
    assert judge(champion, challenger, company, fast_settings).verdict == "promoted"
