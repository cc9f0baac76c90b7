"""The assets of judgement: the record of what was said and what came of it, and what the record says."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from data_contracts.contract import SOURCE_TABLES
from pipelines.defs.places import Places
from pipelines.defs.training import GROUP
from pipelines.failures import readable_failures
from pipelines.judging import (
    CALIBRATION,
    HABITS,
    LEDGER,
    OVERRIDES,
    write_habits,
    write_judgement_figures,
    write_ledger,
)
from pipelines.training_record import LABELS, SNAPSHOTS


@dg.asset(
    deps=[*SOURCE_TABLES, SNAPSHOTS, LABELS, "churn_model"],
    group_name=GROUP,
    kinds={"duckdb", "parquet"},
    description="What CSM and models said of each renewal at fixed points before its end, and what came of it.",
)
def judgement_ledger(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult[None]:
    """Put the ledger together."""
    with readable_failures():
        ledger = write_ledger(places.run_folder(context.run), places.open_workspace(), places.settings())
    counts = {name: ledger[name].value_counts() for name in ("checkpoint", "pulse_state", "prediction_source")}
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(ledger),
            "decided": int(ledger["is_churned"].notna().sum()),
            **{
                f"by_{name}": dg.MetadataValue.json({str(value): int(rows) for value, rows in each.items()})
                for name, each in counts.items()
            },
        }
    )


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            CALIBRATION,
            deps=[LEDGER],
            group_name=GROUP,
            kinds={"parquet"},
            description="What colours, answers, reasons and, where configured, people have meant for renewals.",
        ),
        dg.AssetSpec(
            OVERRIDES,
            deps=[LEDGER],
            group_name=GROUP,
            kinds={"parquet"},
            description="Who was right where gut and usage disagreed, and what each policy would have gained.",
        ),
    ]
)
def judgement_figures(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult[None]]:
    """Hold judgement to what came of it."""
    with readable_failures():
        tables = write_judgement_figures(places.run_folder(context.run), places.settings())
    for name, table in tables.items():
        yield dg.MaterializeResult(name, metadata={"dagster/row_count": len(table)})


HABITS_CHECK = "no_habit_worth_a_look"


@dg.asset(
    name=HABITS,
    deps=[*SOURCE_TABLES, LEDGER],
    group_name=GROUP,
    kinds={"duckdb", "parquet"},
    description="How pulses are given: what a reader of colours has to know before taking them at their word.",
    check_specs=[
        dg.AssetCheckSpec(
            HABITS_CHECK,
            asset=HABITS,
            description="Nothing stands out in how pulses are given; data quality, not blame.",
        )
    ],
)
def habits_of_pulses(
    context: dg.AssetExecutionContext, places: Places
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Look at how pulses are given."""
    with readable_failures():
        habits = write_habits(places.run_folder(context.run), places.settings())
    yield dg.MaterializeResult(HABITS, metadata={"dagster/row_count": len(habits)})
    yield habits_check_result(habits)


def habits_check_result(habits: pd.DataFrame) -> dg.AssetCheckResult:
    """Warn of what stands out, in its own sentences."""
    notable = habits[habits["is_notable"].astype(bool)]
    return dg.AssetCheckResult(
        asset_key=HABITS,
        check_name=HABITS_CHECK,
        passed=notable.empty,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(notable["sentence"]) or None,
        metadata={"looked_at": len(habits), "worth_a_look": len(notable)},
    )
