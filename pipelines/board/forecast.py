"""What the forecast page shows of the quarters to come: bounds, what may be committed to, and where the ARR due goes.

Figures are those of `renewal_forecast`, one currency at a time. How past forecasts did is told in `forecast_record`,
what charts look like in `forecast_charts`.
"""

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any, Final

import pandas as pd

from models.forecast.naive import NAIVE
from models.forecast.periods import MONTH, QUARTER
from models.settings import ForecastSettings
from pipelines.board.widgets import amount, share
from pipelines.brief.outlook import main_currency, next_quarter, quarter_in_words
from pipelines.figures_in_words import between, counted, money, percent
from pipelines.forecast_display import NAIVE_NAMES, answer

KINDS: Final = {"quarters": QUARTER, "months": MONTH}
HEADINGS: Final = {
    "quarters": "The current quarter and those to come",
    "months": "The months of the current quarter and those to come",
}
LEVELS: Final = {"everything": "total", "segment": "segment", "region": "region", "CSM": "csm"}
"""What a line of the forecast can stand for, and the level of the table for it."""
_COLUMNS: Final = {"segment": "segment", "region": "region", "csm": "csm_id"}
OUTLOOK_FORMATS: Final = {
    **dict.fromkeys(("decided", "GRR", "from", "to", "expected", "middle", *NAIVE_NAMES.values()), share),
    **dict.fromkeys(("due", "commit", "best case", "at risk"), amount),
}
"""How the numbers of the outlook's table are written; they sort as numbers."""
READING: Final = (
    "Dots and GRR: the forecast, the middle of the simulated courses; in eight of ten of them it lies within the bar. "
    "Decided: the share of what is due of which the end is known. Ticks and the last columns: naive forecasts. "
    "Expected is the mean of the courses, lower because large losses are rare. Bounds and shares do not add up over "
    "rows; amounts do."
)
LINES_READING: Final = (
    "Dots and expected: the mean of the simulated courses; in eight of ten of them the share that stays lies within "
    "the bar. Middle: the middle one of the courses, which is often everything where few renewals are due. Last "
    "columns: naive forecasts. Bounds and shares do not add up over rows; amounts do."
)
MONTHS_READING: Final = (
    "A contract of a month or a quarter falls due in each month in which it renews, and once in a quarter: months come "
    "to more than their quarter."
)
WATERFALL_FORMATS: Final = {"ARR": amount, "of what is due": share}
WATERFALL_READING: Final = (
    "Known losses: notice was given. Churn and contraction: what is decided in the period counts as it came, what is "
    "open by its probability. Churn leaves known losses out."
)

Row = dict[Hashable, Any]


def lead(forecast: pd.DataFrame, record: pd.DataFrame, settings: ForecastSettings) -> tuple[str, ...]:
    """Return what the page says first: whether retention can be forecast, then what is due next.

    Args:
        forecast: The published `renewal_forecast`.
        record: The published `forecast_track_record`, or no rows.
        settings: How many quarters the record needs before anything is claimed.
    """
    rows = forecast[(forecast["level"] == "total") & (forecast["period_kind"] == QUARTER)]
    said = [answer(record, settings)]
    if len(rows):
        soonest = next_quarter(rows).sort_values("currency").to_dict("records")
        said += [f"As of {rows['as_of'].iloc[0]}: {quarter_in_words(row)}" for row in soonest]
    return tuple(said)


def currencies(forecast: pd.DataFrame) -> list[str]:
    """Return the currencies that there are, the one with most renewals first: amounts of two are never added."""
    if forecast.empty:
        return []
    main = main_currency(forecast[forecast["level"] == "total"])
    return [main, *sorted(set(forecast["currency"]) - {main})]


