from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd

from models.settings import ModelSettings
from models.worklist import list_places

Rows = Callable[..., pd.DataFrame]
SETTINGS = ModelSettings(weekly_capacity=1)


def places(rows: pd.DataFrame) -> tuple[list[Any], list[Any]]:
    result = list_places(rows, SETTINGS)
    ranks, inside = result["capacity_rank"].astype(object), result["is_within_capacity"].astype(object)
    return ranks.where(ranks.notna(), None).tolist(), inside.where(inside.notna(), None).tolist()


def worked(rows: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """Rows with a tier, a probability and the loss that follows from it, unless given."""
    defaults: dict[str, Any] = {"risk_tier": "low", "churn_probability": 0.1, "currency": "USD"}
    table = rows.assign(**(defaults | columns))
    return table.assign(expected_arr_loss=table["churn_probability"] * table["arr"])


def test_overdue_comes_first_then_the_tier_and_within_a_tier_the_money(snapshot_rows: Rows) -> None:
    rows = worked(
        snapshot_rows(account_id=list("abcde"), weekly_capacity=[3] * 5, arr=[9_000.0, 100.0, 50_000.0, 900.0, 10.0]),
        status=["open", "open", "open", "open", "overdue"],
        risk_tier=["elevated", "high", "low", "high", "low"],
        churn_probability=[0.3, 0.5, 0.2, 0.4, 0.1],
    )

    assert places(rows) == ([4, 3, 5, 2, 1], [False, True, False, True, True])


def test_an_account_with_two_renewals_stands_on_the_more_urgent_one(snapshot_rows: Rows) -> None:
    rows = worked(
        snapshot_rows(account_id=["a", "a", "b"], weekly_capacity=[2] * 3),
        risk_tier=["low", "high", "elevated"],
        churn_probability=[0.1, 0.5, 0.3],
    )

    assert places(rows) == ([None, 1, 2], [None, True, True])


def test_what_is_certain_or_not_scored_takes_no_place(snapshot_rows: Rows) -> None:
    rows = worked(
        snapshot_rows(account_id=list("abc")),
        status=["known_loss", "open", "open"],
        risk_tier=[None, None, "low"],
        churn_probability=[None, None, 0.1],
    )

    assert places(rows) == ([None, None, 1], [None, None, True])
    assert places(rows.head(2)) == ([None, None], [None, None])


def test_each_csm_has_a_list_and_accounts_of_nobody_are_one(snapshot_rows: Rows) -> None:
    rows = worked(
        snapshot_rows(account_id=list("abcd"), csm_id=["m", None, "m", None], weekly_capacity=[2, None, 2, None]),
        churn_probability=[0.1, 0.3, 0.2, 0.4],
    )

    assert places(rows) == ([2, 2, 1, 1], [True, False, True, True])


def test_an_account_without_revenue_ranks_by_its_risk(snapshot_rows: Rows) -> None:
    rows = worked(
        snapshot_rows(account_id=list("abc"), arr=[0.0, 0.0, 5.0]),
        risk_tier=["high", "high", "low"],
        churn_probability=[0.4, 0.5, 0.1],
    )

    assert places(rows)[0] == [2, 1, 3]


def test_amounts_in_several_currencies_do_not_compare(snapshot_rows: Rows) -> None:
    rows = worked(
        snapshot_rows(account_id=list("abcd"), csm_id=["m", "m", "n", "n"], arr=[900_000.0, 10.0, 900_000.0, 10.0]),
        currency=["JPY", "EUR", "EUR", "EUR"],
        churn_probability=[0.1, 0.2, 0.1, 0.2],
    )

    assert places(rows)[0] == [2, 1, 1, 2]


def test_what_is_equal_stands_by_date_and_key_whatever_the_order_of_rows(snapshot_rows: Rows) -> None:
    rows = worked(
        snapshot_rows(account_id=list("cba"), renewal_date=[date(2024, 5, 1), date(2024, 5, 1), date(2024, 6, 1)])
    )

    assert places(rows)[0] == [2, 1, 3]
    assert places(rows.iloc[::-1])[0] == [3, 1, 2]
