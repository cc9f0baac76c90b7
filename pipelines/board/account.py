"""What the page of one account shows: where its renewals stand and why, who is who, what was said, what happened.

Only what is published, what the newest run knew and what has been recorded here since; here it is put into words and
order. How probabilities moved is drawn in `history`, contacts are read in `people`.
"""

# ruff: noqa: S608  (column names are of our own, paths and texts are quoted)

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import pandas as pd

from data_contracts.reading import quote_text
from data_contracts.recorded_rows import RecordedRow
from pipelines.brief.accounts import STANCES
from pipelines.figures_in_words import between, counted, known, money, percent, plain, safe_link
from pipelines.pages import render
from pipelines.recording.known import KnownCompany, parquet, query
from pipelines.recording.plays import Play
from pipelines.recording.pulses import PULSES, recorded_pulses, score_states
from pipelines.workspace import Workspace

_REASONS: Final = 10
_LONGEST_NAME: Final = 32
_PULSE_COLUMNS: Final = ["given on", "by", "colour", "about", "reason", "in the score"]
_TOLD: Final = ("csm_id", "sentiment", "about", "reason")
_SOURCE_COLUMNS: Final = ("pulse_id", "pulse_at", *_TOLD, "recorded_at")


def rows_of(risk: pd.DataFrame | None, account_id: str) -> pd.DataFrame:
    """Return an account's rows of `account_risk`, none where it is not published."""
    return pd.DataFrame(columns=["renewal_id"]) if risk is None else risk[risk["account_id"] == account_id]


def names_to_choose(accounts: Mapping[str, str | None]) -> dict[str, str]:
    """Return accounts as a list to choose from.

    Args:
        accounts: Name of each by id, None where it has none.

    Returns:
        Id by what is shown for it, sorted: the name, cut where it is long, with the id where several accounts have the
        same, and the id alone where it has none.
    """
    names = {account: _short(name or "") for account, name in accounts.items()}
    times = Counter(names.values())
    shown = {
        f"{name} ({account})" if name and times[name] > 1 else name or account: account
        for account, name in names.items()
    }
    return dict(sorted(shown.items(), key=lambda item: item[0].casefold()))


def accounts_told_of(
    company: KnownCompany | None, *tables: pd.DataFrame | None, asked: str | None
) -> dict[str, str | None]:
    """Return the accounts that published tables tell of, and the one that was asked for if the newest run knew it.

    Args:
        company: The newest run, or None where its tables have been cleared away.
        tables: Published tables with account_id and account_name, or None where not published; the first that tells
            of an account names it.
        asked: Id of the account that was asked for, or None.

    Returns:
        Name by id, None where it has none.
    """
    told: dict[str, str | None] = {}
    for table in (each for each in tables if each is not None):
        named = table.drop_duplicates("account_id")
        names = named["account_name"].astype(object).where(named["account_name"].notna(), None)
        told = {**dict(zip(named["account_id"], names, strict=True)), **told}
    if company is not None and asked in company.accounts:
        told.setdefault(asked, company.accounts[asked])
    return told


