"""How each table's rows read as dated events. What is known when is decided by the date cut, as everywhere.

An event is told once, on the day it happened, with the day on which the company first knew it: the record that first
gave the date it still stands at.
"""

from collections.abc import Callable
from datetime import date

import ibis
import ibis.expr.types as ir

from features.as_of import known_rows
from features.signal_rules.relationship import owner_turns
from features.signal_rules.wording import days_between, number_of, sentence, when, words
from features.sources import Sources
from features.spine import as_of_table

SILENT_DAYS = 28
"""A module or an integration that nobody has used for this long has stopped."""


class Past:
    """What was known at one date.

    Attributes:
        sources: The ingested tables.
        as_of: The date.
        days: How far back events are told.
        dates: The date as a table of the engine.
    """

    def __init__(self, sources: Sources, as_of: date, days: int) -> None:
        self.sources = sources
        self.as_of = as_of
        self.days = days
        self.dates = as_of_table(sources, [as_of])

    def happened(self, table: str, column: str) -> ir.Table:
        """Return the newest known version of each thing that happened on or before the date.

        Args:
            table: A versioned source table.
            column: The column that says when.

        Returns:
            The known rows with `occurred_on`, and `recorded_on`: when that date was first recorded.
        """
        contract = self.sources.contracts[table]
        rows = self.sources.known(table, self.dates, on=())
        rows = rows.filter(rows[column].notnull() & (rows[column].cast("date") < rows.as_of))
        every = known_rows(
            self.sources.tables[table], contract.model_copy(update={"versioned": False}), self.dates, on=()
        )
        key = [*contract.key, column]
        first = every.group_by(key).agg(first_recorded_at=every.recorded_at.min())
        joined = rows.join(first, key)
        return joined.mutate(occurred_on=joined[column].cast("date"), recorded_on=joined.first_recorded_at.date())


def event(
    rows: ir.Table, topic: str, kind: str, name: ir.StringValue, text: ir.StringValue, stage: str | None = None
) -> ir.Table:
    """Return rows as events.

    Args:
        rows: With account_id, `occurred_on` and `recorded_on`.
        topic: What the events belong to.
        kind: What happened; with `name` it identifies the event.
        name: What it happened to.
        text: The sentence.
        stage: Stands for the kind in the identifier, by which the events of a day are put in order, where the kind's
            own name would bring an end before its beginning.
    """
    return rows.select(
        "account_id",
        "occurred_on",
        "recorded_on",
        event_id=sentence(f"{stage or kind}/", name),
        topic=ibis.literal(topic),
        kind=ibis.literal(kind),
        text=text,
    )


def tell_contacts(past: Past) -> list[ir.Table]:
    """People who came and went."""
    came, left = past.happened("contacts", "started_on"), past.happened("contacts", "left_on")
    joined = sentence("New contact: ", _person(came))
    gone = sentence("Contact left: ", _person(left))
    return [
        event(came, "people", "contact_joined", came.contact_id, joined),
        event(left, "people", "contact_left", left.contact_id, gone),
    ]


def _person(contacts: ir.Table) -> ir.StringValue:
    named = sentence(words(contacts.role), " (", contacts.contact_id, ")")
    return ibis.ifelse(contacts.role.isnull(), contacts.contact_id, named)


def tell_owners(past: Past) -> list[ir.Table]:
    """Accounts that changed hands."""
    turns = owner_turns(past.sources, past.sources.known("accounts", past.dates, on=(), in_force=False))
    turns = turns.mutate(occurred_on=turns.valid_from)
    text = ibis.ifelse(
        turns.csm_id.isnull(),
        sentence(turns.before_name, " gave the account up; nobody has taken it over"),
        sentence(turns.owner_name, " took over from ", turns.before_name),
    )
    return [event(turns, "people", "owner_changed", turns.valid_from.cast("string"), text)]


def tell_modules(past: Past) -> list[ir.Table]:
    """Modules used for the first time, and those that nobody has used for a month."""
    known = past.sources.known("usage_daily", past.dates, on=())
    return _first_and_last(known.filter(known.events > 0), "module", "usage_date", "module", "used")


def tell_integrations(past: Past) -> list[ir.Table]:
    """Integrations that ran for the first time, and those silent for a month."""
    known = past.sources.known("integration_runs", past.dates, on=())
    return _first_and_last(known.filter(known.runs > 0), "integration", "run_date", "integration", "ran")


