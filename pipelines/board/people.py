"""Who is who at an account: its contacts by role, how long they have been there, and whether they use the product.

Read from the tables that the newest run ingested, so from what was recorded before its date. Names of contacts are not
among what falsegreen takes in; their ids are.
"""

# ruff: noqa: S608  (column names are of our own, paths and texts are quoted)

from typing import Final

import pandas as pd

from data_contracts.reading import quote_text
from pipelines.recording.known import KnownCompany, parquet, query

_DECIDING: Final = ("champion", "executive_sponsor", "economic_buyer")
_ROLES: Final = (*_DECIDING, "procurement", "finance", "admin", "end_user", "other")
_COLUMNS: Final = ["role", "who", "since", "left", "used the product last"]


def stakeholders(company: KnownCompany, account_id: str) -> pd.DataFrame | None:
    """Return the contacts of an account as the newest run knew them.

    Args:
        company: The newest run.
        account_id: The account.

    Returns:
        role, who, since, left, used the product last, as text that is empty where there is no day. Who decides comes
        first, and those in place before those who left. None where no contacts are on record.
    """
    if not company.table("contacts").is_file():
        return None
    seen = _last_used(company, account_id)
    newest = "arg_max({}, recorded_at)"
    found = query(
        f"SELECT contact_id, {', '.join(newest.format(name) for name in ('user_id', 'role', 'started_on', 'left_on'))} "
        f"FROM {parquet(company.table('contacts'))} WHERE account_id = {quote_text(account_id)} GROUP BY contact_id"
    )
    rows = [
        (_place(str(role)), left is not None, contact, str(role).replace("_", " "), since, left, seen.get(user))
        for contact, user, role, since, left in found
    ]
    rows.sort(key=lambda row: (row[1], row[0], str(row[2])))
    return pd.DataFrame.from_records(
        [(role, contact, *(_text(day) for day in days)) for _, _, contact, role, *days in rows], columns=_COLUMNS
    )


def missing_roles(people: pd.DataFrame) -> list[str]:
    """Return the roles that decide on a renewal and that nobody has who is still there.

    Args:
        people: As `stakeholders` returns it.
    """
    there = set(people.loc[people["left"] == "", "role"])
    return [role.replace("_", " ") for role in _DECIDING if role.replace("_", " ") not in there]


def _text(day: object) -> str:
    return "" if day is None else str(day)


def _place(role: str) -> int:
    return _ROLES.index(role) if role in _ROLES else len(_ROLES)


def _last_used(company: KnownCompany, account_id: str) -> dict[str, object]:
    """The newest day on which each user of an account used anything."""
    if not company.table("usage_daily").is_file():
        return {}
    return dict(
        query(
            f"SELECT user_id, max(usage_date) FROM {parquet(company.table('usage_daily'))} "
            f"WHERE account_id = {quote_text(account_id)} AND events > 0 GROUP BY user_id"
        )
    )
