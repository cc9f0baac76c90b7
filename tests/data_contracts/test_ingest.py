"""Each kind of broken row and table: what is set aside under the limit, what is a problem over it, what is said."""

import pyarrow.parquet as pq
import pytest

from data_contracts.contract import source_contracts
from data_contracts.problems import ContractError
from data_contracts.report import IngestReport

CHURNED_UNDATED = {"outcome": "churned"}
BAD_RENEWALS = [
    ({"arr": "lots"}, "type", "arr", {"arr": "lots"}),
    ({"auto_renew": "perhaps"}, "type", "auto_renew", {"auto_renew": "perhaps"}),
    ({"renewal_date": "31/12/2025"}, "type", "renewal_date", {"renewal_date": "31/12/2025"}),
    ({"renewal_date": "2025-02-30"}, "type", "renewal_date", {"renewal_date": "2025-02-30"}),
    ({"recorded_at": "yesterday"}, "type", "recorded_at", {"recorded_at": "yesterday"}),
    ({"recorded_at": ""}, "not_null", "recorded_at", {"recorded_at": None}),
    ({"account_id": ""}, "not_null", "account_id", {"account_id": None}),
    ({"outcome": "lost", "decided_on": "2025-11-01"}, "allowed_values", "outcome", {"outcome": "lost"}),
    ({"arr": "-5"}, "minimum", "arr", {"arr": "-5"}),
    (
        {"renewal_date": "2024-06-30"},
        "renewal_not_after_term_start",
        None,
        {"renewal_date": "2024-06-30", "term_start_date": "2025-01-01"},
    ),
    (CHURNED_UNDATED, "outcome_without_decision_date", None, {"outcome": "churned", "decided_on": None}),
    ({"account_id": "A9"}, "unknown_account", "account_id", {"account_id": "A9"}),
]


@pytest.mark.parametrize(("change", "rule", "column", "shown"), BAD_RENEWALS)
def test_broken_row_under_the_limit_is_set_aside_and_the_rest_stands(
    company, accounts, renewals, change, rule, column, shown
):
    company.write("accounts", accounts)
    renewals[7] |= change
    company.write("renewals", renewals)
    company.ingest("accounts")

    report = company.ingest("renewals", parents=["accounts"])

    assert report.problems() == []
    assert (report.rows_known, report.rows_kept, report.rows_quarantined) == (100, 99, 1)
    (violation,) = report.violations
    assert (violation.rule, violation.column, violation.rows) == (rule, column, 1)
    (row,) = violation.first_rows
    assert (row.where, row.key, dict(row.values)) == ("line 9", (("renewal_id", "R007"),), shown)
    assert ("R007",) not in company.rows("renewals", "renewal_id")
    set_aside = company.rows("renewals", "* EXCLUDE (detail), detail != '' AS \"said\"", "quarantine.parquet")
    names = source_contracts()["renewals"].column_names
    text = tuple((renewals[7]).get(name) or None for name in names)
    assert set_aside == [(*text, rule, column, True)]


@pytest.mark.parametrize(("change", "rule", "column", "shown"), BAD_RENEWALS)
def test_broken_rows_over_the_limit_are_a_problem(company, accounts, renewals, change, rule, column, shown):
    company.write("accounts", accounts)
    for number in (1, 5, 9):
        renewals[number] |= change
    company.write("renewals", renewals)
    company.ingest("accounts")

    report = company.ingest("renewals", parents=["accounts"])

    assert report.over_limit
    (problem,) = report.problems()
    assert (problem.table, problem.rule, problem.column, problem.rows) == ("renewals", rule, column, 3)
    assert (problem.rows_quarantined, problem.rows_known, problem.limit) == (3, 100, 0.02)
    assert [row.where for row in problem.first_rows] == ["line 3", "line 7", "line 11"]
    assert dict(problem.first_rows[0].values) == shown


