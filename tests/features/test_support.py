"""The support features, counted by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from features.build import build_features
from features.feature_sets import FULL, usable_features
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
AS_OF = date(2024, 9, 2)
SUPPORT = tuple(name for name in FULL if name.startswith("support__"))


def support_of(sources: Sources, *days: date) -> pd.DataFrame:
    spine = build_spine(sources, days or (AS_OF,))
    return sources.engine.to_pandas(build_features(spine, sources, SUPPORT), KEY).set_index("account_id")[list(SUPPORT)]


def at(days_ago: int, hour: int = 9) -> str:
    return f"{AS_OF - timedelta(days=days_ago)}T{hour:02}:00:00"


def ticket(number: int, opened: int, closed: int | None = None, **more: object) -> dict[str, object]:
    """Return one final row of a ticket, recorded when it was opened; later dates are known from themselves."""
    opened_at = at(opened)
    closed_at = None if closed is None else at(closed)
    row = {"ticket_id": f"t{number}", "opened_at": opened_at, "recorded_at": opened_at, "closed_at": closed_at}
    return {**row, **more}


def use(days_ago: int, events: int) -> dict[str, object]:
    return {"usage_date": at(days_ago)[:10], "events": events, "recorded_at": at(days_ago, 23)}


def test_tickets_are_counted_as_far_as_they_were_known(make_sources: MakeSources) -> None:
    tickets = [
        ticket(1, 250, 249),
        ticket(2, 196, 190),
        ticket(3, 120, 110, csat=5),
        ticket(4, 100, 91, csat=4),
        ticket(5, 60, 20, csat=2, escalated_at=at(50), priority="urgent", subject="Not happy: outage"),
        ticket(6, 29, 27, csat=3, priority="high", subject="Great help"),
        ticket(7, 28, priority="low", escalated_at=at(2), subject=None),
        ticket(8, 15, priority=None),
        # Closed and rated later than the date.
        ticket(9, 14, -3, csat=1),
        ticket(10, 1),
        # Opened or recorded on the day itself: not known yet.
        ticket(11, 0),
        ticket(12, 5, recorded_at=at(0, 0)),
        ticket(13, 3, account_id="b", priority="urgent"),
    ]
    sources = make_sources(accounts=[{}, {"account_id": "b"}], support_tickets=tickets)
    assert support_of(sources).loc["a"].to_dict() == pytest.approx(
        {
            "support__tickets_28d": 4,
            "support__tickets_90d": 6,
            "support__tickets_trend_ratio": 4 / (5 / 6),
            "support__days_since_last": 1,
            "support__severe_share": 2 / 5,
            "support__open_tickets_count": 4,
            "support__oldest_open_days": 28,
            "support__ageing_tickets_count": 2,
            "support__open_escalations_count": 1,
            "support__escalations_90d": 2,
            "support__resolution_days": (40 + 2) / 2,
            "support__subject_tone_score": (-2 + 1 + 0 + 0 + 0) / 5,
            "support__csat_mean_180d": (5 + 4 + 2 + 3) / 4,
            "support__csat_change_points": (2 + 3) / 2 - (5 + 4) / 2,
            "support__low_csat_180d": 1,
            "support__silence_after_friction_days": 1,
            "support__is_silent_after_friction": 0,
        }
    )


def test_the_newest_version_known_then_counts(make_sources: MakeSources) -> None:
    opened = ticket(1, 20, priority="low")
    tickets = [
        opened,
        {**opened, "priority": "urgent", "recorded_at": at(10)},
        {**opened, "priority": "normal", "closed_at": at(4), "recorded_at": at(1)},
        {**opened, "priority": "normal", "closed_at": at(4), "csat": 1, "recorded_at": at(0, 0)},
    ]
    days = [AS_OF - timedelta(days=7), AS_OF]
    table = support_of(make_sources(support_tickets=tickets), *days)
    seen = table[["support__open_tickets_count", "support__severe_share", "support__csat_mean_180d"]]
    assert seen.iloc[0].tolist() == pytest.approx([1, 1, float("nan")], nan_ok=True)
    assert seen.iloc[1].tolist() == pytest.approx([0, 0, float("nan")], nan_ok=True)


STEADY = [use(days_ago, 10) for days_ago in range(1, 113)]
FADING = [use(days_ago, 10 if days_ago > 28 else 6) for days_ago in range(1, 113)]


@pytest.mark.parametrize(
    ("tickets", "usage", "silence", "is_silent"),
    [
        # Two that waited, then not a word while people log in as ever.
        ([ticket(1, 100, 80), ticket(2, 42)], STEADY, 42, 1),
        ([ticket(1, 100, 80), ticket(2, 41)], STEADY, 41, 0),
        ([ticket(1, 100, 80), ticket(2, 42)], FADING, 42, 0),
        # Nobody can call usage steady that was not watched for long enough.
        ([ticket(1, 100, 80), ticket(2, 42)], STEADY[:60], 42, None),
        # Escalated, and rated low.
        ([ticket(1, 70, 69, csat=2), ticket(2, 50, 49, escalated_at=at(50, 15))], STEADY, 50, 1),
        # One bad ticket is no friction, nor are two that were settled in time, nor trouble half a year ago.
        ([ticket(1, 100, 99), ticket(2, 50)], STEADY, None, 0),
        ([ticket(1, 70, 56, csat=3), ticket(2, 50, 48)], STEADY, None, 0),
        ([ticket(1, 181), ticket(2, 50)], STEADY, None, 0),
    ],
)
def test_silence_after_friction(
    make_sources: MakeSources,
    tickets: list[dict[str, object]],
    usage: list[dict[str, object]],
    silence: int | None,
    is_silent: int | None,
) -> None:
    row = support_of(make_sources(support_tickets=tickets, usage_daily=usage)).loc["a"]
    found = [row.support__silence_after_friction_days, row.support__is_silent_after_friction]
    assert [None if pd.isna(value) else value for value in found] == [silence, is_silent]


def test_an_account_without_tickets_has_none_once_the_company_records_them(make_sources: MakeSources) -> None:
    accounts, renewals = [{}, {"account_id": "b"}], [{}, {"renewal_id": "r2", "account_id": "b"}]
    sources = make_sources(accounts=accounts, renewals=renewals, support_tickets=[ticket(1, 10)])
    before, after = support_of(sources, AS_OF - timedelta(days=14)), support_of(sources)
    assert before.isna().all(axis=None)
    known = after.loc["b"].dropna()
    assert set(known.index) == {
        "support__tickets_28d",
        "support__tickets_90d",
        "support__open_tickets_count",
        "support__oldest_open_days",
        "support__ageing_tickets_count",
        "support__open_escalations_count",
        "support__escalations_90d",
        "support__is_silent_after_friction",
    }
    assert not known.any()


@pytest.mark.parametrize("tables", [{}, {"support_tickets": []}], ids=["not supplied", "empty"])
def test_without_tickets_nothing_is_known(
    make_sources: MakeSources, tables: dict[str, list[dict[str, object]]]
) -> None:
    table = support_of(make_sources(**tables))
    assert len(table) == 1
    assert table.isna().all(axis=None)


def test_an_export_of_final_states_gives_up_priority_and_subject_only(make_sources: MakeSources) -> None:
    recorded = make_sources(support_tickets=[{}])
    report = replace(recorded.reports["support_tickets"], knowledge_dates="assumed")
    assumed = replace(recorded, reports={**recorded.reports, "support_tickets": report})
    usable = {feature.name for feature in usable_features(assumed, SUPPORT)}
    assert set(SUPPORT) - usable == {"support__severe_share", "support__subject_tone_score"}


def test_the_time_to_close_is_of_whole_seconds(make_sources: MakeSources) -> None:
    rows = [
        ticket(number, 5, opened_at=f"{at(5)}.900000", closed_at=f"{at(3)}.100000", recorded_at=at(2))
        for number in range(3)
    ]
    assert support_of(make_sources(support_tickets=rows)).loc["a"].support__resolution_days == 2
