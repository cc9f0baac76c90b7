"""Signals in who is there and who has gone: champions, sponsors, threads, and where usage sits without influence."""

import ibis
import ibis.expr.types as ir

from features.moments import MOMENT, beside, count_if
from features.signal_rules.relationship import customer_since
from features.signal_rules.scene import Scene, judge_accounts, judge_renewals
from features.signal_rules.wording import days_between, number_of, percent, sentence, when, words
from features.stakeholders import contacts_at
from features.usage_sums import use_by

EXIT_DAYS = 180
NEWS_DAYS = 28
"""How long an exit is news where somebody has taken the part already: a new person has yet to be won."""
SPONSOR_LEAD_DAYS = 90
SETTLED_DAYS = 30
"""Until then the contacts of a new customer are still being entered."""
HAS_A_SAY = ("champion", "executive_sponsor", "economic_buyer")
HAS_BUDGET = ("executive_sponsor", "economic_buyer", "procurement", "finance")
TOP_USER_PERCENT = 50
BUDGET_PERCENT = 5
MINIMUM_USERS = 3
MINIMUM_EVENTS = 50


def contact_counts(scene: Scene) -> ir.Table:
    """Return per account and date with any contact of known role who is in place and whose exit was news when."""
    known = _contacts(scene)
    counted = known.group_by(list(MOMENT)).agg(
        roles_known=count_if(known.role.notnull()),
        in_place=count_if(known.is_in_place),
        champions=_in_place_as(known, "champion"),
        sponsors=_in_place_as(known, "executive_sponsor"),
        with_a_say=_in_place_as(known, *HAS_A_SAY),
        last_sponsor_left_on=known.left_on.max(where=known.role == "executive_sponsor"),
    )
    # Where nobody has entered a role, no part is vacant and none is filled.
    counted = counted.filter(counted.roles_known > 0).drop("roles_known")
    return beside(counted, _newest_exits(known), scene.facts(customer_since))


def _in_place_as(known: ir.Table, *roles: str) -> ir.IntegerScalar:
    return count_if(known.is_in_place & known.role.isin(roles))


def _newest_exits(known: ir.Table) -> ir.Table:
    """Return of the champion and of the sponsor whose exit was heard of last: when that was, and when they left."""
    roles = {"champion": "champion", "sponsor": "executive_sponsor"}
    gone = known.filter(known.left_on.notnull() & known.role.isin(list(roles.values())))
    newest_first = ibis.window(
        group_by=[*MOMENT, "role"], order_by=[ibis.desc("news_on"), ibis.desc("left_on"), "contact_id"]
    )
    ranked = gone.mutate(place=ibis.row_number().over(newest_first))
    newest = ranked.filter(ranked.place == 0)
    return newest.group_by(list(MOMENT)).agg(
        **{f"{short}_news_on": newest.news_on.max(where=newest.role == role) for short, role in roles.items()},
        **{f"{short}_left_on": newest.left_on.max(where=newest.role == role) for short, role in roles.items()},
    )


def _contacts(scene: Scene) -> ir.Table:
    """Return the contacts known at each moment, whether they are in place, and when their exit became known."""
    known = contacts_at(scene.moments, scene.sources)
    return known.mutate(
        is_in_place=known.left_on.isnull(),
        # An exit that was announced is news on its day.
        news_on=ibis.greatest(known.left_on, known.exit_recorded_on),
    )


def champion_left(scene: Scene) -> ir.Table:
    """The person who wanted the product is gone and nobody has taken the part."""
    counts = scene.facts(contact_counts)
    is_vacant = counts.champions == 0
    days = ibis.ifelse(is_vacant, EXIT_DAYS, NEWS_DAYS)
    is_news = days_between(counts.champion_news_on, counts.as_of) <= days
    evidence = sentence(
        "the champion left on ",
        counts.champion_left_on,
        ", ",
        number_of(days_between(counts.champion_left_on, counts.as_of), "day"),
        ibis.ifelse(is_vacant, " ago; no champion among ", " ago; another is in place among "),
        number_of(counts.in_place, "contact"),
    )
    return judge_accounts(counts, is_news, evidence)


