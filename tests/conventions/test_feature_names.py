"""The feature table is held to docs/naming.md."""

import re

import pytest

from features.catalogue import FAMILIES, FEATURES
from features.feature import Feature
from features.feature_sets import FEATURE_SETS, FULL, JUDGEMENT, NO_HUMAN_JUDGEMENT

UNIT_OF_ENDING = {"_share": "share", "_ratio": "ratio", "_days": "days"}


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)
def test_a_feature_is_named_after_family_quantity_and_unit(feature: Feature) -> None:
    assert re.fullmatch(r"[a-z]+(?:_[a-z]+)*__(?:is_|has_)?[a-z0-9]+(?:_[a-z0-9]+)*", feature.name)
    assert feature.kind != "boolean" or re.search(r"__(is|has)_", feature.name)
    for ending, unit in UNIT_OF_ENDING.items():
        assert not feature.name.endswith(ending) or unit in feature.unit


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)
def test_a_feature_says_what_it_is_and_where_it_comes_from(feature: Feature) -> None:
    assert feature.description.endswith(".")
    assert feature.unit
    assert feature.group
    assert "{value}" in feature.sentence
    assert not feature.sentence.endswith(".")
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", column) for column in feature.lineage)
    assert feature.lineage


def test_names_are_unique_and_begin_with_their_family() -> None:
    declared = [feature.name for family in FAMILIES for feature in family.features]
    assert len(declared) == len(set(declared))
    assert all(len({feature.family for feature in family.features}) == 1 for family in FAMILIES)


def test_lineage_names_columns_that_contracts_have() -> None:
    from data_contracts.contract import source_contracts

    columns = {f"{name}.{column.name}" for name, contract in source_contracts().items() for column in contract.columns}
    unknown = {column for feature in FEATURES.values() for column in feature.lineage} - columns
    assert not unknown


def test_sets_split_what_people_judge_from_what_systems_record() -> None:
    assert set(NO_HUMAN_JUDGEMENT).isdisjoint(JUDGEMENT)
    assert set(NO_HUMAN_JUDGEMENT) | set(JUDGEMENT) == set(FULL) == set(FEATURES)
    assert {name for name in FULL if name.startswith("pulse__")} <= set(JUDGEMENT)
    assert set(FEATURE_SETS) == {"full", "no_human_judgement", "judgement"}
