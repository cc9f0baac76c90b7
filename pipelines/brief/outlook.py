"""What a brief says of money: what is due, what is expected of it, and how past forecasts have done.

Figures, bounds and naive lines are those of `renewal_forecast` and `forecast_track_record`; here they become words and
one chart.
"""

from typing import Any, Final

import pandas as pd

from models.plots import INK, PALE
from models.settings import ForecastSettings
from pipelines.brief.parts import Part, Row, Sheet
from pipelines.figures_in_words import between, counted, day, money, percent
from pipelines.forecast_display import HEADLINE_DAYS, answer

_SHOWN_QUARTERS: Final = 8
_NAIVE: Final = {
    "naive_always_renews": "all renew",
    "naive_last_year": "same quarter last year",
    "naive_trailing_year": "last four quarters",
}
_COUNTING: Final = (
    "A contract counts once in a quarter, and stays if it passes every renewal there; plans of a few months come in as "
    "they near."
)
_NAIVE_COLOURS: Final = ("#1f5f8b", "#c77700")
_WIDTH, _HEIGHT, _FONT = 470, 240, 13


def forecast_part(forecast: pd.DataFrame | None, level: str = "total") -> Part | None:
    """The quarters to come; None where no forecast is published.

    Args:
        forecast: `renewal_forecast`; with the level `csm` the rows of one CSM.
        level: Which roll-up to tell.
    """
    if forecast is None:
        return None
    title, anchor = "Renewal forecast", "forecast"
    rows = forecast[(forecast["level"] == level) & (forecast["period_kind"] == "quarter")]
    rows = rows.sort_values(["currency", "period"], ignore_index=True)
    if rows.empty:
        return Part(title, anchor, ("Nothing is due in the quarters that are forecast.",))
    sentences = [quarter_in_words(row) for row in next_quarter(rows).to_dict("records")]
    sentences.append(_COUNTING)
    if len(rows["currency"].unique()) > 1:
        sentences.append("Amounts of different currencies are never added.")
    sheets = [_sheet(of_currency, str(currency)) for currency, of_currency in rows.groupby("currency", sort=True)]
    main = rows[rows["currency"] == main_currency(rows)]
    return Part(
        title,
        anchor,
        tuple(sentences),
        sheets=tuple(sheets),
        chart=_chart(main) if main["grr_p50"].notna().any() else None,
        chart_says=f"Gross revenue retention by quarter in {main['currency'].iloc[0]}, with bounds and "
        "naive forecasts; the figures are in the table below.",
    )


def record_part(record: pd.DataFrame | None, settings: ForecastSettings) -> Part | None:
    """How past forecasts have done; None where no record is published.

    Args:
        record: `forecast_track_record`.
        settings: From how many quarters on something is claimed.
    """
    if record is None:
        return None
    title, anchor = "How the last forecasts did", "record"
    rows = record[record["days_ahead"] == HEADLINE_DAYS]
    if rows.empty:
        text = f"No quarter that was forecast {HEADLINE_DAYS} days ahead is over and settled yet."
        return Part(title, anchor, (text,))
    sheets = []
    for (origin, currency), group in rows.groupby(["origin", "currency"], sort=True):
        newest = group[group["actual_grr"].notna()].sort_values("period").tail(_SHOWN_QUARTERS).to_dict("records")
        sheets.append(
            Sheet(
                ("quarter", "made on", "forecast", "10–90 %", "came", "whole quarter", "all renew", "last year", ""),
                tuple(_record_line(row) for row in reversed(newest)),
                f"{str(origin).capitalize()}, {currency}: the newest {len(newest)} of {len(group)}. The whole quarter "
                "has in it what was not on record yet when the forecast was made.",
            )
        )
    return Part(title, anchor, (answer(record, settings),), sheets=tuple(sheets))


def next_quarter(rows: pd.DataFrame) -> pd.DataFrame:
    """The first quarter that lies wholly ahead, else the current one.

    Args:
        rows: Of `renewal_forecast`, at least one, of one kind of period.
    """
    is_ahead = pd.to_datetime(rows["period_start"]) >= pd.to_datetime(rows["as_of"])
    first: str = rows.loc[is_ahead if is_ahead.any() else ~is_ahead, "period"].min()
    return rows.loc[rows["period"] == first]