def test_unknown_colour(company, pulses):
    pulses[3]["sentiment"] = "purple"
    pulses[4]["sentiment"] = "Green"
    company.write("csm_pulses", pulses)

    report = company.ingest("csm_pulses")

    assert str(report.violations[0].message) == "must be one of green, yellow, red"
    assert [dict(row.values)["sentiment"] for row in report.violations[0].first_rows] == ["purple", "Green"]
    assert not report.over_limit


def test_message_over_the_limit_reads_well(company, renewals):
    for number in range(10, 16):
        renewals[number]["arr"] = f"-{number}"
    renewals[50] |= {"outcome": "lost", "decided_on": "2025-11-01"}
    company.write("renewals", renewals)

    message = str(ContractError(company.ingest("renewals").problems()))

    assert message == (
        f"renewals ({company.source / 'renewals.csv'}): "
        "7 of 100 rows break the contract, 7.00% where at most 2.00% may\n"
        "  arr: must be at least 0 [minimum, 6 rows]\n"
        "    line 12: renewal_id = 'R010', arr = '-10'\n"
        "    line 13: renewal_id = 'R011', arr = '-11'\n"
        "    line 14: renewal_id = 'R012', arr = '-12'\n"
        "    line 15: renewal_id = 'R013', arr = '-13'\n"
        "    line 16: renewal_id = 'R014', arr = '-14'\n"
        "    ... and 1 more\n"
        "  outcome: must be one of renewed, churned, superseded [allowed_values, 1 row]\n"
        "    line 52: renewal_id = 'R050', outcome = 'lost'"
    )


def test_row_that_breaks_several_rules_is_set_aside_once(company, renewals):
    renewals[0] |= {"arr": "-1", "outcome": "lost"}
    company.write("renewals", renewals)

    report = company.ingest("renewals")

    assert report.rows_quarantined == 1
    rules = [(violation.rule, violation.rows) for violation in report.violations]
    assert rules == [("minimum", 1), ("allowed_values", 1), ("outcome_without_decision_date", 1)]
    (row,) = company.rows("renewals", '"rule", "column", detail', "quarantine.parquet")
    assert row == (
        "minimum",
        "arr",
        "arr must be at least 0; outcome must be one of renewed, churned, superseded; "
        "An outcome without the day on which it was decided could never be read at the right time.",
    )


def test_exact_repeats_collapse_and_are_counted(company, renewals):
    company.write("renewals", [*renewals, renewals[0], renewals[0], renewals[1]])

    report = company.ingest("renewals")

    assert (report.rows_known, report.rows_kept, report.repeats_collapsed, report.rows_quarantined) == (103, 100, 3, 0)
    assert report.violations == ()
    assert not (company.lake / "renewals" / "quarantine.parquet").exists()


def test_rows_with_one_key_and_time_that_differ_are_all_set_aside(company, renewals):
    company.write("renewals", [*renewals, renewals[4] | {"arr": "9"}, renewals[4]])

    report = company.ingest("renewals")

    (violation,) = report.violations
    assert (violation.rule, violation.rows) == ("conflicting_rows", 3)
    assert [row.where for row in violation.first_rows] == ["line 6", "line 102", "line 103"]
    assert (report.rows_kept, report.rows_quarantined, report.repeats_collapsed) == (99, 3, 0)
    assert report.over_limit
    assert ("R004",) not in company.rows("renewals", "renewal_id")


def test_versions_of_a_renewal_all_stand(company, renewals):
    later = renewals[4] | {"arr": "9", "recorded_at": "2025-06-01 00:00:00"}
    company.write("renewals", [later, *renewals])

    report = company.ingest("renewals")

    assert report.rows_kept == 101
    versions = company.rows("renewals", "arr::VARCHAR, recorded_at::VARCHAR")[4:6]
    assert versions == [("1200.50", "2025-01-02 10:00:00"), ("9.00", "2025-06-01 00:00:00")]


