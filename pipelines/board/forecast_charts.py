"""Charts of the forecast page: bounds by period and by line, the waterfall, and what came of past forecasts.

Each takes rows that `forecast` or `forecast_record` has chosen, and says in its description what it shows.
"""

from typing import Final

import altair as alt
import pandas as pd

from pipelines.board.forecast_record import OURS as FORECAST
from pipelines.board.theme import BAND, GUT, INK, NAIVE, OURS, USAGE, scale_of
from pipelines.forecast_display import NAIVE_NAMES

GRR: Final = "share of the due ARR that stays (GRR)"
MOST_LINES: Final = 30
"""Lines of a chart by segment, region or CSM: more than these, those with most due, would not be read."""
LOST: Final = "#882255"
_LINE_STEP, _STEP = 26, 34
_NAIVE_COLOURS: Final = dict(zip(NAIVE_NAMES.values(), (NAIVE, USAGE, GUT), strict=True))
_FORECASTERS: Final = {FORECAST: OURS, **_NAIVE_COLOURS}
_SHARE: Final = alt.Axis(format=".0%")
_FEW_SHARES: Final = alt.Axis(format=".0%", tickCount=4, tickMinStep=0.01, labelOverlap=True)
"""Along the width, where labels would run together on a phone; no two ticks that read the same."""
_SLANTED: Final = alt.Axis(labelAngle=-45)
_TWO_COLUMNS: Final = alt.Legend(columns=2)
"""So that names stand in full on a phone."""
_SCALE: Final = alt.Scale(zero=False, nice=True)


