"""The asset that tells people what is new, with a warning where that failed, and the sensor that asks for it.

Apart from every other job: what people are told of must stand published first, and a channel that is down is no reason
for a table not to be there.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from pipelines.alerts.report import Report
from pipelines.alerts.sending import pending_work, preview_alerts, send_alerts
from pipelines.defs.jobs import alerts
from pipelines.defs.places import Places
from pipelines.failures import readable_failures

OUTBOX = "outbox"
ARRIVE_CHECK = "alerts_arrive"
_SECONDS = 600


@dg.asset(
    name=OUTBOX,
    deps=["publish"],
    group_name="alerts",
    description="Alerts of what is new, one file each, written before they are sent.",
    check_specs=[
        dg.AssetCheckSpec(
            ARRIVE_CHECK, asset=OUTBOX, description="Every alert has somebody to go to, and has arrived there."
        )
    ],
)
def outbox(
    context: dg.AssetExecutionContext, places: Places
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Tell what is new; only look where the settings do not say to send."""
    settings, workspace = places.settings(), places.open_workspace()
    with readable_failures():
        if settings.alerts.send:
            report = send_alerts(workspace, settings, os.environ, say=context.log.info)
        else:
            report = preview_alerts(workspace, settings, os.environ, lambda: datetime.now(UTC))
    yield dg.MaterializeResult(
        OUTBOX,
        metadata={
            "looked_at": " ".join(report.notes),
            "is_dry_run": not settings.alerts.send,
            "messages": dg.MetadataValue.json(
                [[told.recipient, told.title, told.state, told.detail] for told in report.told]
            ),
        },
    )
    yield arrive_check_result(report)


def arrive_check_result(report: Report) -> dg.AssetCheckResult:
    """Warn of what did not arrive; nothing that waits for it can be stopped by it."""
    failed = [f"{told.recipient}: {told.title}, {told.state}, {told.detail}." for told in report.told if told.detail]
    failed += [f"Nobody to tell: {title}." for title in report.undeliverable]
    failed += [f"May or may not have arrived: {title}." for title in report.lost]
    failed += [f"Given up: {title}." for title in report.expired]
    return dg.AssetCheckResult(
        asset_key=OUTBOX,
        check_name=ARRIVE_CHECK,
        passed=report.is_clean,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join([report.summary(), *failed]),
    )


@dg.sensor(
    job=alerts,
    minimum_interval_seconds=_SECONDS,
    description="Alerts once something is published that nobody has looked at, and hourly while messages wait.",
)
def alerts_after_publication(_context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a look if there is anything to tell; at most once an hour for the same reasons."""
    places = Places()
    settings = places.settings()
    if not settings.alerts.send:
        return dg.SkipReason("`alerts.send` is off in the settings: `falsegreen alerts` shows what would be sent.")
    now = datetime.now(UTC)
    reasons = pending_work(places.open_workspace(), settings, now)
    if not reasons:
        return dg.SkipReason("Nothing is published that has not been looked at, and no message waits.")
    return dg.RunRequest(run_key=f"{', '.join(reasons)} @ {now:%Y-%m-%d %H}h")
