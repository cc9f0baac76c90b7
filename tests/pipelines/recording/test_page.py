"""Recording on the page: facts without a score, a form that is held back once by a hint, and what is put on record."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from pipelines.board import aftermath, plays
from pipelines.board import pulse as page
from pipelines.board.account import pulses_of
from pipelines.manifest import publish, read_manifest
from pipelines.recording.known import KnownCompany
from pipelines.recording.people import add_person, revoke_person
from pipelines.recording.pulses import recorded_pulses
from pipelines.recording.records import new_id
from pipelines.workspace import Workspace

FILLED: dict[str, Any] = {
    "sentiment": "red",
    "reason": "Their new CFO froze the budget",
    "about": "renewal",
    **dict.fromkeys(page.QUESTIONS, page.UNKNOWN),
}
HOSTILE = "<script>alert(1)</script>"
RISK: dict[str, Any] = {
    "account_id": "A1",
    "account_name": "Flint Marine",
    "segment": "smb",
    "region": "north",
    "csm_id": "C1",
    "csm_name": "Zoe Garcia",
    "renewal_id": "R1",
    "renewal_date": date(2026, 8, 1),
    "lead_days": 61,
    "status": "open",
    "auto_renew": False,
    "notice_deadline": None,
    "arr": 1000.0,
    "currency": "USD",
    "last_touch_on": None,
    "last_touch_kind": None,
    "next_meeting_on": None,
    "open_play_since": None,
    "churn_probability": 0.4321,
    "probability_low": 0.3,
    "probability_high": 0.5,
    "usage_view": 0.2222,
    "base_rate": 0.09,
    "risk_tier": "elevated",
    "stance": "disagree",
    "top_reason": "Usage is down",
}


@pytest.fixture
def scored(workspace: Workspace) -> Workspace:
    """The workspace with a score of the account and a signal that is on."""
    as_of = date(2026, 6, 1)
    manifest = read_manifest(workspace, as_of)
    assert manifest is not None
    signal = {"account_id": "A1", "title": "Champion left", "started_on": as_of, "ended_on": None, "evidence": "gone"}
    for table, row in (("account_risk", RISK), ("signals", signal)):
        path = workspace.table_file("run-1", table)
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame([row]).to_parquet(path)
    publish(workspace, as_of, "run-1", ["account_risk", "signals"])
    return workspace


@pytest.fixture
def token(workspace: Workspace, company: KnownCompany, now: datetime) -> str:
    return add_person(workspace, "C1", company.csms, now)


def save(workspace: Workspace, company: KnownCompany, token: str, **changes: Any) -> Any:
    given = {"pulse_id": new_id(), "account_id": "A1", "filled": FILLED, "model_visible": "no", **changes}
    return page.save_pulse(workspace, company, token, **given)


def test_the_facts_say_nothing_of_what_a_model_or_a_signal_makes_of_the_account(
    scored: Workspace, company: KnownCompany
) -> None:
    html = page.facts_html(scored, company, "A1")
    assert "Flint Marine" in html
    assert "Their CFO asks about the price" in html
    for secret in ("43", "0.4321", "22 %", "elevated", "disagree", "Usage is down", "Champion left"):
        assert secret not in html


def test_the_score_is_told_once_the_pulse_stands(scored: Workspace, company: KnownCompany, token: str) -> None:
    answer = save(scored, company, token)
    assert answer.is_recorded
    assert "Not yet in the score" in answer.html
    assert f"runs as of {datetime.now(UTC).date() + timedelta(days=1)} and later" in answer.html
    assert "churn 43 %" in answer.html
    assert "Champion left" in answer.html
    (row,) = recorded_pulses(scored).rows.values()
    assert (row["csm_id"], row["sentiment"], row["model_visible"]) == ("C1", "red", "no")


def test_whether_a_score_was_shown_before_is_on_record(scored: Workspace, company: KnownCompany, token: str) -> None:
    save(scored, company, token, model_visible="yes")
    (row,) = recorded_pulses(scored).rows.values()
    assert row["model_visible"] == "yes"


def test_the_same_form_sent_twice_is_one_pulse(scored: Workspace, company: KnownCompany, token: str) -> None:
    pulse_id = new_id()
    assert save(scored, company, token, pulse_id=pulse_id).is_recorded
    assert save(scored, company, token, pulse_id=pulse_id).is_recorded
    assert len(recorded_pulses(scored).rows) == 1
    other = save(scored, company, token, pulse_id=pulse_id, filled={**FILLED, "sentiment": "green"})
    assert not other.is_recorded
    assert "a change of mind is a new record" in other.html


def test_a_token_that_was_revoked_while_the_page_was_open_records_nothing(
    scored: Workspace, company: KnownCompany, token: str, now: datetime
) -> None:
    revoke_person(scored, "C1", now)
    answer = save(scored, company, token)
    assert not answer.is_recorded
    assert "Nothing was recorded." in answer.html
    assert not recorded_pulses(scored).rows


def test_markup_in_a_reason_is_text_wherever_it_is_shown(scored: Workspace, company: KnownCompany, token: str) -> None:
    answer = save(scored, company, token, filled={**FILLED, "reason": HOSTILE})
    for html in (answer.html, page.facts_html(scored, company, "A1")):
        assert HOSTILE not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({**FILLED, "sentiment": None}, "Choose a colour."),
        ({**FILLED, "reason": " \n "}, "Say why, in one sentence."),
        (FILLED, None),
    ],
)
def test_a_form_that_lacks_something_says_what(filled: dict[str, Any], said: str | None) -> None:
    assert page.missing(filled) == said


@pytest.mark.parametrize(
    ("reason", "hint"), [("ok", "says nothing in particular"), ("They want more seats", "It repeats")]
)
def test_a_vague_or_copied_reason_gets_a_hint(
    workspace: Workspace, company: KnownCompany, reason: str, hint: str
) -> None:
    (found,) = page.hints(workspace, company, "A1", "C1", new_id(), {**FILLED, "reason": reason})
    assert hint in found
    assert page.hints(workspace, company, "A1", "C1", new_id(), FILLED) == []


def test_lines_that_somebody_typed_become_one(scored: Workspace, company: KnownCompany, token: str) -> None:
    assert save(scored, company, token, filled={**FILLED, "reason": "Their new CFO\nfroze the budget"}).is_recorded
    (row,) = recorded_pulses(scored).rows.values()
    assert row["reason"] == "Their new CFO froze the budget"


def test_every_answer_is_one_that_the_contract_takes(scored: Workspace, company: KnownCompany, token: str) -> None:
    for name, values in page.answers().items():
        assert list(values.values())[-1] == page.UNKNOWN
        for value in values.values():
            assert save(scored, company, token, filled={**FILLED, name: value}).is_recorded


def test_ones_own_accounts_come_first_and_the_order_says_nothing_of_risk(company: KnownCompany) -> None:
    risk = pd.DataFrame({"account_id": ["A3", "A1"], "csm_id": ["C1", "C2"]})
    assert list(page.accounts_to_choose(company, risk, "C1").values()) == ["A3", "A2", "A1"]


def test_what_was_said_here_and_in_the_source_is_one_list(scored: Workspace, company: KnownCompany, token: str) -> None:
    save(scored, company, token)
    said = pulses_of(scored, company, "A1")
    assert list(said["colour"]) == ["red", "yellow", "green"]
    assert list(said["in the score"]) == ["not yet in the score", "in the score", "in the score"]


def test_nothing_that_was_said_is_in_a_score_where_there_is_none(workspace: Workspace, company: KnownCompany) -> None:
    for manifest in workspace.published.glob("*.json"):
        manifest.unlink()
    assert list(pulses_of(workspace, company, "A1")["in the score"]) == ["not yet in the score"] * 2


def test_a_play_starts_sleeps_and_ends(workspace: Workspace, company: KnownCompany, token: str) -> None:
    assert plays.begin_play(workspace, company, token, "A1", "executive alignment").is_recorded
    assert not plays.begin_play(workspace, company, token, "A1", "executive alignment").is_recorded
    (play,) = plays.open_plays(workspace, company, "A1").values()
    assert not plays.change_play(workspace, token, play, plays.SLEEPS, None).is_recorded
    until = datetime.now(UTC).date() + timedelta(days=30)
    assert plays.change_play(workspace, token, play, plays.SLEEPS, until).is_recorded
    (shown,) = plays.open_plays(workspace, company, "A1")
    assert f"sleeps until {until}" in shown
    assert plays.change_play(workspace, token, play, plays.ENDS, None).is_recorded
    assert not plays.open_plays(workspace, company, "A1")


def test_a_play_of_another_system_is_not_ended_here(workspace: Workspace, company: KnownCompany, token: str) -> None:
    (play,) = plays.open_plays(workspace, company, "A2").values()
    answer = plays.change_play(workspace, token, play, plays.ENDS, None)
    assert not answer.is_recorded
    assert "started in another system" in answer.html


def test_what_happened_next_stands_beside_what_was_said() -> None:
    usual = {"checkpoint": "last_pulse", "pulse_csm_id": "C1", "pulse_on": date(2026, 1, 1), "reason": "why"}
    ledger = pd.DataFrame(
        [
            {**usual, "account_id": "A1", "renewal_id": "R1", "sentiment": "green", "is_churned": True},
            {**usual, "account_id": "A2", "renewal_id": "R2", "sentiment": "red", "is_churned": False},
            {
                **usual,
                "account_id": "A2",
                "renewal_id": "R3",
                "sentiment": "red",
                "is_churned": True,
                "pulse_csm_id": "C2",
            },
            {**usual, "account_id": "A3", "renewal_id": "R4", "sentiment": None, "is_churned": True},
            {**usual, "account_id": "A3", "renewal_id": "R5", "sentiment": "green", "is_churned": False},
        ]
    ).assign(renewal_date=date(2026, 3, 1), is_contracted=[False, False, False, False, True])
    came = aftermath.what_came(ledger, {"A1": "Flint Marine"}, "C1")
    assert list(came["account"]) == ["Flint Marine", "A2", "A3"]
    assert list(came["what came"]) == ["left", "renewed", "renewed for less"]
    assert aftermath.summary_of(came) == (
        "Last words before a decision: green 2 times, 1 of them left; red 1 time, 0 of them left."
    )
    assert aftermath.summary_of(came.iloc[:0]) == "Nothing that you said has been decided yet."
