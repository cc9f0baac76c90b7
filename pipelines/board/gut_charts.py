"""Charts of the gut feel page: dots with intervals, told apart by word and place as well as by colour.

Each takes a table that `gut_feel` or `overrides` has made, and says in its description what it shows.
"""

from typing import Final

import altair as alt
import pandas as pd

from pipelines.board import overrides as held
from pipelines.board.gut_feel import EVERYTHING, NO_PULSE
from pipelines.board.theme import COLOURS, GUT, INK, MUTED, NAIVE, OURS, USAGE, scale_of

MOST_ANSWERS: Final = 25
_STEP, _LINES = 26, 24
_SHARE: Final = alt.Axis(format=".0%", title="share that was lost")
_BARE: Final = {**COLOURS, NO_PULSE: NAIVE}
_SHAPES: Final = dict(zip(_BARE, ("circle", "square", "triangle-up", "diamond"), strict=True))


def colours_chart(table: pd.DataFrame) -> alt.LayerChart:
    """What colours meant, by slice, beside what was lost of all; a line is named by its slice, or else its colour."""
    table = table.rename(columns={"churn rate": "rate", "of all": "all"})
    slices, names = list(table["slice"].drop_duplicates()), alt.Axis(labelLimit=150)
    base = alt.Chart(table)
    if slices == [EVERYTHING]:
        base = base.encode(y=alt.Y("colour:N", title=None, sort=list(_BARE), axis=names))
    else:
        of_slice = alt.Y("slice:N", title=None, sort=slices, axis=names)
        base = base.encode(y=of_slice, yOffset=alt.YOffset("colour:N", sort=list(_BARE)))
    colour = alt.Color("colour:N", title=None, sort=list(_BARE), scale=scale_of(_BARE), legend=alt.Legend(columns=4))
    reach = base.mark_rule(strokeWidth=3, opacity=0.6).encode(
        x=alt.X("low:Q", axis=_SHARE), x2=alt.X2("high:Q"), color=colour
    )
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("rate:Q"),
        color=colour,
        shape=alt.Shape("colour:N", title=None, sort=list(_BARE), scale=scale_of(_SHAPES)),
        tooltip=[alt.Tooltip("slice:N"), alt.Tooltip("colour:N"), *_percents("rate", "low", "high", "all")],
    )
    ticks = base.mark_tick(color=INK, thickness=2, size=14).encode(x=alt.X("all:Q"))
    layered: alt.LayerChart = (reach + ticks + dots).properties(
        width="container",
        height=max(_LINES * len(table), 4 * _STEP),
        description="Share of renewals that were lost by the colour they had, with intervals, beside that of all.",
    )
    return layered


