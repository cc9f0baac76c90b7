"""Text on a terminal: wrapped between words, indented below its mark, never read as markup or command. Fits a pipe.

The one place where text of the sources loses what a terminal would obey.
"""

import textwrap
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

_LEAST_WIDTH = 40
_BREAKS = (*range(0x09, 0x0E), 0x85, 0x2028, 0x2029)
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_PRINTABLE = dict.fromkeys((*_CONTROLS, *_DIRECTIONS), "\N{REPLACEMENT CHARACTER}") | dict.fromkeys(_BREAKS, " ")


def printable(text: str) -> str:
    """Return a text as one line that a terminal only shows.

    Args:
        text: Any text. Characters that steer a terminal or turn the direction of writing are replaced by U+FFFD, line
            breaks and tabs by a blank.
    """
    return text.translate(_PRINTABLE)


def print_lines(console: Console, text: str, *, style: str = "") -> None:
    """Print a text whose lines stand already.

    Args:
        console: Where to print.
        text: The lines.
        style: Style of rich.
    """
    for line in text.split("\n"):
        console.print(Text(printable(line), style=style), soft_wrap=True)


def print_wrapped(console: Console, text: str, *, mark: str = "", style: str = "") -> None:
    """Print a paragraph with a mark in front and every further line below the text.

    Args:
        console: Where to print.
        text: The paragraph.
        mark: What stands before it, for example `- `.
        style: Style of rich.
    """
    lines = textwrap.wrap(
        printable(text),
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
