"""The people at the customer, counted by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from features.build import build_features
from features.feature_sets import usable_features
from features.sources import Sources
from features.spine import KEY, build_spine
from features.stakeholders import FEATURES

MakeSources = Callable[..., Sources]
Row = dict[str, object]
AS_OF = date(2024, 9, 2)
NAMES = [feature.name for feature in FEATURES]
NAN = float("nan")


def people_of(sources: Sources, *days: date) -> pd.DataFrame:
    spine = build_spine(sources, days or (AS_OF,))
    frame = sources.engine.to_pandas(build_features(spine, sources, NAMES), KEY)
    return frame.set_index("account_id").filter(like="stakeholders__")


def day(days_ago: int) -> str:
    return f"{AS_OF - timedelta(days=days_ago)}"


def contact(number: int, role: str | None, started: int = 500, **more: object) -> Row:
    row = {"contact_id": f"k{number}", "role": role, "started_on": day(started), "recorded_at": day(started)}
    return {**row, **more}


def gone(row: Row, days_ago: int, noticed_after: int) -> list[Row]:
    """The contact's row and the later one that holds the exit."""
    return [row, {**row, "left_on": day(days_ago), "recorded_at": f"{day(days_ago - noticed_after)}T12:00:00"}]


def use(user: str, days_ago: int, events: int) -> Row:
    return {
        "user_id": user,
        "usage_date": day(days_ago),
        "events": events,
        "recorded_at": f"{day(days_ago)}T23:00:00",
    }


def test_roles_exits_newcomers_and_use(make_sources: MakeSources) -> None:
    contacts = [
        *gone(contact(1, "champion", user_id="u1"), 100, 20),
        *gone(contact(2, "champion"), 40, 14),
        contact(3, "executive_sponsor", 90, user_id="u3"),
        contact(4, "procurement", 91),
        contact(5, "procurement", 5),
        contact(6, "end_user", 30, user_id="u6"),
        *gone(contact(7, "economic_buyer"), 366, 30),
        # Left, and not yet known to have left.
        *gone(contact(8, "finance", user_id="u8"), 20, 20),
        # Entered ahead of the first day.
        contact(9, "champion", -3, recorded_at=day(10)),
    ]
    usage = [use("u1", 3, 10), use("u3", 28, 4), use("u6", 5, 20), use("u8", 1, 1), use("u9", 2, 5), use("u3", 29, 99)]
    row = people_of(make_sources(contacts=contacts, usage_daily=usage)).loc["a"].to_dict()
    assert row == pytest.approx(
        {
            "stakeholders__has_champion": 0,
            "stakeholders__has_executive_sponsor": 1,
            "stakeholders__has_economic_buyer": 0,
            "stakeholders__champion_left_days": 40,
            "stakeholders__executive_sponsor_left_days": NAN,
            "stakeholders__economic_buyer_left_days": 366,
            "stakeholders__exits_365d": 2,
            "stakeholders__late_exits_365d": 1,
            "stakeholders__roles_covered_count": 3,
            "stakeholders__influencers_count": 1,
            "stakeholders__is_single_threaded": 1,
            "stakeholders__active_contacts_28d": 3,
            "stakeholders__is_single_threaded_in_use": 0,
            "stakeholders__budget_influence_usage_share": 5 / 40,
            "stakeholders__newcomers_90d": 3,
            "stakeholders__budget_newcomers_90d": 1,
        },
        nan_ok=True,
    )


def test_an_exit_counts_from_the_day_on_which_it_is_known(make_sources: MakeSources) -> None:
    sources = make_sources(contacts=gone(contact(1, "champion"), 40, 30))
    assert people_of(sources, AS_OF - timedelta(days=10)).stakeholders__has_champion["a"] == 1
    assert people_of(sources, AS_OF - timedelta(days=9)).stakeholders__has_champion["a"] == 0


