"""The timeline of an account whose year was made by hand."""

from collections.abc import Callable
from datetime import date

import pandas as pd

from data_contracts.contract import output_contracts
from data_contracts.expectations import check_output
from features.signal_episodes import EPISODE_KEY, build_episodes
from features.sources import Sources
from features.timeline import TIMELINE_ORDER, build_timeline

MakeSources = Callable[..., Sources]
AS_OF = date(2024, 9, 2)


def told(sources: Sources, as_of: date = AS_OF, **more: object) -> pd.DataFrame:
    return sources.engine.to_pandas(build_timeline(sources, as_of, **more), TIMELINE_ORDER)


def lines(timeline: pd.DataFrame) -> list[str]:
    days = timeline["occurred_on"].dt.strftime("%m-%d"), timeline["recorded_on"].dt.strftime("%m-%d")
    return [f"{one} {other} {text}" for one, other, text in zip(*days, timeline["text"], strict=True)]


def everything(make_sources: MakeSources) -> Sources:
    ticket = {"opened_at": "2024-03-01T10:00:00", "recorded_at": "2024-03-01T10:00:00", "priority": "high"}
    escalated = {**ticket, "escalated_at": "2024-03-03T10:00:00", "recorded_at": "2024-03-03T11:00:00"}
    closed = {**escalated, "closed_at": "2024-03-09T10:00:00", "csat": 2, "recorded_at": "2024-03-10T10:00:00"}
    sponsor = {"contact_id": "k2", "role": "executive_sponsor", "started_on": "2024-01-15", "recorded_at": "2024-01-20"}
    invoice = {"issued_on": "2024-01-02", "due_on": "2024-02-01", "recorded_at": "2024-01-02T20:00:00"}
    play = {"started_at": "2024-06-01T10:00:00", "recorded_at": "2024-06-01T12:00:00"}
    return make_sources(
        accounts=[{}, {"valid_from": "2024-05-10", "csm_id": "c2", "recorded_at": "2024-05-12"}],
        csms=[{}, {"csm_id": "c2", "csm_name": "Max"}],
        usage_daily=[{"usage_date": "2024-01-02"}, {"usage_date": "2024-02-02", "recorded_at": "2024-02-03"}],
        contacts=[sponsor, {**sponsor, "left_on": "2024-04-01", "recorded_at": "2024-04-20"}],
        support_tickets=[ticket, escalated, closed],
        survey_responses=[
            {"submitted_at": "2024-05-02T10:00:00", "nps": 4, "comment": "Meh", "recorded_at": "2024-05-02T11:00:00"}
        ],
        invoices=[invoice, {**invoice, "paid_on": "2024-02-11", "recorded_at": "2024-02-12"}],
        meetings=[
            {"status": "held", "status_at": "2024-05-01T11:00:00", "attendee_count": 3, "has_executive": "true",
             "kind": "qbr", "recorded_at": "2024-05-01T12:00:00"},
            {"meeting_id": "m2", "status": "cancelled", "status_at": "2024-04-28T11:00:00",
             "recorded_at": "2024-04-28T12:00:00"},
        ],
        value_touchpoints=[{}],
        csm_pulses=[{"sentiment": "red", "about": "renewal", "reason": "Champion left"}],
        plays=[play, {**play, "ended_at": "2024-07-01T10:00:00", "recorded_at": "2024-07-02"}],
        integration_runs=[{}],
    )  # fmt: skip


def test_the_year_reads_in_order_and_in_plain_words(make_sources: MakeSources) -> None:
    assert lines(told(everything(make_sources))) == [
        "01-01 01-01 Term begun: 1000.00 a year, to be renewed on 2025-01-01",
        "01-02 01-02 Invoice issued: 100.00 USD",
        "01-02 01-03 m1 used for the first time",
        "01-15 01-20 New contact: executive sponsor (k2)",
        "02-01 02-02 Invoice came due unpaid: 100.00 USD",
        "02-02 03-02 m1 used for the last time; nothing for 28 days after",
        "02-11 02-12 Invoice paid: 100.00 USD, 10 days late",
        '03-01 03-01 Ticket opened (high): "Question"',
        '03-03 03-03 Ticket escalated: "Question"',
        '03-09 03-10 Ticket closed after 8 days: "Question"; rated 2 of 5',
        "04-01 04-20 Contact left: executive sponsor (k2)",
        "04-28 04-28 Cancelled: check in of 2024-05-01",
        "05-01 05-01 Held: QBR with 3 people, an executive among them",
        '05-01 05-01 Pulse red on the renewal: "Champion left"',
        "05-01 05-01 Value shown to finance (roi review)",
        "05-01 05-02 crm sync ran for the first time",
        "05-01 05-30 crm sync ran for the last time; nothing for 28 days after",
        '05-02 05-02 Survey answered: NPS 4, "Meh"',
        "05-10 05-12 Max took over from Zoe",
        "06-01 06-01 Play started: success plan",
        "07-01 07-02 Play ended: success plan",
    ]


def test_what_nobody_filled_in_is_left_out_and_credit_notes_are_told_as_such(make_sources: MakeSources) -> None:
    credit = {
        "issued_on": "2024-01-02",
        "due_on": "2024-02-01",
        "amount": "-50.00",
        "recorded_at": "2024-01-02T20:00:00",
    }
    sources = make_sources(
        contacts=[
            {"contact_id": "k2", "role": None, "started_on": "2024-02-01", "left_on": "2024-04-01"}
            | {"recorded_at": "2024-04-20"}
        ],
        survey_responses=[{"submitted_at": "2024-05-02T10:00:00", "nps": None, "recorded_at": "2024-05-02T11:00:00"}],
        invoices=[credit, {**credit, "paid_on": "2024-03-02", "recorded_at": "2024-03-02"}],
    )
    texts = told(sources)["text"].tolist()
    assert not [text for text in texts if "?" in text]
    assert {"New contact: k2", "Contact left: k2", "Survey answered"} <= {*texts}
    assert [text for text in texts if "50.00" in text] == [
        "Credit note issued: -50.00 USD",
        "Credit note settled: -50.00 USD",
    ]


