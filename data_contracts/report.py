"""What ingest found in one table: counts, what was set aside and why, and whether the table may be used.

A plain record that is written beside the table and read back by checks; it decides nothing but whether the limit of the
contract is exceeded.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from data_contracts.contract import Contract
from data_contracts.problems import BadRow, Problem, TableWarning, Violation

KnowledgeDates = Literal["recorded", "assumed"]


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What ingest found in one table. `rows_known = rows_kept + rows_quarantined + repeats_collapsed`.

    Attributes:
        table: Name of the table.
        file: File or folder that was read; empty where the table is not supplied.
        supplied: Whether there was a source.
        is_required: Whether the contract demands one.
        rows_read: Rows in the source.
        rows_known: Rows recorded before the as-of date, broken ones included.
        rows_later: Rows recorded on or after it; nothing else is known of them.
        rows_kept: Rows in the table that was written.
        rows_quarantined: Rows that break a rule.
        repeats_collapsed: Rows left out because an equal row stands, or, where event dates stand in for `recorded_at`,
            a further state of the same thing.
        quarantine_limit: Largest share of `rows_known` that may be set aside.
        knowledge_dates: Whether the source says when each row was known, or event dates stand in.
        missing_columns: Optional columns that the source does not have.
        extra_columns: Columns of the source that the contract does not name.
        violations: Broken rules, in the order of the contract.
        warnings: What is worth knowing but sets no row aside.
        first_date: Earliest event date among the kept rows; None where there is none.
        last_date: Latest event date among the kept rows; None where there is none.
        rows_recorded: Of `rows_known`, those that were recorded in the workspace.
        recorded_quarantined: Of these, those that break a rule. They never stop a run: each is one person's word, and
            no sign that an export is broken.
    """

    table: str
    file: str
    supplied: bool
    is_required: bool
    rows_read: int
    rows_known: int
    rows_later: int
    rows_kept: int
    rows_quarantined: int
    repeats_collapsed: int
    quarantine_limit: float
    knowledge_dates: KnowledgeDates
    missing_columns: tuple[str, ...]
    extra_columns: tuple[str, ...]
    violations: tuple[Violation, ...]
    warnings: tuple[TableWarning, ...]
    first_date: date | None
    last_date: date | None
    rows_recorded: int = 0
    recorded_quarantined: int = 0

    @classmethod
    def not_supplied(cls, contract: Contract) -> IngestReport:
        """The report of a table that there is no source for."""
        return cls(
            table=contract.table,
            file="",
            supplied=False,
            is_required=contract.is_required,
            rows_read=0,
            rows_known=0,
            rows_later=0,
            rows_kept=0,
            rows_quarantined=0,
            repeats_collapsed=0,
            quarantine_limit=contract.quarantine_limit,
            knowledge_dates="recorded",
            missing_columns=(),
            extra_columns=(),
            violations=(),
            warnings=(),
            first_date=None,
            last_date=None,
        )

    @property
    def over_limit(self) -> bool:
        """Whether more rows of the source were set aside than the contract allows."""
        rows_known = self.rows_known - self.rows_recorded
        return self.rows_quarantined - self.recorded_quarantined > self.quarantine_limit * rows_known

    def problems(self) -> list[Problem]:
        """Why the table may not be used; empty where it may."""
        if self.is_required and self.supplied and self.rows_known == 0:
            message = "the required table is empty"
            if self.rows_later:
                message = f"none of the {self.rows_later:,} rows was recorded before the as-of date"
            return [Problem(self.table, self.file, "empty_table", message)]
        if not self.over_limit:
            return []
        return [
            Problem(
                table=self.table,
                file=self.file,
                rule=violation.rule,
                message=violation.message,
                column=violation.column,
                rows=violation.rows,
                first_rows=violation.first_rows,
                rows_quarantined=self.rows_quarantined - self.recorded_quarantined,
                rows_known=self.rows_known - self.rows_recorded,
                limit=self.quarantine_limit,
            )
            for violation in self.violations
        ]

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(asdict(self), indent=2, default=date.isoformat, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> IngestReport:
        """The report that `to_json` wrote.

        Raises:
            KeyError: A field is missing.
            TypeError: There is a field that a report does not have.
        """
        fields: dict[str, Any] = json.loads(text)
        fields["violations"] = tuple(_violation(entry) for entry in fields["violations"])
        fields["warnings"] = tuple(TableWarning(**entry) for entry in fields["warnings"])
        for name in ("missing_columns", "extra_columns"):
            fields[name] = tuple(fields[name])
        for name in ("first_date", "last_date"):
            fields[name] = date.fromisoformat(fields[name]) if fields[name] else None
        return cls(**fields)


def _violation(entry: dict[str, Any]) -> Violation:
    return Violation(**entry | {"first_rows": tuple(_bad_row(row) for row in entry["first_rows"])})


def _bad_row(entry: dict[str, Any]) -> BadRow:
    pairs = {name: tuple((column, value) for column, value in entry[name]) for name in ("key", "values")}
    return BadRow(where=entry["where"], key=pairs["key"], values=pairs["values"])
