"""The asset that tells drift, with a warning per kind, and the sensor that asks for a training when it should.

A drift warns and never blocks: people need this week's table most when something has changed.
"""

import json
from collections.abc import Iterator
from datetime import date

import dagster as dg
import pandas as pd

from data_contracts.contract import SOURCE_TABLES
from models.drift import CALIBRATION, DRIFT_KINDS, FEATURE, MISSINGNESS, NEW_OUTCOMES, OUTCOMES, SCORES
from models.retraining import new_outcomes, retraining_reasons
from pipelines.defs.jobs import training
from pipelines.defs.partitions import AS_OF
from pipelines.defs.places import Places
from pipelines.defs.scoring import GROUP
from pipelines.drifting import DRIFT, write_drift
from pipelines.failures import readable_failures
from pipelines.manifest import published_dates, read_published
from pipelines.registry import find_champion
from pipelines.scoring import SNAPSHOTS

DRIFT_CHECKS = {
    FEATURE: ("features_hold", "What is scored has the values that the model learned from."),
    MISSINGNESS: ("missing_values_hold", "What is scored lacks no more and no other values."),
    SCORES: ("scores_hold", "The scores are spread as those were that the model was judged by."),
    CALIBRATION: ("calibration_holds", "As many renewals churned as the published predictions said."),
    OUTCOMES: ("churn_rate_holds", "Renewals churn as often as those that the model learned from."),
    NEW_OUTCOMES: ("outcomes_are_learned", "The model has learned from nearly all outcomes that are known."),
}
REASON_TAG = "falsegreen/retraining_reason"
"""Tag of a training that the sensor asked for: the kinds of its reasons."""
_TOLD = 10


@dg.asset(
    deps=[*SOURCE_TABLES, SNAPSHOTS, "account_risk", "churn_model"],
    group_name=GROUP,
    partitions_def=AS_OF,
    kinds={"duckdb", "parquet"},
    description="What is scored, and what came of earlier predictions, against what the model learned from.",
    check_specs=[
        dg.AssetCheckSpec(name, asset=DRIFT, description=description) for name, description in DRIFT_CHECKS.values()
    ],
)
def model_drift(
    context: dg.AssetExecutionContext, places: Places
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Look for drift."""
    with readable_failures():
        table = write_drift(
            places.run_folder(context.run),
            places.open_workspace(),
            date.fromisoformat(context.partition_key),
            places.settings(),
            allow_hindsight=places.allow_hindsight,
        )
    drifting = table.loc[table["is_drifting"].astype(bool), "kind"].value_counts()
    counts = {str(kind): int(rows) for kind, rows in drifting.items()}
    yield dg.MaterializeResult(metadata={"dagster/row_count": len(table), "drifting": dg.MetadataValue.json(counts)})
    for kind in DRIFT_KINDS:
        yield drift_check_result(kind, table)


def drift_check_result(kind: str, table: pd.DataFrame) -> dg.AssetCheckResult:
    """Warn of what drifts of a kind, in its own sentences."""
    rows = table[table["kind"] == kind]
    drifting = rows[rows["is_drifting"].astype(bool)]
    sentences = drifting["sentence"].tolist()
    return dg.AssetCheckResult(
        asset_key=DRIFT,
        check_name=DRIFT_CHECKS[kind][0],
        passed=drifting.empty,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(sentences[:_TOLD]) or None,
        metadata={"looked_at": len(rows), "drifting": ", ".join(drifting["name"]) or "none"},
    )


@dg.sensor(
    job=training,
    minimum_interval_seconds=3600,
    description="A training when enough outcomes are new, or when what the model learned no longer holds.",
)
def retraining(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Read the newest drift and ask for a training through its date, once per model and reason."""
    places = Places()
    workspace = places.open_workspace()
    dates = published_dates(workspace, DRIFT)
    if not dates:
        return dg.SkipReason(f"No drift is published in {workspace.root}: nothing has been scored there yet.")
    table = read_published(workspace, DRIFT, dates[-1])
    if table.empty:
        return dg.SkipReason("The model kept no record of what it learned from, so no drift is measured.")
    settings = places.settings().drift
    reasons = retraining_reasons(table, settings)
    if not reasons:
        return dg.SkipReason(
            f"Nothing calls for a training as of {dates[-1]}: {new_outcomes(table)} outcomes are new "
            f"({settings.minimum_renewals} are needed whatever drifts), and what drifts is not enough."
        )
    version = str(table["model_version"].iloc[0])
    asked = asked_before(context.cursor, version)
    if not set(reasons) - asked:
        return dg.SkipReason(f"A training in place of {version} has been asked for already: {', '.join(reasons)}.")
    champion = find_champion(workspace.mlflow)
    if champion is not None and champion.model_version != version:
        return dg.SkipReason(
            f"{version} is no longer in charge: {champion.model_version}, trained through {champion.trained_through}, "
            "has not been looked at yet."
        )
    context.log.info(" ".join(reasons.values()))
    day = dates[-1].isoformat()
    request = dg.RunRequest(run_key=f"{version}@{day}", partition_key=day, tags={REASON_TAG: ",".join(sorted(reasons))})
    cursor = json.dumps({"model_version": version, "asked": sorted(asked | set(reasons))})
    return dg.SensorResult(run_requests=[request], cursor=cursor)


def asked_before(cursor: str | None, model_version: str) -> set[str]:
    """Return the reasons for which a training in place of a model has been asked for."""
    last = json.loads(cursor) if cursor else {}
    return set(last["asked"]) if last.get("model_version") == model_version else set()
