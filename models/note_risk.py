"""What words have meant for renewals: for each source of texts a TF-IDF and a regularized logistic regression.

Learned from outcomes known at a cut-off, anew at each, and used out of fold: rows that teach the churn model get the
word of text models that have not seen their account, rows that are scored that of the model of the whole cohort. Which
texts there are belongs to `features/notes.py`, what a term is to `terms`, what is done with what was learned to
`text_model`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from features.feature import Feature
from models.learning import Cohort, FloatArray, IntArray, account_folds, unit_of
from models.logistic import STORED_DECIMALS, logit
from models.settings import ModelSettings
from models.terms import count_terms
from models.text_model import TextModel, shares_of

TOLERANCE: Final = 1e-8
MAXIMUM_STEPS: Final = 1000


@dataclass(frozen=True)
class ReadCohort:
    """A cohort whose words have been learned from.

    Attributes:
        cohort: With a column per learned feature, each row's from text models that have not seen its account.
        text_models: What the whole cohort teaches, by name of the learned feature; absent where it teaches nothing.
    """

    cohort: Cohort
    text_models: dict[str, TextModel]


def read_notes(features: Sequence[Feature], cohort: Cohort, settings: ModelSettings) -> ReadCohort:
    """Learns from the words of a cohort, source by source.

    Args:
        features: Inputs of the churn model; those that are measured are passed over.
        cohort: What may be learned from.
        settings: How to fit.
    """
    accounts = cohort.snapshots["account_id"].to_numpy(dtype=object)
    folds = account_folds(accounts, settings.folds, settings.seed)
    columns: dict[str, FloatArray] = {}
    models: dict[str, TextModel] = {}
    for feature in learned(features):
        columns[feature.name] = np.full(len(folds), np.nan)
        documents = _Documents.of(cohort, feature.learned_from)
        if not documents.are_enough(settings):
            continue
        # One thread, so that the order of the sums stays the same everywhere.
        with threadpool_limits(limits=1, user_api="blas"):
            model = _fit(documents, documents.every, settings)
            if model is not None:
                models[feature.name] = model
                columns[feature.name][documents.rows] = _out_of_fold(documents, folds[documents.rows], settings)
    return ReadCohort(replace(cohort, snapshots=cohort.snapshots.assign(**columns)), models)


def with_note_risk(
    snapshots: pd.DataFrame, features: Sequence[Feature], text_models: dict[str, TextModel]
) -> pd.DataFrame:
    """The snapshots with a column per learned feature, null where there is no model or no text."""
    columns = {
        feature.name: text_models[feature.name].shifts(snapshots[feature.learned_from])
        if feature.name in text_models
        else np.full(len(snapshots), np.nan)
        for feature in learned(features)
    }
    return snapshots.assign(**columns) if columns else snapshots


def learned(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Those of the features that are learned from outcomes."""
    return tuple(feature for feature in features if feature.learned_from)


