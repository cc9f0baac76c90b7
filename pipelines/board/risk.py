"""What the risk board shows: the week's rows as filtered, disagreements to settle, and pulses that have gone stale.

Order, figures and words are those of `account_risk`; here columns are chosen and named for people.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from features.signals import SEVERITIES
from models.findings import SPOKEN_HORIZONS
from models.judgement.judged import ABSENT
from models.policy import TIERS
from models.settings import ROLLING_BAND
from models.stance import AGREE_ON_HEALTH, AGREE_ON_RISK, DISAGREE, UNCLEAR
from pipelines.board.widgets import amount, whole_share
from pipelines.figures_in_words import between, counted, plain, total
from pipelines.pages import render
from pipelines.recording.pulses import recorded_pulses, score_states
from pipelines.recording.records import newest_first
from pipelines.workspace import Workspace

EVERYTHING: Final = "all"
FILTERS: Final = {
    "CSM": "csm",
    "segment": "segment",
    "tier": "risk_tier",
    "stance": "stance",
    "horizon": "horizon",
    "status": "status",
}
"""What the table can be narrowed by, and the columns for it."""
STANCES: Final = {
    DISAGREE: "disagree",
    AGREE_ON_RISK: "agree on risk",
    AGREE_ON_HEALTH: "agree on health",
    UNCLEAR: "unclear",
}
_SHORT_TERMS: Final = SPOKEN_HORIZONS[ROLLING_BAND]
_ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "risk_tier": TIERS,
    "stance": tuple(STANCES.values()),
    "horizon": ("overdue", "0-89", "90-180", "181-365", _SHORT_TERMS, "beyond"),
    "status": ("open", "overdue", "known loss", "already renewed"),
}
_KEY: Final = ["account_id", "renewal_id"]
_FRESH: Final = "fresh"
_SOON_DAYS: Final = 180
TABS: Final = {"week": "This week", "disagreements": "Disagreements to settle", "stale": "Stale pulses"}
TABLE_FORMATS: Final = {
    "#": amount,
    "churn": whole_share,
    "usage alone": whole_share,
    "usual here": whole_share,
    "both together": whole_share,
    "ARR": amount,
    "expected loss": amount,
    "age in days": amount,
}
"""How the numbers of the board's tables are written; they sort as numbers."""


def with_names(risk: pd.DataFrame) -> pd.DataFrame:
    """Return the published table with what the filters choose by, in words.

    Args:
        risk: `account_risk`.

    Returns:
        The same rows in the same order, with `csm` (name, else id, else `nobody`); stance, status and horizon as
        words.
    """
    words = risk["stance"].map(STANCES)
    return risk.assign(
        csm=risk["csm_name"].fillna(risk["csm_id"]).fillna("nobody"),
        segment=risk["segment"].fillna("none"),
        stance=words,
        status=risk["status"].str.replace("_", " "),
        horizon=risk["horizon"].replace(ROLLING_BAND, _SHORT_TERMS),
    )


def signals_table(signals: pd.DataFrame) -> pd.DataFrame:
    """Return the signals that are on, the most urgent and newest first: all there is where nothing is scored.

    Args:
        signals: `signals`.
    """
    on = signals[signals["ended_on"].isna()]
    on = on.assign(_place=on["severity"].map(SEVERITIES.index))
    on = on.sort_values(["_place", "started_on", "account_id"], ascending=[True, False, True])
    return pd.DataFrame(
        {
            "account": on["account_name"].fillna(on["account_id"]),
            "CSM": on["csm_name"].fillna(on["csm_id"]).fillna("nobody"),
            "signal": on["title"],
            "urgency": on["severity"],
            "since": on["started_on"].astype("string"),
            "what is seen": on["evidence"],
            "what to do": on["action"],
        }
    ).reset_index(drop=True)


def choices(named: pd.DataFrame) -> dict[str, list[str]]:
    """Return what each filter can be set to: everything, or one of the values that there are.

    Args:
        named: As `with_names` returns it.
    """
    found = {}
    for label, column in FILTERS.items():
        values = {str(value) for value in named[column].dropna().unique()}
        first = [value for value in _ORDERS.get(column, ()) if value in values]
        found[label] = [EVERYTHING, *first, *sorted(values - set(first))]
    return found


