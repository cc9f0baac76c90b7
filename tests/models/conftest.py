"""A small seeded company as the features package would hand it over, with known truth, and features to go with it.

Fixtures return functions, because a test module cannot import from its neighbour.
"""

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.feature import Direction, Feature, Kind
from models.learning import LearningData
from models.settings import BoosterSettings, ModelSettings
from models.training import TrainingResult, train

GRID_START = pd.Timestamp("2000-01-03")
TRUE_SLOPES = {"active": -0.9, "trend": -0.5, "colour": 0.9}
INTERCEPT = -2.6


def declare(name: str, kind: Kind, direction: Direction, source: str, sentence: str, unit: str = "people") -> Feature:
    return Feature(
        name=name,
        description=f"Description of {name}.",
        unit=unit,
        kind=kind,
        direction=direction,
        lineage=frozenset({source}),
        sentence=sentence,
        group=name.partition("__")[0],
    )


FEATURES = (
    declare("commercial__lead_days", "integer", "either", "renewals.renewal_date", "The renewal is {value} days away"),
    declare("commercial__segment", "category", "either", "accounts.segment", "The segment is {value}"),
    declare("usage__active_users_28d", "number", "lowers", "usage_daily.user_id", "{value} people are active"),
    declare("usage__trend_ratio", "number", "lowers", "usage_daily.events", "Usage moved by a factor of {value}"),
    declare("usage__noise_28d", "number", "either", "usage_daily.module", "Noise is {value}"),
    declare(
        "pulse__sentiment_level",
        "integer",
        "raises",
        "csm_pulses.sentiment",
        "The pulse stands at {value}",
        "0 green, 1 yellow, 2 red",
    ),
)
USAGE_FEATURES = tuple(feature.name for feature in FEATURES if not feature.is_judgement)


