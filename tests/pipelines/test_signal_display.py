"""The list of signals as it is printed."""

from datetime import date
from io import StringIO

import pandas as pd
from rich.console import Console

from pipelines.signal_display import print_signals

AS_OF, BEFORE = date(2026, 6, 24), date(2026, 6, 20)


def episode(account: str, title: str, last_seen_on: date) -> dict[str, object]:
    return {
        "as_of": AS_OF,
        "account_id": account,
        "account_name": account.title(),
        "csm_name": "Zoe",
        "signal": title.lower(),
        "title": title,
        "severity": "high",
        "started_on": date(2026, 6, 1),
        "last_seen_on": last_seen_on,
        "ended_on": None,
        "evidence": f"seen on {last_seen_on}",
        "action": "Call.",
        "stakeholder": "champion",
    }


def test_what_nobody_watches_any_more_is_not_among_what_fires() -> None:
    signals = pd.DataFrame(
        [
            episode("acme", "Usage decline", AS_OF),
            episode("acme", "Champion left", BEFORE),
            episode("bolt", "Champion left", BEFORE),
        ]
    )
    out = StringIO()
    console = Console(file=out, width=200)
    print_signals(console, signals, top=9, since=None, severities=["high"], csm=None)
    said = out.getvalue()
    assert "Signals as of 2026-06-24: 1 of 1 that fire" in said
    assert "seen on 2026-06-20" not in said
    assert "Not known whether it still fires: Champion left; 2 fired when it was last watched, on 2026-06-20." in said
