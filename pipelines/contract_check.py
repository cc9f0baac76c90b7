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
    """

    reports: dict[str, IngestReport]
    problems: tuple[Problem, ...]

    def describe_problems(self) -> str:
        """The problems as a message."""
        return describe(self.problems)


def check_sources(source_folder: Path, as_of: date, say: Callable[[str], None]) -> CheckedSources:
    """Check every source table.

    Args:
        source_folder: Folder of source tables.
        as_of: Rows recorded on or after this date are not looked at.
        say: Is told the name of each table as its turn comes.
    """
    reports: dict[str, IngestReport] = {}
    problems: list[Problem] = []
    with TemporaryDirectory(prefix="falsegreen-check-") as scratch:
        for table in SOURCE_TABLES:
            say(table)
            try:
                reports[table] = ingest_source(table, source_folder, as_of, Path(scratch))
                problems.extend(reports[table].problems())
            except ContractError as error:
                problems.extend(error.problems)
    return CheckedSources(reports, tuple(problems))
