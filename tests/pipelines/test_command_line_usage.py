"""What the command says when it is typed wrongly, and what it needs no data for."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.command_line import app


def falsegreen(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_help_names_every_command_and_the_first_steps() -> None:
    result = falsegreen("--help")

    assert result.exit_code == 0
    for command in (
        "demo",
        "check",
        "run",
        "train",
        "score",
        "backtest",
        "show",
        "judge",
        "models",
        "pulse",
        "play",
        "people",
    ):
        assert f"\n  {command} " in result.output
    assert "falsegreen demo" in result.output


@pytest.mark.parametrize("command", ["demo", "check", "run", "train", "score", "backtest", "show", "judge", "models"])
def test_every_command_has_help(command: str) -> None:
    result = falsegreen(command, "--help")

    assert result.exit_code == 0
    assert "--debug" in result.output


@pytest.mark.parametrize("command", ["show", "backtest"])
def test_the_date_of_something_published_is_called_so(command: str) -> None:
    words = " ".join(falsegreen(command, "--help").output.split())

    assert "Which published date to show" in words
    assert "Use only what was recorded" not in words


@pytest.mark.parametrize("command", ["list", "compare", "promote", "rollback", "decisions", "card", "reproduce"])
def test_every_command_about_models_has_help(command: str) -> None:
    result = falsegreen("models", command, "--help")

    assert result.exit_code == 0
    assert "--out" in result.output
    assert "--debug" in result.output
    assert f"\n  {command} " in falsegreen("models", "--help").output


def test_check_says_what_its_argument_is() -> None:
    assert "source tables in the folder SOURCE, CSV or Parquet" in " ".join(
        falsegreen("check", "--help").output.split()
    )


def test_help_needs_none_of_the_heavy_libraries() -> None:
    probe = (
        "import sys; from pipelines.command_line import app; from typer.testing import CliRunner; "
        "CliRunner().invoke(app, ['run', '--help']); CliRunner().invoke(app, ['models', 'compare', '--help']); "
        "CliRunner().invoke(app, ['pulse', '--help']); "
        "print(sorted({'dagster', 'mlflow', 'pandas', 'duckdb', 'lightgbm', 'great_expectations'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]

    result = subprocess.run([sys.executable, "-c", probe], cwd=root, capture_output=True, text=True, check=True)

    assert result.stdout == "[]\n"


def test_the_version_is_printed() -> None:
    result = falsegreen("--version")

    assert result.exit_code == 0
    assert result.output.startswith("falsegreen ")


def test_a_source_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    result = falsegreen("run", "--source", tmp_path / "absent", "--out", tmp_path / "workspace")

    assert result.exit_code == 2
    assert "does not exist" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_missing_source_option_is_bad_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FALSEGREEN_SOURCE", raising=False)

    result = falsegreen("run")

    assert result.exit_code == 2
    assert "--source" in result.output


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        ("next week", "is not a date"),
        ("2026-02-30", "is not a date"),
        ("9999-01-04", "is after today"),
        ("1999-12-31", "is before 2000-01-03"),
    ],
)
def test_a_date_that_cannot_be_is_bad_usage(source: Path, tmp_path: Path, as_of: str, message: str) -> None:
    result = falsegreen("run", "--source", source, "--out", tmp_path / "workspace", "--as-of", as_of)

    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "workspace").exists()


def test_an_unknown_setting_is_bad_usage_with_the_near_name(source: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("model: {sede: 3}\n", encoding="utf-8")

    result = falsegreen("run", "--source", source, "--out", tmp_path / "workspace", "--config", config)

    assert result.exit_code == 2
    assert "model.sede: unknown; did you mean `seed`?" in result.output
    assert not (tmp_path / "workspace").exists()


@pytest.mark.parametrize("command", ["show", "backtest"])
def test_a_workspace_that_is_not_there_is_bad_usage(tmp_path: Path, command: str) -> None:
    result = falsegreen(command, "--out", tmp_path / "absent")

    assert result.exit_code == 2
    assert "There is no workspace at" in result.output


def test_an_empty_workspace_has_nothing_to_show(tmp_path: Path) -> None:
    result = falsegreen("show", "--out", tmp_path)

    assert result.exit_code == 1
    assert "no published table `account_risk`" in result.output


def test_the_demo_keeps_its_hands_off_tables_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "accounts.csv").write_text("account_id\n", encoding="utf-8")

    result = falsegreen("demo", "--out", tmp_path)

    assert result.exit_code == 2
    assert "tables that the demo did not make" in " ".join(result.output.split())
    assert [path.name for path in (tmp_path / "source").iterdir()] == ["accounts.csv"]


def test_a_workspace_that_somebody_else_writes_to_is_left_alone(source: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    name = '{"pid": 1, "host": "elsewhere.example", "started_at": "2026-06-29T05:00:00+00:00"}'
    (workspace / "lock").write_text(name, encoding="utf-8")

    result = falsegreen("run", "--source", source, "--out", workspace, "--as-of", "2026-06-29")

    assert result.exit_code == 1
    assert "was locked by process 1 on elsewhere.example" in " ".join(result.output.split())
    assert [path.name for path in workspace.iterdir()] == ["lock"]
