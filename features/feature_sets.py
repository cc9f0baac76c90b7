"""The inputs of each model, as named lists.

What no human judgement touches follows from each feature's lineage, so that nobody has to remember to leave one out.
"""

from collections.abc import Sequence

from features.catalogue import FEATURES
from features.feature import Feature
from features.sources import Sources

FULL = tuple(FEATURES)
"""Everything: what the product and the systems recorded, and what people wrote down."""

NO_HUMAN_JUDGEMENT = tuple(name for name, feature in FEATURES.items() if not feature.is_judgement)
"""The inputs of the usage view."""

JUDGEMENT = tuple(name for name, feature in FEATURES.items() if feature.is_judgement)
"""What people at the vendor wrote down."""

FEATURE_SETS = {"full": FULL, "no_human_judgement": NO_HUMAN_JUDGEMENT, "judgement": JUDGEMENT}


def usable_features(sources: Sources, feature_set: Sequence[str] = FULL) -> tuple[Feature, ...]:
    """Return the features of a set that may be learned from.

    Where a table has no `recorded_at`, its export holds final states: a column that changes over time and has no date
    of its own then tells what came later. The contract lists these columns, and features made of them are left out.

    Args:
        sources: The ingested tables.
        feature_set: Names of features.
    """
    final = {
        f"{table}.{column.name}"
        for table, contract in sources.contracts.items()
        if sources.reports[table].knowledge_dates == "assumed"
        for column in contract.columns
        if column.final_state
    }
    return tuple(FEATURES[name] for name in feature_set if not FEATURES[name].lineage & final)
