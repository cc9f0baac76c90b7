"""The one entry: live through a company and write its tables and its truth.

Order only; what is written comes from the module named after it.
"""

from collections.abc import Callable
from pathlib import Path

from sample_company.account_records import account_columns, contact_columns, csm_columns, entitlement_columns
from sample_company.billing import invoice_columns
from sample_company.engagement import email_columns, meeting_columns, touchpoint_columns
from sample_company.history import live
from sample_company.integrations import integration_columns
from sample_company.judgement import judge
from sample_company.people import meet_people
from sample_company.plays import play_columns
from sample_company.pulse_records import pulse_columns
from sample_company.renewal_records import renewal_columns
from sample_company.settings import CompanySettings
from sample_company.support import survey_columns, ticket_columns
from sample_company.traces import leave_traces
from sample_company.truth import write_all_truth
from sample_company.usage import write_usage
from sample_company.writing import Columns, write_source


def generate_company(out: Path, settings: CompanySettings, tables: frozenset[str] | None = None) -> None:
    """Write a company's source tables to `<out>/<table>.parquet` and its truth to a folder of its own beside them.

    Args:
        out: Folder, created where missing; files of the same names are replaced.
        settings: Size, length, seed and last day.
        tables: Names of the source tables wanted, all fifteen by default. Leaving some out changes no other.
    """
    out.mkdir(parents=True, exist_ok=True)
    history = live(settings)
    traces = leave_traces(history)
    people = meet_people(history, traces.cost_question)
    writers: dict[str, Callable[[], Columns]] = {
        "accounts": lambda: account_columns(history),
        "csms": lambda: csm_columns(history),
        "contacts": lambda: contact_columns(history, people),
        "renewals": lambda: renewal_columns(history),
        "csm_pulses": lambda: pulse_columns(history, judge(history)),
        "entitlements": lambda: entitlement_columns(history),
        "support_tickets": lambda: ticket_columns(history, people, traces),
        "survey_responses": lambda: survey_columns(history, people),
        "invoices": lambda: invoice_columns(history),
        "meetings": lambda: meeting_columns(history, traces),
        "emails": lambda: email_columns(history, people, traces),
        "integration_runs": lambda: integration_columns(history),
        "value_touchpoints": lambda: touchpoint_columns(history),
        "plays": lambda: play_columns(history),
    }
    for table, columns in writers.items():
        if tables is None or table in tables:
            write_source(out, table, columns(), history.window.extracted_at)
    if tables is None or "usage_daily" in tables:
        write_usage(out, history, people)
    write_all_truth(out, history, people, traces)
