"""What people recorded in the workspace is one table with the source, under the same rules and the same date cut."""

from datetime import date

import pytest

from data_contracts.contract import source_contracts
from data_contracts.recorded_rows import broken_rules, read_recorded

ROW = {
    "pulse_id": "7f",
    "account_id": "A1",
    "csm_id": "C2",
    "pulse_at": "2025-06-01 23:59:59.250000",
    "sentiment": "red",
    "about": "relationship",
    "reason": "Their champion, Ana, left",
    "champion": "gone",
    "executive_view": None,
    "budget": None,
    "reorganization": None,
    "value_exceeds_price": None,
    "model_visible": "no",
    "recorded_at": "2025-06-01 23:59:59.250000",
}
NEXT_DAY = date(2025, 6, 2)
PLAY = {"play_id": "p1", "account_id": "A1", "csm_id": "C2", "kind": "rescue", "started_at": "2025-05-05 10:00:00"}


def test_a_recorded_row_enters_as_of_the_next_day_and_not_as_of_the_same_day(company, pulses):
    company.write("csm_pulses", pulses[:3])
    company.record("csm_pulses", "7f", ROW)

    same_day = company.ingest("csm_pulses", date(2025, 6, 1))
    assert (same_day.rows_known, same_day.rows_kept, same_day.rows_later, same_day.rows_recorded) == (3, 3, 1, 0)

    next_day = company.ingest("csm_pulses", NEXT_DAY)
    assert (next_day.rows_known, next_day.rows_kept, next_day.rows_later, next_day.rows_recorded) == (4, 4, 0, 1)
    texts = "REPLACE (pulse_at::VARCHAR AS pulse_at, recorded_at::VARCHAR AS recorded_at)"
    written = company.rows("csm_pulses", f"* EXCLUDE (superseded_at) {texts}")
    instant = "2025-06-01 23:59:59.25"
    assert written[0] == tuple((ROW | {"pulse_at": instant, "recorded_at": instant}).values())
    assert next_day.missing_columns == ("model_visible",)


def test_what_is_recorded_later_changes_no_byte(company, pulses):
    company.write("csm_pulses", pulses[:3])
    before = company.ingest("csm_pulses", date(2025, 6, 1))
    alone = company.bytes("csm_pulses")

    company.record("csm_pulses", "7f", ROW)
    company.record("csm_pulses", "80", ROW | {"pulse_id": "80", "sentiment": "purple", "account_id": "A9"})
    after = company.ingest("csm_pulses", date(2025, 6, 1))

    assert company.bytes("csm_pulses") == alone
    assert not (company.lake / "csm_pulses" / "quarantine.parquet").exists()
    assert (after.violations, after.warnings, after.rows_kept) == (before.violations, before.warnings, before.rows_kept)


def test_without_a_source_the_table_is_what_was_recorded_by_then(company):
    company.record("csm_pulses", "7f", ROW)

    before = company.ingest("csm_pulses", date(2025, 6, 1))
    assert (before.supplied, before.rows_kept, company.rows("csm_pulses")) == (False, 0, [])

    after = company.ingest("csm_pulses", NEXT_DAY)
    assert (after.supplied, after.rows_kept, after.knowledge_dates) == (True, 1, "recorded")
    assert company.rows("csm_pulses", "pulse_id, sentiment") == [("7f", "red")]


def test_a_parquet_source_with_dates_of_its_own_type_takes_recorded_rows(company):
    columns = ", ".join(
        f"{'NULL' if value is None else repr(value)}{'::TIMESTAMP' if name.endswith('_at') else ''} AS {name}"
        for name, value in (ROW | {"pulse_id": "x", "reason": "quiet"}).items()
    )
    company.write_parquet("csm_pulses", f"SELECT {columns}")
    company.record("csm_pulses", "7f", ROW)

    report = company.ingest("csm_pulses", NEXT_DAY)

    assert (report.rows_kept, report.rows_quarantined, report.rows_recorded) == (2, 0, 1)
    assert company.types("csm_pulses")["recorded_at"] == "TIMESTAMP"


def test_a_source_without_recorded_at_keeps_its_assumed_dates_beside_recorded_rows(company, pulses):
    for row in pulses:
        del row["recorded_at"]
    company.write("csm_pulses", pulses[:2])
    company.record("csm_pulses", "7f", ROW)

    report = company.ingest("csm_pulses", NEXT_DAY)

    assert report.knowledge_dates == "assumed"
    assert company.rows("csm_pulses", "pulse_id, recorded_at::VARCHAR") == [
        ("7f", "2025-06-01 23:59:59.25"),
        ("P00", "2025-03-01 09:30:00"),
        ("P01", "2025-03-01 09:30:00"),
    ]


def test_a_pulse_that_the_source_exports_too_counts_once(company):
    company.write("csm_pulses", [{name: value or "" for name, value in ROW.items()}])
    company.record("csm_pulses", "7f", ROW)

    report = company.ingest("csm_pulses", NEXT_DAY)

    assert (report.rows_known, report.rows_kept, report.repeats_collapsed, report.warnings) == (2, 1, 1, ())


def test_a_later_export_of_the_same_pulse_is_its_next_version(company):
    company.write("csm_pulses", [ROW | {"recorded_at": "2025-06-03 04:00:00", "reason": "Their champion left"}])
    company.record("csm_pulses", "7f", ROW)

    company.ingest("csm_pulses", NEXT_DAY)
    assert company.rows("csm_pulses", "reason") == [("Their champion, Ana, left",)]

    company.ingest("csm_pulses", date(2025, 6, 4))
    assert company.rows("csm_pulses", "reason") == [("Their champion, Ana, left",), ("Their champion left",)]


