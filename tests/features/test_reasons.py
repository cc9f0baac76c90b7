"""What a CSM's sentence is about, whether it says anything, and how the colour stands against usage."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from features.build import build_features
from features.engine import DuckDBEngine
from features.reason_themes import is_vague, load_taxonomy, themes_of
from features.reasons import FEATURES, THEMES
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
Row = dict[str, object]
AS_OF = date(2024, 9, 2)
NAMES = [feature.name for feature in FEATURES]
PAGE = Path(__file__).parents[2] / "docs" / "reason_themes.md"


def reasons_of(sources: Sources) -> pd.DataFrame:
    spine = build_spine(sources, (AS_OF,))
    frame = sources.engine.to_pandas(build_features(spine, sources, NAMES), KEY)
    return frame.set_index("account_id").filter(like="reasons__")


def day(days_ago: int) -> str:
    return f"{AS_OF - timedelta(days=days_ago)}"


def pulse(number: int, days_ago: int, reason: str | None, sentiment: str = "green", **more: object) -> Row:
    at = f"{day(days_ago)}T09:00:00"
    return {
        "pulse_id": f"p{number}",
        "pulse_at": at,
        "recorded_at": at,
        "reason": reason,
        "sentiment": sentiment,
        **more,
    }


def use(days_ago: int, events: int) -> Row:
    return {"usage_date": day(days_ago), "events": events, "recorded_at": f"{day(days_ago)}T23:00:00"}


def read(*sentences: str) -> list[set[str]]:
    engine = DuckDBEngine(threads=1)
    frame = pd.DataFrame({"place": range(len(sentences)), "text": sentences})
    table = engine.from_pandas(frame, {"place": "int64", "text": "string"})
    found = engine.to_pandas(table.select("place", **themes_of(table.text)), ("place",))
    return [{theme for theme in THEMES if row[theme]} for _, row in found.iterrows()]


def documented() -> list[tuple[str, str, str]]:
    """Return theme, sentence with it and sentence without any, from the table of the page."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [(theme, there.strip(), absent.strip()) for theme, there, absent in rows]


def test_every_theme_is_documented_once() -> None:
    assert [theme for theme, _, _ in documented()] == list(THEMES)


@pytest.mark.parametrize(("theme", "there", "absent"), documented(), ids=lambda value: value.split()[0])
def test_the_documented_sentences_have_the_documented_theme(theme: str, there: str, absent: str) -> None:
    with_theme, without = read(there, absent)
    assert theme in with_theme
    assert without == set()


@pytest.mark.parametrize(
    ("sentence", "themes"),
    [
        ("They love the product but the budget was cut", {"budget", "positive"}),
        ("New CTO prefers an in-house solution", {"executive", "competitor"}),
        ("Usage dropped since the rollout, they went back to Excel", {"value"}),
        ("Restructuring in the IT department", {"reorganization"}),
        ("Champion is still there and supportive", set()),
        ("NO  outages, no   complaints", set()),
        ("", set()),
    ],
)
def test_a_sentence_may_have_several_themes_or_none(sentence: str, themes: set[str]) -> None:
    assert read(sentence) == [themes]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("ok", True),
        ("Spoke to Anna", True),
        ("No change on this one since March", True),
        ("Spoke to Anna about the migration plan", False),
        ("Champion gone", False),
    ],
)
def test_a_reason_that_says_nothing_is_vague(sentence: str, expected: bool) -> None:
    engine = DuckDBEngine(threads=1)
    table = engine.from_pandas(pd.DataFrame({"text": [sentence]}), {"text": "string"})
    has_theme = table.mutate(**themes_of(table.text))
    anything = has_theme[THEMES[0]]
    for theme in THEMES[1:]:
        anything = anything | has_theme[theme]
    assert engine.scalar(is_vague(has_theme.text, anything).max()) is expected


def test_phrases_are_lower_case_unique_and_made_of_known_words() -> None:
    taxonomy = load_taxonomy()
    for phrases in (*taxonomy.themes.values(), taxonomy.vague):
        assert len(set(phrases)) == len(phrases)
        assert all(phrase == phrase.lower().strip() for phrase in phrases)
        assert {slot for phrase in phrases for slot in re.findall(r"\{(\w+)\}", phrase)} <= set(taxonomy.words)


