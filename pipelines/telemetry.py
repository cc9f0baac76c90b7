"""Keeps the libraries from calling home.

Each reads its switch when it is imported, so `turn_off_telemetry` comes before any import of them. Dagster's switch for
a whole installation is in `dagster.yaml`; the variable here covers processes that never read that file.
"""

import os

_SWITCHES = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


def turn_off_telemetry() -> None:
    """Set the variables by which Dagster, MLflow and Great Expectations are told to send nothing."""
    os.environ.update(_SWITCHES)
