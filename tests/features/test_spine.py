"""Which renewals can be seen from a date, and in what state."""

from collections.abc import Callable
from datetime import date

import pandas as pd

from features.sources import Sources
from features.spine import KEY, build_spine, grid_dates, losses_without_outcome

MakeSources = Callable[..., Sources]
DECIDED = {"outcome": "renewed", "renewed_arr": "1000.00", "decided_on": "2024-10-01", "recorded_at": "2024-10-02"}


def spine_of(sources: Sources, *days: date) -> pd.DataFrame:
    return sources.engine.to_pandas(build_spine(sources, days), KEY)


def test_a_renewal_is_seen_from_the_start_of_its_term_until_it_is_settled(make_sources: MakeSources) -> None:
    sources = make_sources(renewals=[{"recorded_at": "2023-12-01"}, DECIDED])
    days = [
        date(2023, 12, 15),
        date(2024, 1, 1),
        date(2024, 10, 2),
        date(2024, 10, 3),
        date(2025, 1, 1),
        date(2025, 2, 1),
    ]
    spine = spine_of(sources, *days)
    assert list(zip(spine.as_of.dt.date, spine.status, spine.band, spine.lead_days, strict=True)) == [
        (date(2024, 1, 1), "open", "beyond", 366),
        (date(2024, 10, 2), "open", "90-180", 91),
        (date(2024, 10, 3), "already_renewed", "90-180", 90),
        (date(2025, 1, 1), "already_renewed", "0-89", 0),
    ]


def test_notice_makes_a_known_loss_and_a_missed_date_is_overdue(make_sources: MakeSources) -> None:
    noticed = {"renewal_id": "r2", "notice_given_on": "2024-09-01", "recorded_at": "2024-09-03"}
    sources = make_sources(renewals=[{}, {"renewal_id": "r2"}, noticed])
    spine = spine_of(sources, date(2024, 9, 3), date(2024, 9, 4), date(2025, 1, 2))
    assert list(zip(spine.renewal_id, spine.as_of.dt.date, spine.status, spine.band, strict=True)) == [
        ("r1", date(2024, 9, 3), "open", "90-180"),
        ("r1", date(2024, 9, 4), "open", "90-180"),
        ("r1", date(2025, 1, 2), "overdue", "overdue"),
        ("r2", date(2024, 9, 3), "open", "90-180"),
        ("r2", date(2024, 9, 4), "known_loss", "90-180"),
        ("r2", date(2025, 1, 2), "known_loss", "overdue"),
    ]


def test_a_loss_by_notice_leaves_once_it_is_over_and_is_counted(make_sources: MakeSources) -> None:
    noticed = {"renewal_id": "r2", "notice_given_on": "2024-09-01", "recorded_at": "2024-09-03"}
    sources = make_sources(renewals=[{}, {"renewal_id": "r2"}, noticed])
    last, over = date(2025, 3, 2), date(2025, 3, 3)
    spine = sources.engine.to_pandas(build_spine(sources, [last, over]), KEY)
    # The renewal date is the first of January; what is overdue stays until somebody says what came of it.
    listed = [(row.renewal_id, row.as_of.date(), row.status) for row in spine.itertuples()]
    assert listed == [("r1", last, "overdue"), ("r1", over, "overdue"), ("r2", last, "known_loss")]
    counted = [
        sources.engine.to_pandas(losses_without_outcome(sources, day), ("renewal_id",))["renewal_id"].tolist()
        for day in (last, over)
    ]
    assert counted == [[], ["r2"]]


def test_a_superseded_renewal_is_no_snapshot_once_that_is_known(make_sources: MakeSources) -> None:
    merged = {**DECIDED, "outcome": "superseded", "successor_renewal_id": "r9"}
    spine = spine_of(make_sources(renewals=[{}, merged]), date(2024, 10, 2), date(2024, 10, 3))
    assert list(spine.as_of.dt.date) == [date(2024, 10, 2)]


def test_of_short_terms_one_row_per_contract_is_kept(make_sources: MakeSources) -> None:
    months = [
        {
            "renewal_id": f"m{month}",
            "term_start_date": f"2024-0{month}-01",
            "renewal_date": f"2024-0{month + 1}-01",
            "recorded_at": f"2024-0{month}-01",
        }
        for month in (1, 2, 3)
    ]
    spine = spine_of(make_sources(renewals=months), date(2024, 2, 10), date(2024, 3, 10))
    # The term of January was never decided: overdue, but the term that runs is what can still be saved.
    assert list(zip(spine.as_of.dt.date, spine.renewal_id, spine.status, spine.band, strict=True)) == [
        (date(2024, 2, 10), "m2", "open", "rolling"),
        (date(2024, 3, 10), "m3", "open", "rolling"),
    ]


def test_a_snapshot_needs_an_account_that_was_known(make_sources: MakeSources) -> None:
    sources = make_sources(accounts=[{"recorded_at": "2024-06-01"}])
    assert list(spine_of(sources, date(2024, 6, 1), date(2024, 6, 2)).as_of.dt.date) == [date(2024, 6, 2)]


def test_facts_are_those_known_at_the_date(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"valid_from": "2024-06-01", "csm_id": "c2", "recorded_at": "2024-06-10"}],
        csms=[{}, {"csm_id": "c2", "csm_name": "Ann", "weekly_capacity": 7, "recorded_at": "2024-07-01"}],
    )
    spine = spine_of(sources, date(2024, 6, 10), date(2024, 6, 11), date(2024, 7, 2))
    assert list(spine.csm_id) == ["c1", "c2", "c2"]
    assert list(spine.csm_name.fillna("?")) == ["Zoe", "?", "Ann"]
    assert list(spine.weekly_capacity.fillna(0)) == [0, 0, 7]
    assert set(spine.currency) == {"USD"}
    assert set(spine.notice_deadline.dt.date) == {date(2024, 12, 2)}


def test_the_grid_does_not_move_with_its_ends() -> None:
    whole = grid_dates(date(2024, 1, 1), date(2024, 12, 31))
    assert all(day.weekday() == 0 for day in whole)
    assert grid_dates(date(2024, 3, 5), date(2024, 8, 8)) == [
        day for day in whole if date(2024, 3, 5) <= day <= date(2024, 8, 8)
    ]
    assert set(grid_dates(date(2024, 1, 1), date(2024, 12, 31), 84)) <= set(whole)
    assert grid_dates(date(2024, 1, 2), date(2024, 1, 3)) == []
