"""A ledger made by rule: risk that usage sees in part, that people see in part, and that decides."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.judgement.judged import CHECKPOINTS, COLOURS
from models.logistic import sigmoid

MEANS = {"green": 0.05, "yellow": 0.1, "red": 0.25}


def make_ledger(renewals: int = 400, csms: int = 4, seed: int = 3, sight: float = 1.0) -> pd.DataFrame:
    """Entries at each checkpoint; with `sight` zero the colours are drawn blindly."""
    generator = np.random.default_rng(seed)
    risk = generator.normal(size=renewals)
    outcomes = generator.random(renewals) < sigmoid(-2.4 + 1.2 * risk)
    parts = []
    for checkpoint in CHECKPOINTS:
        seen = sight * (0.8 * risk + 0.6 * outcomes) + generator.normal(size=renewals)
        sentiment = np.array(COLOURS, dtype=object)[np.digitize(seen, [0.3, 1.3])]
        is_absent = generator.random(renewals) < 0.1
        csm = np.array([f"c{index % csms}" for index in range(renewals)], dtype=object)
        parts.append(
            pd.DataFrame(
                {
                    "account_id": [f"a{index // 2:04d}" for index in range(renewals)],
                    "renewal_id": [f"r{index:04d}" for index in range(renewals)],
                    "checkpoint": checkpoint,
                    "renewal_date": pd.Timestamp("2024-01-15") + pd.to_timedelta(np.arange(renewals) % 540, "D"),
                    "segment": np.where(np.arange(renewals) % 3 == 0, "enterprise", "mid_market"),
                    "arr": 1000.0 * (1 + np.arange(renewals) % 7),
                    "csm_id": csm,
                    "owned_days": 400,
                    "pulse_csm_id": np.where(is_absent, None, csm),
                    "sentiment": np.where(is_absent, None, sentiment),
                    "about": np.where(is_absent, None, np.where(np.arange(renewals) % 2, "renewal", "relationship")),
                    "pulse_state": np.where(is_absent, "absent", "fresh"),
                    "pulse_age_days": np.where(is_absent, np.nan, np.arange(renewals) % 80),
                    "words_age_days": np.where(is_absent, np.nan, np.arange(renewals) % 80),
                    "is_copied": np.where(is_absent, None, np.arange(renewals) % 11 == 0),
                    "is_vague": np.where(is_absent, None, np.arange(renewals) % 13 == 0),
                    "reason_themes": np.where(
                        is_absent, None, np.where(sentiment == "red", "budget,champion", "positive")
                    ),
                    **{
                        field: np.where(is_absent, None, "unknown")
                        for field in ("champion", "executive_view", "reorganization", "value_exceeds_price")
                    },
                    "budget": np.where(is_absent, None, np.where(sentiment == "red", "cut", "healthy")),
                    "base_rate": 0.1,
                    "usage_view": sigmoid(-2.4 + 0.6 * risk),
                    "gut_view": [
                        0.1 if gone else MEANS[colour] for gone, colour in zip(is_absent, sentiment, strict=True)
                    ],
                    "churn_probability": sigmoid(-2.4 + 0.9 * risk),
                    "model_visible": np.where(is_absent, None, "unknown"),
                    "had_open_play": pd.array([False] * renewals, dtype="boolean"),
                    "stance": np.where(sentiment == "red", "disagree", "unclear"),
                    "play_started_on": pd.Series(
                        np.where(
                            (sentiment == "red") & (np.arange(renewals) % 2 == 0), pd.Timestamp("2024-02-01"), pd.NaT
                        )
                    ).astype("datetime64[us]"),
                    "is_churned": pd.array(outcomes, dtype="boolean"),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def ledger_of() -> Callable[..., pd.DataFrame]:
    """`make_ledger`, for tests that choose their own."""
    return make_ledger


@pytest.fixture(scope="session")
def ledger() -> pd.DataFrame:
    """A ledger of four hundred renewals."""
    return make_ledger()
