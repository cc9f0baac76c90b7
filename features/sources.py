"""The source tables of one run, as lazy tables, with what their ingest said of them.

No date is cut here: `known` passes every request on to `features.as_of`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ibis.expr.types as ir

from data_contracts.contract import Contract, source_contracts
from data_contracts.report import IngestReport
from features.as_of import first_rows, first_seen, known_rows, moments_since
from features.engine import Engine


@dataclass(frozen=True)
class Sources:
    """The ingested tables of a run.

    Attributes:
        tables: Source table by name; a table that was not supplied is there, empty.
        reports: What ingest recorded of each table.
        contracts: The contract of each table.
        engine: Where expressions over these tables are executed.
        quarantine: What was set aside of a table, as text, of the tables that have any.
    """

    tables: Mapping[str, ir.Table]
    reports: Mapping[str, IngestReport]
    contracts: Mapping[str, Contract]
    engine: Engine
    quarantine: Mapping[str, ir.Table] = field(default_factory=dict)

    @classmethod
    def open(cls, run_folder: Path, engine: Engine) -> "Sources":
        """Open the source tables that ingest wrote below a run's folder.

        Raises:
            FileNotFoundError: If a table has not been ingested in this run.
        """
        contracts = source_contracts()
        reports = {
            name: IngestReport.from_json((run_folder / name / "report.json").read_text(encoding="utf-8"))
            for name in contracts
        }
        tables = {name: engine.read_parquet(run_folder / name / f"{name}.parquet") for name in contracts}
        quarantine = {
            name: engine.read_parquet(run_folder / name / "quarantine.parquet")
            for name in contracts
            if reports[name].rows_quarantined
        }
        return cls(tables, reports, contracts, engine, quarantine)

    def is_supplied(self, table: str, column: str | None = None) -> bool:
        """Whether the company supplied a table and, if asked, a column of it."""
        report = self.reports[table]
        return report.supplied and (column is None or column not in report.missing_columns)

    def first_recorded(self, table: str, *columns: str) -> ir.Table:
        """Return when a combination of values was first recorded, whatever else of the row was put right afterwards.

        For rows known at a date: the version that shows the values was recorded before it, so what is recorded later
        cannot come first.

        Args:
            table: Name of the table.
            columns: The columns; rows with a null in any of them match nothing.

        Returns:
            One row per combination that was ever recorded, with `first_recorded_at`.
        """
        rows = self.tables[table].drop_null(list(columns))
        return rows.group_by(list(columns)).agg(first_recorded_at=rows.recorded_at.min())

    def holds(self, table: str, column: str | None = None) -> bool:
        """Whether anything is on record of a table or, if asked, any value of a column of it."""
        rows = self.tables[table]
        rows = rows if column is None else rows.filter(rows[column].notnull())
        return bool(self.engine.scalar(rows.limit(1).count()))

    @property
    def knowledge_dates(self) -> str:
        """`recorded` where every supplied table says when it was known, else `assumed`."""
        supplied = [report.knowledge_dates for report in self.reports.values() if report.supplied]
        return "assumed" if "assumed" in supplied else "recorded"

    def known(
        self,
        table: str,
        moments: ir.Table,
        on: Sequence[str] = ("account_id",),
        lookback: tuple[str, int] | None = None,
        *,
        in_force: bool = True,
        rows: ir.Table | None = None,
    ) -> ir.Table:
        """Return what was known of a table at each moment; see `features.as_of.known_rows`.

        `rows` are those of the table to choose from, with the columns that are wanted of them; None for all.
        """
        rows = self.tables[table] if rows is None else rows
        return known_rows(rows, self.contracts[table], moments, on, lookback, in_force=in_force)

    def with_values(self, table: str, known: ir.Table, *columns: str) -> ir.Table:
        """Return known rows of a table with values of theirs that were not carried along.

        What was known is decided by `known`. Long texts are looked up for the few rows that end up being read, instead
        of travelling through every pair of row and date.

        Args:
            table: Name of the table.
            known: Rows that `known` returned, with at least the table's key and `recorded_at`.
            columns: Names of the columns wanted.

        Raises:
            ValueError: If a column may have to be hidden.
        """
        contract = self.contracts[table]
        if any(contract.column(name).known_from for name in columns):
            raise ValueError(f"{table}: {', '.join(columns)} must come from the rows known, where values are hidden")
        version = [*contract.key, "recorded_at"]
        return known.join(self.tables[table].select(*version, *columns), version)

    def first_rows(self, table: str, rows: ir.Table, on: Sequence[str], column: str) -> ir.Table:
        """Return the few rows of which one is the first that a date sees; see `features.as_of.first_rows`.

        Args:
            table: Name of the table.
            rows: Its rows, or those that count.
            on: Columns that tell the groups apart.
            column: The event date.
        """
        first = first_seen(rows, self.contracts[table], on, age=(column, 0))
        return self.engine.store(first_rows(rows, first, on, column), through=[first])

    def watched(
        self,
        table: str,
        moments: ir.Table,
        on: Sequence[str] = (),
        column: str | None = None,
        rows: ir.Table | None = None,
        age: tuple[str, int] | None = None,
    ) -> ir.Table:
        """Return the moments by which something of a table had been recorded; see `features.as_of.first_seen`.

        A count is zero only where it was being kept; before, it is null.

        Args:
            table: Name of the table.
            moments: Rows with `as_of` and the columns named in `on`.
            on: Columns that a moment and a row must share; empty to ask whether it was recorded of anybody.
            column: Look at this column's values instead of whole rows.
            rows: Those of its rows that count; None for all.
            age: `(column, days)` asks for a row whose event date lies more than so many days before the date.
        """
        rows = self.tables[table] if rows is None else rows
        first = self.engine.store(first_seen(rows, self.contracts[table], on, column, age))
        return moments_since(first, moments, on)
