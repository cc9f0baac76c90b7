"""How people differ in judging: who sees things brighter, and who tells trouble from health, book against book.

One ordinal regression with effects of people, shrunk towards the team as far as the calls at hand demand. It knows
nothing of renewals: a call is a level, its outcome, and how hard the case was. The caller decides which calls count.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from threadpoolctl import threadpool_limits

from models.judgement.ordinal import Design, Effects, OrdinalFit, fit_ordinal
from models.learning import FloatArray, IntArray, TextArray

REFERENCE_CASES: Final = 60
"""Cases of either outcome that stand for the team's whole mix, at even steps of how bad they looked."""
TABLE_COLUMNS: Final = (
    "rater",
    "calls",
    "events",
    *(f"{name}{end}" for name in ("optimism", "best_share", "discrimination") for end in ("", "_low", "_high", "_raw")),
)


@dataclass(frozen=True)
class RatedCalls:
    """Calls that people made, n of them, with known outcome.

    Attributes:
        raters: Who made each, shape (n,).
        levels: What was said, 0 the best to K-1 the worst, shape (n,).
        outcomes: 1.0 where the bad event came about, shape (n,).
        difficulty: Standardized columns that say how bad each case looked to somebody else, shape (n, p); p may be 0.
        ages: Days since the call when it was read, shape (n,); what a person discerns is given for a call of age zero.
        clusters: What repeats itself, such as the account, shape (n,): two calls of one person on it are not twice the
            evidence.
    """

    raters: TextArray
    levels: IntArray
    outcomes: FloatArray
    difficulty: FloatArray
    ages: FloatArray
    clusters: TextArray

    def __len__(self) -> int:
        return len(self.levels)


@dataclass(frozen=True)
class RaterFit:
    """What people's calls say of them.

    Attributes:
        table: `TABLE_COLUMNS`, one row per person with enough calls, by name. Empty where fewer than two have them.
            `optimism` is how much worse a case has to look before this person says so, in widths of a middle level (of
            the residual spread where there are two levels), zero being the team; `best_share` the share of the team's
            cases that the person would put on the best level; `discrimination` the AUC of the person's levels over the
            team's cases. Each with its interval and the raw figure from the person's own book, unadjusted and unshrunk.
        others: People with too few calls to be shown.
        team_best_share: Share of the team's cases on the best level.
        team_discrimination: AUC of the average person over the team's cases.
        optimism_sd: Estimated standard deviation between people of optimism, in the same widths.
        cluster_correlation: How alike a person's calls on one cluster are, beyond what the case explains.
    """

    table: pd.DataFrame
    others: int
    team_best_share: float
    team_discrimination: float
    optimism_sd: float
    cluster_correlation: float


def fit_raters(
    calls: RatedCalls, *, minimum_calls: int = 50, level: float = 0.9, draws: int = 400, seed: int = 20_000_103
) -> RaterFit | None:
    """Estimates each person's optimism and discrimination.

    A cumulative probit model of the level that was chosen: how bad a case looks depends on its difficulty and its
    outcome; people differ by a shift (optimism), a slope on the outcome and a spread (together discrimination). It is
    the location-scale model of McCullagh 1980, Regression models for ordinal data. The effects of people are normal
    around the team, with variances estimated by EM on the Laplace approximation (empirical Bayes). Intervals are from
    draws of the posterior given these variances. Several calls of one person on one cluster count for as much as their
    likeness leaves them (the design effect of Kish 1965).

    Args:
        calls: What was said and what came of it.
        minimum_calls: Calls below which nothing is said of a person; such calls still teach what the team does.
        level: Of the intervals, two-sided.
        draws: Draws behind each interval.
        seed: Of the draws.

    Returns:
        None where there is nothing to compare: one level only, or one outcome only.
    """
    present = np.unique(calls.levels)
    if len(present) < 2 or not 0 < calls.outcomes.sum() < len(calls):
        return None
    # A level that nobody chose has no width to speak of.
    calls = replace(calls, levels=np.searchsorted(present, calls.levels))
    names, counts = np.unique(calls.raters.astype(str), return_counts=True)
    shown = names[counts >= minimum_calls]
    if len(shown) < 2:
        shown = shown[:0]
    place = {name: index for index, name in enumerate(shown)}
    rater = np.array([place.get(name, -1) for name in calls.raters.astype(str)], dtype=np.int64)
    design = Design.of(calls.levels, calls.outcomes, calls.difficulty, calls.ages / 30.0, rater, len(shown))
    with threadpool_limits(limits=1, user_api="blas"):
        fit = fit_ordinal(design, np.ones(len(calls)))
        correlation = _cluster_correlation(fit, design, calls)
        weights = _cluster_weights(calls, correlation)
        fit = fit_ordinal(design, weights)
        people = _People(fit, design, draws, seed)
        table = _table(people, calls, shown, level) if len(shown) else pd.DataFrame(columns=list(TABLE_COLUMNS))
    team = people.cases.shares(fit.effects, np.array([-1]))
    return RaterFit(
        table=table,
        others=len(names) - len(shown),
        team_best_share=round(float(_best_share(team, people.cases)[0]), 6),
        team_discrimination=round(float(_auc(team)[0]), 6),
        optimism_sd=round(float(fit.sd[0] / fit.effects.width), 6),
        cluster_correlation=round(correlation, 6),
    )


