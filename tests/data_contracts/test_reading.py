"""What CSV and Parquet files in the wild look like, and what is made of them."""

import pytest

from data_contracts.problems import ContractError

HEADER = "account_id,integration,run_date,runs,recorded_at"
EXPECTED = [("A1", "crm", 3), ("A2", "erp", 0)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{HEADER}\nA1,crm,2025-01-01,3,2025-01-02\nA2,erp,2025-01-01,0,2025-01-02\n", id="plain"),
        pytest.param(f"{HEADER}\nA1,crm,2025-01-01,3,2025-01-02\nA2,erp,2025-01-01,0,2025-01-02", id="no last newline"),
        pytest.param(
            f"\ufeff{HEADER}\r\nA1,crm,2025-01-01,3,2025-01-02\r\nA2,erp,2025-01-01,0,2025-01-02\r\n",
            id="byte order mark and CRLF",
        ),
        pytest.param(
            f"{HEADER}\nA1,crm,2025-01-01,3,2025-01-02\nA2,erp,2025-01-01,0,2025-01-02\n".replace(",", ";"),
            id="semicolons",
        ),
        pytest.param(
            f"{HEADER}\nA1,crm,2025-01-01,3,2025-01-02\nA2,erp,2025-01-01,0,2025-01-02\n".replace(",", "\t"), id="tabs"
        ),
        pytest.param(
            '"account_id","integration","run_date","runs","recorded_at"\n"A1","crm","2025-01-01","3","2025-01-02"\n'
            '"A2","erp","2025-01-01","0","2025-01-02"\n',
            id="all quoted",
        ),
        pytest.param(f"{HEADER}\n\nA1,crm,2025-01-01,3,2025-01-02\n\nA2,erp,2025-01-01,0,2025-01-02", id="blank lines"),
        pytest.param(
            "runs,note,run_date,integration,recorded_at,account_id\n"
            '3,"a, b",2025-01-01,crm,2025-01-02,A1\n0,,2025-01-01,erp,2025-01-02,A2\n',
            id="other order and an extra column",
        ),
        pytest.param(
            ",account_id,integration,run_date,runs,recorded_at\n"
            "0,A1,crm,2025-01-01,3.0,2025-01-02T00:00:00Z\n1,A2,erp,2025-01-01 00:00:00,0.0,2025-01-02T00:00:00Z\n",
            id="as a data frame writes it",
        ),
    ],
)
def test_csv_dialects_read_alike(company, text):
    company.write_text("integration_runs", text)

    report = company.ingest("integration_runs")

    assert report.violations == ()
    assert company.rows("integration_runs", "account_id, integration, runs") == EXPECTED


def test_quoted_text_keeps_quotes_commas_and_line_breaks(company, pulses):
    pulses = pulses[:1]
    pulses[0]["reason"] = 'He said "fine", then\nleft; café'
    company.write("csm_pulses", pulses)

    company.ingest("csm_pulses")

    assert company.rows("csm_pulses", "reason, executive_view") == [('He said "fine", then\nleft; café', None)]


def test_line_of_a_bad_row_counts_line_breaks_inside_values(company, pulses):
    pulses[0]["reason"] = "one\ntwo\nthree"
    pulses[2]["sentiment"] = "purple"
    pulses[2]["reason"] = "four\nfive"
    company.write("csm_pulses", pulses)

    (violation,) = company.ingest("csm_pulses").violations

    # Line 1 names the columns, lines 2 to 4 hold the first pulse, line 5 the second.
    assert [row.where for row in violation.first_rows] == ["line 6"]


@pytest.mark.parametrize(
    ("content", "rule", "message"),
    [
        (f"{HEADER}\nA1,caf\xe9,2025-01-01,3,2025-01-02\n".encode("latin-1"), "encoding", "Line: 2: not UTF-8; save"),
        ("account_id,caf\xe9\n".encode("latin-1"), "encoding", "line 1: not UTF-8; save"),
        (f"{HEADER}\n".encode("utf-16"), "encoding", "line 1: not UTF-8; save"),
        (b"", "empty_file", "the first line names no column; is the file empty?"),
        (b"\n\n", "empty_file", "the first line names no column"),
        (f"{HEADER},runs\n".encode(), "repeated_column", "the column is there more than once"),
        (f"{HEADER}\nA1,crm,2025-01-01\n".encode(), "unreadable", "line 2; Original Line: A1,crm"),
        (f"{HEADER}\nA1,crm,2025-01-01,3,2025-01-02,x\n".encode(), "unreadable", "line 2; Original Line: A1,crm"),
        (f'{HEADER}\nA1,"crm,2025-01-01,3,2025-01-02\n'.encode(), "unreadable", "unterminated quote"),
    ],
)
def test_csv_that_cannot_be_read_is_one_clear_problem(company, content, rule, message):
    company.write_text("integration_runs", content)

    with pytest.raises(ContractError) as caught:
        company.ingest("integration_runs")

    (problem,) = caught.value.problems
    assert (problem.table, problem.rule) == ("integration_runs", rule)
    assert message in problem.message
    assert "Possible" not in problem.message
    assert problem.file.endswith("integration_runs.csv")