def grid(first: pd.Timestamp, last: pd.Timestamp, days: int) -> pd.DatetimeIndex:
    start = GRID_START + pd.Timedelta(days=-(-(first - GRID_START).days // days) * days)
    return pd.date_range(start, last, freq=f"{days}D")


def draw_terms(
    generator: np.random.Generator, accounts: int, years: float, through: pd.Timestamp, signal: float
) -> pd.DataFrame:
    """One row per renewal until the account churns, with its latent state and its true probability."""
    rows = []
    for number in range(accounts):
        start = through - pd.Timedelta(days=int(365 * years)) + pd.Timedelta(days=int(generator.integers(0, 365)))
        is_rolling = number % 20 == 19
        length = 30 if is_rolling else 365
        level = generator.normal(size=2)
        term = 0
        while start < through + pd.Timedelta(days=364):
            active, trend, colour = 0.8 * level[0] + 0.6 * generator.normal(), generator.normal(), generator.normal()
            effect = sum(
                slope * value for slope, value in zip(TRUE_SLOPES.values(), (active, trend, colour), strict=True)
            )
            log_odds = INTERCEPT - 2.0 * is_rolling + signal * effect
            probability = 1 / (1 + np.exp(-log_odds))
            end = start + pd.Timedelta(days=length)
            rows.append(
                (
                    f"a{number:04d}",
                    f"a{number:04d}-{term:02d}",
                    is_rolling,
                    start,
                    end,
                    active,
                    trend,
                    colour,
                    probability,
                )
            )
            rows[-1] += (
                generator.random() < probability,
                end - pd.Timedelta(days=int(generator.integers(0, min(25, length)))),
            )
            if rows[-1][-2]:
                break
            start, term = end, term + 1
    columns = [
        "account_id",
        "renewal_id",
        "is_rolling",
        "start",
        "end",
        "active",
        "trend",
        "colour",
        "truth",
        "churned",
        "decided",
    ]
    return pd.DataFrame(rows, columns=columns)


def see(terms: pd.DataFrame, dates: pd.DatetimeIndex, generator: np.random.Generator) -> pd.DataFrame:
    """Snapshots of the undecided terms at each date."""
    seen = terms.merge(pd.DataFrame({"as_of": dates}), how="cross")
    seen = seen[(seen["start"] <= seen["as_of"]) & (seen["as_of"] < seen["decided"])].reset_index(drop=True)
    lead = (seen["end"] - seen["as_of"]).dt.days
    band = pd.cut(lead, [-1, 89, 180, 365], labels=["0-89", "90-180", "181-365"]).astype(str)
    size = len(seen)
    level = pd.cut(seen["colour"], [-np.inf, 0.4, 1.3, np.inf], labels=[0, 1, 2]).astype(float)
    absent = generator.random(size) < 0.15
    state = pd.Series(np.where(absent, "absent", np.where(generator.random(size) < 0.2, "stale", "fresh")))
    seen = seen.assign(
        contract_id=seen["account_id"] + "-c",
        term_start_date=seen["start"],
        renewal_date=seen["end"],
        lead_days=lead,
        term_days=(seen["end"] - seen["start"]).dt.days,
        band=band.mask(seen["is_rolling"], "rolling"),
        status="open",
        segment=seen["account_id"].str[-1].map(lambda digit: ("small", "large")[int(digit) % 2]),
        csm_id="m" + seen["account_id"].str[-1],
        # The last of the CSMs has never said how many accounts a week are within reach.
        weekly_capacity=seen["account_id"].str[-1].map(lambda digit: 3.0 if digit != "9" else np.nan),
        arr=np.round(1000 * np.exp(generator.normal(2, 1, size)), 2),
        sentiment=level.map({0.0: "green", 1.0: "yellow", 2.0: "red"}).astype(object).mask(absent, None),
        pulse_state=state,
        pulse_age_days=np.where(absent, np.nan, generator.integers(1, 100, size)),
        commercial__lead_days=lead.astype(float),
        commercial__segment=seen["account_id"].str[-1].map(lambda digit: ("small", "large")[int(digit) % 2]),
        usage__active_users_28d=np.exp(2 + seen["active"] + 0.2 * generator.normal(size=size)),
        usage__trend_ratio=(1 + seen["trend"] / 3).mask(generator.random(size) < 0.1),
        usage__noise_28d=generator.normal(size=size),
        pulse__sentiment_level=level.mask(absent),
    )
    return seen.drop(columns=["start", "end", "active", "trend", "colour"])


def label(snapshots: pd.DataFrame, cutoffs: pd.DatetimeIndex) -> pd.DataFrame:
    """Labels by the rules of the design: by date, and for rolling terms any churn within 180 days.

    A row for each cut-off, so that a test can turn an outcome from some date on.
    """
    rolling = snapshots["is_rolling"]
    ends = snapshots[snapshots["churned"]].groupby("contract_id")["renewal_date"].max()
    until = snapshots["contract_id"].map(ends)
    soon = rolling & until.notna() & (until <= snapshots["as_of"] + pd.Timedelta(days=180))
    known_after = snapshots["renewal_date"].mask(rolling, snapshots["as_of"] + pd.Timedelta(days=180)) + pd.Timedelta(
        days=60
    )
    luck = snapshots["renewal_id"].map(lambda name: int(sha256(name.encode()).hexdigest()[:6], 16) / 16**6)
    contracted = ~rolling & ~snapshots["churned"] & (luck < 0.05 + 0.4 * snapshots["truth"])
    rows = snapshots[["account_id", "renewal_id", "as_of"]].assign(
        is_churned=snapshots["churned"].mask(rolling, soon).astype(bool),
        # One in twelve comes back at seven tenths, the nearer to churn the more often.
        is_contracted=contracted,
        retained_share=np.where(rolling, np.nan, np.where(contracted, 0.7, 1.0) * ~snapshots["churned"]),
        days_to_decision=(snapshots["decided"] - snapshots["as_of"]).dt.days,
        known_after=known_after,
    )
    rows = rows.merge(pd.DataFrame({"first_cutoff": cutoffs, "last_cutoff": cutoffs}), how="cross")
    return rows[rows["known_after"] < rows["first_cutoff"]].drop(columns="known_after").reset_index(drop=True)


@pytest.fixture(scope="session")
def features() -> tuple[Feature, ...]:
    return FEATURES


@pytest.fixture(scope="session")
def fast_settings() -> ModelSettings:
    return ModelSettings(
        booster=BoosterSettings(rounds=60, learning_rate=0.1), bootstrap_resamples=100, slice_resamples=50
    )


@pytest.fixture(scope="session")
def make_company() -> Callable[..., LearningData]:
    """Builds a company: `make_company(seed=0, accounts=400, years=5.0, signal=1.0)`; truth stays in column `truth`."""

    def make(
        seed: int = 0, accounts: int = 400, years: float = 5.0, signal: float = 1.0, **fields: Any
    ) -> LearningData:
        generator = np.random.default_rng(seed)
        through = grid(pd.Timestamp("2024-06-01"), pd.Timestamp("2025-01-01"), 84)[0]
        terms = draw_terms(generator, accounts, years, through, signal)
        snapshots = see(terms, grid(terms["start"].min(), through, 28), generator)
        cutoffs = grid(terms["start"].min(), through, 84)
        labels = label(snapshots, cutoffs)
        arguments: dict[str, Any] = {
            "trained_through": through.date(),
            "walk_dates": tuple(cutoffs.date),
            "features": FEATURES,
            "usage_features": USAGE_FEATURES,
        }
        return LearningData(snapshots, labels, **(arguments | fields))

    return make


@pytest.fixture(scope="session")
def company(make_company: Callable[..., LearningData]) -> LearningData:
    return make_company()


@pytest.fixture
def snapshot_rows() -> Callable[..., pd.DataFrame]:
    """Hand-made snapshots: every keyword is a column, everything else has a plain default."""

    def make(**columns: Any) -> pd.DataFrame:
        size = max(len(values) for values in columns.values())
        defaults: dict[str, Any] = {
            "account_id": [f"a{number}" for number in range(size)],
            "renewal_id": [f"r{number}" for number in range(size)],
            "contract_id": [f"c{number}" for number in range(size)],
            "as_of": [date(2024, 1, 1)] * size,
            "renewal_date": [date(2024, 5, 1)] * size,
            "lead_days": [121] * size,
            "term_days": [365] * size,
            "band": ["90-180"] * size,
            "status": ["open"] * size,
            "segment": ["smb"] * size,
            "csm_id": ["m"] * size,
            "weekly_capacity": [5] * size,
            "arr": [1000.0] * size,
            "sentiment": [None] * size,
            "pulse_state": ["absent"] * size,
            "pulse_age_days": [np.nan] * size,
        }
        return pd.DataFrame(defaults | columns)

    return make


@pytest.fixture(scope="session")
def trained(company: LearningData, fast_settings: ModelSettings) -> TrainingResult:
    return train(company, fast_settings)


@pytest.fixture(scope="session")
def trained_base_rate(make_company: Callable[..., LearningData], fast_settings: ModelSettings) -> TrainingResult:
    """What training makes of a company with too few churns."""
    return train(make_company(seed=3, accounts=40, years=3.0), fast_settings)
