"""Bringing data: what is missing stands where it belongs, and a table says where it comes from."""

from pathlib import Path

import pandas as pd

from data_contracts.contract import source_contracts
from pipelines.board import onboarding as page
from pipelines.workspace import Workspace


def test_missing_columns_are_told_apart_by_whether_a_run_needs_them(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,segmnt\nA1,smb\n", encoding="utf-8")
    found = page.tables_found(tmp_path).set_index("table").loc["accounts"]
    columns = [column for column in source_contracts()["accounts"].columns if column.name != "account_id"]
    missing = {
        is_required: [column.name for column in columns if column.required == is_required]
        for is_required in (True, False)
    }
    assert found["required columns that are missing"].split(", ") == missing[True]
    assert found["optional columns that are not there"].split(", ") == missing[False]
    assert found["columns that no contract names"] == "segmnt (meant as segment?)"


def test_a_file_that_cannot_be_read_says_so_in_the_words_of_the_check(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_bytes("account_id,segment\nA1,Zürich\n".encode("latin-1"))
    (tmp_path / "csms.csv").write_bytes(b"")
    files = page.tables_found(tmp_path).set_index("table")["file"]
    assert "not UTF-8; save the file as UTF-8" in files["accounts"]
    assert files["csms"] == "is empty"
    assert files["contacts"] == "not there"


def test_a_made_up_company_never_goes_into_a_workspace_of_ones_own(tmp_path: Path) -> None:
    assert page.workspace_of_sample(tmp_path / "exports").root == tmp_path / "workspace"


def test_what_another_run_made_is_not_told_as_of_this_folder(tmp_path: Path) -> None:
    risk = pd.DataFrame({"as_of": ["2026-06-29"]})
    assert "as of 2026-06-29: an earlier run made it" in page.where_from(Workspace(tmp_path), risk, None)
    assert page.where_from(Workspace(tmp_path), risk, "run").endswith("as of 2026-06-29.")
