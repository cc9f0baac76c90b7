"""What every page has: the way to the others, a title, whose signature it would record under, and empty states.

The names of pages and their addresses stand here alone. Everything is HTML text that `pipelines.pages` has escaped.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from pipelines.pages import render

READER: Final = "reader"


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        path: First part of its address, and what its notebook's name begins with.
        title: Name of it.
        notebook: File in the folder of notebooks.
        about: What it is for.
    """

    path: str
    title: str
    notebook: str
    about: str


PAGES: Final = (
    Page("risk", "Risk board", "risk_board.py", "who is at risk this week, why, and what to do"),
    Page("account", "Account", "account.py", "everything that is known of one account"),
    Page("pulse", "Record a pulse", "record_a_pulse.py", "how an account feels today, and why"),
    Page("forecast", "Forecast", "forecast.py", "what will renew, within which bounds"),
    Page("gut-feel", "Gut feel", "gut_feel_review.py", "what colours have meant, and who was right"),
    Page("model", "Model", "model_review.py", "how good the predictions are and have been"),
    Page("bring-your-data", "Bring your data", "bring_your_data.py", "from a folder of files to the first table"),
)


def header(
    path: str,
    said: Iterable[str] = (),
    meta: Mapping[str, object] | None = None,
    title: str = "",
    about: Mapping[str, str] | None = None,
) -> str:
    """The top of a page.

    Args:
        path: Which page.
        said: What it says first, sentence by sentence.
        meta: What the server knows of who looks: `csm_id` where they have signed in. None where no server is.
        title: Heading, where it is not the page's own name.
        about: What the address asks about; whoever signs in comes back to it.
    """
    page = next(page for page in PAGES if page.path == path)
    who = (meta or {}).get("csm_id")
    return render(
        "board/header.html.j2",
        pages=PAGES,
        page=page,
        title=title or page.title,
        said=tuple(said),
        who=None if who in (None, READER) else who,
        is_served=meta is not None,
        about=urlencode(about or {}),
    )


def empty(what: str, *to_do: str) -> str:
    """What stands where there is nothing to show: what is missing, and what to do about it.

    Args:
        what: What is missing.
        to_do: What brings it, a step each; a command stands between backquotes.
    """
    return render("board/empty.html.j2", what=what, steps=[parts(step) for step in to_do])


def nothing_published(what: str = "No risk table is published here yet.") -> str:
    """The empty state of a page whose tables no run has published."""
    return empty(
        what,
        "Try it on a made-up company: `falsegreen demo`",
        "With your own tables: `falsegreen run --source DIR --out WORKSPACE`, then reload",
    )


def section(
    heading: str,
    said: Iterable[str] = (),
    *,
    listed: Iterable[str] = (),
    figures: Mapping[str, str] | None = None,
    small: Iterable[str] = (),
    link: tuple[str, str] | None = None,
) -> str:
    """A heading, and what is said below it before tables and charts; a name of the code stands between backquotes.

    Args:
        heading: Heading.
        said: Sentences, a paragraph each.
        listed: Sentences that stand in a list.
        figures: Figures to be seen at a glance, by name.
        small: How to read what follows, a paragraph each.
        link: Address and text of a link below; values in the address are already quoted.
    """
    return render(
        "board/section.html.j2",
        heading=heading,
        said=[parts(sentence) for sentence in said],
        listed=[parts(sentence) for sentence in listed],
        figures=tuple((figures or {}).items()),
        small=[parts(sentence) for sentence in small],
        link=link,
    )


def parts(text: str) -> list[tuple[str, bool]]:
    """The pieces of a text, and whether each is a command or a name of the code."""
    return [(piece, place % 2 == 1) for place, piece in enumerate(text.split("`")) if piece]
