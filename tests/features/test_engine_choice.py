"""Asking for Spark where it cannot run: one clear sentence before anything starts, with PySpark installed or not."""

import subprocess
import sys
from pathlib import Path

import pytest

from features import spark_engine
from features.engine import EngineError
from features.spark_dialect import java_pattern
from features.spark_engine import SparkEngine


def present(name: str) -> object:
    return object()


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_engine, "find_spec", present)
    monkeypatch.delenv("JAVA_HOME", raising=False)


def java_that_says(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    java = folder / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    return folder


@pytest.mark.parametrize("missing", ["pyspark", "grpc_status"])
def test_without_the_extra_the_message_names_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_engine, "find_spec", lambda name: None if name == missing else object())

    with pytest.raises(EngineError, match=r"pip install 'falsegreen\[spark\]', and Java 17"):
        SparkEngine()


@pytest.mark.usefixtures("_installed")
def test_without_java_the_message_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineError, match="needs Java 17 and finds no java in the path"):
        SparkEngine()


@pytest.mark.usefixtures("_installed")
def test_a_java_home_without_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(EngineError, match="finds no java in JAVA_HOME, which is"):
        SparkEngine()


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize(
    ("version", "fits"), [("1.8.0_392", False), ("17.0.15", True), ("21.0.1", True), ("25", False)]
)
def test_only_the_java_versions_that_spark_knows_are_taken(
    version: str, fits: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", f"{java_that_says(tmp_path / 'bin', version)}:/bin:/usr/bin")

    if fits:
        spark_engine.require_spark()
    else:
        with pytest.raises(EngineError, match=f"needs Java 17 and finds .*{version}"):
            spark_engine.require_spark()


def test_choosing_the_engine_does_not_import_pyspark() -> None:
    look = "import features.spark_engine, pipelines.engine_session, sys; sys.exit('pyspark' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


@pytest.mark.parametrize(
    ("pattern", "in_java"),
    [
        (r"a|b", r"(?d)a|b"),
        (r"\s+[\w\s'%-]{0,5}?", r"(?d)[\t\n\f\r ]+[\w\t\n\f\r '%-]{0,5}?"),
        (r"\[x[^[\]]$", r"(?d)\[x[^\[\]]\z"),
        (r"[]a]\\b", r"(?d)[]a]\\b"),
    ],
)
def test_patterns_are_rewritten_for_java(pattern: str, in_java: str) -> None:
    assert java_pattern(pattern) == in_java
