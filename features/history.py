"""The past to learn from: labelled snapshots on the training grid, and the cut-offs of the walk.

Only snapshots that have a label by `trained_through` are given features; nobody can learn from the others yet.
"""

from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from features.build import build_features
from features.labels import label_snapshots
from features.sources import Sources
from features.spine import CUTOFF_DAYS, KEY, build_spine, grid_dates


@dataclass(frozen=True)
class LabelledSpine:
    """Which snapshots can be learned from.

    Attributes:
        spine: Rows of the spine that have a label.
        labels: What may be learned of them at which cut-offs; see `features.labels.label_snapshots`.
        cutoffs: Dates of the walk, oldest first; the last is `trained_through`.
    """

    spine: ir.Table
    labels: ir.Table
    cutoffs: tuple[date, ...]


@dataclass(frozen=True)
class History:
    """What there is to learn from.

    Attributes:
        snapshots: One row per labelled (account_id, renewal_id, as_of), with features.
        labels: What may be learned of them at which cut-offs; see `features.labels.label_snapshots`.
        cutoffs: Dates of the walk, oldest first; the last is `trained_through`.
    """

    snapshots: ir.Table
    labels: ir.Table
    cutoffs: tuple[date, ...]


def build_history(sources: Sources, trained_through: date) -> History:
    """Return the labelled past as known at a date.

    Args:
        sources: The ingested tables.
        trained_through: Date at which the learning happens; outcomes recorded on or after it do not exist.

    Returns:
        The past, of which alone the engine keeps anything stored.
    """
    past = label_past(sources, trained_through)
    snapshots = build_features(past.spine, sources)
    # The largest tables of a run are joined and sorted next.
    sources.engine.keep(snapshots, past.labels)
    return History(snapshots=snapshots, labels=past.labels, cutoffs=past.cutoffs)


def label_past(sources: Sources, trained_through: date) -> LabelledSpine:
    """Return the snapshots that can be learned from at a date, before they are given features.

    Args:
        sources: The ingested tables.
        trained_through: Date at which the learning happens.
    """
    first = first_term_start(sources, trained_through)
    cutoffs = (*grid_dates(first, trained_through, CUTOFF_DAYS), trained_through)
    cutoffs = tuple(sorted(set(cutoffs)))
    spine = build_spine(sources, grid_dates(first, trained_through) or [trained_through])
    labels = label_snapshots(spine, sources, cutoffs)
    return LabelledSpine(spine=sources.engine.store(spine.semi_join(labels, list(KEY))), labels=labels, cutoffs=cutoffs)


def first_term_start(sources: Sources, latest: date) -> date:
    """Return when the oldest term on record began, or `latest` where none began before it."""
    first: date | None = sources.engine.scalar(sources.tables["renewals"].term_start_date.min())
    return latest if first is None else min(first, latest)
