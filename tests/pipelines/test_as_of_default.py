"""The default date: the newest Monday on or before the day after the newest usage or pulse, never after today."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.as_of_default import default_as_of, newest_monday

TODAY = date(2026, 7, 15)


@pytest.mark.parametrize(
    ("last_events", "expected"),
    [
        ([date(2026, 6, 28)], date(2026, 6, 29)),  # Sunday: the Monday after it
        ([date(2026, 6, 29)], date(2026, 6, 29)),  # Monday: itself, its own day is not over
        ([date(2026, 7, 4)], date(2026, 6, 29)),
        ([date(2026, 6, 1), date(2026, 6, 28)], date(2026, 6, 29)),
        ([date(2030, 1, 1)], date(2026, 7, 13)),  # later than today: today's Monday
        ([], date(2026, 7, 13)),
    ],
)
def test_the_newest_monday(last_events: list[date], expected: date) -> None:
    assert newest_monday(last_events, TODAY) == expected
    assert expected.weekday() == 0


def usage(days: list[str]) -> pd.DataFrame:
    count = len(days)
    columns = {name: [name] * count for name in ("account_id", "user_id", "module")}
    return pd.DataFrame({**columns, "usage_date": days, "events": [1] * count})


def test_csv_dates_are_read_and_broken_ones_passed_by(tmp_path: Path) -> None:
    usage(["2026-06-21", "soon", "2026-06-20"]).to_csv(tmp_path / "usage_daily.csv", index=False)

    assert default_as_of(tmp_path, TODAY) == date(2026, 6, 22)


def test_a_mistyped_year_does_not_move_the_run(tmp_path: Path) -> None:
    rows = usage(["2026-06-21", "2099-01-01", "2026-07-10"])
    rows["recorded_at"] = ["2026-06-22 01:00:00", "2023-01-02 01:00:00", "2026-06-22 01:00:00"]
    rows.to_csv(tmp_path / "usage_daily.csv", index=False)

    assert default_as_of(tmp_path, TODAY) == date(2026, 6, 22)

    rows.drop(columns="recorded_at").head(2).to_csv(tmp_path / "usage_daily.csv", index=False)

    assert default_as_of(tmp_path, TODAY) == date(2026, 6, 22)


def test_a_pulse_after_the_last_usage_counts(tmp_path: Path) -> None:
    usage(["2026-06-07"]).to_csv(tmp_path / "usage_daily.csv", index=False)
    answers = ("champion", "executive_view", "budget", "reorganization", "value_exceeds_price")
    pulse = dict.fromkeys(("pulse_id", "account_id", "csm_id", "sentiment", "about", "reason", *answers), "x")
    pd.DataFrame([{**pulse, "pulse_at": pd.Timestamp("2026-06-28 09:30:00")}]).to_parquet(
        tmp_path / "csm_pulses.parquet", index=False
    )

    assert default_as_of(tmp_path, TODAY) == date(2026, 6, 29)


def test_without_readable_sources_it_is_todays_monday(tmp_path: Path) -> None:
    (tmp_path / "usage_daily.parquet").write_text("not parquet", encoding="utf-8")

    assert default_as_of(tmp_path, TODAY) == date(2026, 7, 13)
