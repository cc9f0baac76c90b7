"""What green pulses are not showing, in a terminal. Fits 80 columns and a pipe.

Only layout; which greens are in question and what is said of them is in the published table.
"""

import pandas as pd
from rich.console import Console

from models.false_greens import HOLDS_IF, REASON, SAID, SIGNAL, SINCE, USAGE
from pipelines.text_display import print_wrapped

_MARKS = {SAID: ">", USAGE: "=", REASON: "+", SIGNAL: "!", SINCE: "~", HOLDS_IF: "?"}
_LEGEND = "> said, = usage, + reasons, ! open signals, ~ since the pulse, ? green holds if all of this is true"


def print_greens(console: Console, greens: pd.DataFrame, day: object, *, top: int) -> None:
    """Print the greens in question with their facts, in the order of the risk table.

    Args:
        console: Where to print.
        greens: The published `false_greens`.
        day: The date that it stands for.
        top: How many renewals.
    """
    renewals = [facts for _, facts in greens.groupby(["account_id", "renewal_id"], sort=False)]
    title = f"Green in question as of {day}: {min(top, len(renewals))} of {len(renewals)} renewals"
    print_wrapped(console, title, style="bold")
    for facts in renewals[:top]:
        print_wrapped(console, _title(facts), style="green")
        print_facts(console, facts)
    if renewals:
        print_wrapped(console, _LEGEND, style="dim")


def print_facts(console: Console, facts: pd.DataFrame) -> None:
    """Print the facts of one renewal, each with the mark of what it is."""
    for topic, sentence in facts.sort_values("position")[["topic", "sentence"]].to_numpy():
        print_wrapped(console, str(sentence), mark=f"    {_MARKS[topic]} ")


def _title(facts: pd.DataFrame) -> str:
    first = facts.iloc[0]
    name = first["account_id"] if pd.isna(first["account_name"]) else first["account_name"]
    owner = (
        "nobody's" if pd.isna(first["csm_id"]) else first["csm_id"] if pd.isna(first["csm_name"]) else first["csm_name"]
    )
    return f"{name} ({owner}), renewal on {first['renewal_date']}"
