"""Which workspace and settings a page is about: those of the environment, as for every command.

A notebook has no command line of its own, whether it is served, opened in the editor or run as a script.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import marimo as mo

from pipelines.recording.known import KnownCompany, know_company
from pipelines.recording.records import RecordingError
from pipelines.settings import Settings, load_settings
from pipelines.workspace import Workspace

HOME_VARIABLE = "FALSEGREEN_HOME"
CONFIG_VARIABLE = "FALSEGREEN_CONFIG"


def the_workspace() -> Workspace:
    """Return the workspace that FALSEGREEN_HOME names, else `.falsegreen` below the current folder."""
    return Workspace(Path(os.environ.get(HOME_VARIABLE) or ".falsegreen"))


def company_or_fault(workspace: Workspace) -> tuple[KnownCompany, None] | tuple[None, str]:
    """Return what the newest run knew, or why there is nothing to choose from."""
    try:
        return know_company(workspace), None
    except RecordingError as error:
        return None, str(error)


def asked(name: str) -> str | None:
    """Return what the address says of a name, the last of several, or None where it says nothing."""
    values: list[str] = mo.query_params().get_all(name)
    return next((value for value in reversed(values) if value.strip()), None)


def account_meant(asked: str | None, known: Iterable[str]) -> str | None:
    """Return the account that an address means: by its id, or by the only one that differs from it in case alone.

    Args:
        asked: What the address says; blanks around it mean nothing. None where it says nothing.
        known: Ids of the accounts there are.

    Returns:
        The id; what was asked for where there is none such, or more than one.
    """
    if asked is None:
        return None
    written, ids = asked.strip(), set(known)
    near = [account for account in ids if account.casefold() == written.casefold()]
    return near[0] if written not in ids and len(near) == 1 else written


def ask(account_id: str | None) -> None:
    """Let the address say which account is looked at, so that it can be kept, reloaded and sent to somebody.

    Args:
        account_id: The account, or None where none is chosen.
    """
    params = mo.query_params()
    params["account"] = account_id or []
    # Who came from an account's score had seen that one, and not the one that was chosen now.
    params.remove("seen")


def the_settings() -> Settings:
    """Return the settings in the file that FALSEGREEN_CONFIG names, else the defaults.

    Raises:
        SettingsError: If the file cannot be read or says something that is not a setting.
    """
    config = os.environ.get(CONFIG_VARIABLE)
    return load_settings(Path(config) if config else None)
