"""Hands a message to a channel through Apprise and says, as surely as can be known, what became of it.

The only importer of Apprise. No address leaves this module, not by a log and not by an error.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipelines.alerts.transport import Wire, watched
from pipelines.settings import AlertSettings

if TYPE_CHECKING:
    from apprise import Apprise

READ_TIMEOUT_SECONDS = 30.0
"""How long an answer is waited for where the address does not say (`rto=`): one that comes later counts as lost."""
_TALKATIVE = ("apprise", "requests", "urllib3")


@dataclass(frozen=True)
class Outcome:
    """What became of a message.

    Attributes:
        state: `sent`, `failed` (certain not to have arrived) or `unknown` (it may have).
        detail: Why, in words without any address.
    """

    state: Literal["sent", "failed", "unknown"]
    detail: str = ""


class Channel:
    """One recipient, for the length of a run: Apprise paces what goes to the same one."""

    def __init__(self, address: str | None, settings: AlertSettings, sleep: Callable[[float], None]) -> None:
        self._address = address
        self._settings = settings
        self._sleep = sleep
        self._apprise: Apprise | None = None

    def deliver(self, title: str, text: str) -> Outcome:
        """Send a message of plain text; bounded attempts, and never raises for what the other side does."""
        wire = Wire(
            self._settings.attempts, self._settings.backoff_seconds, self._settings.longest_wait_seconds, self._sleep
        )
        with _silence():
            try:
                self._apprise = self._apprise or self._open()
            except Exception as error:  # noqa: BLE001 - a plugin's fault must not end the run, nor show its address
                return Outcome("failed", f"Apprise cannot use the address ({type(error).__name__})")
            if self._apprise is None:
                return Outcome("failed", "the address is missing or is not one that Apprise understands")
            try:
                with watched(wire):
                    is_sent = bool(self._apprise.notify(body=text, title=title, body_format="text"))
            except Exception as error:  # noqa: BLE001 - as above
                wire.trouble = wire.trouble or f"Apprise broke ({type(error).__name__})"
                is_sent = False
        if is_sent:
            return Outcome("sent")
        if wire.may_have_arrived or not wire.is_watched:
            return Outcome("unknown", wire.trouble or "Apprise says that it failed, how far it came cannot be seen")
        return Outcome("failed", wire.trouble)

    def _open(self) -> "Apprise | None":
        from apprise import Apprise, AppriseAsset

        # No limit of its own: it would leave a delivery that waits for its next attempt running by itself.
        asset = AppriseAsset(
            app_id="falsegreen",
            app_desc="falsegreen alerts",
            app_url="",
            image_url_mask="",
            async_mode=False,
            http_redirects=False,
            service_timeout=0,
        )
        opened = Apprise(asset=asset)
        if not self._address or not opened.add(self._address):
            return None
        for service in opened:
            # Set on the object where the address says it, else taken from the class, whose 4 s are short for some.
            vars(service).setdefault("socket_read_timeout", READ_TIMEOUT_SECONDS)
        return opened


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the libraries from logging addresses, which they do in full when somebody listens closely."""
    import apprise  # noqa: F401 - its loggers and those of what it imports are there from now on

    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in _TALKATIVE]
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, was_disabled in zip(loggers, before, strict=True):
            logger.disabled = was_disabled
