"""A recipe names what changes a fit, comes back as it was written, and says what it cannot do."""

import json
from dataclasses import replace

import pytest

from models.learning import LearningData
from models.recipe import NOT_OF_THE_FIT, Recipe, RecipeError
from models.settings import BoosterSettings, ModelSettings


@pytest.fixture
def recipe(company: LearningData) -> Recipe:
    return Recipe.of(company, ModelSettings())


def test_a_recipe_comes_back_from_its_text(recipe: Recipe) -> None:
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert Recipe.from_json(recipe.to_json()).id == recipe.id


def test_what_changes_a_fit_changes_the_id_and_what_only_judges_does_not(recipe: Recipe) -> None:
    changed = [
        replace(recipe, settings=ModelSettings(seed=1)),
        replace(recipe, settings=ModelSettings(booster=BoosterSettings(ridge=11))),
        replace(recipe, features=recipe.features[1:]),
        replace(recipe, features=recipe.features[::-1]),
        replace(recipe, usage_features=recipe.usage_features[1:]),
    ]
    assert len({recipe.id, *(each.id for each in changed)}) == 6

    judged = ModelSettings(bootstrap_resamples=20, interval_level=0.9, early_decision_days=1, risky_above=2)
    assert replace(recipe, settings=judged.model_copy(update={"healthy_below": 0.5})).id == recipe.id
    assert set(ModelSettings.model_fields) >= NOT_OF_THE_FIT


def test_a_recipe_of_another_release_is_told_apart(recipe: Recipe) -> None:
    content = json.loads(recipe.to_json())
    content["settings"]["booster"]["wizardry"] = 3
    with pytest.raises(RecipeError, match=r"does not know its settings booster\.wizardry"):
        Recipe.from_json(json.dumps(content))
    for text in ("", "{}", "[]", recipe.to_json()[:50]):
        with pytest.raises(RecipeError, match="not written as this release"):
            Recipe.from_json(text)


def test_data_are_brought_to_the_features_of_a_recipe(company: LearningData, recipe: Recipe) -> None:
    fewer = replace(recipe, features=recipe.features[2:], usage_features=recipe.features[2:4])
    selected = fewer.select(company)
    assert tuple(feature.name for feature in selected.features) == fewer.features
    assert selected.usage_features == fewer.usage_features

    with pytest.raises(RecipeError, match="usage__gone_28d"):
        replace(recipe, features=("usage__gone_28d",)).select(company)
    with pytest.raises(RecipeError, match="pulse__sentiment_level"):
        replace(recipe, usage_features=("pulse__sentiment_level",)).select(company)
