"""Features of integrations: how often the customer's systems talk to the product, and which have gone silent.

Runs are counted like usage, in 28-day windows against the account's own past. Once the company records runs, an
account without one has nothing connected: zero runs. When it last ran is null where it never did.
"""

import ibis.expr.types as ir

from features.feature import Feature
from features.moments import MOMENT, beside, count_if, only_where, ratio, watched_moments
from features.run_sums import runs_by_integration
from features.sources import Sources
from features.usage_sums import LOOKBACK_DAYS, PAST_DAYS

_RUNS = frozenset({"integration_runs.run_date", "integration_runs.runs"})
_EACH = _RUNS | {"integration_runs.integration"}
_GROUP = "integrations"

FEATURES = (
    Feature(
        name="integrations__runs_28d",
        description="Runs of all integrations in the last 28 days.",
        unit="runs",
        kind="integer",
        direction="either",
        lineage=_RUNS,
        sentence="Integrations ran {value} times in the last 28 days",
        group=_GROUP,
    ),
    Feature(
        name="integrations__runs_trend_ratio",
        description="Runs of the last 28 days over the average 28 days of the 84 days before.",
        unit="ratio",
        kind="number",
        direction="lowers",
        lineage=_RUNS,
        sentence="Integrations run at {value} of their own level over the three months before",
        group=_GROUP,
        when_missing="No integration has run for long enough to compare",
    ),
    Feature(
        name="integrations__days_since_last",
        description="Days since any integration ran, at most 112, null where none ever did.",
        unit="days",
        kind="integer",
        direction="raises",
        lineage=_RUNS,
        sentence="An integration last ran {value} days ago",
        group=_GROUP,
        when_missing="No integration has ever run",
    ),
    Feature(
        name="integrations__active_28d",
        description="Integrations that ran in the last 28 days.",
        unit="integrations",
        kind="integer",
        direction="lowers",
        lineage=_EACH,
        sentence="{value} integrations ran in the last 28 days",
        group=_GROUP,
    ),
    Feature(
        name="integrations__stopped_count",
        description="Integrations that ran in the 84 days before the last 28 days, and not since.",
        unit="integrations",
        kind="integer",
        direction="raises",
        lineage=_EACH,
        sentence="{value} integrations that ran before have not run in the last 28 days",
        group=_GROUP,
    ),
)


def build_integrations(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return the integration features.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per account and date of the spine that is measured, with one column per feature of this module.
    """
    moments = watched_moments(spine, sources, "integration_runs")
    known = runs_by_integration(spine, moments, sources)
    has_run, has_past = _ever_ran(moments, sources), _ever_ran(moments, sources, PAST_DAYS)
    sums = _sums(known.filter(known.window < 2))
    measured = beside(moments, sums, has_run.mutate(has_run=True), has_past.mutate(has_past=True))
    return sources.engine.store(_features(measured))


def _sums(known: ir.Table) -> ir.Table:
    """Return runs by window and what each integration came to, by moment."""
    each = known.group_by([*MOMENT, "integration"]).agg(
        newest=known.runs.sum(where=known.window == 0).fill_null(0),
        past=known.runs.sum(where=known.window == 1).fill_null(0),
        last_ago=known.last_ago.min(),
    )
    return each.group_by(list(MOMENT)).agg(
        newest=each.newest.sum(),
        past=each.past.sum(),
        last_ago=each.last_ago.min(),
        active=count_if(each.newest > 0),
        stopped=count_if((each.newest == 0) & (each.past > 0)),
    )


def _ever_ran(moments: ir.Table, sources: Sources, days: int = 0) -> ir.Table:
    """Return the moments by which some run of the account, more than so many days ago, had been recorded."""
    on = ("account_id",)
    rows = sources.tables["integration_runs"]
    first = sources.first_rows("integration_runs", rows.filter(rows.runs > 0), on, "run_date")
    return sources.watched("integration_runs", moments, on, rows=first, age=("run_date", days))


def _features(sums: ir.Table) -> ir.Table:
    """Compute every feature from exact sums; the trend stays null until the account's past covers the windows."""
    return sums.select(
        *MOMENT,
        integrations__runs_28d=sums.newest.fill_null(0),
        integrations__runs_trend_ratio=only_where(sums.has_past, ratio(3 * sums.newest, sums.past)),
        integrations__days_since_last=only_where(sums.has_run, sums.last_ago.fill_null(LOOKBACK_DAYS)),
        integrations__active_28d=sums.active.fill_null(0),
        integrations__stopped_count=sums.stopped.fill_null(0),
    )
