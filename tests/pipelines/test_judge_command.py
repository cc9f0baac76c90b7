"""`falsegreen judge` from what is typed to what is printed and written."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score
from typer.testing import CliRunner, Result

from pipelines.command_line import app


def judge(file: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["judge", str(file), *map(str, arguments)], env={"COLUMNS": "100"})


def words(result: Result) -> str:
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def sheet() -> pd.DataFrame:
    """300 calls by three people; person and model each see half of the truth, and one word tells."""
    generator = np.random.default_rng(21)
    seen, measured = generator.normal(size=(2, 300))
    outcomes = generator.random(300) < 1 / (1 + np.exp(0.5 - 1.5 * seen - 1.5 * measured))
    return pd.DataFrame(
        {
            "case": np.arange(300) // 2,
            "who": np.tile(["Ann", "Bo", "<b>Cy</b> | x"], 100),
            "kind": np.where(np.arange(300) < 290, "usual", "rare"),
            "colour": np.select([seen < -0.5, seen < 0.5], ["Green", "Yellow"], "RED"),
            "said": (1 / (1 + np.exp(0.5 - 3 * seen))).round(3),
            "model": (1 / (1 + np.exp(0.5 - 1.5 * measured))).round(3),
            "note": np.where(outcomes, "they mentioned a competitor", "the meeting went well"),
            "came": np.where(outcomes, "churned", "renewed"),
        }
    )


@pytest.fixture(scope="module")
def file(sheet: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sheets") / "calls.csv"
    sheet.to_csv(path, index=False)
    return path


def test_probabilities_beside_a_model_are_judged_and_blended(sheet: pd.DataFrame, file: Path) -> None:
    result = judge(file, "--judgement", "said", "--outcome", "came", "--model", "model", "--group", "kind")
    assert result.exit_code == 0, result.output
    text = words(result)
    outcomes = (sheet["came"] == "churned").to_numpy(float)
    average = (sheet["said"] + sheet["model"]) / 2
    figures = ", ".join(
        f"{name} {roc_auc_score(outcomes, scores):.3f} and {brier_score_loss(outcomes, scores):.3f}"
        for name, scores in (("judgement", sheet["said"]), ("model", sheet["model"]), ("plain average", average))
    )
    assert f"AUC and Brier score: {figures}, blend" in text
    assert "The person adds to the model" in text
    assert "The model adds to the person" in text
    assert "The judgement is overconfident at both ends." in text
    assert "2 groups, 1 of them too small" in text
    assert "By person" not in text


def test_colours_people_and_words_are_judged(file: Path, tmp_path: Path) -> None:
    result = judge(
        file, "--judgement", "colour", "--outcome", "came", "--rater", "who", "--cluster", "case", "--text", "note",
        "--out", tmp_path,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    text = words(result)
    assert "from resampling 150 clusters" in text
    assert "The rates rise with every level" in text
    assert "The text adds to the judgement" in text
    assert "3 of 3 people have 50 decided calls or more" in text
    assert "Not a performance review" in text
    few = words(judge(file, "--judgement", "colour", "--outcome", "came", "--rater", "who", "--minimum-calls", "101"))
    assert "Nobody is shown" in few
    assert "Bo" not in few


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href", "action"}]


def test_the_page_stands_by_itself_and_shows_text_as_text(file: Path, tmp_path: Path) -> None:
    options = ("--judgement", "said", "--outcome", "came", "--model", "model", "--rater", "who", "--out", tmp_path)
    result = judge(file, *options)
    assert result.exit_code == 0, result.output
    html = (tmp_path / "judgement.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(html)
    assert not page.addresses
    assert not page.tags & {"script", "link", "iframe", "img", "b"}
    assert "&lt;b&gt;Cy&lt;/b&gt; | x" in html
    assert "width=device-width" in html
    pictures = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert len(pictures) == 3
    for picture in pictures:
        ElementTree.fromstring(picture)  # noqa: S314 - drawn by ourselves
    markdown = (tmp_path / "judgement.md").read_text(encoding="utf-8")
    assert "\\<b\\>Cy\\</b\\> \\| x" in markdown
    assert markdown.count("](data:image/svg+xml;base64,") == 3
    # Every row of a table has as many cells as its head.
    tables = re.findall(r"(?:^\|.*\n)+", markdown, flags=re.MULTILINE)
    assert tables
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert (tmp_path / "left_out.csv").read_text(encoding="utf-8") == "row place,reason\n"
    again = tmp_path / "again"
    judge(file, *options[:-1], again)
    assert (again / "judgement.html").read_bytes() == (tmp_path / "judgement.html").read_bytes()


def test_levels_of_a_file_cannot_write_into_a_chart(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    rows = "".join(f"{level},{number % 3 == 0:d}\n" for number in range(30) for level in ("<script>", "b&c"))
    path.write_text("said,came\n" + rows, encoding="utf-8")
    result = judge(path, "--judgement", "said", "--outcome", "came", "--order", "<script>,b&c", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    html = (tmp_path / "judgement.html").read_text(encoding="utf-8")
    assert "<script>" not in html
    assert "b&amp;c" in html


def test_rows_left_out_are_counted_listed_and_written(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    rows = "".join(
        f"{'red' if number % 2 else 'green'},{number % 2},2026-01-0{1 + number % 3}\n" for number in range(30)
    )
    path.write_text("said,came,at,until\n" + rows.replace("\n", ",2026-01-03\n") + "red,,,\n", encoding="utf-8")
    result = judge(
        path, "--judgement", "said", "--outcome", "came", "--judged-on", "at", "--outcome-on", "until",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    text = words(result)
    assert "31 rows in the file, 20 of them judged, 11 left out." in text
    assert (
        "10 rows, judged on or after the date of the outcome (line 4, line 7, line 10, line 13, line 16, ...)" in text
    )
    left_out = pd.read_csv(tmp_path / "out" / "left_out.csv")
    assert len(left_out) == 11
    assert left_out.iloc[-1].tolist() == ["line 32", "no outcome in 'came'"]


def test_a_folder_that_cannot_be_written_stops_before_anything_is_computed(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compute(*_: object) -> None:
        raise AssertionError("this was computed")

    monkeypatch.setattr("models.calls.record.keep_record", compute)
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = judge(file, "--judgement", "said", "--outcome", "came", "--out", tmp_path / "file" / "report")
    assert result.exit_code == 1
    assert "No page can be written to --out" in words(result)
    assert "Not a directory. Nothing was computed." in words(result)


def test_a_word_that_was_not_understood_is_named_in_short(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("said,came\n" + "red,1\ngreen,0\n" * 20 + "rouge,1\n", encoding="utf-8")
    result = judge(path, "--judgement", "said", "--outcome", "came")
    assert result.exit_code == 0, result.output
    in_short = words(result).split("In short")[1].split("The judgement as it stands")[0]
    assert "Left out: 1 row, no level that is known in 'said': 'rouge' (1) (line 42)." in in_short


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--judgement", "sayd", "--outcome", "came"), 1, "did you mean 'said' by it"),
        (("--judgement", "colour", "--outcome", "came", "--event", "gone"), 1, "no row of 'came' says 'gone'"),
        (("--judgement", "colour", "--outcome", "came", "--mapping", "red"), 2, "write it like verde=green"),
        (("--judgement", "colour", "--outcome", "came", "--order", "green"), 2, "name two levels or more"),
        (("--judgement", "colour", "--outcome", "came", "--order", "green,Green"), 2, "each once"),
        (("--judgement", "said", "--outcome", "said"), 2, "name the same column"),
        (("--judgement", "said", "--outcome", "came", "--model", "said"), 2, "--model names the column"),
        (("--judgement", "said", "--outcome", "came", "--judged-on", "case"), 2, "go together"),
        (
            ("--judgement", "said", "--outcome", "came", "--judged-on", "case", "--outcome-on", "case"),
            2,
            "name the same column",
        ),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(
    file: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = judge(file, *arguments)
    assert result.exit_code == code
    assert message in words(result)
    assert "Traceback" not in result.output
