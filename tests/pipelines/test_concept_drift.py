"""A company whose renewals begin to churn three times as often: the drift is published, and the sensor asks."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from pipelines.command_line import app
from pipelines.defs.drift import REASON_TAG, retraining
from pipelines.drifting import earlier_predictions
from pipelines.manifest import read_published
from pipelines.workspace import Workspace

pytestmark = pytest.mark.slow

AS_OF = date(2026, 6, 29)
TRAINED = AS_OF - timedelta(days=280)


def falsegreen(*arguments: object) -> Result:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "settings.yaml"
    path.write_text("model: {minimum_churns: 4, bootstrap_resamples: 20, booster: {rounds: 15}}\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def scored(company: Path, config: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Trained and scored nine months ago, on what was known then."""
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    falsegreen("run", "--source", company, "--out", workspace.root, "--as-of", TRAINED, "--config", config)
    return workspace


@pytest.fixture(scope="module")
def turned(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same company, in which every third renewal that should have continued since then was lost."""
    folder = tmp_path_factory.mktemp("turned")
    for path in company.glob("*.parquet"):
        (folder / path.name).symlink_to(path)
    renewals = pd.read_parquet(company / "renewals.parquet")
    since = pd.to_datetime(renewals["renewal_date"]) > pd.Timestamp(TRAINED)
    third = pd.util.hash_pandas_object(renewals["renewal_id"], index=False) % 3 == 0
    is_lost = since & third & (renewals["outcome"] == "renewed")
    lost = renewals.assign(
        outcome=renewals["outcome"].mask(is_lost, "churned"),
        renewed_arr=renewals["renewed_arr"].mask(is_lost),
        successor_renewal_id=renewals["successor_renewal_id"].mask(is_lost),
        ended_on=renewals["ended_on"].mask(is_lost, renewals["renewal_date"]),
    )
    (folder / "renewals.parquet").unlink()
    lost.to_parquet(folder / "renewals.parquet", index=False)
    return folder


def tick(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> dg.SensorResult | dg.SkipReason:
    monkeypatch.setenv("FALSEGREEN_HOME", str(workspace.root))
    with dg.DagsterInstance.ephemeral() as instance:
        answer = retraining(dg.build_sensor_context(instance=instance))
    assert isinstance(answer, dg.SensorResult | dg.SkipReason)
    return answer


def test_a_model_that_has_just_been_trained_has_nothing_to_learn(scored: Workspace) -> None:
    drift = read_published(scored, "model_drift", TRAINED).set_index("name")

    assert drift.loc["decided_renewals", "current"] == 0
    assert drift.loc["decided_renewals", "reference"] > 100
    assert {"feature", "missingness", "scores"} <= set(drift["kind"])
    assert earlier_predictions(scored, TRAINED, TRAINED).empty
    assert len(earlier_predictions(scored, TRAINED, AS_OF)) > 50


def test_churn_that_trebles_is_told_and_the_sensor_asks_for_a_training(
    scored: Workspace, turned: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = falsegreen("score", "--source", turned, "--out", scored.root, "--as-of", AS_OF, "--config", config)
    drift = read_published(scored, "model_drift", AS_OF).set_index("name")

    level, rate = drift.loc["level_since_training"], drift.loc["churn_rate"]
    assert level["is_drifting"]
    assert level["current"] > 2 * level["reference"]
    assert rate["is_drifting"]
    assert drift.loc["decided_renewals", "current"] > 50
    assert "What the model learned no longer holds for" in " ".join(result.output.split())

    answer = tick(scored, monkeypatch)
    assert isinstance(answer, dg.SensorResult)
    [request] = answer.run_requests or []
    assert request.partition_key == AS_OF.isoformat()
    assert {"calibration", "outcomes"} <= set(request.tags[REASON_TAG].split(","))

    printed = falsegreen("drift", "--out", scored.root)
    assert "that is no chance" in " ".join(printed.output.split())
    assert all(len(line) <= 80 for line in printed.output.splitlines())


def test_of_the_company_as_it_was_the_churn_is_no_news(scored: Workspace, company: Path, config: Path) -> None:
    falsegreen("score", "--source", company, "--out", scored.root, "--as-of", AS_OF, "--config", config)
    drift = read_published(scored, "model_drift", AS_OF).set_index("name")

    assert drift.loc["decided_renewals", "current"] > 50
    assert not drift.loc[["level_since_training", "slope_since_training", "churn_rate"], "is_drifting"].any()
