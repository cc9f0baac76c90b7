"""Each signal on rows made by hand: it fires and says why, it does not fire, and without its source nobody watches."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from data_contracts.contract import source_contracts
from features.signals import (
    FIRED,
    NOT_FIRED,
    NOT_WATCHED,
    RULES,
    STATE_KEY,
    build_signals,
    fired_signals,
    load_signals,
    signal_features,
    signals_as_of,
    unwatched_signals,
)
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
Row = dict[str, Any]
Tables = dict[str, list[Row]]
AS_OF = date(2024, 9, 2)
"""A Monday, 121 days before the renewal on 2025-01-01, eight months into the first term."""


def day(days_ago: int) -> str:
    return f"{AS_OF - timedelta(days=days_ago)}"


def at(days_ago: int, hour: int = 10) -> str:
    return f"{day(days_ago)}T{hour:02}:00:00"


def use(days_ago: int, events: int, user: str = "u1", module: str = "m1") -> Row:
    return {
        "user_id": user,
        "usage_date": day(days_ago),
        "events": events,
        "module": module,
        "recorded_at": at(days_ago, 23),
    }


def weekly(events: int, first: int, last: int, **more: str) -> list[Row]:
    return [use(days_ago, events, **more) for days_ago in range(first, last + 1, 7)]


STEADY = weekly(40, 2, 119)


def contact(number: int, role: str | None, **more: object) -> Row:
    return {"contact_id": f"k{number}", "role": role, **more}


def gone(number: int, role: str, left: int, recorded: int) -> list[Row]:
    """A contact as first entered, and again when the exit was recorded."""
    entered = contact(number, role, user_id=None)
    return [entered, {**entered, "left_on": day(left), "recorded_at": at(recorded)}]


def ticket(number: int, opened: int, **more: object) -> Row:
    return {"ticket_id": f"t{number}", "opened_at": at(opened), "recorded_at": at(opened), **more}


def mail(number: int, sent: int, direction: str = "outbound", is_opened: bool = False, **more: object) -> Row:
    opened = {"opened_at": at(sent, 15), "recorded_at": at(sent, 16)} if is_opened else {"recorded_at": at(sent)}
    return {"email_id": f"e{number}", "sent_at": at(sent), "direction": direction, **opened, **more}


def meeting(number: int, held: int, status: str) -> Row:
    settled = {"status": status, "status_at": at(held), "recorded_at": at(held, 12)}
    return {"meeting_id": f"m{number}", "scheduled_at": at(held), **settled}


def run(days_ago: int, runs: int = 2) -> Row:
    return {"run_date": day(days_ago), "runs": runs, "recorded_at": at(days_ago - 1, 3)}


def pulse(number: int, days_ago: int, sentiment: str, **more: object) -> Row:
    given = {"pulse_at": at(days_ago), "recorded_at": at(days_ago, 11)}
    return {"pulse_id": f"p{number}", "sentiment": sentiment, **given, **more}


def shown(days_ago: int, stakeholder: str) -> Row:
    return {"stakeholder": stakeholder, "occurred_at": at(days_ago), "recorded_at": at(days_ago, 12)}


BOTH_ENTITLED: list[Row] = [{"seats": 10}, {"module": "m2", "is_renewal_critical": "false", "seats": 5}]
SAGGING = [*weekly(40, 30, 119), *weekly(25, 2, 28)]
SPREAD = [use(d, 20, f"u{n}") for n in range(1, 4) for d in range(2, 119, 7)]
TWO_READERS = [mail(n, 40 + 9 * n, is_opened=True) for n in range(5)]
QUIET_TALK: Tables = {
    "meetings": [meeting(1, 10, "cancelled"), meeting(2, 30, "no_show"), meeting(3, 40, "held")],
    "emails": [
        *[mail(n, 100 + n, "inbound", word_count=80) for n in range(3)],
        *[mail(n, n, "inbound", word_count=20) for n in range(5, 7)],
    ],
}
NEWCOMER = contact(9, "procurement", started_on=day(20), recorded_at=at(19))

FIRES: dict[str, tuple[Tables, str]] = {
    "usage_decline": (
        {"usage_daily": [*weekly(60, 15, 119), use(2, 20), use(9, 20)]},
        "40 events in 14 days against 120 in an average fortnight of the eight weeks before, down 67 %; 1 of 1 person "
        "still active",
    ),
    "critical_module_decline": (
        {
            "usage_daily": [
                *weekly(20, 31, 119),
                *weekly(20, 31, 119, user="u2"),
                use(5, 30, "u2"),
                *weekly(90, 2, 119, module="m2"),
            ],
            "entitlements": BOTH_ENTITLED,
        },
        "m1 used by 1 of 2 people, down 83 % in 30 days",
    ),
    "seats_unused": (
        {"usage_daily": weekly(40, 2, 119), "entitlements": BOTH_ENTITLED},
        "1 of 10 seats used in 28 days, 90 % unused",
    ),
    "ticket_spike": (
        {"support_tickets": [*[ticket(n, n) for n in (1, 5, 28)], ticket(40, 40)]},
        "3 tickets in 28 days against 1 in the 12 weeks before",
    ),
    "escalation_open": (
        {"support_tickets": [ticket(1, 12, escalated_at=at(10), recorded_at=at(10))]},
        "1 escalated ticket open, the oldest for 10 days",
    ),
    "champion_left": (
        {"contacts": [*gone(1, "champion", 60, 20), contact(2, "admin")]},
        f"the champion left on {day(60)}, 60 days ago; no champion among 1 contact",
    ),
    "no_executive_sponsor": (
        {"contacts": [contact(1, "champion"), *gone(2, "executive_sponsor", 60, 20)]},
        f"no executive sponsor among 1 contact in place; the last one left on {day(60)}",
    ),
    "single_threaded": (
        {"contacts": [contact(1, "champion"), contact(2, "end_user"), *gone(3, "economic_buyer", 60, 20)]},
        "1 person with a say (champion, executive sponsor, economic buyer) among 2 contacts in place",
    ),
    "power_user_without_budget": (
        {
            "usage_daily": [use(3, 60, "u1"), use(3, 25, "u2"), use(3, 15, "u3")],
            "contacts": [contact(1, "end_user", user_id="u1"), contact(2, "economic_buyer", user_id="u9")],
        },
        "one person (end user) makes 60 % of the usage of 3 people in 28 days, those with a say in the budget 0 %",
    ),
    "integration_stopped": (
        {
            "integration_runs": [
                *[run(n) for n in range(5, 61)],
                *[{**run(n), "account_id": "a", "integration": "other"} for n in range(2, 61)],
            ]
        },
        f"crm sync last ran on {day(5)}, 5 days ago, after 14 runs a week",
    ),
    "opens_stopped": (
        {"emails": [*TWO_READERS, *[mail(n, n) for n in (10, 20, 30)]]},
        f"none of the last 3 e-mails opened since {day(30)}; of 5 in the three months before they opened 5",
    ),
    "gone_quiet": (
        {"usage_daily": STEADY, **QUIET_TALK},
        "2 of 3 meetings cancelled or missed in 90 days, replies of 20 words against 80 before; usage at 100 % of its "
        "own level",
    ),
    "cost_question": (
        {"emails": [mail(1, 4, "inbound", contact_id="k9", text="What does a seat cost?")], "contacts": [NEWCOMER]},
        f"a contact new since {day(20)} (procurement) wrote about cost on {day(4)}",
    ),
    "polite_exit": (
        {
            "usage_daily": STEADY,
            "support_tickets": [
                ticket(1, 90),
                ticket(2, 80, closed_at=at(70), csat=1, recorded_at=at(70)),
                ticket(3, 60, closed_at=at(59), csat=5, recorded_at=at(59)),
            ],
        },
        "of 3 tickets opened one to six months ago 1 unresolved and 1 rated 1 or 2; none opened for 60 days, usage at "
        "100 % of its own level",
    ),
    "invoice_overdue": (
        {
            "invoices": [
                {"due_on": day(8), "currency": "EUR"},
                {"invoice_id": "i2", "due_on": day(20), "amount": "50.50", "currency": "EUR"},
            ]
        },
        "2 invoices unpaid, the oldest 20 days after it was due, 150.50 EUR in all",
    ),
    "value_unseen_by_procurement": (
        {"value_touchpoints": [shown(46, "procurement")]},
        f"value was last shown to procurement 46 days ago, on {day(46)}",
    ),
    "value_unseen_by_finance": (
        {"value_touchpoints": [shown(92, "finance")]},
        f"value was last shown to finance 92 days ago, on {day(92)}",
    ),
    "value_unseen_by_business_unit": (
        {"value_touchpoints": [shown(5, "finance")]},
        "value was never shown to the business unit in 245 days as a customer",
    ),
    "pulse_stale": ({"csm_pulses": [pulse(1, 91, "green")]}, "the newest pulse, green, is 91 days old"),
    "pulse_downgraded": (
        {"csm_pulses": [pulse(1, 60, "green"), pulse(2, 5, "red", reason="Budget cut")]},
        f'pulse from green to red on {day(5)}: "Budget cut"',
    ),
    "green_pulse_red_usage": (
        {"usage_daily": SAGGING, "csm_pulses": [pulse(1, 10, "green")]},
        "pulse green, 10 days old, while usage runs at 62 % of its own level of the three months before",
    ),
    "red_pulse_green_usage": (
        {"usage_daily": STEADY, "csm_pulses": [pulse(1, 10, "red")]},
        "pulse red, 10 days old, while usage runs at 100 % of its own level of the three months before",
    ),
    "owner_changed": (
        {
            "accounts": [{}, {"valid_from": day(30), "csm_id": "c2", "recorded_at": at(28)}],
            "csms": [{}, {"csm_id": "c2", "csm_name": "Max"}],
        },
        f"Max took over from Zoe on {day(30)}",
    ),
    "executive_sponsor_left": (
        {
            "renewals": [{"renewal_date": str(AS_OF + timedelta(days=60))}],
            "contacts": gone(1, "executive_sponsor", 40, 20),
        },
        f"the executive sponsor left on {day(40)}, 100 days before renewal; none in place",
    ),
    "notice_deadline": (
        {"renewals": [{"renewal_date": str(AS_OF + timedelta(days=40)), "notice_period_days": 30}]},
        f"notice can be given for another 10 days, until {AS_OF + timedelta(days=10)}; else it renews by itself",
    ),
}

SILENT: dict[str, Tables] = {
    "usage_decline": {"usage_daily": [*weekly(60, 15, 119), use(2, 40), use(9, 40)]},
    "critical_module_decline": {
        "usage_daily": [*weekly(40, 2, 119), *weekly(90, 31, 119, module="m2")],
        "entitlements": BOTH_ENTITLED,
    },
    "seats_unused": {"usage_daily": [use(d, 9, f"u{n}") for n in range(4) for d in (3, 119)], "entitlements": [{}]},
    "ticket_spike": {"support_tickets": [ticket(n, n) for n in (1, 5, 29)]},
    "escalation_open": {"support_tickets": [ticket(1, 12, escalated_at=at(10), closed_at=at(2), recorded_at=at(2))]},
    "champion_left": {"contacts": [*gone(1, "champion", 60, 40), contact(2, "champion", started_on=day(50))]},
    "no_executive_sponsor": {"contacts": [contact(1, "executive_sponsor")]},
    "single_threaded": {"contacts": [contact(1, "champion"), contact(2, "economic_buyer")]},
    "power_user_without_budget": {
        "usage_daily": [use(3, 60, "u1"), use(3, 25, "u2"), use(3, 15, "u3")],
        "contacts": [contact(1, "economic_buyer", user_id="u1")],
    },
    "integration_stopped": {
        "integration_runs": [*[run(n) for n in range(2, 61)], {**run(50, 1), "integration": "rare"}]
    },
    "opens_stopped": {"emails": [*TWO_READERS, *[mail(n, n) for n in (1, 2, 30)]]},
    "gone_quiet": {"usage_daily": SAGGING, **QUIET_TALK},
    "cost_question": {
        "emails": [mail(1, 4, "inbound", contact_id="k9", text="What does a seat cost?")],
        "contacts": [{**NEWCOMER, "started_on": day(200)}],
    },
    "polite_exit": {
        "usage_daily": STEADY,
        "support_tickets": [ticket(1, 90, closed_at=at(70), csat=1, recorded_at=at(70)), ticket(2, 80), ticket(3, 2)],
    },
    "invoice_overdue": {"invoices": [{"due_on": day(7)}, {"invoice_id": "i2", "due_on": day(30), "paid_on": day(3)}]},
    "value_unseen_by_procurement": {"value_touchpoints": [shown(45, "procurement")]},
    "value_unseen_by_finance": {"value_touchpoints": [shown(91, "finance")]},
    "value_unseen_by_business_unit": {"value_touchpoints": [shown(91, "business_unit")]},
    "pulse_stale": {"csm_pulses": [pulse(1, 90, "green")]},
    "pulse_downgraded": {"csm_pulses": [pulse(1, 60, "yellow"), pulse(2, 5, "yellow")]},
    "green_pulse_red_usage": {"usage_daily": STEADY, "csm_pulses": [pulse(1, 10, "green")]},
    "red_pulse_green_usage": {"usage_daily": STEADY, "csm_pulses": [pulse(1, 31, "red")]},
    "owner_changed": {
        "accounts": [{}, {"valid_from": day(30), "segment": "enterprise", "recorded_at": at(28)}],
        "csms": [{}],
    },
    "executive_sponsor_left": {"contacts": gone(1, "executive_sponsor", 40, 20)},
    "notice_deadline": {"renewals": [{"renewal_date": str(AS_OF + timedelta(days=61)), "notice_period_days": 30}]},
}


def states(sources: Sources, as_of: date = AS_OF, names: tuple[str, ...] | None = None) -> pd.DataFrame:
    return sources.engine.to_pandas(signals_as_of(sources, as_of, names), STATE_KEY)


def state_of(sources: Sources, signal: str, as_of: date = AS_OF) -> Row:
    rows = states(sources, as_of, (signal,)).to_dict("records")
    assert len(rows) == 1
    return {str(name): value for name, value in rows[0].items()}


def hide(sources: Sources, *hidden: str) -> Sources:
    """The same sources, as they look to a company that does not supply some tables or columns."""
    reports = dict(sources.reports)
    for name in hidden:
        table, _, column = name.partition(".")
        report = reports[table]
        reports[table] = replace(
            report,
            **({"missing_columns": (*report.missing_columns, column)} if column else {"supplied": False}),
        )
    return replace(sources, reports=reports)


IDS = {
    "renewals": "renewal_id",
    "contacts": "contact_id",
    "support_tickets": "ticket_id",
    "meetings": "meeting_id",
    "emails": "email_id",
    "invoices": "invoice_id",
    "value_touchpoints": "touchpoint_id",
    "csm_pulses": "pulse_id",
}


def one_account_each(cases: dict[str, Tables]) -> Tables:
    """Put cases into one company: the rows of each belong to an account of the case's name."""
    company: Tables = {"csms": [{}, {"csm_id": "c2", "csm_name": "Max"}]}
    for account, tables in cases.items():
        for table, rows in {"accounts": [{}], "renewals": [{}], **tables}.items():
            if table == "csms":
                continue
            own = {"account_id": account}
            named = {IDS[table]} if table in IDS else set()
            for row in rows:
                given = {name: f"{account} {row.get(name, 1)}" for name in named | ({"contact_id"} & set(row))}
                company.setdefault(table, []).append({**row, **given, **own})
    return company


