"""The risk table as a file that a CRM takes to update its accounts: one row per account, keyed by the CRM's own id.

Which columns go under which names is a setting. Which renewal speaks for an account with several is decided here: the
first in the table's working order, that is the one to work on first.
"""

from dataclasses import dataclass

import pandas as pd

KEY = "crm_id"
NO_KEY = "no crm_id"
OTHER_RENEWAL = "another renewal of the same CRM account comes first"
LEFT_OUT_COLUMNS = ("account_id", "account_name", "crm_id", "renewal_id", "renewal_date")
"""What says of a row that was left out which one it was."""


@dataclass(frozen=True)
class CrmRows:
    """Which rows go to the CRM.

    Attributes:
        chosen: One row per account of the CRM, in working order.
        left_out: Every other row, in the table's order.
        reasons: Why each of these was left out.
    """

    chosen: pd.DataFrame
    left_out: pd.DataFrame
    reasons: tuple[str, ...]


def choose_rows(risk: pd.DataFrame) -> CrmRows:
    """Pick the row that speaks for each account of the CRM.

    Args:
        risk: `account_risk` in working order. Accounts that share a `crm_id` are one account of the CRM, which takes an
            id once.
    """
    key = risk[KEY].astype("string").str.strip()
    has_key = (key.notna() & (key != "")).fillna(value=False).astype(bool)
    is_first = has_key & ~key.where(has_key).duplicated()
    reasons = tuple(OTHER_RENEWAL if known else NO_KEY for known in has_key[~is_first])
    return CrmRows(risk.assign(**{KEY: key})[is_first], risk[~is_first], reasons)
