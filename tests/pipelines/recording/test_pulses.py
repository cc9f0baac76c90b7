"""What a pulse on record says, what is refused, and when a run comes to know it."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from data_contracts.contract import source_contracts
from pipelines.ingestion import ingest_source
from pipelines.manifest import publish
from pipelines.recording.known import KnownCompany, know_company
from pipelines.recording.pulses import (
    LONGEST_REASON,
    PulseForm,
    first_as_of,
    record_pulse,
    recorded_pulses,
    score_states,
)
from pipelines.recording.records import RecordingError, new_id
from pipelines.workspace import Workspace

Files = Callable[[], list[str]]


@pytest.fixture
def files(workspace: Workspace) -> Files:
    return lambda: sorted(path.name for path in workspace.recorded.rglob("*") if path.is_file())


def test_a_pulse_is_one_file_with_the_row_of_the_contract(
    workspace: Workspace, company: KnownCompany, form: PulseForm, now: datetime, files: Files
) -> None:
    recorded = record_pulse(workspace, company, form, "C2", now)

    assert recorded.is_new
    assert files() == [f"{form.pulse_id}.json"]
    row = json.loads((workspace.recorded / "csm_pulses" / f"{form.pulse_id}.json").read_text(encoding="utf-8"))
    assert tuple(row) == source_contracts()["csm_pulses"].column_names
    at = "2026-06-03 15:30:00.250000"
    assert row == asdict(form) | {"csm_id": "C2", "pulse_at": at, "recorded_at": at}


def test_the_clock_is_taken_in_utc_whatever_zone_it_names(
    workspace: Workspace, company: KnownCompany, form: PulseForm, now: datetime
) -> None:
    abroad = now.astimezone(timezone(timedelta(hours=9)))

    row = record_pulse(workspace, company, form, "C2", abroad).row

    assert row["recorded_at"] == "2026-06-03 15:30:00.250000"
    with pytest.raises(ValueError, match="without a zone"):
        record_pulse(workspace, company, form, "C2", now.replace(tzinfo=None))


def test_sent_again_it_is_recorded_once_and_says_so(
    workspace: Workspace, company: KnownCompany, form: PulseForm, now: datetime, later: datetime, files: Files
) -> None:
    first = record_pulse(workspace, company, form, "C2", now)
    again = record_pulse(workspace, company, form, "C2", later)

    assert (again.is_new, again.row) == (False, first.row)
    assert files() == [f"{form.pulse_id}.json"]


@pytest.mark.parametrize(("change", "author"), [({"sentiment": "green"}, "C2"), ({}, "C1")])
def test_the_same_id_with_something_else_is_refused(
    workspace: Workspace, company: KnownCompany, form: PulseForm, now: datetime, change: dict[str, str], author: str
) -> None:
    record_pulse(workspace, company, form, "C2", now)

    with pytest.raises(RecordingError, match="Something else is on record"):
        record_pulse(workspace, company, replace(form, **change), author, now)

    (row,) = recorded_pulses(workspace).rows.values()
    assert (row["sentiment"], row["csm_id"]) == ("red", "C2")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"account_id": "A9"}, "No account with the id 'A9' is known as of 2026-06-01. Did you mean"),
        ({"reason": ""}, "The reason is empty."),
        ({"reason": " \u00a0 "}, "The reason is empty."),
        ({"reason": "a" * 5000}, "The reason has 5,000 characters, at most 500 are taken."),
        ({"reason": "one\ntwo"}, "control characters (U+000A)"),
        ({"reason": "one\u2028two"}, "control characters (U+2028)"),
        ({"reason": "bell\x07"}, "control characters (U+0007)"),
        ({"reason": "turned \u202e dnuora"}, "turn the direction of the text around them (U+202E)"),
        ({"reason": "half \ud800"}, "control characters (U+D800)"),
        ({"sentiment": "purple"}, "sentiment must be one of green, yellow, red; 'purple' is not."),
        ({"about": "weather"}, "about must be one of relationship, renewal; 'weather' is not."),
        ({"champion": "leving"}, "champion must be one of in_place, leaving, gone, unknown; 'leving' is not."),
        ({"model_visible": "perhaps"}, "model_visible must be one of yes, no, unknown; 'perhaps' is not."),
        ({"pulse_id": "../../people"}, "'../../people' is not an id that was made here."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_recorded(
    workspace: Workspace,
    company: KnownCompany,
    form: PulseForm,
    now: datetime,
    files: Files,
    change: dict[str, str],
    message: str,
) -> None:
    with pytest.raises(RecordingError) as raised:
        record_pulse(workspace, company, replace(form, **change), "C2", now)

    assert len(raised.value.faults) == 1
    assert message in raised.value.faults[0]
    assert files() == []


def test_all_that_is_wrong_is_said_at_once(
    workspace: Workspace, company: KnownCompany, form: PulseForm, now: datetime
) -> None:
    with pytest.raises(RecordingError) as raised:
        record_pulse(workspace, company, replace(form, account_id="A9", reason="", sentiment=""), "C2", now)

    assert [fault.split()[0] for fault in raised.value.faults] == ["No", "The", "sentiment"]


@pytest.mark.parametrize(
    "reason",
    [
        "<script>alert(1)</script> & \"quotes\" 'too'; DROP TABLE csm_pulses; --",
        "המנהל עזב את החברה, אין מחליף\u200f",
        "their 👩‍💻 team left; 予算が凍結された",
        "a" * LONGEST_REASON,
    ],
)
def test_any_script_and_markup_goes_through_unchanged(
    workspace: Workspace, company: KnownCompany, source: Path, form: PulseForm, now: datetime, reason: str
) -> None:
    record_pulse(workspace, company, replace(form, reason=f"  {reason} "), "C2", now)

    ingest_source("csm_pulses", source, date(2026, 6, 4), workspace.run_folder("run-2"), workspace.recorded)

    table = workspace.table_file("run-2", "csm_pulses")
    query = f"SELECT reason FROM '{table}' WHERE pulse_id = '{form.pulse_id}'"
    assert duckdb.sql(query).fetchall() == [(reason,)]


def test_a_pulse_of_today_enters_a_run_of_tomorrow_and_none_of_today(
    workspace: Workspace, company: KnownCompany, source: Path, form: PulseForm
) -> None:
    last_moment = datetime.fromisoformat("2026-06-03T23:59:59.999999+00:00")
    midnight = datetime.fromisoformat("2026-06-04T00:00:00+00:00")
    for moment in (last_moment, midnight):
        record_pulse(workspace, company, replace(form, pulse_id=new_id()), "C2", moment)

    def kept(as_of: date) -> int:
        return ingest_source(
            "csm_pulses", source, as_of, workspace.run_folder(f"{as_of}"), workspace.recorded
        ).rows_kept

    assert [kept(date(2026, 6, day)) for day in (3, 4, 5)] == [3, 4, 5]
    rows = sorted(recorded_pulses(workspace).rows.values(), key=lambda row: str(row["recorded_at"]))
    assert [first_as_of(row) for row in rows] == [date(2026, 6, 4), date(2026, 6, 5)]


def test_a_pulse_stands_beside_the_score_until_a_run_has_read_it(
    workspace: Workspace, company: KnownCompany, source: Path, form: PulseForm, now: datetime
) -> None:
    good = record_pulse(workspace, company, form, "C2", now).row
    for name, change in {"gone": {"account_id": "A9"}, "late": {}}.items():
        row = {**good, "pulse_id": name, **change}
        if name == "gone":
            (workspace.recorded / "csm_pulses" / "gone.json").write_text(json.dumps(row), encoding="utf-8")
        else:
            late = row
    rows = [good, {**good, "pulse_id": "gone"}, late]
    assert score_states(workspace, rows) == ["not yet in the score"] * 3

    run_folder = workspace.run_folder("run-2")
    for table in ("accounts", "csm_pulses"):
        ingest_source(table, source, date(2026, 6, 4), run_folder, workspace.recorded)
    risk = workspace.table_file("run-2", "account_risk")
    risk.parent.mkdir()
    pd.DataFrame({"account_id": ["A1"]}).to_parquet(risk)
    publish(workspace, date(2026, 6, 4), "run-2", ["account_risk"])

    assert score_states(workspace, rows) == ["in the score", "set aside", "not yet in the score"]


def test_accounts_are_found_by_id_and_by_their_present_name(company: KnownCompany) -> None:
    assert company.account_named("A1") == "A1"
    assert company.account_named("Sable Water") == "A3"
    with pytest.raises(RecordingError, match=r"No account 'Flint Marin' is known .* mean 'Flint Marine'"):
        company.account_named("Flint Marin")
    with pytest.raises(RecordingError, match="No account 'Old Name' is known"):
        company.account_named("Old Name")


def test_a_name_that_two_accounts_share_is_not_guessed(company: KnownCompany) -> None:
    shared = replace(company, accounts={**company.accounts, "A4": "Flint Marine"})

    with pytest.raises(RecordingError, match=r"2 accounts are called 'Flint Marine': A1, A4. Give the id."):
        shared.account_named("Flint Marine")


def test_before_anything_is_published_no_account_is_known(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="Nothing has been published"):
        know_company(Workspace(tmp_path / "fresh"))


def test_tables_that_were_cleared_away_are_asked_for(workspace: Workspace) -> None:
    workspace.table_file("run-1", "accounts").unlink()

    with pytest.raises(RecordingError, match="keep_runs_days"):
        know_company(workspace)
