"""The survey features, counted by hand."""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pytest

from features.build import build_features
from features.feature_sets import FULL
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
AS_OF = date(2024, 9, 2)
SURVEYS = tuple(name for name in FULL if name.startswith("surveys__"))


def surveys_of(sources: Sources) -> pd.DataFrame:
    spine = build_spine(sources, (AS_OF,))
    return sources.engine.to_pandas(build_features(spine, sources, SURVEYS), KEY).set_index("account_id")[list(SURVEYS)]


def at(days_ago: int) -> str:
    return f"{AS_OF - timedelta(days=days_ago)}T09:00:00"


def invitation(number: int, invited: int, **more: object) -> dict[str, object]:
    return {"response_id": f"s{number}", "invited_at": at(invited), "recorded_at": at(invited), **more}


def answer(
    number: int, submitted: int, nps: int | None, comment: str | None = None, **more: object
) -> dict[str, object]:
    return {
        "response_id": f"s{number}",
        "submitted_at": at(submitted),
        "nps": nps,
        "comment": comment,
        "recorded_at": at(submitted),
        **more,
    }


def test_answers_and_silence(make_sources: MakeSources) -> None:
    rows = [
        answer(1, 400, 1, "Terrible: outage and bugs", invited_at=at(401)),
        answer(2, 365, 10, "Great product", invited_at=at(366)),
        answer(3, 200, 6, None, invited_at=at(210)),
        answer(4, 100, None, "Too many bugs, we are frustrated", invited_at=at(101)),
        invitation(5, 90),
        answer(5, 30, 9, "We love it", invited_at=at(90)),
        answer(6, 31, 5, None, invited_at=None),
        invitation(7, 15),
        invitation(8, 14),
        # Answered on the day itself, and answered before but recorded that day: no answer yet.
        answer(9, 0, 0, "cancel", invited_at=at(40), recorded_at=at(40)),
        invitation(10, 60),
        answer(10, 5, 0, "cancel", invited_at=at(60), recorded_at=f"{AS_OF}T00:00:00"),
    ]
    assert surveys_of(make_sources(survey_responses=rows)).loc["a"].to_dict() == pytest.approx(
        {
            "surveys__last_nps_points": 9,
            "surveys__mean_nps_365d": (10 + 6 + 9 + 5) / 4,
            "surveys__nps_change_points": 9 - 5,
            "surveys__age_days": 30,
            "surveys__detractors_365d": 2,
            "surveys__detractors_share": 2 / 4,
            "surveys__comment_tone_score": (1 - 2 + 1) / 3,
            "surveys__unanswered_share": 3 / 6,
        }
    )


def test_an_old_answer_is_the_newest_and_no_part_of_the_year(make_sources: MakeSources) -> None:
    row = surveys_of(make_sources(survey_responses=[answer(1, 366, 3, "Slow")])).loc["a"].dropna()
    assert row.to_dict() == {"surveys__last_nps_points": 3, "surveys__age_days": 366}


def test_two_answers_at_the_same_moment_have_an_order(make_sources: MakeSources) -> None:
    row = surveys_of(make_sources(survey_responses=[answer(2, 9, 4), answer(1, 9, 8)])).loc["a"]
    assert (row.surveys__last_nps_points, row.surveys__nps_change_points) == (4, -4)


def test_without_invitation_dates_nobody_is_called_silent(make_sources: MakeSources) -> None:
    row = surveys_of(make_sources(survey_responses=[answer(1, 10, 8), {"response_id": "s2"}])).loc["a"]
    assert row.surveys__last_nps_points == 8
    assert pd.isna(row.surveys__unanswered_share)


@pytest.mark.parametrize(
    "tables",
    [{}, {"survey_responses": []}, {"survey_responses": [answer(1, 10, 8, "Fine", account_id="b")]}],
    ids=["not supplied", "empty", "nothing of the account"],
)
def test_without_surveys_nothing_is_known(
    make_sources: MakeSources, tables: dict[str, list[dict[str, object]]]
) -> None:
    table = surveys_of(make_sources(accounts=[{}, {"account_id": "b"}], **tables))
    assert len(table) == 1
    assert table.isna().all(axis=None)
