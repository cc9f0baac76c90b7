"""The report on past calls as files: a Markdown page, and a page of HTML that needs no other file and no network.

Layout lies in the templates; what is said in `models.calls.report`. Text of the file that was judged is escaped in
both.
"""

import base64
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import pandas as pd
from markupsafe import Markup

from models.calls.report import Report
from pipelines.pages import render
from pipelines.plots import svg_of
from pipelines.whole_files import replace_file

PAGE: Final = "judgement.html"
MARKDOWN: Final = "judgement.md"
LEFT_OUT: Final = "left_out.csv"


def prepare_folder(folder: Path) -> None:
    """Create the folder of the pages where it is not there yet, and try whether a file can be written into it.

    Raises:
        OSError: It cannot be created, or no file can be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder):
        pass


def write_pages(report: Report, charts: dict[str, dict[str, Any]], folder: Path) -> tuple[Path, Path]:
    """Write the Markdown and the HTML page into a folder, which is created.

    Args:
        report: What to say.
        charts: Vega-Lite specifications by the name that sections use.
        folder: Where to.

    Returns:
        Paths of the Markdown and of the HTML page.
    """
    pictures = {name: svg_of(specification) for name, specification in charts.items()}
    pages = folder / MARKDOWN, folder / PAGE
    replace_file(pages[0], as_markdown(report, pictures).encode("utf-8"))
    replace_file(pages[1], as_html(report, pictures).encode("utf-8"))
    return pages


def write_left_out(left_out: pd.DataFrame, folder: Path) -> Path:
    """Write which rows were left out and why, one line each, into a folder; return the path of the file."""
    path = folder / LEFT_OUT
    replace_file(path, left_out.to_csv(index=False, lineterminator="\n").encode("utf-8"))
    return path


def as_html(report: Report, pictures: dict[str, str]) -> str:
    """The page with its pictures inside it."""
    inline = {name: Markup(svg) for name, svg in pictures.items()}  # noqa: S704 - the drawing library escapes its texts
    return render("judge.html.j2", report=report, charts=inline)


def as_markdown(report: Report, pictures: dict[str, str]) -> str:
    """The same as Markdown; pictures are data addresses, so that the file needs no other."""
    encoded = {name: base64.b64encode(svg.encode("utf-8")).decode("ascii") for name, svg in pictures.items()}
    addresses = {name: f"data:image/svg+xml;base64,{text}" for name, text in encoded.items()}
    return render("judge.md.j2", report=report, charts=addresses)
