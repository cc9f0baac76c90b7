"""What models learn from: snapshots, the labels known at each cut-off, and the cohort that the two make.

The one place where rows are selected by cut-off and where their weights are set. Nothing is fitted here, and no date is
compared except a label's cut-off: which outcome was known when is decided where labels are made.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.feature import Feature
from models.settings import ROLLING_BAND, SCORED_BANDS

KEY: Final = ["account_id", "renewal_id", "as_of"]
"""What identifies a snapshot."""
SNAPSHOT_COLUMNS: Final = (
    *KEY,
    "contract_id",
    "renewal_date",
    "lead_days",
    "term_days",
    "band",
    "status",
    "segment",
    "csm_id",
    "weekly_capacity",
    "arr",
    "sentiment",
    "pulse_state",
)
LABEL_COLUMNS: Final = (
    *KEY,
    "first_cutoff",
    "last_cutoff",
    "is_churned",
    "is_contracted",
    "retained_share",
    "days_to_decision",
)
LABEL_DATES: Final = ("as_of", "first_cutoff", "last_cutoff")

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
TextArray = npt.NDArray[np.object_]


class LearningError(Exception):
    """Nothing can be learned from the outcomes at hand; the message says what was counted and what to check."""


def as_timestamp(day: date) -> pd.Timestamp:
    """Midnight of a day as a naive timestamp in microseconds, the form in which all dates are compared here."""
    return pd.Timestamp(day).normalize().as_unit("us")


def with_dates(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """A copy of the frame with those of the named columns that it has as `datetime64[us]` at midnight."""
    dates = {
        name: pd.to_datetime(frame[name]).dt.normalize().astype("datetime64[us]") for name in columns if name in frame
    }
    return frame.assign(**dates)


def is_known_at(labels: pd.DataFrame, cutoff: date) -> pd.Series:
    """Whether each label says what was known at one of the cut-offs for which labels were made."""
    day = as_timestamp(cutoff)
    return (labels["first_cutoff"] <= day) & (day <= labels["last_cutoff"])


def unit_of(snapshots: pd.DataFrame) -> pd.Series:
    """What counts once within a band: the renewal, or for rolling terms the contract."""
    rolling = snapshots["band"] == ROLLING_BAND
    unit = snapshots["renewal_id"].where(~rolling, snapshots["contract_id"])
    return snapshots["account_id"].astype(str) + "\x1f" + unit.astype(str)


def weights_of(snapshots: pd.DataFrame) -> FloatArray:
    """Weights that sum to one per renewal (rolling: per contract) within each band, in the order of the rows."""
    unit = unit_of(snapshots)
    size = unit.groupby([unit, snapshots["band"]]).transform("size")
    return 1.0 / size.to_numpy(dtype=np.float64)


def account_folds(accounts: TextArray, folds: int, seed: int) -> IntArray:
    """Fold of each row, shape (n,): all rows of an account share one, and folds differ by at most one account."""
    unique, position = np.unique(accounts.astype(str), return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(unique))
    return np.asarray(order[position] % folds, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Snapshots whose outcome was known at a cut-off, sorted by key.

    Attributes:
        cutoff: The date at which the outcomes were known.
        snapshots: The rows, n of them, with all their columns.
        outcomes: 1.0 where the renewal churned, shape (n,).
        weights: See `weights_of`, shape (n,).
    """

    cutoff: pd.Timestamp
    snapshots: pd.DataFrame
    outcomes: FloatArray
    weights: FloatArray

    @property
    def bands(self) -> TextArray:
        """Band of each row, shape (n,)."""
        return self.snapshots["band"].to_numpy(dtype=object)

    @property
    def renewals(self) -> int:
        """Renewals (rolling: contracts) in the cohort."""
        return int(unit_of(self.snapshots).nunique())

    @property
    def churns(self) -> int:
        """Renewals (rolling: contracts) in the cohort that churned."""
        return int(unit_of(self.snapshots)[self.outcomes == 1.0].nunique())


