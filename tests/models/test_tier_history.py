import pandas as pd

from models.tier_history import tier_history


def table(renewals: list[str], tiers: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({"account_id": "a", "renewal_id": renewals, "risk_tier": tiers})


def shown(renewals: list[str], tiers: list[str | None], **columns: list[object]) -> pd.DataFrame:
    return table(renewals, tiers).assign(**{"calibration": "calibrated", **columns})


def test_a_tier_that_stays_counts_on_and_one_that_changes_begins_anew() -> None:
    now = table(["r1", "r2", "r3", "r4", "r5"], ["high", "low", "high", None, "low"])
    before = shown(["r5", "r2", "r1", "r4"], [None, "high", "high", "high"], weeks_in_tier=[None, 9, 4, 2])

    history = tier_history(now, before)

    assert history["tier_previous"].tolist() == ["high", "high", None, "high", None]
    assert history["weeks_in_tier"].tolist() == [5, 1, 1, pd.NA, 1]


def test_without_a_table_of_the_week_before_the_count_begins() -> None:
    history = tier_history(table(["r1", "r2"], ["high", None]), None)

    assert history["tier_previous"].tolist() == [None, None]
    assert history["weeks_in_tier"].tolist() == [1, pd.NA]


def test_a_table_of_an_earlier_release_counts_for_one_week() -> None:
    assert tier_history(table(["r1"], ["high"]), shown(["r1"], ["high"]))["weeks_in_tier"].tolist() == [2]


def test_what_was_scored_in_hindsight_was_shown_to_nobody() -> None:
    before = shown(["r1"], ["high"], calibration=["hindsight"], weeks_in_tier=[4])

    history = tier_history(table(["r1"], ["high"]), before)

    assert history["tier_previous"].tolist() == [None]
    assert history["weeks_in_tier"].tolist() == [1]