def narrowed(named: pd.DataFrame, chosen: Mapping[str, str | None]) -> pd.DataFrame:
    """Return the rows that every filter lets through; one CSM's are in the order of that CSM's own list.

    Args:
        named: As `with_names` returns it.
        chosen: Value of each filter by its label.
    """
    rows = named
    for label, value in chosen.items():
        if value not in (None, EVERYTHING):
            rows = rows[rows[FILTERS[label]].astype("string") == value]
    if chosen.get("CSM") not in (None, EVERYTHING):
        rows = rows.sort_values("capacity_rank", kind="stable")
    return rows.reset_index(drop=True)


def not_yet_scored(workspace: Workspace) -> dict[str, str]:
    """Return what was said of accounts since the newest score: the newest recorded colour by account, with its day."""
    rows = newest_first(recorded_pulses(workspace).rows.values())
    said = {}
    for row, state in zip(reversed(rows), reversed(score_states(workspace, rows)), strict=True):
        if state == "not yet in the score":
            said[str(row.get("account_id"))] = f"{row.get('sentiment')} on {str(row.get('pulse_at'))[:10]}"
    return said


def week_table(rows: pd.DataFrame, said_since: Mapping[str, str]) -> pd.DataFrame:
    """Return the week's rows as people read them.

    Args:
        rows: As `with_names` returns them.
        said_since: As `not_yet_scored` returns it.

    Returns:
        The same rows in the same order; `#` is the place of the account on its CSM's own list.
    """
    return pd.DataFrame(
        {
            # An account stands on the list once, with all that it has to renew.
            "#": rows.groupby("account_id")["capacity_rank"].transform("min").astype("Int64"),
            "account": _names(rows),
            "churn": rows["churn_probability"].astype("float64"),
            "90 %": _intervals(rows),
            "tier": rows["risk_tier"].fillna(""),
            "stance": rows["stance"].fillna(""),
            "said": rows["sentiment"].fillna("no pulse"),
            "renewal": _days(rows["renewal_date"]),
            "days": rows["lead_days"].astype("Int64"),
            "ARR": rows["arr"].astype("float64"),
            "why": rows["top_reason"].fillna("nothing stands out"),
            "expected loss": rows["expected_arr_loss"].astype("float64"),
            "currency": rows["currency"],
            "not yet in the score": _said_since(rows, said_since),
            "what to do": rows["action"],
            "by": _days(rows["action_due_on"]),
            "CSM": rows["csm"],
            "segment": rows["segment"],
            "region": rows["region"],
            "status": rows["status"],
            "data": rows["data_confidence"],
            "id": rows["account_id"],
        }
    )


def disagreements(named: pd.DataFrame) -> pd.DataFrame:
    """Return the rows where usage and a fresh pulse contradict each other, the largest first.

    Args:
        named: As `with_names` returns it.
    """
    rows = named.loc[named["stance"] == STANCES[DISAGREE]]
    return rows.sort_values(["arr", *_KEY], ascending=[False, True, True], ignore_index=True)


def disagreement_table(rows: pd.DataFrame, said_since: Mapping[str, str]) -> pd.DataFrame:
    """Return disagreements as people read them: what usage says, what the CSM said, in whose words, and what since."""
    return pd.DataFrame(
        {
            "account": _names(rows),
            "usage alone": rows["usage_view"].astype("float64"),
            "usual here": rows["base_rate"].astype("float64"),
            "said": rows["sentiment"],
            "on": _days(rows["last_pulse_on"]),
            "in whose words": rows["last_pulse_reason"].fillna("no reason given"),
            "not yet in the score": _said_since(rows, said_since),
            "both together": rows["churn_probability"].astype("float64"),
            "renewal": _days(rows["renewal_date"]),
            "ARR": rows["arr"].astype("float64"),
            "currency": rows["currency"],
            "CSM": rows["csm"],
            "id": rows["account_id"],
        }
    )