def _first_and_last(known: ir.Table, thing: str, day: str, kind: str, verb: str) -> list[ir.Table]:
    known = known.filter(known[day] < known.as_of)
    use = known.group_by(["account_id", "as_of", thing]).agg(first_on=known[day].min(), last_on=known[day].max())
    # A day may be recorded long after later ones.
    days = known.group_by(["account_id", thing, day]).agg(recorded_on=known.recorded_at.date().min())
    begun = use.mutate(**{day: use.first_on}).join(days, ["account_id", thing, day]).mutate(occurred_on=ibis._.first_on)
    use = use.mutate(**{day: use.last_on}).join(days, ["account_id", thing, day])
    over = use.filter(days_between(use.last_on, use.as_of) > SILENT_DAYS)
    # That it was the last time shows only once nothing has followed for so long.
    seen_on = over.last_on + ibis.interval(days=SILENT_DAYS + 1)
    over = over.mutate(occurred_on=over.last_on, recorded_on=ibis.greatest(seen_on.cast("date"), over.recorded_on))
    first = sentence(words(begun[thing]), f" {verb} for the first time")
    last = sentence(words(over[thing]), f" {verb} for the last time; nothing for {SILENT_DAYS} days after")
    return [
        event(begun, "product", f"{kind}_begun", begun[thing], first),
        event(over, "product", f"{kind}_stopped", over[thing], last),
    ]


def tell_tickets(past: Past) -> list[ir.Table]:
    """Tickets opened, escalated and closed."""
    opened, up, closed = (past.happened("support_tickets", f"{name}_at") for name in ("opened", "escalated", "closed"))
    took = number_of(days_between(closed.opened_at.date(), closed.occurred_on), "day")
    return [
        event(
            opened,
            "support",
            "ticket_opened",
            opened.ticket_id,
            sentence(
                "Ticket opened",
                when(opened.priority.notnull(), sentence(" (", opened.priority, ")")),
                when(opened.subject.notnull(), sentence(': "', opened.subject, '"')),
            ),
            "ticket/1",
        ),
        event(
            up,
            "support",
            "ticket_escalated",
            up.ticket_id,
            sentence("Ticket escalated: ", _subject(up)),
            "ticket/2",
        ),
        event(
            closed,
            "support",
            "ticket_closed",
            closed.ticket_id,
            sentence(
                "Ticket closed after ", took, ": ", _subject(closed),
                when(closed.csat.notnull(), sentence("; rated ", closed.csat, " of 5")),
            ),
            "ticket/3",
        ),
    ]  # fmt: skip


def _subject(tickets: ir.Table) -> ir.StringValue:
    subject = tickets.subject.nullif("")
    return ibis.ifelse(subject.isnull(), tickets.ticket_id, sentence('"', subject, '"'))


def tell_surveys(past: Past) -> list[ir.Table]:
    """Answers to surveys."""
    rows = past.happened("survey_responses", "submitted_at")
    text = sentence(
        "Survey answered",
        when(rows.nps.notnull(), sentence(": NPS ", rows.nps)),
        when(rows.comment.notnull(), sentence(', "', rows.comment, '"')),
    )
    return [event(rows, "support", "survey_answered", rows.response_id, text)]


def tell_invoices(past: Past) -> list[ir.Table]:
    """Invoices issued, come due unpaid, and paid."""
    issued, due, paid = (past.happened("invoices", f"{name}_on") for name in ("issued", "due", "paid"))
    # A credit note is nobody's delay.
    due = due.filter((due.amount > 0) & (due.paid_on.isnull() | (due.paid_on > due.due_on)))
    # Nobody records that nothing came; it shows the day after.
    due = due.mutate(recorded_on=ibis.greatest(due.due_on + ibis.interval(days=1), due.recorded_on))
    late = ibis.ifelse(paid.amount > 0, days_between(paid.due_on, paid.paid_on), 0)
    kind, settled = (
        ibis.ifelse(rows.amount < 0, f"Credit note {credit}: ", f"Invoice {invoice}: ")
        for rows, credit, invoice in ((issued, "issued", "issued"), (paid, "settled", "paid"))
    )
    return [
        event(issued, "money", "invoice_issued", issued.invoice_id, sentence(kind, _amount(issued))),
        event(due, "money", "invoice_overdue", due.invoice_id, sentence("Invoice came due unpaid: ", _amount(due))),
        event(
            paid,
            "money",
            "invoice_paid",
            paid.invoice_id,
            sentence(settled, _amount(paid), when(late > 0, sentence(", ", number_of(late, "day"), " late"))),
        ),
    ]