def test_a_later_correction_of_a_role_does_not_make_an_exit_late(make_sources: MakeSources) -> None:
    rows = gone(contact(1, "champion"), 100, 5)
    rows.append({**rows[-1], "role": "other", "recorded_at": day(10)})
    row = people_of(make_sources(contacts=rows)).loc["a"]
    assert (row.stakeholders__exits_365d, row.stakeholders__late_exits_365d) == (1, 0)


def test_a_later_correction_of_its_date_does_not_make_an_exit_late(make_sources: MakeSources) -> None:
    rows = gone(contact(1, "champion"), 100, 5)
    rows.append({**rows[-1], "left_on": day(101), "recorded_at": day(10)})
    row = people_of(make_sources(contacts=rows)).loc["a"]
    assert (row.stakeholders__champion_left_days, row.stakeholders__late_exits_365d) == (101, 0)


def test_who_came_back_leaves_anew(make_sources: MakeSources) -> None:
    rows = gone(contact(1, "champion"), 200, 5)
    rows += [{**rows[0], "recorded_at": day(150)}, {**rows[0], "left_on": day(60), "recorded_at": day(10)}]
    row = people_of(make_sources(contacts=rows)).loc["a"]
    assert (row.stakeholders__champion_left_days, row.stakeholders__late_exits_365d) == (60, 1)


def test_without_a_contact_without_a_role_and_without_a_login_each_is_missing(make_sources: MakeSources) -> None:
    names = ("a", "b", "c")
    sources = make_sources(
        accounts=[{"account_id": name} for name in names],
        renewals=[{"renewal_id": name, "account_id": name} for name in names],
        contacts=[contact(1, None, 10), contact(2, "champion", account_id="b", user_id="u1")],
    )
    people = people_of(sources)
    assert people.loc["a"].dropna().to_dict() == {
        "stakeholders__exits_365d": 0,
        "stakeholders__late_exits_365d": 0,
        "stakeholders__newcomers_90d": 1,
    }
    # Of account b no usage was ever recorded, so that nobody knows which of its contacts use the product.
    assert people.loc["b"].dropna().to_dict() == {
        "stakeholders__has_champion": 1,
        "stakeholders__has_executive_sponsor": 0,
        "stakeholders__has_economic_buyer": 0,
        "stakeholders__exits_365d": 0,
        "stakeholders__late_exits_365d": 0,
        "stakeholders__roles_covered_count": 1,
        "stakeholders__influencers_count": 1,
        "stakeholders__is_single_threaded": 1,
        "stakeholders__newcomers_90d": 0,
        "stakeholders__budget_newcomers_90d": 0,
    }
    assert people.loc["c"].isna().all()


def test_contacts_who_stopped_using_the_product_are_not_active(make_sources: MakeSources) -> None:
    sources = make_sources(contacts=[contact(1, "champion", user_id="u1")], usage_daily=[use("u1", 60, 4)])
    row = people_of(sources).loc["a"]
    assert row.stakeholders__active_contacts_28d == 0
    assert row.stakeholders__is_single_threaded_in_use == 1
    assert pd.isna(row.stakeholders__budget_influence_usage_share)


def test_without_the_table_nothing_is_known(make_sources: MakeSources) -> None:
    assert people_of(make_sources()).isna().all(axis=None)


def test_dates_that_were_assumed_say_nothing_of_when_an_exit_was_noticed(make_sources: MakeSources) -> None:
    sources = make_sources(contacts=gone(contact(1, "champion"), 100, 30))
    assumed = replace(sources.reports["contacts"], knowledge_dates="assumed")
    sources = replace(sources, reports={**sources.reports, "contacts": assumed})
    row = people_of(sources).loc["a"]
    assert row.stakeholders__exits_365d == 1
    assert pd.isna(row.stakeholders__late_exits_365d)
    # An export then holds everybody's last role, which nobody knew before.
    learned = {feature.name for feature in usable_features(sources)}
    assert "stakeholders__exits_365d" in learned
    assert "stakeholders__has_champion" not in learned


def test_only_what_needs_neither_role_nor_exit_is_free_of_judgement() -> None:
    assert [feature.name for feature in FEATURES if not feature.is_judgement] == ["stakeholders__newcomers_90d"]
