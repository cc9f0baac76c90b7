"""What is wrong with a table, as data and as the text that a person reads.

Checking produces these objects and the command line prints them; no rule is decided here and nothing is read. A problem
stops a run, a violation counts rows that one rule set aside, a warning counts rows that were kept.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BadRow:
    """One of the first rows that break a rule.

    Attributes:
        where: Place in the source, for example `line 14` or `part-0.parquet row 3`.
        key: Key columns and their values as the source writes them.
        values: Columns that the rule looks at and their values as the source writes them; None where empty.
    """

    where: str
    key: tuple[tuple[str, str | None], ...]
    values: tuple[tuple[str, str | None], ...]

    def __str__(self) -> str:
        shown = dict(self.key) | dict(self.values)
        return f"{self.where}: " + ", ".join(f"{name} = {_quoted(value)}" for name, value in shown.items())


@dataclass(frozen=True, slots=True)
class Violation:
    """Rows that one rule set aside.

    Attributes:
        rule: Stable name of the rule.
        column: Column that the rule is about; None where it is about whole rows.
        message: What the rule demands, in words.
        rows: Number of rows that break it; one row may break several rules.
        first_rows: The first of them in the order of the source.
    """

    rule: str
    column: str | None
    message: str
    rows: int
    first_rows: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True)
class TableWarning:
    """Something worth knowing about a table that sets no row aside.

    Attributes:
        rule: Stable name of what was looked at.
        column: Column that it is about; None where it is about the table.
        message: What was found, in words.
        rows: Number of rows concerned; None where rows do not come into it.
    """

    rule: str
    column: str | None
    message: str
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason to stop before anything is written.

    Attributes:
        table: Table of the contract.
        file: File or folder that was read; the name that was looked for where there is none.
        rule: Stable name of the rule.
        message: What is wrong, in words.
        column: Column that it is about; None where it is about the table.
        rows: Rows that break the rule; None where rows do not come into it.
        first_rows: The first of them.
        rows_quarantined: Rows of the table that break any rule; None where rows do not come into it.
        rows_known: Rows that the share is taken of; None where rows do not come into it.
        limit: Share of rows that may be set aside; None where rows do not come into it.
    """

    table: str
    file: str
    rule: str
    message: str
    column: str | None = None
    rows: int | None = None
    first_rows: tuple[BadRow, ...] = ()
    rows_quarantined: int | None = None
    rows_known: int | None = None
    limit: float | None = None

    def __str__(self) -> str:
        return describe([self])


class ContractError(Exception):
    """One or more tables break their contract, or a contract breaks its own format.

    Attributes:
        problems: All that was found, in the order in which it was found.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(describe(self.problems))


def describe(problems: Sequence[Problem]) -> str:
    """The message for a terminal: one heading per table, below it each rule with its first rows."""
    blocks: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        blocks.setdefault((problem.table, problem.file), []).append(problem)
    return "\n\n".join(_describe_table(found) for found in blocks.values())


def near_name(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` was most likely meant to be, or None.

    Spelling is compared without regard to case, so that `ARR` is near to `arr`.
    """
    by_folded = {candidate.casefold().strip(): candidate for candidate in sorted(candidates, reverse=True)}
    near = difflib.get_close_matches(name.casefold().strip(), by_folded, n=1, cutoff=0.75)
    return by_folded[near[0]] if near else None


def _describe_table(problems: Sequence[Problem]) -> str:
    first = problems[0]
    heading = f"{first.table} ({first.file})"
    if first.rows_known and first.rows_quarantined is not None and first.limit is not None:
        heading += (
            f": {first.rows_quarantined:,} of {first.rows_known:,} rows break the contract, "
            f"{first.rows_quarantined / first.rows_known:.2%} where at most {first.limit:.2%} may"
        )
    lines = [heading]
    for problem in problems:
        place = f"{problem.column}: " if problem.column else ""
        count = "" if problem.rows is None else f", {problem.rows:,} row{'' if problem.rows == 1 else 's'}"
        lines.append(f"  {place}{problem.message} [{problem.rule}{count}]")
        lines.extend(f"    {row}" for row in problem.first_rows)
        if problem.first_rows and problem.rows is not None and problem.rows > len(problem.first_rows):
            lines.append(f"    ... and {problem.rows - len(problem.first_rows):,} more")
    return "\n".join(lines)


def _quoted(value: str | None, longest: int = 60) -> str:
    if value is None:
        return "(empty)"
    shown = value if len(value) <= longest else value[: longest - 1] + "…"
    return repr(shown)
