"""Whole runs through the command line: what is published, what is said, and that equal input gives equal bytes."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from data_contracts.contract import OUTPUT_TABLES, source_contracts
from pipelines.command_line import app
from pipelines.manifest import published_dates, read_manifest, read_published
from pipelines.recording.records import new_id, write_record
from pipelines.registry import find_model
from pipelines.workspace import Workspace

AS_OF = date(2026, 3, 2)
A_WEEK_LATER = date(2026, 3, 9)


def falsegreen(*arguments: str | Path | date) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def words_of(result: Result) -> str:
    return " ".join(result.output.split())


def published_bytes(workspace: Workspace, as_of: date = AS_OF) -> dict[str, bytes]:
    manifest = read_manifest(workspace, as_of)
    assert manifest is not None
    return {table: (workspace.root / entry.path).read_bytes() for table, entry in manifest.tables.items()}


def keep_rows(source: Path, target: Path, table: str, condition: Callable[[pd.DataFrame], "pd.Series[bool]"]) -> None:
    frame = pd.read_parquet(source / f"{table}.parquet")
    frame[condition(frame)].to_parquet(target / f"{table}.parquet", index=False)


def put_on_record(workspace: Workspace, company: Path, recorded_at: str) -> str:
    """Put a red pulse on record about the account that renews last of those known then; return the account."""
    renewals = pd.read_parquet(company / "renewals.parquet")
    known = renewals[renewals["recorded_at"] < pd.Timestamp(AS_OF)]
    account = str(known.sort_values(["renewal_date", "account_id"])["account_id"].iloc[-1])
    row = {
        "pulse_id": new_id(),
        "account_id": account,
        "csm_id": "C1",
        "pulse_at": recorded_at,
        "sentiment": "red",
        "about": "relationship",
        "reason": "Their new CFO froze the budget",
        "recorded_at": recorded_at,
    }
    write_record(workspace.recorded / "csm_pulses", row["pulse_id"], row, ())
    return account


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings that fit quickly: what is tested here does not depend on how good the model is."""
    path = tmp_path_factory.mktemp("config") / "settings.yaml"
    path.write_text("model: {minimum_churns: 4, bootstrap_resamples: 20, booster: {rounds: 15}}\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def first_run(company: Path, config: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Result]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    result = falsegreen("run", "--source", company, "--out", workspace.root, "--as-of", AS_OF, "--config", config)
    assert result.exit_code == 0, result.output
    return workspace, result


@pytest.fixture
def workspace(first_run: tuple[Workspace, Result]) -> Workspace:
    return first_run[0]


def test_a_run_publishes_every_output_and_registers_a_champion(workspace: Workspace) -> None:
    manifest = read_manifest(workspace, AS_OF)
    assert manifest is not None
    assert set(manifest.tables) == set(OUTPUT_TABLES)

    champion = find_model(workspace.mlflow, AS_OF)
    assert champion is not None
    risk = read_published(workspace, "account_risk", AS_OF)
    assert set(risk["model_version"]) == {champion.model_version}
    assert set(risk["trained_through"]) == {AS_OF}
    assert set(risk["knowledge_dates"]) == {"recorded"}
    assert len(read_published(workspace, "risk_reasons", AS_OF)) > 0
    assert len(read_published(workspace, "backtest_metrics", AS_OF)) > 0
    assert not workspace.lock_file.exists()


def test_a_run_says_what_it_read_and_how_far_to_trust_it(first_run: tuple[Workspace, Result]) -> None:
    words = words_of(first_run[1])

    assert "Read 15 of 15 tables" in words
    assert "rows were recorded on or after the as-of date and were left out" in words
    assert "How far to trust it" in words
    assert "the base rate on" in words
    assert f"Risk as of {AS_OF}" in words


def test_the_judgement_ledger_holds_every_checkpoint_of_what_ended(workspace: Workspace) -> None:
    ledger = read_published(workspace, "judgement_ledger", AS_OF)

    assert set(ledger["checkpoint"]) == {"180", "90", "last_pulse"}
    assert set(ledger["prediction_source"].dropna()) == {"replayed"}
    matured = pd.to_datetime(ledger["renewal_date"]) + pd.Timedelta(days=60) < pd.Timestamp(AS_OF)
    assert matured.all()
    assert ledger["is_churned"].notna().all()
    seen = ledger[ledger["look_on"].notna()]
    assert len(seen) > 20
    assert seen[["base_rate", "usage_view", "gut_view", "churn_probability", "stance"]].notna().all(axis=None)
    # At 180 and 90 days the judgement is taken where the models looked.
    at_look = seen[seen["checkpoint"] != "last_pulse"]
    assert (at_look["look_on"] == at_look["as_of"]).all()
    last = ledger[ledger["checkpoint"] == "last_pulse"]
    assert last["pulse_id"].notna().all()
    assert (last["days_to_decision"] >= 0).all()


def test_show_prints_the_risk_table_with_reasons_in_eighty_columns(workspace: Workspace) -> None:
    result = falsegreen("show", "--out", workspace.root, "--top", "5")

    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith(f"Risk as of {AS_OF}: 5 of ")
    assert all(len(line) <= 80 for line in lines)
    names = read_published(workspace, "account_risk")["account_name"].head(5)
    assert [line for line in lines if any(line[4:].startswith(name[:19]) for name in names)]
    assert any(line.startswith(("    + ", "    - ")) for line in lines)


def test_signals_are_printed_the_most_urgent_first_with_what_they_call_for(workspace: Workspace) -> None:
    signals = read_published(workspace, "signals", AS_OF)
    firing = signals[signals["ended_on"].isna()]

    result = falsegreen("signals", "--out", workspace.root, "--top", "3")

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == f"Signals as of {AS_OF}: 3 of {len(firing)} that fire"
    assert all(len(line) <= 80 for line in lines)
    newest = firing[firing["severity"] == "high"]["started_on"].max()
    assert lines[1].startswith(f"{newest}  high")
    assert "    ! " in result.output
    assert "    > " in result.output
    assert "Not shown, of less urgent kinds: " in words_of(result)

    since = falsegreen("signals", "--out", workspace.root, "--since", str(AS_OF), "--all")
    assert f"of {(firing['started_on'].astype(str) >= str(AS_OF)).sum()} that fire" in words_of(since)
    wrong = falsegreen("signals", "--out", workspace.root, "--since", "yesterday")
    assert wrong.exit_code == 2
    assert "--since" in wrong.output


def test_the_record_of_the_signals_is_printed(workspace: Workspace) -> None:
    result = falsegreen("signals", "--out", workspace.root, "--record")

    assert result.exit_code == 0, result.output
    record = read_published(workspace, "signal_track_record", AS_OF)
    printed = [line.split()[0] for line in result.output.splitlines()[2 : 2 + len(record)]]
    assert printed == list(record["signal"])
    assert all(len(line) <= 80 for line in result.output.splitlines())


def test_a_timeline_is_told_by_name_and_by_id(workspace: Workspace) -> None:
    account_id, name = read_published(workspace, "account_risk")[["account_id", "account_name"]].iloc[0]
    told = read_published(workspace, "account_timeline", AS_OF)
    events = told[told["account_id"] == account_id]

    by_id = falsegreen("timeline", account_id, "--out", workspace.root)
    by_name = falsegreen("timeline", name, "--out", workspace.root)

    assert by_id.exit_code == by_name.exit_code == 0, by_name.output
    assert by_id.output == by_name.output
    assert by_id.output.startswith(f"{name} ({account_id}): {len(events)} events of the year before {AS_OF}")
    dates = [line[:10] for line in by_id.output.splitlines() if line[:2] == "20"]
    assert dates == sorted(dates)
    assert len(dates) == len(events)

    unknown = falsegreen("timeline", f"{name}x", "--out", workspace.root)
    assert unknown.exit_code == 1
    assert f"Did you mean '{name}'?" in words_of(unknown)


def test_a_daily_watch_goes_on_with_the_episodes_of_the_day_before(company: Path, config: Path, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    days = [date(2026, 3, 2), date(2026, 3, 3)]
    account = put_on_record(workspace, company, "2026-03-02 09:00:00")
    for day in days:
        result = falsegreen("watch", "--source", company, "--out", workspace.root, "--as-of", day, "--config", config)
        assert result.exit_code == 0, result.output
    first, second = (read_published(workspace, "signals", day) for day in days)
    key = ["account_id", "renewal_id", "signal", "started_on"]

    assert published_dates(workspace, "account_timeline") == days
    assert published_dates(workspace, "account_risk") == []
    both = first.merge(second, on=key, suffixes=("_first", ""))
    assert len(both) == len(first)
    still = both[both["ended_on"].isna()]
    assert len(still)
    assert set(still["last_seen_on"]) == {days[1]}
    assert (still["evidence_at_start"] == still["evidence_at_start_first"]).all()
    ended_today = both[both["ended_on_first"].isna() & both["ended_on"].notna()]
    assert set(ended_today["ended_on"]) <= {days[1]}
    assert set(second["started_on"]) - set(first["started_on"]) <= {days[1]}
    for day, is_known in zip(days, (False, True), strict=True):
        # What was put on record here in the morning is known from the next day on.
        timeline = read_published(workspace, "account_timeline", day)
        told = timeline.loc[timeline["account_id"] == account, "text"]
        assert len(told)
        assert told.str.contains("Their new CFO froze the budget").any() == is_known


def test_what_cannot_be_watched_is_said_and_never_called_fine(source: Path, tmp_path: Path) -> None:
    result = falsegreen("watch", "--source", source, "--out", tmp_path / "workspace", "--as-of", "2026-06-29")

    assert result.exit_code == 0, result.output
    words = words_of(result)
    assert "Not watched, which does not mean fine: " in words
    assert "Champion left" in words
    assert "Not supplied: contacts, emails, entitlements, integration_runs, invoices" in words

    account = read_published(Workspace(tmp_path / "workspace"), "account_timeline")["account_id"].iloc[0]
    told = words_of(falsegreen("timeline", account, "--out", tmp_path / "workspace"))
    assert "Not supplied: contacts, emails, entitlements, integration_runs, invoices" in told


def test_what_is_supplied_and_empty_is_not_watched_either_and_late_usage_is_said(source: Path, tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    shutil.copytree(source, exports)
    header = ",".join(column.name for column in source_contracts()["contacts"].columns)
    (exports / "contacts.csv").write_text(f"{header}\n", encoding="utf-8")
    result = falsegreen("watch", "--source", exports, "--out", tmp_path / "workspace", "--as-of", "2026-07-20")

    assert result.exit_code == 0, result.output
    words = words_of(result)
    assert "Not supplied: emails, entitlements, integration_runs, invoices" in words
    assert "Supplied and empty: contacts." in words
    assert "The newest use on record is of 2026-06-2" in words
    assert "signals in usage may fire, and scores rise, for want of a newer usage_daily alone." in words


def test_show_keeps_to_the_book_of_one_csm(workspace: Workspace) -> None:
    risk = read_published(workspace, "account_risk")
    name = risk["csm_name"].iloc[0]

    result = falsegreen("show", "--out", workspace.root, "--csm", name)
    assert f"of {(risk['csm_name'] == name).sum()} renewals" in words_of(result)

    result = falsegreen("show", "--out", workspace.root, "--csm", f"{name}x")
    assert result.exit_code == 1
    assert f"did you mean '{name}'?" in words_of(result)


def test_backtest_prints_each_model_beside_the_naive_ones(workspace: Workspace) -> None:
    result = falsegreen("backtest", "--out", workspace.root)

    assert result.exit_code == 0
    for model in ("base rate", "colour only", "logistic, usage", "usage view", "churn probability"):
        assert model in result.output
    assert "to" in result.output
    assert "What the lists caught" in words_of(result)
    assert all(len(line) <= 80 for line in result.output.splitlines())


@pytest.mark.parametrize("checkpoint", ["180", "90", "last_pulse"])
def test_gut_prints_what_colours_meant_in_eighty_columns_and_names_nobody(
    workspace: Workspace, checkpoint: str
) -> None:
    result = falsegreen("gut", "--out", workspace.root, "--at", checkpoint)

    assert result.exit_code == 0, result.output
    assert "What the colours meant" in words_of(result)
    assert "how pulses are given" in words_of(result).lower()
    assert all(len(line) <= 80 for line in result.output.splitlines())
    csms = read_published(workspace, "account_risk")["csm_id"].dropna().unique()
    assert not any(str(csm) in result.output for csm in csms)


@pytest.mark.parametrize(("by", "value"), [("segment", "smb"), ("term", "annual"), ("quarter", "-Q")])
def test_backtest_prints_slices_in_eighty_columns(workspace: Workspace, by: str, value: str) -> None:
    result = falsegreen("backtest", "--out", workspace.root, "--by", by)

    assert result.exit_code == 0
    assert value in result.output
    assert all(len(line) <= 80 for line in result.output.splitlines())


def test_what_was_recorded_later_changes_not_one_bit(
    company: Path, config: Path, workspace: Workspace, tmp_path: Path
) -> None:
    truncated = tmp_path / "truncated"
    truncated.mkdir()
    for table in source_contracts():
        keep_rows(company, truncated, table, lambda frame: frame["recorded_at"] < pd.Timestamp(AS_OF))
    put_on_record(Workspace(tmp_path / "workspace"), company, f"{AS_OF} 00:00:00")

    result = falsegreen(
        "run", "--source", truncated, "--out", tmp_path / "workspace", "--as-of", AS_OF, "--config", config
    )

    assert result.exit_code == 0, result.output
    assert published_bytes(Workspace(tmp_path / "workspace")) == published_bytes(workspace)


def test_a_second_training_gives_the_same_bytes_as_a_new_revision(
    company: Path, config: Path, workspace: Workspace
) -> None:
    before = published_bytes(workspace)
    first = read_manifest(workspace, AS_OF)
    assert first is not None

    result = falsegreen(
        "run", "--source", company, "--out", workspace.root, "--as-of", AS_OF, "--config", config, "--retrain"
    )

    assert result.exit_code == 0, result.output
    assert published_bytes(workspace) == before
    second = read_manifest(workspace, AS_OF)
    assert second is not None
    assert {entry.revision for entry in second.tables.values()} == {2}
    assert second.first == first.tables


def test_scoring_another_week_uses_the_champion(company: Path, config: Path, workspace: Workspace) -> None:
    champion = find_model(workspace.mlflow, A_WEEK_LATER)

    result = falsegreen(
        "score", "--source", company, "--out", workspace.root, "--as-of", A_WEEK_LATER, "--config", config
    )

    assert result.exit_code == 0, result.output
    assert find_model(workspace.mlflow, A_WEEK_LATER) == champion
    assert published_dates(workspace, "account_risk") == [AS_OF, A_WEEK_LATER]
    risk = read_published(workspace, "account_risk", A_WEEK_LATER)
    assert set(risk["trained_through"]) == {AS_OF}
    shown = read_published(workspace, "account_risk", AS_OF).set_index("renewal_id")["risk_tier"]
    before = shown.reindex(risk["renewal_id"]).to_numpy()
    assert risk["tier_previous"].fillna("none").tolist() == pd.Series(before).fillna("none").tolist()
    assert (risk.loc[risk["risk_tier"] == risk["tier_previous"], "weeks_in_tier"] == 2).all()
    assert (risk["weeks_in_tier"] == 2).any()
    # No new training, so what past models would have said stands as it was.
    of_training, renewed = (read_published(workspace, "forecast_track_record", day) for day in (AS_OF, A_WEEK_LATER))
    assert len(of_training)
    pd.testing.assert_frame_equal(renewed[renewed["origin"] == "reconstructed"], of_training)


def test_a_week_before_every_model_is_not_scored_in_hindsight(company: Path, workspace: Workspace) -> None:
    before = published_bytes(workspace)

    result = falsegreen("score", "--source", company, "--out", workspace.root, "--as-of", "2026-02-23")

    assert result.exit_code == 1
    assert "no model that was trained on or before 2026-02-23" in words_of(result)
    assert published_bytes(workspace) == before


def test_a_failed_run_leaves_what_stood_and_no_folder(company: Path, workspace: Workspace, tmp_path: Path) -> None:
    before, runs = published_bytes(workspace), sorted(workspace.runs.iterdir())
    broken = tmp_path / "broken"
    shutil.copytree(company, broken)
    (broken / "renewals.parquet").unlink()

    result = falsegreen("run", "--source", broken, "--out", workspace.root, "--as-of", AS_OF)

    assert result.exit_code == 1
    assert published_bytes(workspace) == before
    assert sorted(workspace.runs.iterdir()) == runs


def test_csv_without_recorded_at_runs_and_is_marked_assumed(company: Path, config: Path, tmp_path: Path) -> None:
    exported = tmp_path / "exported"
    exported.mkdir()
    for table, contract in source_contracts().items():
        frame = pd.read_parquet(company / f"{table}.parquet").sort_values("recorded_at", kind="stable")
        final = frame.drop_duplicates(list(contract.key), keep="last").drop(columns="recorded_at")
        final.to_csv(exported / f"{table}.csv", index=False)

    result = falsegreen(
        "run", "--source", exported, "--out", tmp_path / "workspace", "--as-of", AS_OF, "--config", config
    )

    assert result.exit_code == 0, result.output
    assert "knowledge_dates: assumed" in words_of(result)
    risk = read_published(Workspace(tmp_path / "workspace"), "account_risk")
    assert set(risk["knowledge_dates"]) == {"assumed"}


def test_with_few_churns_and_no_pulses_it_goes_on_and_says_so(source: Path, tmp_path: Path) -> None:
    for table in ("csm_pulses", "csms"):
        (source / f"{table}.parquet").unlink()

    result = falsegreen("run", "--source", source, "--out", tmp_path / "workspace", "--as-of", "2026-06-29")

    assert result.exit_code == 0, result.output
    words = words_of(result)
    assert "30 are needed to fit a model" in words
    assert "(uncalibrated)" in words
    assert "No judgement is on record: there are no csm_pulses" in words
    assert "Not supplied: csms, contacts, csm_pulses" in words
    risk = read_published(Workspace(tmp_path / "workspace"), "account_risk")
    assert set(risk.loc[risk["churn_probability"].notna(), "calibration"]) == {"uncalibrated"}
    assert len(read_published(Workspace(tmp_path / "workspace"), "backtest_metrics")) == 0
    ledger = read_published(Workspace(tmp_path / "workspace"), "judgement_ledger")
    assert set(ledger["checkpoint"]) == {"180", "90"}
    assert set(ledger["pulse_state"]) == {"absent"}
    assert ledger["is_churned"].notna().all()
    assert ledger[["churn_probability", "prediction_source", "had_open_play"]].isna().all(axis=None)


def test_broken_rows_under_the_limit_are_set_aside_and_shown(
    source: Path, tmp_path: Path, spoil: Callable[..., None]
) -> None:
    def repaint_one(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(sentiment=frame["sentiment"].mask(frame["pulse_id"] == frame["pulse_id"].min(), "mauve"))

    spoil("csm_pulses", repaint_one)
    workspace = Workspace(tmp_path / "workspace")

    result = falsegreen("run", "--source", source, "--out", workspace.root, "--as-of", "2026-06-29")

    assert result.exit_code == 0, result.output
    assert "went to quarantine/csm_pulses.parquet" in words_of(result)
    quarantined = pd.read_parquet(workspace.quarantine / "csm_pulses.parquet")
    assert set(quarantined["sentiment"]) == {"mauve"}
    assert {"rule", "column", "detail"} <= set(quarantined.columns)
    assert [path.name for path in workspace.quarantine.iterdir()] == ["csm_pulses.parquet"]
