"""The strict subset of the Open Data Contract Standard v3.1 that this project writes, as it stands in the files.

Only the shape of the YAML is described here, so that a misspelled or unsupported key is an error instead of a rule that
nobody checks. What the keys mean for a table is in `contract.py`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, alias_generator=to_camel, validate_by_name=False
    )


class ColumnText(_Strict):
    """An extension of ours to the description of a column, with a text for its value."""

    property: Literal["unit", "default", "defaultFrom", "knownFrom"]
    value: str


class ColumnFlag(_Strict):
    """An extension of ours to the description of a column that is either so or not."""

    property: Literal["optional", "finalState", "code"]
    value: bool


class TableFlag(_Strict):
    """An extension of ours to the description of a table that is either so or not."""

    property: Literal["requiredTable", "versioned"]
    value: bool


class EventDate(_Strict):
    """The columns that stand in for `recorded_at`, the first that is filled."""

    property: Literal["eventDate"]
    value: Annotated[list[str], Field(min_length=1)]


class QuarantineLimit(_Strict):
    """The largest share of rows that may be set aside."""

    property: Literal["quarantineLimit"]
    value: Annotated[float, Field(ge=0, lt=1)]


ColumnProperty = Annotated[ColumnText | ColumnFlag, Field(discriminator="property")]
TableProperty = Annotated[TableFlag | EventDate | QuarantineLimit, Field(discriminator="property")]


class AllowedValues(_Strict):
    """The standard's library metric `invalidValues`: no row may hold another value."""

    class Arguments(_Strict):
        """The values that are allowed."""

        valid_values: Annotated[list[str], Field(min_length=1)]

    type: Literal["library"]
    metric: Literal["invalidValues"]
    arguments: Arguments
    must_be: Literal[0]
    unit: Literal["rows"]


class RowQuery(_Strict):
    """A rule between columns, as a query that counts the rows that break it."""

    name: str
    description: str
    type: Literal["sql"]
    query: str
    must_be: Literal[0]
    unit: Literal["rows"]
    dimension: Literal["consistency"]


class Relationship(_Strict):
    """A foreign key, as `table.column`."""

    to: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")]


class Range(_Strict):
    """Smallest and largest value, both allowed."""

    minimum: float | None = None
    maximum: float | None = None


class Property(_Strict):
    """One column."""

    name: str
    description: str
    logical_type: Literal["string", "integer", "number", "boolean", "date", "timestamp"]
    physical_type: Literal["VARCHAR", "BIGINT", "DOUBLE", "DECIMAL(18,2)", "BOOLEAN", "DATE", "TIMESTAMP"]
    logical_type_options: Range = Range()
    primary_key: bool = False
    primary_key_position: int | None = None
    required: bool
    relationships: Annotated[list[Relationship], Field(max_length=1)] = []
    quality: Annotated[list[AllowedValues], Field(max_length=1)] = []
    custom_properties: list[ColumnProperty]


class Table(_Strict):
    """The one table that a file describes."""

    name: str
    logical_type: Literal["object"]
    physical_type: Literal["table"]
    data_granularity_description: str
    custom_properties: list[TableProperty] = []
    quality: list[RowQuery] = []
    properties: Annotated[list[Property], Field(min_length=1)]


class Description(_Strict):
    """What the table is for, in words."""

    purpose: str
    usage: str | None = None
    limitations: str | None = None


class Document(_Strict):
    """One contract file."""

    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str
    name: str
    version: str
    status: Literal["active"]
    description: Description
    schema_: Annotated[list[Table], Field(alias="schema", min_length=1, max_length=1)]


def read_custom_properties(properties: list[ColumnProperty] | list[TableProperty]) -> dict[str, Any]:
    """Our extensions by name.

    Raises:
        ValueError: One of them is given twice.
    """
    found: dict[str, Any] = {}
    for entry in properties:
        if entry.property in found:
            raise ValueError(f"custom property '{entry.property}' is given twice")
        found[entry.property] = entry.value
    return found
