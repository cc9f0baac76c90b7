"""Who may look at the board, and under whose name they would record.

On the machine itself everybody may look; beyond it a token is asked for: one's own, with which one can record too, or
the board's, with which one can look. Another site's page cannot use a browser that is signed in here, nor one that sits
on the same machine: requests that come from elsewhere are refused by their Origin, and by the name they call.
"""

import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.websockets import WebSocketClose

from pipelines.board.sessions import SECONDS_SIGNED_IN, sessions
from pipelines.board.shell import PAGES, READER
from pipelines.pages import render
from pipelines.recording.people import author_of
from pipelines.recording.records import RecordingError
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_ABOUT: Final = ("account", "seen")
_POLICY_VIOLATION: Final = 1008
_HEADERS: Final = {
    # Whatever a page holds, the browser asks no other machine for anything.
    "content-security-policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none'; "
    "form-action 'self'; base-uri 'self'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


class Access:
    """Lets requests through to the pages, with what is known of who makes them.

    Args:
        app: The pages.
        workspace: Whose people have tokens.
        port: Where the board answers: cookies do not tell ports apart, so their name does.
        board_token: Token with which one may look, where the board answers beyond this machine; None where it does not.
    """

    def __init__(self, app: "ASGIApp", workspace: Workspace, port: int, board_token: str | None) -> None:
        self._app = app
        self._workspace = workspace
        self._cookie = f"falsegreen_{port}"
        self._board_token = board_token

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request, or hand it to the pages."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        session = connection.cookies.get(self._cookie, "")
        who = self.who(sessions.token(session))
        answer = self._refusal(connection, who)
        if answer is None and scope["path"] == "/sign-in":
            answer = await self._sign_in(Request(scope, receive))
        elif answer is None and scope["path"] == "/sign-out":
            sessions.end(session)
            answer = RedirectResponse("risk/", HTTPStatus.SEE_OTHER)
            answer.delete_cookie(self._cookie)
        if answer is None:
            scope["meta"] = {"csm_id": who, "session": session}
            await self._app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)
        elif scope["type"] == "websocket":
            await WebSocketClose(_POLICY_VIOLATION)(scope, receive, send)
        else:
            await answer(scope, receive, _with_headers(send))

    def who(self, token: str) -> str | None:
        """Return the person whom a token speaks for, READER for that of the board, or None."""
        if not token:
            return None
        if self._board_token is not None and hmac.compare_digest(token.encode(), self._board_token.encode()):
            return READER
        try:
            return author_of(self._workspace, token)
        except RecordingError:
            return None

    def _refusal(self, connection: HTTPConnection, who: str | None) -> Response | None:
        """What is answered instead of the page, or None."""
        host = connection.headers.get("host", "")
        origin = connection.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return PlainTextResponse("Pages of other sites get nothing from this board.", HTTPStatus.FORBIDDEN)
        if self._board_token is None:
            # A name that somebody else's server has pointed at this machine is not this board's.
            if urlsplit(f"//{host}").hostname not in LOOPBACK:
                return PlainTextResponse("This board answers on this machine only.", HTTPStatus.MISDIRECTED_REQUEST)
            return None
        if who is None and connection.url.path not in ("/sign-in", "/static/favicon.ico"):
            wanted = connection.url.path.strip("/").split("/")[0]
            asked = {"next": wanted if _page(wanted) else "", **_kept(connection)}
            return RedirectResponse(f"/sign-in?{urlencode(asked)}", HTTPStatus.SEE_OTHER)
        return None

    async def _sign_in(self, request: Request) -> Response:
        wanted, kept = _page(request.query_params.get("next", "")) or PAGES[0].path, _kept(request)
        if request.method != "POST":
            return self._form(wanted, kept, HTTPStatus.OK)
        async with request.form() as form:
            token = str(form.get("token", "")).strip()
        if self.who(token) is None:
            return self._form(wanted, kept, HTTPStatus.UNAUTHORIZED)
        response = RedirectResponse(f"{wanted}/?{urlencode(kept)}" if kept else f"{wanted}/", HTTPStatus.SEE_OTHER)
        response.set_cookie(
            self._cookie,
            sessions.begin(token),
            max_age=SECONDS_SIGNED_IN,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    def _form(self, wanted: str, kept: dict[str, str], status: HTTPStatus) -> HTMLResponse:
        page = render(
            "board/sign_in.html.j2",
            wanted=wanted,
            query=urlencode({"next": wanted, **kept}),
            was_refused=status == HTTPStatus.UNAUTHORIZED,
            is_asked_to_look=self._board_token is not None,
        )
        return HTMLResponse(page, status)


def _page(path: str) -> str | None:
    """The path of a page, or None where there is none: nobody is sent anywhere else."""
    return path if path in {page.path for page in PAGES} else None


def _kept(connection: HTTPConnection) -> dict[str, str]:
    """What a page was asked about, and is asked about again once somebody has signed in."""
    return {name: value for name in _ABOUT if (value := connection.query_params.get(name))}


def _with_headers(send: "Send") -> "Send":
    async def send_with_headers(message: "Message") -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return send_with_headers
