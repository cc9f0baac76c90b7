from dataclasses import replace

import numpy as np
import pytest

from features.feature import Feature
from models.wording import spoken_reason, spoken_value

PEOPLE = Feature(
    name="usage__active_users_28d",
    description="People who used the product, in 28 days.",
    unit="people",
    kind="integer",
    direction="lowers",
    lineage=frozenset(),
    sentence="{value} people used it",
    group="usage",
)


@pytest.mark.parametrize(
    ("unit", "kind", "value", "spoken"),
    [
        ("people", "integer", 12.0, "12"),
        ("people", "integer", 0.0, "0"),
        ("events", "integer", 12345.0, "12,345"),
        ("events per person", "number", 3.4123, "3.4"),
        ("events per person", "number", 2.0, "2"),
        ("events per person", "number", 0.0712, "0.07"),
        ("events per person", "number", -0.5, "-0.5"),
        ("events per person", "number", 100.0, "100"),
        ("ratio", "number", 0.384, "38 %"),
        ("share 0-1", "number", 0.623, "62 %"),
        ("share 0-1", "number", 0.034, "3.4 %"),
        ("account currency per year", "number", 48000.4, "48,000"),
        ("0 green, 1 yellow, 2 red", "integer", 2.0, "red"),
        ("0 none, 1 announced, 2 under way", "integer", 2.0, "under way"),
        ("0 green, 1 yellow, 2 red", "integer", 3.0, "3"),
        ("yes or no", "boolean", 1.0, "yes"),
        ("yes or no", "boolean", 0.0, "no"),
        ("name", "category", "in_place", "in place"),
        ("people", "integer", np.nan, None),
        ("name", "category", None, None),
    ],
)
def test_values_are_written_as_people_write_them(unit: str, kind: str, value: object, spoken: str | None) -> None:
    assert spoken_value(replace(PEOPLE, unit=unit, kind=kind), value) == spoken  # type: ignore[arg-type]


def test_the_sentence_holds_the_value_or_says_that_there_is_none() -> None:
    assert spoken_reason(PEOPLE, 12.0) == "12 people used it"
    assert spoken_reason(PEOPLE, float("nan")) == "Nothing is on record of people who used the product"
    assert spoken_reason(replace(PEOPLE, description="ARR a year."), None) == "Nothing is on record of ARR a year"


@pytest.mark.parametrize(
    ("sentence", "kind", "value", "spoken"),
    [
        ("A next meeting is planned: {value}", "boolean", 1.0, "A next meeting is planned"),
        ("A next meeting is planned: {value}", "boolean", 0.0, "This does not hold: a next meeting is planned"),
        ("CSMs agree: {value}", "boolean", 0.0, "This does not hold: CSMs agree"),
        ("We met {value} times in a month", "integer", 0.0, "We met not once in a month"),
        ("We met {value} times in a month", "integer", 1.0, "We met once in a month"),
        ("We met {value} times in a month", "integer", 11.0, "We met 11 times in a month"),
        ("We last met {value} days ago", "integer", 1.0, "We last met 1 day ago"),
        ("We last met {value} days ago", "integer", 31.0, "We last met 31 days ago"),
        ("Used on {value} of 28 days", "integer", 1.0, "Used on 1 of 28 days"),
    ],
)
def test_a_sentence_can_be_said_aloud(sentence: str, kind: str, value: float, spoken: str) -> None:
    assert spoken_reason(replace(PEOPLE, sentence=sentence, kind=kind), value) == spoken  # type: ignore[arg-type]


def test_a_denial_is_what_the_feature_says_of_it() -> None:
    planned = replace(
        PEOPLE, sentence="A next meeting is planned: {value}", kind="boolean", when_false="None is planned"
    )
    assert [spoken_reason(planned, value) for value in (1.0, 0.0)] == ["A next meeting is planned", "None is planned"]
