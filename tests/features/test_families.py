"""The features of each family, counted by hand."""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pytest

from features.build import build_features
from features.catalogue import FEATURES
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
AS_OF = date(2024, 9, 2)


def features_of(sources: Sources, *days: date) -> pd.DataFrame:
    spine = build_spine(sources, days or (AS_OF,))
    return sources.engine.to_pandas(build_features(spine, sources), KEY)


def day(days_ago: int) -> str:
    return f"{AS_OF - timedelta(days=days_ago)}"


def use(user: str, days_ago: int, events: int, module: str = "m1") -> dict[str, object]:
    return {
        "user_id": user,
        "usage_date": day(days_ago),
        "events": events,
        "module": module,
        "recorded_at": f"{day(days_ago)}T23:00:00",
    }


def test_usage_is_measured_against_its_own_past(make_sources: MakeSources) -> None:
    rows = [use("u1", 1, 6), use("u2", 2, 2, "m2"), use("u1", 28, 4), use("u3", 29, 6), use("u1", 40, 6)]
    rows += [use("u1", 70, 12, "m3"), use("u1", 112, 12), use("u1", 113, 500)]
    sources = make_sources(
        usage_daily=rows,
        entitlements=[{"seats": 8}, {"module": "m2", "seats": 4, "is_renewal_critical": "false"}],
    )
    usage = features_of(sources).filter(like="usage__").iloc[0].to_dict()
    weekly = {15: 8, 12: 4, 11: 6, 10: 6, 6: 12, 0: 12}
    slope = (16 * sum(week * n for week, n in weekly.items()) - 120 * 48) / 5440 / (48 / 16)
    assert usage == pytest.approx(
        {
            "usage__events_28d": 12,
            "usage__events_per_user_28d": 6,
            "usage__active_days_28d": 3,
            "usage__days_since_last": 1,
            "usage__events_trend_ratio": 12 / (36 / 3),
            "usage__events_half_ratio": 24 / 24,
            "usage__weekly_slope_share": slope,
            "usage__idle_weeks_112d": 10,
            "usage__active_users_28d": 2,
            "usage__active_users_trend_ratio": 2 / ((2 + 1 + 1) / 3),
            "usage__lapsed_users_share": 1 / 2,
            "usage__new_users_share": 1 / 2,
            "usage__top_user_share": 10 / 12,
            "usage__seat_use_ratio": 2 / 8,
            "usage__active_modules_28d": 2,
            "usage__dropped_modules_count": 1,
            "usage__critical_events_28d": 10,
            "usage__critical_trend_ratio": 10 / (24 / 3),
        }
    )


def test_trends_wait_until_there_is_a_past(make_sources: MakeSources) -> None:
    usage = features_of(make_sources(usage_daily=[use("u1", 1, 6), use("u1", 60, 6)])).iloc[0]
    assert usage.usage__events_28d == 6
    assert pd.isna(usage.usage__events_trend_ratio)
    assert pd.isna(usage.usage__weekly_slope_share)
    assert usage.usage__idle_weeks_112d == 7


def test_a_quiet_fortnight_long_ago_does_not_take_the_past_away(make_sources: MakeSources) -> None:
    long_ago = [use("u1", days_ago, 6) for days_ago in range(200, 121, -7)]
    since = [use("u1", days_ago, 6) for days_ago in range(99, 0, -7)]
    usage = features_of(make_sources(usage_daily=[*long_ago, *since])).iloc[0]
    assert usage.usage__events_trend_ratio == pytest.approx(4 * 6 / (11 * 6 / 3))
    assert pd.notna(usage.usage__active_users_trend_ratio)
    assert usage.usage__new_users_share == 0


def test_use_that_was_recorded_late_makes_no_past_before_it_was_known(make_sources: MakeSources) -> None:
    late = {**use("u1", 200, 6), "recorded_at": f"{day(1)}T12:00:00"}
    sources = make_sources(usage_daily=[late, use("u1", 40, 6), use("u1", 5, 3)])
    trends = features_of(sources, AS_OF - timedelta(days=1), AS_OF).usage__events_trend_ratio
    assert pd.isna(trends[0])
    assert trends[1] == pytest.approx(3 / (6 / 3))


