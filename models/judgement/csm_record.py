"""What the ledger says of single CSMs, as far as it can: shrunk, adjusted for their books, with and without plays.

Which calls are a person's own is decided here; how people are compared is in `raters`. Whether anybody gets to see it
is a setting, and obeyed where tables are made.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from models.judgement.colours import Entry
from models.judgement.judged import COLOURS, Figure, Judged
from models.judgement.raters import RatedCalls, RaterFit, fit_raters
from models.judgement.staleness import age_of_words
from models.learning import FloatArray
from models.logistic import logit

PEOPLE_CHECKPOINT: Final = "90"
"""Where people are compared: near enough for a colour to be meant, and most have said something by then."""
MEASURES: Final = ("optimism", "best_share", "discrimination")


def own_calls(judged: Judged) -> Judged:
    """The calls that are a person's own: given by the owner, who had owned the account for a while."""
    rows, settings = judged.rows, judged.settings
    is_author = rows["pulse_csm_id"].notna() & (rows["pulse_csm_id"] == rows["csm_id"])
    is_settled = rows["owned_days"].astype(np.float64) >= settings.owned_days
    return judged.where(rows["sentiment"].notna() & is_author & is_settled & rows["usage_view"].notna())


def people_figures(judged: Judged, *, show_people: bool) -> Iterator[Entry]:
    """How people differ, and, where it may be shown, what each one's calls say.

    `optimism` is by how much worse an account has to look to this person before the colour turns, in widths of yellow,
    zero being the team; `green_share` the share of the team's renewals that the person would call green;
    `discrimination` the AUC of the person's colours over the team's renewals. Figures ending in `_raw` are from the
    person's own book as it stands.

    Args:
        judged: Entries of one checkpoint.
        show_people: Whether single people are given, or the team only.
    """
    own = own_calls(judged)
    fit = fit_people(judged)
    if fit is None:
        return
    counted = len(own), own.churns
    yield "people", "", "optimism_sd", Figure(fit.optimism_sd), *counted
    yield "people", "", "discrimination", Figure(fit.team_discrimination), *counted
    yield "people", "", "too_few_calls", Figure(fit.others), *counted
    if not show_people:
        return
    for row in fit.table.to_dict("records"):
        counted = int(row["calls"]), int(row["events"])
        for measure in MEASURES:
            name = "green_share" if measure == "best_share" else measure
            figure = Figure(row[measure], row[f"{measure}_low"], row[f"{measure}_high"])
            yield "csm", row["rater"], name, figure, *counted
            yield "csm", row["rater"], f"{name}_raw", Figure(row[f"{measure}_raw"]), *counted


def save_figures(judged: Judged, *, show_people: bool) -> Iterator[Entry]:
    """Counts of possible saves: called red, then a play, then renewed; none where no play was ever on record.

    They improve no score.

    Args:
        judged: Entries of one checkpoint, played ones included.
        show_people: Whether single people are given, or the team only.
    """
    for subject, item, part in _teams_and_people(judged, show_people=show_people):
        is_played = part.rows["play_started_on"].notna()
        is_save = (part.rows["sentiment"] == "red") & is_played & (part.outcomes == 0.0)
        yield subject, item, "possible_saves", Figure(float(is_save.sum())), len(part), part.churns
        if subject == "people":
            yield subject, item, "played_share", Figure(float(is_played.mean())), len(part), part.churns


def _teams_and_people(judged: Judged, *, show_people: bool) -> Iterator[tuple[str, str, Judged]]:
    """Everybody's entries, then those with the own calls of each person who may be shown."""
    if len(judged) and judged.rows["had_open_play"].notna().any():
        yield "people", "", judged
        own = own_calls(judged)
        for csm in people_shown(own) if show_people else []:
            yield "csm", csm, own.where(own.rows["csm_id"] == csm)


def people_shown(own: Judged) -> list[str]:
    """Those with enough decided calls of their own for anything to be said of them, by name."""
    counts = own.rows["csm_id"].astype(str).value_counts()
    return sorted(counts[counts >= own.settings.minimum_calls].index)


def fit_people(judged: Judged) -> RaterFit | None:
    """Compares people by the calls that are their own; None where there is nothing to compare."""
    own = own_calls(judged)
    if not len(own):
        return None
    rows = own.rows
    return fit_raters(
        RatedCalls(
            raters=rows["csm_id"].to_numpy(dtype=object),
            levels=np.array([COLOURS.index(colour) for colour in rows["sentiment"]], dtype=np.int64),
            outcomes=own.outcomes,
            difficulty=_difficulty(rows),
            ages=age_of_words(rows),
            clusters=rows["account_id"].to_numpy(dtype=object),
        ),
        minimum_calls=own.settings.minimum_calls,
        level=own.settings.interval_level,
        seed=own.resampling.seed,
    )


def _difficulty(rows: pd.DataFrame) -> FloatArray:
    """How bad each account looked to somebody without judgement: what usage said, and its segment; standardized."""
    usage = logit(rows["usage_view"].to_numpy(dtype=np.float64))
    segments = pd.get_dummies(rows["segment"].astype(object).fillna("unknown")).to_numpy(dtype=np.float64)
    columns = np.column_stack([usage, segments])
    spread = columns.std(axis=0)
    speaks = spread > 0
    return np.asarray((columns[:, speaks] - columns[:, speaks].mean(axis=0)) / spread[speaks], dtype=np.float64)
