"""What a run says of itself in words: what was read, set aside and missing, and how far its numbers can be trusted.

Sentences only, from what ingest, training and scoring wrote down; nothing is measured here.
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from data_contracts.contract import SOURCE_TABLES
from data_contracts.report import IngestReport

_CALIBRATION = {
    "calibrated": "calibrated on predictions made before their outcomes",
    "in_cohort": "calibrated within the learning cohort only, because too few cut-offs have matured",
    "uncalibrated": "uncalibrated",
    "hindsight": "said in hindsight: the model was trained later and has seen what came of these renewals, so they "
    "show nothing of how well it predicts",
}


def describe_sources(
    reports: Mapping[str, IngestReport], unused: Sequence[str] = (), *, is_check: bool = False
) -> list[str]:
    """Say what was read, what was set aside, and what is not there.

    Args:
        reports: What ingest said of each table.
        unused: Files of the source folder that no table was read from; see `pipelines.ingestion.unused_files`.
        is_check: Whether nothing was written; the rows that break a rule are then listed apart.
    """
    supplied = {table: report for table, report in reports.items() if report.supplied}
    return [
        _read(supplied),
        *_recorded(supplied),
        *_later(supplied),
        *_repeated(supplied),
        *([] if is_check else _quarantined(supplied)),
        *_missing(reports),
        *_unused(unused),
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


def _read(supplied: Mapping[str, IngestReport]) -> str:
    if not supplied:
        return f"None of the {len(SOURCE_TABLES)} tables could be read."
    counts = ", ".join(f"{table} {report.rows_kept:,}" for table, report in supplied.items())
    return f"Read {len(supplied)} of {len(SOURCE_TABLES)} tables; rows kept: {counts}."


def _recorded(supplied: Mapping[str, IngestReport]) -> Iterator[str]:
    counts = [f"{table} {report.rows_recorded:,}" for table, report in supplied.items() if report.rows_recorded]
    if counts:
        yield f"Rows that people put on record in the workspace, read with the source: {', '.join(counts)}."


def _later(supplied: Mapping[str, IngestReport]) -> Iterator[str]:
    later = sum(report.rows_later for report in supplied.values())
    if later:
        which = "1 row was" if later == 1 else f"{later:,} rows were"
        left = "was" if later == 1 else "were"
        yield f"{which} recorded on or after the as-of date and {left} left out."


def _repeated(supplied: Mapping[str, IngestReport]) -> Iterator[str]:
    for table, report in supplied.items():
        # Where earlier states were left out, they are in this number too and have a warning of their own.
        has_states = any(warning.rule == "earlier_states" for warning in report.warnings)
        if report.repeats_collapsed and not has_states:
            repeats = report.repeats_collapsed
            yield f"{table}: {'1 exact repeat was' if repeats == 1 else f'{repeats:,} exact repeats were'} collapsed."


def _quarantined(supplied: Mapping[str, IngestReport]) -> Iterator[str]:
    for table, report in supplied.items():
        if report.rows_quarantined:
            rules = "; ".join(
                f"{found.rows:,} × {found.column + ': ' if found.column else ''}{found.message}"
                for found in report.violations
            )
            yield (
                f"{table}: {report.rows_quarantined:,} of {report.rows_known:,} rows went to "
                f"quarantine/{table}.parquet ({rules})."
            )
            files = [
                row.where for found in report.violations if found.rule == "unreadable_file" for row in found.first_rows
            ]
            if files:
                yield f"Among the files that do not hold a row as it was recorded: {', '.join(files)}."
            if table == "renewals":
                rows = [row for found in report.violations for row in found.first_rows]
                named = list(dict.fromkeys(str(dict(row.key)["renewal_id"]) for row in rows))
                yield (
                    "A renewal whose newest row is in quarantine is neither open nor decided: it stays out of the "
                    f"table and of what is learned until the row is mended. Among them: {', '.join(named)}."
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
            names = ", ".join(name or "(a column without a name)" for name in report.extra_columns)
            yield f"{table} has columns that no contract names and nothing uses: {names}."


def _unused(unused: Sequence[str]) -> Iterator[str]:
    if unused:
        yield f"Not used, because no table is named so: {', '.join(unused)}."


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
        why = "csm_pulses has no row by then"
        if pulses is None or not pulses.supplied:
            why = "there are no csm_pulses"
        elif pulses.rows_quarantined:
            why = f"csm_pulses has no row left by then, {pulses.rows_quarantined:,} quarantined"
        yield f"No judgement is on record: {why}. The gut view is the base rate, and no stance can be taken."


def _warnings(supplied: Mapping[str, IngestReport]) -> Iterator[str]:
    for table, report in supplied.items():
        for warning in report.warnings:
            count = "" if warning.rows is None else f" ({warning.rows:,} row{'' if warning.rows == 1 else 's'})"
            yield f"{table}{'.' + warning.column if warning.column else ''}: {warning.message}{count}."
