"""Features of the people at the customer: who holds which role, who left, who is new, who of them uses the product.

A contact counts from the day on which they started until their exit is known. Roles and exits are entered by CSMs, so
nearly everything here is judgement; what people do in meetings and e-mails belongs to engagement.
"""

import ibis
import ibis.expr.types as ir

from features.feature import Direction, Feature, Kind
from features.moments import MOMENT, beside, count_if, days_before, moments_of, only_where, ratio
from features.sources import Sources
from features.usage_sums import WINDOW_DAYS, events_in, use_by

INFLUENCE_ROLES = ("champion", "executive_sponsor", "economic_buyer")
"""Roles that carry a renewal inside the customer."""
BUDGET_ROLES = (*INFLUENCE_ROLES, "procurement", "finance")
"""Roles with a say over the money."""
NEWCOMER_DAYS = 90
EXIT_DAYS = 365
"""What identifies an exit."""
LATE_EXIT_DAYS = 14
"""An exit that took longer than this to be recorded was found out, not told."""

_STARTED = frozenset({"contacts.started_on"})
_PRESENT = _STARTED | {"contacts.left_on"}
_ROLES = _PRESENT | {"contacts.role"}
_USAGE = frozenset({"contacts.user_id", "usage_daily.user_id", "usage_daily.usage_date", "usage_daily.events"})


def _feature(
    name: str,
    description: str,
    unit: str,
    sentence: str,
    lineage: frozenset[str],
    kind: Kind = "integer",
    direction: Direction = "either",
    *,
    when_missing: str = "",
    when_false: str = "",
) -> Feature:
    said = {"when_missing": when_missing, "when_false": when_false}
    return Feature(
        f"stakeholders__{name}", description, unit, kind, direction, lineage, sentence, "stakeholders", **said
    )


def _presence(role: str, called: str, direction: Direction) -> Feature:
    return _feature(
        f"has_{role}",
        f"Whether {called} is on record who has started and is not known to have left.",
        "yes or no",
        f"There is {called} in place: {{value}}",
        _ROLES,
        "boolean",
        direction,
        when_missing="No contact is on record",
        when_false=f"There is no {called.split(maxsplit=1)[1]} in place",
    )


def _days_since_exit(role: str, called: str) -> Feature:
    return _feature(
        f"{role}_left_days",
        f"Days since the newest known exit of {called}; null where none is known.",
        "days",
        f"It is {{value}} days since {called} left",
        _ROLES,
        when_missing=f"No {called.split(maxsplit=1)[1]} is known to have left",
    )


