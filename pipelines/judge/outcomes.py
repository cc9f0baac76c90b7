"""What the cells of an outcome mean: the event happened, did not, or is still to be seen. Texts in, numbers out.

What was said beforehand is read in `words`; which rows then stay out is decided in `columns`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.learning import FloatArray
from pipelines.judge.words import UnclearError, folded, in_place, is_missing, spoken_counts

EVENT_WORDS = frozenset({"1", "yes", "y", "true", "t", "churned", "churn", "lost", "cancelled", "canceled"})
NO_EVENT_WORDS = frozenset({"0", "no", "n", "false", "f", "renewed", "retained", "kept", "won", "stayed"})
UNDECIDED_WORDS = frozenset({"pending", "open", "undecided", "in progress", "in/progress", "tbd", "unknown", "?"})
"""Words, as `folded`, by which an outcome is still to be seen; they are outcomes only where they are asked for."""


@dataclass(frozen=True)
class ReadOutcomes:
    """Outcomes read from words.

    Attributes:
        numbers: 1.0 where the event happened, 0.0 where not, NaN where nothing is said or decided, shape (n,).
        undecided: Where a word says that it is not decided, shape (n,).
        notes: How they were read.
    """

    numbers: FloatArray
    undecided: npt.NDArray[np.bool_]
    notes: tuple[str, ...]


def read_outcomes(column: pd.Series, name: str, events: Sequence[str]) -> ReadOutcomes:
    """Whether the event happened.

    Args:
        column: Texts, None where empty.
        name: Name of the column, for messages.
        events: Values that are the event; empty where that goes without saying (yes and no, 1 and 0, churned, renewed).

    Raises:
        UnclearError: A value does not say whether it is the event, or no row has the event that was named.
    """
    asked = {folded(event) for event in events}
    words = column.map(folded, na_action="ignore")
    filled = column.notna() & (~is_missing(column) | words.isin(asked))
    undecided = filled & words.isin(UNDECIDED_WORDS - asked)
    given = filled & ~undecided
    known = words[given]
    if asked:
        if lost := sorted(asked - set(known)):
            raise UnclearError(f"no row of '{name}' says {', '.join(lost)!r}; it says {spoken_counts(column[filled])}")
        happened = known.isin(asked)
        others = known[~happened].nunique()
        notes = (f"Not the event: {spoken_counts(column[given][~happened])}.",) if others > 1 else ()
    else:
        unclear = ~known.isin(EVENT_WORDS | NO_EVENT_WORDS)
        if unclear.any():
            raise UnclearError(
                f"'{name}' says {spoken_counts(column[given])}; say which of them is the event with --event"
            )
        happened, notes = known.isin(EVENT_WORDS), ()
    return ReadOutcomes(in_place(happened.astype(np.float64), column), undecided.to_numpy(dtype=bool), notes)