def executive_sponsor_left(scene: Scene) -> ir.Table:
    """The sponsor's exit became known too close to the renewal to wait for a new one."""
    open_rows = scene.spine.filter(scene.spine.status.isin(["open", "overdue"]))
    open_rows = open_rows.select("account_id", "renewal_id", "as_of", "renewal_date")
    rows = open_rows.join(scene.facts(contact_counts), list(MOMENT))
    is_close = rows.sponsor_news_on >= rows.renewal_date - ibis.interval(days=SPONSOR_LEAD_DAYS)
    evidence = sentence(
        "the executive sponsor left on ",
        rows.sponsor_left_on,
        when(
            rows.sponsor_left_on <= rows.renewal_date,
            sentence(", ", number_of(days_between(rows.sponsor_left_on, rows.renewal_date), "day"), " before renewal"),
        ),
        ibis.ifelse(rows.sponsors == 0, "; none in place", "; another is in place"),
    )
    is_news = days_between(rows.sponsor_news_on, rows.as_of) <= NEWS_DAYS
    return judge_renewals(rows, is_close & ((rows.sponsors == 0) | is_news), evidence)


def no_executive_sponsor(scene: Scene) -> ir.Table:
    """Nobody with power wants it, however green it looks."""
    counts = _settled(scene)
    evidence = sentence(
        "no executive sponsor among ",
        number_of(counts.in_place, "contact"),
        " in place",
        when(counts.last_sponsor_left_on.notnull(), sentence("; the last one left on ", counts.last_sponsor_left_on)),
    )
    return judge_accounts(counts, counts.sponsors == 0, evidence)


def single_threaded(scene: Scene) -> ir.Table:
    """Everything hangs on one person, or on none."""
    counts = _settled(scene)
    evidence = sentence(
        number_of(counts.with_a_say, "person", "people"),
        " with a say (champion, executive sponsor, economic buyer) among ",
        number_of(counts.in_place, "contact"),
        " in place",
    )
    return judge_accounts(counts, counts.with_a_say <= 1, evidence)


def _settled(scene: Scene) -> ir.Table:
    counts = scene.facts(contact_counts)
    return counts.filter(days_between(counts.customer_since, counts.as_of) >= SETTLED_DAYS)


def power_user_without_budget(scene: Scene) -> ir.Table:
    """Most of the value lies with somebody whom nobody asks."""
    used = use_by("user_id", scene.spine, scene.sources)
    users = used.filter(used.events_1_28 > 0).select(*MOMENT, "user_id", events="events_1_28")
    summed = users.group_by(list(MOMENT)).agg(
        users=users.count(), events=users.events.sum().cast("int64"), top_events=users.events.max()
    )
    linked = _contacts(scene)
    linked = linked.filter(linked.user_id.notnull())
    judged = summed.join(scene.facts(contact_counts).select(*MOMENT), list(MOMENT))
    # Where nobody of the contacts is known to use the product, anybody may be the one who does.
    judged = judged.semi_join(linked, list(MOMENT))
    # Who the users are is asked only where so much hangs on one of them.
    leaning = summed.filter(
        (summed.users >= MINIMUM_USERS)
        & (summed.events >= MINIMUM_EVENTS)
        & (100 * summed.top_events >= TOP_USER_PERCENT * summed.events)
    )
    in_place = linked.filter(linked.is_in_place)
    judged = beside(judged, _busiest(*(rows.semi_join(leaning, list(MOMENT)) for rows in (users, in_place))))
    is_fired = ~judged.top_has_budget & (100 * judged.budget_events < BUDGET_PERCENT * judged.events)
    evidence = sentence(
        "one person",
        when(judged.top_role.notnull(), sentence(" (", words(judged.top_role), ")")),
        " makes ",
        percent(judged.top_events, judged.events),
        " % of the usage of ",
        number_of(judged.users, "person", "people"),
        " in 28 days, those with a say in the budget ",
        percent(judged.budget_events, judged.events),
        " %",
    )
    return judge_accounts(judged, is_fired, evidence)


def _busiest(users: ir.Table, contacts: ir.Table) -> ir.Table:
    """Return of each moment the part of its busiest user, and the events of all who have a say in the budget."""
    roles = contacts.group_by([*MOMENT, "user_id"]).agg(
        has_budget=contacts.role.isin(HAS_BUDGET).any(), role=contacts.role.min()
    )
    users = beside(users, roles, on=(*MOMENT, "user_id"))
    busiest_first = ibis.window(group_by=list(MOMENT), order_by=[ibis.desc("events"), "user_id"])
    users = users.mutate(has_budget=users.has_budget.fill_null(False), place=ibis.row_number().over(busiest_first))
    is_top = users.place == 0
    return users.group_by(list(MOMENT)).agg(
        top_role=users.role.max(where=is_top),
        budget_events=users.events.sum(where=users.has_budget).fill_null(0).cast("int64"),
        top_has_budget=(is_top & users.has_budget).any(),
    )
