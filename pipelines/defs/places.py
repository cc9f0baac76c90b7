"""Where a run reads and writes, as the one resource of the graph.

The command line says it in the run's configuration, which Dagster keeps with the run; started from the interface, a run
takes it from the environment.
"""

import os
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.decisions import user_name
from pipelines.settings import Settings, load_settings
from pipelines.workspace import Workspace

RUN_FOLDER_TAG = "falsegreen/run_folder"
"""Tag by which several Dagster runs share one folder of tables."""
PARTITION_TAG = "dagster/partition"
DEFAULT_HOME = ".falsegreen"
SAMPLE_FOLDER = "source"


class Places(dg.ConfigurableResource[Any]):
    """Source folder, workspace and settings file of a run; what is left empty comes from the environment.

    Attributes:
        source: Folder of source tables; else `FALSEGREEN_SOURCE`, else the sample company in the workspace.
        workspace: Folder of the workspace; else `FALSEGREEN_HOME`, else `.falsegreen` in the current folder.
        settings_file: Settings; else `FALSEGREEN_CONFIG`, else the defaults.
        engine: What computes; else what the settings say.
        allow_hindsight: Whether a model that was trained after the date may score it; its scores are then marked.
    """

    source: str = ""
    workspace: str = ""
    settings_file: str = ""
    engine: str = ""
    allow_hindsight: bool = False

    def open_workspace(self) -> Workspace:
        """Return the workspace."""
        return Workspace(Path(self.workspace or os.environ.get("FALSEGREEN_HOME", DEFAULT_HOME)).absolute())

    def source_folder(self) -> Path:
        """Return the folder of source tables."""
        given = self.source or os.environ.get("FALSEGREEN_SOURCE", "")
        return Path(given).absolute() if given else self.open_workspace().root / SAMPLE_FOLDER

    def settings(self) -> Settings:
        """Read the settings."""
        given = self.settings_file or os.environ.get("FALSEGREEN_CONFIG", "")
        return load_settings(Path(given) if given else None).with_engine(self.engine)

    def run_folder(self, run: dg.DagsterRun) -> Path:
        """Return the folder of the run's tables."""
        return self.open_workspace().run_folder(run_folder_name(run))


def run_folder_name(run: dg.DagsterRun) -> str:
    """Return the name of the folder that a Dagster run writes to; a re-execution goes on in the first one's."""
    return run.tags.get(RUN_FOLDER_TAG, run.root_run_id or run.run_id)


def started_by(run: dg.DagsterRun) -> str:
    """Return who started a Dagster run: the schedule or sensor by its name, else the user of the process."""
    for kind in ("schedule", "sensor"):
        if name := run.tags.get(f"dagster/{kind}_name"):
            return f"{kind} {name}"
    return user_name()


@dg.definitions
def resources() -> dg.Definitions:
    """The resource, and one process per run: starting a process per step costs more than the steps."""
    return dg.Definitions(
        resources={"places": Places.configure_at_launch()},
        executor=dg.in_process_executor,
    )
