"""Who is meant: the rows of a published table that are one CSM's or one account's, asked for by id or by name."""

import difflib

import pandas as pd

from pipelines.manifest import PublishedError


def book_of(csm: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that belong to a CSM.

    Args:
        csm: Id or name.
        table: With csm_id, and csm_name where names are known.

    Raises:
        PublishedError: If there is none, or several CSMs go by that name; names the nearest that the table knows.
    """
    names = table["csm_name"] if "csm_name" in table.columns else table["csm_id"]
    book = table[(table["csm_id"] == csm) | (names == csm)]
    if len(meant := sorted(set(book["csm_id"]))) > 1 and csm not in meant:
        raise PublishedError(f"{len(meant)} CSMs are called {csm!r}: {', '.join(meant)}. Give the id.")
    if book.empty:
        known = sorted({*names.dropna(), *table["csm_id"].dropna()})
        near = difflib.get_close_matches(csm, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else "the CSMs are: " + ", ".join(known)
        raise PublishedError(f"No row of the table belongs to a CSM {csm!r}; {hint}")
    return book


def account_called(account: str, table: pd.DataFrame, names: pd.DataFrame) -> str:
    """Return the id of an account that a table tells of.

    Args:
        account: Id or name.
        table: With account_id.
        names: account_id and account_name of the accounts that a name may mean.

    Raises:
        PublishedError: If no account or more than one goes by that name, or the table has nothing of it.
    """
    if (table["account_id"] == account).any():
        return account
    meant = sorted(set(names.loc[names["account_name"] == account, "account_id"]))
    if len(meant) == 1 and (table["account_id"] == meant[0]).any():
        return str(meant[0])
    if len(meant) > 1:
        raise PublishedError(f"{len(meant)} accounts are called {account!r}: {', '.join(meant)}. Give the id.")
    known = sorted({*table["account_id"], *names["account_name"].dropna()})
    near = difflib.get_close_matches(account, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise PublishedError(f"Nothing is told of an account {account!r}.{hint}")
