"""What happened next to what was said: a person's last words before each renewal that has been decided."""

from collections.abc import Mapping

import pandas as pd

from pipelines.board.theme import COLOURS
from pipelines.figures_in_words import counted


def what_came(ledger: pd.DataFrame, names: Mapping[str, str | None], csm_id: str) -> pd.DataFrame:
    """Return what happened next to what somebody said last before each renewal that has been decided.

    Args:
        ledger: `judgement_ledger`.
        names: Name of each account by id.
        csm_id: Who said it.

    Returns:
        renewal, account, said, on, why, what came; the newest renewals first.
    """
    is_theirs = (ledger["checkpoint"] == "last_pulse") & (ledger["pulse_csm_id"] == csm_id)
    rows = ledger.loc[is_theirs & ledger["sentiment"].notna()]
    rows = rows.sort_values(["renewal_date", "renewal_id"], ascending=[False, True], ignore_index=True)
    came = rows["is_churned"].map({True: "left", False: "renewed"})
    came = came.where(~rows["is_contracted"].fillna(False).astype(bool), "renewed for less")
    return pd.DataFrame(
        {
            "renewal": rows["renewal_date"].astype("string"),
            "account": [names.get(account) or account for account in rows["account_id"]],
            "said": rows["sentiment"],
            "on": rows["pulse_on"].astype("string"),
            "why": rows["reason"].fillna(""),
            "what came": came,
        }
    )


def summary_of(came: pd.DataFrame) -> str:
    """A sentence on how often each colour was followed by a loss; counts and no judgement on a few of them."""
    parts = []
    for colour in COLOURS:
        said = came[came["said"] == colour]
        if len(said):
            left = int((said["what came"] == "left").sum())
            parts.append(f"{colour} {counted(len(said), 'time')}, {left} of them left")
    return (
        f"Last words before a decision: {'; '.join(parts)}." if parts else "Nothing that you said has been decided yet."
    )
