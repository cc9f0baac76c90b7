"""Runs that were added up before they met the dates say the same as rows that met them one by one."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

import pandas as pd
import pytest

from features.moments import MOMENT, days_before
from features.run_sums import SILENCE_DAYS, runs_by_integration, runs_loaded_through
from features.sources import Sources

MakeSources = Callable[..., Sources]
# Four weeks apart, then off that grid, then far away.
DATES = [date(2024, 6, 3), date(2024, 7, 1), date(2024, 7, 29), date(2024, 8, 1), date(2025, 3, 3)]


def some_runs() -> list[dict[str, object]]:
    """Return runs of two integrations around the dates, many of them corrected up to months later, some broken."""
    random = Random(11)  # noqa: S311  (a fixed sample, no secret)
    keys = {(random.choice("ab"), random.choice(["crm", "erp"]), random.randrange(420)) for _ in range(400)}
    rows = []
    for account, integration, day in sorted(keys):
        ran_on = date(2024, 1, 2) + timedelta(days=day)
        recorded_at = datetime.combine(ran_on, datetime.min.time())
        for _ in range(random.choice([1, 1, 2, 3])):
            recorded_at += timedelta(
                days=random.choice([-2, 0, 1, random.randrange(90)]), hours=random.randrange(1, 30)
            )
            rows.append(
                {
                    "account_id": account,
                    "integration": integration,
                    "run_date": f"{ran_on}",
                    "runs": random.choice([0, 1, 5, 5, 5, 5, -1]),
                    "recorded_at": recorded_at.isoformat(),
                }
            )
    return rows


@pytest.fixture
def sources(make_sources: MakeSources) -> Sources:
    return make_sources(accounts=[{}, {"account_id": "b"}], integration_runs=some_runs(), may_break=True)


def test_runs_of_each_window_are_those_of_the_rows_in_force(sources: Sources) -> None:
    frame = pd.DataFrame([(account, as_of) for account in "ab" for as_of in DATES], columns=list(MOMENT))
    moments = sources.engine.from_pandas(frame, {"account_id": "string", "as_of": "date"})
    known = sources.known("integration_runs", moments, lookback=("run_date", SILENCE_DAYS))
    key = (*MOMENT, "integration")
    rows = sources.engine.to_pandas(known.mutate(days_ago=days_before(known, "run_date")), (*key, "days_ago"))
    rows["window"] = pd.cut(rows.days_ago, [0, 28, 112, 176], labels=False)
    expected = rows[rows.runs > 0].groupby([*key, "window"])
    expected = expected.agg(runs=("runs", "sum"), last=("days_ago", "min"))
    found = sources.engine.to_pandas(runs_by_integration(moments, moments, sources), (*key, "window"))
    found = found.groupby([*key, "window"])
    found = found.agg(runs=("runs", "sum"), last=("last_ago", "min"))
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)

    loaded = sources.engine.to_pandas(runs_loaded_through(moments, sources), ("as_of",))
    newest = rows.groupby("as_of").run_date.max().reset_index(name="through")
    pd.testing.assert_frame_equal(loaded, newest, check_dtype=False)
