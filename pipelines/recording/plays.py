"""Plays: started, ended and snoozed by the people who run them, and which ones are open.

Start and end are rows of the source table `plays`. A snooze is none: it says when somebody wants to be reminded, not
what was done, so it has a folder of its own that lists of work read and no feature, signal or score.
"""
# ruff: noqa: S608  (column names are of our own, paths are quoted)

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from data_contracts.contract import source_contracts
from data_contracts.reading import quote_text
from data_contracts.recorded_rows import RecordedRow, read_recorded, read_row
from pipelines.recording.known import KnownCompany, near_names, parquet, query
from pipelines.recording.records import (
    Recorded,
    RecordingError,
    contract_faults,
    id_faults,
    moment_text,
    newest_first,
    write_record,
)
from pipelines.recording.texts import text_faults
from pipelines.workspace import Workspace

PLAYS = "plays"
SNOOZES = "play_snoozes"
LONGEST_KIND = 100
LONGEST_SNOOZE_DAYS = 365
_COLUMNS = ("play_id", "account_id", "csm_id", "kind", "started_at", "ended_at", "recorded_at")


@dataclass(frozen=True)
class Play:
    """A play as it stands on record, here or in the source.

    Attributes:
        play_id: Identifier.
        account_id: Account that it is run for.
        csm_id: Who started it; None where the source does not say.
        kind: What is done, in the company's words; None where the source does not say.
        started_at: When, UTC, as text.
        ended_at: When it ended, or None while it runs.
        snoozed_until: Date until which nobody wants to be reminded of it, or None.
    """

    play_id: str
    account_id: str
    csm_id: str | None
    kind: str | None
    started_at: str
    ended_at: str | None
    snoozed_until: date | None = None


def plays_on_record(workspace: Workspace, company: KnownCompany, account_id: str | None = None) -> list[Play]:
    """Return the plays that the newest run knew and those recorded here, the newest version of each.

    Args:
        workspace: The workspace.
        company: Its newest run.
        account_id: Only those of this account; None for all.

    Returns:
        Sorted by account and start.
    """
    rows: list[RecordedRow] = []
    if company.table(PLAYS).is_file():
        texts = ", ".join(
            f"strftime({name}, '%Y-%m-%d %H:%M:%S.%f')" if name.endswith("_at") else name for name in _COLUMNS
        )
        source = parquet(company.table(PLAYS))
        # Every version of the plays that the account ever had: the newest says whose they are.
        of_account = f"SELECT play_id FROM {source} WHERE account_id = {quote_text(account_id or '')}"
        which = "" if account_id is None else f" WHERE play_id IN ({of_account})"
        found = query(f"SELECT {texts} FROM {source}{which}")
        rows += [dict(zip(_COLUMNS, row, strict=True)) for row in found]
    recorded = read_recorded(workspace.recorded / PLAYS).rows.values()
    rows += [row for row in recorded if all(row.get(name) for name in ("play_id", "account_id", "started_at"))]
    newest = {row["play_id"]: row for row in reversed(newest_first(rows))}
    snoozes = newest_first(read_recorded(workspace.recorded / SNOOZES).rows.values())
    until = {row.get("play_id"): day for row in reversed(snoozes) if (day := _snoozed_until(row))}
    plays = [_play(row, until.get(row["play_id"])) for row in newest.values()]
    wanted = [play for play in plays if account_id in (None, play.account_id)]
    return sorted(wanted, key=lambda play: (play.account_id, play.started_at, play.play_id))


def broken_files(workspace: Workspace) -> list[str]:
    """Return the files of plays and snoozes that cannot be read, by their place; they are passed by."""
    plays, snoozes = (read_recorded(workspace.recorded / table) for table in (PLAYS, SNOOZES))
    undated = [file for file, row in snoozes.rows.items() if _snoozed_until(row) is None]
    return [
        *(plays.place(file) for file in plays.unreadable),
        *(snoozes.place(file) for file in sorted([*snoozes.unreadable, *undated])),
    ]