def _short(name: str) -> str:
    """A name that a list on a phone has room for."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def renewals_html(
    account_id: str,
    rows: pd.DataFrame,
    reasons: pd.DataFrame | None,
    greens: pd.DataFrame | None,
    signals: pd.DataFrame | None,
) -> str:
    """The renewals of an account: how likely, why, what to do, what green is not showing; and the signals that are on.

    Args:
        account_id: The account.
        rows: Its rows of `account_risk`; there may be none.
        reasons: `risk_reasons`, or None where not published.
        greens: `false_greens`, or None where not published.
        signals: `signals`, or None where not published.
    """
    on = pd.DataFrame()
    if signals is not None:
        on = signals[(signals["account_id"] == account_id) & signals["ended_on"].isna()]
    first = plain(rows.iloc[0].to_dict()) if len(rows) else None
    return render(
        "board/account.html.j2",
        first=first,
        link=None if first is None else safe_link(first["crm_url"]),
        renewals=[_renewal(row, reasons, greens) for row in rows.to_dict("records")],
        signals=_newest_first(on),
        is_watched=signals is not None,
    )


def _newest_first(signals: pd.DataFrame) -> list[dict[Hashable, Any]]:
    if signals.empty:
        return []
    return signals.sort_values(["started_on", "signal"], ascending=[False, True]).to_dict("records")


def _renewal(row: Mapping[Any, Any], reasons: pd.DataFrame | None, greens: pd.DataFrame | None) -> dict[str, object]:
    """What the template says of one renewal."""
    told = pd.DataFrame() if reasons is None else _of_renewal(reasons, row).sort_values("rank").head(_REASONS)
    hidden = pd.DataFrame() if greens is None else _of_renewal(greens, row)
    views = (("both together", "churn_probability"), ("usage alone", "usage_view"), ("the pulse alone", "gut_view"))
    return {
        **plain(row),
        "figures": [
            ("churn", percent(row["churn_probability"]), between(row["probability_low"], row["probability_high"])),
            *((name, percent(row[column]), "") for name, column in views[1:]),
            ("usual here", percent(row["base_rate"]), ""),
            ("ARR", money(row["arr"]), row["currency"] if known(row["currency"]) else ""),
            ("expected loss", money(row["expected_arr_loss"]), ""),
        ],
        "worth": f"{money(row['arr'])} {row['currency'] if known(row['currency']) else ''}".strip(),
        "stance_words": STANCES.get(str(row["stance"]), ""),
        "tier_words": _tier(row),
        "change": _change(row),
        "raising": [reason for reason in told.to_dict("records") if reason["direction"] == "raises"],
        "lowering": [reason for reason in told.to_dict("records") if reason["direction"] == "lowers"],
        "hidden": [] if hidden.empty else list(hidden.sort_values("position")["sentence"]),
    }


def _of_renewal(table: pd.DataFrame, row: Mapping[Any, Any]) -> pd.DataFrame:
    is_it = (table["account_id"] == row["account_id"]) & (table["renewal_id"] == row["renewal_id"])
    found: pd.DataFrame = table.loc[is_it]
    return found


def _tier(row: Mapping[Any, Any]) -> str:
    weeks = f"for {counted(int(row['weeks_in_tier']), 'week')}" if known(row["weeks_in_tier"]) else ""
    before = f"{row['tier_previous']} before" if known(row["tier_previous"]) else ""
    return ", ".join(filter(None, (weeks, before)))


def _change(row: Mapping[Any, Any]) -> str:
    if not known(row["probability_change"]) or not known(row["change_reason"]):
        return ""
    return f"{100 * float(row['probability_change']):+.0f} points in a week: {row['change_reason']}"


def pulses_of(workspace: Workspace, company: KnownCompany, account_id: str) -> pd.DataFrame:
    """Return everything that was said of an account, the newest first, and whether the score knows it.

    Args:
        workspace: The workspace.
        company: The newest run.
        account_id: The account.

    Returns:
        given on, by, colour, about, reason, in the score; with `pulse_on` and `sentiment` for charts.
    """
    said: dict[str, RecordedRow] = {}
    if company.table(PULSES).is_file():
        texts = ", ".join(f"CAST({name} AS VARCHAR)" for name in _SOURCE_COLUMNS)
        text = f"SELECT {texts} FROM {parquet(company.table(PULSES))} WHERE account_id = {quote_text(account_id)}"
        for row in sorted(query(text), key=lambda row: str(row[-1])):
            said[str(row[0])] = dict(zip(_SOURCE_COLUMNS, row, strict=True))
    here = [row for row in recorded_pulses(workspace).rows.values() if row.get("account_id") == account_id]
    said |= {str(row.get("pulse_id")): row for row in here}
    states = score_states(workspace, list(said.values()))
    newest_first = sorted(zip(said.values(), states, strict=True), key=lambda each: str(each[0].get("pulse_at")))[::-1]
    table = pd.DataFrame.from_records(
        [(str(row.get("pulse_at"))[:16], *(row.get(name) for name in _TOLD), state) for row, state in newest_first],
        columns=_PULSE_COLUMNS,
    )
    return table.assign(pulse_on=table["given on"].str[:10], sentiment=table["colour"])


def plays_table(plays: Sequence[Play]) -> pd.DataFrame:
    """Return the plays of an account, the newest first: kind, started, by, ended, sleeps until."""
    return pd.DataFrame.from_records(
        [
            (
                play.kind,
                play.started_at[:10],
                play.csm_id or "",
                (play.ended_at or "")[:10],
                str(play.snoozed_until or ""),
            )
            for play in plays
        ],
        columns=["play", "started", "by", "ended", "sleeps until"],
    ).iloc[::-1]


def pulse_link(account_id: str) -> str:
    """The address at which a pulse of an account is recorded by somebody who has just seen its score."""
    return f"../pulse/?account={quote(account_id, safe='')}&seen=1"


def timeline_of(timeline: pd.DataFrame, account_id: str) -> pd.DataFrame:
    """Return what happened at an account, the newest first: on, topic, what, recorded on.

    Args:
        timeline: `account_timeline`.
        account_id: The account.
    """
    mine = timeline.loc[timeline["account_id"] == account_id]
    mine = mine.sort_values(["occurred_on", "event_id"], ascending=[False, True], ignore_index=True)
    return pd.DataFrame(
        {
            "on": mine["occurred_on"].astype("string"),
            "topic": mine["topic"],
            "what": mine["text"],
            "recorded on": mine["recorded_on"].astype("string"),
        }
    )
