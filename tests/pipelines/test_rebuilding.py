"""What a run is made again from."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

import pipelines.execution
from pipelines.execution import RunPlan
from pipelines.rebuilding import Memory, rebuild


class _SeenError(Exception):
    """Ends the training that is not tested here."""


def test_a_run_is_made_again_with_a_copy_of_what_was_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = tmp_path / "recorded" / "csm_pulses" / "7f.json"
    pulse.parent.mkdir(parents=True)
    pulse.write_text("{}", encoding="utf-8")
    seen = []

    def run_training(plan: RunPlan, say: object) -> str:
        copy = plan.workspace.recorded / "csm_pulses" / "7f.json"
        seen.append((copy.read_text(encoding="utf-8"), copy.samefile(pulse)))
        raise _SeenError

    monkeypatch.setattr(pipelines.execution, "run_training", run_training)
    model = SimpleNamespace(trained_through=date(2026, 6, 1))
    memory = Memory(model=model, facts={"settings": {}}, differing=())  # type: ignore[arg-type]

    with pytest.raises(_SeenError):
        rebuild(memory, tmp_path, tmp_path / "recorded", print)

    assert seen == [("{}", False)]
