"""Shows on stderr which step of a run is at work, and what the run has to say on the way.

Listens to the logger that the graph hands its events to. A terminal gets a spinner; it and a pipe get one
line per step that took longer than two seconds.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

from pipelines.defs.progress import PROGRESS_LOGGER
from pipelines.text_display import print_lines

_WORTH_A_LINE_SECONDS = 2.0


class ProgressHandler(logging.Handler):
    """Turns Dagster's events into a status line."""

    def __init__(self, console: Console, status: Status) -> None:
        super().__init__()
        self._console = console
        self._status = status
        self._started: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Show one event; messages of the steps themselves are printed, everything else only moves the status."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", None) or {}
        event = meta.get("dagster_event")
        if event is None:
            if logging.INFO <= record.levelno <= logging.WARNING:
                print_lines(self._console, str(meta.get("orig_message") or record.getMessage()))
            return
        step = str(event.step_key or "")
        if event.event_type_value == "STEP_START":
            self._started[step] = time.monotonic()
            self._status.update(f"{_in_words(step)} ...")
        elif event.event_type_value == "STEP_SUCCESS":
            seconds = time.monotonic() - self._started.pop(step, time.monotonic())
            if seconds >= _WORTH_A_LINE_SECONDS:
                self._console.print(Text(f"{_in_words(step)}: {seconds:.0f} s", style="dim"))


@contextmanager
def show_progress(console: Console) -> Iterator[None]:
    """Show the progress of whatever runs in the body."""
    logger = logging.getLogger(PROGRESS_LOGGER)
    with console.status("starting ...") as status:
        handler = ProgressHandler(console, status)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)


def _in_words(step: str) -> str:
    """Name of a step as people read it: `renewals_honours_contract` is `renewals honours contract`."""
    return step.replace("_", " ")
