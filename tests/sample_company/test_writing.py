from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sample_company.dates import NULL
from sample_company.writing import MINUTE_US, Change, Coded, arrow_array, versions, write_source


def test_cents_become_decimals_with_nulls_and_negatives() -> None:
    array = arrow_array(np.array([123_456, -5, NULL, 0]), "DECIMAL(18,2)")
    assert array.to_pylist() == [Decimal("1234.56"), Decimal("-0.05"), None, Decimal("0.00")]


def test_codes_become_text() -> None:
    array = arrow_array(Coded(np.array([1, -1, 0]), ("no", "yes")), "VARCHAR")
    assert array.type == pa.string()
    assert array.to_pylist() == ["yes", None, "no"]


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="HUGEINT"):
        arrow_array(np.array([1]), "HUGEINT")


def test_versions_follow_each_other_and_keep_what_was_said() -> None:
    base = {
        "thing": np.array(["a", "b"], dtype=object),
        "state": Coded(np.array([0, 0]), ("open", "closed")),
        "points": np.array([NULL, NULL]),
        "recorded_at": np.array([1_000, 2_000]),
    }
    changes = [
        Change(np.array([1]), np.array([1_500]), {"points": np.array([4])}),
        Change(
            np.array([0, 1]),
            np.array([9 * MINUTE_US, 9 * MINUTE_US]),
            {"state": Coded(np.array([1, 1]), ("open", "closed"))},
        ),
    ]
    result = versions(base, changes)
    assert result["thing"].tolist() == ["a", "b", "b", "a", "b"]
    assert result["state"].codes.tolist() == [0, 0, 0, 1, 1]
    assert result["points"].tolist() == [NULL, NULL, 4, NULL, 4]
    # A change dated before the version it follows is put a minute after it.
    assert result["recorded_at"].tolist() == [1_000, 2_000, 2_000 + MINUTE_US, 9 * MINUTE_US, 9 * MINUTE_US]
    assert base["points"].tolist() == [NULL, NULL]


def test_rows_recorded_after_the_extraction_are_left_out(tmp_path: Path) -> None:
    columns = {
        "touchpoint_id": np.array(["t2", "t1", "t3"], dtype=object),
        "account_id": np.array(["a", "a", "b"], dtype=object),
        "occurred_at": np.array([10, 20, 30]),
        "stakeholder": np.array(["finance", "finance", "executive"], dtype=object),
        "kind": np.array(["roi_review"] * 3, dtype=object),
        "recorded_at": np.array([11, 21, 99]),
    }
    write_source(tmp_path, "value_touchpoints", columns, extracted_at=99)
    assert pq.read_table(tmp_path / "value_touchpoints.parquet")["touchpoint_id"].to_pylist() == ["t1", "t2"]


def test_columns_other_than_the_contract_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="recorded_at"):
        write_source(tmp_path, "plays", {"play_id": np.array(["p"], dtype=object)}, extracted_at=1)
