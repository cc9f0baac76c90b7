"""Each kind of bad input through the command line: what is said, how it ends, and that nothing is written."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines.command_line import app

AS_OF = "2026-06-29"
Change = Callable[[pd.DataFrame], pd.DataFrame]


def set_all(**values: object) -> Change:
    return lambda frame: frame.assign(**values)


def set_some(rows: int, **values: object) -> Change:
    """Sets the first rows only."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        for name, value in values.items():
            frame[name] = frame[name].astype(object)
            frame.loc[frame.index[:rows], name] = value
        return frame

    return change


def twice_with_another_arr(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.assign(arr=frame["arr"] + 1)], ignore_index=True)


def run_and_fail(source: Path, workspace: Path) -> str:
    """Runs, expects failure without a trace, and returns what was said, on one line."""
    result = CliRunner().invoke(app, ["run", "--source", str(source), "--out", str(workspace), "--as-of", AS_OF])
    assert result.exit_code == 1, result.output
    assert not workspace.exists()
    assert "Traceback" not in result.output
    assert "fault of falsegreen" not in result.output
    return " ".join(result.output.split())


def assert_said(output: str, *fragments: str) -> None:
    missing = [fragment for fragment in fragments if fragment not in output]
    assert not missing, f"not said: {missing}\n{output}"


@pytest.mark.parametrize(
    ("table", "csv", "change", "said"),
    [
        pytest.param(
            "renewals", False, lambda frame: frame.drop(columns="arr"), ["arr:", "[missing_column"], id="missing column"
        ),
        pytest.param(
            "renewals",
            False,
            lambda frame: frame.rename(columns={"renewal_date": "renewl_date"}),
            ["renewal_date:", "[missing_column", "did you mean", "renewl_date"],
            id="misspelled column",
        ),
        pytest.param(
            "renewals", True, set_some(40, arr="a lot"), ["arr:", "[type, 40 rows]", "'a lot'"], id="wrong type"
        ),
        pytest.param(
            "renewals",
            True,
            set_some(40, renewal_date="31.12.2026"),
            ["renewal_date:", "[type, 40 rows]", "YYYY-MM-DD", "'31.12.2026'", "... and 35 more"],
            id="unparsable date",
        ),
        pytest.param(
            "renewals",
            False,
            twice_with_another_arr,
            ["renewal_id", "recorded_at", "rows]"],
            id="two rows with one key",
        ),
        pytest.param(
            "csm_pulses",
            False,
            set_all(sentiment="purple"),
            ["sentiment:", "green", "'purple'", "rows]"],
            id="unknown colour",
        ),
        pytest.param("renewals", True, set_some(40, arr="-5"), ["arr:", "40 rows]", "'-5'"], id="negative ARR"),
        pytest.param(
            "renewals",
            False,
            lambda frame: frame.assign(term_start_date=frame["renewal_date"], renewal_date=frame["term_start_date"]),
            ["[renewal_not_after_term_start", "term_start_date", "rows]"],
            id="renewal before term start",
        ),
        pytest.param(
            "usage_daily",
            False,
            lambda frame: frame.assign(account_id="NOBODY"),
            ["account_id:", "'NOBODY'", "rows]"],
            id="orphan accounts",
        ),
        pytest.param("renewals", False, lambda frame: frame.head(0), ["the required table is empty"], id="empty table"),
    ],
)
def test_a_table_that_breaks_its_contract_stops_the_run(
    source: Path,
    tmp_path: Path,
    spoil: Callable[..., None],
    table: str,
    csv: bool,
    change: Change,
    said: list[str],
) -> None:
    spoil(table, change, csv=csv)

    output = run_and_fail(source, tmp_path / "workspace")

    assert_said(output, f"{table} (", f"{table}.{'csv' if csv else 'parquet'})", *said)


def test_a_missing_required_table_is_named_with_the_near_one(source: Path, tmp_path: Path) -> None:
    (source / "renewals.parquet").rename(source / "renewal.parquet")

    output = run_and_fail(source, tmp_path / "workspace")

    assert_said(output, "renewals (", "the required table is not there", "did you mean renewal.parquet?")


def test_all_tables_that_break_their_contract_are_named_at_once(
    source: Path, tmp_path: Path, spoil: Callable[..., None]
) -> None:
    spoil("csm_pulses", set_all(sentiment="purple"))
    spoil("renewals", lambda frame: frame.drop(columns="arr"))

    output = run_and_fail(source, tmp_path / "workspace")

    assert_said(output, "csm_pulses (", "renewals (")


def test_the_share_over_the_limit_is_said(source: Path, tmp_path: Path, spoil: Callable[..., None]) -> None:
    spoil("csm_pulses", set_all(sentiment="purple"))

    output = run_and_fail(source, tmp_path / "workspace")

    assert_said(output, "rows break the contract, 100.00% where at most")


