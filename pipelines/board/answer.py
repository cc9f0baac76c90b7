"""What a page answers when something was to be put on record: that it stands, or what is wrong with it."""

from dataclasses import dataclass

from pipelines.board.shell import parts
from pipelines.pages import render
from pipelines.recording.records import RecordingError


@dataclass(frozen=True)
class Answer:
    """What became of something that was to be recorded.

    Attributes:
        html: What is said of it.
        is_recorded: Whether it stands on record.
    """

    html: str
    is_recorded: bool


def recorded(sentence: str) -> Answer:
    """Say that it stands on record."""
    return Answer(render("board/said.html.j2", sentences=[parts(sentence)], is_refused=False), is_recorded=True)


def held_back(*sentences: str) -> str:
    """Say what stands against a form that was sent; nothing is recorded yet."""
    return render("board/said.html.j2", sentences=[parts(each) for each in sentences], is_refused=True)


def refused(error: RecordingError) -> Answer:
    """Say that nothing was recorded, and everything that is wrong."""
    return Answer(held_back(*error.faults), is_recorded=False)