@dataclass(frozen=True)
class _Documents:
    """The distinct texts of each account with their outcome, d of them.

    An account that said the same at several dates, and met the same end, has one document that weighs as all of these
    rows together.

    Attributes:
        rows: Positions of the cohort's rows that have a text, shape (r,).
        of_row: Document of each of these rows, shape (r,).
        accounts: Code of each document's account, shape (d,).
        outcomes: 1.0 where the renewal churned, shape (d,).
        weights: Shape (d,).
        terms: Every term that occurs, sorted, t of them.
        counts: How often each term occurs in each document, sparse, shape (d, t).
        churned: Renewals with a text that churned.
        continued: Renewals with a text that did not.
    """

    rows: IntArray
    of_row: IntArray
    accounts: IntArray
    outcomes: FloatArray
    weights: FloatArray
    terms: tuple[str, ...]
    counts: Any
    churned: int
    continued: int

    @classmethod
    def of(cls, cohort: Cohort, column: str) -> "_Documents":
        """The documents in a column of a cohort."""
        rows = np.flatnonzero(cohort.snapshots[column].notna())
        snapshots = cohort.snapshots.iloc[rows]
        outcomes = cohort.outcomes[rows]
        units = unit_of(snapshots)
        texts, text_values = pd.factorize(snapshots[column], sort=True)
        accounts, _ = pd.factorize(snapshots["account_id"], sort=True)
        parts = np.column_stack([accounts, texts, outcomes.astype(np.int64)]).reshape(-1, 3)
        documents, of_row = np.unique(parts, axis=0, return_inverse=True)
        counts, terms = count_terms(text_values)
        return cls(
            rows=rows,
            of_row=of_row.reshape(-1),
            accounts=documents[:, 0],
            outcomes=documents[:, 2].astype(np.float64),
            weights=np.bincount(of_row.reshape(-1), cohort.weights[rows], len(documents)).astype(np.float64),
            terms=terms,
            counts=counts[documents[:, 1]],
            churned=units[outcomes == 1.0].nunique(),
            continued=units[outcomes == 0.0].nunique(),
        )

    @property
    def every(self) -> IntArray:
        """Positions of all documents."""
        return np.arange(len(self.outcomes))

    def are_enough(self, settings: ModelSettings) -> bool:
        """Whether there is anything to learn."""
        return bool(self.terms) and min(self.churned, self.continued) >= settings.note_minimum_churns


def _fit(documents: _Documents, chosen: IntArray, settings: ModelSettings) -> TextModel | None:
    """What the chosen documents teach; None where all met the same end, or share no term widely enough."""
    outcomes, weights, accounts = documents.outcomes[chosen], documents.weights[chosen], documents.accounts[chosen]
    counts = documents.counts[chosen]
    spread = accounts_per_term(counts, accounts)
    common = np.flatnonzero(spread >= settings.note_minimum_accounts)
    terms = np.sort(common[np.argsort(-spread[common], kind="stable")][: settings.note_terms])
    if not len(terms) or not 0 < outcomes.sum() < len(outcomes):
        return None
    rarity = np.round(np.log((1 + len(np.unique(accounts))) / (1 + spread[terms])) + 1, STORED_DECIMALS)
    shares = shares_of(counts[:, terms], rarity)
    regression = LogisticRegression(C=1 / settings.note_precision, tol=TOLERANCE, max_iter=MAXIMUM_STEPS)
    regression.fit(shares, outcomes, sample_weight=weights)
    base_rate = np.array([weights @ outcomes / weights.sum()])
    return TextModel(
        terms=tuple(documents.terms[term] for term in terms),
        rarity=tuple(rarity.tolist()),
        coefficients=tuple(np.round(regression.coef_[0], STORED_DECIMALS).tolist()),
        intercept=float(np.round(regression.intercept_ - logit(base_rate), STORED_DECIMALS)[0]),
    )


def _out_of_fold(documents: _Documents, folds: IntArray, settings: ModelSettings) -> FloatArray:
    """Shift of each row that has a text, from the model of the other account groups; NaN where these teach nothing."""
    place = {term: position for position, term in enumerate(documents.terms)}
    shifts = np.full(len(documents.outcomes), np.nan)
    of_document = np.empty(len(documents.outcomes), dtype=np.int64)
    of_document[documents.of_row] = folds
    for fold in np.unique(folds):
        held_out = np.flatnonzero(of_document == fold)
        model = _fit(documents, np.flatnonzero(of_document != fold), settings)
        if model is not None:
            terms = [place[term] for term in model.terms]
            shifts[held_out] = model.shifts_of_counts(documents.counts[held_out][:, terms])
    return shifts[documents.of_row]


def accounts_per_term(counts: Any, accounts: IntArray) -> IntArray:
    """Accounts that have each term, shape (t,)."""
    places = (accounts, np.arange(len(accounts)))
    shape = (int(accounts.max(initial=-1)) + 1, len(accounts))
    of_account = csr_matrix((np.ones(len(accounts), dtype=counts.dtype), places), shape)
    return np.bincount((of_account @ counts).indices, minlength=counts.shape[1])
