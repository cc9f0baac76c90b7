"""What the model learned from, in figures small enough to keep with it: the yardstick of drift.

Per horizon band, so that a snapshot can be held to the same mix of horizons; and with how far each spread moved between
the dates of the latest year, so that a season is no alarm. Kept beside the model and not in it: no score depends on it.
The comparison with what is scored belongs to `drift`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from features.feature import Feature, Kind
from models.learning import BoolArray, Cohort, FloatArray, IntArray, unit_of, weights_of
from models.settings import SCORED_BANDS
from models.stability import Comparison, compare_missing, stability_index

CELLS: Final = 8
"""Most cells of a spread. Octiles see a shift of any part of it, and each still holds a few dozen renewals."""
ALIKE: Final = 0.005
"""Values that differ by less than this share of their size lie in one cell: a term of a year has 365 days or 366."""
SETTLED_DAYS: Final = 365 + 60
"""Days after which all renewals that could be seen from a date are in the cohort; before, the distant ones are not."""
LATEST_DAYS: Final = 365
"""Span of the latest settled dates: every season once, and a record that only grows longer resembles them most."""
LEAST_RENEWALS: Final = 30
"""Renewals that a date must show before its spread says what is usual."""
SCORE: Final = "churn_probability"
SCORE_CUTOFFS: Final = 4
"""Newest cut-offs of the walk whose scores are kept: a year, made by models nearly as well taught as the last one."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How one column lay, per scored band in their order.

    Attributes:
        edges: Upper ends of the cells of a number, the last cell being open; empty for a category.
        levels: The commonest levels of a category; all others share one more cell. Empty for a number.
        shares: Per band the share of its renewals in each cell; what is missing to one had no value.
        means: Per band the mean of the values; None without any, and for a category.
        latest: The same shares in the latest year alone: a record that grows looks ever less like its beginning.
        usual: Largest stability index of a date of the latest year against that year.
        usual_missing: Largest change of the share without a value, likewise.
    """

    edges: tuple[float, ...]
    levels: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]
    latest: tuple[tuple[float, ...], ...]
    means: tuple[float | None, ...]
    usual: float
    usual_missing: float

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.levels or self.edges) + 1

    def place(self, values: pd.Series) -> IntArray:
        """Cell of each value, shape (n,); -1 where there is none."""
        if self.cells == 1:
            return np.where(values.isna(), -1, 0).astype(np.int64)
        if self.levels:
            codes = {level: code for code, level in enumerate(self.levels)}
            return np.where(values.isna(), -1, values.map(codes).fillna(len(self.levels))).astype(np.int64)
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isnan(numbers), -1, np.searchsorted(np.asarray(self.edges), numbers)).astype(np.int64)

    def mean(self, mix: FloatArray) -> float:
        """Mean of the values in a mix of bands; NaN where there are none, and for a category."""
        present = np.array([sum(shares) for shares in self.shares]) * mix
        means = np.array([0.0 if mean is None else mean for mean in self.means])
        known = np.array([mean is not None for mean in self.means])
        total = float(present[known].sum())
        return float((present * means)[known].sum()) / total if total else float("nan")

    def with_usual(
        self, values: pd.Series, bands: IntArray, renewals: Sequence[int], looks: Sequence[IntArray]
    ) -> "Spread":
        """This spread with how far dates lay off the latest of it.

        Args:
            values: The values that it is made of, shape (n,).
            bands: Position of each value's band, shape (n,).
            renewals: Renewals behind the latest of it per band.
            looks: Positions of the rows of each date.
        """
        placed = self.place(values)
        moves = [self.against(placed[rows], bands[rows], renewals, is_latest=True) for rows in looks]
        return replace(
            self,
            usual=max((move.stability.value for move in moves if not np.isnan(move.stability.value)), default=0.0),
            usual_missing=max(
                (abs(move.missing.value) for move in moves if not np.isnan(move.missing.value)), default=0.0
            ),
        )

    def against(
        self, placed: IntArray, bands: IntArray, renewals: Sequence[int], *, is_latest: bool = False
    ) -> Comparison:
        """Holds rows of one date to this spread, in their own mix of bands.

        Args:
            placed: Cell of each row, shape (n,); see `place`.
            bands: Position of each row's band among the scored ones, shape (n,).
            renewals: Renewals behind the spread per band, shape (4,).
            is_latest: Whether to hold them to the latest of that past alone; `renewals` are then those behind it.
        """
        behind_band = np.array(renewals, dtype=np.float64)
        mix = mix_of(bands, behind_band)
        seen = np.bincount(placed[behind_band[bands] > 0] + 1, minlength=self.cells + 1).astype(np.float64)
        size = float(seen.sum())
        known = mix @ np.array(self.latest if is_latest else self.shares)
        # Each band was estimated from its own renewals, largely the same ones: their harmonic mean in this mix.
        behind = 1 / float((mix[mix > 0] / behind_band[mix > 0]).sum()) if size else 0.0
        return Comparison(
            stability=stability_index(known, seen[1:], behind * float(known.sum()), float(seen[1:].sum())),
            missing=compare_missing(1 - float(known.sum()), float(seen[0]) / size if size else 0.0, behind, size),
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """How several columns of the same rows lay.

    Attributes:
        renewals: Renewals behind it, per scored band in their order.
        latest_renewals: Those behind the latest of it.
        spreads: By name of the column.
    """

    renewals: tuple[int, ...]
    latest_renewals: tuple[int, ...]
    spreads: dict[str, Spread]


@dataclass(frozen=True, slots=True)
class Reference:
    """What a model learned from.

    Attributes:
        trained_through: Date of the training, ISO.
        renewals: Renewals that it learned from.
        churn_rates: Churn rate per scored band that had any.
        features: Spreads of the features.
        scores: Spread of the model's predictions out of time; without spreads where the model was not walked.
    """

    trained_through: str
    renewals: int
    churn_rates: dict[str, float]
    features: Profile
    scores: Profile

    def to_document(self) -> dict[str, Any]:
        """The reference as JSON can hold it."""
        return asdict(self)

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> "Reference":
        """The reference that `to_document` gave, also once it has been through JSON."""
        read: dict[str, Any] = json.loads(json.dumps(document), object_hook=_frozen)
        profiles = {name: _profile(read[name]) for name in ("features", "scores")}
        return Reference(**(read | profiles))


def make_reference(cohort: Cohort, features: Sequence[Feature], history: pd.DataFrame) -> Reference:
    """Sums up what a model learned from.

    Args:
        cohort: The learning cohort, with a column per feature; one without is left out.
        features: Features of the model.
        history: Predictions of every renewal that was open at a cut-off of the walk, with `cutoff`; may be empty.
    """
    kinds = {feature.name: feature.kind for feature in features if feature.name in cohort.snapshots}
    newest = sorted(history["cutoff"].unique())[-SCORE_CUTOFFS:] if len(history) else []
    scored = history[history["cutoff"].isin(newest)].reset_index(drop=True)
    bands = band_positions(cohort.snapshots)
    weight, churned = (np.bincount(bands, cohort.weights * each, len(SCORED_BANDS)) for each in (1, cohort.outcomes))
    return Reference(
        trained_through=cohort.cutoff.date().isoformat(),
        renewals=cohort.renewals,
        churn_rates={
            band: float(churned[position] / weight[position])
            for position, band in enumerate(SCORED_BANDS)
            if weight[position]
        },
        features=profile(
            cohort.snapshots,
            kinds,
            latest_dates(cohort.snapshots, cohort.cutoff),
            cohort.cutoff - pd.Timedelta(days=SETTLED_DAYS + LATEST_DAYS),
        ),
        scores=profile(
            scored, {SCORE: "number"} if len(scored) else {}, newest, newest[0] if newest else cohort.cutoff
        ),
    )


def latest_dates(snapshots: pd.DataFrame, through: pd.Timestamp) -> list[pd.Timestamp]:
    """Dates of a cohort's latest year that show all that could be seen then."""
    last = through - pd.Timedelta(days=SETTLED_DAYS)
    return [day for day in sorted(snapshots["as_of"].unique()) if last - pd.Timedelta(days=LATEST_DAYS) <= day < last]


