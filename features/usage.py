"""Features of product usage: level, trend against the account's own past, breadth, concentration, recency.

Windows end the day before the date. Sums and counts are exact integers; each ratio is computed once, from them. An
account of which no usage was ever recorded has nulls, not zeros: nobody watched it.
"""

import ibis
import ibis.expr.types as ir

from features.feature import Feature
from features.moments import MOMENT, beside, count_if, moments_of, only_where, ratio
from features.sources import Sources
from features.usage_sums import (
    LOOKBACK_DAYS,
    WINDOW_DAYS,
    WINDOWS,
    account_use,
    events_in,
    use_by,
)

_EVENTS = frozenset({"usage_daily.usage_date", "usage_daily.events"})
_USERS = _EVENTS | {"usage_daily.user_id"}
_MODULES = _EVENTS | {"usage_daily.module"}
_CRITICAL = _MODULES | {"entitlements.is_renewal_critical", "entitlements.module", "entitlements.valid_from"}

FEATURES = (
    Feature(
        name="usage__events_28d",
        description="Events in the last 28 days.",
        unit="events",
        kind="integer",
        direction="either",
        lineage=_EVENTS,
        sentence="The product was used {value} times in the last 28 days",
        group="usage level",
        when_missing="No use of the product is on record",
    ),
    Feature(
        name="usage__events_per_user_28d",
        description="Events per active user in the last 28 days.",
        unit="events per person",
        kind="number",
        direction="either",
        lineage=_USERS,
        sentence="Each active person used it {value} times in the last 28 days",
        group="usage level",
        when_missing="Nobody used the product in the last 28 days",
    ),
    Feature(
        name="usage__active_days_28d",
        description="Days with at least one event in the last 28 days.",
        unit="days",
        kind="integer",
        direction="lowers",
        lineage=_EVENTS,
        sentence="The product was used on {value} of the last 28 days",
        group="usage level",
        when_missing="No use of the product is on record",
    ),
    Feature(
        name="usage__days_since_last",
        description="Days since the newest usage, at most 112.",
        unit="days",
        kind="integer",
        direction="raises",
        lineage=_EVENTS,
        sentence="Somebody last used the product {value} days ago",
        group="usage level",
        when_missing="No use of the product is on record",
    ),
    Feature(
        name="usage__events_trend_ratio",
        description="Events of the last 28 days over the average 28 days of the 84 days before.",
        unit="ratio",
        kind="number",
        direction="lowers",
        lineage=_EVENTS,
        sentence="Usage runs at {value} of its own level over the three months before",
        group="usage trend",
        when_missing="They have not used the product for long enough to compare",
    ),
    Feature(
        name="usage__events_half_ratio",
        description="Events of the last 56 days over those of the 56 days before.",
        unit="ratio",
        kind="number",
        direction="lowers",
        lineage=_EVENTS,
        sentence="Usage of the last eight weeks is {value} of the eight weeks before",
        group="usage trend",
        when_missing="They have not used the product for long enough to compare",
    ),
    Feature(
        name="usage__weekly_slope_share",
        description="Straight-line slope of weekly events over 16 weeks, as a share of their mean, per week.",
        unit="share per week",
        kind="number",
        direction="either",
        lineage=_EVENTS,
        sentence="Over four months, weekly usage has moved by {value} a week",
        group="usage trend",
        when_missing="They have not used the product for long enough to compare",
    ),
    Feature(
        name="usage__idle_weeks_112d",
        description="Weeks without any event among the last 16, counted from the first usage in them.",
        unit="weeks",
        kind="integer",
        direction="raises",
        lineage=_EVENTS,
        sentence="Weeks without any usage, of the last 16: {value}",
        group="usage trend",
        when_missing="No use of the product is on record",
    ),
    Feature(
        name="usage__active_users_28d",
        description="People with at least one event in the last 28 days.",
        unit="people",
        kind="integer",
        direction="either",
        lineage=_USERS,
        sentence="People active in the last 28 days: {value}",
        group="users",
        when_missing="No use of the product is on record",
    ),
    Feature(
        name="usage__active_users_trend_ratio",
        description="Active users of the last 28 days over the mean of the three 28-day windows before.",
        unit="ratio",
        kind="number",
        direction="lowers",
        lineage=_USERS,
        sentence="The number of active people is {value} of its own level over the three months before",
        group="users",
        when_missing="They have not used the product for long enough to compare",
    ),
    Feature(
        name="usage__lapsed_users_share",
        description="Share of those active 29 to 56 days ago who were not active in the last 28 days.",
        unit="share 0-1",
        kind="number",
        direction="raises",
        lineage=_USERS,
        sentence="{value} of the people active the month before have not come back",
        group="users",
        when_missing="Nobody used the product the month before",
    ),
    Feature(
        name="usage__new_users_share",
        description="Share of those active in the last 28 days who were not active in the 84 days before.",
        unit="share 0-1",
        kind="number",
        direction="either",
        lineage=_USERS,
        sentence="{value} of the active people are new",
        group="users",
        when_missing="They have not used the product for long enough to compare",
    ),
    Feature(
        name="usage__top_user_share",
        description="Share of the events of the last 28 days made by the busiest user.",
        unit="share 0-1",
        kind="number",
        direction="either",
        lineage=_USERS,
        sentence="One person makes {value} of all usage",
        group="users",
        when_missing="Nobody used the product in the last 28 days",
    ),
    Feature(
        name="usage__seat_use_ratio",
        description="Active users of the last 28 days over the seats, counted in the module with the most.",
        unit="ratio",
        kind="number",
        direction="either",
        lineage=_USERS | {"entitlements.seats", "entitlements.valid_from"},
        sentence="{value} of the seats are in use",
        group="users",
        when_missing="Use or seats are not on record",
    ),
    Feature(
        name="usage__active_modules_28d",
        description="Modules with at least one event in the last 28 days.",
        unit="modules",
        kind="integer",
        direction="lowers",
        lineage=_MODULES,
        sentence="Modules used in the last 28 days: {value}",
        group="modules",
        when_missing="No use of the product is on record",
    ),
    Feature(
        name="usage__dropped_modules_count",
        description="Modules used in the 84 days before the last 28 days, and not since.",
        unit="modules",
        kind="integer",
        direction="raises",
        lineage=_MODULES,
        sentence="Modules they used before and not in the last 28 days: {value}",
        group="modules",
        when_missing="No use of the product is on record",
    ),
    Feature(
        name="usage__critical_events_28d",
        description="Events in renewal-critical modules in the last 28 days.",
        unit="events",
        kind="integer",
        direction="either",
        lineage=_CRITICAL,
        sentence="Renewal-critical modules were used {value} times in the last 28 days",
        group="modules",
        when_missing="No renewal-critical module is on record",
    ),
    Feature(
        name="usage__critical_trend_ratio",
        description="Events in renewal-critical modules of the last 28 days over the average 28 days of the 84 before.",
        unit="ratio",
        kind="number",
        direction="lowers",
        lineage=_CRITICAL,
        sentence="Renewal-critical modules run at {value} of their level over the three months before",
        group="modules",
        when_missing="They have not used renewal-critical modules for long enough to compare",
    ),
)


