"""The strict reader of contract files."""

import pytest

from data_contracts.contract import read_contract, source_contracts
from data_contracts.problems import ContractError

TEXT = """\
apiVersion: v3.1.0
kind: DataContract
id: falsegreen.sources.things
name: things
version: 1.2.0
status: active
description:
  purpose: Things.
schema:
  - name: things
    logicalType: object
    physicalType: table
    dataGranularityDescription: One row per thing
    customProperties:
      - property: requiredTable
        value: false
      - property: versioned
        value: true
      - property: eventDate
        value: [made_on, seen_on]
      - property: quarantineLimit
        value: 0.05
    quality:
      - name: seen_before_made
        description: A thing is seen after it is made.
        type: sql
        query: SELECT COUNT(*) FROM ${object} WHERE seen_on < made_on
        mustBe: 0
        unit: rows
        dimension: consistency
    properties:
      - name: thing_id
        description: Identifier of the thing.
        logicalType: string
        physicalType: VARCHAR
        primaryKey: true
        primaryKeyPosition: 1
        required: true
        customProperties:
          - property: unit
            value: identifier
      - name: made_on
        description: Day of making.
        logicalType: date
        physicalType: DATE
        required: false
        customProperties:
          - property: unit
            value: date
      - name: seen_on
        description: Day of seeing.
        logicalType: date
        physicalType: DATE
        required: false
        customProperties:
          - property: unit
            value: date
          - property: knownFrom
            value: seen_on
"""


def test_contract_is_read_with_all_that_it_says() -> None:
    contract = read_contract(TEXT, "things.odcs.yaml")

    assert contract.version == "1.2.0"
    assert contract.key == ("thing_id",)
    assert contract.event_dates == ("made_on", "seen_on")
    assert contract.event_date == "made_on"
    assert (contract.versioned, contract.is_required, contract.quarantine_limit) == (True, False, 0.05)
    assert not contract.has_valid_from
    assert contract.column("seen_on").known_from == "seen_on"
    assert [rule.broken_when for rule in contract.row_rules] == ['"seen_on" < "made_on"']


@pytest.mark.parametrize(
    ("written", "misspelled", "expected"),
    [
        ("status: active", "statuss: active", "statuss: Extra inputs are not permitted"),
        ("primaryKey: true", "primarykey: true", "schema.0.properties.0.primarykey: Extra inputs"),
        ("property: versioned", "property: versionned", "schema.0.customProperties.1: Input tag 'versionned'"),
        ("property: knownFrom", "property: knowFrom", "schema.0.properties.2.customProperties.1: Input tag 'knowFrom'"),
        ("value: 0.05", "value: 5", "schema.0.customProperties.3.quarantineLimit.value: Input should be less than 1"),
        ("logicalType: date", "logicalType: day", "schema.0.properties.1.logicalType: Input should be"),
        ("value: seen_on", "value: sen_on", "no such column: sen_on"),
        ("value: [made_on, seen_on]", "value: [thing_id]", "not a date: thing_id"),
        ("WHERE seen_on < made_on", "WHERE upper(seen_on) = 'X'", "seen_before_made.query: must read"),
        ("SELECT COUNT(*)", "SELECT MAX(*)", "seen_before_made.query: must read"),
        ("primaryKey: true", "primaryKey: false", "no column is marked primaryKey"),
        (
            "          - property: unit\n            value: identifier",
            "          []",
            "thing_id: custom property 'unit'",
        ),
        ("  - name: things", "  - name: thing", "the file describes 'thing', not 'things'"),
        ("kind: DataContract", "kind: [", "while parsing"),
    ],
)
def test_what_a_reader_does_not_know_is_an_error_that_names_file_and_key(
    written: str, misspelled: str, expected: str
) -> None:
    assert written in TEXT
    with pytest.raises(ContractError) as caught:
        read_contract(TEXT.replace(written, misspelled, 1), "things.odcs.yaml")

    assert "things.odcs.yaml" in str(caught.value)
    assert expected in str(caught.value)


def test_column_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="accounts has no column 'colour'"):
        source_contracts()["accounts"].column("colour")
