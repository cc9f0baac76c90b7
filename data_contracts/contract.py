"""The contract of a table, typed: what its columns hold, when they are known, and which rows break it.

Contracts are read from the files beside this module and from nowhere else; whoever needs a type, a key, an allowed
value or a rule of time asks here instead of repeating it. How rows are checked is in `ingest.py` and `expectations.py`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from data_contracts.odcs import Document, Property, RowQuery, read_custom_properties
from data_contracts.problems import ContractError, Problem

LogicalType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
Operator = Literal["<", "<=", ">", ">=", "without"]

SOURCE_TABLES = (
    "accounts",
    "csms",
    "contacts",
    "renewals",
    "usage_daily",
    "csm_pulses",
    "entitlements",
    "support_tickets",
    "survey_responses",
    "invoices",
    "meetings",
    "emails",
    "integration_runs",
    "value_touchpoints",
    "plays",
)
"""The tables that come in, those that others refer to first."""

OUTPUT_TABLES = (
    "account_risk",
    "risk_reasons",
    "false_greens",
    "renewal_forecast",
    "model_drift",
    "signals",
    "signal_track_record",
    "account_timeline",
    "backtest_predictions",
    "backtest_metrics",
    "judgement_ledger",
    "gut_calibration",
    "override_value",
    "pulse_habits",
    "forecast_track_record",
)
"""The tables that go out."""

_COMPARISON = re.compile(r"(?P<left>[a-z_]+) (?P<operator><=|>=|<|>) (?P<right>[a-z_]+)")
_WITHOUT = re.compile(r"(?P<left>[a-z_]+) IS NOT NULL AND (?P<right>[a-z_]+) IS NULL")
_QUERY_START = "SELECT COUNT(*) FROM ${object} WHERE "


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Column(_Frozen):
    """One column of a table.

    Attributes:
        name: Name in the table.
        description: What it holds, in one sentence.
        unit: Unit of its values.
        logical_type: Type in the standard's words.
        duckdb_type: Type after ingest, in DuckDB's words.
        required: Whether the column must be there.
        nullable: Whether a value may be missing.
        allowed_values: The only values allowed, or None for any.
        minimum: Smallest allowed value, or None.
        maximum: Largest allowed value, or None.
        default: Value that stands in for a missing one, or None.
        default_from: Column whose value stands in for a missing one, or None.
        known_from: Column whose date must have come before the value may be read, or None.
        final_state: Whether the value may change without leaving a version or a date.
        references: Column that the value must be found in, as `table.column`, or None.
        is_code: Whether case and blanks around it mean nothing: it is read in capitals, without them.
    """

    name: str
    description: str
    unit: str
    logical_type: LogicalType
    duckdb_type: str
    required: bool
    nullable: bool
    allowed_values: tuple[str, ...] | None
    minimum: float | None
    maximum: float | None
    default: str | None
    default_from: str | None
    known_from: str | None
    final_state: bool
    references: str | None
    is_code: bool = False


class RowRule(_Frozen):
    """A rule between two columns of a row, said as what breaks it.

    Attributes:
        name: Stable name of the rule.
        description: What the rule demands, in one sentence.
        left: First column.
        operator: A row is broken where `left operator right`; `without` means that left is filled and right is not.
        right: Second column.
    """

    name: str
    description: str
    left: str
    operator: Operator
    right: str

    @property
    def broken_when(self) -> str:
        """The SQL condition that holds for a broken row; unknown, hence not broken, where a compared value is null."""
        if self.operator == "without":
            return f'"{self.left}" IS NOT NULL AND "{self.right}" IS NULL'
        return f'"{self.left}" {self.operator} "{self.right}"'


class Contract(_Frozen):
    """What one table promises.

    Attributes:
        table: Name of the table.
        version: Version of the contract.
        description: What the table is for.
        usage: What this project does with it, or None.
        limitations: What it cannot tell, or None.
        grain: What one row stands for.
        columns: Its columns, in order.
        key: Names of the key columns, in order.
        versioned: Whether several rows with one key are versions of one thing.
        event_dates: Columns that stand in for `recorded_at`, the first that is filled; empty for outputs.
        is_required: Whether the table must be there.
        quarantine_limit: Largest share of rows that may be set aside.
        row_rules: Rules between columns.
    """

    table: str
    version: str
    description: str
    usage: str | None
    limitations: str | None
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    versioned: bool
    event_dates: tuple[str, ...]
    is_required: bool
    quarantine_limit: float
    row_rules: tuple[RowRule, ...]

    @property
    def event_date(self) -> str:
        """The first column that stands in for `recorded_at`."""
        return self.event_dates[0]

    @property
    def has_valid_from(self) -> bool:
        """Whether the table says from which date a row holds, apart from when it was recorded."""
        return any(column.name == "valid_from" for column in self.columns)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: The table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.table} has no column '{name}'")

    @model_validator(mode="after")
    def _check_names(self) -> Contract:
        known = set(self.column_names)
        if len(known) < len(self.columns):
            raise ValueError("two columns have the same name")
        named = {*self.key, *self.event_dates}
        named.update(name for rule in self.row_rules for name in (rule.left, rule.right))
        named.update(column.known_from for column in self.columns if column.known_from)
        named.update(column.default_from for column in self.columns if column.default_from)
        if missing := sorted(named - known):
            raise ValueError(f"no such column: {', '.join(missing)}")
        if not self.key:
            raise ValueError("no column is marked primaryKey")
        dates = {column.name for column in self.columns if column.logical_type in ("date", "timestamp")}
        date_names = {*self.event_dates, *(column.known_from for column in self.columns if column.known_from)}
        if wrong := sorted(date_names - dates):
            raise ValueError(f"not a date: {', '.join(wrong)}")
        return self


@cache
def source_contracts() -> dict[str, Contract]:
    """The contracts of the fifteen tables that come in, by name, referred-to tables first.

    Raises:
        ContractError: A file breaks the format; the message names file and key.
    """
    return {table: _read_packaged("sources", table) for table in SOURCE_TABLES}


@cache
def output_contracts() -> dict[str, Contract]:
    """The contracts of the tables that go out, by name.

    Raises:
        ContractError: A file breaks the format; the message names file and key.
    """
    return {table: _read_packaged("outputs", table) for table in OUTPUT_TABLES}


def read_contract(text: str, file: str) -> Contract:
    """Read one contract from its YAML text.

    Args:
        text: The whole file.
        file: Name of the file, for messages; `<table>.odcs.yaml`.

    Raises:
        ContractError: The text breaks the format; the message names file and key.
    """
    table = file.removesuffix(".odcs.yaml")
    try:
        document = Document.model_validate(yaml.safe_load(text))
        contract = _contract_from(document)
    except ValidationError as error:
        raise ContractError(
            Problem(table, file, "contract_file", f"{_dotted(entry['loc'])}: {entry['msg']}")
            for entry in error.errors()
        ) from None
    except (ValueError, yaml.YAMLError) as error:
        raise ContractError([Problem(table, file, "contract_file", str(error))]) from None
    if contract.table != table:
        message = f"schema.0.name: the file describes '{contract.table}', not '{table}'"
        raise ContractError([Problem(table, file, "contract_file", message)])
    return contract


def _read_packaged(folder: str, table: str) -> Contract:
    name = f"{table}.odcs.yaml"
    return read_contract((files("data_contracts") / folder / name).read_text(encoding="utf-8"), name)


def _contract_from(document: Document) -> Contract:
    table = document.schema_[0]
    custom = read_custom_properties(table.custom_properties)
    keys = [column for column in table.properties if column.primary_key]
    return Contract(
        table=table.name,
        version=document.version,
        description=document.description.purpose,
        usage=document.description.usage,
        limitations=document.description.limitations,
        grain=table.data_granularity_description,
        columns=tuple(_column_from(column) for column in table.properties),
        key=tuple(column.name for column in sorted(keys, key=lambda column: column.primary_key_position or 0)),
        versioned=custom.get("versioned", False),
        event_dates=tuple(custom.get("eventDate", ())),
        is_required=custom.get("requiredTable", True),
        quarantine_limit=custom.get("quarantineLimit", 0.0),
        row_rules=tuple(_row_rule_from(rule) for rule in table.quality),
    )


def _column_from(entry: Property) -> Column:
    custom: dict[str, Any] = read_custom_properties(entry.custom_properties)
    if "unit" not in custom:
        raise ValueError(f"{entry.name}: custom property 'unit' is missing")
    return Column(
        name=entry.name,
        description=entry.description,
        unit=custom["unit"],
        logical_type=entry.logical_type,
        duckdb_type=entry.physical_type,
        required=not custom.get("optional", False),
        nullable=not entry.required,
        allowed_values=tuple(entry.quality[0].arguments.valid_values) if entry.quality else None,
        minimum=entry.logical_type_options.minimum,
        maximum=entry.logical_type_options.maximum,
        default=custom.get("default"),
        default_from=custom.get("defaultFrom"),
        known_from=custom.get("knownFrom"),
        final_state=custom.get("finalState", False),
        references=entry.relationships[0].to if entry.relationships else None,
        is_code=custom.get("code", False),
    )


def _row_rule_from(rule: RowQuery) -> RowRule:
    predicate = rule.query.removeprefix(_QUERY_START)
    found = _COMPARISON.fullmatch(predicate) or _WITHOUT.fullmatch(predicate)
    if found is None or predicate == rule.query:
        forms = f"'{_QUERY_START}a < b' or '{_QUERY_START}a IS NOT NULL AND b IS NULL'"
        raise ValueError(f"{rule.name}.query: must read {forms}")
    operator: Any = found.groupdict().get("operator", "without")
    return RowRule(
        name=rule.name, description=rule.description, left=found["left"], operator=operator, right=found["right"]
    )


def _dotted(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "(file)"