def build_usage(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the usage features.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine that is measured, with one column per feature of this module.
    """
    moments = moments_of(spine, sources)
    by_user = _user_sums(use_by("user_id", spine, sources))
    by_account = account_use(spine, sources)
    by_module = _module_sums(use_by("module", spine, sources), moments, sources)
    watched = sources.watched("usage_daily", moments, on=("account_id",))
    parts = (by_user, by_account, by_module, _entitled_seats(moments, sources), _with_critical(moments, sources))
    return sources.engine.store(_ratios(beside(watched, *parts)), through=parts)


def entitlements_at(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the modules that each moment's account is entitled to, as known then: `module`, `seats`, and the rest."""
    return sources.engine.store(sources.known("entitlements", moments))


def critical_modules_at(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the renewal-critical modules of each moment's account, as known then."""
    entitled = entitlements_at(moments, sources)
    return entitled.filter(entitled.is_renewal_critical).select(*MOMENT, "module").distinct()


def _with_critical(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the moments whose account is known to have a renewal-critical module."""
    return critical_modules_at(moments, sources).select(*MOMENT).distinct().mutate(has_critical=True)


def _user_sums(used: ir.Table) -> ir.Table:
    windows = {f"w{n}": events_in(used, n * WINDOW_DAYS + 1, (n + 1) * WINDOW_DAYS) for n in range(WINDOWS)}
    users = used.select(*MOMENT, **windows)
    return users.group_by(list(MOMENT)).agg(
        **{f"users_w{n}": count_if(users[f"w{n}"] > 0) for n in range(WINDOWS)},
        top_events=users.w0.max(),
        stayed=count_if((users.w1 > 0) & (users.w0 > 0)),
        newcomers=count_if((users.w0 > 0) & (users.w1 + users.w2 + users.w3 == 0)),
    )


def _module_sums(used: ir.Table, moments: ir.Table, sources: Sources) -> ir.Table:
    critical = critical_modules_at(moments, sources)
    # Others look further back; a module that has no row in these windows is not among those of the past.
    recent = used.filter(ibis.coalesce(used.events_1_28, used.events_29_30, used.events_31_112).notnull())
    modules = recent.select(
        *MOMENT,
        "module",
        newest=events_in(recent, 1, WINDOW_DAYS),
        past=events_in(recent, WINDOW_DAYS + 1, LOOKBACK_DAYS),
    )
    marked = modules.join(critical.mutate(is_critical=True), [*MOMENT, "module"], how="left")
    return marked.group_by(list(MOMENT)).agg(
        modules=count_if(marked.newest > 0),
        dropped_modules=count_if((marked.newest == 0) & (marked.past > 0)),
        critical_newest=marked.newest.sum(where=marked.is_critical),
        critical_past=marked.past.sum(where=marked.is_critical),
    )


def _entitled_seats(moments: ir.Table, sources: Sources) -> ir.Table:
    """Return the seats as known at each moment: the largest number over modules, since people share modules."""
    entitled = entitlements_at(moments, sources)
    return entitled.group_by(list(MOMENT)).agg(seats=entitled.seats.max())


def _ratios(sums: ir.Table) -> ir.Table:
    """Compute every feature from exact sums; trends stay null until the account's past covers the windows."""
    has_past = sums.has_past
    newest_events = events_in(sums, 1, WINDOW_DAYS)
    past_events = events_in(sums, WINDOW_DAYS + 1, LOOKBACK_DAYS)
    half_events = (events_in(sums, 1, LOOKBACK_DAYS // 2), events_in(sums, LOOKBACK_DAYS // 2 + 1, LOOKBACK_DAYS))
    all_events = events_in(sums, 1, LOOKBACK_DAYS)
    past_users = sums.users_w1 + sums.users_w2 + sums.users_w3
    # Least squares over x = 0..15: slope = (n Σxy − Σx Σy) / (n Σx² − (Σx)²), divided by the mean Σy / n, with n = 16,
    # Σx = 120 and n Σx² − (Σx)² = 5440. The newest week is 15, so that a rising line has a positive slope.
    slope = (16 * (16 * sums.week_events - 120 * all_events)) / (5440 * all_events.nullif(0))
    return sums.select(
        *MOMENT,
        usage__events_28d=newest_events,
        usage__events_per_user_28d=ratio(newest_events, sums.users_w0),
        usage__active_days_28d=sums.active_days.fill_null(0),
        usage__days_since_last=sums.last_days_ago.fill_null(LOOKBACK_DAYS),
        usage__events_trend_ratio=only_where(has_past, ratio(3 * newest_events, past_events)),
        usage__events_half_ratio=only_where(has_past, ratio(*half_events)),
        usage__weekly_slope_share=only_where(has_past, slope),
        usage__idle_weeks_112d=((sums.first_days_ago - 1) // 7 + 1 - sums.active_weeks).fill_null(16),
        usage__active_users_28d=sums.users_w0.fill_null(0),
        usage__active_users_trend_ratio=only_where(has_past, ratio(3 * sums.users_w0, past_users)),
        usage__lapsed_users_share=ratio(sums.users_w1 - sums.stayed, sums.users_w1),
        usage__new_users_share=only_where(has_past, ratio(sums.newcomers, sums.users_w0)),
        usage__top_user_share=ratio(sums.top_events, newest_events),
        usage__seat_use_ratio=ratio(sums.users_w0.fill_null(0), sums.seats),
        usage__active_modules_28d=sums.modules.fill_null(0),
        usage__dropped_modules_count=sums.dropped_modules.fill_null(0),
        usage__critical_events_28d=only_where(sums.has_critical, sums.critical_newest.fill_null(0)),
        usage__critical_trend_ratio=only_where(has_past, ratio(3 * sums.critical_newest, sums.critical_past)),
    )
