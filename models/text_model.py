"""What the terms of one source of texts mean, as plain data: how far a text moves the log-odds, and which terms tell.

Nothing is fitted here, that is the business of `note_risk`; a model that was stored works like the one that was fitted.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from models.learning import FloatArray
from models.logistic import STORED_DECIMALS
from models.terms import count_terms

WORTH_NAMING: Final = 0.25
"""Terms are named that weigh at least this share of the heaviest one in the text."""


@dataclass(frozen=True)
class TextModel:
    """What the terms of one source mean.

    Attributes:
        terms: The terms that count, sorted.
        rarity: Inverse document frequency of each term, accounts being the documents.
        coefficients: Log-odds per unit of each term's share in a text.
        intercept: Log-odds against the base rate of a text whose terms mean nothing.
    """

    terms: tuple[str, ...]
    rarity: tuple[float, ...]
    coefficients: tuple[float, ...]
    intercept: float

    def shifts(self, texts: pd.Series) -> FloatArray:
        """How far each text moves the log-odds of churn against the base rate, shape (n,).

        NaN where there is no text; zero where no term of the text is known.
        """
        has_text = texts.notna().to_numpy()
        codes, unique = pd.factorize(texts[has_text], sort=True)
        shifts = np.full(len(texts), np.nan)
        if len(unique):
            shifts[has_text] = self.shifts_of_counts(count_terms(unique, self._vocabulary)[0])[codes]
        return shifts

    def shifts_of_counts(self, counts: Any) -> FloatArray:
        """The same for counts of the model's terms, a sparse matrix of shape (n, terms)."""
        shares = shares_of(counts, np.array(self.rarity))
        shifts = shares @ np.array(self.coefficients) + self.intercept
        return np.where(np.diff(shares.indptr) > 0, np.round(shifts, STORED_DECIMALS), 0.0)

    def telling_terms(self, text: str, *, raises: bool, most: int = 3) -> tuple[str, ...]:
        """The terms of a text that push its risk up, or down, heaviest first; a term within another is not repeated."""
        shares = shares_of(count_terms([text], self._vocabulary)[0], np.array(self.rarity))
        push = shares.data * np.array(self.coefficients)[shares.indices] * (1.0 if raises else -1.0)
        heaviest = np.max(push, initial=0.0)
        named: list[str] = []
        for position in np.argsort(-push, kind="stable"):
            term = self.terms[shares.indices[position]]
            is_new = not any(f" {term} " in f" {other} " or f" {other} " in f" {term} " for other in named)
            if push[position] > 0 and push[position] >= WORTH_NAMING * heaviest and is_new and len(named) < most:
                named.append(term)
        return tuple(named)

    @cached_property
    def _vocabulary(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.terms)}


def shares_of(counts: Any, rarity: FloatArray) -> Any:
    """TF-IDF: (1 + log count) times rarity, each row scaled to length one; sparse, shape as given.

    Every row is summed by itself and in the order of its terms, so that no other row can change its last bits.
    """
    shares = counts.astype(np.float64)
    shares.sort_indices()
    shares.data = (1 + np.log(shares.data)) * rarity[shares.indices]
    terms = np.diff(shares.indptr)
    rows = np.repeat(np.arange(shares.shape[0]), terms)
    length = np.sqrt(np.bincount(rows, weights=shares.data**2, minlength=shares.shape[0]))
    shares.data = shares.data / np.repeat(length, terms)
    return shares
