"""The settings file is read strictly, and every fault in it is named."""

import traceback
from pathlib import Path

import pytest

from pipelines.settings import RunSettings, Settings, SettingsError, load_settings


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_every_default_stands() -> None:
    assert load_settings(None) == Settings()


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, "# nothing yet\n")) == Settings()


def test_what_a_file_says_is_taken(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "run: {keep_runs_days: 7}\nmodel: {seed: 3, booster: {rounds: 20}}\n"))

    assert settings.run == RunSettings(keep_runs_days=7)
    assert (settings.model.seed, settings.model.booster.rounds) == (3, 20)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: {sede: 3}", r"model\.sede: unknown; did you mean `seed`\?"),
        ("model: {booster: {round: 3}}", r"model\.booster\.round: unknown; did you mean `rounds`\?"),
        ("colour: green", "colour: unknown; known here: model, run"),
        ("model: {seed: many}", r"model\.seed: .*integer.* \(found: 'many'\)"),
        ("run: {memory_limit: lots}", r"run\.memory_limit"),
        ("run: {threads: 0}", r"run\.threads"),
        ("- a list", "the file: "),
        ("model: [", "is not YAML"),
    ],
)
def test_a_fault_is_named_with_the_near_name(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(write(tmp_path, text))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(write(tmp_path, "model: {sede: 3}\nrun: {thread: 2}\n"))

    assert "2 entries" in str(raised.value)
    assert "model.sede" in str(raised.value)
    assert "did you mean `threads`?" in str(raised.value)


def test_one_fault_is_one_entry(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="has 1 entry that is not a setting:"):
        load_settings(write(tmp_path, "colour: green\n"))


@pytest.mark.parametrize("place", ["channel: {0}", "teams: {{north: {0}}}", "csms: {{C1: {0}}}", "send: {0}"])
def test_an_address_where_a_variable_belongs_is_not_repeated(tmp_path: Path, place: str) -> None:
    address = "https://hooks.example.com/s3cr3t"

    with pytest.raises(SettingsError, match=r"alerts\.") as raised:
        load_settings(write(tmp_path, f"alerts: {{{place.format(address)}}}"))

    assert "s3cr3t" not in "".join(traceback.format_exception(raised.value))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.yaml cannot be read"):
        load_settings(tmp_path / "absent.yaml")


def test_the_engine_is_duckdb_unless_settings_or_command_name_another() -> None:
    settings = Settings()

    assert settings.run.engine == "duckdb"
    assert settings.with_engine(None) is settings
    assert settings.with_engine("spark").run.engine == "spark"
    with pytest.raises(ValueError, match="engine"):
        settings.with_engine("polars")


def test_settings_of_spark_reach_it_as_text(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(
        "run: {engine: spark, spark: {spark.sql.shuffle.partitions: 64, spark.sql.adaptive.enabled: false}}\n",
        encoding="utf-8",
    )

    run = load_settings(path).run

    assert run.engine == "spark"
    assert run.spark_texts() == {"spark.sql.shuffle.partitions": "64", "spark.sql.adaptive.enabled": "false"}
