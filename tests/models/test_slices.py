from collections.abc import Callable
from datetime import date

import pandas as pd

from models.settings import ModelSettings
from models.slices import quarter_of, segment_of, slices_of, term_of, usage_call_of

Rows = Callable[..., pd.DataFrame]
SETTINGS = ModelSettings()


def test_a_term_goes_by_the_length_it_is_nearest_to(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(term_days=[28, 31, 90, 179, 180, 365, 366, 547, 548, 731])
    assert term_of(rows).tolist() == [
        "monthly", "monthly", "quarterly", "quarterly",
        "annual", "annual", "annual", "annual",
        "multi_year", "multi_year",
    ]  # fmt: skip


def test_the_quarter_is_that_of_the_renewal(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(renewal_date=[date(2023, 12, 31), date(2024, 1, 1), date(2024, 9, 30)])
    assert quarter_of(rows).tolist() == ["2023-Q4", "2024-Q1", "2024-Q3"]


def test_a_segment_that_is_not_known_is_a_slice_too(snapshot_rows: Rows) -> None:
    assert segment_of(snapshot_rows(segment=["smb", None])).tolist() == ["smb", "unknown"]


def test_usage_is_held_against_the_base_rate_of_its_row(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(segment=["smb"] * 3).assign(usage_view=[0.07, 0.07, 0.16], base_rate=[0.1, 0.05, 0.1])
    assert usage_call_of(rows, SETTINGS).tolist() == ["healthy", "middling", "risky"]


def test_slices_share_out_the_rows_in_the_order_of_their_names(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(segment=["smb", "enterprise", "smb"])
    found = dict(slices_of(rows, "segment", SETTINGS))
    assert list(found) == ["enterprise", "smb"]
    assert [len(part) for part in found.values()] == [1, 2]
    assert found["smb"]["renewal_id"].tolist() == ["r0", "r2"]
