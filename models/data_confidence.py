"""How far an account's record reaches: which sources are missing, stale or thin for it, apart from its risk.

A rule over the facts that `features.account_facts` gathers. A low confidence says nothing of the risk, only that the
risk is read off little.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import pandas as pd

from models.settings import WeeklySettings

HIGH: Final = "high"
MEDIUM: Final = "medium"
LOW: Final = "low"
FACTS: Final = (
    "as_of",
    "pulse_state",
    "has_usage",
    "last_usage_on",
    "others_usage_on",
    "contacts_in_place",
    "last_touch_on",
    "customer_since",
)
FULL_RECORD: Final = "All that is watched is on record and recent."


def data_confidence(rows: pd.DataFrame, unsupplied: Sequence[str], settings: WeeklySettings) -> pd.DataFrame:
    """Confidence in the data of each row, and what it is lacking.

    `low` where no usage was ever recorded of the account, where the usage of all accounts is stale, or where there are
    `many_gaps`; `medium` with fewer gaps, `high` without any. Gaps are: tables that nobody supplied (together one), no
    usage for `usage_stale_days` while others' arrives, no contact in place, no pulse, no touch on record, and less than
    `new_customer_days` as a customer. What was not supplied is no second gap of each account.

    Args:
        rows: `FACTS`, as gathered by `features.account_facts`, dates as `datetime64`.
        unsupplied: Names of the source tables without which features are missing.
        settings: What is stale, thin and many.

    Returns:
        `data_confidence` and `data_confidence_why`, one sentence, in the order and with the index of the rows.
    """
    confidence, why = [], []
    facts: Iterable[Any] = rows[list(FACTS)].itertuples()
    for row in facts:
        serious = list(_serious_gaps(row, settings))
        gaps = [*serious, *_gaps(row, unsupplied, settings)]
        is_low = serious or len(gaps) >= settings.many_gaps
        confidence.append(LOW if is_low else MEDIUM if gaps else HIGH)
        text = "; ".join(gaps)
        why.append(f"{text[0].upper()}{text[1:]}." if gaps else FULL_RECORD)
    return pd.DataFrame({"data_confidence": confidence, "data_confidence_why": why}, index=rows.index, dtype=object)


def _serious_gaps(row: Any, settings: WeeklySettings) -> Iterator[str]:
    """Gaps that alone make the record worth little."""
    if not row.has_usage:
        yield "no usage was ever recorded"
    elif pd.isna(row.others_usage_on) or (row.as_of - row.others_usage_on).days > settings.usage_stale_days:
        last = "" if pd.isna(row.others_usage_on) else f" after {row.others_usage_on:%Y-%m-%d}"
        yield f"no usage of any account has arrived{last or ' in weeks'}"


def _gaps(row: Any, unsupplied: Sequence[str], settings: WeeklySettings) -> Iterator[str]:
    """Gaps of which it takes several."""
    if unsupplied:
        yield f"not supplied: {', '.join(table.replace('_', ' ') for table in unsupplied)}"
    if row.has_usage and pd.notna(row.others_usage_on):
        # Those who stopped and those whose usage was not delivered look alike; somebody has to ask.
        if pd.isna(row.last_usage_on):
            yield "no usage has arrived in eight weeks while others' has: they have stopped, or the delivery has"
        elif (row.others_usage_on - row.last_usage_on).days > settings.usage_stale_days:
            last = f"{row.last_usage_on:%Y-%m-%d}"
            yield f"no usage has arrived after {last} while others' has: they have stopped, or the delivery has"
    if row.contacts_in_place == 0:
        yield "no contact in place is on record"
    if row.pulse_state == "absent" and "csm_pulses" not in unsupplied:
        yield "no pulse was given in the last 120 days"
    if pd.isna(row.last_touch_on) and "meetings" not in unsupplied:
        yield "no meeting, e-mail or value touchpoint is on record"
    days = (row.as_of - row.customer_since).days
    if days < settings.new_customer_days:
        yield f"a customer for only {days} days"
