"""Meetings and e-mails, counted by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from features import emails, meetings
from features.build import build_features
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
Row = dict[str, object]
AS_OF = date(2024, 9, 2)
NAMES = [feature.name for feature in (*meetings.FEATURES, *emails.FEATURES)]
MEETINGS = ("meeting", "executive", "attendees", "qbr")


def engagement_of(sources: Sources, *days: date) -> pd.DataFrame:
    spine = build_spine(sources, days or (AS_OF,))
    frame = sources.engine.to_pandas(build_features(spine, sources, NAMES), KEY)
    return frame.set_index("account_id").filter(like="engagement__")


def of_meetings(table: pd.DataFrame) -> pd.DataFrame:
    return table[[name for name in table.columns if any(word in name for word in MEETINGS)]]


def of_emails(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=of_meetings(table).columns)


def at(days_ago: int, hour: int = 9) -> str:
    return f"{AS_OF - timedelta(days=days_ago)}T{hour:02}:00:00"


def meeting(number: int, days_ago: int, status: str = "held", **more: object) -> Row:
    row = {
        "meeting_id": f"m{number}",
        "scheduled_at": at(days_ago),
        "status": status,
        "status_at": at(days_ago, 11),
        "recorded_at": at(days_ago, 12),
    }
    return {**row, **more}


def planned(number: int, days_ahead: int) -> Row:
    return meeting(number, -days_ahead, "scheduled", status_at=at(10), recorded_at=at(10))


def test_meetings_held_missed_and_ahead(make_sources: MakeSources) -> None:
    meetings = [
        meeting(1, 5, attendee_count=3, has_executive="true"),
        meeting(2, 90, kind="qbr", attendee_count=2, has_executive="false"),
        meeting(3, 91, attendee_count=1),
        meeting(4, 170, kind="executive", attendee_count=4, has_executive="true"),
        meeting(5, 181, has_executive="true"),
        meeting(6, 271, attendee_count=50),
        meeting(7, 20, "no_show"),
        meeting(8, 30, "cancelled", status_at=at(33), recorded_at=at(33)),
        # Called off already, though its day has not come.
        meeting(9, -6, "cancelled", status_at=at(2), recorded_at=at(2)),
        meeting(10, 95, "cancelled"),
        # Its day has passed and nobody wrote down how it went.
        meeting(11, 8, "scheduled", status_at=at(20), recorded_at=at(20)),
        meeting(12, 3, recorded_at=f"{AS_OF}T00:00:00"),
        planned(13, 14),
        planned(14, 7),
    ]
    row = of_meetings(engagement_of(make_sources(meetings=meetings))).loc["a"].to_dict()
    assert row == pytest.approx(
        {
            "engagement__meetings_held_90d": 2,
            "engagement__meetings_cancelled_90d": 2,
            "engagement__meetings_no_show_90d": 1,
            "engagement__meetings_not_held_share": 2 / 4,
            "engagement__executive_meetings_180d": 2,
            "engagement__attendees_trend_ratio": (5 / 2) / (5 / 2),
            "engagement__days_since_qbr": 90,
            "engagement__days_since_meeting": 5,
            "engagement__has_next_meeting": 1,
            "engagement__days_to_next_meeting": 7,
        }
    )


def test_a_meeting_that_is_moved_counts_on_its_new_day(make_sources: MakeSources) -> None:
    rows = [planned(1, 7), {**planned(1, 21), "recorded_at": at(4)}]
    sources = make_sources(meetings=rows)
    assert engagement_of(sources).engagement__days_to_next_meeting["a"] == 21
    assert engagement_of(sources, AS_OF - timedelta(days=5)).engagement__days_to_next_meeting["a"] == 12


def test_no_meeting_is_zero_where_meetings_were_kept_and_missing_before(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        meetings=[meeting(1, 30, attendee_count=2)],
    )
    row = of_meetings(engagement_of(sources)).loc["b"].dropna().to_dict()
    assert row == {
        "engagement__meetings_held_90d": 0,
        "engagement__meetings_cancelled_90d": 0,
        "engagement__meetings_no_show_90d": 0,
        # Nobody ever wrote down who attended: `executive_meetings_180d` is missing.
        "engagement__has_next_meeting": 0,
    }
    assert of_meetings(engagement_of(sources, AS_OF - timedelta(days=30))).isna().all(axis=None)


def test_with_assumed_dates_no_meeting_is_known_to_be_ahead(make_sources: MakeSources) -> None:
    sources = make_sources(meetings=[planned(1, 7)])
    assumed = replace(sources.reports["meetings"], knowledge_dates="assumed")
    sources = replace(sources, reports={**sources.reports, "meetings": assumed})
    ahead = engagement_of(sources)[["engagement__has_next_meeting", "engagement__days_to_next_meeting"]]
    assert ahead.isna().all(axis=None)


def mail(number: int, days_ago: int, direction: str = "inbound", **more: object) -> Row:
    row = {"email_id": f"e{number}", "sent_at": at(days_ago), "direction": direction, "recorded_at": at(days_ago, 10)}
    return {**row, "word_count": None, **more}


def sent(number: int, days_ago: int, *, is_opened: bool = False) -> list[Row]:
    """A mail to the customer, and the row written when it was opened."""
    row = mail(number, days_ago, "outbound")
    opened = {**row, "opened_at": at(days_ago, 15), "recorded_at": at(days_ago, 16)}
    return [row, opened] if is_opened else [row]


def test_mails_in_both_directions(make_sources: MakeSources) -> None:
    emails = [
        mail(1, 28, word_count=10, contact_id="k1", text="What do we pay for alerts?"),
        mail(2, 4, word_count=30, contact_id="k2", text="Thanks, see you on Friday"),
        mail(3, 29, word_count=60, contact_id="k1", text="Please send the PRICE list"),
        mail(4, 112, word_count=100, contact_id="k1"),
        mail(5, 113, word_count=9_000, contact_id="k1"),
        mail(6, 61, word_count=50, contact_id="k3", text="Could we get a discount?"),
        mail(7, 30, contact_id="k4", text="No."),
        mail(8, 425, contact_id="k4"),
        mail(9, 426, contact_id="k2"),
        *sent(10, 2),
        *sent(11, 4, is_opened=True),
        *sent(12, 90, is_opened=True),
        *sent(13, 91),
        *sent(14, 20),
        {**mail(15, 10, "outbound"), "text": "Our price list", "contact_id": "k5"},
        mail(16, 1, contact_id="k6", recorded_at=f"{AS_OF}T00:00:00"),
    ]
    row = of_emails(engagement_of(make_sources(emails=emails))).loc["a"].to_dict()
    assert row == pytest.approx(
        {
            "engagement__emails_in_28d": 2,
            "engagement__emails_in_90d": 5,
            "engagement__emails_out_28d": 4,
            "engagement__emails_out_90d": 5,
            "engagement__days_since_email_in": 4,
            "engagement__reply_words_trend_ratio": (40 / 2) / ((60 + 100 + 50) / 3),
            "engagement__emails_opened_share": 2 / 4,
            "engagement__has_ended_open_streak": 0,
            "engagement__ended_open_streak_count": 0,
            # k2 wrote 426 days ago, which is over a year before; k5 was written to for the first time.
            "engagement__new_correspondents_60d": 2,
            "engagement__cost_emails_60d": 2,
        }
    )


@pytest.mark.parametrize(("days_ago", "expected"), [(240, 240), (241, 241), (425, 425), (426, None)])
def test_who_has_not_written_for_months_is_looked_for_through_a_year(
    make_sources: MakeSources, days_ago: int, expected: int | None
) -> None:
    mails = [mail(1, days_ago, contact_id="k1"), mail(2, days_ago + 1), *sent(3, 20)]
    found = engagement_of(make_sources(emails=mails)).engagement__days_since_email_in["a"]
    assert found == expected if expected else pd.isna(found)


@pytest.mark.parametrize(
    ("opened", "unopened", "count"),
    [
        ([100, 70, 40], [20, 10], 3),
        # One miss among ten is forgiven, one among four is not.
        ([*range(40, 130, 10)], [55, 20, 10], 9),
        ([100, 70, 40], [55, 20, 10], 0),
        # Opened lately: nothing has ended.
        ([100, 70, 40, 28], [20, 10], 0),
        # One mail left unopened is no silence, and the newest may still be opened.
        ([100, 70, 40], [20, 2], 0),
        # Two opened mails are no streak.
        ([70, 40], [20, 10], 0),
        # Silent for longer, the streak before it still counts.
        ([180, 150, 120, 91], [70, 40, 10], 4),
    ],
)
def test_a_streak_of_opened_mails_that_ended(
    make_sources: MakeSources, opened: list[int], unopened: list[int], count: int
) -> None:
    mails = [sent(number, days_ago, is_opened=True) for number, days_ago in enumerate(opened)]
    mails += [sent(100 + number, days_ago) for number, days_ago in enumerate(unopened)]
    row = engagement_of(make_sources(emails=[row for rows in mails for row in rows])).loc["a"]
    assert row.engagement__ended_open_streak_count == count
    assert row.engagement__has_ended_open_streak == (count > 0)


def test_an_old_mail_opened_lately_is_no_silence(make_sources: MakeSources) -> None:
    mails = [row for number, ago in enumerate((100, 70)) for row in sent(number, ago, is_opened=True)]
    mails += [mail(3, 40, "outbound"), {**mail(3, 40, "outbound"), "opened_at": at(2), "recorded_at": at(2, 10)}]
    mails += [row for number, ago in enumerate((20, 10)) for row in sent(100 + number, ago)]
    sources = make_sources(emails=mails)
    assert engagement_of(sources).loc["a"].engagement__has_ended_open_streak == 0


def test_where_nobody_says_what_became_of_meetings_none_is_counted(make_sources: MakeSources) -> None:
    silent = meeting(1, 30, None, status_at=None, has_executive="true")
    row = of_meetings(engagement_of(make_sources(meetings=[silent]))).loc["a"].dropna()
    assert [name for name in row.index if name.endswith(("_90d", "_180d"))] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could you send me the price per seat and the notice period?", 1),
        ("Our BUDGET was cut", 1),
        ("We think about cancellation", 1),
        ("I have to cancel our meeting", 0),
        ("Is there a priceless feature?", 0),
        ("Thanks", 0),
    ],
)
def test_words_of_cost(make_sources: MakeSources, text: str, expected: int) -> None:
    assert engagement_of(make_sources(emails=[mail(1, 5, text=text)])).engagement__cost_emails_60d["a"] == expected


def test_what_mails_never_held_is_missing_and_silence_is_zero(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        emails=[mail(1, 5)],
    )
    table = of_emails(engagement_of(sources))
    silent = {f"engagement__emails_{way}_{days}d": 0 for way in ("in", "out") for days in (28, 90)}
    assert table.loc["b"].dropna().to_dict() == silent
    assert of_emails(engagement_of(sources, AS_OF - timedelta(days=5))).isna().all(axis=None)


@pytest.mark.parametrize(("there", "absent"), [("meetings", of_emails), ("emails", of_meetings)])
def test_one_table_may_be_there_without_the_other(
    make_sources: MakeSources, there: str, absent: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    table = engagement_of(make_sources(**{there: [meeting(1, 5) if there == "meetings" else mail(1, 5)]}))
    assert absent(table).isna().all(axis=None)
    assert table.notna().any(axis=None)


def test_without_the_tables_nothing_is_known(make_sources: MakeSources) -> None:
    assert engagement_of(make_sources()).isna().all(axis=None)
