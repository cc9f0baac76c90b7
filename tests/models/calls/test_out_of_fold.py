"""What a call is judged by was never taught by its own cluster, and what is there to be found is found."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.calls.blend import cross_fitted
from models.calls.calls import Calls
from models.calls.findings import about_additions, about_words
from models.calls.forecasts import AUC, BRIER
from models.calls.levels import cross_fitted_levels, level_table, share_rising
from models.calls.record import BLEND, JUDGEMENT_REFITTED, MODEL_REFITTED, WITH_WORDS, WITHOUT_WORDS, keep_record
from models.calls.words import read_words
from models.logistic import sigmoid
from models.settings import ModelSettings


def with_texts(calls: Calls, telling: str | None) -> Calls:
    """Every call with a text of noise; where the event happened it mostly has the telling word too."""
    generator = np.random.default_rng(9)
    noise = generator.choice(["meeting", "roadmap", "invoice", "training", "support"], (len(calls), 2))
    has_word = generator.random(len(calls)) < np.where(calls.outcomes == 1.0, 0.6, 0.2)
    texts = [
        f"{first} {second}" + (f" {telling}" if has and telling else "")
        for (first, second), has in zip(noise, has_word, strict=True)
    ]
    return replace(calls, texts=np.array(texts, dtype=object))


def in_pairs(calls: Calls) -> Calls:
    """Two neighbouring calls make a cluster."""
    return replace(calls, clusters=np.array([f"pair {row // 2}" for row in range(len(calls))], dtype=object))


PREDICTORS: dict[str, Callable[[Calls, ModelSettings], np.ndarray]] = {
    "levels": cross_fitted_levels,
    "blend": lambda calls, settings: cross_fitted(calls, ("judgement", "model"), settings).probabilities,
    "judgement": lambda calls, settings: cross_fitted(calls, ("judgement",), settings).probabilities,
    "words": lambda calls, settings: read_words(calls, settings).with_words,  # type: ignore[union-attr]
}


@pytest.mark.parametrize("name", PREDICTORS)
def test_outcomes_of_a_fold_change_no_prediction_of_that_fold(
    name: str, coloured: Calls, settings: ModelSettings
) -> None:
    model = np.random.default_rng(5).random(len(coloured))
    calls = with_texts(in_pairs(replace(coloured, model=model)), "competitor")
    predict = PREDICTORS[name]
    before = predict(calls, settings)
    fold = calls.folds(settings.seed) == 0
    turned = replace(calls, outcomes=np.where(fold, 1 - calls.outcomes, calls.outcomes))
    after = predict(turned, settings)
    np.testing.assert_array_equal(after[fold], before[fold])
    assert (after[~fold] != before[~fold]).any()
    # Both calls of a pair are in one fold, or one would teach what the other is asked.
    assert (fold[::2] == fold[1::2]).all()


def test_two_halves_of_the_truth_make_a_better_whole(two_views: Calls, settings: ModelSettings) -> None:
    record = keep_record(two_views, settings)
    for reference in (JUDGEMENT_REFITTED, MODEL_REFITTED):
        assert record.comparison.difference(BLEND, reference, AUC).low > 0.03
        assert record.comparison.difference(BLEND, reference, BRIER).high < -0.01
    # The log-odds add up by construction: the best blend is theirs.
    ideal = sigmoid(0.5 + sum(np.log(p / (1 - p)) for p in (two_views.scores, two_views.model)))
    blended = cross_fitted(two_views, ("judgement", "model"), settings).probabilities
    assert np.abs(blended - ideal).mean() < 0.03


def test_a_model_of_noise_adds_nothing(two_views: Calls, settings: ModelSettings) -> None:
    noise = np.random.default_rng(6).uniform(0.05, 0.95, len(two_views))
    record = keep_record(replace(two_views, model=noise), settings)
    added = record.comparison.difference(BLEND, JUDGEMENT_REFITTED, BRIER)
    assert added.high > 0
    assert abs(added.value) < 0.003
    assert about_additions(record)[0].startswith("The person adds to the model: AUC +")
    assert about_additions(record)[1].startswith("The model adds nothing to the person")


def test_a_colour_means_its_rate_pulled_to_the_base_rate(coloured: Calls, settings: ModelSettings) -> None:
    table = level_table(coloured, settings).set_index("level")
    assert table["rate"].to_dict() == pytest.approx({"green": 0.1, "yellow": 0.3, "red": 0.6})
    assert 0.1 < table.loc["green", "pooled"] < 0.14
    assert 0.55 < table.loc["red", "pooled"] < 0.6
    assert ((table["low"] < table["rate"]) & (table["rate"] < table["high"])).all()
    assert share_rising(coloured, settings) == 1.0
    few = level_table(coloured.part(np.arange(30)), settings).set_index("level")
    assert (few["high"] - few["low"] > table["high"] - table["low"]).all()


def test_level_intervals_mind_clusters_and_a_level_nobody_called_means_the_base_rate(
    coloured: Calls, settings: ModelSettings
) -> None:
    doubled = coloured.part(np.repeat(np.arange(len(coloured)), 2))
    doubled = replace(doubled, levels=(*doubled.levels, "black"))
    once, twice = level_table(coloured, settings), level_table(doubled, settings)
    width = (once["high"] - once["low"]).to_numpy()
    assert (twice["high"] - twice["low"]).to_numpy()[:3] == pytest.approx(width, rel=0.1)
    assert twice.loc[3, "pooled"] == pytest.approx(coloured.base_rate, abs=0.002)
    assert twice.loc[3, "calls"] == 0


def test_words_add_what_they_know_and_nothing_else(coloured: Calls, settings: ModelSettings) -> None:
    telling = keep_record(with_texts(coloured, "competitor"), settings)
    assert telling.with_words is not None
    assert telling.with_words.difference(WITH_WORDS, WITHOUT_WORDS, BRIER).high < 0
    assert telling.with_words.difference(WITH_WORDS, WITHOUT_WORDS, AUC).low > 0
    silent = keep_record(with_texts(coloured, None), settings)
    assert silent.with_words is not None
    assert silent.with_words.difference(WITH_WORDS, WITHOUT_WORDS, AUC).low < 0
    assert about_words(telling)[0].startswith("The text adds to the judgement: AUC +")
    assert about_words(silent)[0].startswith("The text adds nothing to the judgement")


def test_calls_without_text_keep_their_judgement_and_no_word_is_no_reading(
    coloured: Calls, settings: ModelSettings
) -> None:
    texts = with_texts(coloured, "competitor").texts
    texts[::3] = None
    reading = read_words(replace(coloured, texts=texts), settings)
    assert reading is not None
    assert reading.texts == 200
    np.testing.assert_array_equal(reading.with_words[::3], reading.without[::3])
    assert (reading.with_words[1::3] != reading.without[1::3]).any()
    assert read_words(replace(coloured, texts=np.array(["12", None, "!"] * 100, dtype=object)), settings) is None
