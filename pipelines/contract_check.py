"""Contracts only: every source table held to its contract in a scratch folder, all problems gathered.

The same ingest as in a run, without one: nothing is kept, so there is nothing for Dagster to remember.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from data_contracts.contract import SOURCE_TABLES
from data_contracts.problems import ContractError, Problem, describe
from data_contracts.report import IngestReport
from pipelines.ingestion import ingest_source


@dataclass(frozen=True)
class CheckedSources:
    """What the check found.

    Attributes:
        reports: What ingest said of each table that could be read.
        problems: Everything that would stop a run.
        set_aside: Broken rules of tables that stay within their limit; a run goes on without those rows.
    """

    reports: dict[str, IngestReport]
    problems: tuple[Problem, ...]
    set_aside: tuple[Problem, ...]

    def describe_problems(self) -> str:
        """The problems as a message."""
        return describe(self.problems)

    def describe_set_aside(self) -> str:
        """The broken rules within the limits as a message."""
        return describe(self.set_aside)

    def verdict(self) -> str:
        """What a run would make of sources without problems."""
        rows = {problem.table: problem.rows_quarantined or 0 for problem in self.set_aside}
        if not rows:
            return "All tables honour their contracts."
        count = sum(rows.values())
        broken, which = ("1 row breaks", "it") if count == 1 else (f"{count:,} rows break", "them")
        return f"{broken} the contract of {', '.join(rows)}, within the limit. A run would set {which} aside and go on."


def check_sources(source_folder: Path, as_of: date, say: Callable[[str], None]) -> CheckedSources:
    """Check every source table.

    Args:
        source_folder: Folder of source tables.
        as_of: Rows recorded on or after this date are not looked at.
        say: Is told the name of each table as its turn comes.
    """
    reports: dict[str, IngestReport] = {}
    problems: list[Problem] = []
    set_aside: list[Problem] = []
    with TemporaryDirectory(prefix="falsegreen-check-") as scratch:
        for table in SOURCE_TABLES:
            say(table)
            try:
                reports[table] = ingest_source(table, source_folder, as_of, Path(scratch))
                stopping = reports[table].problems()
                problems.extend(stopping)
                if not stopping:
                    set_aside.extend(_within_limit(reports[table]))
            except ContractError as error:
                problems.extend(error.problems)
    return CheckedSources(reports, tuple(problems), tuple(set_aside))


def _within_limit(report: IngestReport) -> list[Problem]:
    """The broken rules of a table that a run would still use."""
    return [
        Problem(
            table=report.table,
            file=report.file,
            rule=violation.rule,
            message=violation.message,
            column=violation.column,
            rows=violation.rows,
            first_rows=violation.first_rows,
            rows_quarantined=report.rows_quarantined,
            rows_known=report.rows_known,
            limit=report.quarantine_limit,
        )
        for violation in report.violations
    ]