class _People:
    """The fit with draws from its posterior and the cases on which people are compared."""

    def __init__(self, fit: OrdinalFit, design: Design, draws: int, seed: int) -> None:
        self.fit = fit
        self.cases = _Cases.of(fit, design)
        self.draws = fit.draw(draws, np.random.default_rng(seed))


@dataclass(frozen=True)
class _Cases:
    """Cases that stand for the team's mix: first those without the event, then those with it.

    Attributes:
        design: Their columns; their calls are of age zero.
        events: 1.0 for the second half.
        event_rate: Share of the event in the team's mix.
    """

    design: Design
    events: FloatArray
    event_rate: float

    @classmethod
    def of(cls, fit: OrdinalFit, design: Design) -> "_Cases":
        looks = design.difficulty @ fit.effects.difficulty
        rows = np.concatenate([_evenly(np.flatnonzero(design.outcomes == outcome), looks) for outcome in (0.0, 1.0)])
        chosen = replace(
            design,
            levels=design.levels[rows],
            outcomes=design.outcomes[rows],
            difficulty=design.difficulty[rows],
            ages=np.zeros(len(rows)),
            rater=np.full(len(rows), -1),
        )
        return cls(chosen, chosen.outcomes, float(design.outcomes.mean()))

    def shares(self, effects: Effects, raters: IntArray) -> FloatArray:
        """Share of each outcome's cases on each level, shape (raters, 2, K): without the event, then with it."""
        count = len(self.events)
        repeated = replace(
            self.design,
            levels=np.tile(self.design.levels, len(raters)),
            outcomes=np.tile(self.design.outcomes, len(raters)),
            difficulty=np.tile(self.design.difficulty, (len(raters), 1)),
            ages=np.tile(self.design.ages, len(raters)),
            rater=np.repeat(raters, count),
        )
        chance = effects.probabilities(repeated).reshape(len(raters), count, -1)
        with_event = self.events == 1.0
        return np.stack([chance[:, ~with_event].mean(axis=1), chance[:, with_event].mean(axis=1)], axis=1)


def _evenly(rows: IntArray, looks: FloatArray) -> IntArray:
    """At most `REFERENCE_CASES` of the rows, at the middles of as many equal parts of them in the order of looks."""
    ordered = rows[np.argsort(looks[rows], kind="stable")]
    if len(ordered) <= REFERENCE_CASES:
        return ordered
    middles = (np.arange(REFERENCE_CASES) + 0.5) / REFERENCE_CASES * len(ordered)
    return ordered[middles.astype(np.int64)]


def _best_share(shares: FloatArray, cases: _Cases) -> FloatArray:
    """Share of all cases on the best level, shape (raters,)."""
    return (1 - cases.event_rate) * shares[:, 0, 0] + cases.event_rate * shares[:, 1, 0]


