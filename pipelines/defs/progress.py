"""The logger by which a terminal follows a run step by step.

The command line asks for it in the run's configuration, in place of Dagster's own console output, and decides what to
show; without it nothing changes.
"""

import logging

import dagster as dg

PROGRESS_LOGGER = "falsegreen.progress"


@dg.logger({}, description="Hands Dagster's events to whoever listens to `falsegreen.progress`.")
def progress(_context: dg.InitLoggerContext) -> logging.Logger:
    """Return the logger that the command line listens to."""
    listened_to = logging.getLogger(PROGRESS_LOGGER)
    listened_to.setLevel(logging.DEBUG)
    listened_to.propagate = False
    return listened_to


@dg.definitions
def loggers() -> dg.Definitions:
    """The logger, beside Dagster's own."""
    return dg.Definitions(loggers={"progress": progress, "console": dg.colored_console_logger})