def test_every_signal_is_tried() -> None:
    assert set(FIRES) == set(SILENT) == set(RULES) == set(load_signals())


def test_each_fires_and_says_why(make_sources: MakeSources) -> None:
    found = states(make_sources(**one_account_each({name: tables for name, (tables, _) in FIRES.items()})))
    own = found[found["signal"] == found["account_id"]].set_index("signal")
    assert dict(own["state"]) == dict.fromkeys(FIRES, FIRED)
    said = {name: evidence.rsplit("; renewal in ", 1)[0] for name, evidence in own["evidence"].items()}
    assert said == {name: evidence for name, (_, evidence) in FIRES.items()}
    assert own.loc["notice_deadline", "evidence"].endswith("; renewal in 40 days")
    about = {name: "account" if pd.isna(renewal) else "renewal" for name, renewal in own["renewal_id"].items()}
    assert about == {name: signal.about for name, signal in load_signals().items()}


def test_none_fires_without_cause(make_sources: MakeSources) -> None:
    found = states(make_sources(**one_account_each(SILENT)))
    own = found[found["signal"] == found["account_id"]].set_index("signal")
    assert dict(own["state"]) == dict.fromkeys(SILENT, NOT_FIRED)
    assert own["evidence"].isna().all()


def test_without_any_of_its_columns_or_tables_nobody_watches(make_sources: MakeSources) -> None:
    sources = make_sources(**{name: [] for name in OPTIONAL})
    for signal in load_signals().values():
        assert signal.is_watched(sources)
        for hidden in {*signal.needs, *(column.split(".")[0] for column in signal.needs)}:
            assert not signal.is_watched(hide(sources, hidden))


