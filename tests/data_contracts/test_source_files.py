"""Finding the files of a table."""

from pathlib import Path

import pytest

from data_contracts.contract import source_contracts
from data_contracts.problems import ContractError
from data_contracts.source_files import find_source, missing_table


@pytest.mark.parametrize(
    ("files", "path", "file_format", "found"),
    [
        (["plays.csv"], "plays.csv", "csv", ["plays.csv"]),
        (["plays.parquet"], "plays.parquet", "parquet", ["plays.parquet"]),
        (["plays/b.parquet", "plays/a.parquet"], "plays", "parquet", ["plays/a.parquet", "plays/b.parquet"]),
        (["plays/y=1/a.parquet", "plays/_SUCCESS"], "plays", "parquet", ["plays/y=1/a.parquet"]),
        (["plays.parquet/part-0.parquet"], "plays.parquet", "parquet", ["plays.parquet/part-0.parquet"]),
    ],
)
def test_table_is_found(tmp_path: Path, files: list[str], path: str, file_format: str, found: list[str]) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    source = find_source(tmp_path, "plays")

    assert source is not None
    assert (source.path, source.format) == (tmp_path / path, file_format)
    assert source.files == tuple(tmp_path / name for name in found)


def test_table_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert find_source(tmp_path, "plays") is None


def test_table_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "plays.csv").touch()
    (tmp_path / "plays").mkdir()

    with pytest.raises(ContractError, match=r"there twice, as plays/ and plays\.csv"):
        find_source(tmp_path, "plays")


def test_folder_without_parquet_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays" / "a.csv").touch()

    with pytest.raises(ContractError, match=r"holds no file that ends in \.parquet"):
        find_source(tmp_path, "plays")


def test_missing_table_suggests_the_near_file(tmp_path: Path) -> None:
    (tmp_path / "renewal.csv").touch()

    problem = missing_table(source_contracts()["renewals"], tmp_path)

    assert problem.message == (
        "the required table is not there; looked for renewals.parquet, renewals/ and renewals.csv; "
        "did you mean renewal.csv?"
    )
