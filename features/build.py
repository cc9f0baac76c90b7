"""Snapshots with their features: one function for training and for scoring, for one date or hundreds."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from features.catalogue import FAMILIES, FEATURES
from features.feature_sets import FULL
from features.gut_pulse import gut_pulse
from features.moments import beside
from features.notes import build_notes
from features.sources import Sources
from features.spine import KEY

_TYPES = {"integer": "float64", "number": "float64", "boolean": "float64", "category": "string"}


def build_features(spine: ir.Table, sources: Sources, feature_set: Sequence[str] = FULL) -> ir.Table:
    """Return the spine with its features.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.
        feature_set: Names of the features to compute. What is learned from outcomes is not computed here, only the
            texts that it is learned from.

    Returns:
        One row per spine row: its columns, the facts of the gut pulse (`sentiment`, `pulse_state`, `pulse_age_days`,
        `last_pulse_on`, `last_pulse_reason`), the texts (`note_text_reasons`, `note_text_tickets`,
        `note_text_comments`), and the measured features in the given order; numbers and booleans as float64, names and
        texts as strings. Null means not recorded.
    """
    pulse = gut_pulse(spine, sources).drop("gut_reason", "gut_pulse_id")
    parts = [pulse.mutate(pulse_age_days=pulse.pulse_age_days.cast("float64")), build_notes(spine, sources)]
    measured = [name for name in feature_set if not FEATURES[name].learned_from]
    for family in FAMILIES:
        names = [feature.name for feature in family.features if feature.name in measured]
        if names and sources.is_supplied(family.source):
            built = family.build(spine, sources)
            parts.append(built.select(*(name for name in KEY if name in built.columns), *names))
    # Most families measure the account, which all its renewals share.
    table = beside(spine, *(part for part in parts if "renewal_id" in part.columns), on=KEY)
    table = beside(table, *(part for part in parts if "renewal_id" not in part.columns))
    facts = [column for column in table.columns if column not in FEATURES]
    return table.select(*facts, **{name: _typed(table, name) for name in measured})


def _typed(table: ir.Table, name: str) -> ir.Value:
    """Return a feature in its type; null where its table was not supplied."""
    kind = _TYPES[FEATURES[name].kind]
    return table[name].cast(kind) if name in table.columns else ibis.null(kind)
