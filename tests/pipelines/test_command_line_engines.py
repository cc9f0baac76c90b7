"""The engine as an option of the command line: either publishes the same, and one that cannot run says why."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from data_contracts.contract import OUTPUT_TABLES
from features import spark_engine
from pipelines.command_line import app
from pipelines.manifest import read_published
from pipelines.workspace import Workspace

AS_OF = "2026-06-29"
MODEL = {"minimum_churns": 4, "bootstrap_resamples": 20, "booster": {"rounds": 15}}


def absent(name: str) -> None:
    """Find no module, whatever its name."""


def run(*arguments: str | Path) -> str:
    """Run a command that must end well; return what it said, on one line."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.mark.parametrize("command", ["run", "train", "score"])
def test_spark_without_its_extra_ends_before_anything_is_read(
    command: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_engine, "find_spec", absent)
    workspace = tmp_path / "workspace"

    result = CliRunner().invoke(
        app, [command, "--source", str(source), "--out", str(workspace), "--as-of", AS_OF, "--engine", "spark"]
    )

    assert result.exit_code == 1
    assert "The engine spark needs the extra: pip install 'falsegreen[spark]', and Java 17." in " ".join(
        result.output.split()
    )
    assert "fault of falsegreen" not in result.output
    assert not workspace.exists()


def test_the_demo_asks_for_spark_before_it_builds_a_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_engine, "find_spec", absent)

    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "demo"), "--engine", "spark"])

    assert result.exit_code == 1
    assert not (tmp_path / "demo").exists()


def test_an_engine_that_does_not_exist_is_bad_usage(source: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", "--source", str(source), "--out", str(tmp_path), "--engine", "polars"])

    assert result.exit_code == 2
    assert "duckdb" in result.output
    assert "spark" in result.output


@pytest.mark.slow
def test_both_engines_publish_the_same_tables(source: Path, tmp_path: Path, spark_options: dict[str, str]) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text(yaml.safe_dump({"model": MODEL, "run": {"threads": 2, "spark": spark_options}}), encoding="utf-8")
    published = {}
    for engine in ("duckdb", "spark"):
        out = tmp_path / engine
        run("run", "--source", source, "--out", out, "--as-of", AS_OF, "--config", config, "--engine", engine)
        published[engine] = {
            table: read_published(Workspace(out), table, pd.Timestamp(AS_OF).date()) for table in OUTPUT_TABLES
        }
        assert not list(out.rglob("spill"))
        assert not list(Path.cwd().glob("spark-warehouse"))

    assert len(published["duckdb"]["account_risk"])
    assert len(published["duckdb"]["risk_reasons"])
    assert len(published["duckdb"]["signals"])
    assert len(published["duckdb"]["account_timeline"])
    for table, expected in published["duckdb"].items():
        pd.testing.assert_frame_equal(published["spark"][table], expected, check_exact=False, rtol=0, atol=1e-9)
