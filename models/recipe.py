"""What a model was fitted with apart from data: the settings that change the fit, and the features.

Two trainings with the same recipe differ only in what they have learned from. How recipes are compared is the business
of `promotion`; how a recipe is used is that of `fitting`.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from pydantic import ValidationError

from models.learning import LearningData
from models.settings import ModelSettings

NOT_OF_THE_FIT: Final = frozenset(
    {
        "bootstrap_resamples",
        "interval_level",
        "early_decision_days",
        "slice_minimum_churns",
        "slice_resamples",
        "weekly_capacity",
        "leak_auc",
        "leak_ratio",
        "leak_contribution_share",
        "leak_model_auc",
        "leak_minimum_churns",
        "leak_level",
        "risky_above",
        "healthy_below",
        "high_above",
        "policy",
        "change_worth_telling",
    }
)
"""Settings that say how a model is judged or shown. Every other one changes a model, and so does one that is new."""
ID_LENGTH: Final = 12
_NAMED: Final = 3


class RecipeError(Exception):
    """A recipe cannot be used by this release or on these data; the message says what is unknown."""


@dataclass(frozen=True)
class Recipe:
    """How a model was fitted.

    Attributes:
        settings: Settings; those that do not change a fit are of no account.
        features: Names of the features of the full model, in the order in which the boosters get them.
        usage_features: Names of those that no human judgement has touched.
    """

    settings: ModelSettings
    features: tuple[str, ...]
    usage_features: tuple[str, ...]

    @classmethod
    def of(cls, data: LearningData, settings: ModelSettings) -> Self:
        """The recipe of a training on these data with these settings."""
        return cls(settings, tuple(feature.name for feature in data.features), data.usage_features)

    def to_json(self) -> str:
        """The recipe as text; `from_json` reads it back."""
        content = {
            "settings": self.settings.model_dump(mode="json", exclude=set(NOT_OF_THE_FIT)),
            "features": self.features,
            "usage_features": self.usage_features,
        }
        return json.dumps(content, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The recipe that `to_json` wrote; what it left out is at its default.

        Raises:
            RecipeError: The text is no recipe, or names settings that this release does not have.
        """
        try:
            content: dict[str, Any] = json.loads(text)
            settings = ModelSettings.model_validate(content["settings"])
            return cls(settings, tuple(content["features"]), tuple(content["usage_features"]))
        except ValidationError as error:
            names = [".".join(str(part) for part in details["loc"]) for details in error.errors()]
            raise RecipeError(f"this release does not know its settings {_shortened(names)}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise RecipeError("it is not written as this release writes recipes") from error

    @property
    def id(self) -> str:
        """First twelve hex digits of the SHA-256 of the recipe's text."""
        return hashlib.sha256(self.to_json().encode("utf-8")).hexdigest()[:ID_LENGTH]

    def select(self, data: LearningData) -> LearningData:
        """The same data with this recipe's features.

        Raises:
            RecipeError: The data lack some of them, or they may no longer be learned from.
        """
        by_name = {feature.name: feature for feature in data.features}
        unknown = [name for name in self.features if name not in by_name]
        if unknown:
            raise RecipeError(f"there is nothing to learn from under the names of its features {_shortened(unknown)}")
        features = tuple(by_name[name] for name in self.features)
        judged = [name for name in self.usage_features if by_name[name].is_judgement]
        if judged:
            raise RecipeError(f"its usage view uses what is held to be judgement now, {_shortened(judged)}")
        return replace(data, features=features, usage_features=self.usage_features)


def _shortened(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
