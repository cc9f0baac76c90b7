"""The assets that a day brings: which signals fire, and what happened at each account."""

from datetime import date

import dagster as dg

from data_contracts.contract import SOURCE_TABLES
from pipelines.defs.partitions import AS_OF
from pipelines.defs.places import Places
from pipelines.failures import readable_failures
from pipelines.signalling import SIGNALS, TIMELINE, read_signal_notes, write_signals, write_timeline

GROUP = "signals"
SIGNAL_TABLES = (SIGNALS, TIMELINE)


@dg.asset(
    deps=SOURCE_TABLES,
    group_name=GROUP,
    partitions_def=AS_OF,
    kinds={"duckdb", "parquet"},
    description="Every stretch of time for which a signal fired, with its evidence and the action it calls for.",
)
def signals(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """Look at every signal."""
    folder = places.run_folder(context.run)
    with readable_failures():
        episodes = write_signals(
            folder, places.open_workspace(), date.fromisoformat(context.partition_key), places.settings()
        )
    on = episodes[episodes["ended_on"].isna()]
    counts = {str(name): int(rows) for name, rows in on["signal"].value_counts().items()}
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(episodes),
            "firing": dg.MetadataValue.json(counts),
            "not_watched": " ".join(read_signal_notes(folder)) or "none",
        }
    )


@dg.asset(
    deps=[*SOURCE_TABLES, SIGNALS],
    group_name=GROUP,
    partitions_def=AS_OF,
    kinds={"duckdb", "parquet"},
    description="What happened at each account in the last year, in order and in plain words.",
)
def account_timeline(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """Tell what happened."""
    with readable_failures():
        events = write_timeline(
            places.run_folder(context.run), date.fromisoformat(context.partition_key), places.settings()
        )
    return dg.MaterializeResult(metadata={"dagster/row_count": len(events)})
