"""The daily side of a run: which signals fire, and the timeline of each account.

Each function here is the one call of one asset. What a signal is belongs to `features`; this module finds the episodes
that an earlier date left, hands over and writes.
"""

import json
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.contract import output_contracts
from features.signal_episodes import EPISODE_KEY, build_episodes
from features.signals import load_signals, unwatched_signals
from features.sources import Sources
from features.timeline import TIMELINE_ORDER, build_timeline
from pipelines.engine_session import open_engine
from pipelines.manifest import published_dates, read_published
from pipelines.settings import Settings
from pipelines.tables import read_table, write_output
from pipelines.workspace import Workspace

SIGNALS = "signals"
TIMELINE = "account_timeline"
_NOTES = "notes.json"
LATE_AFTER_DAYS = 7
"""Usage that ends further back than this is an export that is late, not a company without a single user."""


def write_signals(run_folder: Path, workspace: Workspace, as_of: date, settings: Settings) -> pd.DataFrame:
    """Look at every signal on each day since the newest earlier publication, and write the episodes.

    Args:
        run_folder: The run's folder, with all source tables in it.
        workspace: Where earlier episodes stand published.
        as_of: The newest look.
        settings: Limits of the engine.

    Returns:
        The `signals` table.

    Raises:
        FileNotFoundError: If the run has no source tables.
        PublishedError: If the earlier episodes are no longer as they were published.
    """
    with open_engine(run_folder, settings.run) as engine:
        sources = Sources.open(run_folder, engine)
        episodes = engine.to_pandas(build_episodes(sources, as_of, _earlier(workspace, as_of)), EPISODE_KEY)
        notes = [*_notes_on_unwatched(sources), *_notes_on_late_usage(sources, as_of)]
    write_output(episodes, output_contracts()[SIGNALS], run_folder / SIGNALS / f"{SIGNALS}.parquet")
    (run_folder / SIGNALS / _NOTES).write_text(json.dumps(notes, indent=1) + "\n", encoding="utf-8")
    return episodes


def read_signal_notes(run_folder: Path) -> list[str]:
    """Return which signals the run could not watch, in words; none where it did not look at signals."""
    path = run_folder / SIGNALS / _NOTES
    return [str(note) for note in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


def write_timeline(run_folder: Path, as_of: date, settings: Settings) -> pd.DataFrame:
    """Write what happened at each account in the last year, the run's signals among it.

    Args:
        run_folder: The run's folder, with all source tables and `signals` in it.
        as_of: The date.
        settings: Limits of the engine.

    Returns:
        The `account_timeline` table.

    Raises:
        FileNotFoundError: If the run has no source tables or no signals.
    """
    episodes = read_table(run_folder / SIGNALS / f"{SIGNALS}.parquet")
    with open_engine(run_folder, settings.run) as engine:
        timeline = build_timeline(Sources.open(run_folder, engine), as_of, episodes)
        events = engine.to_pandas(timeline, TIMELINE_ORDER)
    write_output(events, output_contracts()[TIMELINE], run_folder / TIMELINE / f"{TIMELINE}.parquet")
    return events


def _earlier(workspace: Workspace, as_of: date) -> pd.DataFrame | None:
    """Return the episodes as published for the newest date before this one."""
    before = [day for day in published_dates(workspace, SIGNALS) if day < as_of]
    return read_published(workspace, SIGNALS, before[-1]) if before else None


def _notes_on_unwatched(sources: Sources) -> list[str]:
    unwatched = unwatched_signals(sources)
    if not unwatched:
        return []
    titles = ", ".join(load_signals()[name].title for name in unwatched)
    lacking = sorted({name for names in unwatched.values() for name in names})
    supplied = [name for name in lacking if sources.is_supplied(*name.split("."))]
    said = {"Not supplied": [name for name in lacking if name not in supplied], "Supplied and empty": supplied}
    why = " ".join(f"{reason}: {', '.join(names)}." for reason, names in said.items() if names)
    return [f"Not watched, which does not mean fine: {titles}. {why}"]


def _notes_on_late_usage(sources: Sources, as_of: date) -> list[str]:
    last = sources.reports["usage_daily"].last_date
    if last is None or (as_of - last).days <= LATE_AFTER_DAYS:
        return []
    return [
        f"The newest use on record is of {last}, {(as_of - last).days} days before {as_of}. All days since count as "
        "days without use: signals in usage may fire, and scores rise, for want of a newer usage_daily alone."
    ]
