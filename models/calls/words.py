"""Whether what people wrote says more than what they called: the words beside the judgement, out of sample.

TF-IDF and a penalized logistic regression whose offset is the judgement, as in `note_risk`; terms, their rarity, their
meaning and the recalibration of the judgement itself are learned anew without each fold of clusters.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from models.calls.blend import design
from models.calls.calls import Calls
from models.learning import FloatArray, IntArray
from models.logistic import fit_logistic, sigmoid
from models.note_risk import accounts_per_term
from models.settings import ModelSettings
from models.terms import count_terms
from models.text_model import shares_of

MOST_CELLS: Final = 20_000_000
"""Calls times terms that are held at once; of more calls fewer terms are read."""


@dataclass(frozen=True)
class Reading:
    """Probabilities with and without the words, each for calls whose cluster taught nothing.

    Attributes:
        without: From the judgement alone, recalibrated, shape (n,).
        with_words: From the judgement and the words, shape (n,).
        texts: Calls that have a text.
        repeated: Of these, how many have the very words of a call of another cluster: what was learned of the one is
            then remembered of the other, and the words look better than they are.
        terms: Terms that were learned from in the largest fold.
    """

    without: FloatArray
    with_words: FloatArray
    texts: int
    repeated: int
    terms: int


def read_words(calls: Calls, settings: ModelSettings) -> Reading | None:
    """Judgement with and without words; None where no text has a term.

    Args:
        calls: With texts, at least two clusters.
        settings: Seed, priors of levels and of words, how many terms and how many clusters must share one.
    """
    if calls.texts is None:
        raise ValueError("these calls have no texts")
    counts, terms_seen = count_terms(["" if text is None else text for text in calls.texts])
    if not terms_seen:
        return None
    folds = calls.folds(settings.seed)
    without, with_words, learned = np.full(len(calls), np.nan), np.full(len(calls), np.nan), 0
    for fold in np.unique(folds):
        held_out = folds == fold
        others = calls.part(~held_out)
        known = design(others, ("judgement",), "log-odds", settings)
        judged = fit_logistic(
            known.inputs, others.outcomes, np.ones(len(others)), center=known.center, precision=known.precision
        )
        before = design(calls.part(held_out), ("judgement",), "log-odds", settings).inputs @ judged
        without[held_out] = sigmoid(before)
        shifts, terms = _shifts(counts[~held_out], counts[held_out], others, known.inputs @ judged, settings)
        with_words[held_out] = sigmoid(before + shifts)
        learned = max(learned, terms)
    written = pd.DataFrame({"text": calls.texts, "cluster": calls.clusters}).dropna(subset="text")
    repeated = int((written.groupby("text")["cluster"].transform("nunique") > 1).sum())
    return Reading(without, with_words, len(written), repeated, learned)


def _shifts(
    known: Any, asked: Any, others: Calls, offset: FloatArray, settings: ModelSettings
) -> tuple[FloatArray, int]:
    """Log-odds by which the words of the calls asked about move the judgement, shape (m,), and the terms read.

    Args:
        known: Counts of terms of the others, sparse, shape (n, t).
        asked: Counts of terms of the calls asked about, sparse, shape (m, t).
        others: The calls to learn from.
        offset: Log-odds of their judgement, shape (n,).
        settings: See `read_words`.
    """
    _, clusters = np.unique(others.clusters.astype(str), return_inverse=True)
    spread = accounts_per_term(known, np.asarray(clusters, dtype=np.int64))
    terms = _common_terms(spread, min(settings.note_terms, MOST_CELLS // len(others)), settings.note_minimum_accounts)
    if not len(terms):
        return np.zeros(asked.shape[0]), 0
    rarity = np.log((1 + clusters.max() + 1) / (1 + spread[terms])) + 1
    shares = shares_of(known[:, terms], rarity).toarray()
    inputs = np.column_stack([np.ones(len(others)), shares])
    precision = np.full(inputs.shape[1], settings.note_precision)
    meaning = fit_logistic(
        inputs,
        others.outcomes,
        np.ones(len(others)),
        center=np.zeros(len(precision)),
        precision=precision,
        offset=offset,
    )
    wanted = shares_of(asked[:, terms], rarity)
    # A text without any known term says nothing, and neither does a call without a text.
    return np.where(np.diff(wanted.indptr) > 0, wanted @ meaning[1:] + meaning[0], 0.0), len(terms)


def _common_terms(spread: IntArray, most: int, least_spread: int) -> IntArray:
    """Columns of the terms that enough clusters share, those that most share first, in the order of the columns."""
    common = np.flatnonzero(spread >= least_spread)
    return np.sort(common[np.argsort(-spread[common], kind="stable")][:most])
