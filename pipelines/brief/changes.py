"""What a brief says of the week: what is new, what moved, what is lost and what is won since the week before.

From the two published tables alone: a renewal is the same one in both.
"""

from typing import Final

import pandas as pd

from models.policy import TIERS
from pipelines.brief.parts import Card, Part, Row
from pipelines.figures_in_words import counted, day, money, percent, safe_link, total

_MOST: Final = 8
_KEY: Final = ["account_id", "renewal_id"]
_SETTLED: Final = ("known_loss", "already_renewed")


def changes_part(risk: pd.DataFrame, before: pd.DataFrame | None) -> Part:
    """Say what has changed since the table before.

    Args:
        risk: `account_risk`.
        before: The one before, or None.
    """
    if before is None or before.empty:
        text = "This is the first table on record. From the next one on, what has changed stands here."
        return Part("What changed", "changes", (text,))
    since = day(before["as_of"].iloc[0])
    both = risk.merge(before[[*_KEY, "status", "risk_tier"]], on=_KEY, how="left", suffixes=("", "_before"))
    lost = both[(both["status"] == "known_loss") & (both["status_before"] != "known_loss")]
    won = both[(both["status"] == "already_renewed") & (both["status_before"] != "already_renewed")]
    places = {tier: place for place, tier in enumerate(reversed(TIERS))}
    step = both["risk_tier"].map(places) - both["risk_tier_before"].map(places)
    up, down = both[step > 0], both[step < 0]
    fresh = both[both["status_before"].isna() & ~both["status"].isin(_SETTLED)]
    sentences = (
        *_counted(lost, "known loss", "known losses", "new"),
        *_renewed(won),
        *_moved(up, "up"),
        *_moved(down, "down"),
        *_counted(fresh, "renewal", "renewals", "in the table for the first time"),
    )
    cards = [_lost(row) for row in lost.to_dict("records")]
    up = up.sort_values(["expected_arr_loss", *_KEY], ascending=[False, True, True])
    cards += [_jumped(row) for row in up.to_dict("records")]
    left = len(cards) - _MOST
    if left > 0:
        sentences = (
            *sentences,
            f"The {_MOST} largest of these are below; {counted(left, 'more is', 'more are')} in the table.",
        )
    return Part(f"What changed since {since}", "changes", sentences or ("Nothing.",), tuple(cards[:_MOST]))


def _counted(rows: pd.DataFrame, noun: str, plural: str, what: str) -> tuple[str, ...]:
    if rows.empty:
        return ()
    return (f"{counted(len(rows), noun, plural)} {what}, worth {total(rows)} a year.",)


def _renewed(rows: pd.DataFrame) -> tuple[str, ...]:
    """What was decided as renewed, at the ARR that was due: the table does not hold what was renewed of it."""
    if rows.empty:
        return ()
    return (f"{counted(len(rows), 'renewal', 'renewals')} decided as renewed; {total(rows)} a year was due there.",)


def _moved(rows: pd.DataFrame, way: str) -> tuple[str, ...]:
    if rows.empty:
        return ()
    return (f"{counted(len(rows), 'renewal')} moved {way} in tier, worth {total(rows)} a year.",)


def _lost(row: Row) -> Card:
    return Card(
        title=str(row["account_name"]),
        link=safe_link(row["crm_url"]),
        figure="lost",
        beside="known loss",
        facts=(f"renewal {day(row['renewal_date'])}", f"{money(row['arr'])} {row['currency']}", str(row["csm_name"])),
        tone="lost",
    )


def _jumped(row: Row) -> Card:
    notes = []
    if isinstance(row["change_reason"], str):
        notes.append(("why", row["change_reason"]))
    return Card(
        title=str(row["account_name"]),
        link=safe_link(row["crm_url"]),
        figure=percent(row["churn_probability"]),
        beside=f"{row['risk_tier_before']} → {row['risk_tier']}",
        facts=(f"renews {day(row['renewal_date'])}", f"{money(row['arr'])} {row['currency']}", str(row["csm_name"])),
        notes=tuple(notes),
        tone=str(row["risk_tier"]),
    )
