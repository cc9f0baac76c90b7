"""The integration features, counted by hand."""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pytest

from features.build import build_features
from features.feature_sets import FULL
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
AS_OF = date(2024, 9, 2)
INTEGRATIONS = tuple(name for name in FULL if name.startswith("integrations__"))


def integrations_of(sources: Sources, day: date = AS_OF) -> pd.DataFrame:
    spine = build_spine(sources, (day,))
    features = sources.engine.to_pandas(build_features(spine, sources, INTEGRATIONS), KEY)
    return features.set_index("account_id")[list(INTEGRATIONS)]


def ran(integration: str, days_ago: int, runs: int, **more: object) -> dict[str, object]:
    run_date = AS_OF - timedelta(days=days_ago)
    return {
        "integration": integration,
        "run_date": f"{run_date}",
        "runs": runs,
        "recorded_at": f"{run_date}T23:00:00",
        **more,
    }


def test_runs_against_their_own_past(make_sources: MakeSources) -> None:
    rows = [
        ran("crm", 2, 3),
        ran("crm", 28, 5),
        ran("crm", 106, 7),
        ran("erp", 29, 9),
        ran("erp", 1, 0),
        ran("mail", 113, 50),
        # A day whose count was put right, before the date and on it.
        ran("crm", 40, 100),
        {**ran("crm", 40, 8), "recorded_at": f"{AS_OF - timedelta(days=1)}"},
        {**ran("crm", 40, 900), "recorded_at": f"{AS_OF}"},
        ran("hr", 1, 5, recorded_at=f"{AS_OF}T03:00:00"),
    ]
    assert integrations_of(make_sources(integration_runs=rows)).loc["a"].to_dict() == pytest.approx(
        {
            "integrations__runs_28d": 8,
            "integrations__runs_trend_ratio": 8 / ((7 + 9 + 8) / 3),
            "integrations__days_since_last": 2,
            "integrations__active_28d": 1,
            "integrations__stopped_count": 1,
        }
    )


def test_the_trend_waits_until_there_is_a_past(make_sources: MakeSources) -> None:
    row = integrations_of(make_sources(integration_runs=[ran("crm", 2, 3), ran("crm", 105, 4)])).loc["a"]
    assert row.integrations__runs_28d == 3
    assert pd.isna(row.integrations__runs_trend_ratio)


def test_what_stopped_long_ago_what_never_ran_and_what_was_not_yet_recorded(make_sources: MakeSources) -> None:
    sources = make_sources(
        accounts=[{}, {"account_id": "b"}],
        renewals=[{}, {"renewal_id": "r2", "account_id": "b"}],
        integration_runs=[ran("crm", 150, 4), ran("crm", 3, 4, account_id="b", recorded_at=f"{AS_OF}")],
    )
    nothing = {
        "integrations__runs_28d": 0.0,
        "integrations__runs_trend_ratio": None,
        "integrations__active_28d": 0.0,
        "integrations__stopped_count": 0.0,
    }
    names = list(INTEGRATIONS)
    expected = pd.DataFrame(
        [{**nothing, "integrations__days_since_last": 112.0}, {**nothing, "integrations__days_since_last": None}],
        index=pd.Index(["a", "b"], name="account_id"),
    )[names].astype("float64")
    pd.testing.assert_frame_equal(integrations_of(sources), expected, check_index_type=False)
    assert integrations_of(sources, AS_OF - timedelta(days=154)).isna().all(axis=None)


@pytest.mark.parametrize("tables", [{}, {"integration_runs": []}], ids=["not supplied", "empty"])
def test_without_runs_on_record_nothing_is_known(
    make_sources: MakeSources, tables: dict[str, list[dict[str, object]]]
) -> None:
    table = integrations_of(make_sources(**tables))
    assert len(table) == 1
    assert table.isna().all(axis=None)
