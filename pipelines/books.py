"""A CSM's book: the rows of a published table that are one CSM's, asked for by id or by name."""

import difflib

import pandas as pd

from pipelines.manifest import PublishedError


def book_of(csm: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that belong to a CSM.

    Args:
        csm: Id or name.
        table: With csm_id and csm_name.

    Raises:
        PublishedError: If there is none; names the nearest CSM that the table knows.
    """
    book = table[(table["csm_id"] == csm) | (table["csm_name"] == csm)]
    if book.empty:
        known = sorted({*table["csm_name"].dropna(), *table["csm_id"].dropna()})
        near = difflib.get_close_matches(csm, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else "the CSMs are: " + ", ".join(known)
        raise PublishedError(f"No row of the table belongs to a CSM {csm!r}; {hint}")
    return book