def periods_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Bounds, the middle and naive lines of each period."""
    table = rows[["period", "grr_p10", "grr_p50", "grr_p90"]].dropna()
    base = alt.Chart(table).encode(x=alt.X("period:N", title=None, axis=_SLANTED))
    bars = base.mark_bar(size=30, color=BAND).encode(
        y=alt.Y("grr_p10:Q", title=GRR, scale=_SCALE, axis=_SHARE), y2=alt.Y2("grr_p90:Q")
    )
    middle = base.mark_point(filled=True, size=80, color=OURS, opacity=1).encode(
        y=alt.Y("grr_p50:Q"), tooltip=[alt.Tooltip("period:N"), *_percents("grr_p50", "grr_p10", "grr_p90")]
    )
    layered: alt.LayerChart = (bars + _naive_ticks(rows) + middle).properties(
        width="container",
        description="Gross revenue retention by period: forecast, band and naive forecasts. The table holds the same.",
    )
    return layered


def lines_chart(rows: pd.DataFrame, period: str, level: str) -> alt.LayerChart:
    """Bounds and the mean of each line of one period, those with most due first.

    Of small lines the middle is often 100 % whatever is at risk; the mean tells them apart.
    """
    of_period = rows[rows["period"] == period].dropna(subset=["expected_grr"]).head(MOST_LINES)
    table = of_period[["line", "grr_p10", "expected_grr", "grr_p90"]]
    base = alt.Chart(table).encode(
        y=alt.Y("line:N", title=level, sort=list(table["line"].drop_duplicates()), axis=alt.Axis(labelLimit=140))
    )
    bars = base.mark_bar(size=14, color=BAND).encode(
        x=alt.X("grr_p10:Q", title=GRR, scale=_SCALE, axis=_FEW_SHARES), x2=alt.X2("grr_p90:Q")
    )
    mean = base.mark_point(filled=True, size=60, color=OURS, opacity=1).encode(
        x=alt.X("expected_grr:Q"), tooltip=[alt.Tooltip("line:N"), *_percents("expected_grr", "grr_p10", "grr_p90")]
    )
    layered: alt.LayerChart = (bars + mean).properties(
        width="container",
        height=_LINE_STEP * len(table),
        title=f"{period} by {level}: expected, and band",
        description=f"Gross revenue retention of {period} by {level}, with its band. The table holds the same.",
    )
    return layered


def waterfall_chart(steps: pd.DataFrame, currency: str, period: str) -> alt.LayerChart:
    """The way from what is due to what is expected to stay."""
    table = pd.DataFrame(
        {
            "step": steps["step"],
            "start": steps["start"].astype("float64"),
            "end": steps["end"].astype("float64"),
            "right": steps[["start", "end"]].max(axis=1).astype("float64"),
            "kind": [
                "leaves" if end < start else "stays" for start, end in zip(steps["start"], steps["end"], strict=True)
            ],
            "label": [f"{amount:,.0f}" for amount in steps["amount"]],
        }
    )
    base = alt.Chart(table).encode(y=alt.Y("step:N", title=None, sort=list(table["step"])))
    room = alt.Scale(domain=[0.0, 1.2 * float(table["right"].max())])
    bars = base.mark_bar().encode(
        x=alt.X("start:Q", title=f"ARR, {currency}", scale=room, axis=alt.Axis(format="~s")),
        x2=alt.X2("end:Q"),
        color=alt.Color("kind:N", legend=None, scale=scale_of({"stays": OURS, "leaves": LOST})),
        tooltip=[alt.Tooltip("step:N"), alt.Tooltip("label:N", title=currency)],
    )
    labels = base.mark_text(align="left", dx=5, color=INK).encode(x=alt.X("right:Q"), text=alt.Text("label:N"))
    layered: alt.LayerChart = (bars + labels).properties(
        width="container",
        height=_STEP * len(table),
        description=f"ARR due in {period}, what is lost of it and how, and what is expected to stay, in {currency}.",
    )
    return layered


def record_chart(rows: pd.DataFrame, days_ahead: str) -> alt.LayerChart:
    """Past forecasts with their bands, and what came."""
    x = alt.X("period:N", title="quarter", axis=_SLANTED)
    bars = (
        alt.Chart(rows[["period", "grr_p10", "grr_p90"]].dropna())
        .mark_bar(size=18, color=BAND)
        .encode(x=x, y=alt.Y("grr_p10:Q", title=GRR, scale=_SCALE, axis=_SHARE), y2=alt.Y2("grr_p90:Q"))
    )
    points = rows.melt("period", ["forecast_grr", "actual_grr"], var_name="what", value_name="share").dropna()
    points["what"] = points["what"].map({"forecast_grr": FORECAST, "actual_grr": "what came"})
    domain = [FORECAST, "what came"]
    marks = (
        alt.Chart(points)
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=x,
            y=alt.Y("share:Q"),
            color=alt.Color("what:N", title=None, scale=scale_of({FORECAST: OURS, "what came": INK})),
            shape=alt.Shape("what:N", title=None, scale=alt.Scale(domain=domain, range=["circle", "diamond"])),
            tooltip=[alt.Tooltip("period:N"), alt.Tooltip("what:N"), *_percents("share")],
        )
    )
    layered: alt.LayerChart = (bars + marks).properties(
        width="container",
        description=f"Forecasts made {days_ahead} days ahead, their bands, and the retention that came, by quarter.",
    )
    return layered


def errors_chart(errors: pd.DataFrame) -> alt.Chart:
    """Mean error of the forecast and of naive ones, by distance."""
    present = [name for name in _FORECASTERS if name in set(errors["forecaster"])]
    encoded: alt.Chart = (
        alt.Chart(errors)
        .mark_bar()
        .encode(
            x=alt.X("days_ahead:N", title="days ahead of the quarter", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("forecaster:N", sort=present),
            y=alt.Y("error:Q", title="mean error, points of GRR"),
            color=alt.Color(
                "forecaster:N",
                title=None,
                sort=present,
                scale=scale_of({name: _FORECASTERS[name] for name in present}),
                legend=_TWO_COLUMNS,
            ),
            tooltip=[alt.Tooltip("forecaster:N"), alt.Tooltip("days_ahead:N"), alt.Tooltip("error:Q", format=".1f")],
        )
        .properties(
            width="container",
            description="Mean absolute error of the forecast and of naive forecasts, by days ahead of the quarter.",
        )
    )
    return encoded


def _naive_ticks(rows: pd.DataFrame) -> alt.Chart:
    """Naive forecasts as ticks across the bars."""
    naive = rows.melt("period", list(NAIVE_NAMES), var_name="naive", value_name="share").dropna()
    naive["naive"] = naive["naive"].map(NAIVE_NAMES)
    ticks: alt.Chart = (
        alt.Chart(naive)
        .mark_tick(thickness=3, size=38)
        .encode(
            x=alt.X("period:N"),
            y=alt.Y("share:Q"),
            color=alt.Color("naive:N", title="naive", scale=scale_of(_NAIVE_COLOURS), legend=_TWO_COLUMNS),
            tooltip=[alt.Tooltip("period:N"), alt.Tooltip("naive:N"), *_percents("share")],
        )
    )
    return ticks


def _percents(*columns: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{column}:Q", format=".1%") for column in columns]
