"""The settings of a run: how to fit, and what the machine may use.

One YAML file, or nothing, in which case every default stands. Where the data lie and where results go are not settings:
they are said on the command line or by the environment, so that one file serves many companies.
"""

import difflib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from models.settings import DriftSettings, ForecastSettings, JudgementSettings, ModelSettings, WeeklySettings


class SettingsError(Exception):
    """The settings file cannot be read or says something that is not a setting."""


class RunSettings(BaseModel):
    """What a run may use and what it leaves behind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threads: Annotated[int, Field(ge=1)] | None = None
    """Threads of the query engine; None takes what the machine has. The figures do not depend on it."""
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s?(MB|GB|MiB|GiB)$")] = "3GB"
    """Memory of the query engine; above it, it spills to disk."""
    engine: Literal["duckdb", "spark"] = "duckdb"
    """What computes features, labels and signals; the figures are the same."""
    spark: dict[str, str | bool | int] = {}
    """Settings of Spark by name, laid over those that falsegreen chooses; read only where the engine is spark."""
    keep_runs_days: Annotated[float, Field(ge=0)] = 30
    """How long tables stay that no published revision refers to."""

    def spark_texts(self) -> dict[str, str]:
        """Return the settings of Spark as Spark takes them."""
        return {
            name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in self.spark.items()
        }


CRM_FIELDS: Final = {
    "as_of": "churn_risk_as_of",
    "risk_tier": "churn_risk_tier",
    "churn_probability": "churn_probability",
    "expected_arr_loss": "churn_expected_arr_loss",
    "status": "churn_renewal_status",
    "renewal_id": "churn_renewal_id",
    "renewal_date": "churn_renewal_date",
    "stance": "churn_stance",
    "top_reason": "churn_top_reason",
    "action": "churn_action",
    "stakeholder": "churn_stakeholder",
    "action_due_on": "churn_action_due_on",
}
"""Columns of `account_risk` that a CRM gets, and what they are called there. The account's own name and owner are not
among them: the CRM knows them better."""


class CrmSettings(BaseModel):
    """How a CRM wants its accounts updated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(min_length=1)]
    """Field that holds the `crm_id`."""
    fields: dict[str, str]
    """Column of `account_risk` → field of the CRM. A map that is given stands in place of the whole default one."""
    empty: str = ""
    """What the CRM takes for `empty this field`; where it has no such word, an old value stays."""

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        names = [self.key, *self.fields.values()]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"several columns go to one field: {', '.join(twice)}")
        return self


class SalesforceSettings(CrmSettings):
    """For an upsert by Bulk API or Data Loader, where an empty cell would leave the old value standing."""

    key: Annotated[str, Field(min_length=1)] = "Id"
    fields: dict[str, str] = {column: f"{name.title()}__c" for column, name in CRM_FIELDS.items()}
    empty: str = "#N/A"


class HubspotSettings(CrmSettings):
    """For an import of companies."""

    key: Annotated[str, Field(min_length=1)] = "hs_object_id"
    fields: dict[str, str] = CRM_FIELDS


class ExportSettings(BaseModel):
    """How published tables are written for other systems."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    salesforce: SalesforceSettings = SalesforceSettings()
    hubspot: HubspotSettings = HubspotSettings()


EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
"""Name of an environment variable. Addresses carry tokens, so they stand there and never in a file of settings."""


class AlertSettings(BaseModel):
    """Who is told of news, by which way, and how often at most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    send: bool = False
    """Whether the job sends; the command does what its own option says."""
    channel: EnvironmentName = "FALSEGREEN_ALERTS"
    """Variable with the address of the channel for all whose team has none."""
    teams: dict[str, EnvironmentName] = {}
    """Team, as in `csms.team` → variable with the address of its channel."""
    csms: dict[str, EnvironmentName] = {}
    """CSM by id → variable with an address of their own."""
    email: EnvironmentName = "FALSEGREEN_ALERTS_EMAIL"
    """Variable with the address by which e-mail is sent to the other CSMs; `{email}` stands for `csms.email`."""
    limit_per_day: Annotated[int, Field(ge=0)] = 5
    """Messages that a person or channel gets one by one on a day (UTC); what is more comes as one digest."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    """How often a message is tried within a run."""
    backoff_seconds: Annotated[float, Field(ge=0)] = 1.0
    """Wait before the second attempt; it doubles from there, unless the receiver says how long."""
    longest_wait_seconds: Annotated[float, Field(ge=0)] = 60.0
    """A receiver that asks for more patience than this is left to the next run."""


class Settings(BaseModel):
    """Everything that a settings file may say."""

    # Somebody may write an address with its token where the name of a variable belongs: no message repeats it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    model: ModelSettings = ModelSettings()
    run: RunSettings = RunSettings()
    weekly: WeeklySettings = WeeklySettings()
    drift: DriftSettings = DriftSettings()
    judgement: JudgementSettings = JudgementSettings()
    export: ExportSettings = ExportSettings()
    alerts: AlertSettings = AlertSettings()
    forecast: ForecastSettings = ForecastSettings()

    def with_engine(self, engine: str | None) -> "Settings":
        """Return these settings with another engine, or as they are where none is named.

        Raises:
            ValueError: If there is no such engine.
        """
        if not engine:
            return self
        run = RunSettings.model_validate({**self.run.model_dump(), "engine": engine})
        return self.model_copy(update={"run": run})


def load_settings(path: Path | None) -> Settings:
    """Read a settings file.

    Args:
        path: A YAML file, or None for the defaults.

    Raises:
        SettingsError: If the file is missing, is not YAML, or has an unknown or ill-typed entry; the message names each
            and the nearest known name.
    """
    if path is None:
        return Settings()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not YAML: {error}") from error
    try:
        return Settings.model_validate({} if content is None else content)
    except ValidationError as error:
        lines = [f"  {_describe(details)}" for details in error.errors()]
        count = "1 entry that is not a setting" if len(lines) == 1 else f"{len(lines)} entries that are not settings"
        raise SettingsError("\n".join([f"{path} has {count}:", *lines])) from error


def _describe(details: ErrorDetails) -> str:
    """Put one finding of pydantic into a line."""
    place = ".".join(str(part) for part in details["loc"])
    # What stands there may be an address with its token.
    if details["loc"][:1] == ("alerts",) and details["type"] != "extra_forbidden":
        return f"{place}: {details['msg']}"
    if details["type"] != "extra_forbidden":
        return f"{place or 'the file'}: {details['msg']} (found: {details['input']!r})"
    known = _names_at(Settings, details["loc"][:-1])
    near = difflib.get_close_matches(str(details["loc"][-1]), known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
    return f"{place}: unknown; {hint}"


def _names_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Names of the entries that a place in the file may have."""
    for part in place:
        inner: Any = model.model_fields[str(part)].annotation
        model = inner
    return list(model.model_fields)
