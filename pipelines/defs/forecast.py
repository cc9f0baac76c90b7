"""The assets of the renewal forecast: the forecast with its reconciliation, and the record of forecasts before."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pandas as pd

from data_contracts.contract import SOURCE_TABLES
from models.forecast.coverage import Coverage, assess_coverage
from models.settings import ForecastSettings
from pipelines.defs.partitions import AS_OF
from pipelines.defs.places import PARTITION_TAG, Places
from pipelines.defs.scoring import GROUP
from pipelines.defs.training import GROUP as TRAINING
from pipelines.failures import readable_failures
from pipelines.forecasting import FORECAST, RECORD, write_forecast, write_track_record
from pipelines.reconciliation import reconcile
from pipelines.training_record import SNAPSHOTS

COVERAGE = "bands_hold_as_promised"
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
    description="Past forecasts, published and reconstructed, beside what came of them. Scoring renews the published.",
    check_specs=[
        dg.AssetCheckSpec(
            COVERAGE,
            asset=RECORD,
            description="The record does not contradict the 80 % bands 90 days ahead.",
        )
    ],
)
def forecast_track_record(
    context: dg.AssetExecutionContext, places: Places
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Hold past forecasts to what came of them."""
    day, settings = context.run.tags.get(PARTITION_TAG), places.settings()
    with readable_failures():
        record = write_track_record(
            places.run_folder(context.run), places.open_workspace(), date.fromisoformat(day) if day else None, settings
        )
    counts = {f"{origin}_quarters": int(rows["period"].nunique()) for origin, rows in record.groupby("origin")}
    yield dg.MaterializeResult(RECORD, metadata={"dagster/row_count": len(record), **counts})
    yield coverage_check_result(record, settings.forecast)


def coverage_check_result(record: pd.DataFrame, settings: ForecastSettings) -> dg.AssetCheckResult:
    """Warn where the record contradicts the bands, each origin by itself; it stops nothing."""
    found = assess_coverage(record, settings)
    return dg.AssetCheckResult(
        asset_key=RECORD,
        check_name=COVERAGE,
        passed=not any(each.is_contradicted for each in found),
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(_in_words(each) for each in found) or "No quarter with a forecast from then is settled.",
        metadata={f"{each.origin}_{name}": getattr(each, name) for each in found for name in ("quarters", "inside")},
    )


def _in_words(found: Coverage) -> str:
    said = f"The 80 % bands 90 days ahead ({found.origin}) held {found.inside} of {found.quarters} quarters"
    if found.p_value is None:
        return f"{said}: too few to test."
    verdict = "contradicts" if found.is_contradicted else "does not contradict"
    return f"{said}, which {verdict} them (exact binomial test, p = {found.p_value:.3f})."
