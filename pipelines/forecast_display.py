"""The renewal forecast in a terminal: can it be trusted, what will renew, what naive forecasts say. Fits 80 columns.

Only layout and plain words; the figures are those of the published `renewal_forecast` and `forecast_track_record`.
"""

from collections.abc import Hashable, Mapping
from typing import Final

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.forecast.naive import NAIVE
from models.forecast.periods import MONTH, QUARTER
from models.forecast.record import PUBLISHED, RECONSTRUCTED
from models.forecast.record_summary import summarize_record
from models.settings import ForecastSettings
from pipelines.text_display import print_wrapped, printable

HEADLINE_DAYS: Final = 90
_QUESTION: Final = "Can we forecast retention 90 days out?"
NAIVE_NAMES: Final = {
    "naive_always_renews": "always renews",
    "naive_last_year": "as last year",
    "naive_trailing_year": "as last 4 quarters",
}
"""Naive forecasts, and what they take for granted."""
_SHORT: Final = ("always", "last year", "4 quarters")
_GROUP: Final = {"segment": "segment", "region": "region", "csm": "csm_id"}
ORIGINS: Final = {PUBLISHED: "as published", RECONSTRUCTED: "as past models would have said"}
"""Where forecasts of the record come from."""
_LEGEND: Final = (
    "GRR: renewed over due ARR, at most all of each; the middle of the simulated courses. In eight of ten of them it "
    "lies in the band. Bounds do not add up over rows; the expected GRR does."
)
_LEGEND_BY: Final = (
    "GRR: renewed over due ARR, at most all of each, as expected: the mean of what may come, which adds up over rows "
    "(the middle of a small book is often 100 %, whatever is at risk in it). In eight of ten simulated courses it lies "
    "in the band; bounds do not add up."
)


def answer(record: pd.DataFrame, settings: ForecastSettings) -> str:
    """Whether retention can be forecast 90 days out, in one or two sentences that claim no more than the record does.

    Args:
        record: The published `forecast_track_record`; empty where there is none. What was published is told once there
            are quarters enough; until then, what past models would have said.
        settings: How many are enough.
    """
    summary = summarize_record(record, settings)
    rows = summary[summary["days_ahead"] == HEADLINE_DAYS].set_index("origin")
    enough = rows[rows["quarters"] >= settings.minimum_quarters]
    origin = PUBLISHED if PUBLISHED in enough.index else RECONSTRUCTED
    if origin not in enough.index:
        settled = int(rows["quarters"].max()) if len(rows) else 0
        counted = (
            "no quarter has" if settled == 0 else f"only {settled} of the quarters {'has' if settled == 1 else 'have'}"
        )
        return (
            f"{_QUESTION} Not known yet: {counted} a forecast from then and is over and settled, and it takes "
            f"{settings.minimum_quarters} to say anything."
        )
    figures = enough.loc[origin]
    naive = {name: figures[f"{name}_mean_error"] for name in NAIVE if pd.notna(figures[f"{name}_skill"])}
    off, bias = 100 * figures["mean_error"], 100 * figures["bias"]
    said = (
        f"Over {figures['quarters']:.0f} quarters ({ORIGINS[origin]}) it was off by {off:.1f} points of GRR on "
        f"average, {abs(bias):.1f} too {'high' if bias >= 0 else 'low'} on balance, and the 80 % band held the truth "
        f"in {figures['inside']:.0f} of them ({figures['coverage_low']:.0%} to {figures['coverage_high']:.0%})."
    )
    if not naive:
        return f"{_QUESTION} {said} There is no naive forecast to hold it to."
    best = min(naive, key=lambda name: naive[name])
    skill, low, high = (figures[f"{best}_{figure}"] for figure in ("skill", "skill_low", "skill_high"))
    verdict = "Yes, better than without a model." if low > 0 else "Within bounds, but no better than a naive guess yet."
    verdict = "Within bounds, but worse than a naive guess so far." if high < 0 else verdict
    return (
        f"{_QUESTION} {verdict} {said} The best naive forecast ({NAIVE_NAMES[best]}) was off by "
        f"{100 * naive[best]:.1f} points; skill against it {skill:+.0%} ({low:+.0%} to {high:+.0%})."
    )


def print_forecast(
    console: Console,
    forecast: pd.DataFrame,
    record: pd.DataFrame,
    settings: ForecastSettings,
    *,
    by: str | None = None,
    months: bool = False,
) -> None:
    """Print the answer, then the periods with bounds, what may be committed to, and the naive lines.

    Args:
        console: Where to print.
        forecast: The published `renewal_forecast`.
        record: The published `forecast_track_record`, or no rows.
        settings: How many quarters the record needs.
        by: `segment`, `region` or `csm` for a line each; None for totals.
        months: Months instead of quarters.
    """
    print_wrapped(console, answer(record, settings), style="bold")
    kind = MONTH if months else QUARTER
    rows = forecast[(forecast["period_kind"] == kind) & (forecast["level"] == (by or "total"))]
    if rows.empty:
        print_wrapped(console, "Nothing falls due in the quarters that are forecast.")
        return
    for currency in sorted(rows["currency"].unique()):
        of_currency = rows[rows["currency"] == currency]
        console.print()
        console.print(_outlook(of_currency, currency, by))
        if by is None:
            console.print(_naive(of_currency))
    for line in (_LEGEND if by is None else _LEGEND_BY, rules_in_words(settings)):
        print_wrapped(console, line, style="dim")
    unscored = int(rows["renewals_without_score"].sum())
    if unscored:
        print_wrapped(
            console,
            f"{unscored} undecided renewals stand with the base rate of their horizon: too far away to be scored, or "
            "not begun.",
            mark="- ",
        )
    set_aside = rows["arr_quarantined"].sum()
    if set_aside:
        print_wrapped(
            console,
            f"{_money(set_aside)} of the ARR due lies in quarantine: nothing is known of it, and no share counts it.",
            mark="- ",
        )