def test_the_newest_reason_and_those_of_half_a_year(make_sources: MakeSources) -> None:
    pulses = [
        pulse(1, 181, "They gave notice"),
        pulse(2, 180, "RFP is out"),
        pulse(3, 120, "Two outages, and a budget freeze"),
        pulse(4, 90, " two OUTAGES,  and a budget freeze "),
        pulse(5, 60, "no change"),
        pulse(6, 40, "Love it. Outages are over, they say"),
        pulse(7, 3, None),
        pulse(8, 1, "Champion left", recorded_at=f"{AS_OF}T00:00:00"),
    ]
    row = reasons_of(make_sources(csm_pulses=pulses)).loc["a"].dropna().to_dict()
    nothing = dict.fromkeys((f"reasons__has_{theme}_theme" for theme in THEMES), 0)
    nothing |= {f"reasons__{theme}_reasons_180d": 0 for theme in THEMES}
    assert row == {
        **nothing,
        "reasons__has_positive_theme": 1,
        "reasons__has_product_quality_theme": 1,
        "reasons__competitor_reasons_180d": 1,
        "reasons__product_quality_reasons_180d": 3,
        "reasons__budget_reasons_180d": 2,
        "reasons__positive_reasons_180d": 1,
        "reasons__worry_themes_180d": 3,
        "reasons__is_vague": 0,
        "reasons__empty_reasons_180d": 2,
        "reasons__is_copied": 0,
        "reasons__copied_reasons_180d": 1,
    }


@pytest.mark.parametrize(
    ("before", "newest", "expected"),
    [
        ("Waiting for the board", "waiting  for the BOARD ", 1),
        ("Waiting for the board", "Waiting for the boards", 0),
        (None, None, 0),
        ("", " ", 0),
        (None, "no change", 0),
    ],
)
def test_a_copied_reason_is_the_one_before_it_however_old(
    make_sources: MakeSources, before: str | None, newest: str | None, expected: int
) -> None:
    sources = make_sources(csm_pulses=[pulse(1, 200, before), pulse(2, 10, newest)])
    assert reasons_of(sources).reasons__is_copied["a"] == expected


@pytest.mark.parametrize(
    ("sentiment", "age", "newest_events", "expected"),
    [
        ("green", 10, 100, 0),
        ("red", 10, 100, 2),
        ("red", 10, 90, 2),
        ("yellow", 10, 89, 0),
        ("green", 10, 69, -2),
        ("red", 121, 69, None),
    ],
)
def test_the_colour_is_held_against_usage(
    make_sources: MakeSources, sentiment: str, age: int, newest_events: int, expected: int | None
) -> None:
    usage = [use(5, newest_events), use(30, 100), use(60, 100), use(110, 100)]
    pulses = [pulse(1, age, "fine", sentiment), pulse(2, 150, "fine", "red")]
    level = reasons_of(make_sources(csm_pulses=pulses, usage_daily=usage)).reasons__colour_minus_usage_level["a"]
    assert (None if pd.isna(level) else level) == expected


def test_the_colour_waits_until_usage_has_a_past(make_sources: MakeSources) -> None:
    sources = make_sources(csm_pulses=[pulse(1, 5, "fine", "red")], usage_daily=[use(5, 10), use(60, 10)])
    assert pd.isna(reasons_of(sources).reasons__colour_minus_usage_level["a"])


def test_without_a_reason_there_is_no_theme_and_without_pulses_nothing_is_known(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        csm_pulses=[pulse(1, 5, " ")],
    )
    table = reasons_of(sources)
    assert table.loc["a"].filter(regex="has_|is_vague").isna().all()
    assert table.loc["a", "reasons__empty_reasons_180d"] == 1
    assert table.loc["b"].isna().all()


def test_without_the_table_nothing_is_known(make_sources: MakeSources) -> None:
    assert reasons_of(make_sources()).isna().all(axis=None)


def test_everything_here_is_judgement() -> None:
    assert all(feature.is_judgement for feature in FEATURES)
