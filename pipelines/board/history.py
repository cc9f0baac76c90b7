"""How a renewal's probability has moved from week to week, as it was shown each week.

Only first revisions count: what people saw at the time, and not what a later run would have said.
"""

from datetime import date
from functools import lru_cache
from typing import Final

import altair as alt
import pandas as pd

from pipelines.board.tables import first_published
from pipelines.board.theme import BAND, COLOURS, GUT, HEIGHT, OURS, USAGE
from pipelines.manifest import published_dates, read_manifest
from pipelines.workspace import Workspace

_WEEKS: Final = 53
_TABLE: Final = "account_risk"
_COLUMNS: Final = [
    "account_id",
    "renewal_id",
    "renewal_date",
    "churn_probability",
    "probability_low",
    "probability_high",
]

_VIEWS: Final = {"churn_probability": "both together", "usage_view": "usage alone", "gut_view": "the pulse alone"}


def shown_probabilities(workspace: Workspace, account_id: str) -> pd.DataFrame:
    """Return what was shown of an account's renewals, date by date, the newest 53 dates.

    Args:
        workspace: The workspace.
        account_id: The account.

    Returns:
        as_of, renewal_id, renewal_date, churn_probability, probability_low, probability_high, usage_view, gut_view,
        one row per date and scored renewal, by renewal and date.
    """
    parts = []
    for day in published_dates(workspace, _TABLE)[-_WEEKS:]:
        manifest = read_manifest(workspace, day)
        if manifest is not None:
            by_account = _shown_on(workspace, day, manifest.first[_TABLE].sha256)
            parts.append(by_account.loc[by_account.index == account_id])
    columns = [*_COLUMNS[1:], "usage_view", "gut_view", "as_of"]
    found = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    return found[columns].sort_values(["renewal_id", "as_of"], ignore_index=True)


def history_chart(shown: pd.DataFrame, pulses: pd.DataFrame) -> "alt.LayerChart | alt.FacetChart":
    """Draw the probabilities of one renewal with their band, and the colours that were given meanwhile.

    Args:
        shown: As `shown_probabilities` returns it, of one renewal.
        pulses: pulse_on and sentiment of the account's pulses.
    """
    when = shown.drop(columns="renewal_date").assign(as_of=pd.to_datetime(shown["as_of"]))
    shares = alt.Axis(format=".0%", title="probability of churn")
    top = float(max(when["probability_high"].max(), when[["usage_view", "gut_view"]].max().max(), 0.1))
    base = alt.Chart(when).encode(
        x=alt.X("as_of:T", title="as of", axis=alt.Axis(format="%d %b %Y", labelOverlap=True))
    )
    band = base.mark_area(color=BAND).encode(
        y=alt.Y("probability_low:Q", axis=shares, scale=alt.Scale(domain=[0, min(1.0, 1.15 * top)])),
        y2=alt.Y2("probability_high:Q"),
    )
    long = when.melt(id_vars="as_of", value_vars=list(_VIEWS), var_name="view", value_name="probability").dropna()
    long = long.assign(view=long["view"].map(_VIEWS))
    lines = (
        alt.Chart(long)
        .mark_line(point=True)
        .encode(
            x=alt.X("as_of:T"),
            y=alt.Y("probability:Q"),
            color=alt.Color(
                "view:N",
                title="view",
                legend=alt.Legend(columns=1),
                scale=alt.Scale(domain=list(_VIEWS.values()), range=[OURS, USAGE, GUT]),
            ),
            strokeDash=alt.StrokeDash(
                "view:N",
                title="view",
                legend=alt.Legend(columns=1),
                scale=alt.Scale(domain=list(_VIEWS.values()), range=[[1, 0], [6, 3], [2, 2]]),
            ),
            tooltip=[
                alt.Tooltip("as_of:T", title="as of"),
                alt.Tooltip("view:N"),
                alt.Tooltip("probability:Q", format=".1%"),
            ],
        )
    )
    layers: list[alt.Chart] = [band, lines]
    meanwhile = pulses.assign(pulse_on=pd.to_datetime(pulses["pulse_on"]))
    meanwhile = meanwhile[meanwhile["pulse_on"] >= when["as_of"].min() - pd.Timedelta(days=7)]
    if len(meanwhile):
        marks = alt.Chart(meanwhile).encode(
            x=alt.X("pulse_on:T"),
            y=alt.value(HEIGHT - 8),
            tooltip=[alt.Tooltip("pulse_on:T", title="pulse"), alt.Tooltip("sentiment:N")],
        )
        scale = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
        layers.append(
            marks.mark_point(filled=True, size=110, opacity=1).encode(
                fill=alt.Fill("sentiment:N", title="pulse", legend=alt.Legend(columns=3), scale=scale),
                shape=alt.Shape(
                    "sentiment:N",
                    title="pulse",
                    scale=alt.Scale(domain=list(COLOURS), range=["circle", "square", "triangle-up"]),
                ),
            )
        )
    says = "The probability of churn as it was shown each week, its 90 % interval, and the pulses given meanwhile."
    return alt.layer(*layers).properties(width="container", height=HEIGHT, description=says)


@lru_cache(maxsize=2 * _WEEKS)
def _shown_on(workspace: Workspace, day: date, _: str) -> pd.DataFrame:
    """The columns of one week's table that history needs, by account; the rest is let go."""
    table = first_published(workspace, _TABLE, day)
    if table is None:
        return pd.DataFrame(columns=[*_COLUMNS, "usage_view", "gut_view", "as_of"]).set_index("account_id")
    scored = table[table["churn_probability"].notna()]
    return scored[[*_COLUMNS, "usage_view", "gut_view", "as_of"]].set_index("account_id")
