"""What counts as new: against which date, of what severity, and what never does."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import pytest

from pipelines.alerts.news import News, find_news
from pipelines.alerts.wording import digest, owner_line, plain

MONDAY, TUESDAY, WEDNESDAY = date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 1)


def news(desk: Any, table: str, today: date = TUESDAY, looked: Collection[date] = ()) -> News:
    return find_news(desk.workspace, table, today, looked)


def told(found: News) -> list[tuple[str, str]]:
    return [(alert.kind, alert.account_id) for alert in found.alerts]


def test_a_high_signal_that_began_since_the_last_publication_is_news(desk: Any) -> None:
    desk.plant_signals(MONDAY, ("old", MONDAY))
    desk.plant_signals(TUESDAY, ("old", MONDAY), ("new", TUESDAY))

    found = news(desk, "signals")

    assert told(found) == [("signal", "new")]
    alert = found.alerts[0]
    assert (alert.episode, alert.as_of, alert.csm_id, alert.owner) == (
        "champion_left@2026-06-30", TUESDAY, "C1", "Kim Lee",
    )  # fmt: skip
    assert alert.title == "Champion left: new"
    assert alert.lines == ("Why: left on 2026-06-20", "Do: Ask who took over [champion]")


@pytest.mark.parametrize("columns", [{"severity": "medium"}, {"ended_on": TUESDAY}])
def test_a_signal_that_is_less_urgent_or_over_is_not(desk: Any, columns: dict[str, object]) -> None:
    desk.plant_signals(MONDAY)
    desk.plant_signals(TUESDAY, ("new", TUESDAY), **columns)

    assert not news(desk, "signals").alerts


def test_a_loss_and_a_rise_in_tier_are_news_and_a_fall_is_not(desk: Any) -> None:
    desk.plant_risk(
        MONDAY,
        ("lost", "open", "low"),
        ("lost before", "known_loss", None),
        ("rose", "open", "low"),
        ("fell", "open", "high"),
        ("same", "overdue", "high"),
        ("unscored", "open", None),
        ("scored", "open", None),
    )
    desk.plant_risk(
        TUESDAY,
        ("lost", "known_loss", None),
        ("lost before", "known_loss", None),
        ("rose", "open", "elevated"),
        ("fell", "open", "elevated"),
        ("same", "overdue", "high"),
        ("unscored", "open", None),
        ("scored", "open", "high"),
        ("lost and not seen before", "known_loss", None),
        ("high and not seen before", "open", "high"),
    )

    found = news(desk, "account_risk")

    assert told(found) == [
        ("known_loss", "lost"), ("known_loss", "lost and not seen before"), ("tier_jump", "rose"),
    ]  # fmt: skip
    assert found.alerts[0].lines == (
        "Notice or a loss is on record for the renewal of 2026-09-01, 120,000 USD a year.",
    )
    assert found.alerts[2].lines == (
        "Risk of the renewal of 2026-09-01 rose from low to elevated (31% to churn), 120,000 USD a year.",
        "Strongest reason: The last pulse is red",
    )


def test_the_first_publication_has_nothing_to_compare_with(desk: Any) -> None:
    desk.plant_signals(TUESDAY, ("new", TUESDAY))
    desk.plant_risk(TUESDAY, ("lost", "known_loss", None))

    for table in ("signals", "account_risk"):
        found = news(desk, table)
        assert not found.alerts
        assert found.as_of == TUESDAY
        assert "is the first" in found.note


@pytest.mark.parametrize(("age", "count"), [(0, 1), (3, 1), (4, 0)])
def test_only_the_newest_date_counts_and_only_for_three_days(desk: Any, age: int, count: int) -> None:
    desk.plant_signals(MONDAY)
    desk.plant_signals(TUESDAY, ("new", TUESDAY))

    found = news(desk, "signals", TUESDAY + timedelta(days=age))

    assert len(found.alerts) == count
    assert (found.as_of is None) == (not count)


def test_a_date_that_was_looked_at_is_not_looked_at_again_and_a_backfill_is_none_of_our_business(desk: Any) -> None:
    desk.plant_signals(MONDAY)
    desk.plant_signals(TUESDAY, ("new", TUESDAY))
    desk.plant_signals(TUESDAY, ("new", TUESDAY), ("rerun", TUESDAY))
    assert not news(desk, "signals", looked={TUESDAY}).alerts

    desk.plant_signals(MONDAY - timedelta(days=1), ("backfill", MONDAY - timedelta(days=1)))
    assert not news(desk, "signals", looked={TUESDAY}).alerts


def test_a_date_that_nobody_looked_at_does_not_take_its_news_with_it(desk: Any) -> None:
    days = [MONDAY + timedelta(days=shift) for shift in range(-5, 3)]
    for place, day in enumerate(days):
        desk.plant_signals(day, *((f"began {each}", each) for each in days[: place + 1]))
    today = days[-1]

    def began(looked: Collection[date]) -> list[str]:
        return [alert.account_id for alert in news(desk, "signals", today, looked).alerts]

    assert began({days[-2]}) == [f"began {days[-1]}"]
    assert began({days[-3]}) == [f"began {days[-2]}", f"began {days[-1]}"]
    assert began({days[0]}) == [f"began {each}" for each in days[-3:]]
    assert began(()) == [f"began {each}" for each in days[-3:]]


def test_a_date_of_tomorrow_is_passed_by(desk: Any) -> None:
    desk.plant_signals(MONDAY)
    desk.plant_signals(TUESDAY, ("new", TUESDAY))
    desk.plant_signals(WEDNESDAY, ("tomorrow", WEDNESDAY))

    assert told(news(desk, "signals")) == [("signal", "new")]


def test_what_was_never_published_is_said(desk: Any) -> None:
    assert "has not been published" in news(desk, "signals").note


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> hi", "<\u200b!channel> hi"),
        ("@everyone and @here", "@\u200beveryone and @\u200bhere"),
        ("<at>All</at>", "<\u200bat>All<\u200b/at>"),
        ("![x](http://a.example/p.png)", "![x]\u200b(http://a.example/p.png)"),
        ("Zulip @**all**", "Zulip @\u200b**all**"),
        ("kim@example.com, 3 < 4, R&D", "kim@example.com, 3 < 4, R&D"),
        ("two\nlines\x1b[2J \u202eabc", "two lines\ufffd[2J \ufffdabc"),
        ("שלום 🦄 =cmd", "שלום 🦄 =cmd"),
    ],
)
def test_no_text_calls_people_or_leads_elsewhere(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_names_and_reasons_are_made_plain(desk: Any) -> None:
    desk.plant_signals(MONDAY)
    desk.plant_signals(TUESDAY, ("@everyone", TUESDAY), evidence="said <!channel>", csm_name="<@U1>")

    alert = news(desk, "signals").alerts[0]

    assert "@everyone" not in alert.title
    assert "<!channel>" not in "".join(alert.lines)
    assert alert.owner == "<\u200b@\u200bU1>"


def test_an_account_without_name_or_owner_has_its_id_and_says_so(desk: Any) -> None:
    desk.plant_signals(MONDAY)
    desk.plant_signals(TUESDAY, ("A7", TUESDAY), account_name=None, csm_id=None, csm_name=None)

    alert = news(desk, "signals").alerts[0]

    assert (alert.title, alert.csm_id, alert.owner) == ("Champion left: A7", "", "")
    assert owner_line(alert.owner, "") == "Nobody owns this account."
    assert owner_line("Bo", "Kim") == "For Bo. The account was Kim's until this week."


def test_a_digest_lists_twenty_and_counts_the_rest() -> None:
    title, text = digest([(f"alert {number}", "Kim" if number else "") for number in range(23)], TUESDAY)

    assert title == "23 alerts as of 2026-06-30"
    assert text.split("\n")[:2] == ["- alert 0", "- alert 1 (Kim)"]
    assert "- alert 19 (Kim)\nand 3 more\n" in text
