"""Features of value shown: how often, and how lately, each side of the customer was reminded of what it pays for.

Only occasions on which value was shown. Whether the customer says that value exceeds the price is an answer of the
CSM's and belongs to the pulse.
"""

import ibis.expr.types as ir

from features.feature import Feature
from features.moments import MOMENT, beside, count_if, days_before, watched_moments
from features.sources import Sources

WINDOWS = (90, 180)
STAKEHOLDERS = {
    "procurement": "procurement",
    "finance": "finance",
    "business_unit": "a business unit",
    "end_user": "end users",
    "executive": "executives",
}
"""Sides of the customer, and how a sentence calls them."""
_DECIDERS = ("procurement", "finance", "business_unit", "executive")
"""Sides that have a say in the renewal: for these it matters how long ago it was."""

_LINEAGE = frozenset({"value_touchpoints.occurred_at", "value_touchpoints.stakeholder"})


def _count(stakeholder: str, days: int) -> Feature:
    called = STAKEHOLDERS[stakeholder]
    return Feature(
        name=f"value__{stakeholder}_touchpoints_{days}d",
        description=f"Occasions in the last {days} days on which value was shown to {called}.",
        unit="occasions",
        kind="integer",
        direction="either",
        lineage=_LINEAGE,
        sentence=f"Value was shown to {called} {{value}} times in the last {days} days",
        group="value shown",
    )


def _days_since(stakeholder: str) -> Feature:
    called = STAKEHOLDERS[stakeholder]
    return Feature(
        name=f"value__days_since_{stakeholder}",
        description=f"Days since value was last shown to {called}; null where it never was.",
        unit="days",
        kind="integer",
        direction="either",
        lineage=_LINEAGE,
        sentence=f"Value was last shown to {called} {{value}} days ago",
        group="value shown",
        when_missing=f"Value was never shown to {called}",
    )


FEATURES = (
    *(_count(stakeholder, days) for stakeholder in STAKEHOLDERS for days in WINDOWS),
    *(_days_since(stakeholder) for stakeholder in _DECIDERS),
)


def build_value(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the features of value shown.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine that is measured, with one column per feature of this module.
    """
    moments = watched_moments(spine, sources, "value_touchpoints")
    known = sources.known("value_touchpoints", moments)
    shown = known.mutate(days_ago=days_before(known, "occurred_at"))
    shown = shown.filter(shown.days_ago > 0)
    summed = shown.group_by(list(MOMENT)).agg(
        **{
            f"value__{stakeholder}_touchpoints_{days}d": count_if(
                (shown.stakeholder == stakeholder) & (shown.days_ago <= days)
            )
            for stakeholder in STAKEHOLDERS
            for days in WINDOWS
        },
        **{
            f"value__days_since_{stakeholder}": shown.days_ago.min(where=shown.stakeholder == stakeholder)
            for stakeholder in _DECIDERS
        },
    )
    table = beside(moments, summed)
    counts = [feature.name for feature in FEATURES if feature.unit == "occasions"]
    return sources.engine.store(table.mutate(**{name: table[name].fill_null(0) for name in counts}))
