"""One asset per source table and one blocking check on it, both made from the table's contract."""

from datetime import date

import dagster as dg

from data_contracts.contract import Contract, source_contracts
from data_contracts.problems import describe
from data_contracts.report import IngestReport
from pipelines.defs.partitions import AS_OF
from pipelines.defs.places import Places
from pipelines.failures import readable_failures
from pipelines.ingestion import ingest_source, parents_of, read_report

GROUP = "sources"


def source_asset(contract: Contract) -> dg.AssetsDefinition:
    """Make the asset that brings one table into the run."""

    @dg.asset(
        name=contract.table,
        group_name=GROUP,
        partitions_def=AS_OF,
        deps=parents_of(contract),
        description=contract.description,
        kinds={"duckdb", "parquet"},
        metadata={"contract_version": contract.version, "required": contract.is_required},
    )
    def ingest(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
        as_of = date.fromisoformat(context.partition_key)
        with readable_failures():
            report = ingest_source(
                contract.table,
                places.source_folder(),
                as_of,
                places.run_folder(context.run),
                places.open_workspace().recorded,
            )
        return dg.MaterializeResult(metadata=_facts(report))

    return ingest


def source_check(contract: Contract) -> dg.AssetChecksDefinition:
    """Make the check that stops a run when more rows break the contract than it allows."""

    @dg.asset_check(
        asset=contract.table,
        name="honours_contract",
        blocking=True,
        partitions_def=AS_OF,
        description=f"At most {contract.quarantine_limit:.1%} of the known rows are quarantined.",
    )
    def honours_contract(context: dg.AssetCheckExecutionContext, places: Places) -> dg.AssetCheckResult:
        report = read_report(places.run_folder(context.run), contract.table)
        problems = report.problems()
        return dg.AssetCheckResult(
            passed=not problems,
            severity=dg.AssetCheckSeverity.ERROR,
            description=describe(problems) or None,
            metadata={
                "rows_known": report.rows_known,
                "rows_quarantined": report.rows_quarantined,
                **_violations(report),
            },
        )

    return honours_contract


def _facts(report: IngestReport) -> dict[str, dg.MetadataValue | str | int | bool]:
    """Return what the interface shows of an ingested table."""
    facts: dict[str, dg.MetadataValue | str | int | bool] = {
        "dagster/row_count": report.rows_kept,
        "supplied": report.supplied,
        "rows_read": report.rows_read,
        "rows_later": report.rows_later,
        "rows_recorded": report.rows_recorded,
        "rows_quarantined": report.rows_quarantined,
        "repeats_collapsed": report.repeats_collapsed,
        "knowledge_dates": report.knowledge_dates,
        "missing_columns": ", ".join(report.missing_columns) or "none",
        "extra_columns": ", ".join(report.extra_columns) or "none",
        "file": report.file or "not supplied",
    }
    if report.first_date is not None and report.last_date is not None:
        facts |= {"first_date": str(report.first_date), "last_date": str(report.last_date)}
    return facts


def _violations(report: IngestReport) -> dict[str, dg.MetadataValue]:
    """Return the broken rules as a table, or nothing."""
    records = [
        dg.TableRecord({"rule": found.rule, "column": found.column or "", "rows": found.rows})
        for found in report.violations
    ]
    return {"violations": dg.MetadataValue.table(records)} if records else {}


SOURCE_ASSETS = [source_asset(contract) for contract in source_contracts().values()]
SOURCE_CHECKS = [source_check(contract) for contract in source_contracts().values()]
