"""The training side of a run: the learning data, the model, its evidence, its registration.

Each function here is the one call of one asset. What a snapshot is belongs to `features`, how a model is fitted to
`models`; this module reads, hands over and writes.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.contract import output_contracts
from features.catalogue import FEATURES
from features.feature_sets import NO_HUMAN_JUDGEMENT, usable_features
from features.history import build_history
from features.labels import LABEL_KEY
from features.sources import Sources
from features.spine import KEY
from models.forecast.outlook import Outlook
from models.learning import LearningData
from models.promotion import Contestant, Judgement, judge
from models.recipe import Recipe
from models.signal_record import record_signals
from models.training import TrainingResult, train
from pipelines.engine_session import open_engine
from pipelines.lock import hold_lock
from pipelines.registry import RegisteredModel
from pipelines.settings import Settings
from pipelines.tables import read_table, write_output
from pipelines.tracking import METRICS, WALK, champion_before, load_contestant, register_training
from pipelines.training_record import LABELS, SNAPSHOTS, LearningFacts, describe_training
from pipelines.workspace import Workspace

REPLAYS = "walk_replays"
_OUTLOOKS = "outlooks.json"
_FACTS = "facts.json"
_VERDICT = "verdict"
_WAIT_SECONDS = 600


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
        labels = engine.write_parquet(history.labels, run_folder / LABELS / f"{LABELS}.parquet", LABEL_KEY)
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
    run_folder: Path, workspace: Workspace, settings: Settings, who: str, say: Callable[[str], None]
) -> tuple[TrainingResult, RegisteredModel]:
    """Train on the run's learning data, write its evidence, register the model, and let it take over if it may.

    Args:
        run_folder: The run's folder, with the learning data in it.
        workspace: The workspace whose registry it enters; its lock is held from judging to the end.
        settings: How to fit.
        who: Who trains: a user or the schedule.
        say: Is told of a lock that was taken over.

    Raises:
        LearningError: If no renewal has been decided or all outcomes are equal.
        StoreError: If the MLflow store cannot be used.
        WorkspaceBusyError: If another process holds the lock for ten minutes.
    """
    # A store that cannot be used is better found out before the walk than after it.
    champion_before(workspace.mlflow)
    data, facts = read_learning_data(run_folder)
    result = train(data, settings.model)
    tables = {
        WALK: result.backtest_predictions,
        METRICS: result.backtest_metrics,
        "signal_track_record": record_signals(data, data.snapshots, result.paired_predictions, settings.model),
    }
    contracts = output_contracts()
    for table, frame in tables.items():
        write_output(frame, contracts[table], run_folder / table / f"{table}.parquet")
    replays = run_folder / REPLAYS / f"{REPLAYS}.parquet"
    replays.parent.mkdir(parents=True, exist_ok=True)
    result.replays.to_parquet(replays, index=False)
    outlooks = json.dumps([outlook.to_document() for outlook in result.outlooks], indent=1) + "\n"
    replays.with_name(_OUTLOOKS).write_text(outlooks, encoding="utf-8")
    with hold_lock(workspace.lock_file, say, wait_seconds=_WAIT_SECONDS):
        judgement = _judge(data, result, workspace.mlflow, settings)
        training = describe_training(run_folder, data, result, judgement, tables, facts, settings)
        registered = register_training(workspace.mlflow, training, judgement, who)
    replays.with_name(_VERDICT).write_text(judgement.verdict, encoding="utf-8")
    return result, registered


def _judge(data: LearningData, result: TrainingResult, tracking_folder: Path, settings: Settings) -> Judgement:
    """Hold a fresh model against the one in charge."""
    champion = champion_before(tracking_folder)
    challenger = Contestant(
        kind=result.model.kind,
        trained_through=data.trained_through,
        recipe=Recipe.of(data, settings.model),
        predictions=result.backtest_predictions,
    )
    standing = None if champion is None else load_contestant(tracking_folder, champion)
    leaks = [leak.why for leak in result.leaks]
    return judge(challenger, standing, data, settings.model, leaks)


def read_learning_data(run_folder: Path) -> tuple[LearningData, LearningFacts]:
    """Return the learning data that a run wrote."""
    facts = read_learning_facts(run_folder)
    data = LearningData(
        snapshots=read_table(run_folder / SNAPSHOTS / f"{SNAPSHOTS}.parquet"),
        labels=read_table(run_folder / LABELS / f"{LABELS}.parquet"),
        trained_through=date.fromisoformat(facts.trained_through),
        walk_dates=tuple(date.fromisoformat(cutoff) for cutoff in facts.cutoffs),
        features=tuple(FEATURES[name] for name in facts.features),
        usage_features=tuple(name for name in facts.features if name in NO_HUMAN_JUDGEMENT),
        is_notice_observed=facts.is_notice_observed,
    )
    return data, facts


def has_replays(run_folder: Path) -> bool:
    """Whether the run has trained."""
    return (run_folder / REPLAYS / _OUTLOOKS).is_file()


def was_refused(run_folder: Path) -> bool:
    """Whether the run has trained a model that was refused: then nothing of its walk is for readers."""
    path = run_folder / REPLAYS / _VERDICT
    return path.is_file() and path.read_text(encoding="utf-8") == "refused"


def read_replays(run_folder: Path) -> tuple[pd.DataFrame, list[Outlook]]:
    """Return what past models of a run's walk say of past dates, and what else each of them knew."""
    folder = run_folder / REPLAYS
    documents = json.loads((folder / _OUTLOOKS).read_text(encoding="utf-8"))
    return read_table(folder / f"{REPLAYS}.parquet"), [Outlook.from_document(document) for document in documents]


def read_learning_facts(run_folder: Path) -> LearningFacts:
    """Return what a run's learning data do not say of themselves."""
    return LearningFacts(**json.loads((run_folder / SNAPSHOTS / _FACTS).read_text(encoding="utf-8")))