def _amount(invoices: ir.Table) -> ir.StringValue:
    return sentence(invoices.amount, when(invoices.currency.notnull(), sentence(" ", invoices.currency)))


def tell_meetings(past: Past) -> list[ir.Table]:
    """Meetings held, cancelled and missed, on the day they were meant for or called off."""
    rows = past.happened("meetings", "status_at")
    rows = rows.filter(rows.status != "scheduled")
    name = ibis.cases(
        (rows.kind == "qbr", "QBR"),
        (rows.kind == "executive", "executive meeting"),
        (rows.kind.isnull(), "meeting"),
        else_=words(rows.kind),
    )
    people = when(rows.attendee_count.notnull(), sentence(" with ", number_of(rows.attendee_count, "person", "people")))
    executive = when(rows.has_executive, sentence(", an executive among them"))
    text = ibis.cases(
        (rows.status == "held", sentence("Held: ", name, people, executive)),
        (rows.status == "cancelled", sentence("Cancelled: ", name, " of ", rows.scheduled_at.date())),
        else_=sentence("Nobody came: ", name),
    )
    return [event(rows, "meetings", "meeting", rows.meeting_id, text)]


def tell_value(past: Past) -> list[ir.Table]:
    """Value that was shown to somebody."""
    rows = past.happened("value_touchpoints", "occurred_at")
    how = when(rows.kind.notnull(), sentence(" (", words(rows.kind), ")"))
    text = sentence("Value shown to ", words(rows.stakeholder), how)
    return [event(rows, "meetings", "value_shown", rows.touchpoint_id, text)]


def tell_pulses(past: Past) -> list[ir.Table]:
    """Pulses, with their reason in the CSM's words."""
    rows = past.happened("csm_pulses", "pulse_at")
    reason = when(rows.reason.notnull(), sentence(': "', rows.reason, '"'))
    return [
        event(
            rows, "pulses", "pulse", rows.pulse_id, sentence("Pulse ", rows.sentiment, " on the ", rows.about, reason)
        )
    ]


def tell_plays(past: Past) -> list[ir.Table]:
    """Plays begun and ended."""
    begun, ended = past.happened("plays", "started_at"), past.happened("plays", "ended_at")
    return [
        event(begun, "plays", "play_started", begun.play_id, sentence("Play started", _play(begun)), "play/1"),
        event(ended, "plays", "play_ended", ended.play_id, sentence("Play ended", _play(ended)), "play/2"),
    ]


def _play(plays: ir.Table) -> ir.StringValue:
    return when(plays.kind.notnull(), sentence(": ", words(plays.kind)))


def tell_renewals(past: Past) -> list[ir.Table]:
    """Terms begun, notice given, renewals decided."""
    begun, notice, decided = (
        past.happened("renewals", column) for column in ("term_start_date", "notice_given_on", "decided_on")
    )
    due = decided.renewal_date
    outcome = ibis.cases(
        (decided.outcome == "renewed", sentence("Renewed from ", due, " at ", decided.renewed_arr, " a year")),
        (decided.outcome == "churned", sentence("Not renewed: the contract due on ", due, " ends")),
        else_=sentence("The contract due on ", due, " goes on in another one"),
    )
    term = sentence("Term begun: ", begun.arr, " a year, to be renewed on ", begun.renewal_date)
    given = sentence("Notice given for ", notice.renewal_date)
    return [
        event(begun, "renewals", "term_begun", begun.renewal_id, term),
        event(notice, "renewals", "notice_given", notice.renewal_id, given),
        event(decided, "renewals", "renewal_decided", decided.renewal_id, outcome),
    ]


SOURCES_OF_EVENTS: tuple[Callable[[Past], list[ir.Table]], ...] = (
    tell_contacts,
    tell_owners,
    tell_modules,
    tell_integrations,
    tell_tickets,
    tell_surveys,
    tell_invoices,
    tell_meetings,
    tell_value,
    tell_pulses,
    tell_plays,
    tell_renewals,
)
