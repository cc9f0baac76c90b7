"""From a folder of files to the first table, step by step: what is wanted, what is there, what is wrong, the first run.

Whoever opens the page in a browser reads what the server was told to read; a run is started by whoever runs the
notebook, on their own machine, and never from a page.
"""

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import pandas as pd

from data_contracts.contract import SOURCE_TABLES, source_contracts
from data_contracts.problems import ContractError, Problem, near_name
from data_contracts.reading import quote_paths, quote_text, unreadable
from data_contracts.source_files import SourceFiles, find_source
from pipelines.as_of_default import default_as_of
from pipelines.board.place import CONFIG_VARIABLE
from pipelines.contract_check import CheckedSources, check_sources
from pipelines.figures_in_words import counted
from pipelines.ingestion import unused_files
from pipelines.summary import describe_sources
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.execution import RunPlan

SOURCE_VARIABLE: Final = "FALSEGREEN_SOURCE"
_SAMPLE_ACCOUNTS: Final = 60
_READS: Final = {"csv": "read_csv({}, all_varchar = true)", "parquet": "read_parquet({}, union_by_name = true)"}


def the_source() -> Path | None:
    """Return the folder of tables that FALSEGREEN_SOURCE names, or None where it names none."""
    named = os.environ.get(SOURCE_VARIABLE)
    return Path(named) if named else None


def sample_source() -> Path:
    """Return a folder with a small made-up company as CSV files, as an export would look. The caller's to remove."""
    from sample_company.generate import generate_company
    from sample_company.settings import CompanySettings

    folder = Path(tempfile.mkdtemp(prefix="falsegreen-sample-")) / "exports"
    made = folder.parent / "made"
    generate_company(made, CompanySettings(accounts=_SAMPLE_ACCOUNTS))
    folder.mkdir()
    with duckdb.connect(":memory:") as connection:
        for table in SOURCE_TABLES:
            query = f"SELECT * FROM read_parquet({quote_paths([made / f'{table}.parquet'])})"  # noqa: S608 - our own
            connection.execute(f"COPY ({query}) TO {quote_text(str(folder / f'{table}.csv'))} (HEADER)")
    return folder


def workspace_of_sample(folder: Path) -> Workspace:
    """Return a workspace beside a made-up company: it never mixes with what is published of a real one."""
    return Workspace(folder.parent / "workspace")


def tables_wanted() -> pd.DataFrame:
    """Return the tables that can be supplied: table, needed, one row is, key, columns it must have, what for."""
    rows = []
    for table in SOURCE_TABLES:
        contract = source_contracts()[table]
        required = [column.name for column in contract.columns if column.required]
        rows.append(
            (
                table,
                "required" if contract.is_required else "optional",
                contract.grain,
                ", ".join(contract.key),
                ", ".join(required),
                contract.usage or contract.description,
            )
        )
    frame = pd.DataFrame.from_records(
        rows, columns=["table", "needed", "one row is", "key", "columns it must have", "what it is for"]
    )
    return frame.sort_values("needed", ascending=False, kind="stable", ignore_index=True)


def tables_found(folder: Path) -> pd.DataFrame:
    """Return what lies in a folder for each table: table, file, rows, columns missing (two columns), columns unknown.

    Args:
        folder: Folder of tables. A file that cannot be read says so in its row.
    """
    rows = [_found(folder, table) for table in SOURCE_TABLES]
    return pd.DataFrame.from_records(
        rows,
        columns=[
            "table",
            "file",
            "rows",
            "required columns that are missing",
            "optional columns that are not there",
            "columns that no contract names",
        ],
    ).astype({"rows": "Int64"})


def _found(folder: Path, table: str) -> tuple[str, str, int | None, str, str, str]:
    try:
        source = find_source(folder, table)
        if source is None:
            return table, "not there", None, "", "", ""
        if not sum(file.stat().st_size for file in source.files):
            return table, "is empty", None, "", "", ""
        columns, count = _looked_at(source)
    except ContractError as error:
        return table, f"cannot be read: {error.problems[0].message}", None, "", "", ""
    contract = source_contracts()[table]
    names = set(contract.column_names)
    missing = [column for column in contract.columns if column.name not in columns]
    required, optional = (
        ", ".join(column.name for column in missing if column.required == is_required) for is_required in (True, False)
    )
    unknown = [_unknown(name, [column.name for column in missing]) for name in columns if name not in names]
    return table, source.path.name, count, required, optional, ", ".join(unknown)


def _looked_at(source: SourceFiles) -> tuple[list[str], int]:
    """The columns of a table and how many rows it has."""
    relation = _READS[source.format].format(quote_paths(source.files))
    with duckdb.connect(":memory:") as connection:
        try:
            described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608 - as below
            found = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()  # noqa: S608 - paths are quoted
        except duckdb.Error as error:
            raise unreadable(source, error) from error
    return [str(row[0]) for row in described], int(found[0]) if found else 0


def _unknown(name: str, missing: list[str]) -> str:
    near = near_name(name, missing)
    return f"{name} (meant as {near}?)" if near else name


def checked(folder: Path, say: Callable[[str], None]) -> CheckedSources:
    """Hold every table in a folder to its contract, as of the date that a run would stand for; write nothing."""
    return check_sources(folder, default_as_of(folder, datetime.now(UTC).date()), say)


def sentences(folder: Path, found: CheckedSources) -> list[str]:
    """Say what a check has read, what is missing and what comes of it."""
    verdict = f"{counted(len(found.problems), 'problem')} would stop a run." if found.problems else found.verdict()
    return [*describe_sources(found.reports, unused_files(folder), is_check=True), verdict]


def problems_table(problems: tuple[Problem, ...]) -> pd.DataFrame:
    """Return what is wrong: table, column, rule, what is wrong, rows, the first of them."""
    return pd.DataFrame.from_records(
        [
            (
                problem.table,
                problem.column or "",
                problem.rule,
                problem.message,
                problem.rows,
                "; ".join(str(row) for row in problem.first_rows),
            )
            for problem in problems
        ],
        columns=["table", "column", "rule", "what is wrong", "rows", "the first of them"],
    ).astype({"rows": "Int64"})


def where_from(workspace: Workspace, risk: pd.DataFrame, run_id: str | None) -> str:
    """Say what the first table shows: a workspace keeps what was published in it, whatever folder is looked at now.

    Args:
        workspace: The workspace.
        risk: The published `account_risk`; not empty.
        run_id: The run that was started here, or None.
    """
    shown = f"What stands published in {workspace.root}, as of {risk['as_of'].iloc[0]}"
    return f"{shown}." if run_id else f"{shown}: an earlier run made it, perhaps of other tables than those above."


def first_run(folder: Path, workspace: Workspace) -> str:
    """Run everything on a folder of tables into a workspace, as `falsegreen run` does; return the run's folder name.

    Raises:
        RunFailedError: If a step fails.
    """
    from pipelines.execution import run_everything
    from pipelines.telemetry import turn_off_telemetry

    turn_off_telemetry()
    return run_everything(_plan(folder, workspace), lambda _: None, retrain=False)


def _plan(folder: Path, workspace: Workspace) -> "RunPlan":
    from pipelines.execution import RunPlan

    config = os.environ.get(CONFIG_VARIABLE)
    as_of = default_as_of(folder, datetime.now(UTC).date())
    return RunPlan(folder, workspace, as_of, Path(config) if config else None)
