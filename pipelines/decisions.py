"""The record of who decided what about which model, when, and on which figures: one small file per decision.

The files lie in `decisions/` below the workspace's MLflow folder and are never rewritten. A decision is written before
the alias moves, so one that a killed process left behind may not have been carried out: what comes after it tells.
"""

import getpass
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from models.promotion import Judgement
from pipelines.whole_files import replace_file

Standing = Literal["champion", "served", "past", "withdrawn", "refused", "unsettled"]


class DecisionError(Exception):
    """A decision on record cannot be read."""


class Decision(BaseModel):
    """One decision.

    Attributes:
        number: 1 for the first, counting up.
        action: What asked for it: a `training`, or a person's `promotion` or `rollback`.
        who: Name of the user, or the schedule.
        decided_at: When, UTC.
        version: Version that was decided on.
        from_version: Version in charge until then; None without any.
        to_version: Version in charge from then on.
        recipe: Id of the version's recipe.
        from_recipe: Id of the recipe of the version in charge until then.
        verdict: `promoted`, `refused`, `past`, or `rolled_back`.
        basis: Rule that applied; `person` where somebody decided.
        reason: One plain sentence.
        figures: Differences on identical rows, calibration and leaks, as `judge` found them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    action: Literal["training", "promotion", "rollback"]
    who: str
    decided_at: datetime
    version: int
    from_version: int | None
    to_version: int | None
    recipe: str | None
    from_recipe: str | None
    verdict: Literal["promoted", "refused", "past", "rolled_back"]
    basis: str
    reason: str
    figures: dict[str, Any] = {}


def figures_of(judgement: Judgement) -> dict[str, Any]:
    """Return the figures of a judgement as a record keeps them."""
    return {
        "differences": [asdict(difference) | {"limit": difference.limit} for difference in judgement.differences],
        "calibration": asdict(judgement.calibration) if judgement.calibration else None,
        "leaks": list(judgement.leaks),
    }


def read_decisions(folder: Path) -> list[Decision]:
    """Return the decisions on record, oldest first.

    Args:
        folder: The workspace's `mlflow/` folder; it need not exist.

    Raises:
        DecisionError: If a file cannot be understood.
    """
    decisions = []
    for path in sorted((folder / "decisions").glob("[0-9]*.json")):
        try:
            decisions.append(Decision.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            raise DecisionError(
                f"{path} is not a decision on record: {error}. Bring it back from a backup, or move it away."
            ) from error
    return decisions


def write_decision(folder: Path, **content: Any) -> Decision:
    """Put a decision on record under the next number. The caller holds the lock.

    Args:
        folder: The workspace's `mlflow/` folder.
        **content: All of a decision but its number and its time.
    """
    number = max((decision.number for decision in read_decisions(folder)), default=0) + 1
    now = datetime.now(UTC).replace(microsecond=0)
    decision = Decision(number=number, decided_at=now, **content)
    replace_file(folder / "decisions" / f"{number:04d}.json", (decision.model_dump_json(indent=1) + "\n").encode())
    return decision


def set_decisions_aside(folder: Path) -> None:
    """Move the records of a registry that is gone out of the way: their version numbers mean other models now."""
    records = folder / "decisions"
    if records.is_dir():
        records.rename(folder / f"decisions-until-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}")


def standings(decisions: Sequence[Decision], champion: int | None) -> dict[int, Standing]:
    """Return how each version that was decided on stands.

    A version was in charge if a later decision found it there, whatever an earlier one had announced.
    """
    found: dict[int, Standing] = {}
    for decision in decisions:
        if decision.from_version is not None:
            found[decision.from_version] = "withdrawn" if decision.verdict == "rolled_back" else "served"
        if decision.action == "training":
            by_verdict: dict[str, Standing] = {"refused": "refused", "past": "past"}
            found[decision.version] = by_verdict.get(decision.verdict, "unsettled")
    if champion is not None:
        found[champion] = "champion"
    return found


def was_carried_out(decisions: Sequence[Decision], number: int, champion: int | None) -> bool:
    """Whether the version that a decision named was found in charge afterwards."""
    decision = next(each for each in decisions if each.number == number)
    later = [each for each in decisions if each.number > number]
    return decision.to_version == (later[0].from_version if later else champion)


def user_name() -> str:
    """Return the name of the user that runs this process."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name
        return f"user {os.getuid()}"
