"""Which rows of a file become calls, and that every other one is counted once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_contracts.problems import ContractError
from pipelines.judge.columns import read_calls
from pipelines.judge.question import Question


def csv(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "calls.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_every_row_is_a_call_or_left_out_once(tmp_path: Path) -> None:
    file = csv(
        tmp_path,
        "said,came,who,p\n"
        "green,no,Ann,0.1\n"
        "red,yes,,0.9\n"
        ",,Bo,\n"
        ",no,Bo,0.2\n"
        "blue,yes,Bo,0.2\n"
        "red,no,Bo,\n"
        "red,no,Bo,1.4\n" + "red,no,Cy,0.5\n" * 20,
    )
    read = read_calls(file, Question("said", "came", rater="who", model="p"))
    assert read.calls.levels == ("green", "red")
    np.testing.assert_array_equal(read.calls.scores[:3], [0, 1, 1])
    np.testing.assert_array_equal(read.calls.outcomes[:3], [0, 1, 0])
    np.testing.assert_array_equal(read.calls.model[:3], [0.1, 0.9, 0.5])
    assert list(read.calls.raters[:3]) == ["Ann", None, "Cy"]
    assert len(read.calls) == 22
    assert read.rows == 27
    assert list(read.left_out["row place"]) == ["line 4", "line 5", "line 6", "line 7", "line 8"]
    assert [str(entry) for entry in read.set_aside] == [
        "1 row, no outcome in 'came' (line 4)",
        "1 row, no judgement in 'said' (line 5)",
        "1 row, no level that is known in 'said': 'blue' (1) (line 6)",
        "1 row, no probability in 'p' (line 7)",
        "1 row, no number from 0 to 1 in 'p': '1.4' (1) (line 8)",
    ]
    assert read.headlines == (
        "Left out: 1 row, no level that is known in 'said': 'blue' (1) (line 6).",
        "Left out: 1 row, no number from 0 to 1 in 'p': '1.4' (1) (line 8).",
    )


def test_undecided_outcomes_are_left_out_and_told(tmp_path: Path) -> None:
    file = csv(tmp_path, "said,came\ngreen,Renewed\nred,Churned\nred,pending\nred,\nred,Pending\n")
    read = read_calls(file, Question("said", "came", events=("churned",)))
    np.testing.assert_array_equal(read.calls.outcomes, [0, 1])
    assert [str(entry) for entry in read.set_aside] == [
        "1 row, no outcome in 'came' (line 5)",
        "2 rows, undecided in 'came': 'pending' (1), 'Pending' (1) (line 4, line 6)",
    ]
    assert read.headlines == (f"Left out: {read.set_aside[1]}.",)


def test_a_judgement_on_or_after_its_outcome_is_refused(tmp_path: Path) -> None:
    file = csv(
        tmp_path,
        "said,came,at,decided\n"
        "red,yes,2026-01-01,2026-01-02\n"
        "red,yes,2026-01-02,2026-01-02\n"
        "red,yes,2026-01-03,2026-01-02\n"
        "red,yes,2026-01-02 09:00:00,2026-01-02 10:00:00\n"
        "red,yes,2026-01-02 11:00:00,2026-01-02 10:00:00\n"
        "red,yes,2026-01-02 09:00:00,2026-01-02\n"
        "red,yes,2026-01-02T09:00:00+02:00,2026-01-02 08:30:00\n"
        "red,yes,,2026-01-02\n"
        "red,yes,2026-01-01,03/04/2026\n",
    )
    read = read_calls(file, Question("said", "came", judged_on="at", outcome_on="decided"))
    assert len(read.calls) == 3
    assert dict(read.left_out.to_numpy().tolist()) == {
        "line 3": "judged on or after the date of the outcome",
        "line 4": "judged on or after the date of the outcome",
        "line 6": "judged on or after the date of the outcome",
        "line 7": "judged on or after the date of the outcome",
        "line 9": "no date written YYYY-MM-DD in 'at'",
        "line 10": "no date written YYYY-MM-DD in 'decided'",
    }


def test_dates_in_another_way_of_writing_are_named_with_their_column(tmp_path: Path) -> None:
    file = csv(tmp_path, "said,came,at,decided\nred,yes,2025-12-30,31.12.2025\ngreen,no,2025-12-30,31.12.2025\n")
    with pytest.raises(ContractError, match=r"decided.*no cell is a date written YYYY-MM-DD, such as 2025-12-31"):
        read_calls(file, Question("said", "came", judged_on="at", outcome_on="decided"))


def test_a_cluster_is_the_row_unless_it_is_named(tmp_path: Path) -> None:
    file = csv(tmp_path, "said,came,case\nred,1,a\ngreen,0,a\nred,1,\nred,0,\n")
    assert read_calls(file, Question("said", "came")).calls.cluster_count == 4
    read = read_calls(file, Question("said", "came", cluster="case"))
    assert read.calls.cluster_count == 3
    assert read.notes == ("2 rows with nothing in 'case': a cluster each.",)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_delimiters_and_marks_of_spreadsheets_are_read(tmp_path: Path, mark: str) -> None:
    text = mark.join(("said", "came")) + "\n" + "\n".join(mark.join(row) for row in (("0,25", "1"), ("0,5", "0")))
    read = read_calls(csv(tmp_path, text, encoding="utf-8-sig"), Question("said", "came"))
    np.testing.assert_array_equal(read.calls.scores, [0.25, 0.5])


def test_parquet_gives_what_csv_gives(tmp_path: Path) -> None:
    frame = pd.DataFrame({"said": [0.1, 1 / 3, None, 1.0], "came": [True, False, True, None], "who": [1, 2, 3, 4]})
    frame["case"] = pd.Series([None, None, "c", "d"], dtype=object)
    frame.to_csv(tmp_path / "calls.csv", index=False)
    frame.to_parquet(tmp_path / "calls.parquet")
    both = [
        read_calls(tmp_path / name, Question("said", "came", rater="who", cluster=cluster))
        for name in ("calls.csv", "calls.parquet")
        for cluster in (None, "case")
    ]
    for read in both:
        # Folds and draws go by the names of clusters.
        assert list(read.calls.clusters) == ["row 0", "row 1"]
        np.testing.assert_array_equal(read.calls.scores, [0.1, 1 / 3])
        np.testing.assert_array_equal(read.calls.outcomes, [1.0, 0.0])
        assert list(read.calls.raters) == ["1", "2"]
        assert len(read.left_out) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first line names no column; is the file empty"),
        ("said,came\n", "there is a header and no row below it"),
        ("sayd,came\nred,1\n", "the column is missing; did you mean 'sayd' by it"),
        ("said,said,came\nred,red,1\n", "the column is there more than once"),
        ("said,came\nred,\ngreen,\n", "no row is left to judge\n    2 rows, no outcome in 'came'"),
        ("said,came\nred,1\nred,1,2,3\n", "unreadable"),
        ("said,came\n20,1\n70,0\n", "looks like percentages"),
        ("said,came\nrosso,1\nverde,0\n", "'rosso' (1), 'verde' (1)"),
        ("said,came\nred,perhaps\n", "say which of them is the event with --event"),
    ],
)
def test_what_cannot_be_read_is_said_with_file_and_column(tmp_path: Path, text: str, message: str) -> None:
    file = csv(tmp_path, text)
    with pytest.raises(ContractError) as raised:
        read_calls(file, Question("said", "came"))
    assert message in str(raised.value)
    assert str(file) in str(raised.value)


def test_a_file_in_another_encoding_or_of_another_kind_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="save the file as UTF-8"):
        read_calls(csv(tmp_path, "said,came\nröd,1\n", encoding="latin-1"), Question("said", "came"))
    workbook = tmp_path / "calls.xlsx"
    workbook.write_bytes(b"PK")
    with pytest.raises(ContractError, match="save a spreadsheet as CSV"):
        read_calls(workbook, Question("said", "came"))


def test_zeros_and_ones_are_probabilities_in_so_many_words_or_levels_by_order(tmp_path: Path) -> None:
    file = csv(tmp_path, "said,came\n0,1\n1.0,0\n,1\n")
    stated = read_calls(file, Question("said", "came"))
    assert not stated.calls.is_ordinal
    assert stated.headlines[0].startswith("'said' holds only 0 and 1, which are taken for probabilities")
    levels = read_calls(file, Question("said", "came", order=("0", "1")))
    assert levels.calls.levels == ("0", "1")
    np.testing.assert_array_equal(levels.calls.scores, [0, 1])
    assert levels.headlines == ()
    assert read_calls(csv(tmp_path, "said,came\n0,1\n1,0\n0.5,0\n"), Question("said", "came")).headlines == ()


def test_percent_is_not_accepted_where_nothing_is_in_percent(tmp_path: Path) -> None:
    file = csv(tmp_path, "said,came\n0.2,1\n0.7,0\n")
    with pytest.raises(ContractError, match="--percent was given, and no column of probabilities has a value above 1"):
        read_calls(file, Question("said", "came", is_percent=True))
    percent = csv(tmp_path, "said,came\n20,1\n70,0\n")
    np.testing.assert_allclose(read_calls(percent, Question("said", "came", is_percent=True)).calls.scores, [0.2, 0.7])