def test_table_without_versions_keeps_the_first_record(company):
    day = {"account_id": "A1", "user_id": "U1", "module": "reports", "usage_date": "2025-01-01"}
    rows = [
        day | {"events": "9", "recorded_at": "2025-01-04 00:00:00"},
        day | {"events": "3", "recorded_at": "2025-01-02 00:00:00"},
        day | {"events": "3", "recorded_at": "2025-01-03 00:00:00"},
        day | {"events": "5", "user_id": "U2", "recorded_at": "2025-01-02 00:00:00"},
        day | {"events": "5", "user_id": "U2", "recorded_at": "2025-01-02 00:00:00"},
        day | {"events": "1", "user_id": "U3", "recorded_at": "2025-01-02 00:00:00"},
        day | {"events": "2", "user_id": "U3", "recorded_at": "2025-01-02 00:00:00"},
        day | {"events": "7", "user_id": "U3", "recorded_at": "2025-01-03 00:00:00"},
        day | {"events": "7", "user_id": "U4", "recorded_at": "2025-01-03 00:00:00"},
    ]
    company.write("usage_daily", rows)

    report = company.ingest("usage_daily")

    kept = company.rows("usage_daily", "user_id, events, recorded_at::VARCHAR")
    assert kept == [
        ("U1", 3, "2025-01-02 00:00:00"),
        ("U2", 5, "2025-01-02 00:00:00"),
        ("U3", 7, "2025-01-03 00:00:00"),
        ("U4", 7, "2025-01-03 00:00:00"),
    ]
    found = {violation.rule: [row.where for row in violation.first_rows] for violation in report.violations}
    assert found == {"conflicting_rows": ["line 7", "line 8"], "recorded_again": ["line 2"]}
    # The same day told again without a change, and the exact repeat.
    assert report.repeats_collapsed == 2


def test_broken_row_is_not_compared_with_others(company, renewals):
    company.write("renewals", [*renewals, renewals[4] | {"arr": "-9"}])

    report = company.ingest("renewals")

    assert [violation.rule for violation in report.violations] == ["minimum"]
    assert report.rows_kept == 100


def test_table_is_sorted_and_typed_whatever_the_order_of_the_source(company, renewals):
    renewals[0]["arr"] = renewals[1]["arr"] = "-1"
    company.write("renewals", renewals)
    company.ingest("renewals")
    first, aside = company.bytes("renewals"), company.bytes("renewals", "quarantine.parquet")
    company.write("renewals", list(reversed(renewals)))

    company.ingest("renewals")

    assert company.bytes("renewals") == first
    assert company.bytes("renewals", "quarantine.parquet") == aside
    assert company.rows("renewals", "renewal_id") == [(f"R{number:03}",) for number in range(2, 100)]
    contract = source_contracts()["renewals"]
    columns = {column.name: column.duckdb_type for column in contract.columns}
    assert company.types("renewals") == columns | {"superseded_at": "TIMESTAMP"}


def test_missing_required_table(company, renewals):
    company.write("renewals", renewals).rename(company.source / "renewal.csv")

    with pytest.raises(ContractError) as caught:
        company.ingest("renewals")

    assert [problem.rule for problem in caught.value.problems] == ["missing_table"]
    assert "did you mean renewal.csv?" in str(caught.value)


def test_missing_optional_table_is_there_empty_and_typed(company):
    report = company.ingest("csm_pulses")

    assert (report.supplied, report.rows_read, report.knowledge_dates) == (False, 0, "recorded")
    assert report.problems() == []
    contract = source_contracts()["csm_pulses"]
    columns = {column.name: column.duckdb_type for column in contract.columns}
    assert company.types("csm_pulses") == columns | {"superseded_at": "TIMESTAMP"}
    assert company.rows("csm_pulses") == []


def test_empty_required_table_is_a_problem_and_an_empty_optional_one_is_not(company, renewals, pulses):
    company.write("renewals", [], columns=renewals[0])
    company.write("csm_pulses", [], columns=pulses[0])

    (problem,) = company.ingest("renewals").problems()
    pulses_report = company.ingest("csm_pulses")

    assert (problem.rule, problem.message) == ("empty_table", "the required table is empty")
    assert (pulses_report.supplied, pulses_report.problems()) == (True, [])