FEATURES = (
    _presence("champion", "a champion", "lowers"),
    _presence("executive_sponsor", "an executive sponsor", "lowers"),
    _presence("economic_buyer", "an economic buyer", "either"),
    _days_since_exit("champion", "a champion"),
    _days_since_exit("executive_sponsor", "an executive sponsor"),
    _days_since_exit("economic_buyer", "an economic buyer"),
    _feature(
        "exits_365d",
        "Contacts known to have left in the last 365 days.",
        "people",
        "{value} of our contacts have left within a year",
        _PRESENT,
        when_missing="No contact is on record",
    ),
    _feature(
        "late_exits_365d",
        "Exits of the last 365 days that were recorded more than 14 days after they happened.",
        "people",
        "{value} exits of the last year were noticed more than two weeks late",
        _PRESENT | {"contacts.recorded_at"},
        when_missing="No contact is on record",
    ),
    _feature(
        "roles_covered_count",
        "Distinct roles with a contact in place, of champion, executive sponsor, economic buyer, procurement, finance.",
        "roles",
        "We know people in {value} of the five roles that decide",
        _ROLES,
        when_missing="No contact is on record",
    ),
    _feature(
        "influencers_count",
        "Contacts in place who carry a renewal: champions, executive sponsors and economic buyers.",
        "people",
        "{value} of our contacts there carry weight",
        _ROLES,
        when_missing="No contact is on record",
    ),
    _feature(
        "is_single_threaded",
        "Whether at most one contact in place is a champion, executive sponsor or economic buyer.",
        "yes or no",
        "We hang on one influential person, or none: {value}",
        _ROLES,
        "boolean",
        when_missing="No contact is on record",
        when_false="More than one influential person carries the renewal",
    ),
    _feature(
        "active_contacts_28d",
        "Users linked to a contact in place who used the product in the last 28 days; null where none is linked.",
        "people",
        "{value} of our contacts used the product in the last 28 days",
        _PRESENT | _USAGE,
        when_missing="None of our contacts is known among the users",
    ),
    _feature(
        "is_single_threaded_in_use",
        "Whether at most one contact in place used the product in the last 28 days.",
        "yes or no",
        "At most one of our contacts still uses the product: {value}",
        _PRESENT | _USAGE,
        "boolean",
        when_missing="None of our contacts is known among the users",
        when_false="Several of our contacts use the product",
    ),
    _feature(
        "budget_influence_usage_share",
        "Share of the events of the last 28 days made by contacts in place in one of these five roles.",
        "share 0-1",
        "People in the five roles that decide make {value} of the usage",
        _ROLES | _USAGE,
        "number",
        when_missing="Nobody used the product in the last 28 days",
    ),
    _feature(
        "newcomers_90d",
        "Contacts who started in the last 90 days.",
        "people",
        "{value} contacts are new within three months",
        _STARTED,
        when_missing="No contact is on record",
    ),
    _feature(
        "budget_newcomers_90d",
        "Economic buyers and contacts in procurement or finance who started in the last 90 days.",
        "people",
        "{value} people from procurement, finance or among the buyers are new within three months",
        _STARTED | {"contacts.role"},
        when_missing="No contact is on record",
    ),
)


