"""Which workspace and settings a page is about: those of the environment, as for every command.

A notebook has no command line of its own, whether it is served, opened in the editor or run as a script.
"""

import os
from pathlib import Path

from pipelines.settings import Settings, load_settings
from pipelines.workspace import Workspace

HOME_VARIABLE = "FALSEGREEN_HOME"
CONFIG_VARIABLE = "FALSEGREEN_CONFIG"


def the_workspace() -> Workspace:
    """Return the workspace that FALSEGREEN_HOME names, else `.falsegreen` below the current folder."""
    return Workspace(Path(os.environ.get(HOME_VARIABLE) or ".falsegreen"))


def the_settings() -> Settings:
    """Return the settings in the file that FALSEGREEN_CONFIG names, else the defaults.

    Raises:
        SettingsError: If the file cannot be read or says something that is not a setting.
    """
    config = os.environ.get(CONFIG_VARIABLE)
    return load_settings(Path(config) if config else None)
