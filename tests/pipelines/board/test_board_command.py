"""What `falsegreen board` refuses before it serves anything, in words."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.board.server import is_beyond_this_machine
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