OPTIONAL = [name for name, contract in source_contracts().items() if not contract.is_required]


def test_with_the_required_tables_alone_the_others_are_not_watched(make_sources: MakeSources) -> None:
    found = states(make_sources(usage_daily=STEADY)).set_index("signal")["state"]
    watched = {"usage_decline": NOT_FIRED, "owner_changed": NOT_FIRED, "notice_deadline": NOT_FIRED}
    assert found.to_dict() == {**dict.fromkeys(load_signals(), NOT_WATCHED), **watched}


@pytest.mark.parametrize("missing", OPTIONAL)
def test_one_missing_table_blinds_only_what_needs_it(missing: str, make_sources: MakeSources) -> None:
    sources = make_sources(**{name: [] for name in OPTIONAL if name != missing})
    for signal in load_signals().values():
        assert signal.is_watched(sources) == (missing not in {column.split(".")[0] for column in signal.needs})


def test_owners_without_a_table_of_names_go_by_their_id(make_sources: MakeSources) -> None:
    found = state_of(make_sources(accounts=FIRES["owner_changed"][0]["accounts"]), "owner_changed")
    assert found["evidence"].startswith(f"c2 took over from c1 on {day(30)}")


def test_tables_that_are_there_and_empty_watch_nothing(make_sources: MakeSources) -> None:
    found = states(make_sources(usage_daily=STEADY, **{name: [] for name in OPTIONAL}))
    by_state = found.groupby("state")["signal"].agg(set)
    rest_on_them = {
        name
        for name, signal in load_signals().items()
        if {column.split(".")[0] for column in signal.needs} & {*OPTIONAL}
    }
    assert by_state[NOT_WATCHED] == rest_on_them
    assert by_state[NOT_FIRED] == {*load_signals()} - rest_on_them


