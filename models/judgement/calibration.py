"""The table of what human judgement has meant: every figure of this package that is computed from the ledger alone.

Puts figures side by side in one long table; how each is computed is told where it is.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import pandas as pd

from models.judgement.answers import answer_figures
from models.judgement.colours import Entry, colour_figures, colour_meanings
from models.judgement.csm_record import PEOPLE_CHECKPOINT, people_figures, save_figures
from models.judgement.judged import ALL, CHECKPOINTS, SHOWN_DECIMALS, UNPLAYED, VIEWED_CHECKPOINTS, Judged
from models.judgement.scores import view_figures
from models.judgement.staleness import staleness_figures
from models.settings import JudgementSettings, ModelSettings

SLICES: Final = ("segment", "about", "pulse_state")
CALIBRATION_KEY: Final = ("checkpoint", "rows", "slice_by", "slice", "subject", "item", "measure")
CALIBRATION_COLUMNS: Final = (*CALIBRATION_KEY, "value", "low", "high", "renewals", "churns")


def calibrate_judgement(ledger: pd.DataFrame, settings: JudgementSettings, resampling: ModelSettings) -> pd.DataFrame:
    """What colours, fields, reasons and people have meant for renewals.

    Args:
        ledger: The judgement ledger.
        settings: Limits, levels, and whether people may be shown.
        resampling: Seed and number of resamples of accounts.

    Returns:
        `CALIBRATION_COLUMNS`, sorted by `CALIBRATION_KEY`. `rows` is `all`, or `unplayed` for renewals without a play
        after the pulse. `low` and `high` are missing where a figure has no interval or too few churns for one.
    """
    records: list[tuple[object, ...]] = []
    for checkpoint in CHECKPOINTS:
        judged = Judged.of(ledger[ledger["checkpoint"] == checkpoint], settings, resampling)
        for rows, each in ((ALL, judged), (UNPLAYED, judged.unplayed())):
            place = checkpoint, rows
            records += _records((*place, ALL, ALL), _whole(each, checkpoint))
            if rows == ALL:
                records += _records((*place, ALL, ALL), save_figures(each, show_people=settings.show_people))
                for slice_by, value, part, meanings in _slices(each):
                    records += _records((*place, slice_by, value), colour_figures(part, meanings))
    table = pd.DataFrame.from_records(records, columns=list(CALIBRATION_COLUMNS))
    table[["value", "low", "high"]] = table[["value", "low", "high"]].astype("float64").round(SHOWN_DECIMALS)
    return table.sort_values(list(CALIBRATION_KEY), ignore_index=True)


def _whole(judged: Judged, checkpoint: str) -> Iterator[Entry]:
    spoken = judged.spoken()
    yield from colour_figures(judged)
    if checkpoint in VIEWED_CHECKPOINTS:
        yield from view_figures(spoken.viewed())
    yield from staleness_figures(spoken)
    yield from answer_figures(spoken)
    if checkpoint == PEOPLE_CHECKPOINT:
        yield from people_figures(judged, show_people=judged.settings.show_people)


def _slices(judged: Judged) -> Iterator[tuple[str, str, Judged, dict[str, float]]]:
    """Each slice with what the colours mean to the whole team."""
    if not len(judged):
        return
    meanings = colour_meanings(judged)
    for slice_by in SLICES:
        values = judged.rows[slice_by].astype(object)
        for value in sorted(values.dropna().unique()):
            yield slice_by, str(value), judged.where((values == value).to_numpy(dtype=bool)), meanings


def _records(place: tuple[str, ...], entries: Iterable[Entry]) -> list[tuple[object, ...]]:
    return [
        (*place, subject, item, measure, figure.value, figure.low, figure.high, renewals, churns)
        for subject, item, measure, figure, renewals, churns in entries
    ]
