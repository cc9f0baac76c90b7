"""What happens on the wire while Apprise delivers: what may have arrived, what is worth another attempt, and how soon.

Apprise says of a delivery only whether it succeeded. An alert must not arrive twice, so a failure that is certain has
to be told from an answer that got lost; and a receiver that is busy says how long to wait. Both are seen one level
below, in the two libraries by which it speaks HTTP and SMTP.
"""

import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

_BUSY = frozenset({429, 500, 502, 503})
"""Answers after which the same request may succeed a little later."""
_UNCLEAR = frozenset({408, 504})
"""Answers by a gateway that does not know what became of the request."""


@dataclass
class Wire:
    """One delivery as seen from below.

    Attributes:
        attempts: How often a request is made at most.
        backoff_seconds: Wait before the second; it doubles from there.
        longest_wait_seconds: A receiver that asks for more is not waited for.
        sleep: Waits.
        is_watched: Whether anything was seen at all; false where Apprise took a way that is not HTTP or SMTP.
        may_have_arrived: Whether the receiver may have taken the message, or a part of it.
        trouble: The newest failure in words without any address.
    """

    attempts: int
    backoff_seconds: float
    longest_wait_seconds: float
    sleep: Callable[[float], None] = time.sleep
    is_watched: bool = field(default=False, init=False)
    may_have_arrived: bool = field(default=False, init=False)
    trouble: str = field(default="", init=False)

    def request(self, send: "Callable[[], requests.Response]") -> "requests.Response":
        """Make a request, again where it is certain that it was not taken and the receiver may take it later."""
        from requests import RequestException

        self.is_watched = True
        for attempt in range(1, self.attempts + 1):
            wait = self.backoff_seconds * 2.0 ** (attempt - 1)
            try:
                response = send()
            except RequestException as error:
                self._note_error(error)
                if self.may_have_arrived or attempt == self.attempts:
                    raise
            else:
                self._note_answer(response)
                if response.status_code not in _BUSY or attempt == self.attempts:
                    return response
                wait = _asked_wait(response) or wait
                if wait > self.longest_wait_seconds:
                    self.trouble += f", and asked to wait {wait:.0f} s"
                    return response
            self.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def mail(self, send: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Hand a mail to the server; what the server refuses in words did not arrive, any other end is unclear."""
        try:
            refused = send()
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError) as error:
            self.trouble = f"the mail server refused ({type(error).__name__})"
            raise
        except BaseException as error:
            self.may_have_arrived = True
            self.trouble = f"the mail server did not answer ({type(error).__name__})"
            raise
        self.may_have_arrived = True
        return refused

    def _note_error(self, error: "requests.RequestException") -> None:
        if _never_left(error):
            self.trouble = f"no connection ({type(error).__name__})"
        else:
            self.may_have_arrived = True
            self.trouble = f"no answer ({type(error).__name__})"

    def _note_answer(self, response: "requests.Response") -> None:
        is_taken = 200 <= response.status_code < 300
        self.may_have_arrived |= is_taken or response.status_code in _UNCLEAR
        self.trouble = "" if is_taken else f"answered {response.status_code}"


_WIRE: ContextVar[Wire | None] = ContextVar("wire", default=None)


@contextmanager
def watched(wire: Wire) -> Iterator[None]:
    """Let all that this context sends by requests or smtplib pass by the wire; what others send passes untouched."""
    import requests

    by_http, by_mail, connect = requests.Session.send, smtplib.SMTP.sendmail, smtplib.SMTP.connect

    def send(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        seen = _WIRE.get()
        if seen is None:
            return by_http(session, request, **options)
        return seen.request(lambda: by_http(session, request, **options))

    def send_mail(server: smtplib.SMTP, *arguments: Any, **options: Any) -> dict[str, Any]:
        seen = _WIRE.get()
        if seen is None:
            return by_mail(server, *arguments, **options)
        return seen.mail(lambda: by_mail(server, *arguments, **options))

    def connect_mail(server: smtplib.SMTP, *arguments: Any, **options: Any) -> tuple[int, bytes]:
        if seen := _WIRE.get():
            seen.is_watched, seen.trouble = True, "the mail server could not be used"
        return connect(server, *arguments, **options)

    token = _WIRE.set(wire)
    patched: list[tuple[Any, str, Any, Any]] = [
        (requests.Session, "send", by_http, send),
        (smtplib.SMTP, "sendmail", by_mail, send_mail),
        (smtplib.SMTP, "connect", connect, connect_mail),
    ]
    for owner, name, _, ours in patched:
        setattr(owner, name, ours)
    try:
        yield
    finally:
        for owner, name, theirs, _ in patched:
            setattr(owner, name, theirs)
        _WIRE.reset(token)


def _never_left(error: "requests.RequestException") -> bool:
    """Whether a request failed before the receiver could have read it."""
    from requests import exceptions
    from urllib3.exceptions import NewConnectionError

    if isinstance(error, exceptions.ConnectTimeout | exceptions.SSLError | exceptions.ProxyError | ValueError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def _asked_wait(response: "requests.Response") -> float | None:
    """Seconds that a receiver asks to wait by `Retry-After`, as a number or a date; None where it does not say."""
    said = response.headers.get("Retry-After", "").strip()
    try:
        return max(float(said), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
