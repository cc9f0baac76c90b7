"""The brief as one HTML file that needs no other file and no network.

Layout lies in the template; what is said in the sections. All text of the sources is escaped.
"""

from markupsafe import Markup

from pipelines.brief.parts import Part
from pipelines.pages import render
from pipelines.plots import svg_of


def brief_page(title: str, lead: tuple[str, ...], parts: list[Part]) -> str:
    """The page.

    Args:
        title: Heading.
        lead: What leadership reads first.
        parts: The sections in order.
    """
    charts = {
        part.anchor: Markup(svg_of(part.chart))  # noqa: S704 - the drawing library escapes its texts
        for part in parts
        if part.chart is not None
    }
    return render("brief.html.j2", title=title, lead=lead, parts=parts, charts=charts)