def test_a_critical_module_that_nobody_uses_has_no_use_and_without_one_nothing_is_known(
    make_sources: MakeSources,
) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        usage_daily=[use("u1", 3, 6, "m2"), {**use("u2", 3, 6, "m2"), "account_id": "b"}],
        entitlements=[{}, {"account_id": "b", "module": "m2", "is_renewal_critical": "false"}],
    )
    critical = features_of(sources).set_index("account_id").usage__critical_events_28d
    assert critical["a"] == 0
    assert pd.isna(critical["b"])


def test_silence_after_usage_is_zero_and_usage_never_recorded_is_missing(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        usage_daily=[use("u1", 200, 6)],
    )
    usage = features_of(sources).set_index("account_id").filter(like="usage__")
    assert usage.loc["a", "usage__events_28d"] == 0
    assert usage.loc["a", "usage__days_since_last"] == 112
    assert usage.loc["b"].isna().all()


def pulse(number: int, days_ago: int, sentiment: str, **more: object) -> dict[str, object]:
    at = f"{day(days_ago)}T09:00:00"
    return {"pulse_id": f"p{number}", "pulse_at": at, "recorded_at": at, "sentiment": sentiment, **more}


@pytest.mark.parametrize(
    ("pulses", "sentiment", "state", "age"),
    [
        ([], None, "absent", None),
        ([pulse(1, 10, "green")], "green", "fresh", 10),
        ([pulse(1, 91, "green")], "green", "stale", 91),
        ([pulse(1, 31, "red")], "red", "stale", 31),
        ([pulse(1, 121, "green")], None, "absent", None),
        # About the renewal outranks newer words about the relationship, within its time and its term.
        ([pulse(1, 50, "red", about="renewal"), pulse(2, 5, "green")], "red", "stale", 50),
        ([pulse(1, 121, "red", about="renewal"), pulse(2, 5, "green")], "green", "fresh", 5),
        # Recorded on the day itself: not known yet.
        ([pulse(1, 5, "green"), pulse(2, 1, "red", recorded_at=f"{AS_OF}T00:00:00")], "green", "fresh", 5),
    ],
)
def test_the_gut_pulse(
    make_sources: MakeSources,
    pulses: list[dict[str, object]],
    sentiment: str | None,
    state: str,
    age: int | None,
) -> None:
    other = pulse(9, 5, "red", account_id="b")
    sources = make_sources(accounts=[{}, {"account_id": "b"}], csm_pulses=[*pulses, other])
    row = features_of(sources).iloc[0]
    assert (row.sentiment if pd.notna(row.sentiment) else None) == sentiment
    assert row.pulse_state == row.pulse__state == state
    assert (row.pulse_age_days if pd.notna(row.pulse_age_days) else None) == age
    if age is not None:
        # Day and words are of the pulse that counts, whatever was said since of something else.
        assert str(pd.Timestamp(row.last_pulse_on).date()) == str(day(age))


def test_a_pulse_written_before_the_present_owner_is_inherited(make_sources: MakeSources) -> None:
    accounts = [{}, {"valid_from": day(20), "csm_id": "c2", "recorded_at": day(20)}]
    pulses = [pulse(1, 30, "green")]
    assert features_of(make_sources(accounts=accounts, csm_pulses=pulses)).pulse_state[0] == "inherited"


def test_a_pulse_of_an_earlier_term_about_its_renewal_is_not_about_this_one(make_sources: MakeSources) -> None:
    renewals = [{"term_start_date": day(30), "renewal_date": "2025-08-01", "recorded_at": day(40)}]
    pulses = [pulse(1, 58, "red", about="renewal"), pulse(2, 59, "green")]
    row = features_of(make_sources(renewals=renewals, csm_pulses=pulses)).iloc[0]
    assert (row.sentiment, row.pulse_age_days) == ("green", 59)


def test_the_run_of_pulses_and_the_newest_answers(make_sources: MakeSources) -> None:
    pulses = [
        pulse(1, 150, "red", budget="cut", champion="gone"),
        pulse(2, 100, "green", champion="in_place"),
        pulse(3, 40, "yellow", executive_view="skeptical"),
        pulse(4, 5, "yellow", reason="Champion left; not happy", value_exceeds_price="no"),
    ]
    row = features_of(make_sources(csm_pulses=pulses)).filter(like="pulse__").drop(columns="pulse__state").iloc[0]
    assert row.to_dict() == pytest.approx(
        {
            "pulse__sentiment_level": 1,
            "pulse__age_days": 5,
            "pulse__change_level": 0,
            "pulse__streak_count": 2,
            "pulse__worst_level_180d": 2,
            "pulse__pulses_180d": 4,
            "pulse__reason_tone_score": -2,
            "pulse__unknown_answers_count": 4,
            "pulse__champion_level": 0,
            "pulse__executive_view_level": 2,
            "pulse__budget_level": 2,
            "pulse__reorganization_level": float("nan"),
            "pulse__value_exceeds_price_level": 1,
        },
        nan_ok=True,
    )