def stale_pulses(named: pd.DataFrame) -> pd.DataFrame:
    """Return undecided renewals of the next 180 days, and overdue ones, of which no fresh word stands; by risk.

    Args:
        named: As `with_names` returns it.
    """
    is_soon = named["status"].isin(["open", "overdue"]) & (named["lead_days"] <= _SOON_DAYS)
    rows = named.loc[is_soon & (named["pulse_state"] != _FRESH)]
    return rows.sort_values(["churn_probability", *_KEY], ascending=[False, True, True], ignore_index=True)


def stale_table(rows: pd.DataFrame, said_since: Mapping[str, str]) -> pd.DataFrame:
    """Return stale pulses as people read them: whose word is missing, what the last was, and what was said since."""
    is_too_old = (rows["pulse_state"] == ABSENT) & rows["last_pulse_on"].notna()
    return pd.DataFrame(
        {
            "account": _names(rows),
            "pulse": rows["pulse_state"].replace(ABSENT, "none").mask(is_too_old, "too old to count"),
            "last said": rows["sentiment"].fillna(""),
            "on": _days(rows["last_pulse_on"]).fillna(""),
            "age in days": rows["pulse_age_days"].astype("float64"),
            "not yet in the score": _said_since(rows, said_since),
            "renewal": _days(rows["renewal_date"]),
            "days": rows["lead_days"].astype("Int64"),
            "churn": rows["churn_probability"].astype("float64"),
            "ARR": rows["arr"].astype("float64"),
            "currency": rows["currency"],
            "CSM": rows["csm"],
            "id": rows["account_id"],
        }
    )


def caption(tab: str, rows: pd.DataFrame, named: pd.DataFrame) -> str:
    """What stands above a table: how many of how many, and how to read it."""
    if tab == "week":
        found = f"{len(rows):,} of {counted(len(named), 'renewal')}"
        if rows.empty:
            return f"{found}: set one of the filters back to {EVERYTHING}."
        return f"{found}, overdue ones first; # is the account's place on its CSM's own list."
    if tab == "disagreements":
        return (
            f"{counted(len(rows), 'renewal')} where usage and a fresh pulse contradict each other: trust the person, "
            "and find out fast."
        )
    return f"{counted(len(rows), 'undecided renewal')} within {_SOON_DAYS} days of which no fresh word is on record."


def lead(risk: pd.DataFrame) -> tuple[str, ...]:
    """Return what the board says first: as of when, how much is at stake, whether it can be trusted.

    Args:
        risk: `account_risk`.
    """
    day = risk["as_of"].iloc[0]
    undecided = risk[risk["status"].isin(["open", "overdue"])]
    high = undecided[undecided["risk_tier"] == "high"]
    lost = risk[risk["status"] == "known_loss"]
    said = [
        f"As of {day}: {counted(len(undecided), 'undecided renewal')} worth {total(undecided)} a year, "
        f"{len(high):,} of high risk worth {total(high)}."
    ]
    if len(lost):
        said.append(f"Lost already: {counted(len(lost), 'renewal')} worth {total(lost)}.")
    if (risk["calibration"] == "hindsight").any():
        said.append(f"In hindsight, by a model of {risk['trained_through'].iloc[0]}: not a prediction.")
    return tuple(said)


def chosen_account(row: Mapping[str, object], reasons: pd.DataFrame) -> str:
    """The few lines on the row that somebody has chosen in a table, with the way to the account's own page.

    Args:
        row: One row of `account_risk`.
        reasons: `risk_reasons`.
    """
    mine = reasons[(reasons["account_id"] == row["account_id"]) & (reasons["renewal_id"] == row["renewal_id"])]
    return render(
        "board/chosen.html.j2",
        row=plain(row),
        reasons=mine.sort_values("rank").head(5).to_dict("records"),
    )


def _names(rows: pd.DataFrame) -> pd.Series:
    return rows["account_name"].fillna(rows["account_id"])


def _said_since(rows: pd.DataFrame, said_since: Mapping[str, str]) -> list[str]:
    return [said_since.get(account, "") for account in rows["account_id"]]


def _intervals(rows: pd.DataFrame) -> list[str]:
    return [between(low, high) for low, high in zip(rows["probability_low"], rows["probability_high"], strict=True)]


def _days(dates: pd.Series) -> pd.Series:
    """Dates as text that sorts: a table shows them as they are."""
    return dates.astype("string").where(dates.notna(), None)