def _auc(shares: FloatArray) -> FloatArray:
    """Chance that a case with the event has the worse level than one without, ties counting half, shape (raters,)."""
    better = np.cumsum(shares[:, 0], axis=1) - shares[:, 0] / 2
    return np.asarray((shares[:, 1] * better).sum(axis=1), dtype=np.float64)


def _table(people: _People, calls: RatedCalls, shown: TextArray, level: float) -> pd.DataFrame:
    drawn = [_figures(effects, people.cases) for effects in people.draws]
    raw = _raw(calls, shown, people.fit.effects.width)
    columns: dict[str, object] = {"rater": shown, "calls": raw.pop("calls"), "events": raw.pop("events")}
    for name, value in _figures(people.fit.effects, people.cases).items():
        low, high = np.quantile([each[name] for each in drawn], [(1 - level) / 2, (1 + level) / 2], axis=0)
        columns |= {name: value, f"{name}_low": low, f"{name}_high": high, f"{name}_raw": raw[name]}
    return pd.DataFrame(columns)[list(TABLE_COLUMNS)].round(6)


def _figures(effects: Effects, cases: _Cases) -> dict[str, FloatArray]:
    """What is told of each person, given the coefficients; each of shape (raters,)."""
    shares = cases.shares(effects, np.arange(len(effects.optimism)))
    shift = effects.optimism / effects.width
    return {
        # Against the mean of those shown: the team as a whole has no zero of its own.
        "optimism": shift - shift.mean(),
        "best_share": _best_share(shares, cases),
        "discrimination": _auc(shares),
    }


def _raw(calls: RatedCalls, shown: TextArray, width: float) -> dict[str, FloatArray]:
    """Each person's figures from their own book alone; NaN for an AUC without both outcomes."""
    top = int(calls.levels.max())
    team = _probit_shares(calls.levels, top)
    found: dict[str, list[float]] = {key: [] for key in ("calls", "events", "optimism", "best_share", "discrimination")}
    for name in shown:
        own = calls.raters.astype(str) == name
        levels, outcomes = calls.levels[own], calls.outcomes[own]
        found["calls"].append(float(own.sum()))
        found["events"].append(float(outcomes.sum()))
        found["optimism"].append(float((_probit_shares(levels, top) - team).mean() / width))
        found["best_share"].append(float((levels == 0).mean()))
        found["discrimination"].append(_raw_auc(levels, outcomes))
    return {key: np.array(values) for key, values in found.items()}


def _probit_shares(levels: IntArray, top: int) -> FloatArray:
    """Probit of the share at or below each level but the worst, shape (top,); half a call is added to either side."""
    below = np.array([(levels <= level).sum() for level in range(top)])
    return np.asarray(norm.ppf((below + 0.5) / (len(levels) + 1)), dtype=np.float64)


def _raw_auc(levels: IntArray, outcomes: FloatArray) -> float:
    """AUC by ranks (Mann and Whitney 1947)."""
    events, others = outcomes.sum(), (1 - outcomes).sum()
    if not events or not others:
        return float("nan")
    return float((rankdata(levels) @ outcomes - events * (events + 1) / 2) / (events * others))


def _cluster_correlation(fit: OrdinalFit, design: Design, calls: RatedCalls) -> float:
    """Correlation of the residuals of two calls of one person on one cluster, at least zero."""
    residuals = pd.Series(fit.effects.residuals(design))
    groups = residuals.groupby(_person_and_cluster(calls))
    size = groups.transform("size")
    pairs = (size - 1).sum()
    if not pairs:
        return 0.0
    products = (groups.transform("sum") - residuals) * residuals
    return float(np.clip(products.sum() / pairs / (residuals**2).mean(), 0.0, 1.0))


def _cluster_weights(calls: RatedCalls, correlation: float) -> FloatArray:
    """What each call counts for, shape (n,)."""
    groups = _person_and_cluster(calls)
    size = groups.groupby(groups).transform("size").to_numpy(dtype=np.float64)
    return 1.0 / (1.0 + (size - 1.0) * correlation)


def _person_and_cluster(calls: RatedCalls) -> pd.Series:
    return pd.Series(calls.raters.astype(str)) + "\x1f" + pd.Series(calls.clusters.astype(str))
