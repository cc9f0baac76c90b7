"""What a look at the news brought: which message went where, and what did not arrive."""

from dataclasses import dataclass, field

from pipelines.alerts.outbox import State


@dataclass(frozen=True)
class Told:
    """A message and what became of it.

    Attributes:
        recipient: Name of the recipient.
        title: Its title.
        text: Its text.
        alerts: How many alerts it carries.
        state: What became of it; `written` where it was not tried.
        detail: Why.
    """

    recipient: str
    title: str
    text: str
    alerts: int
    state: State
    detail: str = ""


@dataclass
class Report:
    """What a look brought.

    Attributes:
        notes: What was looked at, and what to know of it.
        told: Messages, by recipient.
        undeliverable: Titles of alerts that nobody could be told of, with the owner.
        lost: Titles of alerts of which a crash left open whether they arrived.
        expired: Titles of alerts that were given up.
        held: Alerts that wait for tomorrow by recipient, whose limit is reached.
    """

    notes: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    undeliverable: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)

    def alerts(self, *states: State) -> int:
        """How many alerts are in messages of these states."""
        return sum(told.alerts for told in self.told if told.state in states)

    def summary(self) -> str:
        """Say in one line how many alerts went where."""
        waits = self.alerts("failed", "written") + sum(self.held.values())
        counts = {
            "sent": self.alerts("sent"),
            "to be tried again": waits,
            "that may or may not have arrived": self.alerts("unknown") + len(self.lost),
            "with nobody to tell": len(self.undeliverable),
            "given up": len(self.expired),
        }
        told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"Alerts: {told or 'nothing to send'}."

    @property
    def is_clean(self) -> bool:
        """Whether everything that was to be sent has arrived."""
        return not (self.alerts("failed", "unknown") or self.undeliverable or self.lost or self.expired)