def build_stakeholders(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the features of the people at the customer.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine with a contact on record, with one column per feature of this module;
        of what depends on roles, null where there is no contact with a role.
    """
    moments = moments_of(spine, sources)
    people = _people(moments, sources)
    counted = _counted(people, sources)
    used = sources.engine.store(_use(people, spine, sources))
    table = beside(counted, used)
    share = table.stakeholders__budget_influence_usage_share
    share = only_where(table.roles_known > 0, share)
    return sources.engine.store(table.mutate(stakeholders__budget_influence_usage_share=share))


def contacts_at(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the contacts who are known at each moment to have started before it.

    Args:
        moments: As `moments_of` returns them.
        sources: The ingested tables.

    Returns:
        One row per moment and contact: `contact_id`, `user_id`, `role`, `started_on`, `left_on`, and
        `exit_recorded_on`, when this exit was first recorded, whatever was put right afterwards, its date included.
    """
    known = sources.known("contacts", moments, rows=_with_exits(sources.tables["contacts"]))
    known = known.filter(known.started_on < known.as_of)
    recorded_on = only_where(known.left_on.notnull(), known.exit_recorded_at.date())
    columns = (*MOMENT, "contact_id", "user_id", "role", "started_on", "left_on")
    return sources.engine.store(known.select(*columns, exit_recorded_on=recorded_on))


def _with_exits(versions: ir.Table) -> ir.Table:
    """Add when the exit that a version tells of was first told; who came back in between has left anew."""
    until_now = ibis.window(group_by="contact_id", order_by="recorded_at", preceding=None, following=0)
    stays = versions.mutate(is_gone=versions.left_on.notnull())
    stays = stays.mutate(stay=(~stays.is_gone).cast("int64").sum().over(until_now))
    same_exit = ibis.window(group_by=["contact_id", "stay", "is_gone"])
    return stays.mutate(exit_recorded_at=stays.recorded_at.min().over(same_exit)).drop("is_gone", "stay")


def _people(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return who had started at each moment, since when, and how long ago and how late their exit became known."""
    contacts = contacts_at(moments, sources)
    return contacts.select(
        *MOMENT,
        "user_id",
        "role",
        is_present=contacts.left_on.isnull(),
        started_days=days_before(contacts, "started_on"),
        left_days=days_before(contacts, "left_on"),
        exit_lag_days=contacts.exit_recorded_on.delta(contacts.left_on, unit="day"),
    )


def _counted(people: ir.Table, sources: Sources) -> ir.Table:
    """Return what follows from the contacts alone."""
    has_influence = people.is_present & people.role.isin(INFLUENCE_ROLES)
    has_new_budget = people.role.isin(("economic_buyer", "procurement", "finance"))
    is_new = people.started_days <= NEWCOMER_DAYS
    is_recent_exit = people.left_days <= EXIT_DAYS
    # Dates that were assumed from the start of a contact say nothing of when the exit was noticed.
    is_lag_known = sources.reports["contacts"].knowledge_dates == "recorded"
    summed = people.group_by(list(MOMENT)).agg(
        **{f"has_{role}": count_if(people.is_present & (people.role == role)) for role in INFLUENCE_ROLES},
        **{
            f"stakeholders__{role}_left_days": people.left_days.min(where=people.role == role)
            for role in INFLUENCE_ROLES
        },
        stakeholders__exits_365d=count_if(is_recent_exit),
        late_exits=count_if(is_recent_exit & (people.exit_lag_days > LATE_EXIT_DAYS)),
        roles_covered=people.role.nunique(where=people.is_present & people.role.isin(BUDGET_ROLES)),
        influencers=count_if(has_influence),
        roles_known=count_if(people.role.notnull()),
        stakeholders__newcomers_90d=count_if(is_new),
        budget_newcomers=count_if(is_new & has_new_budget),
    )
    has_roles = summed.roles_known > 0

    def of_roles(value: ir.Value) -> ir.Value:
        return only_where(has_roles, value)

    nothing = ibis.null("int64")
    return summed.mutate(
        **{f"stakeholders__has_{role}": of_roles(summed[f"has_{role}"].fill_null(0) > 0) for role in INFLUENCE_ROLES},
        stakeholders__late_exits_365d=summed.late_exits if is_lag_known else nothing,
        stakeholders__roles_covered_count=of_roles(summed.roles_covered),
        stakeholders__influencers_count=of_roles(summed.influencers),
        stakeholders__is_single_threaded=of_roles(summed.influencers <= 1),
        stakeholders__budget_newcomers_90d=of_roles(summed.budget_newcomers),
    )


def _use(people: ir.Table, spine: ir.Table, sources: Sources) -> ir.Table:
    """Return how much of the usage is that of contacts; no row where none is linked to a user or nobody looked."""
    linked = people.filter(people.user_id.notnull())
    users = linked.group_by([*MOMENT, "user_id"]).agg(
        is_contact=linked.is_present.any(),
        has_budget=(linked.is_present & linked.role.isin(BUDGET_ROLES)).fill_null(False).any(),
    )
    users = sources.engine.store(users)
    used = use_by("user_id", spine, sources)
    events = used.select(*MOMENT, "user_id", events=events_in(used, 1, WINDOW_DAYS))
    marked = events.filter(events.events > 0).join(users, [*MOMENT, "user_id"], how="left")
    summed = marked.group_by(list(MOMENT)).agg(
        events=marked.events.sum(),
        budget_events=marked.events.sum(where=marked.has_budget).fill_null(0),
        active=count_if(marked.is_contact & (marked.events > 0)),
    )
    asked = users.select(*MOMENT).distinct()
    table = beside(sources.watched("usage_daily", asked, on=("account_id",)), summed)
    active = table.active.fill_null(0)
    share = ratio(table.budget_events, table.events)
    return table.select(
        *MOMENT,
        stakeholders__active_contacts_28d=active,
        stakeholders__is_single_threaded_in_use=active <= 1,
        stakeholders__budget_influence_usage_share=share,
    )
