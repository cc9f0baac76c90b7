"""What a brief says of single accounts: the top risks, the disagreements to settle, the pulses that have gone stale.

Order and figures are those of the risk table; here they only become words.
"""

from typing import Final

import pandas as pd

from models.explanation import worth_telling
from models.judgement.judged import ABSENT
from models.stance import AGREE_ON_HEALTH, AGREE_ON_RISK, DISAGREE, UNCLEAR
from models.worklist import TIER_PLACES
from pipelines.brief.parts import Card, Part, Row, Sheet
from pipelines.figures_in_words import between, counted, day, known, money, percent, safe_link, total

STANCES: Final = {
    DISAGREE: "Usage and gut disagree: trust the person, investigate fast.",
    AGREE_ON_RISK: "Usage and gut agree on risk: act decisively.",
    AGREE_ON_HEALTH: "Usage and gut agree on health: keep the rhythm.",
    UNCLEAR: "Unclear: get closer to the customer.",
}
_TOP: Final = 10
_REASONS: Final = 3
_KEY: Final = ["account_id", "renewal_id"]
_SOON_DAYS: Final = 180
_NOT_COUNTED: Final = {"absent": "no pulse", "stale": "stale", "inherited": "written before the present owner"}


def top_part(risk: pd.DataFrame, reasons: pd.DataFrame) -> Part:
    """The open renewals to work on first, with reasons, stance and what to do.

    Args:
        risk: `account_risk`, in working order.
        reasons: `risk_reasons`.
    """
    scored = risk[(risk["status"] == "open") & risk["churn_probability"].notna()]
    top = _most_urgent(scored).head(_TOP)
    if top.empty:
        return Part("Top risks", "top", ("No open renewal is scored.",))
    by_renewal = dict(iter(reasons.groupby(_KEY)))
    cards = tuple(
        _risk_card(row, by_renewal.get((row["account_id"], row["renewal_id"]))) for row in top.to_dict("records")
    )
    return Part(
        "Top risks",
        "top",
        (f"The first {len(cards)} of {counted(len(scored), 'scored renewal')}, by tier and by what may be lost.",),
        cards,
    )


