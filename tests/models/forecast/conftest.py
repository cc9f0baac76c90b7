"""Hand-made renewals that fall due, and an outlook on them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.baselines import BaseRates
from models.calibration import DATED_BANDS
from models.contraction import Contraction
from models.forecast.outlook import Outlook
from models.forecast.shock import DEVIATIONS, Shock

AS_OF = pd.Timestamp("2024-05-20").as_unit("us")
NO_SHOCK = Shock(tuple(float(deviation == 0.0) for deviation in DEVIATIONS), 8)


@pytest.fixture(scope="session")
def outlook() -> Outlook:
    """Ten percent churn, one in twenty of the rest comes back at eight tenths, and quarters share nothing."""
    rates = BaseRates({"0-89": 0.1, "90-180": 0.1, "181-365": 0.1, "rolling": 0.1})
    shocks = dict.fromkeys(DATED_BANDS, NO_SHOCK)
    return Outlook(date(2024, 5, 20), rates, Contraction(0.05, float(np.log(0.05 / 0.95)), 0.0, (0.8,), 1.0), shocks)


@pytest.fixture
def make_dues() -> Callable[..., pd.DataFrame]:
    """Every keyword is a column, everything else has a plain default."""

    def make(**columns: Any) -> pd.DataFrame:
        size = max(len(values) for values in columns.values())
        defaults: dict[str, Any] = {
            "account_id": [f"a{number}" for number in range(size)],
            "renewal_id": [f"r{number}" for number in range(size)],
            "as_of": [AS_OF] * size,
            "contract_id": [f"c{number}" for number in range(size)],
            "renewal_date": ["2024-08-01"] * size,
            "term_start_date": ["2023-08-01"] * size,
            "arr": [1000.0] * size,
            "currency": ["USD"] * size,
            "outcome": [None] * size,
            "status": ["open"] * size,
            "retained_share": [np.nan] * size,
            "segment": ["smb"] * size,
            "region": ["north"] * size,
            "csm_id": ["m1"] * size,
        }
        frame = pd.DataFrame(defaults | columns)
        for name in ("renewal_date", "term_start_date", "as_of"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
        return frame

    return make


@pytest.fixture
def make_scores() -> Callable[..., pd.DataFrame]:
    """Scores of given renewals."""

    def make(dues: pd.DataFrame, churn: list[float]) -> pd.DataFrame:
        return dues[["account_id", "renewal_id", "as_of"]].assign(
            base_rate=0.1,
            churn_probability=churn,
            contraction_probability=0.0,
            probability_low=np.nan,
            probability_high=np.nan,
            risk_tier=None,
        )

    return make