def rules_in_words(settings: ForecastSettings) -> str:
    """What counts as commit, best case and at risk.

    Args:
        settings: Which tiers count as what.
    """
    commit, best = (" or ".join(tiers) for tiers in (settings.commit_tiers, settings.best_case_tiers))
    return (
        f"Commit: renewed already, and open renewals of the tier {commit} in full. Best case: {best} and overdue ones "
        "too. At risk: what is undecided and in neither."
    )


def print_record(console: Console, record: pd.DataFrame, settings: ForecastSettings) -> None:
    """Print how past forecasts did: figures by distance, then every quarter.

    Args:
        console: Where to print.
        record: The published `forecast_track_record`.
        settings: How many quarters a claim needs.
    """
    print_wrapped(console, answer(record, settings), style="bold")
    summary = summarize_record(record, settings)
    for origin in [each for each in ORIGINS if each in set(record["origin"])]:
        console.print()
        print_wrapped(console, f"Forecasts {ORIGINS[origin]}", style="bold")
        console.print(_distances(summary[summary["origin"] == origin]))
        console.print(_quarters(record[record["origin"] == origin]))
    if record.empty:
        print_wrapped(console, "No forecast has come to its end yet.")
        return
    print_wrapped(
        console,
        "Ahead: days before the quarter's first day. Band: 80 %. Errors are in points of GRR; skill is the share of "
        f"the mean absolute error saved against a naive one, claimed from {settings.minimum_quarters} quarters on. "
        "Intervals are 90 %. Always: every undecided renewal renews. Last year: as in the same quarter. 4 quarters: as "
        "in the last four.",
        style="dim",
    )


def _table(*columns: str, left: int = 1) -> Table:
    table = Table(padding=(0, 1), pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < left else "right", no_wrap=place < left)
    return table


def _outlook(rows: pd.DataFrame, currency: str, by: str | None) -> Table:
    first = ["period"] if by is None else ["period", by]
    middle, name = ("grr_p50", "GRR %") if by is None else ("expected_grr", "exp. %")
    table = _table(
        *first, f"due {printable(currency)}", "no.", name, "band", "commit", "best", "at risk", left=len(first)
    )
    for row in rows.sort_values(["period", *_GROUP.values()]).to_dict("records"):
        named: list[str | Text] = (
            [row["period"]] if by is None else [row["period"], Text(printable(str(row[_GROUP[by]]))[:14])]
        )
        table.add_row(
            *named,
            _money(row["arr_due"]),
            str(row["renewals_due"]),
            _hundredths(row[middle]),
            _band(row),
            *(_money(row[name]) for name in ("commit_arr", "best_case_arr", "at_risk_arr")),
        )
    return table


def _naive(rows: pd.DataFrame) -> Table:
    table = _table("GRR", "expected", *NAIVE_NAMES.values())
    for row in rows.sort_values("period").to_dict("records"):
        table.add_row(row["period"], *(_percent(row[name]) for name in ("expected_grr", *NAIVE_NAMES)))
    return table


def _distances(summary: pd.DataFrame) -> Table:
    table = _table("ahead", "quarters", "in band", "median error", *(f"skill: {name}" for name in _SHORT))
    for row in summary.to_dict("records"):
        table.add_row(
            str(row["days_ahead"]),
            str(row["quarters"]),
            f"{row['coverage']:.0%}\n{100 * row['coverage_low']:.0f}-{100 * row['coverage_high']:.0f}",
            f"{100 * row['median_error']:.1f}",
            *(_skill(row, name) for name in NAIVE_NAMES),
        )
    return table


def _skill(row: Mapping[Hashable, float], name: str) -> str:
    if pd.isna(row[f"{name}_skill"]):
        return "too few"
    low, high = (100 * row[f"{name}_skill_{bound}"] for bound in ("low", "high"))
    return f"{row[f'{name}_skill']:+.0%}\n{low:+.0f} to {high:+.0f}"


def _quarters(record: pd.DataFrame) -> Table:
    table = _table("quarter", "ahead", "said", "band", "actual", "error", "in", *_SHORT)
    for row in record.sort_values(["period", "days_ahead", "currency"]).to_dict("records"):
        inside = row["is_inside"]
        table.add_row(
            f"{row['period']} {row['currency']}",
            str(row["days_ahead"]),
            _hundredths(row["forecast_grr"]),
            _band(row),
            _hundredths(row["actual_grr"]),
            _points(row["error"]),
            "-" if pd.isna(inside) else "yes" if inside else "no",
            *(_points(row[f"{name}_error"]) for name in NAIVE_NAMES),
        )
    return table


def _percent(share: float | None) -> str:
    return "-" if pd.isna(share) else f"{share:.1%}"


def _hundredths(share: float | None) -> str:
    return "-" if pd.isna(share) else f"{100 * share:.1f}"


def _band(row: Mapping[Hashable, float]) -> str:
    return "-" if pd.isna(row["grr_p10"]) else f"{100 * row['grr_p10']:.0f}-{100 * row['grr_p90']:.0f}"


def _points(error: float | None) -> str:
    return "-" if pd.isna(error) else f"{100 * error:+.1f}"


def _money(amount: object) -> str:
    """An amount of ARR in thousands or millions."""
    value = float(str(amount))
    return f"{value / 1e6:.2f}M" if value >= 1e6 else f"{value / 1e3:.0f}k" if value >= 1e4 else f"{value:.0f}"
