"""What the team can work on: the first accounts on each CSM's list of a date.

Who is on a list, where, and how much of each row lies within reach. By which score they stand there is up to the
caller: what was caught is summed up in `figures`, the list of the week is made in `worklist`.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.learning import FloatArray, IntArray
from models.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class Books:
    """The CSMs' lists as they were: every account once per list, m of them in all, however many renewals it has on it.

    Resampling accounts changes what was caught and not who was within reach: in a resample an account may stand twice,
    and would crowd others out of a list of nine places.

    Attributes:
        entry: Position of each row's account among the m, shape (n,).
        first: One row of each, shape (m,).
        book: List that each is on, shape (m,).
        capacity: Accounts per week of that list's CSM, shape (m,).
    """

    entry: IntArray
    first: IntArray
    book: IntArray
    capacity: FloatArray

    @classmethod
    def of(cls, rows: pd.DataFrame, settings: ModelSettings) -> Self:
        """Puts rows on lists: one per cut-off and CSM.

        Args:
            rows: account_id, cutoff, csm_id, weekly_capacity. Accounts that nobody owns are one list.
            settings: The capacity of a CSM of whom it is not known.
        """
        owner = rows["csm_id"].astype(object).where(rows["csm_id"].notna(), "")
        book = rows.groupby([rows["cutoff"], owner], sort=True).ngroup().to_numpy(dtype=np.int64)
        entry = rows.groupby([book, rows["account_id"]], sort=True).ngroup().to_numpy(dtype=np.int64)
        _, first = np.unique(entry, return_index=True)
        known = rows["weekly_capacity"].astype(np.float64).fillna(settings.weekly_capacity)
        capacity = known.to_numpy(dtype=np.float64)
        places: IntArray = np.asarray(entry, dtype=np.int64)
        return cls(places, np.asarray(first, dtype=np.int64), np.asarray(book[first]), np.asarray(capacity[first]))

    def within_reach(self, scores: FloatArray) -> FloatArray:
        """How much of each row is among the first accounts of its list, as many as the CSM's capacity.

        An account stands where its highest score puts it. Accounts of equal score share what is left of the capacity.

        Args:
            scores: Shape (n,).

        Returns:
            Between zero and one, shape (n,).
        """
        if not len(self.first):
            return np.zeros(0)
        top = self._top(scores)
        lists = pd.DataFrame({"book": self.book, "top": -top, "capacity": self.capacity})
        ties = lists.groupby(["book", "top"], sort=True)["capacity"].agg(["size", "max"])
        before = ties["size"].groupby(level="book").cumsum() - ties["size"]
        share = ((ties["max"] - before) / ties["size"]).clip(0.0, 1.0)
        inside = share.reindex(pd.MultiIndex.from_frame(lists[["book", "top"]])).to_numpy(dtype=np.float64)
        return np.asarray(inside[self.entry])

    def places(self, scores: FloatArray) -> IntArray:
        """Place of each row's account on its list, 1 first, shape (n,); equal scores stand in the order of the ids.

        Args:
            scores: Shape (n,).
        """
        lists = pd.DataFrame({"book": self.book, "top": self._top(scores)})
        places: IntArray = lists.groupby("book")["top"].rank(method="first", ascending=False).to_numpy(dtype=np.int64)
        return places[self.entry]

    def is_top(self, scores: FloatArray) -> npt.NDArray[np.bool_]:
        """Whether a row's score is the one that its account stands by, shape (n,).

        Args:
            scores: Shape (n,).
        """
        return np.asarray(scores == self._top(scores)[self.entry])

    def _top(self, scores: FloatArray) -> FloatArray:
        """Highest score of each account, shape (m,)."""
        top = np.full(len(self.first), -np.inf)
        np.maximum.at(top, self.entry, scores)
        return top
