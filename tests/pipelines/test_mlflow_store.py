"""A store that cannot be used is told of by name, with what to do, and without a traceback."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.command_line import app
from pipelines.mlflow_store import StoreError, open_store, store_file
from pipelines.registry import find_model
from pipelines.workspace import Workspace

AS_OF = "2026-03-02"
NOBODY_KNOWS = "ffffffffffff"
OLD_REVISION = "451aebb31d03"
"""A schema that MLflow had once, and has brought forward since."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "workspace")
    with open_store(workspace.mlflow) as client:
        client.search_experiments()
    return workspace


def set_revision(file: Path, revision: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def say(workspace: Workspace, *command: str) -> str:
    """What a command says that has to fail in words."""
    result = CliRunner().invoke(app, [*command, "--out", str(workspace.root)])
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert "fault of falsegreen" not in result.output
    return " ".join(result.output.split())


@pytest.fixture(params=["models", "score"])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, ...]:
    source = tmp_path / "source"
    source.mkdir()
    return {"models": ("models",), "score": ("score", "--source", str(source), "--as-of", AS_OF)}[request.param]


def test_a_locked_store_is_told(workspace: Workspace, command: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(store_file(workspace.mlflow))) as other:
        other.execute("BEGIN EXCLUSIVE")
        said = say(workspace, *command)

    assert f"{store_file(workspace.mlflow)} is locked by another process" in said
    assert "try again" in said


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda file: set_revision(file, NOBODY_KNOWS), ["newer release of MLflow", NOBODY_KNOWS]),
        (lambda file: set_revision(file, OLD_REVISION), ["older release of MLflow", "mlflow db upgrade"]),
        (lambda file: file.write_bytes(b"no database at all " * 50), ["is damaged", "--retrain"]),
    ],
    ids=["newer", "older", "damaged"],
)
def test_a_store_that_this_release_cannot_read_is_told(
    workspace: Workspace, tmp_path: Path, spoil: Callable[[Path], None], said: list[str]
) -> None:
    # A fresh file: MLflow keeps what it has opened.
    other = Workspace(tmp_path / "other")
    other.mlflow.mkdir(parents=True)
    store_file(other.mlflow).write_bytes(store_file(workspace.mlflow).read_bytes())
    spoil(store_file(other.mlflow))

    output = say(other, "models")

    for fragment in (str(store_file(other.mlflow)), *said):
        assert fragment in output


def publish_something(workspace: Workspace) -> None:
    """A manifest as of a scored date, without the tables."""
    entry = {"path": "x", "rows": 1, "sha256": "0", "run": "r", "revision": 1}
    tables = str({"account_risk": entry}).replace("'", '"')
    workspace.published.mkdir(parents=True)
    manifest = f'{{"as_of": "{AS_OF}", "tables": {tables}, "first": {tables}}}'
    (workspace.published / f"{AS_OF}.json").write_text(manifest, encoding="utf-8")


def test_a_store_that_is_gone_although_it_was_published_from_is_missed(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    workspace = Workspace(tmp_path / "workspace")
    assert find_model(workspace.mlflow, date(2026, 3, 2)) is None
    publish_something(workspace)

    said = say(workspace, *command)

    assert f"{store_file(workspace.mlflow)} is missing" in said
    assert "falsegreen run --retrain" in said
    assert not workspace.mlflow.exists()


def test_a_store_that_was_emptied_is_missed_like_one_that_is_gone(tmp_path: Path, command: tuple[str, ...]) -> None:
    workspace = Workspace(tmp_path / "workspace")
    workspace.mlflow.mkdir(parents=True)
    store_file(workspace.mlflow).touch()
    assert find_model(workspace.mlflow, date(2026, 3, 2)) is None
    publish_something(workspace)

    said = say(workspace, *command)

    assert f"{store_file(workspace.mlflow)} is empty, although tables have been published" in said
    assert store_file(workspace.mlflow).stat().st_size == 0


def test_a_store_without_a_model_is_missed_like_one_that_is_gone(
    workspace: Workspace, command: tuple[str, ...]
) -> None:
    publish_something(workspace)

    assert f"{store_file(workspace.mlflow)} holds no model, although tables have been published" in say(
        workspace, *command
    )


def test_what_is_no_trouble_of_the_store_is_not_put_down_to_it(workspace: Workspace) -> None:
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match="not found"), open_store(workspace.mlflow) as client:
        client.get_run("0" * 32)
    with pytest.raises(StoreError, match="cannot be written"), open_store(workspace.mlflow):
        raise MlflowException("attempt to write a readonly database")
