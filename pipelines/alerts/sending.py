"""One look at what is new: written to the outbox, sent as far as it can be, and told what became of it.

The order is the promise: everything is on disk before anything is sent, a state is on disk before the step that it
names, and one process at a time does it. What is new, who gets it and what the wire does is decided beside this module.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.alerts.addresses import AddressBook, Owners, Recipient, read_owners
from pipelines.alerts.delivery import Channel
from pipelines.alerts.messages import Message, plan_messages
from pipelines.alerts.news import RISK, SIGNALS, Alert, News, find_news
from pipelines.alerts.outbox import WAITING, Entry, Outbox, State, Step, is_over
from pipelines.alerts.report import Report, Told
from pipelines.alerts.wording import owner_line, plain
from pipelines.lock import hold_lock
from pipelines.settings import AlertSettings, Settings
from pipelines.workspace import Workspace

_WAIT_SECONDS = 60


def send_alerts(
    workspace: Workspace,
    settings: Settings,
    environment: Mapping[str, str],
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    say: Callable[[str], None] = lambda _text: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Write what is new to the outbox and send what waits there.

    Args:
        workspace: Where tables stand published and the outbox lies.
        settings: Names of variables, limits.
        environment: Where the addresses are.
        clock: Tells the time, UTC.
        say: Is told of a lock that was taken over.
        sleep: Waits between attempts.

    Raises:
        OutboxError: If a file of the outbox cannot be understood.
        PublishedError: If a table is no longer as it was published.
        WorkspaceBusyError: If another process sends for longer than a minute.
    """
    outbox, report = Outbox(workspace.outbox), Report()
    book = AddressBook(settings.alerts, environment)
    with hold_lock(outbox.lock_file, say, wait_seconds=_WAIT_SECONDS):
        now = clock()
        _sweep(outbox, report, now)
        looks, fresh, unaddressed = _collect(workspace, outbox, settings, book, report, now)
        for entry in fresh:
            outbox.write(entry)
        for look in looks:
            if look.as_of is not None and look.table not in unaddressed:
                outbox.mark_looked(look.table, look.as_of, look.note)
        messages, report.held = plan_messages(outbox.unsettled(), now.date(), settings.alerts.limit_per_day)
        _deliver(messages, outbox, report, settings.alerts, book, clock, sleep)
    return report


def preview_alerts(
    workspace: Workspace, settings: Settings, environment: Mapping[str, str], clock: Callable[[], datetime]
) -> Report:
    """Return what `send_alerts` would send at this time; writes nothing, and raises as it does."""
    outbox, report, now = Outbox(workspace.outbox), Report(), clock()
    book = AddressBook(settings.alerts, environment)
    _, fresh, _ = _collect(workspace, outbox, settings, book, report, now)
    waiting = [entry for entry in outbox.unsettled() if not is_over(entry.as_of, now.date())]
    messages, report.held = plan_messages([*waiting, *fresh], now.date(), settings.alerts.limit_per_day)
    report.told = [_told(message, "written") for message in messages]
    return report


def pending_work(workspace: Workspace, settings: Settings, now: datetime) -> list[str]:
    """Return why `send_alerts` should be called, in stable words; empty where it would find nothing to do."""
    outbox = Outbox(workspace.outbox)
    looks = [find_news(workspace, table, now.date(), outbox.looked(table)) for table in (SIGNALS, RISK)]
    reasons = [f"{look.table} as of {look.as_of}" for look in looks if look.as_of is not None]
    messages, _ = plan_messages(outbox.unsettled(), now.date(), settings.alerts.limit_per_day)
    return [*reasons, "messages wait"] if messages else reasons