@pytest.mark.parametrize("empty", OPTIONAL)
def test_one_empty_table_watches_nothing_that_needs_it(empty: str, make_sources: MakeSources) -> None:
    found = states(make_sources(usage_daily=STEADY, **{name: [] if name == empty else [{}] for name in OPTIONAL}))
    blinded = {name for name, signal in load_signals().items() if empty in {c.split(".")[0] for c in signal.needs}}
    assert set(found.loc[found["signal"].isin(blinded), "state"]) <= {NOT_WATCHED}


BY_ROLE = ("champion_left", "executive_sponsor_left", "no_executive_sponsor", "single_threaded")


@pytest.mark.parametrize(
    ("column", "signal"),
    [
        *(("contacts.role", signal) for signal in (*BY_ROLE, "power_user_without_budget")),
        ("contacts.user_id", "power_user_without_budget"),
        ("emails.text", "cost_question"),
        ("emails.word_count", "gone_quiet"),
        ("support_tickets.csat", "polite_exit"),
        ("entitlements.seats", "seats_unused"),
    ],
)
def test_a_column_that_nobody_fills_watches_nothing_that_needs_it(
    column: str, signal: str, make_sources: MakeSources
) -> None:
    table, name = column.split(".")
    tables = FIRES[signal][0]
    sources = make_sources(**{**tables, table: [{**row, name: None} for row in tables[table]]})
    assert state_of(sources, signal)["state"] == NOT_WATCHED
    assert unwatched_signals(sources)[signal] == (column,)
    built = sources.engine.to_pandas(build_signals(build_spine(sources, [AS_OF]), sources), KEY)
    assert built[f"signal__has_{signal}"].isna().all()


