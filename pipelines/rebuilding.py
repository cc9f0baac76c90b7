"""A past training made again, from its MLflow run id: same data, same settings, and is it the same model?

Done in a scratch workspace, so that asking changes nothing. What a training is made from is listed in `reproduction`.
"""

import platform
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.registry import RegisteredModel, RegistryError, list_models
from pipelines.reproduction import code_facts, differing_parts, package_facts
from pipelines.tracking import champion_before, load_document
from pipelines.training_record import REPRODUCTION
from pipelines.workspace import Workspace


@dataclass(frozen=True)
class Memory:
    """What is known of a past training.

    Attributes:
        model: The version that came of it.
        facts: From what it was made; see `reproduction_facts`.
        differing: Parts of code, packages and interpreter that are different here and now, dotted.
    """

    model: RegisteredModel
    facts: dict[str, Any]
    differing: tuple[str, ...]


@dataclass(frozen=True)
class Rebuilt:
    """What training again gave.

    Attributes:
        model_version: Content hash of the model.
        differing: Parts of the data that are different, dotted; empty where they are the same to the byte.
    """

    model_version: str
    differing: tuple[str, ...]


def remember(folder: Path, run_id: str) -> Memory:
    """Look up from what a run was made.

    Args:
        folder: The workspace's `mlflow/` folder.
        run_id: MLflow's id of the run, or enough of its beginning to tell it from the others.

    Raises:
        RegistryError: If no version came of such a run.
        ModelFilesError: If what it was made from was not kept or cannot be read.
    """
    found = [each.model for each in list_models(folder) if run_id and each.model.run_id.startswith(run_id)]
    if len(found) != 1:
        how_many = "No version" if not found else f"More than one version ({len(found)})"
        raise RegistryError(f"{how_many} came of a run {run_id!r} in {folder}. `falsegreen models` shows the runs.")
    facts: dict[str, Any] = load_document(folder, found[0], REPRODUCTION)
    here = {"code": code_facts(), "packages": package_facts(), "python": platform.python_version()}
    before = {name: facts.get(name) for name in here}
    return Memory(found[0], facts, tuple(differing_parts(before, here)))


def rebuild(memory: Memory, source: Path, recorded: Path, say: Callable[[str], None]) -> Rebuilt:
    """Train again as of the same date with the same settings.

    Args:
        memory: What is to be made again.
        source: Folder of source tables; rows recorded since do not matter.
        recorded: The workspace's folder of recorded rows, which need not exist; later ones do not matter either.
        say: Is told what is being done.

    Raises:
        RunFailedError: If training fails.
    """
    from pipelines.execution import RunPlan, run_training

    with tempfile.TemporaryDirectory(prefix="falsegreen-") as temporary:
        scratch = Workspace(Path(temporary) / "workspace")
        if recorded.is_dir():
            # Copied, since a link would let the scratch run at the workspace's own files.
            shutil.copytree(recorded, scratch.recorded)
        settings = Path(temporary) / "settings.yaml"
        settings.write_text(yaml.safe_dump(memory.facts["settings"]), encoding="utf-8")
        run_training(RunPlan(source, scratch, memory.model.trained_through, settings), say)
        model = champion_before(scratch.mlflow) or list_models(scratch.mlflow)[0].model
        data = load_document(scratch.mlflow, model, REPRODUCTION)["data"]
    return Rebuilt(model.model_version, tuple(differing_parts(memory.facts["data"], data)))