def test_nothing_is_told_before_the_company_knew_it(make_sources: MakeSources) -> None:
    sources = everything(make_sources)
    told_then = lines(told(sources, date(2024, 3, 10)))
    assert 'Ticket escalated: "Question"' in told_then[-1]
    assert not any("closed" in line or "Contact left" in line for line in told_then)
    assert "Ticket closed" in lines(told(sources, date(2024, 3, 11)))[-1]
    assert not any("Max" in line for line in lines(told(sources, date(2024, 5, 12))))


def test_what_lies_further_back_is_left_out(make_sources: MakeSources) -> None:
    recent = told(everything(make_sources), days=100)
    assert set(recent["kind"]) == {"play_started", "play_ended"}


def test_signals_are_told_with_what_spoke_for_them(make_sources: MakeSources) -> None:
    sources = make_sources(support_tickets=[], contacts=[], invoices=[{"due_on": "2024-08-20"}])
    episodes = sources.engine.to_pandas(build_episodes(sources, AS_OF), EPISODE_KEY)
    timeline = told(sources, episodes=episodes)
    raised = timeline[timeline["kind"] == "signal_raised"]
    overdue = raised[raised["event_id"].str.contains("invoice_overdue")].iloc[0]
    assert overdue["text"].startswith("Invoice overdue: 1 invoice unpaid, the oldest 8 days after it was due")
    assert overdue["occurred_on"].date() == date(2024, 8, 28)
    assert len(raised) == len(episodes)


def test_a_lost_renewal_and_an_unanswered_signal_read_plainly(make_sources: MakeSources) -> None:
    decided = {"decided_on": "2024-08-01", "recorded_at": "2024-08-02"}
    notice = {"notice_given_on": "2024-07-01", "recorded_at": "2024-07-02"}
    sources = make_sources(renewals=[{}, notice, {**notice, **decided, "outcome": "churned"}])
    ended = pd.DataFrame(
        {
            "account_id": ["a"],
            "renewal_id": [None],
            "signal": ["gone_quiet"],
            "started_on": [date(2024, 7, 1)],
            "is_start_known": [True],
            "ended_on": [date(2024, 8, 5)],
            "evidence_at_start": ["2 of 2 meetings cancelled"],
        }
    )
    at_first_look = told(sources, episodes=ended.assign(is_start_known=False))
    assert "07-01 07-01 Gone quiet, on already before this day: 2 of 2 meetings cancelled" in lines(at_first_look)
    assert lines(told(sources, episodes=ended))[-4:] == [
        "07-01 07-01 Gone quiet: 2 of 2 meetings cancelled",
        "07-01 07-02 Notice given for 2025-01-01",
        "08-01 08-02 Not renewed: the contract due on 2025-01-01 ends",
        "08-05 08-05 Gone quiet: the signal is over",
    ]


def test_what_happened_on_one_day_is_told_from_its_beginning(make_sources: MakeSources) -> None:
    opened = {"opened_at": "2024-03-01T10:00:00", "subject": None, "priority": None, "recorded_at": "2024-03-01T10:00"}
    closed = {**opened, "closed_at": "2024-03-01T15:00:00", "recorded_at": "2024-03-01T15:00:00"}
    play = {"started_at": "2024-03-02T10:00:00", "ended_at": "2024-03-02T12:00:00", "kind": None}
    sources = make_sources(support_tickets=[opened, closed], plays=[{**play, "recorded_at": "2024-03-02T12:00:00"}])
    assert [line[6:] for line in lines(told(sources)) if line.startswith("03-0")] == [
        "03-01 Ticket opened",
        "03-01 Ticket closed after 0 days: t1",
        "03-02 Play started",
        "03-02 Play ended",
    ]


def test_a_first_day_that_was_recorded_late_is_told_with_the_day_on_which_it_was_known(
    make_sources: MakeSources,
) -> None:
    use = [{"usage_date": "2024-02-01", "recorded_at": "2024-06-20"}, {"usage_date": "2024-02-10"}]
    runs = [{"run_date": "2024-03-01"}, {"run_date": "2024-03-10", "recorded_at": "2024-06-25"}]
    use[1]["recorded_at"], runs[0]["recorded_at"] = "2024-02-11", "2024-03-02"
    said = lines(told(make_sources(usage_daily=use, integration_runs=runs)))
    assert "02-01 06-20 m1 used for the first time" in said
    assert "03-10 06-25 crm sync ran for the last time; nothing for 28 days after" in said


def test_the_table_keeps_its_contract_and_every_event_has_its_own_name(make_sources: MakeSources) -> None:
    contract = output_contracts()["account_timeline"]
    timeline = told(everything(make_sources))
    check_output(contract, timeline[list(contract.column_names)])
    assert not timeline.duplicated(["account_id", "event_id"]).any()


def test_without_optional_tables_the_rest_is_told(make_sources: MakeSources) -> None:
    assert lines(told(make_sources())) == [
        "01-01 01-01 Term begun: 1000.00 a year, to be renewed on 2025-01-01",
        "01-02 01-03 m1 used for the first time",
        "01-02 01-31 m1 used for the last time; nothing for 28 days after",
    ]
