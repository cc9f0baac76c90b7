"""How a command ends when something is wrong: with words and an exit code, and a traceback only if asked for.

Exit codes: 1 failed, 2 bad usage.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from pipelines.text_display import print_lines, stderr

_FAILED = 1
_BAD_USAGE = 2


@contextmanager
def errors_in_words(*, debug: bool) -> Iterator[None]:
    """End the command with a message instead of a traceback."""
    try:
        yield
    except (typer.Exit, typer.BadParameter, typer.Abort, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        fail("Stopped. Nothing was published; what stood before stands.")
    except Exception as error:  # noqa: BLE001 - the last line before the user: whatever it is, they get words
        if debug:
            print_lines(stderr(), _traceback(error))
        _explain(error)


def _explain(error: Exception) -> NoReturn:
    """Print an error by what the user can do about it, and exit."""
    from pipelines.execution import RunFailedError
    from pipelines.failures import READABLE
    from pipelines.settings import SettingsError

    if isinstance(error, SettingsError):
        bad_usage(str(error))
    if isinstance(error, READABLE) or (isinstance(error, RunFailedError) and error.is_expected):
        fail(str(error))
    if isinstance(error, OSError):
        fail(str(error))
    what = str(error) if isinstance(error, RunFailedError) else f"{type(error).__name__}: {error}"
    fail(f"{what}\nThis is a fault of falsegreen. With --debug it shows where.")


def _traceback(error: Exception) -> str:
    """Where it happened: inside the step, where a step broke."""
    return getattr(error, "traceback", "") or "".join(traceback.format_exception(error))


def fail(message: str) -> NoReturn:
    """End the command: it was understood and could not be done."""
    print_lines(stderr(), message, style="red")
    raise typer.Exit(_FAILED)


def bad_usage(message: str) -> NoReturn:
    """End the command: what was typed cannot be done."""
    print_lines(stderr(), message, style="red")
    raise typer.Exit(_BAD_USAGE)
