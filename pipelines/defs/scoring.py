"""The assets of the weekly table: what is open, what is said of it, and its publication."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pandas as pd

from data_contracts.contract import SOURCE_TABLES
from pipelines.defs.partitions import AS_OF
from pipelines.defs.places import Places, run_folder_name
from pipelines.defs.signals import SIGNAL_TABLES
from pipelines.defs.training import OF_THE_WALK
from pipelines.drifting import DRIFT
from pipelines.failures import readable_failures
from pipelines.forecasting import FORECAST, RECORD
from pipelines.greens import GREENS, write_false_greens
from pipelines.learning import was_refused
from pipelines.publication import publish_run
from pipelines.scoring import SNAPSHOTS, write_scored_tables, write_scoring_snapshots
from pipelines.signalling import SIGNALS

GROUP = "scoring"
RISK_TABLES = ("account_risk", "risk_reasons")
_SHOWN = 10


@dg.asset(
    deps=SOURCE_TABLES,
    group_name=GROUP,
    partitions_def=AS_OF,
    kinds={"duckdb", "parquet"},
    description="Every renewal that can be seen from the date, with its features.",
)
def scoring_snapshots(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """Build what is to be scored."""
    with readable_failures():
        facts = write_scoring_snapshots(
            places.run_folder(context.run), date.fromisoformat(context.partition_key), places.settings()
        )
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": facts.rows,
            "knowledge_dates": facts.knowledge_dates,
            "notice": facts.notice,
            "losses_without_outcome": len(facts.losses_without_outcome),
        }
    )


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            "account_risk",
            deps=[SNAPSHOTS, SIGNALS, "churn_model"],
            group_name=GROUP,
            partitions_def=AS_OF,
            kinds={"parquet"},
            description="The weekly risk table.",
        ),
        dg.AssetSpec(
            "risk_reasons",
            deps=[SNAPSHOTS, SIGNALS, "churn_model"],
            group_name=GROUP,
            partitions_def=AS_OF,
            kinds={"parquet"},
            description="Why each open renewal has its probability.",
        ),
    ],
    partitions_def=AS_OF,
)
def scored_tables(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult[None]]:
    """Score, explain, assemble."""
    with readable_failures():
        tables = write_scored_tables(
            places.run_folder(context.run),
            places.open_workspace(),
            places.settings(),
            allow_hindsight=places.allow_hindsight,
        )
    risk, reasons = tables["account_risk"], tables["risk_reasons"]
    yield dg.MaterializeResult(
        "account_risk",
        metadata={
            "dagster/row_count": len(risk),
            "by_status": dg.MetadataValue.json(
                {str(status): int(rows) for status, rows in risk["status"].value_counts().items()}
            ),
            "first_renewal": str(risk["renewal_date"].min()),
            "last_renewal": str(risk["renewal_date"].max()),
            "top": dg.MetadataValue.md(_top(risk)),
        },
    )
    yield dg.MaterializeResult("risk_reasons", metadata={"dagster/row_count": len(reasons)})


@dg.asset(
    name=GREENS,
    deps=[*RISK_TABLES, *SIGNAL_TABLES],
    group_name=GROUP,
    partitions_def=AS_OF,
    kinds={"parquet"},
    description="What each green pulse is not showing, where the renewal is nevertheless at risk.",
)
def greens_in_question(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """Look behind the green."""
    with readable_failures():
        facts = write_false_greens(places.run_folder(context.run), places.settings())
    renewals = len(facts[["account_id", "renewal_id"]].drop_duplicates())
    return dg.MaterializeResult(metadata={"dagster/row_count": len(facts), "renewals": renewals})


@dg.asset(
    deps=[*SOURCE_TABLES, *RISK_TABLES, GREENS, FORECAST, RECORD, DRIFT, *SIGNAL_TABLES],
    group_name=GROUP,
    partitions_def=AS_OF,
    description="Makes the run's tables the ones that readers see; every check has passed before it.",
)
def publish(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """Publish the run."""
    with readable_failures():
        publication = publish_run(
            places.open_workspace(),
            date.fromisoformat(context.partition_key),
            run_folder_name(context.run),
            places.settings().run,
            context.log.info,
            # A refused model scored nothing here, and its walk is not the record of the one that did.
            withheld=OF_THE_WALK if was_refused(places.run_folder(context.run)) else (),
        )
    revisions = {table: publication.manifest.tables[table].revision for table in publication.published}
    return dg.MaterializeResult(
        metadata={
            "revisions": dg.MetadataValue.json(revisions),
            "quarantined": ", ".join(publication.quarantined) or "none",
            "tables_pruned": publication.pruned,
        }
    )


def _top(risk: pd.DataFrame) -> str:
    """Return the first rows of the risk table as Markdown."""
    columns = ["account_name", "renewal_date", "churn_probability", "top_reason"]
    lines = ["| account | renewal | probability | reason |", "|---|---|---|---|"]
    for row in risk[columns].head(_SHOWN).astype(object).where(risk[columns].notna(), None).to_dict("records"):
        probability = "" if row["churn_probability"] is None else f"{row['churn_probability']:.0%}"
        reason = str(row["top_reason"] or "").replace("|", "/")
        lines.append(f"| {row['account_name']} | {row['renewal_date']:%Y-%m-%d} | {probability} | {reason} |")
    return "\n".join(lines)
