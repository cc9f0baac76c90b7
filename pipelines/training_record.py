"""What is to be remembered of a training: parameters, figures, evidence, its card, and from what it was made.

Gathers only; training and judging are `learning`'s, and where it is kept is `tracking`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from data_contracts.contract import source_contracts
from models.evaluation import METRIC_NAMES
from models.learning import LearningData
from models.model_card import CardFacts, write_card
from models.promotion import Judgement
from models.recipe import Recipe
from models.settings import SCORED_BANDS
from models.slices import EVERYTHING
from models.training import TrainingResult
from pipelines.ingestion import read_reports
from pipelines.plots import evidence_plots
from pipelines.reproduction import reproduction_facts
from pipelines.settings import Settings
from pipelines.tracking import CONTRIBUTIONS, REFERENCE_DOCUMENT, Training

SNAPSHOTS = "training_snapshots"
LABELS = "training_labels"
REPRODUCTION = "reproduction"


@dataclass(frozen=True)
class LearningFacts:
    """What the learning data do not say of themselves.

    Attributes:
        trained_through: Date at which the learning happens.
        features: Names of the features that may be learned from.
        is_notice_observed: Whether the source says when notice was given.
        knowledge_dates: `recorded` or `assumed`.
        cutoffs: Dates of the walk, ISO, oldest first.
        snapshots: Rows of snapshots.
        labels: Rows of labels.
        first_as_of: Date of the oldest snapshot, ISO; None without any.
        last_as_of: Date of the newest snapshot, ISO; None without any.
    """

    trained_through: str
    features: tuple[str, ...]
    is_notice_observed: bool
    knowledge_dates: str
    cutoffs: tuple[str, ...]
    snapshots: int
    labels: int
    first_as_of: str | None
    last_as_of: str | None


def describe_training(
    run_folder: Path,
    data: LearningData,
    result: TrainingResult,
    judgement: Judgement,
    tables: Mapping[str, pd.DataFrame],
    facts: LearningFacts,
    settings: Settings,
) -> Training:
    """Gather what is to be remembered of a training."""
    parameters = settings.model.model_dump()
    parameters |= {f"booster.{name}": value for name, value in parameters.pop("booster").items()}
    parameters |= {"trained_through": facts.trained_through, "snapshots": facts.snapshots, "labels": facts.labels}
    parameters |= {"kind": result.model.kind, "knowledge_dates": facts.knowledge_dates}
    contracts = source_contracts()
    recipe = Recipe.of(data, settings.model)
    made_from = reproduction_facts(run_folder, (SNAPSHOTS, LABELS), settings)
    return Training(
        model=result.model,
        recipe=recipe,
        parameters=parameters,
        metrics=metric_figures(result.backtest_metrics),
        tables={**tables, CONTRIBUTIONS: result.contributions},
        documents={
            "features": {
                "features": list(facts.features),
                "contracts": {name: contract.version for name, contract in contracts.items()},
            },
            "notes": list(result.notes),
            "leaks": [asdict(leak) for leak in result.leaks],
            "learning_data": asdict(facts),
            REFERENCE_DOCUMENT: result.reference.to_document(),
            REPRODUCTION: made_from,
        },
        plots=evidence_plots(result.backtest_predictions, result.contributions, settings.model),
        card=write_card(result.model, _card_facts(run_folder, data, result, judgement, recipe, facts, made_from)),
    )


def _card_facts(
    run_folder: Path,
    data: LearningData,
    result: TrainingResult,
    judgement: Judgement,
    recipe: Recipe,
    facts: LearningFacts,
    made_from: Mapping[str, Any],
) -> CardFacts:
    cohort = data.cohort(data.through)
    return CardFacts(
        recipe=recipe,
        metrics=result.backtest_metrics,
        notes=result.notes,
        judgement=judgement,
        first_as_of=facts.first_as_of,
        last_as_of=facts.last_as_of,
        snapshots=facts.snapshots,
        renewals=cohort.renewals,
        churns=cohort.churns,
        cutoffs=facts.cutoffs,
        knowledge_dates=facts.knowledge_dates,
        is_notice_observed=facts.is_notice_observed,
        missing_tables=[table for table, report in read_reports(run_folder).items() if not report.supplied],
        shares=result.shares,
        reproduction=made_from,
    )


def metric_figures(metrics: pd.DataFrame, bands: Sequence[str] = SCORED_BANDS) -> dict[str, float]:
    """Return the backtest's figures by name, `model.band.metric`; slices and differences stay in the table."""
    rows = metrics[(metrics["slice_by"] == EVERYTHING) & metrics["metric"].isin(METRIC_NAMES)]
    rows = rows[rows["band"].isin(bands) & rows["value"].notna()]
    names = rows["model"] + "." + rows["band"] + "." + rows["metric"]
    return dict(zip(names, rows["value"].astype(float), strict=True))