def quarter_in_words(row: Row) -> str:
    """What is due in a period, how much of it is expected to stay, and what naive forecasts say of it."""
    due = f"{money(row['arr_due'])} {row['currency']}"
    verb = "comes" if row["renewals_due"] == 1 else "come"
    said = f"{counted(int(row['renewals_due']), 'renewal')} worth {due} {verb} due in {row['period']}"
    if pd.isna(row["grr_p50"]):
        return f"{said}."
    naive = ", ".join(f"{name} {percent(row[column])}" for column, name in _NAIVE.items() if pd.notna(row[column]))
    return (
        f"{said}. The forecast is that {percent(row['grr_p50'], 1)} of it stays, in four courses of five between "
        f"{percent(row['grr_p10'], 1)} and {percent(row['grr_p90'], 1)}. Naive lines: {naive}."
    )


def _sheet(rows: pd.DataFrame, currency: str) -> Sheet:
    columns = (
        "quarter",
        f"due, {currency}",
        "GRR",
        "10–90 %",
        "commit",
        "best case",
        "at risk",
        "last year",
    )
    lines = tuple(
        (
            str(row["period"]),
            money(row["arr_due"]),
            percent(row["grr_p50"], 1),
            between(row["grr_p10"], row["grr_p90"]),
            money(row["commit_arr"]),
            money(row["best_case_arr"]),
            money(row["at_risk_arr"]),
            percent(row["naive_last_year"], 1),
        )
        for row in rows.to_dict("records")
    )
    return Sheet(columns, lines)


def _record_line(row: Row) -> tuple[str, ...]:
    verdict = ""
    if pd.notna(row["is_inside"]):
        verdict = "inside" if row["is_inside"] else "outside"
    return (
        str(row["period"]),
        day(row["as_of"]),
        percent(row["forecast_grr"], 1),
        between(row["grr_p10"], row["grr_p90"]),
        percent(row["actual_grr"], 1),
        percent(row["quarter_grr"], 1),
        percent(row["naive_always_renews"]),
        percent(row["naive_last_year"], 1),
        verdict,
    )


def main_currency(rows: pd.DataFrame) -> str:
    """The currency in which most is due, judged by the number of renewals: amounts do not compare.

    Args:
        rows: Of `renewal_forecast`, at least one.
    """
    counts = rows.groupby("currency")["renewals_due"].sum()
    return str(counts.idxmax())


def _chart(rows: pd.DataFrame) -> dict[str, Any]:
    """Bounds, expectation and naive lines by quarter."""
    import altair

    columns = ["period", "grr_p50", "grr_p10", "grr_p90"]
    title = altair.Title("Bars: bounds that hold four courses of five. Dots: the forecast.", fontWeight="normal")
    base = altair.Chart(rows[columns], title=title).encode(
        x=altair.X("period:N", title=None, axis=altair.Axis(labelAngle=0))
    )
    scale = altair.Scale(zero=False)
    axis = altair.Axis(format=".0%", title="share of the due ARR that stays")
    bars = base.mark_bar(size=26, color=PALE).encode(y=altair.Y("grr_p10:Q", scale=scale, axis=axis), y2="grr_p90:Q")
    points = base.mark_point(filled=True, size=70, color=INK, opacity=1).encode(y="grr_p50:Q")
    naive = rows.melt(id_vars="period", value_vars=list(_NAIVE)[1:], var_name="line", value_name="share").dropna()
    naive = naive.assign(line=naive["line"].map(_NAIVE))
    ticks = (
        altair.Chart(naive)
        .mark_tick(thickness=2, size=34)
        .encode(
            x="period:N",
            y="share:Q",
            color=altair.Color(
                "line:N",
                title="naive",
                scale=altair.Scale(domain=list(_NAIVE.values())[1:], range=list(_NAIVE_COLOURS)),
                legend=altair.Legend(orient="top"),
            ),
        )
    )
    layered = (bars + ticks + points).properties(width=_WIDTH, height=_HEIGHT)
    # Large enough to be read where a phone shrinks the picture.
    layered = layered.configure_axis(labelFontSize=_FONT, titleFontSize=_FONT, titleFontWeight="normal")
    layered = layered.configure_legend(labelFontSize=_FONT, titleFontSize=_FONT).configure_title(fontSize=_FONT)
    specification: dict[str, Any] = layered.to_dict()
    return specification