def ages_chart(table: pd.DataFrame) -> alt.LayerChart:
    """How well colours tell apart as they age; one half is chance."""
    rows = table.rename(columns={"AUC of the colour": "auc", "days since written": "age"}).dropna(subset="auc")
    rows = rows[["age", "auc", "low", "high"]]
    x = alt.X("age:N", title="days since the words were written", sort=list(rows["age"]), axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(domain=[0.3, 1.0], clamp=True)
    base = alt.Chart(rows).encode(x=x)
    reach = base.mark_rule(strokeWidth=3, color=GUT, opacity=0.6).encode(
        y=alt.Y("low:Q", title="AUC of the colour", scale=scale), y2=alt.Y2("high:Q")
    )
    line = base.mark_line(color=GUT, point={"filled": True, "size": 70, "color": GUT}).encode(
        y=alt.Y("auc:Q", scale=scale), tooltip=[alt.Tooltip("age:N"), *_plain("auc", "low", "high")]
    )
    layered: alt.LayerChart = (_line_at(0.5, alt.Y("none:Q", scale=scale)) + reach + line).properties(
        width="container", description="How well colours tell lost renewals from others, by the age of the words."
    )
    return layered


def answers_chart(table: pd.DataFrame) -> alt.LayerChart:
    """Lift of answers and reasons, those that stand out first."""
    rows = table.head(MOST_ANSWERS).assign(said=lambda each: each["kind"] + ": " + each["what was said"])
    rows = rows[["said", "lift", "low", "high", "stands out"]].rename(columns={"stands out": "stands_out"})
    base = alt.Chart(rows).encode(
        y=alt.Y("said:N", title=None, sort=list(rows["said"]), axis=alt.Axis(labelLimit=190)),
        color=alt.Color("stands_out:N", title="stands out", scale=scale_of({"yes": OURS, "no": NAIVE})),
    )
    reach = base.mark_rule(strokeWidth=3, opacity=0.6).encode(
        x=alt.X("low:Q", title="lift: times as often lost as all", scale=alt.Scale(zero=True)),
        x2=alt.X2("high:Q"),
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("lift:Q"), tooltip=[alt.Tooltip("said:N"), *_plain("lift", "low", "high")]
    )
    layered: alt.LayerChart = (_line_at(1.0, alt.X("none:Q")) + reach + dots).properties(
        width="container",
        height=_LINES * len(rows),
        description="How much more often renewals were lost where something was said, with intervals.",
    )
    return layered


def expectations_chart(expectations: pd.DataFrame) -> alt.Chart:
    """What came of disagreements, beside what each view had expected."""
    rows = expectations.rename(columns={"the person said": "said"})
    colours = {held.CAME: INK, held.BY_USAGE: USAGE, held.BY_GUT: GUT}
    shapes = alt.Scale(domain=list(colours), range=["diamond", "square", "circle"])
    encoded: alt.Chart = (
        alt.Chart(rows)
        .mark_point(filled=True, size=110, opacity=1)
        .encode(
            y=alt.Y("said:N", title="the person said", sort=None, axis=alt.Axis(labelLimit=170)),
            x=alt.X("share:Q", axis=_SHARE),
            color=alt.Color("whose:N", title=None, scale=scale_of(colours), legend=alt.Legend(columns=1)),
            shape=alt.Shape("whose:N", title=None, scale=shapes),
            tooltip=[alt.Tooltip("said:N"), alt.Tooltip("whose:N"), *_percents("share")],
        )
        .properties(
            width="container",
            height=_STEP * 2 * max(rows["said"].nunique(), 1),
            description="Share lost where colour and usage disagreed, beside what each of them had expected.",
        )
    )
    return encoded


def policies_chart(table: pd.DataFrame) -> alt.LayerChart:
    """What each policy would have gained over usage alone."""
    rows = table.rename(columns={"Brier gain": "gain"}).assign(policy=table["policy"].str.split(":").str[0])
    colours = {held.BY_RENEWAL: OURS, held.BY_ARR: USAGE}
    base = alt.Chart(rows).encode(
        y=alt.Y("policy:N", title=None, sort=list(rows["policy"].drop_duplicates()), axis=alt.Axis(labelLimit=170)),
        yOffset=alt.YOffset("weight:N", sort=list(colours)),
        color=alt.Color(
            "weight:N", title=None, sort=list(colours), scale=scale_of(colours), legend=alt.Legend(columns=1)
        ),
    )
    reach = base.mark_rule(strokeWidth=3, opacity=0.6).encode(
        x=alt.X("low:Q", title="gain in Brier score"), x2=alt.X2("high:Q")
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("gain:Q"),
        tooltip=[alt.Tooltip("policy:N"), alt.Tooltip("weight:N"), *_plain("gain", "low", "high", form="+.4f")],
    )
    layered: alt.LayerChart = (_line_at(0.0, alt.X("none:Q")) + reach + dots).properties(
        width="container",
        height=_STEP * 2 * max(rows["policy"].nunique(), 1),
        description="What following the person would have gained over usage alone, by policy, with intervals.",
    )
    return layered


def _line_at(value: float, place: alt.X | alt.Y) -> alt.Chart:
    """A dashed line where there is nothing to be seen: chance, or no difference."""
    line: alt.Chart = alt.Chart(pd.DataFrame({"none": [value]})).mark_rule(color=MUTED, strokeDash=[4, 4]).encode(place)
    return line


def _percents(*columns: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{column}:Q", format=".1%") for column in columns]


def _plain(*columns: str, form: str = ".2f") -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{column}:Q", format=form) for column in columns]
