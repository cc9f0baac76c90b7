"""When the jobs run by themselves. Times are UTC; a tick asks for the as-of date on whose morning it falls."""

import dagster as dg

from pipelines.defs.jobs import scoring, training, watch


@dg.schedule(
    cron_schedule="0 4 * * *",
    job=watch,
    execution_timezone="UTC",
    description="Every day: what fires as of that day.",
)
def daily_signals(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for the day of the tick."""
    return _for_day_of(context)


@dg.schedule(
    cron_schedule="0 5 * * 1",
    job=scoring,
    execution_timezone="UTC",
    description="Every Monday: the risk table as of that Monday.",
)
def weekly_scoring(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for the Monday of the tick."""
    return _for_day_of(context)


@dg.schedule(
    cron_schedule="0 2 1 * *",
    job=training,
    execution_timezone="UTC",
    description="On the first of every month: a new model from everything known by then.",
)
def monthly_training(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for the day of the tick."""
    return _for_day_of(context)


def _for_day_of(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    key = context.scheduled_execution_time.date().isoformat()
    return dg.RunRequest(run_key=key, partition_key=key)