def test_required_table_of_which_nothing_is_known_yet_is_a_problem(company, renewals):
    company.write("renewals", [row | {"recorded_at": "2026-01-05 00:00:00"} for row in renewals])

    (problem,) = company.ingest("renewals").problems()

    assert problem.message == "none of the 100 rows was recorded before the as-of date"


def test_event_date_stands_in_for_a_missing_recorded_at(company, renewals):
    for row in renewals:
        del row["recorded_at"]
    renewals[0]["term_start_date"] = "2026-01-04"
    renewals[0]["renewal_date"] = "2027-01-04"
    renewals[1]["term_start_date"] = "2026-01-05"
    renewals[1]["renewal_date"] = "2027-01-05"
    company.write("renewals", renewals)

    report = company.ingest("renewals")

    assert report.knowledge_dates == "assumed"
    assert (report.rows_known, report.rows_later) == (99, 1)
    recorded = "renewal_id, recorded_at::VARCHAR"
    assert company.rows("renewals", recorded)[:2] == [("R000", "2026-01-04 00:00:00"), ("R002", "2025-01-01 00:00:00")]


def test_states_without_recorded_at_leave_the_furthest_one(company):
    ticket = {"account_id": "A1", "user_id": "", "opened_at": "2025-01-01 08:00:00", "subject": "Slow"}
    states = [
        {"priority": "low", "escalated_at": "", "closed_at": "", "csat": ""},
        {"priority": "urgent", "escalated_at": "2025-01-02 08:00:00", "closed_at": "2025-01-03 08:00:00", "csat": "2"},
        {"priority": "urgent", "escalated_at": "2025-01-02 08:00:00", "closed_at": "", "csat": ""},
        {"priority": "urgent", "escalated_at": "2025-01-02 08:00:00", "closed_at": "", "csat": ""},
    ]
    company.write("support_tickets", [ticket | {"ticket_id": "T1"} | state for state in states])

    report = company.ingest("support_tickets")

    assert company.rows("support_tickets", "ticket_id, priority, closed_at::VARCHAR, csat, recorded_at::VARCHAR") == [
        ("T1", "urgent", "2025-01-03 08:00:00", 2, "2025-01-01 08:00:00")
    ]
    assert (report.rows_known, report.rows_kept, report.repeats_collapsed, report.rows_quarantined) == (4, 1, 3, 0)
    assert [(warning.rule, warning.rows) for warning in report.warnings] == [("earlier_states", 3)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"priority": "high"}, id="no date says which came later"),
        pytest.param({"account_id": "A2", "closed_at": "2025-01-03"}, id="a column differs that does not change"),
        pytest.param({"closed_at": "2025-01-03", "recorded_at": "2025-01-01"}, id="the time of recording is supplied"),
    ],
)
def test_states_that_cannot_be_ordered_contradict_each_other(company, change):
    ticket = {
        "ticket_id": "T1",
        "account_id": "A1",
        "user_id": "",
        "opened_at": "2025-01-01 08:00:00",
        "priority": "low",
        "escalated_at": "",
        "closed_at": "",
        "csat": "",
        "subject": "Slow",
    }
    first = ticket | {name: value for name, value in change.items() if name == "recorded_at"}
    company.write("support_tickets", [first, ticket | change])

    report = company.ingest("support_tickets")

    assert [(violation.rule, violation.rows) for violation in report.violations] == [("conflicting_rows", 2)]
    assert company.rows("support_tickets") == []


