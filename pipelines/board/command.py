"""`falsegreen board`: the pages, served until it is stopped."""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from pipelines.command_errors import bad_usage, errors_in_words
from pipelines.command_options import Config, Debug, Out, existing_workspace
from pipelines.text_display import print_wrapped, stdout

_SHORTEST_TOKEN: Final = 16
TOKEN_VARIABLE: Final = "FALSEGREEN_BOARD_TOKEN"  # noqa: S105 - the name of a variable


def board(
    out: Out = Path(".falsegreen"),
    host: Annotated[
        str, typer.Option("--host", help="Where to answer. Anything but this machine asks for a token.")
    ] = ("127.0.0.1"),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where to answer.")] = 8780,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Serve the pages: risk board, accounts, recording a pulse, forecast, gut feel, model. Ends with Ctrl-C."""
    with errors_in_words(debug=debug):
        import uvicorn

        from pipelines.board.server import board_app, is_beyond_this_machine
        from pipelines.settings import load_settings

        workspace = existing_workspace(out)
        load_settings(config)  # said now and not on the first page
        token = None
        if is_beyond_this_machine(host):
            token = os.environ.get(TOKEN_VARIABLE, "").strip() or secrets.token_urlsafe(32)
        _refuse_taken(host, port)
        app = board_app(workspace, port, token, config)
        if token is not None and len(token) < _SHORTEST_TOKEN:
            bad_usage(
                f"{TOKEN_VARIABLE} has {len(token)} characters; {_SHORTEST_TOKEN} it takes, or it can be guessed."
            )
        everywhere = host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
        name = socket.gethostname() if everywhere else f"[{host}]" if ":" in host else host
        print_wrapped(stdout(), f"The board is at http://{name}:{port}/ until you press Ctrl-C.")
        if token is not None and not os.environ.get(TOKEN_VARIABLE):
            print_wrapped(stdout(), f"To look, sign in with this token, or with your own: {token}")
        if token is not None:
            print_wrapped(
                stdout(), "It speaks plain HTTP: put a proxy with TLS before it where the network is not yours alone."
            )
        # Ctrl-C is how a board ends, and no failure.
        with suppress(KeyboardInterrupt):
            uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            bad_usage(f"Nothing can answer at {host}, port {port}: {error.strerror}. Name another with --port.")