@pytest.mark.parametrize(
    ("colours", "streak", "change"),
    [
        ({400: "red"}, 1, None),
        ({400: "green", 300: "red"}, 1, 2),
        ({500: "red", 400: "green", 300: "green", 200: "green", 100: "green"}, 4, 0),
        ({400: "yellow", 300: "yellow", 10: "yellow"}, 3, 0),
        ({400: "red", 300: "yellow", 10: "red"}, 1, 1),
    ],
)
def test_a_colour_stands_for_as_long_as_no_other_was_given(
    make_sources: MakeSources, colours: dict[int, str], streak: int, change: int | None
) -> None:
    pulses = [pulse(number, age, colour) for number, (age, colour) in enumerate(colours.items())]
    row = features_of(make_sources(csm_pulses=pulses)).iloc[0]
    assert row.pulse__streak_count == streak
    assert row.pulse__change_level == change if change is not None else pd.isna(row.pulse__change_level)
    assert row.pulse__pulses_180d == sum(age <= 180 for age in colours)


def test_without_pulses_on_record_their_features_are_missing(make_sources: MakeSources) -> None:
    row = features_of(make_sources()).iloc[0]
    assert row.filter(like="pulse__").isna().all()
    assert row.pulse_state == "absent"


def test_the_contract_and_what_came_before_it(make_sources: MakeSources) -> None:
    def renewal(number: int, start: str, end: str, **more: object) -> dict[str, object]:
        return {"renewal_id": f"r{number}", "term_start_date": start, "renewal_date": end, "recorded_at": start, **more}

    won = {"outcome": "renewed", "renewed_arr": "1500.00"}
    sources = make_sources(
        renewals=[
            renewal(1, "2022-01-01", "2023-01-01", decided_on="2022-12-20", **won),
            renewal(
                2, "2023-01-01", "2024-01-01", arr="1500.00", decided_on="2023-12-20", **{**won, "renewed_arr": "1200"}
            ),
            renewal(3, "2024-01-01", "2025-01-01", arr="1200.00", decided_on="2024-09-05", **won),
            renewal(4, "2022-05-01", "2023-05-01", contract_id="k2", outcome="churned", decided_on="2023-04-01"),
        ],
        accounts=[{"recorded_at": "2021-01-01", "valid_from": "2021-01-01"}],
    )
    row = features_of(sources).filter(like="commercial__").iloc[0].to_dict()
    assert row == pytest.approx(
        {
            "commercial__arr_per_year": 1200,
            "commercial__lead_days": 121,
            "commercial__term_days": 366,
            "commercial__tenure_days": (AS_OF - date(2022, 1, 1)).days,
            "commercial__renewals_survived_count": 2,
            "commercial__renewals_lost_count": 1,
            "commercial__open_contracts_count": 1,
            "commercial__last_arr_change_ratio": 1200 / 1500,
            "commercial__is_auto_renew": 1,
            "commercial__days_to_notice_deadline": 91,
            "commercial__segment": "smb",
            "commercial__industry": "retail",
            "commercial__region": "north",
        }
    )


def test_one_date_or_many_give_the_same_row(make_sources: MakeSources) -> None:
    rows = [use(f"u{number % 3}", number, 1 + number % 4) for number in range(1, 150)]
    sources = make_sources(usage_daily=rows, csm_pulses=[pulse(1, 30, "red"), pulse(2, 9, "green")])
    alone = features_of(sources, AS_OF)
    among = features_of(sources, *(AS_OF - timedelta(days=7 * week) for week in range(12)))
    pd.testing.assert_frame_equal(among[among.as_of == pd.Timestamp(AS_OF)].reset_index(drop=True), alone)


def test_every_yes_or_no_has_a_denial_that_can_be_said_aloud() -> None:
    asked = [feature for feature in FEATURES.values() if feature.kind == "boolean"]
    assert asked
    assert [feature.name for feature in asked if not feature.when_false] == []
    assert not any(said.endswith((".", "{value}")) for each in asked for said in (each.when_false, each.when_missing))