def test_survey_without_recorded_at_counts_from_invitation_or_else_from_submission(company):
    survey = {"account_id": "A1", "contact_id": "", "nps": "", "comment": ""}
    rows = [
        survey | {"response_id": f"S{number:02}", "invited_at": "2025-02-01", "submitted_at": ""}
        for number in range(38)
    ]
    rows.append(survey | {"response_id": "S38", "invited_at": "", "submitted_at": "2025-02-03 12:00:00"})
    rows.append(survey | {"response_id": "S39", "invited_at": "", "submitted_at": ""})
    company.write("survey_responses", rows)

    report = company.ingest("survey_responses")

    assert company.rows("survey_responses", "response_id, recorded_at::VARCHAR")[37:] == [
        ("S37", "2025-02-01 00:00:00"),
        ("S38", "2025-02-03 12:00:00"),
    ]
    (violation,) = report.violations
    assert (violation.rule, violation.rows) == ("event_date_missing", 1)
    assert violation.message == "without recorded_at a row needs invited_at or submitted_at"


def test_loose_references_and_values_without_a_date_are_counted_and_kept(company, accounts, renewals):
    renewals[0] |= {"outcome": "renewed", "decided_on": "2025-12-01", "successor_renewal_id": "R999"}
    renewals[1] |= {"renewed_arr": "500", "successor_renewal_id": "R000"}
    company.write("accounts", accounts)
    company.write("renewals", renewals, columns=[*renewals[5], "successor_renewal_id"])
    company.ingest("accounts")

    report = company.ingest("renewals", parents=["accounts"])

    assert report.rows_kept == 100
    assert [(warning.rule, warning.column, warning.rows, warning.message) for warning in report.warnings] == [
        (
            "never_known",
            "renewed_arr",
            1,
            "filled while decided_on is empty, so the value is never read",
        ),
        ("loose_reference", "successor_renewal_id", 1, "not found in renewals"),
        (
            "never_known",
            "successor_renewal_id",
            1,
            "filled while decided_on is empty, so the value is never read",
        ),
    ]


def test_owner_is_looked_up_only_where_owners_are_supplied(company, accounts):
    company.write("accounts", accounts)
    csm = {"csm_id": "C2", "valid_from": "2024-01-01", "csm_name": "Ana", "email": ""}
    company.write("csms", [csm])
    company.ingest("csms")

    alone = company.ingest("accounts")
    together = company.ingest("accounts", parents=["csms"])

    assert alone.warnings == ()
    assert [(warning.column, warning.rows) for warning in together.warnings] == [("csm_id", 2)]
    assert together.rows_kept == 2


def test_report_spans_the_kept_rows_and_survives_json(company, renewals):
    renewals[0]["arr"] = "-5"
    renewals[1] |= {"term_start_date": "2024-05-01"}
    company.write("renewals", renewals)

    report = company.ingest("renewals")

    assert (str(report.first_date), str(report.last_date)) == ("2024-05-01", "2025-01-01")
    text = (company.lake / "renewals" / "report.json").read_text(encoding="utf-8")
    assert IngestReport.from_json(text) == report


def test_second_ingest_leaves_nothing_of_the_first(company, renewals):
    company.write("renewals", [renewals[0] | {"arr": "-5"}, *renewals[1:]])
    company.ingest("renewals")
    company.write("renewals", renewals)

    company.ingest("renewals")

    assert sorted(path.name for path in (company.lake / "renewals").iterdir()) == ["renewals.parquet", "report.json"]


@pytest.mark.parametrize(
    ("rows", "groups"), [(100, [100]), (20_000, [2_048] * 9 + [1_568]), (40_000, [4_096] * 9 + [3_136])]
)
def test_a_table_of_some_size_is_written_in_groups_that_several_cores_can_read(company, rows, groups):
    query = "SELECT 'A1' AS account_id, 'U' || i AS user_id, 'm' AS module, DATE '2025-01-01' AS usage_date"
    company.write_parquet(
        "usage_daily", f"{query}, 1 AS events, TIMESTAMP '2025-01-02' AS recorded_at FROM range({rows}) AS n(i)"
    )
    assert company.ingest("usage_daily").rows_kept == rows
    written = pq.ParquetFile(company.lake / "usage_daily" / "usage_daily.parquet").metadata
    assert [written.row_group(group).num_rows for group in range(written.num_row_groups)] == groups
