"""Serves the notebooks as pages: all from this machine, and no browser can change their code."""

import importlib
import os
import pkgutil
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from altair.utils.schemapi import disable_debug_mode
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse

from pipelines.board.access import LOOPBACK, Access
from pipelines.board.place import CONFIG_VARIABLE, HOME_VARIABLE
from pipelines.board.shell import PAGES
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTEBOOKS: Final = Path(__file__).parents[2] / "notebooks"
_KEEP_SESSION_SECONDS: Final = 120
_STATIC: Final = "static"
_FILES: Final = "/@file/"
_LATE: Final = ("mlflow", "model_diagnostics.scoring")
"""What the functions that pages call import only when they are called."""


def board_app(workspace: Workspace, port: int, board_token: str | None = None, config: Path | None = None) -> "ASGIApp":
    """Return the pages of a workspace as an ASGI application; it sets the environment by which they find it.

    Args:
        workspace: The workspace.
        port: Where it will answer.
        board_token: With which one may look from other machines; None lets it answer on this one only.
        config: Settings file, or None for the defaults.
    """
    import marimo
    from starlette.applications import Starlette
    from starlette.responses import RedirectResponse
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    _load_ahead()
    os.environ[HOME_VARIABLE] = str(workspace.root)
    os.environ.pop(CONFIG_VARIABLE, None)
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config)
    # One address for what all pages load, so that the browser keeps it from page to page.
    builder = marimo.create_asgi_app(
        quiet=True, include_code=False, session_ttl=_KEEP_SESSION_SECONDS, asset_url=f"../{_STATIC}"
    )
    for page in PAGES:
        builder = builder.with_app(path=f"/{page.path}", root=str(NOTEBOOKS / page.notebook))
    first = PAGES[0].path
    routes = [
        Route("/", lambda _: RedirectResponse(f"{first}/")),
        Mount(f"/{_STATIC}", _kept(StaticFiles(directory=Path(marimo.__file__).parent / "_static"))),
        Mount("/", files_or_not_found(builder.build())),
    ]
    return Access(Starlette(routes=routes), workspace, port, board_token)


def files_or_not_found(pages: "ASGIApp") -> "ASGIApp":
    """Say so where a file of a page that was closed is asked for; marimo begins to answer before it looks."""

    async def answer(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http" or _FILES not in scope["path"]:
            await pages(scope, receive, send)
            return
        held: list[Message] = []

        async def send_once_found(message: "Message") -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            while held:
                await send(held.pop())
            await send(message)

        try:
            await pages(scope, receive, send_once_found)
        except RuntimeError:
            if not held:
                raise
            gone = PlainTextResponse("This file is gone. Reload the page, and take it again.", HTTPStatus.NOT_FOUND)
            await gone(scope, receive, send)

    return answer


def _load_ahead() -> None:
    """Import what the pages will: each is a thread of its own, and two that import MLflow at once find half of it."""
    import pipelines.board

    for module in pkgutil.iter_modules(pipelines.board.__path__):
        importlib.import_module(f"{pipelines.board.__name__}.{module.name}")
    for late in _LATE:
        importlib.import_module(late)
    # Charts are held to their schema by the tests; to do so again at every opening takes a tenth of a second.
    disable_debug_mode()


def _kept(files: "ASGIApp") -> "ASGIApp":
    """Let the browser keep files for good: their names change with what is in them."""

    async def answer(scope: "Scope", receive: "Receive", send: "Send") -> None:
        async def send_kept(message: "Message") -> None:
            if message["type"] == "http.response.start" and "/assets/" in scope["path"]:
                MutableHeaders(scope=message)["cache-control"] = "private, max-age=31536000, immutable"
            await send(message)

        await files(scope, receive, send_kept)

    return answer


def is_beyond_this_machine(host: str) -> bool:
    """Whether a board at an address can be reached from other machines."""
    return host.strip("[]") not in LOOPBACK