def test_without_any_decided_renewal_there_is_nothing_to_learn(
    source: Path, tmp_path: Path, spoil: Callable[..., None]
) -> None:
    undecided = dict.fromkeys(("outcome", "decided_on", "renewed_arr", "successor_renewal_id"))
    spoil("renewals", lambda frame: frame[frame["outcome"].isna()].assign(**undecided))

    output = run_and_fail(source, tmp_path / "workspace")

    assert_said(output, "no decided renewal to learn from", "outcome")


def test_with_one_kind_of_outcome_there_is_nothing_to_learn(
    source: Path, tmp_path: Path, spoil: Callable[..., None]
) -> None:
    spoil("renewals", lambda frame: frame[frame["outcome"].isna() | (frame["outcome"] == "renewed")])

    output = run_and_fail(source, tmp_path / "workspace")

    assert_said(output, "have the same outcome")


def test_check_lists_every_problem_and_writes_nothing(
    source: Path, tmp_path: Path, spoil: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil("accounts", lambda frame: frame.drop(columns="segment"))
    spoil("renewals", lambda frame: frame.drop(columns="arr"))
    spoil("csm_pulses", set_all(sentiment="purple"))
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    before = sorted(path.name for path in source.iterdir())

    result = CliRunner().invoke(app, ["check", str(source), "--as-of", AS_OF])

    assert result.exit_code == 1
    assert_said(
        " ".join(result.output.split()), "accounts (", "segment:", "renewals (", "arr:", "csm_pulses (", "'purple'"
    )
    assert list(empty.iterdir()) == []
    assert sorted(path.name for path in source.iterdir()) == before


def test_check_of_a_sound_source_says_so(source: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(source), "--as-of", AS_OF])

    assert result.exit_code == 0
    assert_said(" ".join(result.output.split()), "Read 5 of 15 tables", "All tables honour their contracts.")


def test_check_shows_the_broken_rows_that_a_run_would_set_aside(
    source: Path, tmp_path: Path, spoil: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil("csm_pulses", set_some(1, sentiment="mauve\x1b[2J"))
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(app, ["check", str(source), "--as-of", AS_OF])

    assert result.exit_code == 0, result.output
    words = " ".join(result.output.split())
    assert_said(words, "[allowed_values, 1 row]", "mauve", "where at most", "1 row breaks the contract of csm_pulses")
    assert "\x1b" not in result.output
    assert "quarantine/" not in words
    assert "All tables honour their contracts." not in words
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_check_of_pulses_that_are_all_broken_does_not_call_them_absent(
    source: Path, spoil: Callable[..., None]
) -> None:
    spoil("csm_pulses", set_all(sentiment="purple"))

    result = CliRunner().invoke(app, ["check", str(source), "--as-of", AS_OF])

    assert result.exit_code == 1
    assert_said(" ".join(result.output.split()), "csm_pulses has no row left by then,", "quarantined")


def test_a_misnamed_optional_table_is_not_passed_over(source: Path) -> None:
    (source / "csm_pulses.parquet").rename(source / "csm_pulse.parquet")
    (source / "notes.txt").touch()
    (source / ".hidden").touch()

    result = CliRunner().invoke(app, ["check", str(source), "--as-of", AS_OF])

    assert result.exit_code == 0, result.output
    assert_said(" ".join(result.output.split()), "csm_pulse.parquet (did you mean csm_pulses?), notes.txt.")


def test_usage_that_was_recorded_before_it_happened_is_broken(source: Path, spoil: Callable[..., None]) -> None:
    spoil("usage_daily", set_some(1, usage_date="2099-01-01"), csv=True)

    result = CliRunner().invoke(app, ["check", str(source), "--as-of", AS_OF])

    assert result.exit_code == 0, result.output
    assert_said(" ".join(result.output.split()), "[used_after_recorded, 1 row]", "'2099-01-01'")


def test_a_failed_run_leaves_alone_what_was_in_the_workspace(source: Path, tmp_path: Path) -> None:
    (source / "renewals.parquet").unlink()
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "letter.txt").touch()

    result = CliRunner().invoke(app, ["run", "--source", str(source), "--out", str(workspace), "--as-of", AS_OF])

    assert result.exit_code == 1
    assert {path.name for path in workspace.iterdir()} == {"letter.txt", "dagster"}


def test_a_fault_of_the_program_is_called_one(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nothing over nothing")

    monkeypatch.setattr("pipelines.defs.sources.ingest_source", break_down)
    command = ["run", "--source", str(source), "--out", str(tmp_path / "workspace"), "--as-of", AS_OF]

    result = CliRunner().invoke(app, command)

    assert result.exit_code == 1
    assert_said(
        result.output, "Step accounts broke: ZeroDivisionError: nothing over nothing", "With --debug it shows where"
    )
    assert "Traceback" not in result.output
    assert "break_down" not in result.output

    assert "break_down" in CliRunner().invoke(app, [*command, "--debug"]).output
