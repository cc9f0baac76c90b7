"""The training side of a run: the learning data, the model, its evidence, its registration.

Each function here is the one call of one asset. What a snapshot is belongs to `features`, how a model is fitted to
`models`; this module reads, hands over and writes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.contract import output_contracts, source_contracts
from features.catalogue import FEATURES
from features.feature_sets import NO_HUMAN_JUDGEMENT, usable_features
from features.history import build_history
from features.sources import Sources
from features.spine import KEY
from models.evaluation import METRIC_NAMES
from models.learning import LearningData
from models.settings import SCORED_BANDS
from models.signal_record import record_signals
from models.slices import EVERYTHING
from models.training import TrainingResult, train
from pipelines.engine_session import open_engine
from pipelines.plots import evidence_plots
from pipelines.settings import Settings
from pipelines.tables import read_table, write_output
from pipelines.tracking import RegisteredModel, Training, register_training

SNAPSHOTS = "training_snapshots"
LABELS = "training_labels"
_FACTS = "facts.json"


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


def write_learning_data(run_folder: Path, trained_through: date, settings: Settings) -> LearningFacts:
    """Build the labelled past from the run's source tables and write it beside them.

    Args:
        run_folder: The run's folder, with all source tables in it.
        trained_through: Outcomes recorded on or after this date do not exist.
        settings: Limits of the engine.

    Raises:
        FileNotFoundError: If the run has no source tables.
    """
    with open_engine(run_folder, settings.run) as engine:
        sources = Sources.open(run_folder, engine)
        history = build_history(sources, trained_through)
        snapshots = engine.write_parquet(history.snapshots, run_folder / SNAPSHOTS / f"{SNAPSHOTS}.parquet", KEY)
        labels = engine.write_parquet(history.labels, run_folder / LABELS / f"{LABELS}.parquet", (*KEY, "cutoff"))
        dates = pd.read_parquet(run_folder / SNAPSHOTS / f"{SNAPSHOTS}.parquet", columns=["as_of"])["as_of"]
        facts = LearningFacts(
            trained_through=trained_through.isoformat(),
            features=tuple(feature.name for feature in usable_features(sources)),
            is_notice_observed=sources.is_supplied("renewals", "notice_given_on"),
            knowledge_dates=sources.knowledge_dates,
            cutoffs=tuple(cutoff.isoformat() for cutoff in history.cutoffs),
            snapshots=snapshots,
            labels=labels,
            first_as_of=str(min(dates)) if snapshots else None,
            last_as_of=str(max(dates)) if snapshots else None,
        )
    (run_folder / SNAPSHOTS / _FACTS).write_text(json.dumps(asdict(facts), indent=1) + "\n", encoding="utf-8")
    return facts


def train_and_register(
    run_folder: Path, tracking_folder: Path, settings: Settings
) -> tuple[TrainingResult, RegisteredModel]:
    """Train on the run's learning data, write its evidence, and register the model.

    Args:
        run_folder: The run's folder, with the learning data in it.
        tracking_folder: The workspace's `mlflow/` folder.
        settings: How to fit.

    Raises:
        LearningError: If no renewal has been decided or all outcomes are equal.
    """
    data, facts = read_learning_data(run_folder)
    result = train(data, settings.model)
    tables = {
        "backtest_predictions": result.backtest_predictions,
        "backtest_metrics": result.backtest_metrics,
        "signal_track_record": record_signals(data, data.snapshots, result.paired_predictions, settings.model),
    }
    contracts = output_contracts()
    for table, frame in tables.items():
        write_output(frame, contracts[table], run_folder / table / f"{table}.parquet")
    registered = register_training(tracking_folder, _describe(result, tables, facts, settings))
    return result, registered


def read_learning_data(run_folder: Path) -> tuple[LearningData, LearningFacts]:
    """Return the learning data that a run wrote."""
    facts = LearningFacts(**json.loads((run_folder / SNAPSHOTS / _FACTS).read_text(encoding="utf-8")))
    data = LearningData(
        snapshots=read_table(run_folder / SNAPSHOTS / f"{SNAPSHOTS}.parquet"),
        labels=read_table(run_folder / LABELS / f"{LABELS}.parquet"),
        trained_through=date.fromisoformat(facts.trained_through),
        features=tuple(FEATURES[name] for name in facts.features),
        usage_features=tuple(name for name in facts.features if name in NO_HUMAN_JUDGEMENT),
        is_notice_observed=facts.is_notice_observed,
    )
    return data, facts


def _describe(
    result: TrainingResult, tables: Mapping[str, pd.DataFrame], facts: LearningFacts, settings: Settings
) -> Training:
    """Gather what is to be remembered of a training."""
    parameters = settings.model.model_dump()
    parameters |= {f"booster.{name}": value for name, value in parameters.pop("booster").items()}
    parameters |= {"trained_through": facts.trained_through, "snapshots": facts.snapshots, "labels": facts.labels}
    parameters |= {"kind": result.model.kind, "knowledge_dates": facts.knowledge_dates}
    metrics = result.backtest_metrics
    contracts = source_contracts()
    return Training(
        model=result.model,
        parameters=parameters,
        metrics=metric_figures(metrics),
        tables=tables,
        documents={
            "features": {
                "features": list(facts.features),
                "contracts": {name: contract.version for name, contract in contracts.items()},
            },
            "notes": list(result.notes),
            "leaks": [asdict(leak) for leak in result.leaks],
            "learning_data": asdict(facts),
        },
        plots=evidence_plots(result.backtest_predictions, result.contributions, settings.model),
    )


def metric_figures(metrics: pd.DataFrame, bands: Sequence[str] = SCORED_BANDS) -> dict[str, float]:
    """Return the backtest's figures by name, `model.band.metric`; slices and differences stay in the table."""
    rows = metrics[(metrics["slice_by"] == EVERYTHING) & metrics["metric"].isin(METRIC_NAMES)]
    rows = rows[rows["band"].isin(bands) & rows["value"].notna()]
    names = rows["model"] + "." + rows["band"] + "." + rows["metric"]
    return dict(zip(names, rows["value"].astype(float), strict=True))
