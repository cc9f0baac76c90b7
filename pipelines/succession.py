"""A person takes the registry in hand: puts a version in charge, or goes back to the one before.

Every such step is on record with its reason before the alias moves, and only a version whose files can be read gets it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pipelines.decisions import Decision, read_decisions, user_name, write_decision
from pipelines.lock import hold_lock
from pipelines.mlflow_store import open_store
from pipelines.registry import (
    RegisteredModel,
    RegistryError,
    find_champion,
    find_version,
    list_models,
    load_model,
    move_champion,
)
from pipelines.workspace import Workspace


def promote(workspace: Workspace, number: int, reason: str, say: Callable[[str], None]) -> Decision:
    """Put a version in charge because a person says so.

    Args:
        workspace: The workspace.
        number: The version.
        reason: Why, in the person's words.
        say: Is told of a lock that was taken over.

    Raises:
        RegistryError: If there is no such version or it is in charge already.
        ModelFilesError: If its files cannot be read.
        WorkspaceBusyError: If another process is writing into the workspace.
    """
    version = find_version(workspace.mlflow, number)
    with hold_lock(workspace.lock_file, say):
        champion = find_champion(workspace.mlflow)
        if champion == version:
            raise RegistryError(f"Version {number} is in charge already.")
        return _put_in_charge(workspace.mlflow, version, champion, "promotion", reason)


def roll_back(workspace: Workspace, reason: str, say: Callable[[str], None]) -> Decision:
    """Put the version back in charge that was before the present one; the present one is not used again.

    Raises:
        RegistryError: If there is no champion, or none before it.
        ModelFilesError: If the files of the one before cannot be read.
        WorkspaceBusyError: If another process is writing into the workspace.
    """
    list_models(workspace.mlflow)  # says so where there is nothing
    with hold_lock(workspace.lock_file, say):
        champion = find_champion(workspace.mlflow)
        before = _before(read_decisions(workspace.mlflow), champion)
        if champion is None or before is None:
            who = "There is no champion" if champion is None else f"Version {champion.number} is the first champion"
            raise RegistryError(f"{who}; there is nothing to go back to.")
        version = find_version(workspace.mlflow, before)
        return _put_in_charge(workspace.mlflow, version, champion, "rollback", reason)


def _before(decisions: list[Decision], champion: RegisteredModel | None) -> int | None:
    """Return the version that the present one took over from, by the last promotion of the present one."""
    if champion is None:
        return None
    promotions = [each for each in decisions if each.verdict == "promoted" and each.to_version == champion.number]
    return promotions[-1].from_version if promotions else None


def _put_in_charge(
    folder: Path,
    version: RegisteredModel,
    champion: RegisteredModel | None,
    action: Literal["promotion", "rollback"],
    reason: str,
) -> Decision:
    """Make sure that a version can be used, put the decision on record, then move the alias."""
    load_model(folder, version)
    decision = write_decision(
        folder,
        action=action,
        who=user_name(),
        version=version.number,
        from_version=champion and champion.number,
        to_version=version.number,
        recipe=version.recipe,
        from_recipe=champion and champion.recipe,
        verdict="promoted" if action == "promotion" else "rolled_back",
        basis="person",
        reason=reason,
    )
    with open_store(folder) as client:
        move_champion(client, version.number)
    return decision
