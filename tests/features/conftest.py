"""Tiny companies made by hand: rows as dictionaries, through the real ingest, into sources that features can read."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data_contracts.contract import source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.source_files import find_source
from features.engine import DuckDBEngine
from features.sources import Sources

Row = dict[str, Any]

DEFAULTS: dict[str, Row] = {
    "accounts": {
        "account_id": "a",
        "valid_from": "2023-01-01",
        "account_name": "Acme",
        "segment": "smb",
        "industry": "retail",
        "region": "north",
        "csm_id": "c1",
        "recorded_at": "2023-01-01",
    },
    "renewals": {
        "renewal_id": "r1",
        "account_id": "a",
        "term_start_date": "2024-01-01",
        "renewal_date": "2025-01-01",
        "arr": "1000.00",
        "auto_renew": "true",
        "notice_period_days": "30",
        "notice_given_on": None,
        "outcome": None,
        "renewed_arr": None,
        "successor_renewal_id": None,
        "decided_on": None,
        "recorded_at": "2024-01-01",
    },
    "usage_daily": {
        "account_id": "a",
        "user_id": "u1",
        "module": "m1",
        "usage_date": "2024-01-02",
        "events": 1,
        "recorded_at": "2024-01-03",
    },
    "csm_pulses": {
        "pulse_id": "p1",
        "account_id": "a",
        "csm_id": "c1",
        "pulse_at": "2024-05-01T10:00:00",
        "sentiment": "green",
        "about": "relationship",
        "reason": "All fine",
        "champion": "unknown",
        "executive_view": "unknown",
        "budget": "unknown",
        "reorganization": "unknown",
        "value_exceeds_price": "unknown",
        "recorded_at": "2024-05-01T11:00:00",
    },
    "csms": {
        "csm_id": "c1",
        "valid_from": "2023-01-01",
        "csm_name": "Zoe",
        "email": "zoe@example.com",
        "recorded_at": "2023-01-01",
    },
    "entitlements": {
        "account_id": "a",
        "module": "m1",
        "valid_from": "2023-01-01",
        "seats": 10,
        "is_renewal_critical": "true",
        "recorded_at": "2023-01-01",
    },
    "support_tickets": {
        "ticket_id": "t1",
        "account_id": "a",
        "user_id": "u1",
        "opened_at": "2024-05-01T10:00:00",
        "priority": "normal",
        "escalated_at": None,
        "closed_at": None,
        "csat": None,
        "subject": "Question",
        "recorded_at": "2024-05-01T10:00:00",
    },
    "survey_responses": {
        "response_id": "s1",
        "account_id": "a",
        "contact_id": None,
        "submitted_at": None,
        "nps": None,
        "comment": None,
        "recorded_at": "2024-05-01T10:00:00",
    },
    "invoices": {
        "invoice_id": "i1",
        "account_id": "a",
        "issued_on": "2024-05-01",
        "due_on": "2024-05-31",
        "amount": "100.00",
        "paid_on": None,
        "recorded_at": "2024-05-01",
    },
    "integration_runs": {
        "account_id": "a",
        "integration": "crm_sync",
        "run_date": "2024-05-01",
        "runs": 1,
        "recorded_at": "2024-05-02",
    },
    "contacts": {
        "contact_id": "k1",
        "account_id": "a",
        "user_id": None,
        "role": "end_user",
        "started_on": "2023-01-01",
        "left_on": None,
        "recorded_at": "2023-01-01",
    },
    "meetings": {
        "meeting_id": "m1",
        "account_id": "a",
        "scheduled_at": "2024-05-01T10:00:00",
        "kind": "check_in",
        "status": "scheduled",
        "status_at": "2024-04-01T10:00:00",
        "attendee_count": None,
        "has_executive": None,
        "recorded_at": "2024-04-01T10:00:00",
    },
    "emails": {
        "email_id": "e1",
        "account_id": "a",
        "contact_id": None,
        "sent_at": "2024-05-01T10:00:00",
        "direction": "inbound",
        "word_count": 50,
        "opened_at": None,
        "text": None,
        "recorded_at": "2024-05-01T10:00:00",
    },
    "value_touchpoints": {
        "touchpoint_id": "v1",
        "account_id": "a",
        "occurred_at": "2024-05-01T10:00:00",
        "stakeholder": "finance",
        "kind": "roi_review",
        "recorded_at": "2024-05-01T10:00:00",
    },
    "plays": {
        "play_id": "y1",
        "account_id": "a",
        "csm_id": "c1",
        "kind": "success_plan",
        "started_at": "2024-05-01T10:00:00",
        "ended_at": None,
        "recorded_at": "2024-05-01T10:00:00",
    },
}

MakeSources = Callable[..., Sources]


@pytest.fixture
def make_sources(tmp_path: Path) -> MakeSources:
    """Return a function from rows per table to ingested sources; what a row leaves out comes from `DEFAULTS`."""

    def make(known_at: date = date(2030, 1, 7), *, may_break: bool = False, **tables: list[Row]) -> Sources:
        tables = {"accounts": [{}], "renewals": [{}], "usage_daily": [{}], **tables}
        source, run = tmp_path / "source", tmp_path / "run"
        source.mkdir()
        for name, rows in tables.items():
            frame = pd.DataFrame([{**DEFAULTS[name], **row} for row in rows or [{}]], dtype=object)
            frame.head(len(rows)).to_csv(source / f"{name}.csv", index=False)
        ingested: dict[str, Path] = {}
        for name, contract in source_contracts().items():
            report = ingest_table(contract, find_source(source, name), known_at, run / name, ingested)
            assert may_break or not report.violations
            ingested[name] = run / name / f"{name}.parquet"
        return Sources.open(run, DuckDBEngine(threads=1))

    return make
