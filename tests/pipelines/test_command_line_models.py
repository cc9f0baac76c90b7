"""The registry through the command line: who takes over, what is said of it, and the way back."""

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from pipelines.command_line import app
from pipelines.decisions import read_decisions
from pipelines.defs.training import BACKTEST_TABLES, OF_THE_WALK
from pipelines.manifest import published_dates, read_manifest, read_published
from pipelines.registry import find_champion, find_model, list_models
from pipelines.workspace import Workspace
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD, FOURTH = date(2026, 1, 5), date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)
FAST = "minimum_churns: 4, bootstrap_resamples: 40"
NEAR_TRUTH = "booster: {rounds: 15}"
CRIPPLED = "booster: {rounds: 1, ridge: 1000000}, family_effect_sd: 0.01, colour_share: 0.0"


def falsegreen(*arguments: str | Path | date) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def words_of(result: Result) -> str:
    return " ".join(result.output.split())


def succeeded(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    assert all(len(line) <= 80 for line in result.output.splitlines())
    return result


def failed(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert "fault of falsegreen" not in result.output
    return words_of(result)


def risk_bytes(workspace: Workspace, as_of: date) -> dict[str, bytes]:
    manifest = read_manifest(workspace, as_of)
    assert manifest is not None
    tables = ("account_risk", "risk_reasons")
    return {table: (workspace.root / manifest.tables[table].path).read_bytes() for table in tables}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    generate_company(folder, CompanySettings(accounts=100, years=4, futures=8))
    shutil.rmtree(folder / "truth")
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("settings")
    paths = {}
    for name, recipe in {"usual": NEAR_TRUTH, "crippled": CRIPPLED}.items():
        paths[name] = folder / f"{name}.yaml"
        paths[name].write_text(f"model: {{{FAST}, {recipe}}}\n", encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def trained(
    source: Path, settings: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, list[Result]]:
    """A champion, the same recipe on newer data, and a crippled recipe on newer data yet."""
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    results = [
        falsegreen("train", "--source", source, "--out", workspace.root, "--as-of", as_of, "--config", settings[recipe])
        for as_of, recipe in ((FIRST, "usual"), (SECOND, "usual"), (THIRD, "crippled"))
    ]
    for result in results:
        assert result.exit_code == 0, result.output
    return workspace, results


@pytest.fixture
def workspace(trained: tuple[Workspace, list[Result]]) -> Workspace:
    return trained[0]


def test_newer_data_take_over_and_a_crippled_recipe_does_not_with_the_figures_on_record(workspace: Workspace) -> None:
    first, second, third = read_decisions(workspace.mlflow)

    assert [each.verdict for each in (first, second, third)] == ["promoted", "promoted", "refused"]
    assert [each.basis for each in (first, second, third)] == ["first", "same_recipe", "new_recipe"]
    assert (third.from_version, third.to_version, third.version) == (2, 2, 3)
    assert second.recipe == first.recipe == third.from_recipe != third.recipe
    dated = third.figures["differences"][0]
    assert dated["high"] >= 0
    assert f"{dated['value']:+.5f} ({dated['low']:+.5f} to {dated['high']:+.5f})" in third.reason
    champion = find_champion(workspace.mlflow)
    assert champion is not None
    assert champion.number == 2


def test_a_training_that_is_refused_is_said_to_be(trained: tuple[Workspace, list[Result]]) -> None:
    taken, refused = (words_of(result) for result in trained[1][1:])

    assert "is in charge: The same recipe on newer data" in taken
    assert "Version 3 is not in charge: A new recipe, not shown to be better" in refused
    assert "version 2 stays the champion" in refused
    assert "Nothing of its walk is published" in refused


def test_nothing_of_a_refused_walk_is_published(workspace: Workspace) -> None:
    for table in BACKTEST_TABLES:
        assert published_dates(workspace, table) == [FIRST, SECOND]
    said = words_of(succeeded(falsegreen("backtest", "--out", workspace.root)))
    assert f"In words, through {SECOND}" in said
    assert "The figures above are not those of version" not in said


def test_a_week_whose_training_is_refused_goes_by_the_champion_and_its_record(
    workspace: Workspace, source: Path, settings: dict[str, Path], tmp_path: Path
) -> None:
    week = Workspace(shutil.copytree(workspace.root, tmp_path / "workspace"))
    result = falsegreen(
        *("run", "--retrain", "--source", source, "--out", week.root, "--as-of", FOURTH),
        *("--config", settings["crippled"]),
    )

    assert result.exit_code == 0, result.output
    assert "Version 4 is not in charge" in words_of(result)
    assert set(read_published(week, "account_risk", FOURTH)["trained_through"]) == {SECOND}
    for table in OF_THE_WALK:
        assert published_dates(week, table) == [FIRST, SECOND]
    record, before = (read_published(week, "forecast_track_record", day) for day in (FOURTH, SECOND))
    assert before["origin"].eq("reconstructed").any()
    pd.testing.assert_frame_equal(
        *(each[each["origin"] == "reconstructed"].reset_index(drop=True) for each in (record, before))
    )


def test_versions_are_listed_with_alias_recipe_figures_and_decision(workspace: Workspace) -> None:
    result = succeeded(falsegreen("models", "--out", workspace.root))

    assert result.output == falsegreen("models", "list", "--out", workspace.root).output
    assert result.output == falsegreen("models", "--out", workspace.root, "list").output
    lines = result.output.splitlines()
    assert lines[0] == "3 versions of the model"
    rows = {line.split()[0]: line.split() for line in lines if line[:4].strip().isdigit()}
    assert list(rows) == ["3", "2", "1"]
    assert rows["2"][1:5] == [str(SECOND), rows["1"][2], "boosted", "champion"]
    assert rows["3"][1:5] == [str(THIRD), rows["3"][2], "boosted", "challenger"]
    assert "refused. A new recipe" in words_of(result)
    assert "was in charge. There was no champion before." in words_of(result)


def test_two_versions_are_compared_on_identical_rows(workspace: Workspace) -> None:
    same = succeeded(falsegreen("models", "compare", "1", "2", "--out", workspace.root))
    assert "the same recipe" in words_of(same)
    assert "2 less 1" in same.output
    assert "+0.0000" in same.output

    other = succeeded(falsegreen("models", "compare", "2", "3", "--out", workspace.root))
    assert "different recipes" in words_of(other)
    assert "90-180: " in other.output.splitlines()[2] + other.output.splitlines()[1]


def test_decisions_are_printed_the_newest_first(workspace: Workspace) -> None:
    result = succeeded(falsegreen("models", "decisions", "--out", workspace.root))

    titles = [line for line in result.output.splitlines() if line[:1].isdigit()]
    assert [title.split(".")[0] for title in titles][:3] == ["3", "2", "1"]
    assert "champion stays version 2" in words_of(result)
    assert "dated: Brier" in words_of(result)
    assert "Not carried out" not in words_of(result)


def test_a_card_says_how_good_it_was_and_what_was_decided(workspace: Workspace) -> None:
    champion = falsegreen("models", "card", "--out", workspace.root)
    assert champion.exit_code == 0, champion.output
    listed = {each.model.number: each.model for each in list_models(workspace.mlflow)}

    assert champion.output.startswith(f"# Churn model {listed[2].model_version}")
    assert champion.output == falsegreen("models", "card", "2", "--out", workspace.root).output
    assert "| base rate (naive) |" in champion.output
    assert "| **this model** |" in champion.output
    assert "Takes over. The same recipe on newer data" in champion.output
    assert f"Id `{listed[2].recipe}`" in champion.output
    assert "code / sources" in champion.output
    refused = falsegreen("models", "card", "3", "--out", workspace.root)
    assert "Does not take over. A new recipe" in refused.output


def test_a_run_is_made_again_from_its_id_to_the_same_model(workspace: Workspace, source: Path) -> None:
    run_id = list_models(workspace.mlflow)[1].model.run_id
    before = sorted(path for path in workspace.root.rglob("*"))

    asked = succeeded(falsegreen("models", "reproduce", run_id[:10], "--out", workspace.root))
    for part in (
        "sources accounts",
        "learning data: training_snapshots",
        "code: falsegreen",
        "recipe:",
        "seed",
        "lock:",
        "python",
    ):
        assert part in words_of(asked)
    made = falsegreen("models", "reproduce", run_id, "--source", source, "--out", workspace.root)

    assert made.exit_code == 0, made.output
    assert "The data are the same to the byte." in words_of(made)
    assert "Made again: the same model to the bit." in words_of(made)
    assert sorted(path for path in workspace.root.rglob("*")) == before


def test_a_person_overrules_and_rolling_back_restores_the_scores_to_the_byte(
    workspace: Workspace, source: Path, settings: dict[str, Path]
) -> None:
    def score() -> dict[str, bytes]:
        arguments = ("--source", source, "--out", workspace.root, "--as-of", THIRD, "--config", settings["usual"])
        assert falsegreen("score", *arguments).exit_code == 0
        return risk_bytes(workspace, THIRD)

    before = score()
    promoted = succeeded(
        falsegreen("models", "promote", "3", "--reason", "We want to see it fail.", "--out", workspace.root)
    )
    assert "Version 3 is in charge now; version 2 was before." in words_of(promoted)
    assert score() != before

    back = succeeded(falsegreen("models", "rollback", "--reason", "It did.", "--out", workspace.root))
    assert "Version 2 is in charge now; version 3 was before." in words_of(back)
    assert score() == before
    listed = words_of(falsegreen("models", "--out", workspace.root))
    assert "rolled back. It did." in listed
    assert "in charge again, since version 3 was rolled back. It did." in listed
    overruled, rolled_back = read_decisions(workspace.mlflow)[-2:]
    assert (overruled.action, overruled.basis, overruled.reason) == ("promotion", "person", "We want to see it fail.")
    assert (rolled_back.action, rolled_back.from_version, rolled_back.to_version) == ("rollback", 3, 2)
    assert overruled.who == rolled_back.who != ""

    # What was rolled back speaks for no date, and the way back leads on to the first and no further.
    assert "rolled back" in falsegreen("models", "--out", workspace.root).output
    assert falsegreen("models", "rollback", "--out", workspace.root).exit_code == 0
    said = words_of(succeeded(falsegreen("backtest", "--out", workspace.root)))
    assert f"The figures above are not those of version 1, which speaks for {SECOND}" in said
    assert "Version 1 is the first champion" in failed(falsegreen("models", "rollback", "--out", workspace.root))
    assert falsegreen("models", "promote", "2", "--reason", "As it was.", "--out", workspace.root).exit_code == 0


def test_a_past_week_is_scored_by_the_model_of_that_time_while_a_later_champion_stays(
    workspace: Workspace, source: Path, settings: dict[str, Path]
) -> None:
    champion = find_champion(workspace.mlflow)
    between, earlier = date(2026, 2, 2), date(2025, 12, 1)
    places = ("--source", source, "--out", workspace.root, "--config", settings["usual"])

    assert falsegreen("run", *places, "--as-of", between).exit_code == 0
    # Version 1 was in charge then; nothing has to be trained.
    assert set(read_published(workspace, "account_risk", between)["trained_through"]) == {FIRST}
    assert len(list_models(workspace.mlflow)) == 3

    assert "no model that was trained on or before 2025-12-01" in failed(
        falsegreen("score", *places, "--as-of", earlier)
    )
    forced = falsegreen("score", *places, "--as-of", earlier, "--allow-hindsight")
    assert forced.exit_code == 0, forced.output
    assert "In hindsight: scored by a model of" in words_of(forced)
    assert "are said in hindsight" in words_of(forced)
    risk = read_published(workspace, "account_risk", earlier)
    assert set(risk.loc[risk["churn_probability"].notna(), "calibration"]) == {"hindsight"}

    result = falsegreen("run", *places, "--as-of", earlier)
    assert result.exit_code == 0, result.output
    risk = read_published(workspace, "account_risk", earlier)
    assert set(risk["trained_through"]) == {earlier}
    assert "hindsight" not in set(risk["calibration"])
    assert read_decisions(workspace.mlflow)[-1].verdict == "past"
    assert find_champion(workspace.mlflow) == champion == find_model(workspace.mlflow, THIRD)


def test_what_does_not_exist_is_told_in_words(workspace: Workspace, tmp_path: Path) -> None:
    out = ("--out", workspace.root)
    assert "There is no version 99." in failed(falsegreen("models", "promote", "99", "--reason", "x", *out))
    assert "There is no version 99." in failed(falsegreen("models", "compare", "1", "99", *out))
    assert "There is no version 99." in failed(falsegreen("models", "card", "99", *out))
    assert "No version came of a run 'nonsense'" in failed(falsegreen("models", "reproduce", "nonsense", *out))
    assert "in charge already" in failed(
        falsegreen(
            "models", "promote", str(getattr(find_champion(workspace.mlflow), "number", 0)), "--reason", "x", *out
        )
    )

    assert falsegreen("models", "promote", "1", *out).exit_code == 2
    assert falsegreen("models", "promote", "1", "--reason", " ", *out).exit_code == 2
    assert falsegreen("models", "compare", "1", "1", *out).exit_code == 2
    absent = falsegreen("models", "--out", tmp_path / "absent")
    assert absent.exit_code == 2
    assert "There is no workspace at" in absent.output
    for command in (["list"], ["rollback"], ["card"], ["promote", "1", "--reason", "x"]):
        assert "has no registry" in failed(falsegreen("models", *command, "--out", tmp_path))
    assert "No decision is on record." in falsegreen("models", "decisions", "--out", tmp_path).output
    assert list(tmp_path.iterdir()) == []


def test_a_decision_that_was_never_carried_out_is_told(workspace: Workspace, tmp_path: Path) -> None:
    copy = Workspace(tmp_path / "copy")
    shutil.copytree(workspace.root, copy.root)
    newest = max((copy.mlflow / "decisions").glob("*.json"))
    record = json.loads(newest.read_text(encoding="utf-8"))
    announced = record | {"number": record["number"] + 1, "to_version": 3, "version": 3, "verdict": "promoted"}
    (newest.parent / f"{announced['number']:04d}.json").write_text(json.dumps(announced), encoding="utf-8")

    result = succeeded(falsegreen("models", "decisions", "--out", copy.root))

    assert words_of(result).count("Not carried out: the process ended before the alias moved.") == 1
    newest.write_text("{", encoding="utf-8")
    assert f"{newest} is not a decision on record" in failed(falsegreen("models", "decisions", "--out", copy.root))
