"""The judgement group by group: how often it happened, how well it ranks and how true it is in each kind of case.

Small groups have figures and no interval. Groups are kinds of cases, not people; people are in `raters`.
"""

import numpy as np
import pandas as pd

from models.calls.calls import Calls
from models.calls.rates import rate_of
from models.evaluation import account_draws, percentile_interval
from models.learning import FloatArray
from models.metrics import Ranking, brier_score, roc_auc
from models.settings import ModelSettings

NO_GROUP = "(none given)"


def group_table(judged: FloatArray, calls: Calls, settings: ModelSettings) -> pd.DataFrame:
    """Figures of each group, the largest first.

    Args:
        judged: Probabilities, for levels those cross-fitted, shape (n,).
        calls: With groups, n of them.
        settings: Seed, number of resamples of a slice, level.

    Returns:
        group, calls, events, happened with happened_low and happened_high, stated (mean probability), auc with auc_low
        and auc_high, brier, is_claimed. Without a claim (`Calls.shortage` of the group) there are no intervals.
    """
    if calls.groups is None:
        raise ValueError("these calls have no groups")
    named = pd.Series(calls.groups).fillna(NO_GROUP).to_numpy(dtype=object)
    records = []
    for group in pd.unique(named):
        rows = named == group
        records.append((group, *_figures(judged[rows], calls.part(rows), settings)))
    names = ["group", "calls", "events", "happened", "happened_low", "happened_high", "stated"]
    names += ["auc", "auc_low", "auc_high", "brier", "is_claimed"]
    table = pd.DataFrame.from_records(records, columns=names)
    return table.sort_values(["calls", "group"], ascending=[False, True], ignore_index=True)


def _figures(judged: FloatArray, calls: Calls, settings: ModelSettings) -> tuple[float | bool, ...]:
    """Figures of one group, in the order of the columns."""
    rate = rate_of(calls.outcomes, calls.clusters, settings.interval_level)
    once = np.ones((1, len(calls)))
    auc = float(roc_auc([Ranking.of(calls.scores, calls.outcomes, once)])[0])
    brier = float(brier_score(judged, calls.outcomes, once)[0])
    is_claimed = calls.shortage is None
    ends = (float("nan"), float("nan"))
    if is_claimed:
        drawn = np.concatenate(
            [
                roc_auc([Ranking.of(calls.scores, calls.outcomes, weights)])
                for weights in account_draws(pd.Series(calls.clusters), settings, settings.slice_resamples)
            ]
        )
        ends = percentile_interval(drawn, settings.interval_level)
    rates = (rate.value, rate.low, rate.high) if is_claimed else (rate.value, float("nan"), float("nan"))
    return (rate.calls, rate.events, *rates, float(judged.mean()), auc, *ends, brier, is_claimed)
