"""What had been said at each checkpoint: one company by hand, and that nothing of it is changed by what came later."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import pandas as pd
import pytest

from features.judgements import JUDGEMENT_KEY, build_judgements
from features.sources import Sources

MakeSources = Callable[..., Sources]
Row = dict[str, Any]
THROUGH = date(2025, 4, 7)
AFTERWARDS = ["play_started_on", "play_kind", "is_churned", "is_contracted", "retained_share"]
AFTERWARDS += ["decided_on", "days_to_decision"]


def pulse(number: int, given: str, sentiment: str, reason: str | None, recorded: str = "", **more: object) -> Row:
    at = f"{given}T10:00:00"
    row = {"pulse_id": f"p{number}", "pulse_at": at, "sentiment": sentiment, "reason": reason}
    return {**row, "recorded_at": recorded or at, "model_visible": "no", **more}


def play(number: int, started: str, ended: str | None = None, **more: object) -> list[Row]:
    begun = {"play_id": f"y{number}", "started_at": f"{started}T09:00:00", "recorded_at": f"{started}T09:00:00", **more}
    return [begun, *([{**begun, "ended_at": f"{ended}T09:00:00", "recorded_at": f"{ended}T10:00:00"}] if ended else [])]


ENDED = {
    "notice_given_on": "2024-11-20",
    "outcome": "churned",
    "decided_on": "2024-12-10",
    "arr": "500.00",
    "recorded_at": "2024-12-11",
}
COMPANY: dict[str, list[Row]] = {
    "accounts": [
        {},
        {"valid_from": "2024-08-01", "csm_id": "c2", "recorded_at": "2024-08-01"},
        {"valid_from": "2024-12-01", "csm_id": "c1", "segment": "enterprise", "recorded_at": "2024-12-01"},
        {"account_id": "b"},
    ],
    "csms": [{}, {"csm_id": "c2"}],
    "renewals": [
        {},
        {"arr": "500.00", "recorded_at": "2024-10-15"},
        ENDED,
        {"account_id": "b", "renewal_id": "r2", "term_start_date": "2024-07-01", "renewal_date": "2025-07-01"},
    ],
    "csm_pulses": [
        pulse(1, "2024-06-01", "green", "Waiting for the board"),
        pulse(2, "2024-06-10", "yellow", "waiting for  the BOARD"),
        # A change of mind that was written over the old pulse when it was too late.
        pulse(2, "2024-06-10", "red", "I knew it", "2024-12-12T10:00:00"),
        pulse(3, "2024-08-20", "red", "Champion left, and the budget was cut", "2024-08-25T10:00:00", csm_id="c2")
        | {"about": "renewal", "champion": "gone", "budget": "cut", "model_visible": "yes"},
        pulse(4, "2024-11-10", "yellow", "no change", "2024-11-12T10:00:00", csm_id="c2"),
        # Dated back to before the notice, and recorded on its day and later.
        pulse(5, "2024-11-15", "red", "They will leave", "2024-11-20T00:00:00", csm_id="c2"),
        pulse(6, "2024-06-16", "red", "They will leave", "2024-11-21T00:00:00", about="renewal"),
    ],
    "plays": [
        *play(1, "2024-06-12", "2024-07-20"),
        *play(2, "2024-10-01", kind="renewal_rescue"),
        *play(3, "2024-12-10", kind="too_late"),
    ],
}


def judgements_of(sources: Sources, *published_on: date) -> pd.DataFrame:
    table = build_judgements(sources, THROUGH, published_on)
    return sources.engine.to_pandas(table, JUDGEMENT_KEY)


@pytest.fixture
def company(make_sources: MakeSources) -> Sources:
    return make_sources(**COMPANY)


def test_what_had_been_said_at_each_checkpoint_and_what_came_of_it(company: Sources) -> None:
    every = judgements_of(company)
    found = every[every["account_id"] == "a"].reset_index(drop=True)
    day = pd.Timestamp

    expected = pd.DataFrame(
        {
            "as_of": [day("2024-06-17"), day("2024-09-09"), day("2024-11-13")],
            "checkpoint": ["180", "90", "last_pulse"],
            "lead_days": [198, 114, 49],
            "segment": ["smb", "smb", "smb"],
            "arr": [1000.0, 1000.0, 500.0],
            "csm_id": ["c1", "c2", "c2"],
            "owned_days": [533, 39, 104],
            "pulse_id": ["p2", "p3", "p4"],
            "pulse_csm_id": ["c1", "c2", "c2"],
            "pulse_on": [day("2024-06-10"), day("2024-08-20"), day("2024-11-10")],
            "sentiment": ["yellow", "red", "yellow"],
            "about": ["relationship", "renewal", "relationship"],
            "pulse_state": ["fresh", "fresh", "fresh"],
            "pulse_age_days": [7.0, 20.0, 3.0],
            "words_age_days": [16.0, 20.0, 3.0],
            "is_copied": [True, False, False],
            "is_vague": [False, False, True],
            "reason": ["waiting for  the BOARD", "Champion left, and the budget was cut", "no change"],
            "reason_themes": [None, "budget,champion", None],
            "champion": ["unknown", "gone", "unknown"],
            "budget": ["unknown", "cut", "unknown"],
            "model_visible": ["no", "yes", "no"],
            # The first after the pulse; a play that begins on the day of the decision comes too late.
            "play_started_on": [day("2024-06-12"), day("2024-10-01"), pd.NaT],
            "play_kind": ["success_plan", "renewal_rescue", None],
            "had_open_play": [True, False, True],
            "is_churned": [True] * 3,
            "retained_share": [0.0] * 3,
            "decided_on": [day("2024-12-10")] * 3,
            "days_to_decision": [176, 92, 27],
        }
    )
    pd.testing.assert_frame_equal(found[list(expected.columns)], expected, check_dtype=False)

    # The other renewal is still open: looked at, nothing said, nothing come of it.
    found = every[every["account_id"] == "b"].reset_index(drop=True)
    assert found["checkpoint"].tolist() == ["180", "90"]
    assert found["lead_days"].tolist() == [183, 99]
    assert found["pulse_state"].tolist() == ["absent", "absent"]
    said = ["pulse_id", "sentiment", "pulse_age_days", "words_age_days", "is_copied", "is_vague", "reason_themes"]
    assert found[[*said, *AFTERWARDS]].isna().all(axis=None)
    # Nobody else is known to have had the account: since it is on record.
    assert found["owned_days"].tolist() == [729, 813]


def test_a_published_date_is_one_more_look(company: Sources) -> None:
    found = judgements_of(company, date(2024, 7, 1), date(2024, 7, 8), THROUGH)
    looks = found[(found["account_id"] == "a") & (found["checkpoint"] == "180")]
    assert looks["lead_days"].tolist() == [198, 184]
    assert looks["pulse_age_days"].tolist() == [7, 21]


def test_what_was_recorded_on_or_after_a_checkpoint_changes_nothing_of_its_entry_but_what_came_of_it(
    company: Sources,
) -> None:
    every = judgements_of(company)
    for checkpoint, day in (("180", "2024-06-17"), ("90", "2024-09-09"), ("last_pulse", "2024-11-20")):
        midnight = ibis.timestamp(f"{day}T00:00:00")
        tables = {
            name: company.tables[name].filter(company.tables[name].recorded_at < midnight)
            for name in ("accounts", "csms", "csm_pulses", "plays")
        }
        then = judgements_of(replace(company, tables={**company.tables, **tables}))
        entries = [
            # A column that is all null has another type than one with values.
            frame[(frame["account_id"] == "a") & (frame["checkpoint"] == checkpoint)]
            .drop(columns=AFTERWARDS)
            .astype(object)
            for frame in (every, then)
        ]
        assert len(entries[0]) == 1
        pd.testing.assert_frame_equal(*(entry.reset_index(drop=True) for entry in entries), check_exact=True)


def test_a_last_pulse_is_of_the_term_and_cannot_have_known_the_end(make_sources: MakeSources) -> None:
    names = ["too_early", "after_its_date", "unsaid", "undecided", "fine"]
    ended = {"outcome": "renewed", "renewed_arr": "800.00", "decided_on": "2025-01-20", "recorded_at": "2025-01-21"}
    open_ = [{"account_id": name, "renewal_id": name} for name in names]
    decided = [{**row, **ended} for row in open_ if row["account_id"] != "undecided"]
    pulses = [
        pulse(1, "2023-12-31", "green", "fine", account_id="too_early"),
        pulse(2, "2025-01-02", "green", "fine", account_id="after_its_date"),
        pulse(3, "2024-12-01", "green", "fine", account_id="undecided"),
        pulse(4, "2024-12-01", "green", "fine", account_id="fine"),
        pulse(5, "2024-12-05", "green", "fine", "2025-01-05T10:00:00", account_id="fine"),
    ]
    sources = make_sources(
        accounts=[{}, *({"account_id": name} for name in names)], renewals=[*open_, *decided], csm_pulses=pulses
    )
    found = judgements_of(sources)
    last = found[found["checkpoint"] == "last_pulse"]
    assert last[["account_id", "pulse_id", "lead_days"]].to_numpy().tolist() == [["fine", "p4", 30]]
    assert last[["is_churned", "is_contracted", "retained_share"]].to_numpy().tolist() == [[False, True, 0.8]]
    # Nobody had kept a record of plays, which is not the same as that there were none.
    assert found["had_open_play"].isna().all()


def test_words_are_as_old_as_their_author_has_repeated_them(make_sources: MakeSources) -> None:
    pulses = [
        pulse(1, "2024-03-01", "green", "no change"),
        pulse(2, "2024-04-01", "green", "Steady use"),
        pulse(3, "2024-05-01", "green", "no change"),
        pulse(4, "2024-05-10", "green", "A visitor's remark", csm_id="c2"),
        pulse(5, "2024-05-20", "green", "No  change"),
        pulse(6, "2024-06-10", "green", " no change "),
        pulse(7, "2024-09-01", "green", "no change", csm_id="c2"),
    ]
    found = judgements_of(make_sources(csm_pulses=pulses, csms=[{}, {"csm_id": "c2"}]))
    assert found["pulse_id"].tolist() == ["p6", "p7"]
    # Words that somebody else wrote before are copied, and yet are news of who says them now.
    assert found["is_copied"].tolist() == [True, True]
    assert found["words_age_days"].tolist() == [47, 8]


def test_without_pulses_plays_and_csms_the_renewals_are_still_there(make_sources: MakeSources) -> None:
    rolling = {"account_id": "b", "renewal_id": "r2", "term_start_date": "2024-03-01", "renewal_date": "2024-08-01"}
    found = judgements_of(make_sources(accounts=[{}, {"account_id": "b"}], renewals=[{}, ENDED, rolling]))
    assert found["renewal_id"].tolist() == ["r1", "r1"]
    assert found["pulse_state"].tolist() == ["absent", "absent"]
    assert found["csm_id"].tolist() == ["c1", "c1"]
    assert found[["pulse_id", "had_open_play", "play_started_on"]].isna().all(axis=None)
    assert found["is_churned"].tolist() == [True, True]
