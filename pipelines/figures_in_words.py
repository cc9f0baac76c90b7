"""How figures of the published tables are written on pages: shares, amounts, dates, counts.

No page and no table is known here. The terminal, which has no room, writes them its own way.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

LINK_SCHEMES: Final = ("https://", "http://")


def known(value: Any) -> bool:
    """Whether a cell holds a value."""
    return value is not None and not pd.isna(value)


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row whose missing cells are None, as templates ask for them."""
    return {str(name): value if known(value) else None for name, value in row.items()}


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
