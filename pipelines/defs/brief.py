"""The asset of the weekly brief: the page that is made of what has just been published."""

from datetime import date

import dagster as dg

from pipelines.brief.brief import write_brief
from pipelines.defs.partitions import AS_OF
from pipelines.defs.places import Places
from pipelines.defs.scoring import GROUP
from pipelines.failures import readable_failures


@dg.asset(
    deps=["publish"],
    group_name=GROUP,
    partitions_def=AS_OF,
    kinds={"html"},
    description="One page for people who will not open a tool, made of what stands published.",
)
def weekly_brief(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """Write the page."""
    with readable_failures():
        path = write_brief(
            places.open_workspace(), places.settings().forecast, date.fromisoformat(context.partition_key)
        )
    return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(path), "bytes": path.stat().st_size})
