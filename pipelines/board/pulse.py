"""What the page for recording shows and does: facts without any score, then what was filled in put on record.

Nothing of a probability, tier, stance or signal leaves this module before a pulse is saved. What may be recorded, by
whom and how is decided in `pipelines.recording`.
"""

from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd

from data_contracts.contract import source_contracts
from pipelines.board.account import names_to_choose, pulses_of, timeline_of
from pipelines.board.answer import Answer, refused
from pipelines.board.people import missing_roles, stakeholders
from pipelines.board.sessions import Visible, sessions
from pipelines.board.tables import published
from pipelines.figures_in_words import money, plain
from pipelines.pages import render
from pipelines.recording.criteria import load_criteria
from pipelines.recording.hints import hints_before_saving
from pipelines.recording.known import KnownCompany
from pipelines.recording.people import author_of, token_of_environment
from pipelines.recording.pulses import PULSES, PulseForm, first_as_of, record_pulse
from pipelines.recording.records import RecordingError
from pipelines.workspace import Workspace

COLOURS: Final = ("green", "yellow", "red")
QUESTIONS: Final = {
    "champion": "Champion",
    "executive_view": "Executives",
    "budget": "Budget",
    "reorganization": "Reorganization",
    "value_exceeds_price": "Worth more than the price",
}
"""The qualitative fields of a pulse, and what they are asked by."""
UNKNOWN: Final = "unknown"
ABOUT: Final = ("relationship", "renewal")
_FACTS: Final = [
    "account_id",
    "account_name",
    "segment",
    "region",
    "csm_id",
    "csm_name",
    "renewal_id",
    "renewal_date",
    "lead_days",
    "status",
    "auto_renew",
    "notice_deadline",
    "arr",
    "currency",
    "last_touch_on",
    "last_touch_kind",
    "next_meeting_on",
    "open_play_since",
]
"""Columns of `account_risk` that say nothing of what any model makes of the account."""
_EVENTS: Final = 5
_SIGNALS: Final = "signals"
_OWN_FIRST: Final = "yours"


def token_of(meta: Mapping[str, object] | None) -> str:
    """Return the token by which something would be recorded now: of whoever has signed in, or runs the notebook."""
    return token_of_environment() if meta is None else sessions.token(str(meta.get("session")))


def signed_in(workspace: Workspace, token: str) -> str | None:
    """Return the person whom a token speaks for, or None."""
    try:
        return author_of(workspace, token)
    except RecordingError:
        return None


def answers() -> dict[str, dict[str, str]]:
    """Return what each qualitative field can be answered by, as its contract says: value by its words, unknown last."""
    columns = {column.name: column for column in source_contracts()[PULSES].columns}
    return {
        name: {
            value.replace("_", " "): value
            for value in sorted(columns[name].allowed_values or (), key=lambda value: value == UNKNOWN)
        }
        for name in QUESTIONS
    }


def accounts_to_choose(company: KnownCompany, risk: pd.DataFrame | None, csm_id: str | None) -> dict[str, str]:
    """Return the accounts to choose from, id by what is shown: one's own first, then all others, each by name.

    The order says nothing of risk.
    """
    names = names_to_choose(company.accounts)
    own = set() if risk is None else set(risk.loc[risk["csm_id"] == csm_id, "account_id"])
    mine = {f"{name} ({_OWN_FIRST})": account for name, account in names.items() if account in own}
    return {**mine, **{name: account for name, account in names.items() if account not in own}}


