"""The three rules of time, each on rows made by hand."""

from collections.abc import Callable
from datetime import date
from typing import Any

import ibis

from features.sources import Sources
from features.spine import as_of_table

MakeSources = Callable[..., Sources]


def seen(sources: Sources, table: str, days: list[date], *columns: str, **options: Any) -> list[tuple[Any, ...]]:
    """Return what was known of account `a` at each date, as tuples that begin with the date."""
    moments = as_of_table(sources, days).mutate(account_id=ibis.literal("a"))
    known = sources.known(table, moments, **options).select("as_of", *columns)
    frame = sources.engine.to_pandas(known, ("as_of", *columns))
    return [
        (row[0].date(), *(None if value != value else value for value in row[1:]))
        for row in frame.itertuples(index=False)
    ]


def test_a_row_counts_from_the_day_after_it_was_recorded(make_sources: MakeSources) -> None:
    sources = make_sources(usage_daily=[{"usage_date": "2024-03-01", "recorded_at": "2024-03-05T00:00:00"}])
    days = [date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)]
    assert seen(sources, "usage_daily", days, "events") == [(date(2024, 3, 6), 1)]


def test_the_newest_version_recorded_before_the_date_counts(make_sources: MakeSources) -> None:
    versions = [("2024-01-01", "1000.00"), ("2024-02-01", "2000.00"), ("2024-03-01", "3000.00")]
    sources = make_sources(renewals=[{"recorded_at": at, "arr": arr} for at, arr in versions])
    days = [date(2024, 1, 1), date(2024, 1, 2), date(2024, 2, 1), date(2024, 2, 2), date(2024, 3, 2)]
    assert seen(sources, "renewals", days, "arr") == [
        (date(2024, 1, 2), 1000.0),
        (date(2024, 2, 1), 1000.0),
        (date(2024, 2, 2), 2000.0),
        (date(2024, 3, 2), 3000.0),
    ]


def test_of_each_valid_from_the_newest_record_counts_and_then_the_newest_valid_from(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[
            {"valid_from": "2024-01-01", "segment": "first", "recorded_at": "2024-01-01"},
            # A change that is known ahead of the day from which it holds.
            {"valid_from": "2024-03-01", "segment": "announced", "recorded_at": "2024-02-01"},
            {"valid_from": "2024-03-01", "segment": "corrected", "recorded_at": "2024-04-01"},
            # A state of the past, entered late: it does not replace a newer one.
            {"valid_from": "2024-02-15", "segment": "late", "recorded_at": "2024-05-01"},
        ]
    )
    days = [date(2024, 1, 15), date(2024, 2, 20), date(2024, 3, 1), date(2024, 4, 2), date(2024, 5, 2)]
    assert seen(sources, "accounts", days, "segment") == [
        (date(2024, 1, 15), "first"),
        (date(2024, 2, 20), "first"),
        (date(2024, 3, 1), "announced"),
        (date(2024, 4, 2), "corrected"),
        (date(2024, 5, 2), "corrected"),
    ]
    assert seen(sources, "accounts", [date(2024, 5, 2)], "segment", in_force=False) == [
        (date(2024, 5, 2), "corrected"),
        (date(2024, 5, 2), "first"),
        (date(2024, 5, 2), "late"),
    ]


def test_a_value_is_read_only_after_the_date_from_which_it_is_known(make_sources: MakeSources) -> None:
    # One row in its final state, as an export has it: recorded at the start, and yet it tells the end.
    sources = make_sources(
        renewals=[
            {
                "outcome": "churned",
                "decided_on": "2024-11-01",
                "notice_given_on": "2024-09-01",
                "recorded_at": "2024-01-01",
            }
        ]
    )
    days = [date(2024, 8, 1), date(2024, 9, 1), date(2024, 9, 2), date(2024, 11, 1), date(2024, 11, 2)]
    known = seen(sources, "renewals", days, "notice_given_on", "outcome")
    assert [(day, notice is not None and str(notice) != "NaT", outcome) for day, notice, outcome in known] == [
        (date(2024, 8, 1), False, None),
        (date(2024, 9, 1), False, None),
        (date(2024, 9, 2), True, None),
        (date(2024, 11, 1), True, None),
        (date(2024, 11, 2), True, "churned"),
    ]


def test_a_lookback_ends_the_day_before_the_date(make_sources: MakeSources) -> None:
    rows = [{"usage_date": f"2024-03-0{day}", "events": day, "recorded_at": f"2024-03-0{day}"} for day in range(1, 8)]
    sources = make_sources(usage_daily=rows)
    known = seen(sources, "usage_daily", [date(2024, 3, 6)], "events", lookback=("usage_date", 3))
    assert known == [(date(2024, 3, 6), 3), (date(2024, 3, 6), 4), (date(2024, 3, 6), 5)]


def test_a_version_in_quarantine_ends_the_one_before_it(make_sources: MakeSources) -> None:
    # The closing row names an outcome that nobody knows: the renewal is neither open nor decided from then on.
    broken = {"outcome": "lost", "decided_on": "2024-06-01", "recorded_at": "2024-06-02T08:00:00"}
    mended = {"outcome": "churned", "decided_on": "2024-06-01", "recorded_at": "2024-08-01T00:00:00"}
    sources = make_sources(renewals=[{}, broken, mended], may_break=True)
    days = [date(2024, 6, 2), date(2024, 6, 3), date(2024, 8, 1), date(2024, 8, 2)]
    assert seen(sources, "renewals", days, "outcome") == [(date(2024, 6, 2), None), (date(2024, 8, 2), "churned")]
