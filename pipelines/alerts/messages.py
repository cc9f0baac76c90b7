"""From alerts that wait to messages: one each while that is bearable for a person and day, else one digest of all."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipelines.alerts.outbox import WAITING, Entry
from pipelines.alerts.wording import digest

_DIGEST = "digest-"
_MAY_BE_THERE = ("sent", "unknown")
_ORDER = {"known_loss": 0, "tier_jump": 1, "signal": 2}


@dataclass(frozen=True)
class Message:
    """What is sent at once.

    Attributes:
        recipient: Name of who gets it.
        name: Name by which its alerts remember it.
        title: One line.
        text: All of it.
        entries: The alerts that it carries.
    """

    recipient: str
    name: str
    title: str
    text: str
    entries: tuple[Entry, ...]


def plan_messages(entries: Iterable[Entry], today: date, limit: int) -> tuple[list[Message], dict[str, int]]:
    """Return what to send today, and how many alerts of which recipient have to wait for tomorrow.

    Args:
        entries: All on which something may still happen, those that went today among them.
        today: The day of the limit, UTC.
        limit: Single messages a day; what would exceed it goes as one digest, of which there is one a day.
    """
    waiting: dict[str, list[Entry]] = defaultdict(list)
    gone: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.now.state in WAITING:
            waiting[entry.recipient].append(entry)
        elif entry.now.state in _MAY_BE_THERE and entry.now.at.date() == today:
            gone[entry.recipient].add(entry.now.message)
    messages, held = [], {}
    for recipient, theirs in sorted(waiting.items()):
        theirs.sort(key=lambda entry: (entry.as_of, _ORDER[entry.kind], entry.title, entry.name))
        digests = {name for name in gone[recipient] if name.startswith(_DIGEST)}
        if len(theirs) + len(gone[recipient] - digests) <= limit:
            messages += [Message(recipient, entry.name, entry.title, entry.text, (entry,)) for entry in theirs]
        elif not digests:
            title, text = digest([(entry.title, entry.owner) for entry in theirs], theirs[-1].as_of)
            messages.append(Message(recipient, f"{_DIGEST}{theirs[0].name}", title, text, tuple(theirs)))
        else:
            held[recipient] = len(theirs)
    return messages, held