def the_open_play(plays: Sequence[Play], kind: str | None) -> Play:
    """Return the one open play, of a kind where one is named.

    Raises:
        RecordingError: If there is none, or more than one; says which there are.
    """
    there = [play for play in plays if play.ended_at is None]
    meant = [play for play in there if kind in (None, play.kind)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        kinds = ", ".join(f"{play.kind!r} since {play.started_at[:10]}" for play in meant)
        raise RecordingError(f"{len(meant)} plays are open: {kinds}. Name one by its kind.")
    if kind is None or not there:
        raise RecordingError("No play is open for this account.")
    near = near_names(kind, dict.fromkeys(str(play.kind) for play in there))
    raise RecordingError(f"No play {kind!r} is open for this account.{near}")


def start_play(
    workspace: Workspace, company: KnownCompany, play_id: str, account_id: str, kind: str, csm_id: str, now: datetime
) -> Recorded:
    """Put on record that a play starts now.

    Args:
        workspace: Where to.
        company: Which accounts and plays there are.
        play_id: Made by `records.new_id` when the form opened.
        account_id: Account that it is run for.
        kind: What is done, in the company's words.
        csm_id: Who starts it, as their token says.
        now: The clock of the machine that records.

    Raises:
        RecordingError: If anything is wrong with it, or the account has an open play of that kind.
    """
    moment = moment_text(now)
    row: dict[str, str | None] = {
        "play_id": play_id,
        "account_id": account_id,
        "csm_id": csm_id,
        "kind": kind.strip(),
        "started_at": moment,
        "ended_at": None,
        "recorded_at": moment,
    }
    faults = [*id_faults(play_id), *company.account_faults(account_id), *text_faults("The kind", kind, LONGEST_KIND)]
    for play in plays_on_record(workspace, company, account_id):
        if play.ended_at is None and play.kind == row["kind"] and play.play_id != play_id:
            faults.append(f"A play {play.kind!r} is open for this account since {play.started_at[:10]}.")
    faults = faults or contract_faults(source_contracts()[PLAYS], row)
    if faults:
        raise RecordingError(*faults)
    return write_record(workspace.recorded / PLAYS, f"{play_id}.started", row, ("started_at", "recorded_at"))


def end_play(workspace: Workspace, play: Play, csm_id: str, now: datetime) -> Recorded:
    """Put on record that a play ends now: the next version of its row.

    Anybody with a token may end it; `recorded_by` says who did, and `csm_id` stays with whoever started it.

    Raises:
        RecordingError: If it was started in another system, has ended there, or somebody else has ended it here.
    """
    folder, moment = workspace.recorded / PLAYS, moment_text(now)
    started = read_row(folder / f"{play.play_id}.started.json")
    if started is None:
        raise RecordingError("The play was started in another system; end it there, or it would open again.")
    if play.ended_at is not None and not (folder / f"{play.play_id}.ended.json").exists():
        raise RecordingError(f"The play ended on {play.ended_at[:10]}.")
    if moment <= (started["started_at"] or ""):
        raise RecordingError(
            f"The play starts at {started['started_at']}, and this machine's clock stands at {moment}."
        )
    row = {**started, "ended_at": moment, "recorded_at": moment, "recorded_by": csm_id}
    return write_record(folder, f"{play.play_id}.ended", row, ("ended_at", "recorded_at"))


def snooze_play(workspace: Workspace, snooze_id: str, play: Play, until: date, csm_id: str, now: datetime) -> Recorded:
    """Put on record that nobody wants to be reminded of an open play until a date. The newest snooze counts.

    Raises:
        RecordingError: If the play has ended, or the date is not ahead or too far.
    """
    faults = id_faults(snooze_id)
    if play.ended_at is not None:
        faults.append(f"The play ended on {play.ended_at[:10]}.")
    today = date.fromisoformat(moment_text(now)[:10])
    if not today < until <= today + timedelta(days=LONGEST_SNOOZE_DAYS):
        faults.append(f"A play can be snoozed until a date after today, {today}, and within a year; not {until}.")
    if faults:
        raise RecordingError(*faults)
    row = {
        "snooze_id": snooze_id,
        "play_id": play.play_id,
        "snoozed_until": until.isoformat(),
        "csm_id": csm_id,
        "recorded_at": moment_text(now),
    }
    return write_record(workspace.recorded / SNOOZES, snooze_id, row, ("recorded_at",))


def _snoozed_until(row: RecordedRow) -> date | None:
    try:
        return date.fromisoformat(row.get("snoozed_until") or "")
    except ValueError:
        return None


def _play(row: RecordedRow, until: date | None) -> Play:
    return Play(
        play_id=str(row["play_id"]),
        account_id=str(row["account_id"]),
        csm_id=row.get("csm_id"),
        kind=row.get("kind"),
        started_at=str(row["started_at"]),
        ended_at=row.get("ended_at"),
        snoozed_until=until,
    )
