"""From the file of a judge to decided calls: which rows count, and which were set aside for which reason.

Every row of the file is in the calls or counted once among those set aside, under the first reason that applies.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
import pandas as pd

from data_contracts.problems import ContractError, Problem
from models.calls.calls import Calls, counted
from models.learning import FloatArray
from pipelines.judge.file import PLACE, TABLE, read_columns
from pipelines.judge.outcomes import read_outcomes
from pipelines.judge.question import Question
from pipelines.judge.words import (
    UnclearError,
    are_numbers,
    is_missing,
    read_levels,
    read_probabilities,
    spoken_counts,
)

FIRST_ROWS: Final = 5


@dataclass(frozen=True)
class SetAside:
    """Rows that stay out of every figure.

    Attributes:
        reason: Why, in words.
        rows: How many.
        first_rows: Places of the first of them in the file.
        values: What they say there, with counts; empty where they say nothing.
    """

    reason: str
    rows: int
    first_rows: tuple[str, ...]
    values: str = ""

    def __str__(self) -> str:
        """One line of a list."""
        more = ", ..." if self.rows > len(self.first_rows) else ""
        values = f": {self.values}" if self.values else ""
        return f"{counted(self.rows, 'row')}, {self.reason}{values} ({', '.join(self.first_rows)}{more})"


@dataclass(frozen=True)
class ReadCalls:
    """The calls of a file.

    Attributes:
        calls: Those that count.
        rows: Rows of the file.
        left_out: The others one by one: row place, reason.
        set_aside: The same, counted by reason.
        notes: How cells were read where that does not go without saying.
        headlines: What of all this nobody should miss.
    """

    calls: Calls
    rows: int
    left_out: pd.DataFrame
    set_aside: tuple[SetAside, ...]
    notes: tuple[str, ...]
    headlines: tuple[str, ...]


def read_calls(file: Path, question: Question) -> ReadCalls:
    """Read the decided calls of a file.

    Args:
        file: CSV or Parquet.
        question: Which column is what.

    Raises:
        ContractError: The file cannot be read, or a column not without being told more, or no row is left.
    """
    frame = read_columns(file, question.text_columns, question.date_columns)
    sheet = _Sheet(file, frame, question)
    outcomes = _outcomes(sheet)
    scores, levels = _judgement(sheet)
    model = _probabilities(sheet, question.model) if question.model else None
    _dates(sheet)
    if question.is_percent and not sheet.has_percent:
        sheet.stop(question.judgement, "--percent was given, and no column of probabilities has a value above 1")
    if not sheet.kept.any():
        listed = "".join(f"\n    {entry}" for entry in sheet.set_aside)
        sheet.stop(question.judgement, f"no row is left to judge{listed}")
    calls = Calls(
        scores=scores,
        outcomes=outcomes,
        clusters=_clusters(sheet),
        levels=levels,
        model=model,
        groups=_texts(frame, question.group),
        raters=_texts(frame, question.rater),
        texts=_texts(frame, question.text),
    )
    left_out = pd.DataFrame({PLACE: frame[PLACE], "reason": sheet.reasons})[~sheet.kept].reset_index(drop=True)
    return ReadCalls(
        calls=calls.part(sheet.kept),
        rows=len(frame),
        left_out=left_out,
        set_aside=tuple(sheet.set_aside),
        notes=tuple(sheet.notes),
        headlines=tuple(sheet.headlines),
    )


class _Sheet:
    """The rows of a file while they are read: which still count, why others do not, and how cells were understood."""

    def __init__(self, file: Path, frame: pd.DataFrame, question: Question) -> None:
        self.file = file
        self.frame = frame
        self.question = question
        self.kept = np.ones(len(frame), dtype=bool)
        self.reasons = np.full(len(frame), None, dtype=object)
        self.set_aside: list[SetAside] = []
        self.notes: list[str] = []
        self.headlines: list[str] = []
        self.has_percent = False

    def leave_out(
        self, rows: np.ndarray, reason: str, values: pd.Series | None = None, *, is_headline: bool = False
    ) -> None:
        """Set rows aside unless they are already; as a headline where the file may mean what was not understood."""
        rows = rows & self.kept
        if not rows.any():
            return
        self.kept &= ~rows
        self.reasons[rows] = reason
        first = tuple(self.frame[PLACE][rows].head(FIRST_ROWS))
        said = "" if values is None else spoken_counts(values[rows])
        self.set_aside.append(SetAside(reason, int(rows.sum()), first, said))
        if is_headline:
            self.headlines.append(f"Left out: {self.set_aside[-1]}.")

    def stop(self, column: str, message: str) -> NoReturn:
        """End the reading with what is wrong about a column."""
        raise ContractError([Problem(TABLE, str(self.file), "unclear", message, column)])


def _outcomes(sheet: _Sheet) -> FloatArray:
    name = sheet.question.outcome
    try:
        outcomes = read_outcomes(sheet.frame[name], name, sheet.question.events)
    except UnclearError as error:
        sheet.stop(name, str(error))
    sheet.notes += outcomes.notes
    sheet.leave_out(np.isnan(outcomes.numbers) & ~outcomes.undecided, f"no outcome in '{name}'")
    sheet.leave_out(outcomes.undecided, f"undecided in '{name}'", sheet.frame[name], is_headline=True)
    return outcomes.numbers


def _judgement(sheet: _Sheet) -> tuple[FloatArray, tuple[str, ...]]:
    """Scores and names of the levels, none of these for probabilities."""
    question = sheet.question
    name = question.judgement
    column = sheet.frame[name]
    if not question.order and not question.mapping and are_numbers(column):
        scores = _probabilities(sheet, name)
        if not sheet.has_percent and set(scores[~np.isnan(scores)]) == {0.0, 1.0}:
            sheet.headlines.append(
                f"'{name}' holds only 0 and 1, which are taken for probabilities of 0 and 100 %; if they are two "
                "levels, say so with --order 0,1 (best first)."
            )
        return scores, ()
    try:
        levels = read_levels(column, question.order, question.mapping or {})
    except UnclearError as error:
        sheet.stop(name, str(error))
    sheet.notes += levels.notes
    sheet.leave_out(np.isnan(levels.numbers) & ~levels.unknown, f"no judgement in '{name}'", column)
    sheet.leave_out(levels.unknown, f"no level that is known in '{name}'", column, is_headline=True)
    return levels.numbers, levels.names


def _probabilities(sheet: _Sheet, name: str) -> FloatArray:
    column = sheet.frame[name]
    try:
        read = read_probabilities(column, name, may_be_percent=sheet.question.is_percent)
    except UnclearError as error:
        sheet.stop(name, str(error))
    sheet.notes += read.notes
    sheet.has_percent |= read.is_percent
    unread = np.isnan(read.numbers)
    missing = is_missing(column).to_numpy(dtype=bool)
    sheet.leave_out(unread & missing, f"no probability in '{name}'")
    bounds = "0 to 100 %" if read.is_percent else "0 to 1"
    sheet.leave_out(unread, f"no number from {bounds} in '{name}'", column, is_headline=True)
    return read.numbers


def _dates(sheet: _Sheet) -> None:
    """Refuse rows whose judgement does not come before its outcome; a date by itself says nothing of the hour."""
    question = sheet.question
    if question.judged_on is None or question.outcome_on is None:
        return
    judged, happened = sheet.frame[question.judged_on], sheet.frame[question.outcome_on]
    for name, dates in ((question.judged_on, judged), (question.outcome_on, happened)):
        if dates.isna().all():
            sheet.stop(
                name, "no cell is a date written YYYY-MM-DD, such as 2025-12-31; days are not read in other ways"
            )
        sheet.leave_out(dates.isna().to_numpy(), f"no date written YYYY-MM-DD in '{name}'")
    days = judged.dt.normalize(), happened.dt.normalize()
    has_hours = judged.ne(days[0]) & happened.ne(days[1])
    is_before = (judged < happened).where(has_hours, days[0] < days[1])
    sheet.leave_out(~is_before.to_numpy(dtype=bool), "judged on or after the date of the outcome")


def _clusters(sheet: _Sheet) -> np.ndarray:
    """What is held together: the named column, and the row where it is empty or none is named."""
    # By number and not by place in the file, which a CSV and a Parquet of the same rows call differently: folds and
    # draws go by the names of the clusters.
    name, rows = sheet.question.cluster, pd.Series([f"row {number}" for number in range(len(sheet.frame))])
    if name is None:
        return rows.to_numpy(dtype=object)
    column = sheet.frame[name]
    if empty := int((column.isna() & sheet.kept).sum()):
        sheet.notes.append(f"{counted(empty, 'row')} with nothing in '{name}': a cluster each.")
    return ("cluster " + column).where(column.notna(), rows).to_numpy(dtype=object)


def _texts(frame: pd.DataFrame, name: str | None) -> np.ndarray | None:
    return None if name is None else frame[name].to_numpy(dtype=object)
