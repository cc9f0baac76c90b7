"""The standard criteria for green, yellow and red, as the data file beside this module has them."""

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict


class Colour(BaseModel):
    """What a colour stands for.

    Attributes:
        meaning: In one or two sentences.
        signs: What is true of such an account.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    meaning: str
    signs: tuple[str, ...]


class Criteria(BaseModel):
    """The criteria.

    Attributes:
        question: What a pulse answers.
        colours: Colour by name, best first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    colours: dict[str, Colour]


@cache
def load_criteria() -> Criteria:
    """Read the criteria that ship with the package."""
    text = resources.files("pipelines.recording").joinpath("criteria.yaml").read_text(encoding="utf-8")
    return Criteria.model_validate(yaml.safe_load(text))
