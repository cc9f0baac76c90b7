"""The tone of a reason, by the field's own words."""

import ibis
import pandas as pd
import pytest

from features.engine import Engine
from features.sentiment import tone


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Champion left; new VP is evaluating competitors", -3),
        ("They love it and will renew", 2),
        ("Not happy with the last release", -1),
        ("No concerns, no complaints, all good", 2),
        ("no longer engaged", -1),
        ("Spoke to Anna on Tuesday", 0),
        ("BUDGET FREEZE until June", -1),
        ("A cutover is planned", 0),
        ("", 0),
    ],
)
def test_tone_counts_praise_against_complaint(reason: str, expected: int) -> None:
    engine = Engine(threads=1)
    table = engine.from_pandas(pd.DataFrame({"reason": [reason]}), {"reason": "string"})
    assert engine.scalar(table.mutate(tone=tone(table.reason)).tone.max()) == expected


def test_no_reason_has_no_tone() -> None:
    engine = Engine(threads=1)
    table = engine.from_pandas(pd.DataFrame({"reason": pd.Series([None], dtype="str")}), {"reason": "string"})
    assert engine.scalar(tone(ibis.coalesce(table.reason, table.reason)).max()) is None
