"""What a run says of itself in words: what was read, set aside and missing, and how far its numbers can be trusted.

Sentences only, from what ingest, training and scoring wrote down; nothing is measured here.
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from data_contracts.report import IngestReport

_CALIBRATION = {
    "calibrated": "calibrated on predictions made before their outcomes",
    "in_cohort": "calibrated within the learning cohort only, because too few cut-offs have matured",
    "uncalibrated": "uncalibrated",
}


def describe_sources(reports: Mapping[str, IngestReport]) -> list[str]:
    """Say what was read, what was set aside, and what is not there.

    Args:
        reports: What ingest said of each table.
    """
    supplied = {table: report for table, report in reports.items() if report.supplied}
    counts = ", ".join(f"{table} {report.rows_kept:,}" for table, report in supplied.items())
    return [
        f"Read {len(supplied)} of {len(reports)} tables; rows kept: {counts}.",
        *_later(supplied),
        *_quarantined(supplied),
        *_missing(reports),
        *_assumed(supplied),
        *_judgement(reports),
        *_warnings(supplied),
    ]


def describe_trust(risk: pd.DataFrame, notes: Sequence[str]) -> list[str]:
    """Say how far the figures of a risk table can be trusted.

    Args:
        risk: The risk table.
        notes: What the training of its model said.
    """
    lines = list(notes)
    scored = risk[risk["churn_probability"].notna()]
    for mark, count in scored["calibration"].value_counts().items():
        meaning = _CALIBRATION.get(str(mark), "without a known calibration")
        lines.append(f"{count:,} of {len(scored):,} probabilities are {meaning} ({mark}).")
    if (risk["notice"] == "unobserved").any():
        lines.append(
            "notice: unobserved. The source does not say when notice was given, so some renewals shown as open may "
            "already be lost."
        )
    return lines


def _later(supplied: Mapping[str, IngestReport]) -> Iterator[str]:
    later = sum(report.rows_later for report in supplied.values())
    if later:
        yield f"{later:,} rows were recorded on or after the as-of date and were left out."


def _quarantined(supplied: Mapping[str, IngestReport]) -> Iterator[str]:
    for table, report in supplied.items():
        if report.repeats_collapsed:
            yield f"{table}: {report.repeats_collapsed:,} exact repeats were collapsed."
        if report.rows_quarantined:
            rules = "; ".join(
                f"{found.rows:,} × {found.column + ': ' if found.column else ''}{found.message}"
                for found in report.violations
            )
            yield (
                f"{table}: {report.rows_quarantined:,} of {report.rows_known:,} rows went to "
                f"quarantine/{table}.parquet ({rules})."
            )


def _missing(reports: Mapping[str, IngestReport]) -> Iterator[str]:
    absent = [table for table, report in reports.items() if not report.supplied]
    if absent:
        yield f"Not supplied: {', '.join(absent)}. What rests on them is unknown, not zero."
    for table, report in reports.items():
        columns = [column for column in report.missing_columns if column != "recorded_at"]
        if report.supplied and columns:
            yield f"{table} comes without {', '.join(columns)}."
        if report.supplied and report.extra_columns:
            yield f"{table} has columns that no contract names and nothing uses: {', '.join(report.extra_columns)}."


def _assumed(supplied: Mapping[str, IngestReport]) -> Iterator[str]:
    assumed = [table for table, report in supplied.items() if report.knowledge_dates == "assumed"]
    if assumed:
        which = f"{', '.join(assumed)} {'comes' if len(assumed) == 1 else 'come'} without recorded_at"
        if len(assumed) == len(supplied) > 1:
            which = "No table says when its rows were recorded"
        yield (
            f"knowledge_dates: assumed. {which}, so each row counts as known from its event date on; what was entered "
            "late makes the past look better known than it was."
        )


def _judgement(reports: Mapping[str, IngestReport]) -> Iterator[str]:
    pulses = reports.get("csm_pulses")
    if pulses is None or not pulses.rows_kept:
        why = "there are no csm_pulses" if pulses is None or not pulses.supplied else "csm_pulses has no row by then"
        yield f"No judgement is on record: {why}. The gut view is the base rate, and no stance can be taken."


def _warnings(supplied: Mapping[str, IngestReport]) -> Iterator[str]:
    for table, report in supplied.items():
        for warning in report.warnings:
            count = "" if warning.rows is None else f" ({warning.rows:,} rows)"
            yield f"{table}{'.' + warning.column if warning.column else ''}: {warning.message}{count}."
