"""What an alert says: plain text without markup, in which no name or free text can call people or lead elsewhere.

What is worth an alert is decided in `news`. A channel's own format is left to the library that delivers.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import Any

from pipelines.text_display import printable

LISTED = 20
"""Alerts that a digest spells out; the others are counted."""
_GAP = "\u200b"
_CALLS = re.compile(r"(?<!\w)@(?=\S)|<(?=[!@#\w/])|\](?=\()")
"""Where a channel may take text for a mention (@everyone, <!channel>, <at>) or a link or picture ([a](b))."""

Row = Mapping[Hashable, Any]


def plain(text: str) -> str:
    """Return a text as one line in which nothing is a command to a channel; what a reader sees stays the same."""
    return _CALLS.sub(lambda found: found.group() + _GAP, printable(text))


def name_of(row: Row) -> str:
    """Return what people call the account."""
    return str(row["account_id"] if _is_missing(row.get("account_name")) else row["account_name"])


def signal_lines(row: Row) -> tuple[str, ...]:
    """Say what speaks for a signal and what it calls for."""
    return f"Why: {row['evidence']}", f"Do: {row['action']} [{_words(row['stakeholder'])}]"


def loss_lines(row: Row) -> tuple[str, ...]:
    """Say what is lost."""
    return (f"Notice or a loss is on record for the renewal of {row['renewal_date']}, {_money(row)} a year.",)


def jump_lines(row: Row, before: str) -> tuple[str, ...]:
    """Say from where to where the risk rose, why, and what to do where the table says so."""
    said = f"Risk of the renewal of {row['renewal_date']} rose from {before} to {row['risk_tier']}"
    if not _is_missing(row.get("churn_probability")):
        said += f" ({row['churn_probability']:.0%} to churn)"
    lines = [f"{said}, {_money(row)} a year."]
    labels = {"change_reason": "What moved", "top_reason": "Strongest reason", "action": "Do"}
    lines += [f"{label}: {row[name]}" for name, label in labels.items() if not _is_missing(row.get(name))]
    return tuple(lines)


def owner_line(csm: str | None, before: str | None) -> str:
    """Say whose account it is, and whose it was until this week."""
    whose = f"For {csm}." if csm else "Nobody owns this account."
    return f"{whose} The account was {before}'s until this week." if before else whose


def digest(alerts: Sequence[tuple[str, str]], as_of: date) -> tuple[str, str]:
    """Return title and text of one message in place of many.

    Args:
        alerts: Title and owner of each; the owner may be empty.
        as_of: Date of the newest.
    """
    lines = [f"- {title}" + (f" ({owner})" if owner else "") for title, owner in alerts[:LISTED]]
    if len(alerts) > LISTED:
        lines.append(f"and {len(alerts) - LISTED} more")
    lines.append("In full: falsegreen signals, falsegreen show.")
    return f"{len(alerts)} alerts as of {as_of}", "\n".join(lines)


def _money(row: Row) -> str:
    currency = "" if _is_missing(row.get("currency")) else f" {row['currency']}"
    return f"{float(row['arr']):,.0f}{currency}"


def _words(value: object) -> str:
    return str(value).replace("_", " ")


def _is_missing(value: object) -> bool:
    return value is None or value != value