def profile(
    frame: pd.DataFrame, kinds: Mapping[str, Kind], dates: Sequence[pd.Timestamp], latest_from: pd.Timestamp
) -> Profile:
    """Sums up the columns of a frame of snapshots in scored bands.

    Args:
        frame: The key, contract_id, band, and the columns.
        kinds: Kind of each column by name.
        dates: The dates among `as_of` whose moves against the latest of it are usual.
        latest_from: Date from which on a row is among the latest.
    """
    bands, weights = band_positions(frame), weights_of(frame)
    is_latest = (frame["as_of"] >= latest_from).to_numpy()
    latest = _renewals_of(frame[is_latest], bands[is_latest])
    looks = [np.flatnonzero(frame["as_of"] == day) for day in dates]
    looks = [rows for rows in looks if len(rows) >= LEAST_RENEWALS]
    spreads = {
        name: _spread(frame[name], kind, bands, weights, is_latest).with_usual(frame[name], bands, latest, looks)
        for name, kind in kinds.items()
    }
    return Profile(_renewals_of(frame, bands), latest, spreads)


def _renewals_of(frame: pd.DataFrame, bands: IntArray) -> tuple[int, ...]:
    """Renewals (rolling: contracts) per band."""
    units = unit_of(frame).to_numpy(dtype=object)
    return tuple(len(set(units[bands == position])) for position in range(len(SCORED_BANDS)))


