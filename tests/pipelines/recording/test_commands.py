"""`falsegreen pulse`, `play` and `people`, as typed."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data_contracts.contract import source_contracts
from pipelines.command_line import app
from pipelines.recording.criteria import load_criteria
from pipelines.recording.pulses import recorded_pulses
from pipelines.workspace import Workspace

Falsegreen = Callable[..., Result]
REASON = "Their new CFO froze the budget"


def run(*arguments: str | Path) -> Result:
    # A terminal wide enough that no sentence is wrapped.
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def falsegreen(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Falsegreen:
    """The command, typed by C1 in the workspace."""
    added = run("people", "add", "C1", "--out", workspace.root)
    assert added.exit_code == 0
    monkeypatch.setenv("FALSEGREEN_TOKEN", added.stdout.strip())
    return lambda *arguments: run(*arguments, "--out", workspace.root)


def test_a_pulse_is_recorded_and_listed(falsegreen: Falsegreen, workspace: Workspace) -> None:
    given = falsegreen(
        "pulse", "Flint Marine", "--colour", "red", "--reason", REASON, "--about", "renewal", "--champion", "gone"
    )

    assert given.exit_code == 0
    assert "C1 gave Flint Marine (A1) red" in given.stdout
    assert "Not yet in the score: runs as of" in given.stdout
    assert "Hint" not in given.stdout
    (row,) = recorded_pulses(workspace).rows.values()
    assert (row["account_id"], row["csm_id"], row["reason"]) == ("A1", "C1", REASON)
    assert (row["about"], row["champion"], row["budget"], row["model_visible"]) == ("renewal", "gone", None, "unknown")

    for asked in ((), ("A1",), ("Flint Marine",)):
        listed = falsegreen("pulse", "--list", *asked).stdout
        assert f"red     C1 on Flint Marine (A1): {REASON} (not yet in the score)" in listed
    assert "No pulse has been recorded here for Crest Shipping (A2)." in falsegreen("pulse", "--list", "A2").stdout


def test_a_hint_follows_and_refuses_nothing(falsegreen: Falsegreen, workspace: Workspace) -> None:
    given = falsegreen("pulse", "A1", "--colour", "yellow", "--reason", "no change")

    assert given.exit_code == 0
    assert "Hint: The reason says nothing in particular." in given.stdout
    assert len(recorded_pulses(workspace).rows) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["A1"], 2, "A pulse needs an ACCOUNT, a --colour and a --reason."),
        (["Flint Marin", "--colour", "red", "--reason", REASON], 1, "Did you mean 'Flint Marine'?"),
        (["A1", "--colour", "purple", "--reason", ""], 1, "The reason is empty.\nsentiment must be one of"),
    ],
)
def test_what_is_typed_wrongly(
    falsegreen: Falsegreen, workspace: Workspace, arguments: list[str], code: int, message: str
) -> None:
    given = falsegreen("pulse", *arguments)

    assert (given.exit_code, message in given.stderr) == (code, True), given.stderr
    assert not workspace.recorded.exists()


def test_without_a_good_token_nothing_is_recorded(
    falsegreen: Falsegreen, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ("pulse", "A1", "--colour", "red", "--reason", REASON)

    monkeypatch.setenv("FALSEGREEN_TOKEN", os.environ["FALSEGREEN_TOKEN"] + "x")
    assert "not on record here, or was revoked" in falsegreen(*typed).stderr
    monkeypatch.delenv("FALSEGREEN_TOKEN")
    for command in (typed, ("play", "start", "A1", "--kind", "rescue")):
        refused = falsegreen(*command)
        assert (refused.exit_code, "Recording needs a token" in refused.stderr) == (1, True)

    assert not workspace.recorded.exists()


def test_files_that_cannot_be_read_are_named_in_the_list(falsegreen: Falsegreen, workspace: Workspace) -> None:
    (workspace.recorded / "csm_pulses").mkdir(parents=True)
    (workspace.recorded / "csm_pulses" / "cut.json").write_text("{", encoding="utf-8")

    assert "recorded/csm_pulses/cut.json cannot be read" in falsegreen("pulse", "--list").stdout


def test_a_play_is_started_snoozed_listed_and_ended(falsegreen: Falsegreen) -> None:
    assert "C1 started the play 'rescue' for Flint Marine (A1)." in (
        falsegreen("play", "start", "Flint Marine", "--kind", "rescue").stdout
    )
    assert "--until" in falsegreen("play", "snooze", "A1", "--until", "soon").stderr
    assert "within a year" in falsegreen("play", "snooze", "A1", "--until", "2020-01-01").stderr
    listed = falsegreen("play", "list").stdout
    assert "Crest Shipping (A2): rescue, started by C2" in listed
    assert "Flint Marine (A1): rescue, started by C1" in listed

    assert "C1 ended the play 'rescue' for Flint Marine (A1)." in falsegreen("play", "end", "A1").stdout
    assert falsegreen("play", "list", "A1").stdout == "No play is open.\n"
    assert "No play is open for this account." in falsegreen("play", "end", "A1").stderr


def test_people_are_added_listed_and_revoked(falsegreen: Falsegreen) -> None:
    assert "Did you mean 'C2'" in falsegreen("people", "add", "C22").stderr
    assert "C1: token since" in falsegreen("people", "list").stdout
    assert "The token of C1 is revoked." in falsegreen("people", "revoke", "C1").stdout
    assert ", revoked " in falsegreen("people", "list").stdout
    assert "revoked" in falsegreen("pulse", "A1", "--colour", "red", "--reason", REASON).stderr


def test_before_the_first_run_people_may_be_added_and_nothing_recorded(tmp_path: Path) -> None:
    assert run("people", "list", "--out", tmp_path).stdout.startswith("Nobody has a token.")
    assert run("people", "add", "C7", "--out", tmp_path).exit_code == 0
    assert "Nothing has been published" in run("pulse", "--list", "--out", tmp_path).stderr
    assert "There is no workspace" in run("people", "list", "--out", tmp_path / "absent").stderr


def test_the_options_offer_what_the_contract_allows() -> None:
    words = run("pulse", "--help").stdout
    offered = {
        name.replace("-", "_"): found.split("|") for name, found in re.findall(r"--([\w-]+) \[([\w|]+)\]", words)
    }

    contract = source_contracts()["csm_pulses"]
    allowed = {
        column.name if column.name != "sentiment" else "color": list(column.allowed_values)
        for column in contract.columns
        if column.allowed_values
    }
    assert offered == allowed
    assert "--token" not in words


def test_the_criteria_speak_of_every_colour_of_the_contract() -> None:
    printed = run("pulse", "--criteria").stdout

    colours = source_contracts()["csm_pulses"].column("sentiment").allowed_values
    assert tuple(load_criteria().colours) == colours
    for name, colour in load_criteria().colours.items():
        assert len(colour.signs) >= 3
        assert f"{name}: {colour.meaning}" in " ".join(printed.split())
