"""Plays from start to end: one version per change, as the source table has them, and snoozes beside it."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.ingestion import ingest_source
from pipelines.recording.known import KnownCompany
from pipelines.recording.plays import (
    Play,
    broken_files,
    end_play,
    plays_on_record,
    snooze_play,
    start_play,
    the_open_play,
)
from pipelines.recording.records import RecordingError, new_id
from pipelines.workspace import Workspace


@pytest.fixture
def started(workspace: Workspace, company: KnownCompany, now: datetime) -> Play:
    start_play(workspace, company, new_id(), "A1", "rescue", "C1", now)
    return the_open_play(plays_on_record(workspace, company, "A1"), None)


def known(workspace: Workspace, source: Path, as_of: date) -> list[tuple[object, ...]]:
    """The versions of plays of account A1 that a run as of a date reads."""
    ingest_source("plays", source, as_of, workspace.run_folder("run-2"), workspace.recorded)
    table = workspace.table_file("run-2", "plays")
    return duckdb.sql(
        f"SELECT csm_id, kind, started_at::VARCHAR, ended_at::VARCHAR FROM '{table}' "
        "WHERE account_id = 'A1' ORDER BY recorded_at"
    ).fetchall()


def test_a_play_is_known_from_the_day_after_its_start_and_ended_from_the_day_after_its_end(
    workspace: Workspace, source: Path, started: Play, now: datetime
) -> None:
    end_play(workspace, started, "C2", now + timedelta(days=7))

    start, end = ("C1", "rescue", "2026-06-03 15:30:00.25", None), "2026-06-10 15:30:00.25"
    assert known(workspace, source, date(2026, 6, 3)) == []
    assert known(workspace, source, date(2026, 6, 4)) == [start]
    assert known(workspace, source, date(2026, 6, 10)) == [start]
    assert known(workspace, source, date(2026, 6, 11)) == [start, (*start[:3], end)]
    file = workspace.recorded / "plays" / f"{started.play_id}.ended.json"
    assert json.loads(file.read_text(encoding="utf-8"))["recorded_by"] == "C2"


def test_plays_of_the_source_and_of_the_workspace_stand_side_by_side(
    workspace: Workspace, company: KnownCompany, started: Play, later: datetime
) -> None:
    start_play(workspace, company, new_id(), "A2", "pricing", "C1", later)

    found = [
        (play.account_id, play.kind, play.csm_id, play.ended_at and play.ended_at[:10])
        for play in plays_on_record(workspace, company)
    ]

    assert found == [
        ("A1", "rescue", "C1", None),
        ("A2", "rescue", "C2", None),
        ("A2", "pricing", "C1", None),
        ("A3", "expansion", "C2", "2026-03-02"),
    ]


def test_sent_again_start_and_end_are_recorded_once(
    workspace: Workspace, company: KnownCompany, started: Play, now: datetime, later: datetime
) -> None:
    again = start_play(workspace, company, started.play_id, "A1", "rescue", "C1", later)
    assert (again.is_new, again.row["started_at"]) == (False, started.started_at)

    first = end_play(workspace, started, "C1", later)
    ended = plays_on_record(workspace, company, "A1")[0]
    second = end_play(workspace, ended, "C1", later + timedelta(hours=1))
    assert (first.is_new, second.is_new, second.row) == (True, False, first.row)

    with pytest.raises(RecordingError, match="recorded_by"):
        end_play(workspace, ended, "C2", later)


@pytest.mark.parametrize(
    ("account", "kind", "message"),
    [
        ("A9", "rescue", "No account with the id 'A9'"),
        ("A1", " ", "The kind is empty."),
        ("A1", "two\nlines", "control characters"),
        ("A1", "a" * 101, "The kind has 101 characters"),
        ("A2", "rescue", "A play 'rescue' is open for this account since 2026-05-04."),
    ],
)
def test_a_play_that_cannot_start(
    workspace: Workspace, company: KnownCompany, now: datetime, account: str, kind: str, message: str
) -> None:
    with pytest.raises(RecordingError, match=message):
        start_play(workspace, company, new_id(), account, kind, "C1", now)

    assert not workspace.recorded.exists()


def test_a_play_of_another_system_is_ended_there(workspace: Workspace, company: KnownCompany, now: datetime) -> None:
    with pytest.raises(RecordingError, match="started in another system"):
        end_play(workspace, the_open_play(plays_on_record(workspace, company, "A2"), None), "C1", now)


def test_a_play_does_not_end_before_it_starts(workspace: Workspace, started: Play, now: datetime) -> None:
    with pytest.raises(RecordingError, match=r"this machine's clock stands at 2026-06-03 15:30:00.250000"):
        end_play(workspace, started, "C1", now)


def test_which_play_is_meant(workspace: Workspace, company: KnownCompany, started: Play, later: datetime) -> None:
    start_play(workspace, company, new_id(), "A1", "pricing", "C1", later)
    plays = plays_on_record(workspace, company, "A1")

    assert the_open_play(plays, "pricing").kind == "pricing"
    with pytest.raises(RecordingError, match="2 plays are open: 'rescue' since 2026-06-03, 'pricing'"):
        the_open_play(plays, None)
    with pytest.raises(RecordingError, match=r"No play 'pricng' is open for this account. Did you mean 'pricing'"):
        the_open_play(plays, "pricng")
    with pytest.raises(RecordingError, match="No play is open for this account"):
        the_open_play([replace(play, ended_at="2026-06-04") for play in plays], None)


def test_the_newest_snooze_counts_and_no_run_reads_it(
    workspace: Workspace, company: KnownCompany, source: Path, started: Play, now: datetime, later: datetime
) -> None:
    before = known(workspace, source, date(2026, 7, 1))

    snooze_play(workspace, new_id(), started, date(2026, 6, 20), "C1", now)
    snooze_play(workspace, new_id(), started, date(2026, 6, 12), "C2", later)

    assert plays_on_record(workspace, company, "A1")[0].snoozed_until == date(2026, 6, 12)
    assert known(workspace, source, date(2026, 7, 1)) == before


def test_files_that_cannot_be_read_are_named_and_passed_by(
    workspace: Workspace, company: KnownCompany, started: Play
) -> None:
    for file, text in {
        "plays/cut.json": '{"play_id": "',
        "play_snoozes/list.json": "[]",
        "play_snoozes/soon.json": json.dumps({"play_id": started.play_id, "snoozed_until": "soon"}),
    }.items():
        path = workspace.recorded / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    assert broken_files(workspace) == [
        "recorded/plays/cut.json",
        "recorded/play_snoozes/list.json",
        "recorded/play_snoozes/soon.json",
    ]
    assert plays_on_record(workspace, company, "A1") == [started]


@pytest.mark.parametrize("until", [date(2026, 6, 3), date(2025, 1, 1), date(2027, 6, 4)])
def test_a_snooze_lies_ahead_and_within_a_year(workspace: Workspace, started: Play, now: datetime, until: date) -> None:
    with pytest.raises(RecordingError, match="within a year"):
        snooze_play(workspace, new_id(), started, until, "C1", now)
    with pytest.raises(RecordingError, match="The play ended on 2026-06-04"):
        snooze_play(workspace, new_id(), replace(started, ended_at="2026-06-04"), date(2026, 6, 9), "C1", now)
