from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.capacity import Books
from models.settings import ModelSettings

Rows = Callable[..., pd.DataFrame]
SETTINGS = ModelSettings(weekly_capacity=1)
DAY = pd.Timestamp("2024-01-01")


def test_the_first_accounts_of_each_list_are_within_reach(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(
        account_id=list("abcde"), csm_id=["m", "m", "m", "n", "n"], weekly_capacity=[2.0, 2.0, 2.0, 1.0, 1.0]
    ).assign(cutoff=DAY)
    reach = Books.of(rows, SETTINGS).within_reach(np.array([0.1, 0.3, 0.2, 0.01, 0.02]))
    assert reach.tolist() == [0, 1, 1, 0, 1]


def test_each_date_has_its_own_list(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(account_id=list("abab"), weekly_capacity=[1.0] * 4).assign(
        cutoff=[DAY, DAY, pd.Timestamp("2024-03-25"), pd.Timestamp("2024-03-25")]
    )
    reach = Books.of(rows, SETTINGS).within_reach(np.array([0.5, 0.4, 0.1, 0.2]))
    assert reach.tolist() == [1, 0, 0, 1]


def test_an_account_with_two_renewals_takes_one_place(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(account_id=list("aabc"), weekly_capacity=[2.0] * 4).assign(cutoff=DAY)
    reach = Books.of(rows, SETTINGS).within_reach(np.array([0.9, 0.1, 0.5, 0.2]))
    assert reach.tolist() == [1, 1, 1, 0]


def test_accounts_of_equal_score_share_what_is_left(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(account_id=list("abcd"), weekly_capacity=[2.0] * 4).assign(cutoff=DAY)
    reach = Books.of(rows, SETTINGS).within_reach(np.array([0.9, 0.3, 0.3, 0.3]))
    assert reach.tolist() == [1, pytest.approx(1 / 3), pytest.approx(1 / 3), pytest.approx(1 / 3)]


def test_where_the_capacity_is_unknown_the_setting_holds_and_who_is_nobodys_is_one_list(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(
        account_id=list("abcd"), csm_id=[None, None, "m", "m"], weekly_capacity=[np.nan, np.nan, np.nan, np.nan]
    ).assign(cutoff=DAY)
    reach = Books.of(rows, SETTINGS).within_reach(np.array([0.4, 0.3, 0.2, 0.1]))
    assert reach.tolist() == [1, 0, 1, 0]


def test_a_csm_without_any_capacity_reaches_nobody(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(account_id=list("ab"), weekly_capacity=[0.0, 0.0]).assign(cutoff=DAY)
    assert Books.of(rows, SETTINGS).within_reach(np.array([0.4, 0.3])).tolist() == [0, 0]
