"""The scoring side of a run: what is open, what the model says of it and why, and the risk table.

Each function here is the one call of one asset. What a score or a reason is belongs to `models`; this module picks the
model that may speak for the date, hands over and writes.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import pandas as pd

from data_contracts.contract import output_contracts
from features.account_facts import build_account_facts
from features.build import build_features
from features.catalogue import FAMILIES
from features.feature import Feature
from features.moments import beside
from features.sources import Sources
from features.spine import KEY, MATURITY_DAYS, build_spine, losses_without_outcome
from models.actions import called_for
from models.churn_model import HINDSIGHT, UNCALIBRATED, ModelFilesError
from models.explanation import explain
from models.learning import with_dates
from models.movement import WEEK_DAYS, movement
from models.risk_table import Week, assemble_account_risk
from pipelines.decisions import read_decisions
from pipelines.engine_session import open_engine
from pipelines.manifest import published_dates, read_first_published
from pipelines.registry import RegisteredModel, find_champion, find_model, load_model
from pipelines.settings import Settings
from pipelines.signalling import SIGNALS
from pipelines.tables import read_table, write_output
from pipelines.workspace import Workspace

SNAPSHOTS = "scoring_snapshots"
RISK = "account_risk"
_FACTS = "facts.json"
_NOTES = "notes.json"
_NAMED = 3


class NoModelError(Exception):
    """No model of the workspace may score the date."""


@dataclass(frozen=True)
class ScoringFacts:
    """What the snapshots do not say of themselves.

    Attributes:
        as_of: Date that is scored.
        knowledge_dates: Whether the sources say when each row was known.
        notice: Whether the source says when notice was given.
        rows: Snapshots as of that date.
        unsupplied: Source tables without which features are missing, sorted.
        losses_without_outcome: Renewals lost by notice and over, of which nobody has recorded the outcome, sorted.
    """

    as_of: str
    knowledge_dates: Literal["recorded", "assumed"]
    notice: Literal["observed", "unobserved"]
    rows: int
    unsupplied: tuple[str, ...]
    losses_without_outcome: tuple[str, ...] = ()


def write_scoring_snapshots(run_folder: Path, as_of: date, settings: Settings) -> ScoringFacts:
    """Build every renewal that can be seen from a date, with its features, and the same as of a week earlier.

    Args:
        run_folder: The run's folder, with all source tables in it.
        as_of: The date.
        settings: Limits of the engine.

    Raises:
        FileNotFoundError: If the run has no source tables.
    """
    with open_engine(run_folder, settings.run) as engine:
        sources = Sources.open(run_folder, engine)
        spine = build_spine(sources, [as_of, as_of - timedelta(days=WEEK_DAYS)])
        snapshots = beside(build_features(spine, sources), build_account_facts(spine, sources), on=KEY)
        engine.write_parquet(snapshots, run_folder / SNAPSHOTS / f"{SNAPSHOTS}.parquet", KEY)
        losses = engine.to_pandas(losses_without_outcome(sources, as_of), ("account_id", "renewal_id"))
        dates = pd.read_parquet(run_folder / SNAPSHOTS / f"{SNAPSHOTS}.parquet", columns=["as_of"])["as_of"]
        facts = ScoringFacts(
            as_of=as_of.isoformat(),
            knowledge_dates="assumed" if sources.knowledge_dates == "assumed" else "recorded",
            notice="observed" if sources.is_supplied("renewals", "notice_given_on") else "unobserved",
            rows=int((dates == as_of).sum()),
            unsupplied=tuple(sorted({each.source for each in FAMILIES if not sources.is_supplied(each.source)})),
            losses_without_outcome=tuple(losses["renewal_id"]),
        )
    (run_folder / SNAPSHOTS / _FACTS).write_text(json.dumps(asdict(facts), indent=1) + "\n", encoding="utf-8")
    return facts


def require_model(tracking_folder: Path, as_of: date, *, allow_hindsight: bool = False) -> RegisteredModel:
    """Return the registered model that may score a date.

    Args:
        tracking_folder: The workspace's `mlflow/` folder.
        as_of: The date.
        allow_hindsight: Take a model that was trained later rather than none; the caller marks its scores.

    Raises:
        NoModelError: If the workspace has no model that was trained before the date, or only refused ones.
    """
    registered = find_model(tracking_folder, as_of, allow_hindsight=allow_hindsight)
    if registered is not None:
        return registered
    refused = [decision for decision in read_decisions(tracking_folder) if decision.verdict == "refused"]
    if refused and find_champion(tracking_folder) is None:
        raise NoModelError(
            f"There is no champion, and version {refused[-1].version} was refused: {refused[-1].reason} Mend the cause "
            f"and train again, or overrule it: `falsegreen models promote {refused[-1].version} --reason ...`."
        )
    raise NoModelError(
        f"There is no model that was trained on or before {as_of}. A later one has seen what came of these "
        "renewals. `falsegreen run` trains one for this date."
    )


def write_scored_tables(
    run_folder: Path, workspace: Workspace, settings: Settings, *, allow_hindsight: bool = False
) -> dict[str, pd.DataFrame]:
    """Score the run's snapshots, explain them, and write the risk table and its reasons.

    Args:
        run_folder: The run's folder, with the scoring snapshots and the signals in it.
        workspace: Where the model and the table of the week before are.
        settings: Thresholds of the stance, and what the week calls soon.
        allow_hindsight: Whether a model that was trained later may score the date where no other can.

    Returns:
        The tables by name.

    Raises:
        NoModelError: If the workspace has no model that was trained before the date.
        ModelFilesError: If its model belongs to another release of falsegreen.
        PublishedError: If the table of the week before is no longer as it was published.
    """
    facts = _read_facts(run_folder)
    as_of = date.fromisoformat(facts.as_of)
    model = load_model(workspace.mlflow, require_model(workspace.mlflow, as_of, allow_hindsight=allow_hindsight))
    every = with_dates(read_table(run_folder / SNAPSHOTS / f"{SNAPSHOTS}.parquet"), ("as_of",))
    is_now = every["as_of"] == pd.Timestamp(as_of)
    snapshots, before = (every[rows].reset_index(drop=True) for rows in (is_now, ~is_now))
    if unknown := [feature.name for feature in model.features if feature.column not in snapshots.columns]:
        raise ModelFilesError(
            f"The model decides by {len(unknown)} features that this release of falsegreen does not compute "
            f"({', '.join(unknown[:_NAMED])}). Train again, with `falsegreen run --retrain`."
        )
    moved = movement(model, snapshots, before, settings.model, allow_hindsight=allow_hindsight)
    reasons = explain(model, snapshots, allow_hindsight=allow_hindsight)
    reasons = called_for(reasons.merge(moved.of_groups, on=[*KEY, "feature_group"], how="left"))
    scores = model.score(snapshots, allow_hindsight=allow_hindsight)
    unseen = model.unseen_features(snapshots)
    if unseen:
        scores = scores.assign(calibration=UNCALIBRATED)
    if model.trained_through > as_of:
        scores = scores.assign(calibration=HINDSIGHT)
    risk = assemble_account_risk(
        snapshots,
        scores,
        reasons,
        moved.of_renewals,
        model,
        settings.model,
        Week(
            signals=read_table(run_folder / SIGNALS / f"{SIGNALS}.parquet"),
            before=table_of_week_before(workspace, as_of),
            unsupplied=facts.unsupplied,
            settings=settings.weekly,
        ),
        knowledge_dates=facts.knowledge_dates,
        notice=facts.notice,
    )
    tables = {"account_risk": risk, "risk_reasons": reasons}
    for table, frame in tables.items():
        write_output(frame, output_contracts()[table], run_folder / table / f"{table}.parquet")
    notes = [*_notes_on_unseen(unseen, model.features, snapshots), *_notes_on_losses(facts.losses_without_outcome)]
    (run_folder / "account_risk" / _NOTES).write_text(json.dumps(notes, indent=1) + "\n", encoding="utf-8")
    return tables


def table_of_week_before(workspace: Workspace, as_of: date) -> pd.DataFrame | None:
    """Return the risk table that people were shown the week before, None where there was none.

    That week is the days from 13 to 7 days before the date; of several tables the newest counts, and of it the first
    revision. So publishing a table anew, or more often than weekly, changes nothing.

    Args:
        workspace: Where it stands published.
        as_of: The date of this week's table.

    Raises:
        PublishedError: If it is no longer as it was published.
    """
    last = as_of - timedelta(days=WEEK_DAYS)
    days = [day for day in published_dates(workspace, RISK) if last - timedelta(days=WEEK_DAYS) < day <= last]
    return read_first_published(workspace, RISK, days[-1]) if days else None


def _read_facts(run_folder: Path) -> ScoringFacts:
    content = json.loads((run_folder / SNAPSHOTS / _FACTS).read_text(encoding="utf-8"))
    lists = {name: tuple(value) for name, value in content.items() if isinstance(value, list)}
    return ScoringFacts(**(content | lists))


def read_scoring_notes(run_folder: Path) -> list[str]:
    """Return what a reader of the run's risk table has to know besides what its columns say."""
    return [str(note) for note in json.loads((run_folder / "account_risk" / _NOTES).read_text(encoding="utf-8"))]


def _notes_on_unseen(unseen: Sequence[Feature], features: Sequence[Feature], snapshots: pd.DataFrame) -> list[str]:
    if not unseen:
        return []
    present = [feature for feature in features if snapshots[feature.column].notna().any()]
    seen = {table for feature in present for table in feature.tables}
    lost = sorted({table for feature in unseen for table in feature.tables} - seen)
    return [
        f"The model decides by {len(unseen)} features of which no renewal has a value today"
        + (f"; they rest on {', '.join(lost)}. " if lost else ". ")
        + "It takes their absence for news of the accounts, so no probability here is calibrated. Bring the data back, "
        "or train again with --retrain."
    ]


def _notes_on_losses(renewals: Sequence[str]) -> list[str]:
    if not renewals:
        return []
    named = ", ".join(renewals[:_NAMED]) + (", ..." if len(renewals) > _NAMED else "")
    return [
        f"Renewals lost by notice, more than {MATURITY_DAYS} days past and without an outcome: {len(renewals)} "
        f"({named}). They are no longer listed, and teach the model nothing until the outcome is recorded."
    ]
