"""The risk table in a terminal, as the list for Monday morning: who, how likely, why, and what to do by when.

Only layout; order, wording and figures are those of the published tables. Fits 80 columns and a pipe. One account or
one green pulse by itself is shown in `account_display` and `green_display`.
"""

from collections.abc import Hashable, Iterator

import pandas as pd
from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from models.churn_model import HINDSIGHT
from models.explanation import worth_telling
from models.policy import TIERS
from models.risk_table import RISK_COLUMNS
from pipelines.books import book_of
from pipelines.text_display import print_wrapped, printable

_KEY = ["account_id", "renewal_id"]
_STYLES = {"high": "bold red", "elevated": "yellow", "low": "green"}
_STATUS = {"overdue": "overdue", "known_loss": "lost", "already_renewed": "renewed"}
_STANCES = {"agree_on_risk": "risk", "agree_on_health": "health"}
_NAME_WIDTH = 19
_REASONS = 2
_IN_HINDSIGHT = (
    "In hindsight: scored by a model of {through}, which has seen what came of these renewals. Not a prediction."
)
_HEADING = f"{'#':>3} {'account':<{_NAME_WIDTH}} {'renewal':<10} {'ARR':>9} {'churn (90 %)':<12} {'tier':<13} stance"
_SEVERAL_LISTS = "#: place on the list of the account's own CSM, so several rows may be first."
_END_OF_CAPACITY = "    --- this is as far as the week reaches ---"


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
    # A table of an earlier release lacks columns.
    risk = risk.reindex(columns=list(dict.fromkeys([*risk.columns, *RISK_COLUMNS])))
    shown = risk if csm is None else book_of(csm, risk).sort_values("capacity_rank", kind="stable")
    by_renewal = dict(iter(reasons.groupby(_KEY)))
    day = risk["as_of"].iloc[0] if len(risk) else "an empty table"
    print_wrapped(console, f"Risk as of {day}: {min(top, len(shown))} of {len(shown)} renewals", style="bold")
    if (shown["calibration"] == HINDSIGHT).any():
        print_wrapped(console, _IN_HINDSIGHT.format(through=shown["trained_through"].iloc[0]), style="bold red")
    console.print(Text(_HEADING, style="dim"), soft_wrap=True)
    was_within = False
    for row in shown.head(top).to_dict("records"):
        is_within = known(row["is_within_capacity"], False)
        if csm is not None and was_within and not is_within:
            console.print(Text(_END_OF_CAPACITY, style="dim"), soft_wrap=True)
        was_within = bool(is_within)
        console.print(_renewal(row), soft_wrap=True)
        for mark, text, style in _details(row, by_renewal.get((row["account_id"], row["renewal_id"]))):
            print_wrapped(console, text, mark=f"    {mark} ", style=style)
    if len(shown["csm_id"].head(top).drop_duplicates()) > 1:
        print_wrapped(console, _SEVERAL_LISTS, style="dim")
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
    return [f"{money(arr)} {name}" if len(totals) > 1 else money(arr) for name, arr in totals.items()]


def _renewal(row: dict[Hashable, object]) -> Text:
    """One renewal as a line of fixed columns."""
    name = set_cell_size(printable(str(known(row["account_name"], row["account_id"]))), _NAME_WIDTH)
    text = Text(f"{whole(row['capacity_rank']):>3} {name} {row['renewal_date']!s:<10} {money(row['arr']):>9} ")
    text.append(f"{_churn(row):<12} ", style="bold")
    text.append(f"{_tier(row):<13} ", style=_STYLES.get(str(row["risk_tier"]), "dim"))
    stance = str(known(row["stance"], "-"))
    text.append(_STATUS.get(str(row["status"]), _STANCES.get(stance, stance)))
    return text


def _churn(row: dict[Hashable, object]) -> str:
    """The probability with its interval, as in `34% (22-48)`."""
    chance = percent(row["churn_probability"])
    if known(row["probability_low"], None) is None:
        return chance
    low, high = (f"{100 * float(str(row[f'probability_{end}'])):.0f}" for end in ("low", "high"))
    return f"{chance} ({low}-{high})"


def _tier(row: dict[Hashable, object]) -> str:
    """The tier, and whether it went up, down, or for how many weeks it has stood."""
    tier, before = str(known(row["risk_tier"], "-")), known(row["tier_previous"], None)
    if before is None or tier not in TIERS:
        return tier
    if before == tier:
        return f"{tier} {whole(row['weeks_in_tier'])}w"
    return f"{tier} {'up' if TIERS.index(tier) < TIERS.index(str(before)) else 'down'}"


def _details(row: dict[Hashable, object], reasons: pd.DataFrame | None) -> Iterator[tuple[str, str, str]]:
    """What stands below a renewal, as mark, text and style: why, what moved, the CSM's words, what to do."""
    told = set()
    if reasons is not None:
        for reason in worth_telling(reasons).sort_values("rank").head(_REASONS).itertuples():
            told.add(reason.sentence)
            yield "+" if reason.direction == "raises" else "-", str(reason.sentence), ""
    if known(row["change_reason"], None) is not None:
        yield "~", f"{100 * float(str(row['probability_change'])):+.0f} points in a week: {row['change_reason']}", ""
    if known(row["last_pulse_reason"], None) is not None:
        colour = known(row["sentiment"], "no colour that counts")
        yield ">", f'CSM on {row["last_pulse_on"]} ({colour}): "{row["last_pulse_reason"]}"', "italic"
    if known(row["data_confidence"], "high") != "high":
        yield "?", f"Data confidence {row['data_confidence']}: {row['data_confidence_why']}", "dim"
    if known(row["action"], None) is not None:
        if known(row["action_due_on"], None) is not None and row["action_reason"] not in told:
            yield "!", str(row["action_reason"]), ""
        yield "*", action_of(row), "cyan"


def action_of(row: dict[Hashable, object]) -> str:
    """What a renewal calls for, of whom and with whom, by when."""
    owner = known(row["csm_name"], known(row["csm_id"], "nobody yet"))
    whom = "" if row["stakeholder"] == "csm" else f" with {str(row['stakeholder']).replace('_', ' ')}"
    due = known(row["action_due_on"], None)
    return f"{row['action']} [{owner}{whom}{'' if due is None else f', by {due}'}]"


def known(value: object, otherwise: object) -> object:
    """A value, or what stands for it where it is missing."""
    return otherwise if pd.isna(value) else value  # type: ignore[call-overload]


def percent(value: object) -> str:
    """A probability in whole per cent, a dash where there is none."""
    return "-" if known(value, None) is None else f"{float(str(value)):.0%}"


def whole(value: object) -> str:
    """A whole number, a dash where there is none; one that may be missing is read back as a float."""
    return "-" if known(value, None) is None else f"{float(str(value)):.0f}"


def money(value: object) -> str:
    """An amount without its cents."""
    return f"{float(str(value)):,.0f}"
