"""The outbox: one file per alert and recipient, written before anything is sent, and never twice.

States: written → sending → sent, failed or unknown. `failed` is certain not to have arrived and is tried again.
`unknown` may have arrived, and so may what a crash left in `sending`: both are reported and not sent again, since an
alert that is missed and told of does less harm than one that comes twice. `expired` is given up by age. A file keeps
every state that it has been in; no token is ever in it. Who writes holds the lock.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.alerts.news import MAX_AGE_DAYS
from pipelines.whole_files import replace_file

State = Literal["written", "sending", "sent", "failed", "unknown", "expired"]
WAITING: tuple[State, ...] = ("written", "failed")
"""States out of which an alert is sent."""
_SETTLED = "settled"
_DAYS = "????-??-??"


class OutboxError(Exception):
    """A file of the outbox cannot be understood."""


class Step(BaseModel):
    """A state and when it began.

    Attributes:
        state: The state.
        at: When, UTC.
        message: Message that the alert is part of; one of its own or a digest.
        detail: Why, in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: State
    at: datetime
    message: str = ""
    detail: str = ""


class Entry(BaseModel):
    """An alert for a recipient. Unique by recipient, kind, account, renewal and episode.

    Attributes:
        recipient: Name of who gets it; never an address with its token.
        email: Mailbox of the recipient where it is sent by e-mail.
        kind: As of the `Alert`, like all that follows.
        account_id: Account.
        renewal_id: Renewal, or empty.
        episode: Episode.
        as_of: Date as of which it was news.
        owner: Who looks after the account, by name where it is known; empty where nobody does.
        title: One line.
        text: All of it.
        history: The states that it has been in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipient: str
    email: str = ""
    kind: str
    account_id: str
    renewal_id: str
    episode: str
    as_of: date
    owner: str
    title: str
    text: str
    history: tuple[Step, ...]

    @property
    def name(self) -> str:
        """Name of its file: a hash of what makes it unique."""
        unique = (self.recipient, self.kind, self.account_id, self.renewal_id, self.episode)
        return hashlib.sha256(json.dumps(unique).encode("utf-8")).hexdigest()[:32]

    @property
    def now(self) -> Step:
        """The state that it is in."""
        return self.history[-1]


class Outbox:
    """The folder of entries, one folder per date as of which they were news."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def lock_file(self) -> Path:
        """Names the process that may write."""
        return self.folder / "lock"

    def holds(self, entry: Entry) -> bool:
        """Whether the alert has been written for this recipient before, as of whatever date."""
        return any(True for _ in self.folder.glob(f"{_DAYS}/{entry.name}.json"))

    def write(self, entry: Entry) -> None:
        """Write an entry, or its newest state, whole or not at all."""
        content = entry.model_dump_json(indent=1) + "\n"
        replace_file(self.folder / entry.as_of.isoformat() / f"{entry.name}.json", content.encode("utf-8"))

    def step(self, entry: Entry, step: Step) -> Entry:
        """Move an entry on to another state, on disk first."""
        moved = entry.model_copy(update={"history": (*entry.history, step)})
        self.write(moved)
        return moved

    def unsettled(self) -> Iterator[Entry]:
        """Return the entries of all dates on which something may still happen, by date and name.

        Raises:
            OutboxError: If a file cannot be understood.
        """
        for folder in sorted(self.folder.glob(_DAYS)):
            if not (folder / _SETTLED).exists():
                for path in sorted(folder.glob("*.json")):
                    try:
                        yield Entry.model_validate_json(path.read_bytes())
                    except ValidationError as error:
                        raise OutboxError(f"{path} is not an alert: {error}") from error

    def settle(self, today: date) -> None:
        """Mark the dates of which nothing is sent any more; the caller has expired what was waiting."""
        for folder in sorted(self.folder.glob(_DAYS)):
            if is_over(date.fromisoformat(folder.name), today) and not (folder / _SETTLED).exists():
                replace_file(folder / _SETTLED, b"")

    def looked(self, table: str) -> set[date]:
        """Return the published dates of a table that have been looked at."""
        return {date.fromisoformat(path.stem) for path in self.folder.glob(f"looked/{table}/{_DAYS}.json")}

    def mark_looked(self, table: str, as_of: date, note: str) -> None:
        """Remember that a published date of a table has been looked at, once all that is new in it is written."""
        content = json.dumps({"note": note}) + "\n"
        replace_file(self.folder / "looked" / table / f"{as_of}.json", content.encode("utf-8"))


def is_over(as_of: date, today: date) -> bool:
    """Whether news of a date is too old to be sent."""
    return today - as_of > timedelta(days=MAX_AGE_DAYS)
