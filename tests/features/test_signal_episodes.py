"""Episodes joined from firings made by hand, and carried from one date to the next."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from data_contracts.contract import output_contracts
from data_contracts.expectations import check_output
from features.signal_episodes import EPISODE_KEY, FIRST_LOOK_DAYS, build_episodes, join_firings, look_dates, since
from features.sources import Sources

MakeSources = Callable[..., Sources]
START = date(2024, 6, 3)
Frame = list[tuple[object, ...]]


def on(day: int) -> date:
    """The n-th day from the start, 1 being the first."""
    return START + timedelta(days=day - 1)


def episodes_of(
    sources: Sources,
    days: list[int],
    looks: range,
    previous: pd.DataFrame | None = None,
    signal: str = "escalation_open",
) -> pd.DataFrame:
    """The episodes of one signal of one account that fires on some days."""
    fired = pd.DataFrame(
        [("a", None, signal, on(day), f"day {day}") for day in days],
        columns=["account_id", "renewal_id", "signal", "as_of", "evidence"],
    )
    types = {**dict.fromkeys(fired.columns, "string"), "as_of": "date"}
    table = sources.engine.from_pandas(fired, types)
    joined = join_firings(sources, table, [on(day) for day in looks], previous)
    return sources.engine.to_pandas(joined, EPISODE_KEY).assign(as_of=pd.Timestamp(on(looks[-1])))


def spans(episodes: pd.DataFrame) -> Frame:
    def day(value: Any) -> int | None:
        return None if pd.isna(value) else (value.date() - START).days + 1

    rows = episodes.sort_values("started_on").itertuples()
    return [(day(row.started_on), day(row.last_seen_on), day(row.ended_on), row.evidence) for row in rows]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([3, 4, 5], [(3, 5, 6, "day 5")]),
        ([3, 20], [(3, 3, 4, "day 3"), (20, 20, None, "day 20")]),
        ([3, 10, 11], [(3, 11, 12, "day 11")]),
        ([3, 11], [(3, 3, 4, "day 3"), (11, 11, 12, "day 11")]),
        ([], []),
    ],
    ids=["a stretch", "two, the last still on", "six silent days", "seven silent days", "nothing"],
)
def test_firings_become_episodes(days: list[int], expected: Frame, make_sources: MakeSources) -> None:
    assert spans(episodes_of(make_sources(support_tickets=[{}]), days, range(1, 21))) == expected


@pytest.mark.parametrize("days", [[3, 4, 9, 10, 11, 12], [9, 10], [10, 17], [10, 18], [1, 2, 3]])
def test_continuing_gives_what_looking_at_once_gives(days: list[int], make_sources: MakeSources) -> None:
    sources = make_sources(support_tickets=[{}])
    before = episodes_of(sources, [day for day in days if day <= 10], range(1, 11))
    continued = episodes_of(sources, [day for day in days if day > 10], range(11, 21), before)
    assert spans(continued) == spans(episodes_of(sources, days, range(1, 21)))


def test_what_was_on_at_the_first_look_of_all_has_no_known_start(make_sources: MakeSources) -> None:
    sources = make_sources(support_tickets=[{}])
    first = episodes_of(sources, [1, 9, 10], range(1, 11))
    assert [since(row) for row in first.to_dict("records")] == ["since before 2024-06-03", "since 2024-06-11"]
    continued = episodes_of(sources, [11, 12], range(11, 21), first)
    assert continued["is_start_known"].tolist() == [False, True]
    # After a gap longer than a look back nobody knows what was on the day before.
    after_gap = episodes_of(sources, [15, 16], range(15, 21), episodes_of(sources, [2], range(1, 11)))
    assert after_gap["is_start_known"].tolist() == [True, False]
    of_earlier_release = first.drop(columns="is_start_known")
    assert episodes_of(sources, [], range(11, 12), of_earlier_release)["is_start_known"].all()


def test_what_a_missing_source_hides_does_not_end(make_sources: MakeSources) -> None:
    sources = make_sources(support_tickets=[{}])
    before = episodes_of(sources, [9, 10], range(1, 11))
    report = replace(sources.reports["support_tickets"], supplied=False)
    blind = replace(sources, reports={**sources.reports, "support_tickets": report})
    assert spans(episodes_of(blind, [], range(11, 21), before)) == [(9, 10, None, "day 10")]
    emptied = replace(sources, tables={**sources.tables, "support_tickets": sources.tables["support_tickets"].limit(0)})
    assert spans(episodes_of(emptied, [], range(11, 21), before)) == [(9, 10, None, "day 10")]
    assert spans(episodes_of(sources, [], range(11, 21), before)) == [(9, 10, 11, "day 10")]


def test_looks_go_on_where_the_earlier_table_stopped() -> None:
    earlier = pd.DataFrame({"as_of": [pd.Timestamp(on(10))]})
    assert look_dates(on(13), earlier) == [on(11), on(12), on(13)]
    assert len(look_dates(on(400), earlier)) == FIRST_LOOK_DAYS
    assert look_dates(on(13), None)[0] == on(13) - timedelta(days=FIRST_LOOK_DAYS - 1)
    assert look_dates(on(13), earlier.head(0)) == look_dates(on(13), None)
    with pytest.raises(ValueError, match="cannot continue"):
        look_dates(on(10), earlier)


def test_the_table_keeps_its_contract_and_says_what_to_do(make_sources: MakeSources) -> None:
    opened, up = f"{on(1)}T09:00:00", f"{on(3)}T09:00:00"
    sources = make_sources(
        support_tickets=[
            {"opened_at": opened, "recorded_at": opened},
            {"opened_at": opened, "escalated_at": up, "recorded_at": up},
        ],
        contacts=[{"role": "champion"}],
    )
    first = sources.engine.to_pandas(build_episodes(sources, on(4)), EPISODE_KEY)
    table = sources.engine.to_pandas(build_episodes(sources, on(6), first), EPISODE_KEY)
    contract = output_contracts()["signals"]
    check_output(contract, table[list(contract.column_names)])
    escalation = table[table["signal"] == "escalation_open"].iloc[0]
    assert (escalation["started_on"].date(), escalation["last_seen_on"].date()) == (on(4), on(6))
    assert pd.isna(escalation["ended_on"])
    assert pd.isna(escalation["renewal_id"])
    assert escalation["evidence"] == "1 escalated ticket open, the oldest for 3 days; renewal in 207 days"
    assert (escalation["severity"], escalation["stakeholder"]) == ("high", "champion")
    assert escalation["action"].startswith("Name one person")


def test_what_nobody_watches_any_more_says_until_when_it_was_watched() -> None:
    firing = {"as_of": on(9), "started_on": on(1), "last_seen_on": on(9), "ended_on": None}
    assert since(firing) == "since 2024-06-03"
    assert since({**firing, "last_seen_on": on(5)}) == "since 2024-06-03, not watched after 2024-06-07"
    assert since({**firing, "last_seen_on": on(5), "ended_on": on(6)}) == "since 2024-06-03"
