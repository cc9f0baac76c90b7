"""Signals in what people do in the product, and the usage facts that rules of other modules lean on.

Sums are exact and conditions compare whole numbers, so that no signal hangs on the last bit of a division.
"""

import ibis
import ibis.expr.types as ir

from features.moments import MOMENT, beside, count_if
from features.signal_rules.scene import Scene, judge_accounts
from features.signal_rules.wording import days_between, number_of, percent, percent_less, sentence, words
from features.usage import critical_modules_at, entitlements_at
from features.usage_sums import PAST_DAYS, account_use, events_in, use_by, used_for

LOOKBACK_DAYS = 120
DECLINE_DAYS, SEATS_DAYS = 63, 84
"""Whose first use is not longer ago is still settling in: a decline, or empty seats, would say nothing."""
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


def usage_level(scene: Scene) -> ir.Table:
    """Return the usage of each account and date by which any use had been recorded.

    `e…` are sums of events by days ago, `u28` people active in the last 28 days. Zero where use has stopped altogether.
    """
    users = use_by("user_id", scene.spine, scene.sources)
    active = users.group_by(list(MOMENT)).agg(u28=count_if(users.events_1_28 > 0))
    used = account_use(scene.spine, scene.sources)
    windows = {"e14": (1, 14), "e15_70": (15, 70), "e28": (1, 28), "e29_112": (29, 112)}
    level = used.select(*MOMENT, **{name: events_in(used, *days) for name, days in windows.items()})
    level = beside(used_for(0, scene.moments, scene.sources), level, active)
    return level.mutate(**{name: level[name].fill_null(0) for name in level.columns if name not in MOMENT})


def usage_trend(scene: Scene) -> ir.Table:
    """Return the account's last 28 days against an average 28 days of the 12 weeks before, where there are such."""
    level = scene.facts(usage_level)
    level = level.filter(level.e29_112 > 0)
    level = level.semi_join(used_for(PAST_DAYS, scene.moments, scene.sources), list(MOMENT))
    return level.select(*MOMENT, "e28", "e29_112", trend_percent=percent(3 * level.e28, level.e29_112))


def usage_decline(scene: Scene) -> ir.Table:
    """A fortnight far below the account's own."""
    level = scene.facts(usage_level).semi_join(used_for(DECLINE_DAYS, scene.moments, scene.sources), list(MOMENT))
    is_over = level.e14 + level.e15_70 == 0
    is_down = (level.e15_70 >= 4 * FORTNIGHT_EVENTS) & (100 * 4 * level.e14 <= DECLINE_PERCENT * level.e15_70)
    level = level.mutate(is_over=is_over, is_down=is_over | is_down)
    if not scene.is_told:
        return judge_accounts(level, level.is_down, ibis.null("string"))
    level = beside(level, _people(scene, level.filter(level.is_down).select(*MOMENT), 14, 70))
    down = sentence(
        number_of(level.e14, "event"),
        " in 14 days against ",
        (level.e15_70 // 4).cast("int64"),
        " in an average fortnight of the eight weeks before, down ",
        percent_less(4 * level.e14, level.e15_70),
        " %; ",
        level.people,
        " of ",
        number_of(ibis.greatest(level.people_before, level.people), "person", "people"),
        " still active",
    )
    over = sentence("nobody has used the product for ten weeks or longer")
    return judge_accounts(level, level.is_down, ibis.ifelse(level.is_over, over, down))


def critical_module_decline(scene: Scene) -> ir.Table:
    """The module that the renewal hangs on, far below its own level; of several the one that fell most."""
    modules = use_by("module", scene.spine, scene.sources)
    modules = modules.mutate(newest=events_in(modules, 1, 30), past=events_in(modules, 31, LOOKBACK_DAYS))
    modules = modules.select(*MOMENT, "module", "newest", "past")
    on = ("account_id", "module")
    critical = used_for(PAST_DAYS, critical_modules_at(scene.moments, scene.sources), scene.sources, on)
    judged = beside(critical, modules, on=(*MOMENT, "module"))
    judged = judged.mutate(newest=judged.newest.fill_null(0), past=judged.past.fill_null(0))
    is_over = judged.newest + judged.past == 0
    is_down = (judged.past >= 3 * MODULE_EVENTS) & (100 * 3 * judged.newest <= MODULE_DECLINE_PERCENT * judged.past)
    judged = judged.mutate(
        is_over=is_over,
        is_down=is_over | is_down,
        fallen=ibis.cases((judged.past > 0, percent_less(3 * judged.newest, judged.past)), (is_over, 100), else_=0),
    )
    order = ibis.window(
        group_by=list(MOMENT), order_by=[ibis.desc("is_down"), ibis.desc("fallen"), "is_over", "module"]
    )
    ranked = judged.mutate(place=ibis.row_number().over(order))
    worst = ranked.filter(ranked.place == 0).select(*MOMENT, "module", "fallen", "is_over", "is_down")
    if not scene.is_told:
        return judge_accounts(worst, worst.is_down, ibis.null("string"))
    worst = beside(worst, _people(scene, worst.filter(worst.is_down).select(*MOMENT, "module"), 30, LOOKBACK_DAYS))
    over = sentence("nobody has used ", words(worst.module), f" for {LOOKBACK_DAYS} days or longer")
    down = sentence(
        words(worst.module),
        " used by ",
        worst.people,
        " of ",
        number_of(worst.all_people, "person", "people"),
        ", down ",
        worst.fallen,
        " % in 30 days",
    )
    return judge_accounts(worst, worst.is_down, ibis.ifelse(worst.is_over, over, down))


def _people(scene: Scene, fired: ir.Table, newest_days: int, days: int) -> ir.Table:
    """Return how many people used what has declined, asked of the few moments at which anything has.

    Args:
        scene: For the usage.
        fired: One row per moment, with the module if it is about one.
        newest_days: The days that count as newest.
        days: How far back people are looked for.

    Returns:
        Per moment the `people` with events in the newest days, `people_before` with events in those before, and
        `all_people` of whom anything is on record.
    """
    asked = scene.sources.engine.store(fired)
    on = [column for column in fired.columns if column != "as_of"]
    known = scene.sources.known("usage_daily", asked, on, lookback=("usage_date", days))
    is_newest = days_between(known.usage_date, known.as_of) <= newest_days
    people = known.group_by([*MOMENT, "user_id"]).agg(
        newest=known.events.sum(where=is_newest), before=known.events.sum(where=~is_newest)
    )
    return people.group_by(list(MOMENT)).agg(
        people=count_if(people.newest > 0),
        people_before=count_if(people.before > 0),
        all_people=people.count(),
    )


def seats_unused(scene: Scene) -> ir.Table:
    """Seats that nobody sits on."""
    entitled = entitlements_at(scene.moments, scene.sources)
    seats = entitled.group_by(list(MOMENT)).agg(seats=entitled.seats.max())
    level = scene.facts(usage_level).semi_join(used_for(SEATS_DAYS, scene.moments, scene.sources), list(MOMENT))
    level = level.join(seats, list(MOMENT))
    level = level.filter(level.seats >= MINIMUM_SEATS)
    evidence = sentence(
        level.u28,
        " of ",
        number_of(level.seats, "seat"),
        " used in 28 days, ",
        percent_less(level.u28, level.seats),
        " % unused",
    )
    return judge_accounts(level, 100 * level.u28 <= USED_SEATS_PERCENT * level.seats, evidence)
