"""The assets of training: the labelled past, the model with its backtest, and the publication of that backtest.

They have no partitions: a training is of everything up to its `trained_through`. In a run with a partition that date is
the partition's.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from math import isfinite

import dagster as dg

from data_contracts.contract import SOURCE_TABLES
from features.signals import load_signals
from models.contribution_summary import empty_summary
from models.leak_guard import Leak, describe_leaks
from pipelines.defs.places import PARTITION_TAG, Places, run_folder_name, started_by
from pipelines.failures import readable_failures
from pipelines.forecasting import RECORD
from pipelines.judging import JUDGEMENT_TABLES
from pipelines.learning import train_and_register, was_refused, write_learning_data
from pipelines.plots import as_markdown, evidence_plots
from pipelines.publication import publish_run
from pipelines.training_record import LABELS, SNAPSHOTS, metric_figures

GROUP = "training"
WALK_TABLES = ("backtest_predictions", "backtest_metrics", "signal_track_record")
OF_THE_WALK = (*WALK_TABLES, *JUDGEMENT_TABLES)
"""What rests on the walk of a training alone."""
BACKTEST_TABLES = (*OF_THE_WALK, RECORD)
"""What a training publishes: of its walk, and the records of judgement and of the forecast."""

LEAK_CHECK = "no_input_leaks"


def leak_check_result(leaks: Sequence[Leak]) -> dg.AssetCheckResult:
    """Fail where an input is implausibly good, and name it.

    The check does not block: the outcome of a training is decided where models are compared, and a reader of the scores
    is told by the notes.
    """
    return dg.AssetCheckResult(
        asset_key="churn_model",
        check_name=LEAK_CHECK,
        passed=not leaks,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(describe_leaks(leaks)) or None,
        metadata={leak.feature: leak.figure if isfinite(leak.figure) else "without end" for leak in leaks},
    )


class TrainedThrough(dg.Config):
    """Until when outcomes teach.

    Attributes:
        trained_through: Date, ISO; empty means the as-of date of the run.
    """

    trained_through: str = ""

    def date(self, run: dg.DagsterRun) -> date:
        """Return the date.

        Raises:
            dagster.Failure: If neither the configuration nor a partition says it.
        """
        given = self.trained_through or run.tags.get(PARTITION_TAG, "")
        if not given:
            raise dg.Failure(
                description="Say `trained_through`, or start the run for an as-of date.", allow_retries=False
            )
        return date.fromisoformat(given)


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            SNAPSHOTS,
            deps=SOURCE_TABLES,
            group_name=GROUP,
            kinds={"duckdb", "parquet"},
            description="Every labelled renewal seen from every date of the training grid, with its features.",
        ),
        dg.AssetSpec(
            LABELS,
            deps=SOURCE_TABLES,
            group_name=GROUP,
            kinds={"duckdb", "parquet"},
            description="What became of each snapshot, as known at each cut-off.",
        ),
    ]
)
def learning_data(
    context: dg.AssetExecutionContext, config: TrainedThrough, places: Places
) -> Iterator[dg.MaterializeResult[None]]:
    """Build the labelled past."""
    with readable_failures():
        facts = write_learning_data(places.run_folder(context.run), config.date(context.run), places.settings())
    dates = {"first_as_of": facts.first_as_of or "none", "last_as_of": facts.last_as_of or "none"}
    shared = {"trained_through": facts.trained_through, "knowledge_dates": facts.knowledge_dates}
    features = {"features": len(facts.features)}
    yield dg.MaterializeResult(
        SNAPSHOTS, metadata={"dagster/row_count": facts.snapshots, **shared, **dates, **features}
    )
    yield dg.MaterializeResult(
        LABELS, metadata={"dagster/row_count": facts.labels, **shared, "cutoffs": len(facts.cutoffs)}
    )


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            "churn_model",
            deps=[SNAPSHOTS, LABELS],
            group_name=GROUP,
            kinds={"lightgbm", "mlflow"},
            description="The fitted model, registered; it becomes the champion where the decision on record says so.",
        ),
        *(
            dg.AssetSpec(
                table,
                deps=[SNAPSHOTS, LABELS],
                group_name=GROUP,
                kinds={"parquet"},
                description=description,
            )
            for table, description in zip(
                WALK_TABLES,
                (
                    "Every out-of-time prediction whose outcome is known.",
                    "Quality of each model and baseline per horizon.",
                    "What each signal has meant for past renewals, and whether it is news to the model.",
                ),
                strict=True,
            )
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(
            LEAK_CHECK,
            asset="churn_model",
            description="No input is so good that it must have known the outcome.",
        )
    ],
)
def fit_churn_model(
    context: dg.AssetExecutionContext, places: Places
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Walk forward, fit, register."""
    settings = places.settings()
    with readable_failures():
        result, registered = train_and_register(
            places.run_folder(context.run),
            places.open_workspace(),
            settings,
            who=started_by(context.run),
            say=context.log.info,
        )
    predictions, metrics = result.backtest_predictions, result.backtest_metrics
    yield dg.MaterializeResult(
        "churn_model",
        metadata={
            "model_version": registered.model_version,
            "registered_version": registered.number,
            "trained_through": str(registered.trained_through),
            "kind": result.model.kind,
            "notes": dg.MetadataValue.md("\n".join(f"- {note}" for note in result.notes)),
            # Without the thousands of dots of the contributions, which are with the other artifacts of the training.
            "evidence": dg.MetadataValue.md(
                as_markdown(evidence_plots(result.backtest_predictions, empty_summary(), settings.model))
            ),
            **metric_figures(metrics, bands=("90-180",)),
        },
    )
    yield leak_check_result(result.leaks)
    yield dg.MaterializeResult("backtest_predictions", metadata={"dagster/row_count": len(predictions)})
    yield dg.MaterializeResult("backtest_metrics", metadata={"dagster/row_count": len(metrics)})
    yield dg.MaterializeResult("signal_track_record", metadata={"dagster/row_count": len(load_signals())})


@dg.asset(
    deps=["churn_model", *BACKTEST_TABLES],
    group_name=GROUP,
    description="Makes the backtest of a training that stands alone the one that readers see.",
)
def publish_backtest(
    context: dg.AssetExecutionContext, config: TrainedThrough, places: Places
) -> dg.MaterializeResult[None]:
    """Publish the backtest tables for the date of the training, unless its model was refused."""
    if was_refused(places.run_folder(context.run)):
        return dg.MaterializeResult(metadata={"published": "nothing: the model was refused, so what stands stays"})
    with readable_failures():
        publication = publish_run(
            places.open_workspace(),
            config.date(context.run),
            run_folder_name(context.run),
            places.settings().run,
            context.log.info,
        )
    return dg.MaterializeResult(metadata={"published": ", ".join(publication.published)})
