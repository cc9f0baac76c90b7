"""Who is signed in, and whose score each has been shown: in the memory of the server, and gone when it stops.

Pages and server share a process. A browser holds the id of a session and never a token.
"""

import secrets
import time
from collections import defaultdict
from typing import Final, Literal

from pipelines.workspace import Workspace

SECONDS_SIGNED_IN: Final = 12 * 3600
_SECONDS_IN_MIND: Final = 24 * 3600
_THE_BOARD: Final = "*"

Visible = Literal["yes", "no", "unknown"]


class Sessions:
    """The sessions of one server."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[str, float]] = {}
        self._shown: defaultdict[tuple[Workspace, str], dict[str, float]] = defaultdict(dict)

    def begin(self, token: str) -> str:
        """Return the id of a new session of whoever presented a token."""
        session = secrets.token_urlsafe(32)
        self._tokens[session] = token, time.monotonic()
        return session

    def end(self, session: str) -> None:
        """Forget a session, wherever it is open."""
        self._tokens.pop(session, None)

    def token(self, session: str) -> str:
        """Return the token of a session; empty where it has ended or is too old."""
        token, begun = self._tokens.get(session, ("", 0.0))
        return token if token and time.monotonic() - begun < SECONDS_SIGNED_IN else ""

    def note_shown(self, workspace: Workspace, who: object, account_id: str | None = None) -> None:
        """Keep in mind that somebody was shown the score of an account, or the list of all.

        Args:
            workspace: Whose scores.
            who: Id of the person; anything but a text is nobody who has signed in.
            account_id: The account; None for the list.
        """
        if isinstance(who, str):
            self._shown[workspace, who][account_id or _THE_BOARD] = time.monotonic()

    def was_shown(self, workspace: Workspace, who: str, account_id: str) -> Visible:
        """Return whether somebody was shown an account's score within a day; `unknown` where they saw the list."""
        seen = self._shown[workspace, who]
        now = time.monotonic()
        if account_id in seen and now - seen[account_id] < _SECONDS_IN_MIND:
            return "yes"
        return "unknown" if _THE_BOARD in seen and now - seen[_THE_BOARD] < _SECONDS_IN_MIND else "no"


sessions: Final = Sessions()
"""Those of this process."""