def test_what_is_filled_is_watched(make_sources: MakeSources) -> None:
    sources = make_sources(**one_account_each({name: tables for name, (tables, _) in FIRES.items()}))
    assert unwatched_signals(sources) == {}


def test_where_an_account_alone_has_no_roles_nobody_watches_it(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        contacts=[contact(1, "champion"), {"contact_id": "k2", "account_id": "b", "role": None}],
    )
    found = states(sources, names=("single_threaded",)).set_index("account_id")["state"]
    assert found.to_dict() == {"a": FIRED, "b": NOT_WATCHED}


def test_an_exit_is_no_news_because_something_else_was_put_right(make_sources: MakeSources) -> None:
    left = gone(1, "champion", 200, 195)
    corrected = {**left[-1], "user_id": "u7", "recorded_at": at(3)}
    sources = make_sources(contacts=[*left, corrected, contact(2, "champion")])
    assert state_of(sources, "champion_left")["state"] == NOT_FIRED


def test_a_handover_is_no_news_because_something_else_was_put_right(make_sources: MakeSources) -> None:
    handover = {"valid_from": day(100), "csm_id": "c2", "recorded_at": at(100)}
    corrected = {**handover, "industry": "retail", "recorded_at": at(3)}
    sources = make_sources(accounts=[{}, handover, corrected])
    assert state_of(sources, "owner_changed")["state"] == NOT_FIRED


