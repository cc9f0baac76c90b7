"""What the page of one account shows: where its renewals stand and why, who is who, what was said, what happened.

Only what is published, what the newest run knew and what has been recorded here since; here it is put into words and
order. How probabilities moved is drawn in `history`, contacts are read in `people`.
"""

# ruff: noqa: S608  (column names are of our own, paths and texts are quoted)

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import pandas as pd

from data_contracts.reading import quote_text
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
_SOURCE_COLUMNS: Final = ("pulse_id", "pulse_at", "csm_id", "sentiment", "about", "reason", "recorded_at")


def account_names(risk: pd.DataFrame) -> dict[str, str]:
    """Return the accounts that there is something to say of, as a list to choose from.

    Args:
        risk: `account_risk`.

    Returns:
        Id by what is shown for it, sorted: the name, cut where it is long, with the id where several accounts have the
        same name or none.
    """
    accounts = risk.drop_duplicates("account_id")
    names = accounts["account_name"].fillna("").map(_short)
    repeated = set(names[names.duplicated(keep=False)])
    shown = {
        f"{name} ({account})" if not name or name in repeated else name: account
        for account, name in zip(accounts["account_id"], names, strict=True)
    }
    return dict(sorted(shown.items(), key=lambda item: item[0].casefold()))


def name_of(risk: pd.DataFrame, account_id: str) -> str:
    """Return the name of an account, its id where it has none.

    Args:
        risk: `account_risk`.
        account_id: The account.
    """
    name = risk.loc[risk["account_id"] == account_id, "account_name"].iloc[0]
    return str(name) if known(name) else account_id


def _short(name: str) -> str:
    """A name that a list on a phone has room for."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def renewals_html(
    rows: pd.DataFrame, reasons: pd.DataFrame, greens: pd.DataFrame | None, signals: pd.DataFrame | None
) -> str:
    """The renewals of an account: how likely, why, what to do, what green is not showing; and the signals that are on.

    Args:
        rows: The account's rows of `account_risk`.
        reasons: `risk_reasons`.
        greens: `false_greens`, or None where not published.
        signals: `signals`, or None where not published.
    """
    account = rows["account_id"].iloc[0]
    first = plain(rows.iloc[0].to_dict())
    on = pd.DataFrame() if signals is None else signals[(signals["account_id"] == account) & signals["ended_on"].isna()]
    return render(
        "board/account.html.j2",
        first=first,
        link=safe_link(first["crm_url"]),
        renewals=[_renewal(row, reasons, greens) for row in rows.to_dict("records")],
        signals=_newest_first(on),
        is_watched=signals is not None,
    )


def _newest_first(signals: pd.DataFrame) -> list[dict[Hashable, Any]]:
    if signals.empty:
        return []
    return signals.sort_values(["started_on", "signal"], ascending=[False, True]).to_dict("records")


def _renewal(row: Mapping[Any, Any], reasons: pd.DataFrame, greens: pd.DataFrame | None) -> dict[str, object]:
    """What the template says of one renewal."""
    mine = _of_renewal(reasons, row).sort_values("rank").head(_REASONS)
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
        "stance_words": STANCES.get(str(row["stance"]), ""),
        "tier_words": _tier(row),
        "change": _change(row),
        "raising": mine[mine["direction"] == "raises"].to_dict("records"),
        "lowering": mine[mine["direction"] == "lowers"].to_dict("records"),
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
    here = [row for row in recorded_pulses(workspace).rows.values() if row.get("account_id") == account_id]
    states = dict(zip((str(row.get("pulse_id")) for row in here), score_states(workspace, here), strict=True))
    rows: list[tuple[Any, ...]] = [tuple(row.get(name) for name in _SOURCE_COLUMNS) for row in here]
    if company.table(PULSES).is_file():
        texts = ", ".join(f"CAST({name} AS VARCHAR)" for name in _SOURCE_COLUMNS)
        text = f"SELECT {texts} FROM {parquet(company.table(PULSES))} WHERE account_id = {quote_text(account_id)}"
        newest = {str(row[0]): row for row in sorted(query(text), key=lambda row: str(row[-1]))}
        rows += [row for pulse, row in newest.items() if pulse not in states]
    rows.sort(key=lambda row: str(row[1]), reverse=True)
    table = pd.DataFrame.from_records(
        [
            (str(at)[:16], by, colour, about, reason, states.get(str(pulse), "in the score"))
            for pulse, at, by, colour, about, reason, _ in rows
        ],
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