def _sweep(outbox: Outbox, report: Report, now: datetime) -> None:
    """Judge what earlier runs left: what a crash interrupted, and what is too old to be news."""
    for entry in list(outbox.unsettled()):
        if entry.now.state == "sending":
            detail = "the process ended while it was being sent"
            outbox.step(entry, Step(state="unknown", at=now, message=entry.now.message, detail=detail))
            report.lost.append(f"{entry.title} (to {entry.recipient})")
        elif entry.now.state in WAITING and is_over(entry.as_of, now.date()):
            outbox.step(entry, Step(state="expired", at=now, detail=entry.now.detail))
            report.expired.append(f"{entry.title} (to {entry.recipient})")
    outbox.settle(now.date())


def _collect(
    workspace: Workspace, outbox: Outbox, settings: Settings, book: AddressBook, report: Report, now: datetime
) -> tuple[list[News], list[Entry], set[str]]:
    """Return what was looked at, an entry for each new alert and recipient that the outbox does not hold, and tables.

    The tables are those with an alert that nobody can be told of: they are looked at again, as long as it is news, for
    an address may be set by then.
    """
    looks, entries, unaddressed = [], [], set()
    for table in (SIGNALS, RISK):
        look = find_news(workspace, table, now.date(), outbox.looked(table))
        looks.append(look)
        report.notes.append(look.note)
        owners = _owners(workspace, look, settings, report)
        for alert in look.alerts:
            owner = owners.get(alert.account_id, {})
            recipients = book.recipients(alert, owner)
            if not recipients:
                report.undeliverable.append(f"{alert.title} ({alert.owner or 'no owner'})")
                unaddressed.add(table)
            for recipient in recipients:
                entry = _entry(alert, recipient, owner, Step(state="written", at=now))
                if not outbox.holds(entry):
                    entries.append(entry)
    report.notes += [f"{name} is named in the settings and is not set." for name in sorted(book.unset)]
    return looks, entries, unaddressed


def _owners(workspace: Workspace, look: News, settings: Settings, report: Report) -> Owners:
    if look.as_of is None or not look.alerts:
        return {}
    try:
        return read_owners(workspace, look.table, look.as_of, settings.run)
    except FileNotFoundError:
        gone = f"The source tables behind `{look.table}` as of {look.as_of} are gone"
        report.notes.append(f"{gone}: no e-mail address and no team is known.")
        return {}


def _entry(alert: Alert, recipient: Recipient, owner: Mapping[str, Any], step: Step) -> Entry:
    before = owner.get("previous_csm_name") or owner.get("previous_csm_id")
    whose = owner_line(alert.owner, plain(before or ""))
    return Entry(
        recipient=recipient.name,
        email=recipient.email,
        kind=alert.kind,
        account_id=alert.account_id,
        renewal_id=alert.renewal_id,
        episode=alert.episode,
        as_of=alert.as_of,
        owner=alert.owner,
        title=alert.title,
        text="\n".join([*alert.lines, f"{whose} As of {alert.as_of}."]),
        history=(step,),
    )


def _deliver(
    messages: list[Message],
    outbox: Outbox,
    report: Report,
    settings: AlertSettings,
    book: AddressBook,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> None:
    """Send, each recipient until the first message that fails: what is down for one is down for the next."""
    channels: dict[str, Channel] = {}
    down: set[str] = set()
    for message in messages:
        if message.recipient in down:
            report.told.append(_told(message, "written", "not tried after the failure before"))
            continue
        if message.recipient not in channels:
            address = book.address(Recipient(message.recipient, message.entries[0].email))
            channels[message.recipient] = Channel(address, settings, sleep)
        sending = [outbox.step(each, _step("sending", message, clock)) for each in message.entries]
        outcome = channels[message.recipient].deliver(message.title, message.text)
        for entry in sending:
            outbox.step(entry, _step(outcome.state, message, clock, outcome.detail))
        if outcome.state != "sent":
            down.add(message.recipient)
        report.told.append(_told(message, outcome.state, outcome.detail))


def _step(state: State, message: Message, clock: Callable[[], datetime], detail: str = "") -> Step:
    return Step(state=state, at=clock(), message=message.name, detail=detail)


def _told(message: Message, state: State, detail: str = "") -> Told:
    return Told(message.recipient, message.title, message.text, len(message.entries), state, detail)
