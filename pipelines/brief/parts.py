"""What a brief is built of: sections with sentences, cards and tables.

No table of the pipeline is known here, so that the template knows none either.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[Hashable, Any]
"""One row of a published table."""


@dataclass(frozen=True)
class Card:
    """One account.

    Attributes:
        title: Its name.
        link: Its page in the CRM, or None.
        figure: The one number, as text.
        beside: What stands below the number.
        facts: Short facts in one line.
        notes: Label and text of each line; a label is shown once where it repeats.
        tone: `high`, `elevated`, `low`, `lost` or nothing: the colour of the edge, never the only sign.
    """

    title: str
    link: str | None = None
    figure: str = ""
    beside: str = ""
    facts: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    tone: str = ""


@dataclass(frozen=True)
class Sheet:
    """A small table of texts; the first column names the row.

    Attributes:
        columns: Headings.
        rows: Cells.
        caption: What stands above it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Part:
    """One section of the page.

    Attributes:
        title: Heading.
        anchor: Where links lead to it.
        sentences: What is said first.
        cards: Accounts.
        sheets: Tables.
        chart: Vega-Lite specification of a chart, or None.
        chart_says: What the chart shows, for those who cannot see it.
    """

    title: str
    anchor: str
    sentences: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    chart: dict[str, Any] | None = field(default=None, repr=False)
    chart_says: str = ""
