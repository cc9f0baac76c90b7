"""The contract files themselves: the open standard's own schema, and what the design says of each table."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from data_contracts.contract import OUTPUT_TABLES, SOURCE_TABLES, output_contracts, source_contracts

FOLDER = Path(str(files("data_contracts")))
CONTRACT_FILES = sorted(FOLDER.glob("*/*.odcs.yaml"))


@pytest.mark.parametrize("path", CONTRACT_FILES, ids=lambda path: path.name)
def test_file_is_clean_by_the_schema_of_the_open_standard(path: Path) -> None:
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8"))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))

    errors = [error.message for error in jsonschema.Draft201909Validator(schema).iter_errors(document)]

    assert errors == []
    assert document["apiVersion"] == "v3.1.0"
    assert OpenDataContractStandard(**document).schema_ is not None


def test_every_file_is_read_and_every_contract_has_a_file() -> None:
    assert {path.name for path in (FOLDER / "sources").iterdir()} == {f"{name}.odcs.yaml" for name in SOURCE_TABLES}
    assert {path.name for path in (FOLDER / "outputs").iterdir()} == {f"{name}.odcs.yaml" for name in OUTPUT_TABLES}
    assert tuple(source_contracts()) == SOURCE_TABLES
    assert tuple(output_contracts()) == OUTPUT_TABLES
    assert len(SOURCE_TABLES) == 15


def test_every_column_is_described_and_has_a_unit() -> None:
    contracts = [*source_contracts().values(), *output_contracts().values()]
    undescribed = [
        f"{contract.table}.{column.name}"
        for contract in contracts
        for column in contract.columns
        if not column.description.endswith(".") or not column.unit
    ]
    assert undescribed == []


def test_types_follow_the_names_of_columns() -> None:
    expected = {"_on": "DATE", "_date": "DATE", "_at": "TIMESTAMP", "arr": "DECIMAL(18,2)", "_id": "VARCHAR"}
    wrong = [
        f"{contract.table}.{column.name} is {column.duckdb_type}"
        for contract in source_contracts().values()
        for column in contract.columns
        for suffix, duckdb_type in expected.items()
        if column.name.endswith(suffix) and column.duckdb_type != duckdb_type
    ]
    assert wrong == []


def test_only_three_tables_are_required_and_only_usage_keeps_no_versions() -> None:
    contracts = source_contracts().values()
    assert [contract.table for contract in contracts if contract.is_required] == ["accounts", "renewals", "usage_daily"]
    assert [contract.table for contract in contracts if not contract.versioned] == ["usage_daily"]
    assert [contract.table for contract in contracts if contract.has_valid_from] == ["accounts", "csms", "entitlements"]


def test_recorded_at_may_be_missing_from_every_source_and_is_filled_after_ingest() -> None:
    columns = [contract.column("recorded_at") for contract in source_contracts().values()]
    assert {(column.required, column.nullable) for column in columns} == {(False, False)}


def test_columns_that_become_known_on_a_date() -> None:
    known_from = {
        f"{contract.table}.{column.name}": column.known_from
        for contract in source_contracts().values()
        for column in contract.columns
        if column.known_from
    }
    assert known_from == {
        "contacts.left_on": "left_on",
        "renewals.notice_given_on": "notice_given_on",
        "renewals.outcome": "decided_on",
        "renewals.renewed_arr": "decided_on",
        "renewals.successor_renewal_id": "decided_on",
        "renewals.decided_on": "decided_on",
        "renewals.ended_on": "decided_on",
        "support_tickets.escalated_at": "escalated_at",
        "support_tickets.closed_at": "closed_at",
        "support_tickets.csat": "closed_at",
        "survey_responses.submitted_at": "submitted_at",
        "survey_responses.nps": "submitted_at",
        "survey_responses.comment": "submitted_at",
        "invoices.paid_on": "paid_on",
        "meetings.status": "status_at",
        "meetings.status_at": "status_at",
        "meetings.attendee_count": "status_at",
        "meetings.has_executive": "status_at",
        "emails.opened_at": "opened_at",
        "plays.ended_at": "ended_at",
    }


def test_columns_that_change_without_a_trace() -> None:
    final_state = {
        f"{contract.table}.{column.name}"
        for contract in source_contracts().values()
        for column in contract.columns
        if column.final_state
    }
    assert final_state == {
        "contacts.user_id",
        "contacts.role",
        "renewals.arr",
        "renewals.auto_renew",
        "renewals.notice_period_days",
        "support_tickets.priority",
        "support_tickets.subject",
    }


def test_optional_columns() -> None:
    optional = {
        f"{contract.table}.{column.name}"
        for contract in source_contracts().values()
        for column in contract.columns
        if not column.required and column.name != "recorded_at"
    }
    assert optional == {
        "accounts.crm_id",
        "accounts.crm_url",
        "csms.team",
        "csms.manager_id",
        "csms.weekly_capacity",
        "renewals.contract_id",
        "renewals.currency",
        "renewals.notice_period_days",
        "renewals.notice_given_on",
        "renewals.successor_renewal_id",
        "renewals.ended_on",
        "csm_pulses.model_visible",
        "survey_responses.invited_at",
        "invoices.currency",
    }


def test_references_lead_to_the_key_of_a_table() -> None:
    for contract in source_contracts().values():
        for column in contract.columns:
            if column.references:
                table, name = column.references.split(".")
                assert name in source_contracts()[table].key, f"{contract.table}.{column.name}"


def test_accounts_come_before_every_table_that_needs_them() -> None:
    assert SOURCE_TABLES[0] == "accounts"
    needing = [contract.table for contract in source_contracts().values() if "account_id" in contract.column_names]
    assert len(needing) == 14
