"""How a phrase is written and what it finds."""

import pandas as pd
import pytest

from features.engine import DuckDBEngine
from features.phrases import mentions

NEGATIONS = ("no", "not", "isn't")
WORDS = {"executive": ("cfo", "head of")}


def found(text: str | None, *phrases: str) -> bool | None:
    engine = DuckDBEngine(threads=1)
    table = engine.from_pandas(pd.DataFrame({"text": pd.Series([text], dtype="str")}), {"text": "string"})
    answer = mentions(table.text, phrases, WORDS, NEGATIONS)
    result: bool | None = engine.scalar(answer.max())
    return result


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("Budget  CUT in May", "budget cut", True),
        ("a cutover is planned", "cut", False),
        ("two outages", "outage*", True),
        ("two outages", "outage", False),
        ("no outages", "outage*", False),
        ("not a single outage", "outage*", True),
        ("no real outages", "outage*", False),
        ("it isn’t slow", "slow", False),
        ("no budget line", "no budget line", True),
        ("the CFO of the group left", "{executive} .. left", True),
        ("the head of planning, once a fan, left", "{executive} .. left", True),
        ("the CFO is happy. My contact left", "{executive} .. left", False),
        ("the CFO said one two three four five six left", "{executive} .. left", False),
        ("the CFO has not left", "{executive} .. left", False),
        ("the CFO does not know us", "{executive} .. not know", True),
        ("no CFO, contact left", "{executive} .. left", False),
        ("", "slow", False),
    ],
)
def test_a_phrase_is_found(text: str, phrase: str, expected: bool) -> None:
    assert found(text, phrase) is expected


def test_a_negated_phrase_leaves_the_others_alone() -> None:
    assert found("no outages, but it is slow", "outage*", "slow") is True


def test_no_text_mentions_nothing_that_is_known() -> None:
    assert found(None, "slow") is None