def outlook(
    forecast: pd.DataFrame, currency: str, kind: str, level: str, csm_names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the rows of one currency, kind of period and level.

    Args:
        forecast: The published `renewal_forecast`.
        currency: One of `currencies`.
        kind: One of the names in `KINDS`.
        level: One of the names in `LEVELS`.
        csm_names: Name of each CSM by id, where it is known.

    Returns:
        The rows by period, and in it by the ARR due, largest first; `line` is what each stands for.
    """
    of = LEVELS[level]
    rows = forecast[
        (forecast["currency"] == currency) & (forecast["period_kind"] == KINDS[kind]) & (forecast["level"] == of)
    ]
    line = rows[_COLUMNS[of]] if of in _COLUMNS else pd.Series("everything", index=rows.index)
    names = csm_names if csm_names is not None and of == "csm" else {}
    rows = rows.assign(line=line.map(lambda each: names.get(each, each)).astype("object"))
    keys = ["period", "arr_due", *_COLUMNS.values()]
    return rows.sort_values(keys, ascending=[True, False, True, True, True], ignore_index=True)


def csm_names(risk: pd.DataFrame | None) -> dict[str, str]:
    """Return the names of CSMs by id, from `account_risk`; of two of one name the id stands beside it."""
    if risk is None:
        return {}
    named = risk.dropna(subset=["csm_id", "csm_name"]).drop_duplicates("csm_id")
    is_shared = named["csm_name"].duplicated(keep=False)
    shown = named["csm_name"].where(~is_shared, named["csm_name"] + " (" + named["csm_id"] + ")")
    return dict(zip(named["csm_id"].astype(str), shown.astype(str), strict=True))


def periods(rows: pd.DataFrame) -> tuple[list[str], str]:
    """Return the periods that rows are of, and the one to begin with: the first that lies wholly ahead."""
    return list(rows["period"].unique()), str(next_quarter(rows)["period"].iloc[0])


def outlook_table(rows: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return the outlook as people read it.

    Args:
        rows: As `outlook` returns them.
        level: One of the names in `LEVELS`.

    Returns:
        One row per period and line. The share that comes first is the dot of the chart: the middle of the courses over
        everything, and their mean by line.
    """
    is_total = LEVELS[level] == "total"
    named = {} if is_total else {level: rows["line"]}
    middle, mean = rows["grr_p50"], rows["expected_grr"]
    first, last = ({"GRR": middle}, {"expected": mean}) if is_total else ({"expected": mean}, {"middle": middle})
    return pd.DataFrame(
        {
            "period": rows["period"],
            **named,
            "renewals": rows["renewals_due"],
            "due": rows["arr_due"].astype("float64"),
            "decided": _share_decided(rows),
            **first,
            "from": rows["grr_p10"],
            "to": rows["grr_p90"],
            **last,
            "commit": rows["commit_arr"].astype("float64"),
            "best case": rows["best_case_arr"].astype("float64"),
            "at risk": rows["at_risk_arr"].astype("float64"),
            **{NAIVE_NAMES[name]: rows[name] for name in NAIVE},
            "without score": rows["renewals_without_score"],
        }
    )


def _share_decided(rows: pd.DataFrame) -> pd.Series:
    """The share of the ARR due of which it is known what became of it, whatever the date."""
    known = rows["arr_decided"] + rows["arr_known_loss"] + rows["arr_already_renewed"]
    return known.astype("float64") / rows["arr_due"].astype("float64").replace(0.0, float("nan"))


def reading(level: str, kind: str) -> tuple[str, ...]:
    """Say how to read the outlook at a level, one of the names in `LEVELS`, by a kind of period, one of `KINDS`."""
    said = READING if LEVELS[level] == "total" else LINES_READING
    return (said, MONTHS_READING) if KINDS[kind] == MONTH else (said,)


def waterfall_reading(level: str) -> tuple[str, ...]:
    """Say how to read the waterfall, and that it stays with the whole company whatever the outlook is told by."""
    whole = f"Of the whole company: it is not told by {level}."
    return (WATERFALL_READING,) if LEVELS[level] == "total" else (whole, WATERFALL_READING)


def footnotes(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return what qualifies the rows: renewals that no score stands behind, and ARR of which nothing is known."""
    said = []
    unscored, set_aside = int(rows["renewals_without_score"].sum()), rows["arr_quarantined"].sum()
    if unscored:
        said.append(
            f"{counted(unscored, 'undecided renewal')} stand with the base rate of their horizon: too far away to be "
            "scored, or not begun."
        )
    if set_aside:
        said.append(
            f"{money(set_aside)} of the ARR due lies in quarantine: nothing is known of it, and no share counts it."
        )
    return tuple(said)


def waterfall(row: Row) -> pd.DataFrame:
    """Return the steps from what is due to what is expected to stay, exact to the cent.

    Args:
        row: A row of `renewal_forecast`.

    Returns:
        One row per step: `step`, `amount` (what is there, or is taken away), `start` and `end` (where its bar begins
        and ends), as decimals. Quarantine stands there only where something lies in it.
    """
    lost = row["arr_known_loss"]
    takes = {
        "in quarantine": row["arr_quarantined"],
        "known losses": lost,
        "churn": row["expected_churned_arr"] - lost,
        "contraction": row["expected_contracted_arr"],
    }
    level, nothing = row["arr_due"], Decimal(0)
    steps = [("due", level, nothing, level)]
    for step, taken in takes.items():
        if taken or step != "in quarantine":
            steps.append((step, -taken, level, level - taken))
            level -= taken
    steps.append(("expected to stay", level, nothing, level))
    return pd.DataFrame(steps, columns=["step", "amount", "start", "end"])


def waterfall_table(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps as people read them, each with its share of what is due.

    Args:
        steps: As `waterfall` returns them.
    """
    amounts = steps["amount"].astype("float64")
    return pd.DataFrame({"step": steps["step"], "ARR": amounts, "of what is due": amounts / amounts.iloc[0]})


def at_a_glance(row: Row) -> dict[str, str]:
    """Return what a period comes to, in figures by name.

    Args:
        row: A row of `renewal_forecast`.
    """
    unit = row["currency"]
    figures = {
        f"due, {unit}, of {counted(int(row['renewals_due']), 'renewal')}": money(row["arr_due"]),
        "expected to stay": money(row["expected_retained_arr"]),
        "commit": money(row["commit_arr"]),
        "best case": money(row["best_case_arr"]),
        "at risk": money(row["at_risk_arr"]),
    }
    if pd.notna(row["grr_p50"]):
        figures[f"GRR, {between(row['grr_p10'], row['grr_p90'])}"] = percent(row["grr_p50"], 1)
    return figures
