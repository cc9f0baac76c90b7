"""One file per record: written once, whole or not at all, and never changed.

Any number of processes may write at once, and readers need no lock. What a record says is checked by whoever writes it.
"""

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from data_contracts.contract import Contract
from data_contracts.recorded_rows import RecordedRow, broken_rules, read_row
from pipelines.whole_files import to_disk

_ID = re.compile(r"[0-9a-f]{32}")


class RecordingError(Exception):
    """What was to be put on record cannot be.

    Attributes:
        faults: Everything that is wrong, one sentence each.
    """

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


@dataclass(frozen=True)
class Recorded:
    """What now stands on record.

    Attributes:
        row: The row.
        is_new: Whether it was written now; False where the same had been recorded under this id before.
    """

    row: RecordedRow
    is_new: bool


def new_id() -> str:
    """Return an id for a record. It is made when a form opens, so that sending the form twice records it once."""
    return uuid4().hex


def id_faults(record_id: str) -> list[str]:
    """Return what is wrong with an id; it becomes the name of a file."""
    return [] if _ID.fullmatch(record_id) else [f"{record_id!r} is not an id that was made here."]


def contract_faults(contract: Contract, row: RecordedRow) -> list[str]:
    """Return the rules of its contract that a row breaks, in words; texts that no table can hold are left to others."""
    try:
        broken = broken_rules(contract, row)
    except UnicodeEncodeError:
        return []
    return [
        f"{rule.column} {rule.message}; {row.get(rule.column)!r} is not." if rule.column else f"{rule.message}."
        for rule in broken
    ]


def moment_text(now: datetime) -> str:
    """Return an instant as source tables write it, in UTC.

    Raises:
        ValueError: If it does not name its zone.
    """
    if now.tzinfo is None:
        raise ValueError("an instant without a zone cannot be put on record")
    return now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def write_record(folder: Path, name: str, row: Mapping[str, str | None], set_here: Collection[str]) -> Recorded:
    """Put a row on record under a name, once.

    The file is linked into place when it is whole. A rename would do the same, but would replace what another process
    has recorded under the name in the meantime.

    Args:
        folder: Folder of the table; it is created.
        name: Name of the file, without its ending.
        row: The row.
        set_here: Columns that the clock fills; a row that differs in these alone is the same one sent again.

    Returns:
        The row that stands: this one, or the same one recorded before.

    Raises:
        RecordingError: If something else stands under the name, or a file that cannot be read.
    """
    path = folder / f"{name}.json"
    if not path.exists() and _create(path, row):
        return Recorded(row, is_new=True)
    standing = read_row(path)
    if standing is None:
        raise RecordingError(f"{path} cannot be read. Mend it or move it away.")
    columns = {*standing, *row} - set(set_here)
    differing = sorted(column for column in columns if standing.get(column) != row.get(column))
    if differing:
        raise RecordingError(
            f"Something else is on record under {name} already ({', '.join(differing)}). What is recorded is not "
            "changed; a change of mind is a new record."
        )
    return Recorded(standing, is_new=False)


def _create(path: Path, row: RecordedRow) -> bool:
    """Write the file; False where another process has just done so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        temporary.write_text(json.dumps(row, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        to_disk(temporary)
        os.link(temporary, path)
        to_disk(path.parent)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def newest_first(rows: Iterable[RecordedRow]) -> list[RecordedRow]:
    """Return rows by when they were recorded, the newest first; equal instants by what they say."""
    return sorted(rows, key=lambda row: (row.get("recorded_at") or "", json.dumps(row, sort_keys=True)), reverse=True)
