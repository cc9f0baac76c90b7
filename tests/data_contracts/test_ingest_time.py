"""Rows recorded on or after the as-of date change nothing: not the table, not what is set aside, not what is said."""

import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.contract import source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.source_files import SourceFiles

AS_OF = date(2025, 6, 2)
COLUMNS = (
    "renewal_id",
    "account_id",
    "term_start_date",
    "renewal_date",
    "arr",
    "auto_renew",
    "outcome",
    "renewed_arr",
    "decided_on",
    "notice_given_on",
    "recorded_at",
)
OPEN = "A1,2025-01-01,2026-01-01,100,true,,,,"
KNOWN = [
    f"R1,{OPEN},2025-01-01 00:00:00",
    f"R1,{OPEN},2025-03-01 00:00:00",
    f"R2,{OPEN},2025-06-01 23:59:59",
    f"R2,{OPEN},2025-06-01 23:59:59",
    "R3,A1,2025-01-01,2026-01-01,-5,true,,,,,2025-01-01 00:00:00",
    "R4,A1,2025-01-01,2026-01-01,100,true,,,,,2025-01-01 00:00:00",
    "R4,A1,2025-01-01,2026-01-01,200,true,,,,,2025-01-01 00:00:00",
    "R5,A1,2025-01-01,2026-01-01,100,true,purple,,,,2025-01-01 00:00:00",
    "R6,A1,2025-01-01,soon,100,true,,,,,2025-01-01 00:00:00",
]
SAMPLES = {
    "renewal_id": ["R1", "R2", "R3", "R9", ""],
    "account_id": ["A1", "A9", ""],
    "outcome": ["churned", "renewed", "purple", ""],
    "recorded_at": [
        "2025-06-02 00:00:00",
        "2025-06-02",
        "2025-06-02T00:00:00Z",
        "2025-06-02 00:00:00-01:00",
        "2031-01-01 12:00:00.123",
    ],
}
ANYTHING = ["2024-01-01", "2025-05-30", "2027-01-01", "31/12/2025", "-7", "100", "true", "maybe", ""]

later_rows = st.lists(
    st.tuples(*[st.sampled_from(SAMPLES.get(column, ANYTHING)) for column in COLUMNS]).map(",".join), max_size=12
)


def ingest(folder: Path, name: str, rows: list[str]) -> tuple[dict[str, bytes], list[object]]:
    """The bytes that an ingest writes, and what it says is wrong, leaving out the lines on which rows stand."""
    path = folder / f"{name}.csv"
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    source = SourceFiles("renewals", path, "csv", (path,))
    report = ingest_table(source_contracts()["renewals"], source, AS_OF, folder / name)
    found = [
        (violation.rule, violation.column, violation.rows, [(row.key, row.values) for row in violation.first_rows])
        for violation in report.violations
    ]
    assert report.rows_known == len(KNOWN)
    assert report.rows_read == len(rows)
    said = [found, report.warnings, report.over_limit, report.first_date, report.last_date, report.rows_kept]
    return {file.name: file.read_bytes() for file in sorted((folder / name).glob("*.parquet"))}, said


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], list[object]]:
    """What an ingest makes of only the rows that were recorded before the date."""
    return ingest(tmp_path_factory.mktemp("known"), "known", KNOWN)


@settings(max_examples=40, deadline=None)
@given(later=later_rows, places=st.lists(st.integers(0, 100), min_size=12, max_size=12))
def test_no_row_recorded_on_or_after_the_date_is_felt(
    known: tuple[dict[str, bytes], list[object]], later: list[str], places: list[int]
) -> None:
    mixed = list(KNOWN)
    for row, place in zip(later, places, strict=False):
        mixed.insert(place % (len(mixed) + 1), row)
    with tempfile.TemporaryDirectory() as name:
        written, said = ingest(Path(name), "everything", mixed)

    assert list(written) == ["quarantine.parquet", "renewals.parquet"]
    assert (written, said) == known


def test_rows_appended_later_leave_the_whole_report_but_for_their_count(company, renewals) -> None:
    renewals[3]["arr"] = "-5"
    company.write("renewals", renewals)
    report = company.ingest("renewals")
    table, aside = company.bytes("renewals"), company.bytes("renewals", "quarantine.parquet")
    broken = {"arr": "lots", "outcome": "purple", "account_id": "", "recorded_at": "2026-01-05 00:00:00"}
    company.write("renewals", [*renewals, *[row | broken for row in renewals]])

    later = company.ingest("renewals")

    assert company.bytes("renewals") == table
    assert company.bytes("renewals", "quarantine.parquet") == aside
    assert later.rows_later == 100
    assert later.violations == report.violations
    assert (later.rows_known, later.rows_kept, later.over_limit) == (report.rows_known, report.rows_kept, False)


def test_last_moment_before_the_date_counts(company, renewals) -> None:
    renewals[0]["recorded_at"] = "2026-01-04 23:59:59.999999"
    renewals[1]["recorded_at"] = "2026-01-05 00:30:00+01:00"
    renewals[2]["recorded_at"] = "2026-01-04 23:30:00-01:00"
    company.write("renewals", renewals)

    report = company.ingest("renewals")

    assert report.rows_later == 1
    kept = company.rows("renewals", "renewal_id")[:3]
    assert kept == [("R000",), ("R001",), ("R003",)]
