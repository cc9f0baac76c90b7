"""Signals in what people do in the product, and the usage facts that rules of other modules lean on.

Sums are exact and conditions compare whole numbers, so that no signal hangs on the last bit of a division.
"""

import ibis
import ibis.expr.types as ir

from features.moments import MOMENT, beside
from features.signal_rules.scene import Scene, judge_accounts
from features.signal_rules.wording import number_of, percent, sentence, words
from features.usage_sums import events_since

LOOKBACK_DAYS = 120
DECLINE_PERCENT = 50
"""A fortnight at this share of its own level, that is down by half: holidays alone do less."""
MODULE_DECLINE_PERCENT = 60
"""A module at this share of its own level, that is down by 40 %."""
FORTNIGHT_EVENTS = 60
"""Events in an average fortnight below which a decline is noise."""
MODULE_EVENTS = 50
"""Events in an average 30 days below which the decline of a module is noise."""
USED_SEATS_PERCENT = 33
MINIMUM_SEATS = 4
"""With fewer seats one holiday is half of them."""


def events_by_user(scene: Scene) -> ir.Table:
    """Return events by days ago for each account, date and user, with the age of the first of them in 120 days."""
    known = events_since(("user_id",), (0, 14, 28, 70, 112, LOOKBACK_DAYS), scene.spine, scene.moments, scene.sources)

    def events(*windows: int) -> ir.IntegerValue:
        return known.events.sum(where=known.window.isin(windows)).fill_null(0).cast("int64")

    return known.group_by([*MOMENT, "user_id"]).agg(
        e14=events(0), e15_70=events(1, 2), e28=events(0, 1), e29_112=events(2, 3), first_days_ago=known.first_ago.max()
    )


def events_of_critical_modules(scene: Scene) -> ir.Table:
    """Return the same of the last 30 days and the 90 before, for each module that was ever marked, and user."""
    entitled = scene.sources.tables["entitlements"]
    marked = entitled.filter(entitled.is_renewal_critical).select("account_id", "module").distinct()
    known = events_since(
        ("user_id", "module"), (0, 30, LOOKBACK_DAYS), scene.spine, scene.moments, scene.sources, only=marked
    )

    def events(window: int) -> ir.IntegerValue:
        return known.events.sum(where=known.window == window).fill_null(0).cast("int64")

    return known.group_by([*MOMENT, "user_id", "module"]).agg(
        e30=events(0), e31_120=events(1), first_days_ago=known.first_ago.max()
    )


def usage_level(scene: Scene) -> ir.Table:
    """Return the usage of each account and date by which any usage had been recorded.

    `e…` are sums of events by days ago, `u…` people active in the same days, `first_days_ago` the age of the first
    usage within 120 days. Zero where usage has stopped altogether.
    """
    users = scene.facts(events_by_user)
    windows = ("e14", "e15_70", "e28", "e29_112")
    level = users.group_by(list(MOMENT)).agg(
        **{window: users[window].sum().cast("int64") for window in windows},
        **{f"u{window[1:]}": (users[window] > 0).sum() for window in windows},
        first_days_ago=users.first_days_ago.max(),
    )
    watched = scene.sources.watched("usage_daily", scene.moments, on=("account_id",))
    level = beside(watched, level)
    return level.mutate(**{name: level[name].fill_null(0) for name in level.columns if name not in MOMENT})


def usage_trend(scene: Scene) -> ir.Table:
    """Return the account's last 28 days against an average 28 days of the 12 weeks before, where there are such."""
    level = scene.facts(usage_level)
    level = level.filter((level.e29_112 > 0) & (level.first_days_ago > 105))
    return level.select(*MOMENT, "e28", "e29_112", trend_percent=percent(3 * level.e28, level.e29_112))


def usage_decline(scene: Scene) -> ir.Table:
    """A fortnight far below the account's own."""
    level = scene.facts(usage_level)
    level = level.filter((level.first_days_ago > 63) | (level.first_days_ago == 0))
    is_over = level.e14 + level.e15_70 == 0
    is_down = (level.e15_70 >= 4 * FORTNIGHT_EVENTS) & (100 * 4 * level.e14 <= DECLINE_PERCENT * level.e15_70)
    down = sentence(
        number_of(level.e14, "event"),
        " in 14 days against ",
        (level.e15_70 // 4).cast("int64"),
        " in an average fortnight of the eight weeks before, down ",
        100 - percent(4 * level.e14, level.e15_70),
        " %; ",
        level.u14,
        " of ",
        number_of(ibis.greatest(level.u15_70, level.u14), "person", "people"),
        " still active",
    )
    over = sentence("nobody has used the product for ten weeks or longer")
    return judge_accounts(level, is_over | is_down, ibis.ifelse(is_over, over, down))


def critical_module_decline(scene: Scene) -> ir.Table:
    """The module that the renewal hangs on, far below its own level; of several the one that fell most."""
    sums = events_of_critical_modules(scene)
    modules = sums.group_by([*MOMENT, "module"]).agg(
        newest=sums.e30.sum().cast("int64"),
        past=sums.e31_120.sum().cast("int64"),
        users=(sums.e30 > 0).sum(),
        all_users=sums.count(),
        first_days_ago=sums.first_days_ago.max(),
    )
    entitled = scene.known("entitlements")
    critical = entitled.filter(entitled.is_renewal_critical).select(*MOMENT, "module").distinct()
    judged = modules.join(critical, [*MOMENT, "module"])
    judged = judged.filter((judged.past > 0) & (judged.first_days_ago > 105))
    judged = judged.mutate(
        left=percent(3 * judged.newest, judged.past),
        is_down=(judged.past >= 3 * MODULE_EVENTS) & (100 * 3 * judged.newest <= MODULE_DECLINE_PERCENT * judged.past),
    )
    order = ibis.window(group_by=list(MOMENT), order_by=[ibis.desc("is_down"), "left", "module"])
    ranked = judged.mutate(place=ibis.row_number().over(order))
    worst = ranked.filter(ranked.place == 0)
    evidence = sentence(
        words(worst.module),
        " used by ",
        worst.users,
        " of ",
        number_of(worst.all_users, "person", "people"),
        ", down ",
        100 - worst.left,
        " % in 30 days",
    )
    return judge_accounts(worst, worst.is_down, evidence)


def seats_unused(scene: Scene) -> ir.Table:
    """Seats that nobody sits on."""
    entitled = scene.known("entitlements")
    seats = entitled.group_by(list(MOMENT)).agg(seats=entitled.seats.max())
    level = scene.facts(usage_level).join(seats, list(MOMENT))
    level = level.filter((level.seats >= MINIMUM_SEATS) & ((level.first_days_ago > 84) | (level.first_days_ago == 0)))
    evidence = sentence(
        level.u28,
        " of ",
        number_of(level.seats, "seat"),
        " used in 28 days, ",
        100 - percent(level.u28, level.seats),
        " % unused",
    )
    return judge_accounts(level, 100 * level.u28 <= USED_SEATS_PERCENT * level.seats, evidence)
