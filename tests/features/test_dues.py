"""What falls due at a date, in exact money."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

from features.dues import DUE_KEY, build_dues, build_ends
from features.sources import Sources

MakeSources = Callable[..., Sources]
RENEWED = {"outcome": "renewed", "renewed_arr": "800.10", "decided_on": "2024-10-01", "recorded_at": "2024-10-02"}


def dues_of(sources: Sources, *days: date) -> pd.DataFrame:
    return sources.engine.to_pandas(build_dues(sources, days), DUE_KEY)


def test_every_status_and_what_was_kept(make_sources: MakeSources) -> None:
    lost = {"renewal_id": "r2", "outcome": "churned", "decided_on": "2024-10-01", "recorded_at": "2024-10-02"}
    noticed = {"renewal_id": "r3", "notice_given_on": "2024-09-01", "recorded_at": "2024-09-02"}
    merged = {**RENEWED, "renewal_id": "r4", "outcome": "superseded"}
    first = [{"renewal_id": f"r{number}"} for number in (2, 3, 4, 5)]
    sources = make_sources(renewals=[{}, *first, RENEWED, lost, noticed, merged])
    dues = dues_of(sources, date(2024, 9, 1), date(2024, 11, 1), date(2025, 2, 1))
    dues = dues.assign(retained_share=dues["retained_share"].fillna(-1.0))
    by_date = {
        str(day.date()): list(zip(rows.renewal_id, rows.status, rows.retained_share, strict=True))
        for day, rows in dues.groupby("as_of")
    }
    opened = [(f"r{number}", "open", -1.0) for number in range(1, 6)]
    assert by_date["2024-09-01"] == opened
    assert by_date["2024-11-01"] == [
        ("r1", "already_renewed", pytest.approx(0.8001)),
        ("r2", "known_loss", 0.0),
        ("r3", "known_loss", -1.0),
        ("r5", "open", -1.0),
    ]
    assert [status for _, status, _ in by_date["2025-02-01"]] == ["decided", "decided", "known_loss", "overdue"]


def test_what_is_recorded_on_the_date_changes_nothing(make_sources: MakeSources) -> None:
    sources = make_sources(renewals=[{}, RENEWED])
    dues = dues_of(sources, date(2024, 10, 2), date(2024, 10, 3))
    assert dues["status"].tolist() == ["open", "already_renewed"]


def test_an_account_that_is_not_on_record_and_a_term_that_has_not_begun_still_count(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{"recorded_at": "2024-06-01"}],
        renewals=[{"term_start_date": "2024-09-01", "renewal_date": "2025-09-01", "recorded_at": "2024-01-05"}],
    )
    dues = dues_of(sources, date(2024, 2, 1), date(2024, 7, 1))
    assert dues["status"].tolist() == ["open", "open"]
    assert dues["region"].fillna("?").tolist() == ["?", "north"]


def test_a_row_in_quarantine_counts_until_something_newer_is_known(make_sources: MakeSources) -> None:
    broken = {"renewal_date": "2023-06-01", "arr": "1234.56", "recorded_at": "2024-03-01"}
    mended = {"arr": "2000.00", "recorded_at": "2024-05-01"}
    unreadable = {"renewal_id": "r2", "arr": "plenty", "recorded_at": "2024-03-01"}
    healthy = [{"renewal_id": f"h{number}", "renewal_date": "2029-01-01"} for number in range(200)]
    sources = make_sources(may_break=True, renewals=[{}, broken, mended, unreadable, *healthy])
    dues = dues_of(sources, date(2024, 2, 1), date(2024, 4, 1), date(2024, 6, 1))
    dues = dues[dues["renewal_id"].str.startswith("r")].assign(arr=lambda rows: rows["arr"].fillna(-1.0))
    assert list(zip(dues.renewal_id, dues.as_of.dt.month, dues.status, dues.arr, strict=True)) == [
        ("r1", 2, "open", 1000.0),
        ("r1", 4, "quarantined", 1234.56),
        ("r1", 6, "open", 2000.0),
        ("r2", 4, "quarantined", -1.0),
        ("r2", 6, "quarantined", -1.0),
    ]


def test_ends_hold_every_renewal_with_what_came_of_it(make_sources: MakeSources) -> None:
    old = {"renewal_id": "r0", "renewal_date": "2022-01-01", "term_start_date": "2021-01-01"}
    merged = {**RENEWED, "renewal_id": "r2", "outcome": "superseded", "renewed_arr": None}
    sources = make_sources(renewals=[{}, RENEWED, {**RENEWED, **old}, merged])
    ends = sources.engine.to_pandas(build_ends(sources, date(2025, 3, 1)), ("renewal_id",))
    assert ends["renewal_id"].tolist() == ["r0", "r1", "r2"]
    assert ends["outcome"].tolist() == ["renewed", "renewed", "superseded"]
    assert ends["retained_share"].round(4).fillna(-1).tolist() == [0.8001, 0.8001, -1]
