"""The tone of a text, by the field's own words."""

import ibis
import pandas as pd
import pytest

from features.engine import DuckDBEngine
from features.sentiment import tone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Champion left; new VP is evaluating competitors", -3),
        ("They love it and will renew", 2),
        ("Not happy with the last release", -1),
        ("No concerns, no complaints, all good", 2),
        ("no longer engaged", -1),
        ("Spoke to Anna on Tuesday", 0),
        ("BUDGET FREEZE until June", -1),
        ("A cutover is planned", 0),
        ("Dashboards down again", -1),
        ("Data missing in reports, first seen yesterday", -1),
        ("Wrong totals in alerts, urgent for finance", -2),
        ("Sync fails every night", -1),
        ("Release broke alerts for the sales team", -1),
        ("Repeated error when saving", -1),
        ("Import crashes with a timeout", -2),
        ("Still no fix for the workspace", -1),
        ("No answer to our last ticket", -1),
        ("No errors since the update, nothing missing", 2),
        ("Drill-down in dashboards", 0),
        ("Drop-down of regions, down payment", 0),
        ("Question about automation", 0),
        ("Password reset for a colleague", 0),
        ("Export of reports to spreadsheet", 0),
        ("", 0),
    ],
)
def test_tone_counts_praise_against_complaint(text: str, expected: int) -> None:
    engine = DuckDBEngine(threads=1)
    table = engine.from_pandas(pd.DataFrame({"text": [text]}), {"text": "string"})
    assert engine.scalar(table.mutate(tone=tone(table.text)).tone.max()) == expected


def test_no_reason_has_no_tone() -> None:
    engine = DuckDBEngine(threads=1)
    table = engine.from_pandas(pd.DataFrame({"reason": pd.Series([None], dtype="str")}), {"reason": "string"})
    assert engine.scalar(tone(ibis.coalesce(table.reason, table.reason)).max()) is None