def band_positions(frame: pd.DataFrame) -> IntArray:
    """Position of each row's band among the scored ones, shape (n,)."""
    positions = {band: position for position, band in enumerate(SCORED_BANDS)}
    return np.array([positions[band] for band in frame["band"]], dtype=np.int64)


def mix_of(bands: IntArray, renewals: FloatArray) -> FloatArray:
    """Share of each scored band among rows, as far as the reference knows the band; shape (4,)."""
    mix = np.where(renewals > 0, np.bincount(bands, minlength=len(SCORED_BANDS)), 0.0)
    return mix / mix.sum() if mix.sum() else mix


def _spread(values: pd.Series, kind: Kind, bands: IntArray, weights: FloatArray, is_latest: BoolArray) -> Spread:
    """The spread of a column, before it is known how far it usually moves."""
    edges, levels = ((), _levels(values, weights)) if kind == "category" else (_edges(values, weights), ())
    spread = Spread(edges, levels, (), (), (), 0.0, 0.0)
    placed = spread.place(values)
    return replace(
        spread,
        shares=_shares(placed, bands, weights, spread.cells),
        latest=_shares(placed[is_latest], bands[is_latest], weights[is_latest], spread.cells),
        means=(None,) * len(SCORED_BANDS) if kind == "category" else _means(values, bands, weights),
    )


def _shares(placed: IntArray, bands: IntArray, weights: FloatArray, cells: int) -> tuple[tuple[float, ...], ...]:
    """Per band the share of weight in each cell; zeros where a band has none."""
    size = len(SCORED_BANDS) * (cells + 1)
    counts = np.bincount(bands * (cells + 1) + placed + 1, weights, size).reshape(len(SCORED_BANDS), cells + 1)
    shares = counts[:, 1:] / np.maximum(counts.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return tuple(tuple(of_band) for of_band in shares.tolist())


def _edges(values: pd.Series, weights: FloatArray) -> tuple[float, ...]:
    """Weighted quantiles that part the values into at most eight cells; those that are alike count once."""
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.flatnonzero(~np.isnan(numbers))
    if not len(known):
        return ()
    order = known[np.argsort(numbers[known], kind="stable")]
    reached = np.cumsum(weights[order]) / weights[order].sum()
    places = np.searchsorted(reached, np.arange(1, CELLS) / CELLS - 1e-9)
    edges: list[float] = []
    for quantile in np.unique(numbers[order[places]]).tolist():
        if not edges or quantile > edges[-1]:
            edges.append(quantile + ALIKE * abs(quantile))
    return tuple(edges)


def _levels(values: pd.Series, weights: FloatArray) -> tuple[str, ...]:
    """The commonest levels, commonest first, so many that with one cell for all others there are eight."""
    total = pd.Series(weights, index=values.index).groupby(values).sum().rename_axis("level").reset_index(name="weight")
    ranked = total.sort_values(["weight", "level"], ascending=[False, True])["level"]
    return tuple(str(level) for level in ranked[: CELLS - 1])


def _means(values: pd.Series, bands: IntArray, weights: FloatArray) -> tuple[float | None, ...]:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    known = ~np.isnan(numbers)
    weight = np.bincount(bands[known], weights[known], len(SCORED_BANDS))
    total = np.bincount(bands[known], weights[known] * numbers[known], len(SCORED_BANDS))
    return tuple(float(total[band] / weight[band]) if weight[band] else None for band in range(len(SCORED_BANDS)))


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    """Lists as tuples, as the dataclasses have them."""
    return {name: _as_tuple(value) for name, value in entry.items()}


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(each) for each in value) if isinstance(value, list) else value


def _profile(entry: Mapping[str, Any]) -> Profile:
    return Profile(
        entry["renewals"],
        entry["latest_renewals"],
        {name: Spread(**spread) for name, spread in entry["spreads"].items()},
    )
