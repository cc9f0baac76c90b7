"""A training that is killed leaves the champion and what is published as they were; of two at once one wins."""

import contextlib
import random
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from pipelines.decisions import read_decisions
from pipelines.lock import read_holder
from pipelines.manifest import read_published
from pipelines.registry import RegisteredModel, find_champion, list_models, load_model
from pipelines.workspace import Workspace
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

ROOT = Path(__file__).parents[2]
FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 9)
KILLS = 10
TABLES = frozenset({"accounts", "csms", "renewals", "usage_daily", "csm_pulses"})

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What every command of this company is given."""
    folder = tmp_path_factory.mktemp("company")
    source, config = folder / "source", folder / "settings.yaml"
    source.mkdir()
    generate_company(source, CompanySettings(accounts=40, years=3, futures=8), TABLES)
    config.write_text("model: {minimum_churns: 2, bootstrap_resamples: 20, booster: {rounds: 5}}\n", encoding="utf-8")
    return ["--source", str(source), "--config", str(config)]


@pytest.fixture(scope="module")
def workspace(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A champion and what was published with it."""
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    first = start("run", FIRST, workspace, arguments)
    assert first.wait() == 0
    return workspace


def start(command: str, as_of: date, workspace: Workspace, arguments: list[str]) -> subprocess.Popen[bytes]:
    typed = [command, "--out", str(workspace.root), "--as-of", str(as_of), *arguments]
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.command_line", *typed],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def published(workspace: Workspace) -> dict[str, bytes]:
    """Every manifest, once all that it names has been read and found to be what was published."""
    manifests = sorted(workspace.published.glob("*.json"))
    for table in ("account_risk", "risk_reasons", "backtest_metrics"):
        read_published(workspace, table)
    return {path.name: path.read_bytes() for path in manifests}


def champion_of(workspace: Workspace) -> RegisteredModel:
    champion = find_champion(workspace.mlflow)
    assert champion is not None
    return champion


def test_killed_at_ten_moments_the_champion_and_the_tables_stay_and_the_next_training_goes_through(
    workspace: Workspace, arguments: list[str]
) -> None:
    champion, tables = champion_of(workspace), published(workspace)
    begun = time.monotonic()
    # Refused or not is of no matter here; how long it takes is.
    scratch = Workspace(workspace.root.parent / "scratch")
    assert start("train", SECOND, scratch, arguments).wait() == 0
    seconds = time.monotonic() - begun

    generator = random.Random(4)  # noqa: S311 - moments, not secrets
    kills = untouched = 0
    for _ in range(3 * KILLS):
        # Half of them anywhere, half where the model is fitted, kept and registered.
        moment = generator.uniform(0, 0.95) if kills % 2 else generator.uniform(0.35, 0.65)
        begun = time.monotonic()
        training = start("train", SECOND, workspace, arguments)
        with contextlib.suppress(subprocess.TimeoutExpired):
            training.wait(timeout=moment * seconds)
        training.kill()
        has_ended_itself = training.wait() == 0
        now = champion_of(workspace)
        if has_ended_itself:
            # The machine is faster than it was: that is what stands from here on, and by that the next one is killed.
            champion, tables = now, published(workspace)
            seconds = time.monotonic() - begun
            continue
        kills += 1
        if now == champion:
            untouched += 1
            assert published(workspace) == tables
        else:
            # Killed after its last step on the registry: then all of it is there and on record.
            taken = read_decisions(workspace.mlflow)[-1]
            assert (taken.from_version, taken.to_version) == (champion.number, now.number)
            assert load_model(workspace.mlflow, now).trained_through == SECOND
            champion, tables = now, published(workspace)
        if kills == KILLS:
            break

    assert kills == KILLS
    assert untouched >= KILLS // 2
    last = start("train", SECOND, workspace, arguments)
    assert last.wait() == 0
    assert champion_of(workspace).number == list_models(workspace.mlflow)[0].model.number
    assert not workspace.lock_file.exists()


def test_of_two_trainings_at_once_one_wins_and_the_other_is_told(workspace: Workspace, arguments: list[str]) -> None:
    before = len(list_models(workspace.mlflow))
    winner = start("train", SECOND, workspace, arguments)
    while (holder := read_holder(workspace.lock_file)) is None or holder.pid != winner.pid:
        assert winner.poll() is None
        time.sleep(0.05)

    typed = ["train", "--out", str(workspace.root), "--as-of", str(SECOND), *arguments]
    loser = subprocess.run(
        [sys.executable, "-m", "pipelines.command_line", *typed], cwd=ROOT, capture_output=True, text=True
    )

    assert winner.wait() == 0
    assert loser.returncode == 1
    assert f"is being written by process {winner.pid}" in " ".join(loser.stderr.split())
    assert len(list_models(workspace.mlflow)) == before + 1
