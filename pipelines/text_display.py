"""Text on a terminal: wrapped between words, indented below its mark, never read as markup. Fits a pipe as well."""

import textwrap
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

_LEAST_WIDTH = 40


def print_wrapped(console: Console, text: str, *, mark: str = "", style: str = "") -> None:
    """Print a paragraph with a mark in front and every further line below the text.

    Args:
        console: Where to print.
        text: The paragraph.
        mark: What stands before it, for example `- `.
        style: Style of rich.
    """
    lines = textwrap.wrap(
        text,
        width=max(console.width, _LEAST_WIDTH),
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_on_hyphens=False,
    )
    for line in lines:
        console.print(Text(line, style=style), soft_wrap=True)


def print_section(console: Console, title: str, paragraphs: Iterable[str]) -> None:
    """Print a title and below it one marked paragraph each; nothing where there are none."""
    shown = list(paragraphs)
    if not shown:
        return
    print_wrapped(console, title, style="bold")
    for paragraph in shown:
        print_wrapped(console, paragraph, mark="- ")
    console.print()


def stdout() -> Console:
    """Return the console for results."""
    return Console()


class _ProgressConsole(Console):
    """A console whose reader may leave: a run goes on without an audience."""

    def on_broken_pipe(self) -> None:
        """Fall silent instead of ending the process."""
        self.quiet = True


def stderr() -> Console:
    """Return the console for progress and errors."""
    return _ProgressConsole(stderr=True)
