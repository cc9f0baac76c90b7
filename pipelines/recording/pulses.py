"""Pulses: one put on record, what has been recorded, and which of it no score knows yet.

The row is that of the source table `csm_pulses`, and its contract judges it here as it will in every ingest.
"""
# ruff: noqa: S608  (column names are of our own, paths are quoted)

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from data_contracts.contract import source_contracts
from data_contracts.recorded_rows import RecordedRow, RecordedRows, read_recorded
from pipelines.manifest import published_dates, read_manifest
from pipelines.recording.known import KnownCompany, parquet, query
from pipelines.recording.records import (
    Recorded,
    RecordingError,
    contract_faults,
    id_faults,
    moment_text,
    write_record,
)
from pipelines.recording.texts import text_faults
from pipelines.workspace import Workspace

PULSES = "csm_pulses"
LONGEST_REASON = 500
_SET_HERE = ("pulse_at", "recorded_at")

ScoreState = Literal["not yet in the score", "in the score", "set aside"]


@dataclass(frozen=True)
class PulseForm:
    """What a person fills in; values are those of the contract, None where nothing was answered.

    Attributes:
        pulse_id: Made by `records.new_id` when the form opened.
        account_id: Account that the pulse is about; it may be anybody's.
        sentiment: Colour.
        reason: Why, in one sentence.
        about: The coming renewal or the relationship.
        champion: Answer to the question of that name, as those that follow.
        executive_view: Answer.
        budget: Answer.
        reorganization: Answer.
        value_exceeds_price: Answer.
        model_visible: Whether a score or signal was in view.
    """

    pulse_id: str
    account_id: str
    sentiment: str
    reason: str
    about: str = "relationship"
    champion: str | None = None
    executive_view: str | None = None
    budget: str | None = None
    reorganization: str | None = None
    value_exceeds_price: str | None = None
    model_visible: str = "unknown"


def record_pulse(workspace: Workspace, company: KnownCompany, form: PulseForm, csm_id: str, now: datetime) -> Recorded:
    """Put a pulse on record, given now: it can neither be dated back nor lie ahead.

    Args:
        workspace: Where to.
        company: Which accounts there are.
        form: What the person filled in.
        csm_id: Author, as their token says.
        now: The clock of the machine that records.

    Raises:
        RecordingError: If anything is wrong with it, all of it at once; nothing is then recorded.
    """
    moment = moment_text(now)
    row: dict[str, str | None] = {
        "pulse_id": form.pulse_id,
        "account_id": form.account_id,
        "csm_id": csm_id,
        "pulse_at": moment,
        "sentiment": form.sentiment,
        "about": form.about,
        "reason": form.reason.strip(),
        "champion": form.champion,
        "executive_view": form.executive_view,
        "budget": form.budget,
        "reorganization": form.reorganization,
        "value_exceeds_price": form.value_exceeds_price,
        "model_visible": form.model_visible,
        "recorded_at": moment,
    }
    faults = [*id_faults(form.pulse_id), *company.account_faults(form.account_id)]
    faults += text_faults("The reason", form.reason.strip(), LONGEST_REASON)
    faults += contract_faults(source_contracts()[PULSES], row)
    if faults:
        raise RecordingError(*faults)
    return write_record(workspace.recorded / PULSES, form.pulse_id, row, _SET_HERE)


def recorded_pulses(workspace: Workspace) -> RecordedRows:
    """Return every pulse on record here, with the files that cannot be read."""
    return read_recorded(workspace.recorded / PULSES)


def score_states(workspace: Workspace, rows: Sequence[RecordedRow]) -> list[ScoreState]:
    """Return for each recorded pulse whether the newest published score knows it.

    A score as of a date knows what was recorded before that day began, so a pulse of today is in none of today.
    """
    days = published_dates(workspace, "account_risk") if rows else []
    manifest = read_manifest(workspace, days[-1]) if days else None
    if manifest is None:
        return ["not yet in the score"] * len(rows)
    midnight = f"{manifest.as_of} 00:00:00"
    folder = workspace.run_folder(manifest.tables["account_risk"].run) / PULSES
    is_there = (folder / f"{PULSES}.parquet").is_file()
    read, set_aside = (
        {row[0] for row in query(f"SELECT pulse_id FROM {parquet(path)}")} if path.is_file() else set()
        for path in (folder / f"{PULSES}.parquet", folder / "quarantine.parquet")
    )

    def state(row: RecordedRow) -> ScoreState:
        if (row.get("recorded_at") or "") >= midnight:
            return "not yet in the score"
        if row.get("pulse_id") in read or not is_there:
            return "in the score"
        return "set aside" if row.get("pulse_id") in set_aside else "not yet in the score"

    return [state(row) for row in rows]


def first_as_of(row: RecordedRow) -> date:
    """Return the first date as of which a run knows a recorded row: the day after it was recorded."""
    return date.fromisoformat((row["recorded_at"] or "")[:10]) + timedelta(days=1)
