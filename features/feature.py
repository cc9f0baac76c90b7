"""What a feature says about itself.

One declaration per feature carries everything that others derive: the monotone constraints of the model, the sets of
inputs, the sentences of the risk table and the data dictionary. Expressions live in the family modules; nothing is
computed here.
"""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["raises", "lowers", "either"]
Kind = Literal["integer", "number", "boolean", "category"]

JUDGEMENT_SOURCES = frozenset(
    {
        "csm_pulses",
        "plays",
        "accounts.csm_id",
        "csms",
        "contacts.role",
        "contacts.left_on",
    }
)
"""Tables, or single columns, that a person at the vendor fills in by judgement. `usage_view` uses none of them."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of the model.

    Attributes:
        name: `<family>__<quantity>_<unit or window>`, unique.
        description: What is measured, in one sentence, for the data dictionary.
        unit: Unit of the value, for example `people`, `days`, `share 0-1`; of an ordered scale the word for each level,
            as in `0 green, 1 yellow, 2 red`.
        kind: Type of the value. Missing is always allowed and never stands for zero.
        direction: Whether a higher value raises or lowers the risk of churn, where that is beyond doubt; else `either`.
            Only directions beyond doubt become monotone constraints.
        lineage: Source columns that the value depends on, as `table.column`.
        sentence: What a CSM would say of the value, with `{value}` where it goes.
        group: Name under which explanations add this feature up with its kin.
        when_missing: What a CSM would say when there is no value; empty to say that the described is not on record.
        when_false: What a CSM would say where a yes-or-no sentence does not hold.
        learned_from: Column of the snapshots that a feature learned from outcomes is computed from by the model; empty
            where the value itself is measured.
    """

    name: str
    description: str
    unit: str
    kind: Kind
    direction: Direction
    lineage: frozenset[str]
    sentence: str
    group: str
    when_missing: str = ""
    when_false: str = ""
    learned_from: str = ""

    @property
    def column(self) -> str:
        """The column of the snapshots that holds the value, or what it is learned from."""
        return self.learned_from or self.name

    @property
    def family(self) -> str:
        """The part of the name before the double underscore."""
        return self.name.split("__", 1)[0]

    @property
    def tables(self) -> frozenset[str]:
        """The source tables that the value depends on."""
        return frozenset(column.split(".")[0] for column in self.lineage)

    @property
    def is_judgement(self) -> bool:
        """Whether any source column of the value is one that a person at the vendor fills in by judgement."""
        return not JUDGEMENT_SOURCES.isdisjoint(self.lineage | self.tables)
