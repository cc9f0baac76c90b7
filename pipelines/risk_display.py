"""The risk table in a terminal: one line per renewal and below it the reasons. Fits 80 columns and a pipe.

Only layout; order, wording and figures are those of the published tables.
"""

from collections.abc import Hashable, Iterator

import pandas as pd
from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from models.churn_model import HINDSIGHT
from pipelines.books import book_of
from pipelines.text_display import print_wrapped, printable

_KEY = ["account_id", "renewal_id"]
_STYLES = {"red": "red", "yellow": "yellow", "green": "green"}
_STATUS = {"overdue": "overdue", "known_loss": "lost", "already_renewed": "renewed"}
_STANCES = {
    "disagree": "Usage and gut disagree: trust the person, investigate fast",
    "agree_on_risk": "Usage and gut agree on risk: act decisively",
    "agree_on_health": "Usage and gut agree on health: keep the rhythm",
}
_NAME_WIDTH = 23
_REASONS = 3
_IN_HINDSIGHT = (
    "In hindsight: scored by a model of {through}, which has seen what came of these renewals. Not a prediction."
)
_HEADING = (
    f"{'account':<{_NAME_WIDTH}} {'renewal':<10} {'days':>7} {'ARR':>10} {'churn':>6} {'usage':>6} {'gut':>5} pulse"
)


def print_risk(console: Console, risk: pd.DataFrame, reasons: pd.DataFrame, *, top: int, csm: str | None) -> None:
    """Print the first renewals of a risk table with their reasons.

    Args:
        console: Where to print.
        risk: The published `account_risk`.
        reasons: The published `risk_reasons`.
        top: How many renewals.
        csm: Only those of this CSM, by id or name; None for all.

    Raises:
        PublishedError: If no renewal is that CSM's.
    """
    shown = risk if csm is None else book_of(csm, risk)
    by_renewal = dict(iter(reasons.groupby(_KEY)))
    day = risk["as_of"].iloc[0] if len(risk) else "an empty table"
    print_wrapped(console, f"Risk as of {day}: {min(top, len(shown))} of {len(shown)} renewals", style="bold")
    if (shown["calibration"] == HINDSIGHT).any():
        print_wrapped(console, _IN_HINDSIGHT.format(through=shown["trained_through"].iloc[0]), style="bold red")
    console.print(Text(_HEADING, style="dim"), soft_wrap=True)
    for row in shown.head(top).to_dict("records"):
        console.print(_renewal(row), soft_wrap=True)
        for mark, text, style in _details(row, by_renewal.get((row["account_id"], row["renewal_id"]))):
            print_wrapped(console, text, mark=f"    {mark} ", style=style)
    print_wrapped(console, " ".join(_footer(shown, top)), style="dim")


def _footer(shown: pd.DataFrame, top: int) -> Iterator[str]:
    """What the listed rows leave out, and what is lost already of all of them."""
    more = len(shown) - top
    if more > 0:
        yield f"and {more:,} more renewal{'' if more == 1 else 's'}."
    lost = shown[shown["status"] == "known_loss"]
    if len(lost):
        yield f"Known losses: {len(lost):,}, worth {' and '.join(_totals(lost))} a year."


def _totals(rows: pd.DataFrame) -> list[str]:
    """The ARR of rows, summed within each currency; a currency is named only where there are several."""
    currencies = rows["currency"].fillna("(no currency)")
    totals = rows.groupby(currencies)["arr"].sum()
    return [f"{_money(arr)} {name}" if len(totals) > 1 else _money(arr) for name, arr in totals.items()]


def _renewal(row: dict[Hashable, object]) -> Text:
    """One renewal as a line of fixed columns."""
    name = set_cell_size(printable(str(_known(row["account_name"], row["account_id"]))), _NAME_WIDTH)
    days = _STATUS.get(str(row["status"]), str(row["lead_days"]))
    text = Text(f"{name} {row['renewal_date']!s:<10} {days:>7} {_money(row['arr']):>10} ")
    text.append(f"{_percent(row['churn_probability']):>6}", style="bold")
    text.append(f" {_percent(row['usage_view']):>6} {_percent(row['gut_view']):>5} ")
    colour = _known(row["sentiment"], "none")
    text.append(str(colour), style=_STYLES.get(str(colour), "dim"))
    return text


def _details(row: dict[Hashable, object], reasons: pd.DataFrame | None) -> Iterator[tuple[str, str, str]]:
    """What stands below a renewal, as mark, text and style: its reasons, the CSM's words, what follows."""
    if reasons is not None:
        for reason in reasons.sort_values("rank").head(_REASONS).itertuples():
            yield "+" if reason.direction == "raises" else "-", str(reason.sentence), ""
    if _known(row["change_reason"], None) is not None:
        yield "~", f"{100 * float(str(row['probability_change'])):+.0f} points in a week: {row['change_reason']}", ""
    if _known(row["last_pulse_reason"], None) is not None:
        yield ">", f'CSM on {row["last_pulse_on"]}: "{row["last_pulse_reason"]}"', "italic"
    stance = str(_known(row["stance"], "unclear"))
    if stance in _STANCES:
        yield "=", _STANCES[stance], "cyan"


def _known(value: object, otherwise: object) -> object:
    return otherwise if value is None or value != value else value


def _percent(value: object) -> str:
    known = _known(value, None)
    return "-" if known is None else f"{float(str(known)):.0%}"


def _money(value: object) -> str:
    return f"{float(str(value)):,.0f}"
