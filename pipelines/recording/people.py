"""Who may record: one token per person, of which only the SHA-256 is kept.

A token is 256 random bits, so a plain hash of it cannot be turned back by guessing. Who may read a workspace is up to
the file system; this is about whose word a record is.
"""

import hashlib
import hmac
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.lock import hold_lock
from pipelines.recording.known import near_names
from pipelines.recording.records import RecordingError
from pipelines.recording.texts import text_faults
from pipelines.whole_files import replace_file
from pipelines.workspace import Workspace

TOKEN_VARIABLE = "FALSEGREEN_TOKEN"  # noqa: S105 - the name of a variable
_OWNER_ONLY = 0o600
_WAIT_SECONDS = 10
_LONGEST_ID = 100


class Person(BaseModel):
    """One person's token.

    Attributes:
        csm_id: Who it speaks for.
        token_sha256: Hash of the token, hexadecimal.
        added_at: When it was made.
        revoked_at: When it was taken back, or None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    csm_id: str
    token_sha256: str
    added_at: datetime
    revoked_at: datetime | None = None


class _People(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    people: tuple[Person, ...] = ()


def list_people(workspace: Workspace) -> tuple[Person, ...]:
    """Return everybody who has or had a token, in the order in which they were added.

    Raises:
        RecordingError: If the file cannot be understood.
    """
    try:
        return _People.model_validate_json(workspace.people.read_bytes()).people
    except FileNotFoundError:
        return ()
    except ValidationError:
        raise RecordingError(f"{workspace.people} is not a list of people. Bring it back from a backup.") from None


def add_person(workspace: Workspace, csm_id: str, csms: dict[str, str | None], now: datetime) -> str:
    """Make a token for a person and return it; it is kept nowhere.

    Args:
        workspace: Where to.
        csm_id: Who it is for.
        csms: Known CSMs, name by id; empty where none are known, and then any id is taken.
        now: The clock of this machine.

    Raises:
        RecordingError: If there is no such CSM, or they have a token that was not revoked.
    """
    if faults := text_faults("The id of the CSM", csm_id, _LONGEST_ID):
        raise RecordingError(*faults)
    if csms and csm_id not in csms:
        raise RecordingError(f"No CSM with the id {csm_id!r} is known.{near_names(csm_id, csms)}")
    token = secrets.token_urlsafe(32)
    with hold_lock(_lock(workspace), _say_nothing, wait_seconds=_WAIT_SECONDS):
        people = list_people(workspace)
        if any(person.csm_id == csm_id and person.revoked_at is None for person in people):
            raise RecordingError(f"{csm_id} has a token. Where it was lost, revoke it first.")
        _write(workspace, (*people, Person(csm_id=csm_id, token_sha256=_hash(token), added_at=now.astimezone(UTC))))
    return token


def revoke_person(workspace: Workspace, csm_id: str, now: datetime) -> None:
    """Take back a person's token; what they have recorded stays.

    Raises:
        RecordingError: If they have none.
    """
    with hold_lock(_lock(workspace), _say_nothing, wait_seconds=_WAIT_SECONDS):
        people = list_people(workspace)
        holders = {person.csm_id: None for person in people if person.revoked_at is None}
        if csm_id not in holders:
            raise RecordingError(f"{csm_id!r} has no token.{near_names(csm_id, dict(holders))}")
        end = {"revoked_at": now.astimezone(UTC)}
        _write(
            workspace,
            tuple(
                person.model_copy(update=end) if person.csm_id == csm_id and person.revoked_at is None else person
                for person in people
            ),
        )


def token_of_environment() -> str:
    """Return the token in FALSEGREEN_TOKEN, of whoever types a command or runs a notebook; empty without one."""
    return os.environ.get(TOKEN_VARIABLE, "").strip()


def author_of(workspace: Workspace, token: str) -> str:
    """Return the id of the person whom a token speaks for.

    Every token on record is compared, each in constant time, so that the time taken tells nothing of any.

    Raises:
        RecordingError: If there is no token, or it is not or no longer on record.
    """
    if not token:
        raise RecordingError(
            "Recording needs a token. Who runs the workspace makes one: `falsegreen people add CSM_ID`."
        )
    presented = _hash(token)
    found = [person for person in list_people(workspace) if hmac.compare_digest(person.token_sha256, presented)]
    if not found or found[0].revoked_at is not None:
        raise RecordingError(
            "The token is not on record here, or was revoked. Who runs the workspace makes one: "
            "`falsegreen people add CSM_ID`."
        )
    return found[0].csm_id


def _write(workspace: Workspace, people: tuple[Person, ...]) -> None:
    content = _People(people=people).model_dump_json(indent=1) + "\n"
    replace_file(workspace.people, content.encode("utf-8"), mode=_OWNER_ONLY)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _lock(workspace: Workspace) -> Path:
    return workspace.people.with_suffix(".lock")


def _say_nothing(_: str) -> None:
    """A lock that a dead process left behind is nobody's concern here."""
