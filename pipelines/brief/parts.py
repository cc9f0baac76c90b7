"""What a brief is built of: sections with sentences, cards and tables, and how figures are written in it.

No table of the pipeline is known here, so that the template knows none either.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pandas as pd

Row = Mapping[Hashable, Any]
"""One row of a published table."""
LINK_SCHEMES: Final = ("https://", "http://")


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


def known(value: Any) -> bool:
    """Whether a cell holds a value."""
    return value is not None and not pd.isna(value)


def percent(value: object, decimals: int = 0) -> str:
    """A share as a percentage, or a dash."""
    return f"{float(str(value)):.{decimals}%}" if known(value) else "–"


def between(low: object, high: object) -> str:
    """An interval of shares, or nothing."""
    return f"{100 * float(str(low)):.0f}–{float(str(high)):.0%}" if known(low) and known(high) else ""


def money(value: object) -> str:
    """An amount without its currency."""
    return f"{float(str(value)):,.0f}" if known(value) else "–"


def total(rows: pd.DataFrame, column: str = "arr") -> str:
    """The sum of a column within each currency: amounts of different ones are never added.

    Args:
        rows: With `currency`.
        column: Amounts.
    """
    sums = rows.groupby(rows["currency"].fillna("(no currency)"))[column].sum()
    return " and ".join(f"{money(amount)} {name}" for name, amount in sums.items()) or "0"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def day(value: Any) -> str:
    """A date as YYYY-MM-DD, or a dash."""
    return str(pd.Timestamp(value).date()) if known(value) else "–"


def weekday(value: date) -> str:
    """A date in words."""
    return f"{value:%A}, {value.day} {value:%B %Y}"


def safe_link(value: object) -> str | None:
    """An address that a click may follow: one of the web, nothing that a browser would execute."""
    text = str(value).strip() if known(value) else ""
    return text if text.lower().startswith(LINK_SCHEMES) else None
