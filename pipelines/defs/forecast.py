"""The assets of the renewal forecast: the forecast with its reconciliation, and the record of forecasts before."""

from datetime import date

import dagster as dg

from data_contracts.contract import SOURCE_TABLES
from pipelines.defs.partitions import AS_OF
from pipelines.defs.places import Places
from pipelines.defs.scoring import GROUP
from pipelines.defs.training import GROUP as TRAINING
from pipelines.failures import readable_failures
from pipelines.forecasting import FORECAST, write_forecast, write_track_record
from pipelines.reconciliation import reconcile
from pipelines.training_record import SNAPSHOTS

RECONCILIATION = "reconciles_with_renewals"
_TOLD = 10


@dg.asset(
    deps=["renewals", "accounts", "csms", "account_risk", "churn_model"],
    group_name=GROUP,
    partitions_def=AS_OF,
    kinds={"duckdb", "parquet"},
    description="What will renew, by month and quarter, with bounds and naive forecasts beside it.",
)
def renewal_forecast(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """Forecast the renewals."""
    with readable_failures():
        table = write_forecast(
            places.run_folder(context.run),
            places.open_workspace().mlflow,
            date.fromisoformat(context.partition_key),
            places.settings(),
            allow_hindsight=places.allow_hindsight,
        )
    totals = table[(table["level"] == "total") & (table["period_kind"] == "quarter")]
    spoken = {
        f"{row.period} {row.currency}": f"{row.grr_p50:.1%} ({row.grr_p10:.1%} to {row.grr_p90:.1%})"
        for row in totals.itertuples()
    }
    return dg.MaterializeResult(metadata={"dagster/row_count": len(table), "grr": dg.MetadataValue.json(spoken)})


@dg.asset_check(
    asset=FORECAST,
    name=RECONCILIATION,
    blocking=True,
    partitions_def=AS_OF,
    additional_deps=["renewals"],
    description="ARR due is that of the renewals table, to the cent, and its parts and levels add up.",
)
def reconciles_with_renewals(context: dg.AssetCheckExecutionContext, places: Places) -> dg.AssetCheckResult:
    """Stop a run whose forecast does not reconcile."""
    found = reconcile(places.run_folder(context.run), date.fromisoformat(context.partition_key))
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(found[:_TOLD]) or None,
        metadata={"disagreements": len(found)},
    )


@dg.asset(
    deps=[*SOURCE_TABLES, SNAPSHOTS, "churn_model"],
    group_name=TRAINING,
    kinds={"duckdb", "parquet"},
    description="Past forecasts, published and reconstructed, beside what came of them.",
)
def forecast_track_record(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """Hold past forecasts to what came of them."""
    with readable_failures():
        record = write_track_record(places.run_folder(context.run), places.open_workspace(), places.settings())
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(record), "quarters": int(record["period"].nunique())}
    )
