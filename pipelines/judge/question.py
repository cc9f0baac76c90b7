"""What a person asks of a file of past calls. How its columns are then read is in `columns`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """What a person asks of a file: which column is what, and how its cells are meant.

    Attributes:
        judgement: Column of what was said.
        outcome: Column of what happened.
        rater: Column of who said it, or None.
        model: Column of a model's probability, or None.
        group: Column of the kind of case, or None.
        cluster: Column of what is resampled and held out together, or None for the row.
        text: Column of what was written, or None.
        judged_on: Column of when it was said, or None.
        outcome_on: Column of when it happened, or None.
        order: Names of the levels, best first; empty for known colours or probabilities.
        mapping: Words of the file and what each of them means.
        events: Values of the outcome that are the event; empty where it goes without saying.
        is_percent: Whether a column that looks like percentages is one.
    """

    judgement: str
    outcome: str
    rater: str | None = None
    model: str | None = None
    group: str | None = None
    cluster: str | None = None
    text: str | None = None
    judged_on: str | None = None
    outcome_on: str | None = None
    order: tuple[str, ...] = ()
    mapping: Mapping[str, str] | None = None
    events: tuple[str, ...] = ()
    is_percent: bool = False

    @property
    def text_columns(self) -> list[str]:
        """Columns that are read as text."""
        asked = (self.judgement, self.outcome, self.rater, self.model, self.group, self.cluster, self.text)
        return [name for name in asked if name is not None]

    @property
    def date_columns(self) -> list[str]:
        """Columns that are read as dates."""
        return [name for name in (self.judged_on, self.outcome_on) if name is not None]
