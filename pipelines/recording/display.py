"""What the commands print of pulses and plays on record. Only layout; what is known is decided elsewhere."""

from collections.abc import Sequence

from rich.console import Console

from data_contracts.recorded_rows import RecordedRow
from pipelines.recording.criteria import load_criteria
from pipelines.recording.known import KnownCompany, know_company
from pipelines.recording.plays import broken_files, plays_on_record
from pipelines.recording.pulses import first_as_of, recorded_pulses, score_states
from pipelines.recording.records import newest_first
from pipelines.text_display import print_section, print_wrapped
from pipelines.workspace import Workspace


def print_criteria(console: Console) -> None:
    """Print what the colours stand for."""
    criteria = load_criteria()
    print_wrapped(console, criteria.question)
    console.print()
    for name, colour in criteria.colours.items():
        print_section(console, f"{name}: {colour.meaning}", colour.signs)


def print_recorded_pulse(console: Console, company: KnownCompany, row: RecordedRow, hints: Sequence[str]) -> None:
    """Print that a pulse is on record, when it will count, and what could be better about its reason."""
    account = company.describe(str(row["account_id"]))
    print_wrapped(console, f"{row['csm_id']} gave {account} {row['sentiment']}, at {_minute(row)} UTC.")
    print_wrapped(console, f"Not yet in the score: runs as of {first_as_of(row)} and later know it.")
    for hint in hints:
        print_wrapped(console, hint, mark="Hint: ")


def print_pulses(console: Console, workspace: Workspace, account: str | None) -> None:
    """Print the pulses on record here, the newest first, and whether the newest published score knows each.

    Raises:
        RecordingError: If an account is asked for that nobody knows.
    """
    company = know_company(workspace)
    account_id = None if account is None else company.account_named(account)
    recorded = recorded_pulses(workspace)
    rows = [row for row in newest_first(recorded.rows.values()) if account_id in (None, row.get("account_id"))]
    if not rows:
        of_whom = "" if account_id is None else f" for {company.describe(account_id)}"
        print_wrapped(console, f"No pulse has been recorded here{of_whom}.")
    for row, state in zip(rows, score_states(workspace, rows), strict=True):
        said = f"{row.get('csm_id')} on {company.describe(str(row.get('account_id')))}: {row.get('reason')} ({state})"
        print_wrapped(console, said, mark=f"{_minute(row)}  {row.get('sentiment') or '?':<6}  ")
    for file in recorded.unreadable:
        print_wrapped(console, f"{recorded.place(file)} cannot be read; runs set it aside.", style="red")


def print_open_plays(console: Console, workspace: Workspace, company: KnownCompany, account: str | None) -> None:
    """Print the plays that are open, by account.

    Raises:
        RecordingError: If an account is asked for that nobody knows.
    """
    account_id = None if account is None else company.account_named(account)
    plays = [play for play in plays_on_record(workspace, company, account_id) if play.ended_at is None]
    if not plays:
        print_wrapped(console, "No play is open.")
    for play in plays:
        sleeps = f", sleeps until {play.snoozed_until}" if play.snoozed_until else ""
        said = f"{company.describe(play.account_id)}: {play.kind}, started by {play.csm_id or 'somebody'}{sleeps}"
        print_wrapped(console, said, mark=f"{play.started_at[:10]}  ")
    for place in broken_files(workspace):
        print_wrapped(console, f"{place} cannot be read and is passed by.", style="red")


def _minute(row: RecordedRow) -> str:
    return (row.get("recorded_at") or "?")[:16]
