"""Features of the contract itself: size, age, term, lead time, and how earlier renewals of the account went."""

import ibis.expr.types as ir

from features.feature import Feature
from features.moments import MOMENT, beside, count_if
from features.sources import Sources
from features.spine import KEY

_TERM = frozenset({"renewals.term_start_date", "renewals.renewal_date"})
_GROUP = "contract"

FEATURES = (
    Feature(
        name="commercial__arr_per_year",
        description="ARR of the term that comes up for renewal.",
        unit="account currency per year",
        kind="number",
        direction="either",
        lineage=frozenset({"renewals.arr"}),
        sentence="The contract is worth {value} a year",
        group=_GROUP,
    ),
    Feature(
        name="commercial__lead_days",
        description="Days from the date of the snapshot to the renewal date.",
        unit="days",
        kind="integer",
        direction="either",
        lineage=frozenset({"renewals.renewal_date"}),
        sentence="The renewal is {value} days away",
        group=_GROUP,
    ),
    Feature(
        name="commercial__term_days",
        description="Length of the term, from its start to the renewal date.",
        unit="days",
        kind="integer",
        direction="either",
        lineage=_TERM,
        sentence="The term runs for {value} days",
        group=_GROUP,
    ),
    Feature(
        name="commercial__tenure_days",
        description="Days since the first known term of the account started.",
        unit="days",
        kind="integer",
        direction="either",
        lineage=frozenset({"renewals.term_start_date"}),
        sentence="They have been a customer for {value} days",
        group=_GROUP,
    ),
    Feature(
        name="commercial__renewals_survived_count",
        description="Renewals of the account that were decided as renewed before the date.",
        unit="renewals",
        kind="integer",
        direction="lowers",
        lineage=frozenset({"renewals.outcome", "renewals.decided_on"}),
        sentence="Renewals they have been through before: {value}",
        group=_GROUP,
    ),
    Feature(
        name="commercial__renewals_lost_count",
        description="Renewals of the account, this one included, that were decided as churned before the date.",
        unit="renewals",
        kind="integer",
        direction="either",
        lineage=frozenset({"renewals.outcome", "renewals.decided_on"}),
        sentence="Contracts they have ended before: {value}",
        group=_GROUP,
    ),
    Feature(
        name="commercial__open_contracts_count",
        description="Undecided renewals of the account whose term has started, this one included.",
        unit="renewals",
        kind="integer",
        direction="either",
        lineage=_TERM | {"renewals.outcome", "renewals.decided_on"},
        sentence="Contracts they have open: {value}",
        group=_GROUP,
    ),
    Feature(
        name="commercial__last_arr_change_ratio",
        description="ARR of the newest renewal that was renewed over the ARR that it replaced.",
        unit="ratio",
        kind="number",
        direction="either",
        lineage=frozenset({"renewals.renewed_arr", "renewals.arr", "renewals.decided_on"}),
        sentence="At the last renewal the ARR went to {value} of what it was",
        group=_GROUP,
        when_missing="They have not been through a renewal before",
    ),
    Feature(
        name="commercial__is_auto_renew",
        description="Whether the contract renews unless somebody gives notice.",
        unit="yes or no",
        kind="boolean",
        direction="either",
        lineage=frozenset({"renewals.auto_renew"}),
        sentence="The contract renews by itself: {value}",
        group=_GROUP,
        when_false="The contract does not renew by itself",
    ),
    Feature(
        name="commercial__days_to_notice_deadline",
        description="Days until notice can no longer be given; negative once the deadline has passed.",
        unit="days",
        kind="integer",
        direction="either",
        lineage=frozenset({"renewals.renewal_date", "renewals.notice_period_days"}),
        sentence="Notice can be given for another {value} days",
        group=_GROUP,
    ),
    Feature(
        name="commercial__segment",
        description="Segment of the account.",
        unit="name",
        kind="category",
        direction="either",
        lineage=frozenset({"accounts.segment"}),
        sentence="The account's segment is {value}",
        group="segment",
    ),
    Feature(
        name="commercial__industry",
        description="Industry of the account.",
        unit="name",
        kind="category",
        direction="either",
        lineage=frozenset({"accounts.industry"}),
        sentence="The account's industry is {value}",
        group="segment",
    ),
    Feature(
        name="commercial__region",
        description="Region of the account.",
        unit="name",
        kind="category",
        direction="either",
        lineage=frozenset({"accounts.region"}),
        sentence="The account's region is {value}",
        group="segment",
    ),
)


def build_commercial(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the commercial features.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per spine row: the spine's key and one column per feature of this module.
    """
    own = spine.select(
        *KEY,
        commercial__arr_per_year=spine.arr.cast("float64"),
        commercial__lead_days=spine.lead_days,
        commercial__term_days=spine.term_days,
        commercial__is_auto_renew=spine.auto_renew,
        commercial__days_to_notice_deadline=spine.notice_deadline.delta(spine.as_of, unit="day"),
        commercial__segment=spine.segment,
        commercial__industry=spine.industry,
        commercial__region=spine.region,
    )
    return sources.engine.store(beside(own, _account_history(spine, sources)))


def _account_history(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return what the account's renewals, this one among them, had come to by each date."""
    known = sources.known("renewals", spine.select(*MOMENT).distinct())
    known = known.filter(known.term_start_date <= known.as_of)
    renewed = known.outcome == "renewed"
    has_ratio = renewed & known.renewed_arr.notnull() & (known.arr > 0)
    recency = known.decided_on.cast("string") + known.renewal_id
    history = known.group_by(list(MOMENT)).agg(
        first_start=known.term_start_date.min(),
        commercial__renewals_survived_count=count_if(renewed),
        commercial__renewals_lost_count=count_if(known.outcome == "churned"),
        commercial__open_contracts_count=count_if(known.outcome.isnull()),
        last_renewed_arr=known.renewed_arr.argmax(recency, where=has_ratio),
        last_arr=known.arr.argmax(recency, where=has_ratio),
    )
    return history.select(
        *MOMENT,
        "commercial__renewals_survived_count",
        "commercial__renewals_lost_count",
        "commercial__open_contracts_count",
        commercial__tenure_days=history.as_of.delta(history.first_start, unit="day"),
        commercial__last_arr_change_ratio=history.last_renewed_arr.cast("float64") / history.last_arr.cast("float64"),
    )