@pytest.mark.parametrize("left_out", ["model_visible", "recorded_at"])
def test_an_export_with_less_in_it_does_not_take_the_recorded_pulse_away(company, left_out):
    poorer = {name: value for name, value in ROW.items() if name != left_out} | {"reason": "Their champion left"}
    company.write("csm_pulses", [poorer])
    company.record("csm_pulses", "7f", ROW)

    report = company.ingest("csm_pulses", NEXT_DAY)

    assert company.rows("csm_pulses", "reason, model_visible") == [("Their champion, Ana, left", "no")]
    assert (report.rows_kept, report.rows_quarantined, report.repeats_collapsed) == (1, 0, 1)
    assert [(warning.rule, warning.rows) for warning in report.warnings] == [("recorded_stands", 1)]


def test_the_end_of_a_play_that_only_the_source_knows_is_kept(company):
    company.write("plays", [PLAY | {"ended_at": "2025-05-20 10:00:00"}])
    company.record("plays", "p1", PLAY | {"ended_at": None, "recorded_at": PLAY["started_at"]})

    company.ingest("plays", NEXT_DAY)

    assert company.rows("plays", "play_id, ended_at::VARCHAR") == [("p1", "2025-05-20 10:00:00")]


def test_files_that_cannot_be_read_are_named_and_stop_nothing(company, pulses):
    company.write("csm_pulses", pulses[:1])
    company.record("csm_pulses", "7f", ROW)
    folder = company.recorded / "csm_pulses"
    (folder / "cut.json").write_text('{"pulse_id": "cu', encoding="utf-8")
    (folder / "list.json").write_text("[]", encoding="utf-8")
    (folder / "number.json").write_text('{"pulse_id": 7}', encoding="utf-8")
    (folder / "binary.json").write_bytes(b"\xff\xfe\x00")
    (folder / "surrogate.json").write_text('{"pulse_id": "\\ud800"}', encoding="utf-8")
    (folder / "notes.txt").write_text("hello", encoding="utf-8")
    (folder / ".7f.json.41.tmp").write_text('{"pulse_id": "7', encoding="utf-8")

    report = company.ingest("csm_pulses", NEXT_DAY)

    assert report.problems() == []
    assert (report.rows_known, report.rows_kept, report.rows_quarantined, report.recorded_quarantined) == (8, 2, 6, 6)
    (violation,) = report.violations
    assert (violation.rule, violation.rows) == ("unreadable_file", 6)
    assert [row.where for row in violation.first_rows] == [
        f"recorded/csm_pulses/{name}" for name in ("binary.json", "cut.json", "list.json", "notes.txt", "number.json")
    ]
    set_aside = company.rows("csm_pulses", "pulse_id, rule", "quarantine.parquet")
    named = ["binary", "cut", "list", "notes", "number", "surrogate"]
    assert set_aside == [(name, "unreadable_file") for name in named]


def test_only_unreadable_files_and_no_source(company):
    (company.recorded / "csm_pulses").mkdir(parents=True)
    (company.recorded / "csm_pulses" / "cut.json").write_text("{", encoding="utf-8")

    report = company.ingest("csm_pulses", NEXT_DAY)

    assert (report.problems(), report.rows_kept, report.rows_quarantined) == ([], 0, 1)


def test_recorded_rows_that_break_the_contract_are_set_aside_and_stop_nothing(company, accounts, pulses):
    company.write("accounts", accounts)
    company.write("csm_pulses", pulses)
    for name, change in {"a": {"sentiment": "purple"}, "b": {"account_id": "A9"}, "c": {"recorded_at": None}}.items():
        company.record("csm_pulses", name, ROW | {"pulse_id": name} | change)
    company.ingest("accounts")

    report = company.ingest("csm_pulses", NEXT_DAY, parents=["accounts"])

    assert report.problems() == []
    assert (report.rows_kept, report.rows_quarantined, report.recorded_quarantined) == (50, 3, 3)
    found = {(violation.rule, violation.first_rows[0].where) for violation in report.violations}
    assert found == {
        ("allowed_values", "recorded/csm_pulses/a.json"),
        ("unknown_account", "recorded/csm_pulses/b.json"),
        ("not_null", "recorded/csm_pulses/c.json"),
    }


def test_recorded_rows_do_not_soften_the_limit_of_the_source(company, pulses):
    for number in (1, 2, 3):
        pulses[number]["sentiment"] = "purple"
    company.write("csm_pulses", pulses)
    for number in range(50):
        company.record("csm_pulses", f"r{number}", ROW | {"pulse_id": f"r{number}"})

    report = company.ingest("csm_pulses", NEXT_DAY)

    assert report.over_limit
    (problem,) = report.problems()
    assert (problem.rows_quarantined, problem.rows_known) == (3, 50)


def test_the_same_rules_hold_for_a_row_before_it_is_recorded():
    contract = source_contracts()["csm_pulses"]
    broken = {"sentiment": "purple", "about": None, "champion": "leving", "pulse_at": "yesterday"}

    assert broken_rules(contract, ROW) == ()
    assert [(rule.column, rule.name) for rule in broken_rules(contract, ROW | broken)] == [
        ("pulse_at", "type"),
        ("sentiment", "allowed_values"),
        ("about", "not_null"),
        ("champion", "allowed_values"),
    ]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert not read_recorded(tmp_path / "recorded" / "csm_pulses")
