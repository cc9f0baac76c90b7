"""What `falsegreen board` refuses before it serves anything, in words."""

import socket
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from pipelines.board.server import files_or_not_found, is_beyond_this_machine
from pipelines.command_line import app


def board(*typed: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["board", *typed])
    return answer.exit_code, " ".join(answer.output.split())


def test_a_workspace_that_is_not_there(tmp_path: Path) -> None:
    code, said = board("--out", str(tmp_path / "nowhere"))
    assert code == 2
    assert "There is no workspace at" in said


def test_a_port_that_something_else_answers_at(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = board("--out", str(tmp_path), "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert "Name another with --port." in said


def test_settings_that_are_none(tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("judgement: {show_peple: true}\n", encoding="utf-8")
    code, said = board("--out", str(tmp_path), "--config", str(config))
    assert code == 2
    assert "did you mean `show_people`?" in said


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "[::1]"])
def test_this_machine_asks_for_no_token(host: str) -> None:
    assert not is_beyond_this_machine(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.4", "board.internal", "127.0.0.1.example.com"])  # noqa: S104
def test_any_other_address_does(host: str) -> None:
    assert is_beyond_this_machine(host)


async def found(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("account,risk")(scope, receive, send)


async def begins_before_it_looks(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("Caught handled exception, but response already started.")


def test_a_file_that_is_gone_is_said_to_be() -> None:
    answer = TestClient(files_or_not_found(begins_before_it_looks)).get("/risk/@file/12-week.csv")
    assert (answer.status_code, answer.text) == (404, "This file is gone. Reload the page, and take it again.")
    answer = TestClient(files_or_not_found(found)).get("/risk/@file/12-week.csv")
    assert (answer.status_code, answer.text) == (200, "account,risk")


def test_faults_of_pages_stay_faults() -> None:
    with pytest.raises(RuntimeError, match="already started"):
        TestClient(files_or_not_found(begins_before_it_looks)).get("/risk/")
