"""What could be better about a reason before it is saved: it says nothing, or it was said before. A hint, no refusal.

Vague and copied mean what they mean in the features and in the record of judgement; nothing is defined here.
"""

# ruff: noqa: S608  (column names are of our own, paths and texts are quoted)

from collections.abc import Callable, Mapping

import pandas as pd

from data_contracts.reading import quote_text
from data_contracts.recorded_rows import RecordedRow
from features.engine import DuckDBEngine
from features.reasons import read_texts
from pipelines.recording.known import KnownCompany, parquet, query
from pipelines.recording.pulses import PULSES, recorded_pulses
from pipelines.workspace import Workspace

VAGUE = "The reason says nothing in particular. What did somebody say or do?"


_COLUMNS = ("pulse_id", "account_id", "csm_id", "pulse_at", "recorded_at", "reason")


def hints_before_saving(
    workspace: Workspace, company: KnownCompany, reason: str, account_id: str, csm_id: str, pulse_id: str = ""
) -> list[str]:
    """Return what could be better about a reason that somebody is about to give.

    Args:
        workspace: Where other reasons are on record.
        company: Whose pulses the newest run knew.
        reason: The reason.
        account_id: Account that it is about.
        csm_id: Author.
        pulse_id: Id of the pulse itself, which is not compared with itself once it is on record.
    """
    if not reason.strip():
        return []
    before = [row for row in _pulses_of(workspace, company, account_id, csm_id) if row["pulse_id"] != pulse_id]
    is_whose: dict[str, Callable[[RecordedRow], bool]] = {
        "the account's last reason": lambda row: row["account_id"] == account_id,
        "your last reason for this account": lambda row: row["account_id"] == account_id and row["csm_id"] == csm_id,
        "your last reason": lambda row: row["csm_id"] == csm_id,
    }
    said = {what: next((row["reason"] for row in before if is_it(row)), None) for what, is_it in is_whose.items()}
    return hints_on(reason.strip(), said)


def hints_on(reason: str, said_before: Mapping[str, str | None]) -> list[str]:
    """Return what could be better about a reason.

    Args:
        reason: The reason, with some words in it.
        said_before: Earlier reasons, by what each is, as in "the account's last reason".
    """
    engine = DuckDBEngine(threads=1)
    try:
        texts = pd.DataFrame({"reason": [reason, *said_before.values()]})
        read = engine.to_pandas(read_texts(engine.from_pandas(texts, {"reason": "string"}), engine), ("reason",))
    finally:
        engine.close()
    words = dict(zip(read["reason"], read["words"], strict=True))
    is_vague = dict(zip(read["reason"], read["is_vague"], strict=True))
    hints = [VAGUE] if is_vague[reason] else []
    same = [what for what, text in said_before.items() if words.get(text) == words[reason]]
    return hints + [f"It repeats {what}. What is new?" for what in same[:1]]


def _pulses_of(workspace: Workspace, company: KnownCompany, account_id: str, csm_id: str) -> list[RecordedRow]:
    """The newest version of every pulse about an account or by an author, the newest pulse first."""
    table = company.table(PULSES)
    rows: list[RecordedRow] = []
    if table.is_file():
        texts = ", ".join(
            f"strftime({name}, '%Y-%m-%d %H:%M:%S.%f')" if name.endswith("_at") else name for name in _COLUMNS
        )
        whose = f"account_id = {quote_text(account_id)} OR csm_id = {quote_text(csm_id)}"
        found = query(f"SELECT {texts} FROM {parquet(table)} WHERE {whose}")
        rows += [dict(zip(_COLUMNS, row, strict=True)) for row in found]
    recorded = ({name: row.get(name) for name in _COLUMNS} for row in recorded_pulses(workspace).rows.values())
    rows += [row for row in recorded if account_id == row["account_id"] or csm_id == row["csm_id"]]
    versions = {row["pulse_id"]: row for row in sorted(rows, key=lambda row: row["recorded_at"] or "")}
    order = ("pulse_at", "recorded_at", "pulse_id")
    return sorted(versions.values(), key=lambda row: [row[name] or "" for name in order], reverse=True)
