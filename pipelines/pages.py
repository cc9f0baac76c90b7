"""Pages from templates: whole files that need no other file and no network, with all text escaped.

What a page says is decided by whoever renders it; how it looks is in `templates/`.
"""

import re
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

from pipelines.text_display import printable

_MARKDOWN_SIGNS: Final = re.compile(r"([\\`*_\[\]<>|#])")


def render(template: str, **content: object) -> str:
    """Fill a template.

    Args:
        template: Name of a file in `templates/`; HTML is escaped, in Markdown the filter `plain` does it.
        content: What the template asks for; everything that it asks for has to be there.
    """
    return _environment().get_template(template).render(**content)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = _plain
    return environment


def _template(name: str) -> str:
    return resources.files("pipelines").joinpath("templates", name).read_text(encoding="utf-8")


def _plain(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", printable(text))