def test_the_exit_that_is_news_is_the_one_that_is_told(make_sources: MakeSources) -> None:
    known_long, heard_now = gone(1, "champion", 75, 74), gone(2, "champion", 150, 8)
    sources = make_sources(contacts=[*known_long, *heard_now, contact(3, "champion")])
    said = state_of(sources, "champion_left")["evidence"]
    assert said.startswith(f"the champion left on {day(150)}, 150 days ago; another is in place among 1 contact")


CREDIT = {"invoice_id": "i2", "due_on": day(60), "amount": "-500.00", "currency": "EUR"}


def test_a_credit_note_is_nobodys_delay(make_sources: MakeSources) -> None:
    assert state_of(make_sources(invoices=[CREDIT]), "invoice_overdue")["state"] == NOT_FIRED


def test_a_credit_note_takes_nothing_from_what_is_overdue(make_sources: MakeSources) -> None:
    owed = {"due_on": day(30), "amount": "80.00", "currency": "EUR"}
    said = state_of(make_sources(invoices=[owed, CREDIT]), "invoice_overdue")["evidence"]
    assert said.startswith("1 invoice unpaid, the oldest 30 days after it was due, 80.00 EUR in all")


def test_one_person_asks_about_cost_and_is_the_one_who_is_told(make_sources: MakeSources) -> None:
    asks = {"direction": "inbound", "text": "What does a seat cost?"}
    mails = [mail(1, 9, contact_id="k1", **asks), mail(2, 4, contact_id="k2", **asks)]
    people = [contact(1, "procurement", started_on=day(40)), contact(2, None, started_on=day(50))]
    said = state_of(make_sources(emails=mails, contacts=people), "cost_question")["evidence"]
    assert said.startswith(f"a contact new since {day(50)} wrote about cost on {day(4)}")


def test_rows_of_no_event_are_no_use(make_sources: MakeSources) -> None:
    found = states(make_sources(usage_daily=weekly(0, 2, 119)), names=("usage_decline", "seats_unused"))
    assert set(found["state"]) == {NOT_WATCHED}


def test_a_critical_module_that_everybody_left_stays_an_alarm(make_sources: MakeSources) -> None:
    other = weekly(90, 2, 300, module="m2")
    left = make_sources(usage_daily=[*other, *weekly(20, 200, 300)], entitlements=BOTH_ENTITLED)
    said = state_of(left, "critical_module_decline")
    assert said["state"] == FIRED
    assert said["evidence"].startswith("nobody has used m1 for 120 days or longer; renewal in 121 days")


