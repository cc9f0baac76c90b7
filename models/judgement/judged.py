"""Entries of the ledger that can be judged: their outcome is known, and something was said.

Rows, their weightings and the form in which figures are handed on; what is computed from them is told elsewhere in this
package.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import beta

from models.evaluation import account_draws, percentile_interval
from models.learning import FloatArray
from models.settings import JudgementSettings, ModelSettings

VIEWED_CHECKPOINTS: Final = ("180", "90")
"""Days ahead of the renewal date at which judgement and views are of one date."""
CHECKPOINTS: Final = (*VIEWED_CHECKPOINTS, "last_pulse")
"""When judgement is taken; `last_pulse` is the last word before the decision. The views beside it are of an earlier
look, which had not heard it, so it is not set against them."""
COLOURS: Final = ("green", "yellow", "red")
ABSENT: Final = "absent"
ALL: Final = "all"
UNPLAYED: Final = "unplayed"
"""Renewals for which no play was started after the pulse: what came of them is not the play's doing."""
SHOWN_DECIMALS: Final = 14
"""Figures are rounded to this many decimals: the last bits are chance, and the parts of a score add up to 1e-12."""


@dataclass(frozen=True)
class Figure:
    """A figure with its interval; NaN where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class Judged:
    """Entries of one checkpoint with known outcome, n of them, each renewal once.

    Attributes:
        rows: The entries.
        settings: Levels, limits.
        resampling: Seed and number of resamples.
    """

    rows: pd.DataFrame
    settings: JudgementSettings
    resampling: ModelSettings

    @classmethod
    def of(cls, ledger: pd.DataFrame, settings: JudgementSettings, resampling: ModelSettings) -> "Judged":
        """The entries of a ledger whose outcome is known, in the order of their keys."""
        known = ledger[ledger["is_churned"].notna()]
        return cls(
            known.sort_values(["account_id", "renewal_id"], ignore_index=True), settings=settings, resampling=resampling
        )

    def where(self, mask: pd.Series | npt.NDArray[np.bool_]) -> "Judged":
        """Some of them; the mask has shape (n,)."""
        chosen = self.rows[np.asarray(mask, dtype=bool)].reset_index(drop=True)
        return Judged(chosen, self.settings, self.resampling)

    def unplayed(self) -> "Judged":
        """Those without a play after the pulse."""
        return self.where(self.rows["play_started_on"].isna())

    def spoken(self) -> "Judged":
        """Those of which a colour stood."""
        return self.where(self.rows["sentiment"].notna())

    def viewed(self) -> "Judged":
        """Those that usage and gut view were given for."""
        return self.where(self.rows[["usage_view", "gut_view", "base_rate", "churn_probability"]].notna().all(axis=1))

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def outcomes(self) -> FloatArray:
        """1.0 where the renewal churned, shape (n,)."""
        return self.rows["is_churned"].to_numpy(dtype=np.float64)

    @property
    def churns(self) -> int:
        """Churned renewals."""
        return int(self.outcomes.sum())

    @cached_property
    def weights(self) -> FloatArray:
        """Ones, and below them how often each account was drawn in each resample, shape (1 + draws, n)."""
        ones = np.ones((1, len(self.rows)))
        return np.concatenate([ones, *account_draws(self.rows["account_id"], self.resampling)])

    def numbers(self, column: str) -> FloatArray:
        """A column as numbers, shape (n,)."""
        return self.rows[column].to_numpy(dtype=np.float64)

    def figure(self, values: FloatArray) -> Figure:
        """A figure and its percentile interval; no interval from fewer churns than one can be resampled from.

        Args:
            values: The figure under each of `weights`, shape (1 + draws,).
        """
        if self.churns < self.settings.minimum_churns:
            return Figure(float(values[0]))
        return Figure(float(values[0]), *percentile_interval(values[1:], self.settings.interval_level))


def pooled_rate(churns: float, renewals: float, expected: float, strength: float, level: float) -> Figure:
    """A churn rate mixed with what was expected of it, and its interval.

    Mean and quantiles of a beta distribution: `strength` renewals' worth of the expected rate, and what was counted.

    Args:
        churns: Churned renewals.
        renewals: Renewals.
        expected: Rate that is expected beforehand, strictly between zero and one.
        strength: Renewals' worth of that expectation, above zero.
        level: Of the interval, two-sided.
    """
    lost, kept = churns + strength * expected, renewals - churns + strength * (1 - expected)
    low, high = beta.ppf([(1 - level) / 2, (1 + level) / 2], lost, kept)
    return Figure(lost / (lost + kept), float(low), float(high))


def overall_rate(judged: Judged) -> float:
    """Churn rate of all, (churns + 1/2) / (renewals + 1), which is never zero or one."""
    return (judged.churns + 0.5) / (len(judged) + 1.0)