@dataclass(frozen=True)
class LearningData:
    """Snapshots and labels as the features package hands them over.

    Dates are brought to `datetime64[us]` at midnight, and both frames are sorted by key, so that neither the order of
    rows nor the type of a date can change a model.

    Attributes:
        snapshots: One row per (account_id, renewal_id, as_of) with the spine's columns, the pulse facts and one column
            per feature (numbers and booleans float64 with NaN, categories text), or the text that it is learned from.
        labels: One row per snapshot and run of successive cut-offs, from `first_cutoff` to `last_cutoff`, at which the
            snapshot may be learned from with one outcome.
        trained_through: Outcomes known at this date teach the model, and settle the predictions of earlier cut-offs.
        walk_dates: The cut-offs for which labels were made.
        features: Inputs of the full model, in the order in which the boosters get them.
        usage_features: Names of those that no human judgement has touched.
        is_notice_observed: Whether the source says when notice was given.

    Raises:
        ValueError: A column is missing, a key repeats, two labels of a snapshot speak of one cut-off, or a usage
            feature is one of judgement.
    """

    snapshots: pd.DataFrame
    labels: pd.DataFrame
    trained_through: date
    walk_dates: tuple[date, ...]
    features: tuple[Feature, ...]
    usage_features: tuple[str, ...]
    is_notice_observed: bool = True
    _label_rows: IntArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        columns = tuple(feature.column for feature in self.features)
        _require_columns(self.snapshots, (*SNAPSHOT_COLUMNS, *columns), "snapshots")
        _require_columns(self.labels, LABEL_COLUMNS, "labels")
        _require_usage_features(self.features, self.usage_features)
        snapshots = with_dates(self.snapshots, ("as_of", "renewal_date", "term_start_date")).sort_values(
            KEY, ignore_index=True
        )
        if snapshots.duplicated(KEY).any():
            raise ValueError(f"snapshots: {int(snapshots.duplicated(KEY).sum())} rows repeat the key {', '.join(KEY)}")
        positions = snapshots[KEY].assign(_row=np.arange(len(snapshots)))
        labels = with_dates(self.labels, LABEL_DATES).merge(positions, on=KEY, how="inner")
        labels = labels.sort_values(["_row", "first_cutoff"], ignore_index=True)
        _require_one_label_at_a_time(labels)
        # The dataclass is frozen for its users; these are its own fields, brought into order once.
        object.__setattr__(self, "snapshots", snapshots)
        object.__setattr__(self, "_label_rows", labels.pop("_row").to_numpy(dtype=np.int64))
        object.__setattr__(self, "labels", labels)

    @property
    def through(self) -> pd.Timestamp:
        """`trained_through` as a timestamp."""
        return as_timestamp(self.trained_through)

    @cached_property
    def cutoffs(self) -> tuple[pd.Timestamp, ...]:
        """Dates before `trained_through` at which labels exist, ascending: the candidates for walking forward."""
        dates = sorted(as_timestamp(day) for day in self.walk_dates)
        return tuple(day for day in dates if day < self.through and is_known_at(self.labels, day).any())

    def cohort(self, cutoff: pd.Timestamp) -> Cohort:
        """The snapshots in scored bands whose outcome was known at a cut-off."""
        at_cutoff = is_known_at(self.labels, cutoff).to_numpy()
        snapshots = self.snapshots.iloc[self._label_rows[at_cutoff]]
        outcomes = self.labels.loc[at_cutoff, "is_churned"].to_numpy(dtype=np.float64)
        scored = snapshots["band"].isin(SCORED_BANDS).to_numpy()
        snapshots = snapshots[scored].reset_index(drop=True)
        return Cohort(cutoff, snapshots, outcomes[scored], weights_of(snapshots))

    def open_at(self, cutoff: pd.Timestamp) -> pd.DataFrame:
        """The snapshots in scored bands that were open as of a cut-off, sorted by key."""
        return self.open_between(cutoff, cutoff + pd.Timedelta(days=1))

    def open_between(self, first: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """The snapshots in scored bands that were open as of a date from `first` to before `end`, sorted by key."""
        snapshots = self.snapshots
        rows = (snapshots["as_of"] >= first) & (snapshots["as_of"] < end)
        rows &= (snapshots["status"] == "open") & snapshots["band"].isin(SCORED_BANDS)
        return snapshots[rows].reset_index(drop=True)

    def outcomes_at(self, cutoff: pd.Timestamp) -> pd.DataFrame:
        """Outcomes known at a cut-off: the key, is_churned, is_contracted, retained_share, days_to_decision."""
        known = self.labels[is_known_at(self.labels, cutoff)]
        return known.drop(columns=["first_cutoff", "last_cutoff"]).reset_index(drop=True)


def _require_columns(frame: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: missing columns {', '.join(missing)}")


def _require_one_label_at_a_time(labels: pd.DataFrame) -> None:
    """Require that the labels of a snapshot, sorted by first cut-off, follow upon each other."""
    overlaps = (labels["_row"] == labels["_row"].shift()) & (labels["first_cutoff"] <= labels["last_cutoff"].shift())
    if overlaps.any():
        raise ValueError(f"labels: {int(overlaps.sum())} rows speak of a cut-off of which another row speaks")


def _require_usage_features(features: tuple[Feature, ...], usage_features: tuple[str, ...]) -> None:
    by_name = {feature.name: feature for feature in features}
    if len(by_name) != len(features):
        raise ValueError("features: a name occurs twice")
    unknown = [name for name in usage_features if name not in by_name]
    if unknown:
        raise ValueError(f"usage_features: not among the features: {', '.join(unknown)}")
    judgement = [name for name in usage_features if by_name[name].is_judgement]
    if judgement:
        raise ValueError(f"usage_features: touched by human judgement: {', '.join(judgement)}")
