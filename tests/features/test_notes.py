"""The words on record as of a date: known then, newest first, each once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pandas as pd

from features.build import build_features
from features.catalogue import FEATURES
from features.feature_sets import JUDGEMENT, NO_HUMAN_JUDGEMENT, usable_features
from features.moments import MOMENT
from features.notes import FEATURES as LEARNED
from features.notes import SOURCES, build_notes
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
AS_OF = date(2024, 9, 2)
TEXTS = [feature.learned_from for feature in LEARNED]


def texts_of(sources: Sources, *days: date) -> pd.DataFrame:
    spine = build_spine(sources, days or (AS_OF,))
    notes = sources.engine.to_pandas(build_notes(spine, sources), MOMENT)
    return notes[TEXTS].astype(object).where(notes[TEXTS].notna(), None)


def pulse(number: int, at: str, reason: str | None, recorded_at: str | None = None) -> dict[str, object]:
    return {"pulse_id": f"p{number}", "pulse_at": at, "reason": reason, "recorded_at": recorded_at or at}


def test_the_newest_texts_of_the_window_stand_line_by_line(make_sources: MakeSources) -> None:
    pulses = [pulse(n, f"2024-0{n}-10T10:00:00", f"reason {n}") for n in range(1, 9)]
    pulses += [pulse(9, "2024-08-10T10:00:00", "reason 9"), pulse(10, "2024-08-20T10:00:00", None)]
    tickets = [
        {
            "ticket_id": "t1",
            "opened_at": "2024-09-01T10:00:00",
            "subject": "Ärger",
            "recorded_at": "2024-09-01T10:00:00",
        },
        {"ticket_id": "t2", "opened_at": "2024-03-06T10:00:00", "subject": "Old"},
        {
            "ticket_id": "t3",
            "opened_at": "2024-03-05T10:00:00",
            "subject": "Older",
            "recorded_at": "2024-03-05T10:00:00",
        },
    ]
    tickets = [{**ticket, "recorded_at": ticket["opened_at"]} for ticket in tickets]
    texts = texts_of(make_sources(csm_pulses=pulses, support_tickets=tickets, survey_responses=[{}]))
    expected = pd.DataFrame(
        [["reason 9\nreason 8\nreason 7\nreason 6\nreason 5", "Ärger\nOld", None]], columns=TEXTS, dtype=object
    )
    pd.testing.assert_frame_equal(texts, expected)


def test_a_text_that_is_repeated_stands_once_where_it_was_said_last(make_sources: MakeSources) -> None:
    pulses = [
        pulse(1, "2024-05-01T10:00:00", "Budget is tight"),
        pulse(2, "2024-06-01T10:00:00", "All fine"),
        pulse(3, "2024-07-01T10:00:00", " budget is TIGHT "),
        pulse(4, "2024-08-01T10:00:00", "   "),
    ]
    texts = texts_of(make_sources(csm_pulses=pulses))
    assert texts["note_text_reasons"].tolist() == [" budget is TIGHT \nAll fine"]


def test_only_what_was_known_then_is_read(make_sources: MakeSources) -> None:
    sources = make_sources(
        csm_pulses=[
            pulse(1, "2024-08-01T10:00:00", "said and known"),
            pulse(2, "2024-08-02T10:00:00", "known too late", "2024-09-02T00:00:00"),
            pulse(3, "2024-08-03T10:00:00", "first version"),
            pulse(3, "2024-08-03T10:00:00", "second version", "2024-08-20T10:00:00"),
            pulse(3, "2024-08-03T10:00:00", "third version", "2024-09-10T10:00:00"),
        ],
        survey_responses=[
            {
                "response_id": "s1",
                "submitted_at": "2024-09-05T10:00:00",
                "nps": 3,
                "comment": "answered later",
                "recorded_at": "2024-08-01T10:00:00",
            }
        ],
    )
    texts = texts_of(sources, date(2024, 8, 12), AS_OF, date(2024, 9, 16))
    assert texts["note_text_reasons"].tolist() == [
        "first version\nsaid and known",
        "second version\nsaid and known",
        "third version\nknown too late\nsaid and known",
    ]
    assert texts["note_text_comments"].tolist() == [None, None, "answered later"]


def test_ties_are_broken_by_key_and_not_by_the_order_of_rows(make_sources: MakeSources) -> None:
    pulses = [pulse(number, "2024-08-01T10:00:00", f"reason {number}") for number in (3, 1, 2)]
    texts = texts_of(make_sources(csm_pulses=pulses))
    assert texts["note_text_reasons"].tolist() == ["reason 3\nreason 2\nreason 1"]


def test_without_any_of_the_tables_the_texts_are_null(make_sources: MakeSources) -> None:
    sources = make_sources()
    spine = build_spine(sources, [AS_OF])
    snapshots = sources.engine.to_pandas(build_features(spine, sources), KEY)
    assert len(snapshots) == 1
    assert snapshots[TEXTS].isna().all(axis=None)
    assert not set(snapshots.columns) & {feature.name for feature in LEARNED}


def test_reasons_are_judgement_and_the_words_of_customers_are_not() -> None:
    reasons, tickets, comments = (feature.name for feature in LEARNED)
    assert reasons in JUDGEMENT
    assert {tickets, comments} <= set(NO_HUMAN_JUDGEMENT)
    assert [FEATURES[name] for name in (reasons, tickets, comments)] == [source.feature for source in SOURCES]
    assert all("renewals.outcome" in feature.lineage for feature in LEARNED)
    assert all(f"{source.table}.{source.text}" in source.feature.lineage for source in SOURCES)


def test_a_subject_that_may_have_been_rewritten_is_not_learned_from(make_sources: MakeSources) -> None:
    recorded = make_sources(support_tickets=[{}])
    report = replace(recorded.reports["support_tickets"], knowledge_dates="assumed")
    assumed = replace(recorded, reports={**recorded.reports, "support_tickets": report})
    names = [feature.name for feature in LEARNED]
    assert [feature.name for feature in usable_features(recorded, names)] == names
    assert [feature.name for feature in usable_features(assumed, names)] == [names[0], names[2]]
