"""Who looks after an account as of a date: by what was recorded before it, with the owner of a week ago."""

from collections.abc import Callable
from datetime import date
from typing import Any

from features.owners import OWNER_KEY, build_owners
from features.sources import Sources

AS_OF = date(2024, 6, 10)


def owners(sources: Sources) -> list[dict[str, Any]]:
    frame = sources.engine.to_pandas(build_owners(sources, AS_OF), OWNER_KEY)
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def test_the_owner_before_is_named_for_a_week_and_only_if_it_was_known(make_sources: Callable[..., Sources]) -> None:
    sources = make_sources(
        accounts=[
            {"account_id": "moved"},
            {"account_id": "moved", "csm_id": "c2", "valid_from": "2024-06-04", "recorded_at": "2024-06-04"},
            {"account_id": "settled"},
            {"account_id": "settled", "csm_id": "c2", "valid_from": "2024-05-01", "recorded_at": "2024-05-01"},
            {"account_id": "tomorrow"},
            {"account_id": "tomorrow", "csm_id": "c2", "valid_from": "2024-06-09", "recorded_at": "2024-06-10"},
            {"account_id": "unowned", "csm_id": None},
            {"account_id": "new", "csm_id": "c2", "valid_from": "2024-06-08", "recorded_at": "2024-06-08"},
        ],
        csms=[{}, {"csm_id": "c2", "csm_name": "Bo", "email": None, "team": "north"}],
        renewals=[],
        usage_daily=[],
    )

    zoe = {"csm_id": "c1", "csm_name": "Zoe", "email": "zoe@example.com", "team": None}
    bo = {"csm_id": "c2", "csm_name": "Bo", "email": None, "team": "north"}
    nobody = {"previous_csm_id": None, "previous_csm_name": None}
    assert owners(sources) == [
        {"account_id": "moved", **bo, "previous_csm_id": "c1", "previous_csm_name": "Zoe"},
        {"account_id": "new", **bo, **nobody},
        {"account_id": "settled", **bo, **nobody},
        {"account_id": "tomorrow", **zoe, **nobody},
    ]


def test_a_changed_address_counts_from_when_it_was_known(make_sources: Callable[..., Sources]) -> None:
    sources = make_sources(
        csms=[
            {},
            {"valid_from": "2024-06-01", "email": "known@example.com", "recorded_at": "2024-06-09"},
            {"valid_from": "2024-06-02", "email": "later@example.com", "recorded_at": "2024-06-10"},
        ]
    )

    assert owners(sources)[0]["email"] == "known@example.com"


def test_without_a_table_of_csms_the_owner_is_an_id(make_sources: Callable[..., Sources]) -> None:
    found = owners(make_sources())[0]

    assert (found["csm_id"], found["csm_name"], found["email"]) == ("c1", None, None)
