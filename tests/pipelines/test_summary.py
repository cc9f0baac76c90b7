"""What a run says of itself, sentence by sentence."""

from dataclasses import replace
from datetime import date

import pandas as pd

from data_contracts.problems import BadRow, TableWarning, Violation
from data_contracts.report import IngestReport
from pipelines.summary import describe_sources, describe_trust

ACCOUNTS = IngestReport(
    table="accounts",
    file="accounts.parquet",
    supplied=True,
    is_required=True,
    rows_read=1200,
    rows_known=1200,
    rows_later=0,
    rows_kept=1200,
    rows_quarantined=0,
    repeats_collapsed=0,
    quarantine_limit=0.01,
    knowledge_dates="recorded",
    missing_columns=(),
    extra_columns=(),
    violations=(),
    warnings=(),
    first_date=date(2022, 1, 1),
    last_date=date(2026, 1, 1),
)
PULSES = replace(ACCOUNTS, table="csm_pulses", rows_kept=50, is_required=False)


def absent(report: IngestReport) -> IngestReport:
    return replace(report, supplied=False, rows_kept=0)


def test_nothing_to_remark_is_one_sentence() -> None:
    assert describe_sources({"accounts": ACCOUNTS, "csm_pulses": PULSES}) == [
        "Read 2 of 15 tables; rows kept: accounts 1,200, csm_pulses 50."
    ]


def test_an_empty_folder_is_said_to_be_one() -> None:
    assert describe_sources({"csm_pulses": absent(PULSES)})[0] == "None of the 15 tables could be read."


def test_files_that_no_table_is_read_from_are_named() -> None:
    assert describe_sources({"accounts": ACCOUNTS, "csm_pulses": PULSES}, ["csm_pulse.csv (did you mean csm_pulses?)"])[
        1:
    ] == ["Not used, because no table is named so: csm_pulse.csv (did you mean csm_pulses?)."]


def test_earlier_states_are_not_called_repeats() -> None:
    states = TableWarning("earlier_states", None, "rows of earlier states are left out", 4)
    report = replace(ACCOUNTS, repeats_collapsed=5, warnings=(states,))

    assert describe_sources({"accounts": report, "csm_pulses": PULSES})[1:] == [
        "accounts: rows of earlier states are left out (4 rows)."
    ]


def test_rows_that_were_recorded_in_the_workspace_are_counted_and_their_broken_files_named() -> None:
    where = BadRow("recorded/csm_pulses/7f.json", (("pulse_id", "7f"),), ())
    broken = Violation("unreadable_file", None, "a file must hold one row", 1, (where,))
    pulses = replace(PULSES, rows_known=51, rows_recorded=3, rows_quarantined=1, violations=(broken,))

    assert describe_sources({"accounts": ACCOUNTS, "csm_pulses": pulses})[1:] == [
        "Rows that people put on record in the workspace, read with the source: csm_pulses 3.",
        "csm_pulses: 1 of 51 rows went to quarantine/csm_pulses.parquet (1 × a file must hold one row).",
        "Among the files that do not hold a row as it was recorded: recorded/csm_pulses/7f.json.",
    ]


def test_one_is_not_spoken_of_as_many() -> None:
    report = replace(ACCOUNTS, rows_later=1, repeats_collapsed=1, extra_columns=("owner", ""))

    assert describe_sources({"accounts": report, "csm_pulses": PULSES})[1:] == [
        "1 row was recorded on or after the as-of date and was left out.",
        "accounts: 1 exact repeat was collapsed.",
        "accounts has columns that no contract names and nothing uses: owner, (a column without a name).",
    ]


def test_everything_worth_knowing_of_a_table_is_said() -> None:
    report = replace(
        ACCOUNTS,
        rows_later=3,
        rows_quarantined=2,
        repeats_collapsed=4,
        knowledge_dates="assumed",
        missing_columns=("recorded_at", "crm_url"),
        extra_columns=("mood",),
        violations=(
            Violation("allowed_values", "segment", "must be one of a, b", 1),
            Violation("repeated_key", None, "must be unique", 1),
        ),
        warnings=(TableWarning("loose_reference", "csm_id", "not found in csms", 7),),
    )

    assert describe_sources({"accounts": report, "csm_pulses": PULSES})[1:] == [
        "3 rows were recorded on or after the as-of date and were left out.",
        "accounts: 4 exact repeats were collapsed.",
        "accounts: 2 of 1,200 rows went to quarantine/accounts.parquet (1 × segment: must be one of a, b; "
        "1 × must be unique).",
        "accounts comes without crm_url.",
        "accounts has columns that no contract names and nothing uses: mood.",
        "knowledge_dates: assumed. accounts comes without recorded_at, so each row counts as known from its event date "
        "on; what was entered late makes the past look better known than it was.",
        "accounts.csm_id: not found in csms (7 rows).",
    ]


def test_absent_pulses_are_said_to_be_absent_judgement() -> None:
    assert describe_sources({"accounts": ACCOUNTS, "csm_pulses": absent(PULSES)})[1:] == [
        "Not supplied: csm_pulses. What rests on them is unknown, not zero.",
        "No judgement is on record: there are no csm_pulses. The gut view is the base rate, and no stance can be "
        "taken.",
    ]
    empty = describe_sources({"accounts": ACCOUNTS, "csm_pulses": replace(PULSES, rows_kept=0)})
    assert "No judgement is on record: csm_pulses has no row by then." in empty[1]
    broken = replace(PULSES, rows_kept=0, rows_quarantined=50)
    assert (
        "No judgement is on record: csm_pulses has no row left by then, 50 quarantined."
        in describe_sources({"accounts": ACCOUNTS, "csm_pulses": broken}, is_check=True)[1]
    )


def test_trust_repeats_the_notes_and_counts_what_is_calibrated() -> None:
    risk = pd.DataFrame(
        {
            "churn_probability": [0.1, 0.2, 0.3, None],
            "calibration": ["calibrated", "calibrated", "uncalibrated", None],
            "notice": ["unobserved"] * 4,
        }
    )

    assert describe_trust(risk, ["The model does not beat the base rate."]) == [
        "The model does not beat the base rate.",
        "2 of 3 probabilities are calibrated on predictions made before their outcomes (calibrated).",
        "1 of 3 probabilities are uncalibrated (uncalibrated).",
        "notice: unobserved. The source does not say when notice was given, so some renewals shown as open may already "
        "be lost.",
    ]
