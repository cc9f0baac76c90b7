"""What is new: high signals that began, renewals that turned out lost, and risk that rose by a tier.

Only published tables are read, and only the newest of each, against an earlier one that has been looked at. Each
published date is looked at once, so that a re-run tells nobody anything. Who is told, and how, is decided elsewhere.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from models.policy import TIERS
from pipelines.alerts.wording import jump_lines, loss_lines, name_of, plain, signal_lines
from pipelines.manifest import published_dates, read_published
from pipelines.workspace import Workspace

MAX_AGE_DAYS = 3
"""How old a published date may be, and how far back a missed one is made up for."""
SIGNALS, RISK = "signals", "account_risk"
LOST = "known_loss"


@dataclass(frozen=True)
class Alert:
    """One piece of news.

    Attributes:
        kind: `signal`, `known_loss` or `tier_jump`.
        account_id: Account that it is about.
        renewal_id: Renewal that it is about; empty where it is about the account.
        episode: Tells two pieces of news of the same kind and renewal apart; the same however often it is looked at.
        as_of: Date as of which it is so.
        csm_id: Owner of the account as of then; empty where there is none.
        owner: That owner's name; the id where it is not known.
        title: What it is and of whom, in one line.
        lines: What there is to say.
    """

    kind: str
    account_id: str
    renewal_id: str
    episode: str
    as_of: date
    csm_id: str
    owner: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class News:
    """What a table has to tell.

    Attributes:
        table: Name of the table.
        as_of: Its newest date, if that is one to be looked at, else None.
        alerts: What is new in it.
        note: What was compared, or why nothing was.
    """

    table: str
    as_of: date | None
    alerts: tuple[Alert, ...]
    note: str


def find_news(workspace: Workspace, table: str, today: date, looked: Collection[date]) -> News:
    """Return what is new in the newest published table.

    Args:
        workspace: Where it stands published.
        table: `signals` or `account_risk`.
        today: Today, UTC.
        looked: Published dates of the table that have been looked at before.

    Raises:
        PublishedError: If the table is no longer as it was published.
    """
    dates = [day for day in published_dates(workspace, table) if day <= today]
    if not dates:
        return News(table, None, (), f"`{table}` has not been published.")
    day = dates[-1]
    if (today - day).days > MAX_AGE_DAYS:
        return News(table, None, (), f"The newest `{table}` is of {day}, more than {MAX_AGE_DAYS} days ago.")
    if day in looked:
        return News(table, None, (), f"`{table}` as of {day} has been looked at already.")
    before = _compared_with(dates, looked)
    if before is None:
        return News(table, day, (), f"`{table}` as of {day} is the first: there is nothing to compare it with.")
    now, then = read_published(workspace, table, day), read_published(workspace, table, before)
    alerts = tuple(_FINDERS[table](now, then, day, before))
    return News(table, day, alerts, f"`{table}` as of {day} against {before}: {len(alerts)} new.")


def _compared_with(dates: list[date], looked: Collection[date]) -> date | None:
    """Return the newest earlier date that was looked at; where looks were missed, at most three days back.

    A date published in between, and never looked at, would otherwise take its news with it.
    """
    day, found = dates[-1], None
    for found in reversed(dates[:-1]):
        if found in looked or (day - found).days >= MAX_AGE_DAYS:
            break
    return found


def _new_signals(now: pd.DataFrame, _then: pd.DataFrame, day: date, before: date) -> Iterator[Alert]:
    started = pd.to_datetime(now["started_on"])
    rows = now[(now["severity"] == "high") & now["ended_on"].isna() & (started > pd.Timestamp(before))]
    for row in rows.to_dict("records"):
        title = f"{row['title']}: {name_of(row)}"
        yield _alert("signal", row, f"{row['signal']}@{row['started_on']}", day, title, signal_lines(row))


def _new_risk(now: pd.DataFrame, then: pd.DataFrame, day: date, before: date) -> Iterator[Alert]:
    """Known losses and tier jumps; what is lost has no tier any more."""
    key, compared = ["account_id", "renewal_id"], ["status", "risk_tier"]
    earlier = then.set_index(key).reindex(columns=compared).add_suffix("_before")
    rows = now.join(earlier, on=key)
    for row in rows[(rows["status"] == LOST) & (rows["status_before"] != LOST)].to_dict("records"):
        yield _alert("known_loss", row, f"since {before}", day, f"Lost: {name_of(row)}", loss_lines(row))
    rank = {tier: place for place, tier in enumerate(reversed(TIERS))}
    rose = rows["risk_tier"].map(rank) > rows["risk_tier_before"].map(rank)
    for row in rows[rose & (rows["status"] != LOST)].to_dict("records"):
        title = f"Risk now {row['risk_tier']}: {name_of(row)}"
        yield _alert("tier_jump", row, f"since {before}", day, title, jump_lines(row, row["risk_tier_before"]))


_FINDERS: dict[str, Callable[[pd.DataFrame, pd.DataFrame, date, date], Iterator[Alert]]] = {
    SIGNALS: _new_signals,
    RISK: _new_risk,
}


def _alert(kind: str, row: dict[Any, Any], episode: str, day: date, title: str, lines: tuple[str, ...]) -> Alert:
    account, renewal, csm, name = (
        "" if pd.isna(row[column]) else str(row[column])
        for column in ("account_id", "renewal_id", "csm_id", "csm_name")
    )
    told = tuple(plain(line) for line in lines)
    return Alert(kind, account, renewal, episode, day, csm, plain(name or csm), plain(title), told)