def _most_urgent(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as on a CSM's list: by tier, then by the ARR that is expected to be lost, amounts of one currency only."""
    loss = rows["expected_arr_loss"] if len(rows["currency"].unique()) <= 1 else rows["churn_probability"]
    ordered = rows.assign(_tier=rows["risk_tier"].map(TIER_PLACES), _loss=-loss, _falling=-rows["churn_probability"])
    return ordered.sort_values(["_tier", "_loss", "_falling", *_KEY])


def _risk_card(row: Row, reasons: pd.DataFrame | None) -> Card:
    notes = []
    if reasons is not None:
        raising = worth_telling(reasons[reasons["direction"] == "raises"]).sort_values("rank").head(_REASONS)
        notes += [("why", str(sentence)) for sentence in raising["sentence"]]
    notes += said(row)
    if known(row["stance"]):
        notes.append(("so", STANCES[str(row["stance"])]))
    notes += to_do(row)
    weeks = f", week {int(row['weeks_in_tier'])}" if known(row["weeks_in_tier"]) else ""
    return Card(
        title=str(row["account_name"]),
        link=safe_link(row["crm_url"]),
        figure=percent(row["churn_probability"]),
        beside=" ".join(filter(None, [between(row["probability_low"], row["probability_high"])])),
        facts=(*place(row), f"{row['risk_tier']}{weeks}" if known(row["risk_tier"]) else ""),
        notes=tuple(notes),
        tone=str(row["risk_tier"]),
    )


def place(row: Row) -> tuple[str, ...]:
    """When it renews, what it is worth, and whose it is."""
    when = f"overdue since {day(row['renewal_date'])}"
    if row["status"] != "overdue":
        when = f"renews {day(row['renewal_date'])}, in {counted(int(str(row['lead_days'])), 'day')}"
    return when, f"{money(row['arr'])} {row['currency']}", _owner(row)


def _owner(row: Row) -> str:
    return str(row["csm_name"]) if known(row["csm_name"]) else "no CSM"


def said(row: Row) -> list[tuple[str, str]]:
    """What the CSM wrote, if anything."""
    if not known(row["sentiment"]):
        return [("CSM", "No pulse is on record.")]
    words = f": “{row['last_pulse_reason']}”" if known(row["last_pulse_reason"]) else ", without a reason"
    state = "" if row["pulse_state"] == "fresh" else f" ({_NOT_COUNTED[str(row['pulse_state'])]})"
    return [("CSM", f"{str(row['sentiment']).capitalize()} on {day(row['last_pulse_on'])}{state}{words}")]


def to_do(row: Row) -> list[tuple[str, str]]:
    """What to do, with whom, by when, if anything is called for."""
    if not known(row["action"]):
        return []
    whom = str(row["stakeholder"]).replace("_", " ") if known(row["stakeholder"]) else ""
    due = f"by {day(row['action_due_on'])}" if known(row["action_due_on"]) else ""
    around = ", ".join(filter(None, (whom, due)))
    return [("do", f"{row['action']} ({around})" if around else str(row["action"]))]


def overdue_part(risk: pd.DataFrame) -> Part | None:
    """What is past its date without an outcome; None where nothing is."""
    rows = risk[risk["status"] == "overdue"]
    if rows.empty:
        return None
    sentences = (
        f"{counted(len(rows), 'renewal is', 'renewals are')} past the date and nobody has recorded what came of "
        f"it, worth {total(rows)} a year. Find out, and record it: what is undecided here is missing from what is "
        "learned.",
    )
    lines = tuple(
        (str(row["account_name"]), day(row["renewal_date"]), f"{money(row['arr'])} {row['currency']}", _owner(row))
        for row in rows.sort_values(["renewal_date", *_KEY]).to_dict("records")
    )
    return Part("Overdue", "overdue", sentences, sheets=(Sheet(("account", "renewal", "a year", "CSM"), lines),))


def disagreements_part(risk: pd.DataFrame) -> Part:
    """Where usage and a fresh pulse contradict each other."""
    rows = risk[risk["stance"] == DISAGREE].sort_values(["arr", *_KEY], ascending=[False, True, True])
    title, anchor = "Disagreements to settle", "disagreements"
    if rows.empty:
        return Part(title, anchor, ("Nowhere do usage and a fresh pulse contradict each other.",))
    sentences: tuple[str, ...] = (
        f"{counted(len(rows), 'renewal')} worth {total(rows)} a year. Trust the person, and find out fast: ask the CSM "
        "what they see that the product does not, or what the product shows that they have not heard.",
    )
    cards = [
        Card(
            title=str(row["account_name"]),
            link=safe_link(row["crm_url"]),
            figure=percent(row["usage_view"]),
            beside="by usage alone",
            facts=place(row),
            notes=tuple(said(row)),
            tone=str(row["risk_tier"]),
        )
        for row in rows.head(_TOP).to_dict("records")
    ]
    if len(rows) > _TOP:
        sentences = (*sentences, f"The {_TOP} largest:")
    return Part(title, anchor, sentences, tuple(cards))


def pulses_part(risk: pd.DataFrame) -> Part:
    """Open renewals within half a year on which no colour can be counted, CSM by CSM."""
    title, anchor = "Pulses to give", "pulses"
    rows = risk[(risk["status"].isin(["open", "overdue"])) & (risk["lead_days"] <= _SOON_DAYS)]
    stale = rows[rows["pulse_state"].fillna(ABSENT) != "fresh"]
    if stale.empty:
        text = f"Every open renewal within {_SOON_DAYS} days has a fresh pulse." if len(rows) else "No renewal is near."
        return Part(title, anchor, (text,))
    sentences = (
        f"{len(stale):,} of {counted(len(rows), 'open renewal')} within {_SOON_DAYS} days, worth {total(stale)} a "
        "year, have no fresh pulse: nobody has lately said how they stand.",
    )
    by_csm = stale.assign(csm_name=stale["csm_name"].fillna("no CSM")).groupby("csm_name", sort=True)
    lines = [
        (
            str(name),
            f"{len(book):,}",
            total(book),
            f"{day(nearest['renewal_date'])} {nearest['account_name']}",
        )
        for name, book in by_csm
        for nearest in [book.sort_values(["renewal_date", *_KEY]).iloc[0]]
    ]
    sheet = Sheet(("CSM", "renewals", "a year", "the first to renew"), tuple(lines))
    return Part(title, anchor, sentences, sheets=(sheet,))
