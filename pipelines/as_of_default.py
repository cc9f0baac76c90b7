"""Which date a run stands for when nobody says.

The only place that looks into a source before it has been checked, and, with the command line that calls it, the only
one that asks what day it is.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import duckdb

from data_contracts.contract import source_contracts
from data_contracts.problems import ContractError
from data_contracts.reading import open_source
from data_contracts.source_files import find_source

FIRST_AS_OF = date(2000, 1, 3)
"""The earliest date that a run can stand for: the Monday from which the training grid is counted."""
_EVENTS = {"usage_daily": "usage_date", "csm_pulses": "pulse_at"}


def newest_day(last_events: Iterable[date], today: date) -> date:
    """Return the day after the newest event, and not after today.

    Args:
        last_events: Dates of the newest usage and the newest pulse, as far as there are any.
        today: Today.
    """
    return min(today, max(last_events, default=today) + timedelta(days=1))


def newest_monday(last_events: Iterable[date], today: date) -> date:
    """Return the newest Monday on or before that day; see `newest_day`."""
    limit = newest_day(last_events, today)
    return limit - timedelta(days=limit.weekday())


def default_as_of(source_folder: Path, today: date, *, daily: bool = False) -> date:
    """Return the date that a run of these source tables stands for when nobody says.

    Args:
        source_folder: Folder of source tables; what cannot be read is passed by, the checks will name it.
        today: Today.
        daily: The newest day instead of the newest Monday.
    """
    found = (_newest(source_folder, table, column, today) for table, column in _EVENTS.items())
    events = [day for day in found if day is not None]
    return newest_day(events, today) if daily else newest_monday(events, today)


def _newest(source_folder: Path, table: str, column: str, today: date) -> date | None:
    """Return the newest date in a column of a source that nobody has checked yet; None if it cannot be told.

    One mistyped year must not move the run: a date after today or after the row's own recording is passed by.
    """
    contract = source_contracts()[table]
    try:
        source = find_source(source_folder, table)
        if source is None:
            return None
        with duckdb.connect(":memory:") as connection:
            opened = open_source(connection, contract, source)
            day = f"CAST({opened.casts[column].typed} AS DATE)"
            recorded = f"CAST({opened.casts['recorded_at'].typed} AS DATE)"
            possible = f"{day} <= ? AND ({day} > {recorded}) IS NOT TRUE"
            query = f"SELECT max({day}) FROM {opened.relation} WHERE {possible}"  # noqa: S608 - quoted there
            newest = connection.execute(query, [today]).fetchone()
    except (ContractError, duckdb.Error):
        return None
    return newest[0] if newest else None
