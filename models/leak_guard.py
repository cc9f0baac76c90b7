"""The leak guard: inputs that know more of the outcome than anything recorded before it could.

A leak is a mistake in the source, an outcome that found its way into a column and was dated before it happened. It is
told by its figures alone, on the rows that the model learned from; nothing is dropped, people decide. What a model
weighs most for good reasons is a matter of `contribution_summary`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from features.feature import Feature
from models.evaluation import account_draws
from models.learning import Cohort, FloatArray, unit_of, weights_of
from models.metrics import rankings_by_date, ratio, roc_auc
from models.settings import ROLLING_BAND, SCORED_BANDS, ModelSettings

DATED_BANDS: Final = tuple(band for band in SCORED_BANDS if band != ROLLING_BAND)
"""Where renewals are told apart one by one; of short terms there are too few accounts to accuse anybody."""
LEAST_ACCOUNTS: Final = 5
"""Accounts that must share a level for its churn rate to rank them."""


@dataclass(frozen=True, slots=True)
class Leak:
    """An input that is implausibly good.

    Attributes:
        feature: Its name.
        figure: What gave it away: an AUC, a ratio of shares, or a share of all contributions.
        why: The finding as a sentence.
    """

    feature: str
    figure: float
    why: str


@dataclass(frozen=True)
class _Rows:
    """The rows of one band on the dates of the walk, n of them.

    Attributes:
        band: Their band.
        snapshots: Their features.
        outcomes: 1.0 where the renewal churned, shape (n,).
        weights: See `weights_of`, shape (n,).
        units: What counts once, shape (n,).
    """

    band: str
    snapshots: pd.DataFrame
    outcomes: FloatArray
    weights: FloatArray
    units: pd.Series

    def churns(self, mask: FloatArray) -> int:
        """Churned renewals among the rows with a mask of one."""
        return int(self.units[(mask == 1.0) & (self.outcomes == 1.0)].nunique())


def find_leaks(
    cohort: Cohort,
    cutoffs: tuple[pd.Timestamp, ...],
    features: tuple[Feature, ...],
    settings: ModelSettings,
    *,
    shares: Mapping[str, float] | None = None,
    model_auc: float = float("nan"),
) -> tuple[Leak, ...]:
    """Look for inputs that are implausibly good.

    An input is one if by itself it ranks renewals too well within the dates of the walk, in whichever direction and
    wherever missing values rank; if having a value at all, having none, or having one certain level is found far too
    often among those that churned; or if the model does little but follow it *and* is too good to be true. Following
    one input is no sign by itself: with usage poorly recorded an honest model leans on the pulse, and the check would
    fail on every company of that kind.

    Chance reaches high where few churned. So every figure has to be above its limit at the lower end of a one-sided
    interval over resampled accounts, and to rest on a minimum of churned renewals.

    Args:
        cohort: What was learned from, with a column per feature; features without a column are passed over.
        cutoffs: Dates of the walk.
        features: Inputs of the model.
        settings: The limits, the seed, the number of resamples.
        shares: Share of each feature in the sum of the model's absolute contributions; nothing for a base rate.
        model_auc: Lower bound of the model's ROC AUC out of time in the headline band; NaN where it is not known, and
            then nobody is accused for their share.

    Returns:
        At most one leak per feature, in the order of the features.
    """
    bands = [_rows_of(cohort, band, cutoffs) for band in DATED_BANDS]
    found = []
    for feature in features:
        leak = _by_share(feature, shares or {}, model_auc, settings)
        if feature.name in cohort.snapshots:
            for rows in bands:
                leak = leak or _by_auc(feature, rows, settings) or _by_telltale(feature, rows, settings)
        if leak is not None:
            found.append(leak)
    return tuple(found)


def describe_leaks(leaks: Sequence[Leak]) -> tuple[str, ...]:
    """What a reader of the scores has to know of leaks: one sentence that says what to do, then one for each."""
    if not leaks:
        return ()
    first = (
        f"Implausibly good inputs: {', '.join(leak.feature for leak in leaks)}. An outcome has probably found its way "
        "into a source column and is dated before it happened; every figure of this model is then too good. Check when "
        "the column is filled in, give it its date, or leave it out."
    )
    return (first, *(leak.why for leak in leaks))


def _rows_of(cohort: Cohort, band: str, cutoffs: tuple[pd.Timestamp, ...]) -> _Rows:
    snapshots = cohort.snapshots
    mask = ((snapshots["band"] == band) & snapshots["as_of"].isin(list(cutoffs))).to_numpy()
    rows = snapshots[mask].reset_index(drop=True)
    return _Rows(band, rows, cohort.outcomes[mask], weights_of(rows), unit_of(rows))


def _by_share(feature: Feature, shares: Mapping[str, float], model_auc: float, settings: ModelSettings) -> Leak | None:
    share = shares.get(feature.name, 0.0)
    if not (share > settings.leak_contribution_share and model_auc > settings.leak_model_auc):
        return None
    why = (
        f"{feature.name} makes up {share:.0%} of what moves the model, and the model ranks better than it should be "
        f"able to (AUC out of time at least {model_auc:.3f})."
    )
    return Leak(feature.name, share, why)


def _by_auc(feature: Feature, rows: _Rows, settings: ModelSettings) -> Leak | None:
    values = _values(feature, rows)
    known = ~np.isnan(values)
    if rows.churns(known.astype(np.float64)) < settings.leak_minimum_churns:
        return None
    dates = rows.snapshots["as_of"].to_numpy(dtype="datetime64[us]")
    for missing in (np.nanmin(values) - 1.0, np.nanmax(values) + 1.0):
        scores = np.where(known, values, missing)

        def auc(weights: FloatArray, scores: FloatArray = scores) -> FloatArray:
            either_way = roc_auc(rankings_by_date(scores, rows.outcomes, weights, dates))
            return np.maximum(either_way, 1.0 - either_way)

        figure, low = _with_bound(auc, rows, settings.leak_auc, settings)
        if low > settings.leak_auc:
            why = (
                f"{feature.name} by itself ranks renewals {rows.band} days ahead with an AUC of {figure:.3f} (at least "
                f"{low:.3f})."
            )
            return Leak(feature.name, figure, why)
    return None


def _by_telltale(feature: Feature, rows: _Rows, settings: ModelSettings) -> Leak | None:
    for spoken, mask in _telltales(feature, rows):
        if rows.churns(mask) < settings.leak_minimum_churns or mask.all():
            continue

        def odds(weights: FloatArray, mask: FloatArray = mask) -> FloatArray:
            churned, stayed = rows.outcomes, 1.0 - rows.outcomes
            among_churned = ratio(weights @ (mask * churned), weights @ churned)
            among_stayed = ratio(weights @ (mask * stayed), weights @ stayed)
            return np.divide(
                among_churned, among_stayed, out=np.full_like(among_churned, np.inf), where=among_stayed > 0
            )

        figure, low = _with_bound(odds, rows, settings.leak_ratio, settings)
        if low > settings.leak_ratio:
            how = "only" if np.isinf(figure) else f"{figure:.0f} times as often"
            why = f"{feature.name} {spoken} {how} among renewals that churned, {rows.band} days ahead."
            return Leak(feature.name, figure, why)
    return None


def _telltales(feature: Feature, rows: _Rows) -> Iterator[tuple[str, FloatArray]]:
    """What may give an outcome away without ranking all rows: a value, no value, one level; each with its mask."""
    values = rows.snapshots[feature.name]
    masks = {"has a value": values.notna(), "has no value": values.isna()}
    if feature.kind == "boolean":
        masks |= {"is true": values == 1.0, "is false": values == 0.0}
    if feature.kind == "category":
        masks |= {f"is {level}": values == level for level in sorted(values.dropna().unique())}
    for spoken, mask in masks.items():
        yield spoken, np.asarray(mask, dtype=np.float64)


def _values(feature: Feature, rows: _Rows) -> FloatArray:
    """The feature as numbers; a category as the churn rate of its level, levels of few accounts as one."""
    values = rows.snapshots[feature.name]
    if feature.kind != "category":
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    accounts = rows.snapshots.groupby(values)["account_id"].nunique()
    # What fewer accounts share is the name of somebody: its churn rate would be the outcome itself.
    levels = values.where(values.isna() | values.map(accounts).ge(LEAST_ACCOUNTS), "")
    sums = pd.DataFrame({"churned": rows.weights * rows.outcomes, "all": rows.weights}).groupby(levels).sum()
    return levels.map(sums["churned"] / sums["all"]).to_numpy(dtype=np.float64, na_value=np.nan)


def _with_bound(
    figure: Callable[[FloatArray], FloatArray], rows: _Rows, limit: float, settings: ModelSettings
) -> tuple[float, float]:
    """A figure and its lower bound; the bound is only worked out where the figure itself is above the limit."""
    point = float(figure(rows.weights[None, :])[0])
    if not point > limit:
        return point, point
    draws = account_draws(rows.snapshots["account_id"], settings)
    drawn = np.concatenate([figure(rows.weights * block) for block in draws])
    known = drawn[~np.isnan(drawn)]
    # The lower of two neighbours: between a finite ratio and an infinite one there is nothing to interpolate.
    return point, float(np.quantile(known, 1.0 - settings.leak_level, method="lower"))