def test_file_that_is_no_parquet_is_one_clear_problem(company):
    (company.source / "integration_runs.parquet").write_text("account_id,integration\n")

    with pytest.raises(ContractError, match=r"integration_runs\.parquet.*\[unreadable\]") as caught:
        company.ingest("integration_runs")

    assert [problem.rule for problem in caught.value.problems] == ["unreadable"]


def test_parquet_with_other_types_reads_like_csv(company):
    company.write_parquet(
        "renewals",
        """SELECT 7 AS renewal_id, 17.0::DOUBLE AS account_id, TIMESTAMP '2025-01-01 00:00:00' AS term_start_date,
        TIMESTAMPTZ '2026-01-01 00:00:00+00' AS renewal_date, 600.0::DOUBLE AS arr, 1::TINYINT AS auto_renew,
        ''::VARCHAR AS outcome, 'nan'::DOUBLE AS renewed_arr, NULL::TIMESTAMP_NS AS decided_on,
        TIMESTAMPTZ '2025-01-02 01:00:00+02' AS recorded_at""",
    )

    report = company.ingest("renewals")

    assert report.violations == ()
    columns = "renewal_id, account_id, contract_id, arr::VARCHAR, currency, auto_renew, outcome, renewed_arr"
    assert company.rows("renewals", columns) == [("7", "17", "17", "600.00", "USD", True, None, None)]
    dates = "term_start_date::VARCHAR, renewal_date::VARCHAR, decided_on, recorded_at::VARCHAR"
    assert company.rows("renewals", dates) == [("2025-01-01", "2026-01-01", None, "2025-01-01 23:00:00")]


def test_folder_of_parquet_is_one_table_and_bad_rows_name_their_file(company):
    row = "'A{0}' AS account_id, 'crm' AS integration, DATE '2025-01-0{0}' AS run_date, {1} AS runs"
    company.write_parquet("integration_runs", f"SELECT {row.format(1, 1)}", "integration_runs/part-0.parquet")
    second = f"SELECT {row.format(2, 2)}, 'x' AS note UNION ALL SELECT {row.format(3, -3)}, 'y'"
    company.write_parquet("integration_runs", second, "integration_runs/part-1.parquet")

    report = company.ingest("integration_runs")

    assert company.rows("integration_runs", "account_id, runs") == [("A1", 1), ("A2", 2)]
    assert report.extra_columns == ("note",)
    assert [row.where for row in report.violations[0].first_rows] == ["part-1.parquet row 2"]


def test_path_with_pattern_letters_is_taken_literally(company):
    company.source = company.source / "week [1] of*"
    company.source.mkdir()
    company.write_text("integration_runs", f"{HEADER}\nA1,crm,2025-01-01,3,2025-01-02\n")

    assert company.ingest("integration_runs").rows_kept == 1


def test_all_missing_columns_are_named_at_once_with_what_was_meant(company, renewals):
    renewed = [{name.replace("renewal_date", "renewal_dat"): value for name, value in row.items()} for row in renewals]
    for row in renewed:
        row["ARR"] = row.pop("arr")
        del row["auto_renew"]
    company.write("renewals", renewed)

    with pytest.raises(ContractError) as caught:
        company.ingest("renewals")

    assert str(caught.value) == (
        f"renewals ({company.source / 'renewals.csv'})\n"
        "  renewal_date: the column is missing; did you mean 'renewal_dat' by it? [missing_column]\n"
        "  arr: the column is missing; did you mean 'ARR' by it? [missing_column]\n"
        "  auto_renew: the column is missing [missing_column]"
    )
    assert not (company.lake / "renewals" / "renewals.parquet").exists()


def test_optional_columns_may_be_missing_and_a_near_name_is_pointed_out(company, renewals):
    company.write("renewals", [row | {"notice_given": "2025-10-01"} for row in renewals])

    report = company.ingest("renewals")

    assert report.missing_columns == (
        "contract_id",
        "currency",
        "notice_period_days",
        "notice_given_on",
        "successor_renewal_id",
        "ended_on",
    )
    assert report.extra_columns == ("notice_given",)
    assert [(warning.column, warning.message) for warning in report.warnings] == [
        ("notice_given_on", "the column is missing; did you mean 'notice_given' by it?")
    ]
    assert company.types("renewals")["notice_period_days"] == "BIGINT"
    columns = "DISTINCT contract_id, currency, notice_given_on"
    assert company.rows("renewals", columns) == [("A1", "USD", None)]