def test_a_critical_module_that_nobody_ever_used_is_not_watched(make_sources: MakeSources) -> None:
    never = make_sources(usage_daily=weekly(90, 2, 300, module="m2"), entitlements=BOTH_ENTITLED)
    assert state_of(never, "critical_module_decline")["state"] == NOT_WATCHED


def test_usage_a_hair_above_the_limit_is_no_red_usage(make_sources: MakeSources) -> None:
    usage = [*weekly(100, 30, 111), use(3, 283)]
    said = state_of(make_sources(csm_pulses=[pulse(1, 5, "green")], usage_daily=usage), "green_pulse_red_usage")
    assert said["state"] == NOT_FIRED  # 70.75 %


def test_an_exit_whose_date_was_put_right_is_no_news(make_sources: MakeSources) -> None:
    left = gone(1, "champion", 200, 195)
    corrected = {**left[-1], "left_on": day(201), "recorded_at": at(3)}
    sources = make_sources(contacts=[*left, corrected, contact(2, "champion")])
    assert state_of(sources, "champion_left")["state"] == NOT_FIRED


@pytest.mark.parametrize(("is_read_late", "state"), [(False, FIRED), (True, NOT_FIRED)])
def test_who_opens_an_older_mail_still_reads(make_sources: MakeSources, is_read_late: bool, state: str) -> None:
    mails = [mail(n, 60 + 9 * n, is_opened=True) for n in range(1, 5)]
    mails += [mail(10 + n, 12 + 7 * n) for n in range(3)]
    old = mail(20, 60)
    mails += [
        old,
        {**old, "opened_at": at(9 if is_read_late else 59), "recorded_at": at(9 if is_read_late else 59, 16)},
    ]
    assert state_of(make_sources(emails=mails), "opens_stopped")["state"] == state


def test_invoices_that_do_not_say_when_they_are_due_are_not_watched(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        invoices=[{"due_on": day(30)}, {"invoice_id": "i2", "account_id": "b", "due_on": None}],
    )
    found = states(sources, names=("invoice_overdue",)).set_index("account_id")["state"]
    assert found.to_dict() == {"a": FIRED, "b": NOT_WATCHED}


def test_an_account_that_nobody_took_over_is_told_as_such(make_sources: MakeSources) -> None:
    given_up = make_sources(accounts=[{}, {"valid_from": day(10), "csm_id": None, "recorded_at": at(10)}])
    said = state_of(given_up, "owner_changed")["evidence"]
    assert said.startswith(f"c1 gave the account up on {day(10)}; nobody has taken it over")


def test_no_reply_at_all_is_told_as_such(make_sources: MakeSources) -> None:
    replied = [each for each in QUIET_TALK["emails"] if each["word_count"] == 80]
    meetings = [*QUIET_TALK["meetings"], meeting(4, 20, "cancelled")]
    quiet = make_sources(usage_daily=STEADY, meetings=meetings, emails=replied)
    assert "in 90 days, no reply, after replies of 80 words before; usage" in state_of(quiet, "gone_quiet")["evidence"]


def test_runs_of_less_than_one_a_week_are_not_told_as_none(make_sources: MakeSources) -> None:
    rare = [run(100 - 8 * n, 1) for n in range(7)]
    other = [{**run(n), "integration": "other"} for n in range(1, 61)]
    said = state_of(make_sources(integration_runs=[*rare, *other]), "integration_stopped")
    assert said["evidence"].startswith(f"crm sync last ran on {day(52)}, 52 days ago, after 7 runs in eight weeks")


def test_usage_that_was_never_recorded_is_not_watched_and_usage_long_gone_is_a_decline(
    make_sources: MakeSources,
) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        usage_daily=[use(200, 6)],
    )
    usage = states(sources, names=("usage_decline",)).set_index("account_id")
    assert usage.loc["a", "state"] == FIRED
    assert usage.loc["a", "evidence"].startswith("nobody has used the product for ten weeks or longer")
    assert usage.loc["b", "state"] == NOT_WATCHED


def test_a_fact_is_visible_in_the_first_daily_run_after_it_was_recorded(make_sources: MakeSources) -> None:
    sources = make_sources(contacts=gone(1, "champion", 60, 20))
    recorded_on = AS_OF - timedelta(days=20)
    assert state_of(sources, "champion_left", recorded_on)["state"] == NOT_FIRED
    assert state_of(sources, "champion_left", recorded_on + timedelta(days=1))["state"] == FIRED


