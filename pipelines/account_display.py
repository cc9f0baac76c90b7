"""One account in a terminal: everything that the week's tables say of it. Fits 80 columns and a pipe.

Only layout; what happened at the account in order is told by the timeline.
"""

from collections.abc import Hashable, Iterator

import pandas as pd
from rich.console import Console

from features.signal_episodes import since
from models.explanation import worth_telling
from models.risk_table import RISK_COLUMNS
from pipelines.books import account_called
from pipelines.green_display import print_facts
from pipelines.risk_display import action_of, known, money, percent, whole
from pipelines.text_display import print_wrapped

_REASONS = 8


def print_account(
    console: Console,
    account: str,
    risk: pd.DataFrame,
    reasons: pd.DataFrame,
    signals: pd.DataFrame,
    greens: pd.DataFrame,
) -> None:
    """Print what the tables of a date say of one account, renewal by renewal.

    Args:
        console: Where to print.
        account: Id or name.
        risk: The published `account_risk`.
        reasons: The published `risk_reasons`.
        signals: The published `signals`.
        greens: The published `false_greens`.

    Raises:
        PublishedError: If no account or more than one goes by that name.
    """
    account_id = account_called(account, risk, risk[["account_id", "account_name"]].drop_duplicates())
    mine = risk[risk["account_id"] == account_id].reindex(columns=list(RISK_COLUMNS))
    first = mine.iloc[0]
    owner = known(first["csm_name"], known(first["csm_id"], "nobody"))
    title = f"{known(first['account_name'], account_id)} ({account_id}) as of {first['as_of']}, CSM: {owner}"
    print_wrapped(console, title, style="bold")
    for mark, text in _around(mine.to_dict("records")[0]):
        print_wrapped(console, text, mark=f"  {mark} ")
    on = signals[(signals["account_id"] == account_id) & signals["ended_on"].isna()]
    for row in on.sort_values(["started_on", "signal"], ascending=[False, True]).to_dict("records"):
        print_wrapped(console, f"{row['title']} {since(row)}: {row['evidence']}", mark="  ! ")
    for renewal in mine.to_dict("records"):
        print_wrapped(console, _title(renewal), style="bold")
        for mark, text in _lines(renewal):
            print_wrapped(console, text, mark=f"    {mark} ")
        of_renewal = (reasons["account_id"] == account_id) & (reasons["renewal_id"] == renewal["renewal_id"])
        for reason in worth_telling(reasons[of_renewal]).sort_values("rank").head(_REASONS).to_dict("records"):
            sign = "+" if reason["direction"] == "raises" else "-"
            print_wrapped(console, f"{reason['sentence']} ({reason['contribution']:+.2f})", mark=f"    {sign} ")
        facts = greens[(greens["account_id"] == account_id) & (greens["renewal_id"] == renewal["renewal_id"])]
        if len(facts):
            print_wrapped(console, "What green is not showing:", mark="    ")
            print_facts(console, facts)


def _title(row: dict[Hashable, object]) -> str:
    amount = f"{money(row['arr'])} {known(row['currency'], '')}".strip()
    when = f"{row['lead_days']} days ahead" if row["status"] == "open" else str(row["status"]).replace("_", " ")
    return f"Renewal {row['renewal_id']} on {row['renewal_date']} ({when}), {amount} a year"


def _lines(row: dict[Hashable, object]) -> Iterator[tuple[str, str]]:
    """How likely, how it stands, what was said, what to do."""
    if known(row["churn_probability"], None) is not None:
        between = ""
        if known(row["probability_low"], None) is not None:
            between = f" (90 %: {percent(row['probability_low'])} to {percent(row['probability_high'])})"
        yield (
            "=",
            f"Churn {percent(row['churn_probability'])}{between}; usage alone {percent(row['usage_view'])}, the pulse "
            f"alone {percent(row['gut_view'])}, usual here {percent(row['base_rate'])}",
        )
        tier = f"Tier {row['risk_tier']}, for {whole(row['weeks_in_tier'])} week(s)"
        before = f", {row['tier_previous']} the week before" if known(row["tier_previous"], None) is not None else ""
        yield "=", f"{tier}{before}; stance: {str(row['stance']).replace('_', ' ')}{_place(row)}"
    if known(row["change_reason"], None) is not None:
        yield "~", f"{100 * float(str(row['probability_change'])):+.0f} points in a week: {row['change_reason']}"
    if known(row["last_pulse_on"], None) is not None:
        colour = known(row["sentiment"], "no colour that counts")
        words = known(row["last_pulse_reason"], "without a reason")
        yield ">", f"CSM on {row['last_pulse_on']} ({colour}, {row['pulse_state']}): {words}"
    if known(row["action"], None) is not None:
        yield "*", f"{action_of(row)} {row['action_reason']}."


def _place(row: dict[Hashable, object]) -> str:
    if known(row["capacity_rank"], None) is None:
        return ""
    reach = "within" if row["is_within_capacity"] else "beyond"
    return f"; number {whole(row['capacity_rank'])} on the CSM's list, {reach} reach"


def _around(row: dict[Hashable, object]) -> Iterator[tuple[str, str]]:
    """What is so of the whole account."""
    touch = known(row["last_touch_on"], None)
    kind = str(row["last_touch_kind"]).replace("_", " ")
    yield "-", "No touch is on record" if touch is None else f"Last touch: {kind} on {touch}"
    meeting = known(row["next_meeting_on"], None)
    yield "-", "No meeting is planned" if meeting is None else f"Next meeting: {meeting}"
    if (play := known(row["open_play_since"], None)) is not None:
        yield "-", f"A play has been open since {play}"
    if known(row["data_confidence"], None) is not None:
        yield "?", f"Data confidence {row['data_confidence']}: {row['data_confidence_why']}"
