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
class History:
    """What there is to learn from.

    Attributes:
        snapshots: One row per labelled (account_id, renewal_id, as_of), with features.
        labels: One row per snapshot and cut-off at which it may be learned from.
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
    """
    first = sources.engine.scalar(sources.tables["renewals"].term_start_date.min())
    if first is None or first >= trained_through:
        first = trained_through
    cutoffs = (*grid_dates(first, trained_through, CUTOFF_DAYS), trained_through)
    cutoffs = tuple(sorted(set(cutoffs)))
    spine = build_spine(sources, grid_dates(first, trained_through) or [trained_through])
    labels = sources.engine.store(label_snapshots(spine, sources, cutoffs))
    labelled = sources.engine.store(spine.semi_join(labels, list(KEY)))
    return History(snapshots=build_features(labelled, sources), labels=labels, cutoffs=cutoffs)