def test_runs_that_nobody_has_loaded_are_not_missed(make_sources: MakeSources) -> None:
    sources = make_sources(integration_runs=[run(n) for n in range(9, 61)])
    assert state_of(sources, "integration_stopped")["state"] == NOT_FIRED


def test_weekends_without_runs_are_not_missed_by_an_integration_that_rests_then(make_sources: MakeSources) -> None:
    on_weekdays = [run(n, 5) for n in range(3, 80) if (AS_OF - timedelta(days=n)).weekday() < 5]
    other = [{**run(n), "integration": "other"} for n in range(1, 80)]
    sources = make_sources(integration_runs=[*on_weekdays, *other])
    assert state_of(sources, "integration_stopped")["state"] == NOT_FIRED


def test_lost_renewals_end_the_watch(make_sources: MakeSources) -> None:
    notice = {"notice_given_on": day(5), "recorded_at": at(5)}
    sources = make_sources(renewals=[{}, notice], contacts=gone(1, "champion", 60, 20))
    assert states(sources, names=("champion_left",)).empty
    assert state_of(sources, "champion_left", AS_OF - timedelta(days=6))["state"] == FIRED


def test_features_say_yes_no_and_nothing(make_sources: MakeSources) -> None:
    sources = make_sources(contacts=gone(1, "champion", 60, 20), support_tickets=[{}])
    spine = build_spine(sources, [AS_OF])
    found = sources.engine.to_pandas(build_signals(spine, sources), KEY)
    assert list(found.columns) == [*KEY, *[feature.name for feature in signal_features()]]
    row = found.iloc[0]
    assert row["signal__has_champion_left"]
    assert row["signal__has_escalation_open"] == False  # noqa: E712 - neither true nor missing
    assert pd.isna(row["signal__has_invoice_overdue"])


@pytest.mark.parametrize("name", ["usage_decline", "critical_module_decline"])
def test_features_fire_without_the_evidence_that_nobody_reads(make_sources: MakeSources, name: str) -> None:
    sources = make_sources(**FIRES[name][0])
    found = sources.engine.to_pandas(build_signals(build_spine(sources, [AS_OF]), sources), KEY)
    assert found[f"signal__has_{name}"].tolist() == [True]
    assert state_of(sources, name)["evidence"]


def test_features_carry_the_lineage_of_what_they_need() -> None:
    features = {feature.name: feature for feature in signal_features()}
    assert not features["signal__has_usage_decline"].is_judgement
    assert not features["signal__has_opens_stopped"].is_judgement
    assert features["signal__has_champion_left"].is_judgement
    assert features["signal__has_green_pulse_red_usage"].is_judgement


def test_what_fires_is_the_same_however_it_is_asked_for(make_sources: MakeSources) -> None:
    tables: Tables = {"usage_daily": SPREAD}
    names = ("champion_left", "ticket_spike", "pulse_downgraded", "executive_sponsor_left", "notice_deadline")
    for name in names:
        tables |= FIRES[name][0]
    sources = make_sources(**tables)
    days = [AS_OF - timedelta(days=shift) for shift in (10, 1, 0)]
    fired = sources.engine.to_pandas(fired_signals(sources, days, names), STATE_KEY)
    one_by_one = pd.concat([states(sources, as_of, names) for as_of in days])
    one_by_one = one_by_one[one_by_one["state"] == FIRED].sort_values(list(STATE_KEY), ignore_index=True)
    pd.testing.assert_frame_equal(fired, one_by_one[list(fired.columns)])
    assert fired["as_of"].nunique() == 3


def test_declarations_can_be_read_and_name_columns_that_exist() -> None:
    columns = {f"{name}.{column.name}" for name, contract in source_contracts().items() for column in contract.columns}
    for signal in load_signals().values():
        assert set(signal.needs) <= columns
        assert signal.severity in ("high", "medium", "low")
        assert signal.about in ("account", "renewal")
        assert signal.action.endswith(".")
        assert signal.condition.endswith(".")
