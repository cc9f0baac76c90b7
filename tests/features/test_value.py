"""Value touchpoints, counted by hand."""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pytest

from features.build import build_features
from features.sources import Sources
from features.spine import KEY, build_spine
from features.value import FEATURES

MakeSources = Callable[..., Sources]
AS_OF = date(2024, 9, 2)
NAMES = [feature.name for feature in FEATURES]


def value_of(sources: Sources, *days: date) -> pd.DataFrame:
    spine = build_spine(sources, days or (AS_OF,))
    return (
        sources.engine.to_pandas(build_features(spine, sources, NAMES), KEY)
        .set_index("account_id")
        .filter(like="value__")
    )


def shown(number: int, days_ago: int, stakeholder: str, **more: object) -> dict[str, object]:
    at = f"{AS_OF - timedelta(days=days_ago)}T09:00:00"
    return {"touchpoint_id": f"v{number}", "occurred_at": at, "recorded_at": at, "stakeholder": stakeholder, **more}


def test_touchpoints_are_counted_by_side_and_window(make_sources: MakeSources) -> None:
    rows = [
        shown(1, 1, "procurement"),
        shown(2, 90, "procurement"),
        shown(3, 91, "procurement"),
        shown(4, 180, "finance"),
        shown(5, 181, "finance"),
        shown(6, 400, "executive"),
        shown(7, 3, "end_user"),
        shown(8, 5, "finance", recorded_at=f"{AS_OF}T00:00:00"),
        # Planned for the day itself and written down before: it has not taken place.
        shown(9, 0, "executive", recorded_at=f"{AS_OF - timedelta(days=4)}"),
    ]
    assert value_of(make_sources(value_touchpoints=rows)).loc["a"].to_dict() == pytest.approx(
        {
            "value__procurement_touchpoints_90d": 2,
            "value__procurement_touchpoints_180d": 3,
            "value__finance_touchpoints_90d": 0,
            "value__finance_touchpoints_180d": 1,
            "value__business_unit_touchpoints_90d": 0,
            "value__business_unit_touchpoints_180d": 0,
            "value__end_user_touchpoints_90d": 1,
            "value__end_user_touchpoints_180d": 1,
            "value__executive_touchpoints_90d": 0,
            "value__executive_touchpoints_180d": 0,
            "value__days_since_procurement": 1,
            "value__days_since_finance": 180,
            "value__days_since_business_unit": float("nan"),
            "value__days_since_executive": 400,
        },
        nan_ok=True,
    )


def test_nothing_shown_is_zero_where_touchpoints_were_kept_and_missing_before(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        value_touchpoints=[shown(1, 30, "finance")],
    )
    now = value_of(sources)
    assert now.loc["b", "value__finance_touchpoints_90d"] == 0
    assert pd.isna(now.loc["b", "value__days_since_finance"])
    assert value_of(sources, AS_OF - timedelta(days=30)).isna().all(axis=None)


def test_without_the_table_nothing_is_known(make_sources: MakeSources) -> None:
    assert value_of(make_sources()).isna().all(axis=None)
