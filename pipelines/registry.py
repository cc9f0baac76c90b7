"""Which versions of the model there are, which one is in charge, and how that changes.

The alias `champion` is what counts, and it moves last: whenever a process ends, the version that was in charge is, or
the next one is, with its decision on record. Whether a training takes over is decided in `models.promotion`; what a
training leaves behind belongs to `tracking`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.churn_model import ChurnModel, ModelFilesError, hash_files
from pipelines.decisions import Decision, Standing, read_decisions, standings
from pipelines.manifest import published_dates
from pipelines.mlflow_store import (
    CHALLENGER,
    CHAMPION,
    REGISTERED_MODEL,
    WHAT_TO_DO,
    StoreError,
    artifact_folder,
    has_store,
    is_absent,
    open_store,
    read_files,
    store_file,
)
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

MODEL_FOLDER = "churn_model"
TRAINED_THROUGH = "trained_through"
MODEL_VERSION = "model_version"
KIND = "kind"
RECIPE = "recipe"
_SPEAK_FOR_THE_PAST: tuple[Standing, ...] = ("champion", "served", "past")


class RegistryError(Exception):
    """What was asked of the registry cannot be done."""


@dataclass(frozen=True)
class RegisteredModel:
    """One version of the registry.

    Attributes:
        number: Version number, counting up.
        trained_through: Outcomes known at this date taught the model.
        model_version: Content hash of the model.
        run_id: MLflow's run that holds its files.
        kind: `boosted` or `base_rate`.
        recipe: Id of its recipe; None for a version of a release that kept none.
    """

    number: int
    trained_through: date
    model_version: str
    run_id: str
    kind: str
    recipe: str | None


@dataclass(frozen=True)
class ListedModel:
    """A version as it is listed.

    Attributes:
        model: The version.
        standing: How it stands.
        aliases: Its aliases.
        decision: The last decision on it; of one that was rolled back, the decision that did it.
        figures: What its training measured, by name.
    """

    model: RegisteredModel
    standing: Standing
    aliases: tuple[str, ...]
    decision: Decision | None
    figures: dict[str, float]


def find_model(folder: Path, as_of: date, *, allow_hindsight: bool = False) -> RegisteredModel | None:
    """Return the version that may score a date: the champion, unless it has learned from outcomes after that date.

    Then it is the version that was trained last among those trained before, of those that were in charge once or were
    trained for a date behind the champion's; a challenger that was refused never speaks. None where there is none.

    Args:
        folder: The workspace's `mlflow/` folder; it need not exist.
        as_of: Date to score.
        allow_hindsight: Take the champion rather than none.

    Raises:
        StoreError: If the store cannot be used, or is gone although tables have been published from it.
    """
    if not _is_there(folder):
        return None
    with open_store(folder) as client:
        champion = read_champion(client)
        if champion is not None and champion.trained_through <= as_of:
            return champion
        standing = standings(read_decisions(folder), champion.number if champion else None)
        earlier = [
            version
            for version in _versions(client, folder)
            if version.trained_through <= as_of and _may_speak(version, standing)
        ]
    chosen = max(earlier, key=lambda version: (version.trained_through, version.number), default=None)
    return champion if chosen is None and allow_hindsight else chosen


def find_by_content(folder: Path, model_version: str) -> RegisteredModel | None:
    """Return the version with that content, the newest of several, or None. Raises as `find_model`."""
    if not _is_there(folder):
        return None
    with open_store(folder) as client:
        same = [version for version in _versions(client, folder) if version.model_version == model_version]
    return max(same, key=lambda version: version.number, default=None)


def find_champion(folder: Path) -> RegisteredModel | None:
    """Return the version in charge, or None. Raises as `find_model`."""
    if not _is_there(folder):
        return None
    with open_store(folder) as client:
        champion = read_champion(client)
        if champion is None:
            _versions(client, folder)
    return champion


def find_version(folder: Path, number: int) -> RegisteredModel:
    """Return a version by its number.

    Raises:
        RegistryError: If there is none of that number; says which there are.
        StoreError: If the store cannot be used.
    """
    versions = [listed.model for listed in list_models(folder)]
    for version in versions:
        if version.number == number:
            return version
    raise RegistryError(
        f"There is no version {number}. There are versions {versions[-1].number} to {versions[0].number}."
    )


def list_models(folder: Path) -> list[ListedModel]:
    """Return every version, the newest first.

    Raises:
        RegistryError: If nothing was ever trained.
        StoreError: If the store cannot be used.
    """
    if not _is_there(folder):
        raise RegistryError(f"{folder} has no registry: no model was trained yet. `falsegreen run` trains one.")
    decisions = read_decisions(folder)
    with open_store(folder) as client:
        champion = read_champion(client)
        aliases = _aliases(client)
        versions = sorted(_versions(client, folder), key=lambda version: -version.number)
        figures = {version.run_id: dict(client.get_run(version.run_id).data.metrics) for version in versions}
    standing = standings(decisions, champion.number if champion else None)
    if not versions:
        raise RegistryError(f"No model was registered in {folder} yet. `falsegreen run` trains one.")
    return [
        ListedModel(
            model=version,
            standing=standing.get(version.number, "served" if version.recipe is None else "unsettled"),
            aliases=tuple(name for name, number in aliases.items() if number == version.number),
            decision=_last_word(decisions, version.number, standing.get(version.number)),
            figures=figures[version.run_id],
        )
        for version in versions
    ]


def move_champion(client: "MlflowClient", number: int) -> None:
    """Put a version in charge, the last step of whoever decided so; a challenger that wins is none any more."""
    client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, str(number))
    if _aliases(client).get(CHALLENGER) == number:
        client.delete_registered_model_alias(REGISTERED_MODEL, CHALLENGER)


def load_model(folder: Path, registered: RegisteredModel) -> ChurnModel:
    """Read a registered model back, exactly as it was trained.

    Raises:
        ModelFilesError: If its files cannot be read or are not the ones that were registered.
        StoreError: If the store cannot be used.
    """
    place = artifacts_of(folder, registered) / MODEL_FOLDER
    files = read_files(place)
    # Before anything is made of them: LightGBM ends the process on a text that is cut off.
    if hash_files(files) != registered.model_version:
        raise ModelFilesError(
            f"Version {registered.number} of the model is registered as {registered.model_version}, but the files in "
            f"{place} are {hash_files(files)}: one is changed, cut off or missing. {WHAT_TO_DO}"
        )
    try:
        model = ChurnModel.from_files(files)
    except ModelFilesError as error:
        raise ModelFilesError(f"Version {registered.number} in {place}: {error}. {WHAT_TO_DO}") from error
    if model.version != registered.model_version:
        raise ModelFilesError(
            f"This release of falsegreen would write version {registered.number} of the model ({place}) otherwise than "
            "the one that trained it. Train again, with `falsegreen run --retrain`."
        )
    return model


def artifacts_of(folder: Path, registered: RegisteredModel) -> Path:
    """Return the folder in which all lies that the training of a version left."""
    with open_store(folder) as client:
        return artifact_folder(client.get_run(registered.run_id))


def read_champion(client: "MlflowClient") -> RegisteredModel | None:
    """Return the version in charge, if there is one."""
    from mlflow.exceptions import MlflowException

    try:
        return describe_version(client.get_model_version_by_alias(REGISTERED_MODEL, CHAMPION))
    except MlflowException as error:
        if is_absent(error):
            return None
        raise


def describe_version(version: "ModelVersion") -> RegisteredModel:
    """Return a version as MLflow has it in our words."""
    return RegisteredModel(
        number=int(version.version),
        trained_through=date.fromisoformat(version.tags[TRAINED_THROUGH]),
        model_version=version.tags[MODEL_VERSION],
        run_id=str(version.run_id),
        kind=version.tags[KIND],
        recipe=version.tags.get(RECIPE),
    )


def _is_there(folder: Path) -> bool:
    """Whether there is a store.

    Raises:
        StoreError: If there is none although tables were published that came from its models.
    """
    if has_store(folder):
        return True
    _miss_models(folder, "is empty" if store_file(folder).is_file() else "is missing")
    return False


def _miss_models(folder: Path, lacks: str) -> None:
    """Raise StoreError where a registry has no model although tables were published that came from its models."""
    if published_dates(Workspace(folder.parent), "account_risk"):
        raise StoreError(
            f"{store_file(folder)} {lacks}, although tables have been published from its models. Bring {folder} "
            "back from a backup, or begin a new registry with `falsegreen run --retrain`."
        )


def _versions(client: "MlflowClient", folder: Path) -> list[RegisteredModel]:
    found = [describe_version(version) for version in client.search_model_versions(f"name='{REGISTERED_MODEL}'")]
    if not found:
        _miss_models(folder, "holds no model")
    return found


def _last_word(decisions: Sequence[Decision], number: int, standing: Standing | None) -> Decision | None:
    if standing == "withdrawn":
        rolled_back = [each for each in decisions if each.verdict == "rolled_back" and each.from_version == number]
        return rolled_back[-1]
    return next((each for each in reversed(decisions) if each.version == number), None)


def _aliases(client: "MlflowClient") -> dict[str, int]:
    """Version number by alias."""
    from mlflow.exceptions import MlflowException

    try:
        aliases: dict[str, Any] = client.get_registered_model(REGISTERED_MODEL).aliases
    except MlflowException as error:
        if is_absent(error):
            return {}
        raise
    return {name: int(number) for name, number in aliases.items()}


def _may_speak(version: RegisteredModel, standing: dict[int, Standing]) -> bool:
    """Whether a version may score a date that the champion may not; one from before decisions were kept may."""
    if version.number not in standing:
        return version.recipe is None
    return standing[version.number] in _SPEAK_FOR_THE_PAST