def facts_html(workspace: Workspace, company: KnownCompany, account_id: str) -> str:
    """The facts of an account, without anything that a model or a signal makes of it."""
    risk, timeline = published(workspace, "account_risk"), published(workspace, "account_timeline")
    rows = pd.DataFrame(columns=_FACTS) if risk is None else risk.loc[risk["account_id"] == account_id, _FACTS]
    happened = pd.DataFrame() if timeline is None else timeline_of(timeline, account_id)
    if len(happened):
        happened = happened[happened["topic"] != _SIGNALS].head(_EVENTS)
    people = stakeholders(company, account_id)
    renewals = [plain(row) for row in rows.to_dict("records")]
    return render(
        "board/facts.html.j2",
        name=company.accounts.get(account_id) or account_id,
        as_of=company.as_of,
        first=renewals[0] if renewals else None,
        renewals=[{**row, "worth": f"{money(row['arr'])} {row['currency'] or ''}".strip()} for row in renewals],
        in_place=None if people is None else people[people["left"] == ""].to_dict("records"),
        missing=[] if people is None else missing_roles(people),
        events=happened.to_dict("records"),
        pulses=pulses_of(workspace, company, account_id).head(3).to_dict("records"),
    )


def form_layout(account: str) -> str:
    """The form as HTML with a place for each of its fields, the criteria beside it."""
    return render(
        "board/pulse_form.html.j2", account=account, criteria=load_criteria(), questions=QUESTIONS, colours=COLOURS
    )


def play_layout() -> str:
    """The form by which a play ends or sleeps, as HTML with a place for each of its fields."""
    return render("board/play_form.html.j2")


def missing(filled: Mapping[str, Any]) -> str | None:
    """Return what a form that was sent still lacks, or None."""
    if not filled.get("sentiment"):
        return "Choose a colour."
    return None if _on_one_line(filled.get("reason") or "") else "Say why, in one sentence."


def hints(
    workspace: Workspace, company: KnownCompany, account_id: str, csm_id: str, pulse_id: str, filled: Mapping[str, Any]
) -> list[str]:
    """Return what could be better about the reason in a form that was sent.

    Args:
        workspace: Where other reasons are on record.
        company: The newest run.
        account_id: Account of the form.
        csm_id: Author.
        pulse_id: Of the form itself, which is not compared with itself once it stands.
        filled: Value of each field by its name.
    """
    return hints_before_saving(workspace, company, _on_one_line(filled["reason"]), account_id, csm_id, pulse_id)


def save_pulse(
    workspace: Workspace,
    company: KnownCompany,
    token: str,
    pulse_id: str,
    account_id: str,
    filled: Mapping[str, Any],
    *,
    model_visible: Visible,
) -> Answer:
    """Put what was filled in on record, and say when it will count and what the week's table says of the account.

    Args:
        workspace: Where to.
        company: The newest run.
        token: Of whoever fills it in; it is looked up anew, for it may have been revoked since.
        pulse_id: Made when the form opened.
        account_id: The account.
        filled: Value of each field by its name.
        model_visible: Whether a score of this account was shown to them before.
    """
    form = PulseForm(
        pulse_id=pulse_id,
        account_id=account_id,
        sentiment=str(filled["sentiment"]),
        reason=_on_one_line(filled["reason"]),
        about=str(filled["about"]),
        model_visible=model_visible,
        **{name: str(filled[name]) for name in QUESTIONS},
    )
    try:
        csm_id = author_of(workspace, token)
        recorded = record_pulse(workspace, company, form, csm_id, datetime.now(UTC))
    except RecordingError as error:
        return refused(error)
    risk, signals = published(workspace, "account_risk"), published(workspace, "signals")
    said = render(
        "board/recorded_pulse.html.j2",
        account=company.describe(account_id),
        row=recorded.row,
        first_as_of=first_as_of(recorded.row),
        renewals=[] if risk is None else [plain(row) for row in _of_account(risk, account_id)],
        signals=[] if signals is None else _of_account(signals[signals["ended_on"].isna()], account_id),
    )
    return Answer(said, is_recorded=True)


def _on_one_line(text: object) -> str:
    """A reason without the line breaks that somebody typed for their own eyes."""
    return " ".join(str(text).split("\n")).strip()


def _of_account(table: pd.DataFrame, account_id: str) -> list[dict[Hashable, Any]]:
    mine: pd.DataFrame = table.loc[table["account_id"] == account_id]
    return mine.to_dict("records")
