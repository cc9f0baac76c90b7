"""Who is told, and by which address: the account's CSM and the channel of the team.

Addresses carry tokens. They come from the environment, are handed on to whoever delivers, and are written nowhere: what
is kept and shown of a recipient is the name of the variable.
"""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from features.engine import DuckDBEngine
from features.owners import OWNER_KEY, build_owners
from features.sources import Sources
from pipelines.alerts.news import Alert
from pipelines.manifest import read_manifest
from pipelines.settings import AlertSettings, RunSettings
from pipelines.workspace import Workspace

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
"""Addresses that can mean nothing but one mailbox; anything else could smuggle a second one into the address."""
_PLACE = "{email}"

Owners = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Recipient:
    """Who is told.

    Attributes:
        name: The variable that holds the address; for a mailbox followed by whose it is.
        email: The mailbox, where the address is that of a mail server.
    """

    name: str
    email: str = ""


@dataclass
class AddressBook:
    """The ways to people that the settings name and the environment has.

    Attributes:
        settings: Names of variables.
        environment: Their values.
        unset: Variables that the settings name for somebody and the environment does not have; grows while asked.
    """

    settings: AlertSettings
    environment: Mapping[str, str] = field(repr=False)
    unset: set[str] = field(default_factory=set)

    def recipients(self, alert: Alert, owner: Mapping[str, Any]) -> list[Recipient]:
        """Return who is to get an alert, each once; nobody where there is no way to anybody.

        Args:
            alert: The alert.
            owner: `email` and `team` of its CSM, as far as they are known.
        """
        found = [self._of_csm(alert.csm_id, owner.get("email")), self._of_team(owner.get("team"))]
        return list(dict.fromkeys(each for each in found if each))

    def address(self, recipient: Recipient) -> str | None:
        """Return the address of a recipient; None where the environment does not have it (any more)."""
        address = self.environment.get(recipient.name.partition(":")[0])
        return address.replace(_PLACE, quote(recipient.email, safe="")) if address else None

    def _of_csm(self, csm_id: str, email: str | None) -> Recipient | None:
        if name := self._set(self.settings.csms.get(csm_id)):
            return Recipient(name)
        if csm_id and email and _EMAIL.fullmatch(email) and self.environment.get(self.settings.email):
            return Recipient(f"{self.settings.email}:{csm_id}", email)
        return None

    def _of_team(self, team: str | None) -> Recipient | None:
        name = self._set(self.settings.teams.get(team or "")) or self._set(self.settings.channel)
        return Recipient(name) if name else None

    def _set(self, name: str | None) -> str | None:
        """Return the name of a variable if the environment has it, and remember it if not."""
        if name and not self.environment.get(name):
            self.unset.add(name)
            return None
        return name


def read_owners(workspace: Workspace, table: str, as_of: date, settings: RunSettings) -> Owners:
    """Return who owns each account, from the source tables of the run that published a table.

    Args:
        workspace: The workspace.
        table: A table that stands published as of the date.
        as_of: The date.
        settings: Limits of the engine.

    Returns:
        The columns of `features.owners.build_owners` by account, missing values as None.

    Raises:
        FileNotFoundError: If the run's source tables are no longer there.
    """
    manifest = read_manifest(workspace, as_of)
    if manifest is None or table not in manifest.tables:
        raise FileNotFoundError(f"`{table}` as of {as_of}")
    with tempfile.TemporaryDirectory(prefix="falsegreen-") as spill:
        engine = DuckDBEngine(settings.threads, settings.memory_limit, Path(spill))
        try:
            sources = Sources.open(workspace.run_folder(manifest.tables[table].run), engine)
            owners = engine.to_pandas(build_owners(sources, as_of), OWNER_KEY)
        finally:
            engine.close()
    rows = owners.astype(object).where(owners.notna(), None).to_dict("records")
    return {str(row["account_id"]): {str(name): value for name, value in row.items()} for row in rows}
