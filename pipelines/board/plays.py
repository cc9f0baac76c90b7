"""Plays on the page for recording: which are open, and that one starts, ends or sleeps."""

from datetime import UTC, date, datetime, timedelta

from pipelines.board.answer import Answer, recorded, refused
from pipelines.recording.known import KnownCompany
from pipelines.recording.people import author_of
from pipelines.recording.plays import Play, end_play, plays_on_record, snooze_play, start_play
from pipelines.recording.records import RecordingError, new_id
from pipelines.workspace import Workspace

ENDS, SLEEPS = "has ended", "sleeps"
CHANGES = (SLEEPS, ENDS)


def usual_end() -> date:
    """The date until which a play sleeps if nobody says otherwise."""
    return datetime.now(UTC).date() + timedelta(days=14)


def begin_play(workspace: Workspace, company: KnownCompany, token: str, account_id: str, kind: str) -> Answer:
    """Put on record that a play starts now."""
    try:
        csm_id = author_of(workspace, token)
        start_play(workspace, company, new_id(), account_id, kind, csm_id, datetime.now(UTC))
    except RecordingError as error:
        return refused(error)
    return recorded(f"The play “{kind.strip()}” has started.")


def change_play(workspace: Workspace, token: str, play: Play, what: str, until: date | None) -> Answer:
    """Put on record that a play ends now, or until when nobody wants to be reminded of it.

    Args:
        workspace: Where to.
        token: Of whoever says so.
        play: The play.
        what: One of `CHANGES`.
        until: The date; only a play that sleeps has one.
    """
    try:
        csm_id = author_of(workspace, token)
        if what == ENDS:
            end_play(workspace, play, csm_id, datetime.now(UTC))
            return recorded(f"The play “{play.kind}” has ended.")
        if until is None:
            return refused(RecordingError("Say until when the play sleeps."))
        snooze_play(workspace, new_id(), play, until, csm_id, datetime.now(UTC))
    except RecordingError as error:
        return refused(error)
    return recorded(f"The play “{play.kind}” sleeps until {until}.")


def open_plays(workspace: Workspace, company: KnownCompany, account_id: str) -> dict[str, Play]:
    """Return the open plays of an account by what is shown of them."""
    plays = [play for play in plays_on_record(workspace, company, account_id) if play.ended_at is None]
    shown = {}
    for play in plays:
        sleeps = f", sleeps until {play.snoozed_until}" if play.snoozed_until else ""
        shown[f"{play.kind or 'a play'}, since {play.started_at[:10]}{sleeps} ({play.play_id[:6]})"] = play
    return shown
