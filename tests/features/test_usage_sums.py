"""Usage that was added up before it met the dates says the same as rows that met them one by one."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

import ibis.expr.types as ir
import pandas as pd
import pytest

from features.as_of import place_in_cells
from features.cells import cell_days
from features.moments import MOMENT, days_before
from features.sources import Sources
from features.usage_sums import EDGES, LOOKBACK_DAYS, account_use, events_in, use_by

MakeSources = Callable[..., Sources]
# Four weeks apart, then off that grid, then far away.
DATES = [date(2024, 6, 3), date(2024, 7, 1), date(2024, 7, 29), date(2024, 8, 1), date(2024, 8, 14), date(2025, 3, 3)]


def some_usage() -> list[dict[str, object]]:
    """Return usage of two users around the dates, a third of it recorded days or months late."""
    random = Random(7)  # noqa: S311  (a fixed sample, no secret)
    keys = {
        (random.choice("ab"), random.choice(["u1", "u2"]), random.choice(["m1", "m2"]), random.randrange(420))
        for _ in range(500)
    }
    rows = []
    for account, user, module, day in sorted(keys):
        used_on = date(2024, 1, 15) + timedelta(days=day)
        late = random.choice([0, 0, 0, 0, random.randrange(6), random.randrange(90)])
        recorded_at = datetime.combine(used_on, datetime.min.time()) + timedelta(
            days=late, hours=random.choice([0, 30])
        )
        rows.append(
            {
                "account_id": account,
                "user_id": user,
                "module": module,
                "usage_date": f"{used_on}",
                "events": random.choice([0, 1, 1, 5]),
                "recorded_at": recorded_at.isoformat(),
            }
        )
    return rows


@pytest.fixture
def sources(make_sources: MakeSources) -> Sources:
    return make_sources(accounts=[{}, {"account_id": "b"}], usage_daily=some_usage())


def moments_at(sources: Sources, dates: list[date]) -> ir.Table:
    frame = pd.DataFrame([(account, as_of) for account in "ab" for as_of in dates], columns=list(MOMENT))
    return sources.engine.from_pandas(frame, {"account_id": "string", "as_of": "date"})


def one_by_one(sources: Sources, moments: ir.Table, days: int = LOOKBACK_DAYS) -> pd.DataFrame:
    known = sources.known("usage_daily", moments, lookback=("usage_date", days))
    known = known.mutate(days_ago=days_before(known, "usage_date"))
    return sources.engine.to_pandas(known, (*MOMENT, "user_id", "module", "days_ago"))


@pytest.mark.parametrize("column", ["user_id", "module"])
def test_events_of_each_window_are_those_of_its_rows(sources: Sources, column: str) -> None:
    moments = moments_at(sources, DATES)
    edges = list(EDGES[column])
    rows = one_by_one(sources, moments, edges[-1])
    key = [*MOMENT, column]
    names = [f"events_{newest + 1}_{oldest}" for newest, oldest in pairwise(edges)]
    rows["window"] = pd.cut(rows.days_ago, edges, labels=names).astype("str")
    expected = rows.pivot_table(index=key, columns="window", values="events", aggfunc="sum")[names]
    found = sources.engine.to_pandas(use_by(column, moments, sources), tuple(key)).set_index(key)
    pd.testing.assert_frame_equal(found[names], expected, check_dtype=False, check_names=False)


def test_windows_are_added_up_between_their_edges(sources: Sources) -> None:
    used = sources.engine.from_pandas(
        pd.DataFrame({"events_1_28": [1, 2], "events_29_30": [10, None], "events_31_112": [None, 200]}, dtype="Int64"),
        {"events_1_28": "int64", "events_29_30": "int64", "events_31_112": "int64"},
    )
    found = used.select(newest=events_in(used, 1, 30), past=events_in(used, 29, 112))
    assert sources.engine.to_pandas(found, ("newest",)).to_numpy().tolist() == [[2, 200], [11, 10]]


def test_a_day_of_which_some_was_recorded_later_is_one_day(sources: Sources) -> None:
    moments = moments_at(sources, DATES)
    rows = one_by_one(sources, moments)
    key = list(MOMENT)
    assert rows[rows.events > 0].duplicated([*key, "days_ago"]).any()
    days = rows.groupby([*key, "days_ago"]).events.sum().reset_index().query("events > 0")
    days = days.assign(week=(days.days_ago - 1) // 7)
    grouped = days.assign(week_events=(15 - days.week) * days.events).groupby(key)
    expected = grouped.agg(
        first_days_ago=("days_ago", "max"),
        last_days_ago=("days_ago", "min"),
        active_weeks=("week", "nunique"),
        week_events=("week_events", "sum"),
    )
    newest = days[days.days_ago <= 28].groupby(key).size()
    expected["active_days"] = newest.reindex(expected.index)
    edges = list(EDGES["account_id"])
    names = [f"events_{newest + 1}_{oldest}" for newest, oldest in pairwise(edges)]
    windows = pd.cut(days.days_ago, edges, labels=names).astype("str")
    expected[names] = days.pivot_table(index=key, columns=windows, values="events", aggfunc="sum")[names]
    found = sources.engine.to_pandas(account_use(moments, sources), tuple(key)).set_index(key)
    pd.testing.assert_frame_equal(found[expected.columns], expected, check_dtype=False)


def test_rows_that_may_move_to_another_day_are_not_added_up(sources: Sources) -> None:
    days = cell_days(moments_at(sources, DATES), range(0, 113, 28))
    with pytest.raises(ValueError, match="meetings: only rows that keep their day"):
        place_in_cells(sources.tables["meetings"], sources.contracts["meetings"], days, column="scheduled_at")


def test_a_step_that_was_computed_is_not_computed_again(sources: Sources) -> None:
    first = sources.engine.store(sources.tables["usage_daily"].select("account_id").distinct())
    assert sources.engine.store(sources.tables["usage_daily"].select("account_id").distinct()) is first
    assert sources.engine.store(sources.tables["usage_daily"].select("user_id").distinct()) is not first
