"""Signals and timelines in a terminal. Fits 80 columns and a pipe.

Only layout; what fired, why and what it calls for are those of the published tables.
"""

from collections.abc import Sequence
from datetime import date

import pandas as pd
from rich.console import Console
from rich.text import Text

from features.signals import SEVERITIES
from pipelines.books import account_called, book_of
from pipelines.text_display import print_wrapped

_STYLES = {"high": "bold red", "medium": "yellow", "low": "dim"}


def print_signals(
    console: Console, signals: pd.DataFrame, *, top: int, since: date | None, severities: Sequence[str], csm: str | None
) -> None:
    """Print what fires, the most urgent and newest first, with evidence, action and stakeholder.

    Args:
        console: Where to print.
        signals: The published `signals`.
        top: How many at most.
        since: Only episodes that started on or after this date; None for all that fire.
        severities: Which severities to print; what is left out is counted.
        csm: Only accounts of this CSM, by id or name; None for all.

    Raises:
        PublishedError: If no account with a signal is that CSM's.
    """
    on = signals[signals["ended_on"].isna()]
    on = on if csm is None else book_of(csm, on)
    on = on if since is None else on[pd.to_datetime(on["started_on"]) >= pd.Timestamp(since)]
    is_seen = on["last_seen_on"] == on["as_of"]
    unseen, on = on[~is_seen], on[is_seen]
    shown = on[on["severity"].isin(severities)]
    shown = shown.assign(rank=shown["severity"].map(SEVERITIES.index)).sort_values(
        ["rank", "started_on", "account_name", "account_id", "signal"], ascending=[True, False, True, True, True]
    )
    print_wrapped(
        console, f"Signals as of {_day(signals)}: {min(top, len(shown))} of {len(on)} that fire", style="bold"
    )
    for row in shown.head(top).to_dict("records"):
        name = row["account_id"] if pd.isna(row["account_name"]) else row["account_name"]
        owner = "" if pd.isna(row["csm_name"]) else f" ({row['csm_name']})"
        heading = f"{row['started_on']}  {row['severity']:<6}  {name}{owner}: {row['title']}"
        heading += "" if row.get("is_start_known", True) else " (on before that day)"
        print_wrapped(console, heading, style=_STYLES[str(row["severity"])])
        print_wrapped(console, str(row["evidence"]), mark="    ! ")
        print_wrapped(console, f"{row['action']} [{str(row['stakeholder']).replace('_', ' ')}]", mark="    > ")
    if len(shown) > top:
        print_wrapped(console, f"and {len(shown) - top:,} more as urgent or less.", style="dim")
    left_out = on[~on["severity"].isin(severities)]["title"].value_counts()
    if len(left_out):
        counts = ", ".join(f"{title} {count:,}" for title, count in left_out.items())
        print_wrapped(console, f"Not shown, of less urgent kinds: {counts}.", style="dim")
    for title, days in unseen.groupby("title")["last_seen_on"]:
        last = f"{len(days):,} fired when it was last watched, on {days.max()}"
        print_wrapped(console, f"Not known whether it still fires: {title}; {last}.", style="dim")


def print_signal_record(console: Console, record: pd.DataFrame) -> None:
    """Print what each signal has meant for past renewals.

    Args:
        console: Where to print.
        record: The published `signal_track_record`.
    """
    through = record["trained_through"].iloc[0] if len(record) else "-"
    print_wrapped(console, f"What signals have meant, 90-180 days ahead, through {through}", style="bold")
    heading = f"{'signal':<28} {'fired':>6} {'churn':>6} {'else':>5} {'lift':>5} {'95 %':>10} {'lead':>5} {'news':>5}"
    console.print(Text(heading, style="dim"), soft_wrap=True)
    for row in record.to_dict("records"):
        if not row["is_watched"]:
            console.print(Text(f"{row['signal']:<28} not watched", style="dim"), soft_wrap=True)
            continue
        between = "-" if pd.isna(row["lift_low"]) else f"{row['lift_low']:.1f}-{row['lift_high']:.1f}"
        lead = "-" if pd.isna(row["median_lead_days"]) else f"{row['median_lead_days']:.0f}"
        news = "-" if pd.isna(row["adds_to_model"]) else "yes" if row["adds_to_model"] else "no"
        console.print(
            Text(
                f"{row['signal']:<28} {_percent(row['fired_share']):>6} {_percent(row['churn_rate_fired']):>6} "
                f"{_percent(row['churn_rate_silent']):>5} {_number(row['lift']):>5} {between:>10} {lead:>5} {news:>5}"
            ),
            soft_wrap=True,
        )
    print_wrapped(
        console,
        "fired: share of the looks at renewals; churn and else: churn rate of those and of the others; lift: against "
        "all; lead: median days from first firing, at whatever distance, to the renewal that churned; news: adds "
        "something once the score is known. No interval where all that fired came to the same end.",
        style="dim",
    )


def print_timeline(console: Console, timeline: pd.DataFrame, account: str, names: pd.DataFrame) -> None:
    """Print what happened at an account, oldest first.

    Args:
        console: Where to print.
        timeline: The published `account_timeline`.
        account: Id or name of the account.
        names: account_id and account_name of the accounts that a name may mean.

    Raises:
        PublishedError: If no account or more than one goes by that name, or nothing is told of it.
    """
    account_id = account_called(account, timeline, names)
    events = timeline[timeline["account_id"] == account_id]
    name = names.loc[names["account_id"] == account_id, "account_name"].dropna()
    title = f"{name.iloc[0]} ({account_id})" if len(name) else account_id
    print_wrapped(console, f"{title}: {len(events)} events of the year before {_day(timeline)}", style="bold")
    for row in events.to_dict("records"):
        late = "" if row["recorded_on"] == row["occurred_on"] else f" (recorded {row['recorded_on']})"
        print_wrapped(console, f"{row['text']}{late}", mark=f"{row['occurred_on']}  {row['topic']:<9} ")


def _day(table: pd.DataFrame) -> object:
    return table["as_of"].iloc[0] if len(table) else "an empty table"


def _percent(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.0%}"


def _number(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.1f}"
