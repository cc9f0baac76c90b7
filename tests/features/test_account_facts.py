"""What stands around a renewal, from rows made by hand."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd

from features.account_facts import build_account_facts
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
AS_OF = date(2024, 9, 2)


def facts_of(sources: Sources, *days: date) -> list[dict[str, Any]]:
    spine = build_spine(sources, days or (AS_OF,))
    frame = sources.engine.to_pandas(build_account_facts(spine, sources), KEY).astype(object)
    for name in frame.filter(regex="_on$|_since$").columns:
        frame[name] = [None if pd.isna(day) else pd.Timestamp(day).date() for day in frame[name]]
    rows: list[dict[str, Any]] = frame.where(frame.notna(), None).drop(columns="as_of").to_dict("records")
    return rows


def meeting(number: int, day: str, status: str, told: str) -> dict[str, object]:
    return {
        "meeting_id": f"m{number}",
        "scheduled_at": f"{day}T10:00:00",
        "status": status,
        "status_at": told,
        "recorded_at": told,
    }


def test_everything_on_record_is_told(make_sources: MakeSources) -> None:
    sources = make_sources(
        usage_daily=[
            {"usage_date": "2024-08-20", "recorded_at": "2024-08-21"},
            {"usage_date": "2024-08-30", "recorded_at": "2024-09-02"},
        ],
        meetings=[
            meeting(1, "2024-08-10", "held", "2024-08-10T11:00:00"),
            # Called off, and one of which that is learned on the day itself.
            meeting(2, "2024-09-05", "cancelled", "2024-08-20T09:00:00"),
            meeting(3, "2024-09-09", "scheduled", "2024-08-20T09:00:00"),
            meeting(3, "2024-09-09", "cancelled", "2024-09-02T00:00:00"),
            meeting(4, "2024-09-30", "scheduled", "2024-08-20T09:00:00"),
            # Planned for a day that has passed, and nobody has said what became of it.
            meeting(5, "2024-08-28", "scheduled", "2024-08-20T09:00:00"),
        ],
        emails=[
            {"email_id": "e1", "sent_at": "2024-08-12T10:00:00", "recorded_at": "2024-08-12T10:00:00"},
            {"email_id": "e2", "sent_at": "2024-09-01T10:00:00", "recorded_at": "2024-09-02T00:00:00"},
        ],
        value_touchpoints=[{"occurred_at": "2024-08-12T15:00:00", "recorded_at": "2024-08-13T10:00:00"}],
        plays=[
            {"play_id": "y1", "started_at": "2024-05-01T10:00:00", "ended_at": "2024-06-01T10:00:00"},
            {"play_id": "y2", "started_at": "2024-07-01T10:00:00", "ended_at": "2024-09-02T10:00:00"},
            {
                "play_id": "y3",
                "started_at": "2024-08-01T10:00:00",
                "recorded_at": "2024-08-01T10:00:00",
            },
        ],
        contacts=[
            {"contact_id": "k1", "left_on": "2024-09-30"},
            {"contact_id": "k2", "left_on": "2024-08-01", "recorded_at": "2024-08-02"},
            {"contact_id": "k3", "started_on": "2024-09-10"},
        ],
    )

    assert facts_of(sources) == [
        {
            "account_id": "a",
            "renewal_id": "r1",
            "last_touch_on": date(2024, 8, 12),
            "last_touch_kind": "value_touchpoint",
            "next_meeting_on": date(2024, 9, 9),
            "open_play_since": date(2024, 7, 1),
            "customer_since": date(2024, 1, 1),
            "has_usage": True,
            "last_usage_on": date(2024, 8, 20),
            "contacts_in_place": 1,
            "others_usage_on": date(2024, 8, 20),
        }
    ]


def test_an_account_without_anything_is_told_apart_from_a_table_without_anything(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"account_id": "b", "renewal_id": "r2"}],
        usage_daily=[{"usage_date": "2024-08-20", "recorded_at": "2024-08-21"}],
        contacts=[{"recorded_at": "2024-08-01"}],
    )

    nothing = dict.fromkeys(("last_touch_on", "last_touch_kind", "next_meeting_on", "open_play_since"))
    nothing |= {"customer_since": date(2024, 1, 1)}

    assert facts_of(sources) == [
        {
            **nothing,
            "account_id": "a",
            "renewal_id": "r1",
            "has_usage": True,
            "last_usage_on": date(2024, 8, 20),
            "others_usage_on": date(2024, 8, 20),
            "contacts_in_place": 1,
        },
        {
            **nothing,
            "account_id": "b",
            "renewal_id": "r2",
            "has_usage": False,
            "last_usage_on": None,
            "others_usage_on": date(2024, 8, 20),
            "contacts_in_place": 0,
        },
    ]


def test_before_anybody_recorded_contacts_their_number_is_unknown(make_sources: MakeSources) -> None:
    sources = make_sources(contacts=[{"recorded_at": "2024-08-01"}])

    before, now = facts_of(sources, date(2024, 7, 1), AS_OF)

    assert (before["contacts_in_place"], now["contacts_in_place"]) == (None, 1)


def test_use_that_ended_long_ago_has_no_newest_day(make_sources: MakeSources) -> None:
    facts = facts_of(make_sources(usage_daily=[{"usage_date": "2024-02-02", "recorded_at": "2024-02-03"}]))[0]

    assert (facts["has_usage"], facts["last_usage_on"], facts["others_usage_on"]) == (True, None, None)


def test_an_account_that_changed_hands_this_week_is_in_the_new_book_and_one_without_a_date_in_none(
    make_sources: MakeSources,
) -> None:
    sources = make_sources(
        may_break=True,
        accounts=[
            {},
            {"valid_from": "2024-08-29", "csm_id": "c2", "recorded_at": "2024-08-29"},
            {"account_id": "b", "csm_id": None},
            {"account_id": "n"},
        ],
        # Ninety-eight of b, so that the broken row stays under the limit.
        renewals=[
            {},
            *({"account_id": "b", "renewal_id": f"b{number:02}"} for number in range(98)),
            {"account_id": "n", "renewal_id": "undated", "renewal_date": None},
        ],
    )

    spine = build_spine(sources, [AS_OF - timedelta(days=7), AS_OF])
    owners = sources.engine.to_pandas(spine.select(*KEY, "csm_id"), KEY).drop_duplicates(["account_id", "as_of"])
    facts = facts_of(sources, AS_OF)

    assert [None if pd.isna(csm) else csm for csm in owners["csm_id"]] == ["c1", "c2", None, None]
    assert {fact["account_id"] for fact in facts} == {"a", "b"}
    assert sources.reports["renewals"].rows_quarantined == 1
