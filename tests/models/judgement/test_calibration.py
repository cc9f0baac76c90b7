"""What colours, answers and people have meant: by hand where it can be counted, by identity where it cannot."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from models.judgement.calibration import CALIBRATION_KEY, calibrate_judgement
from models.judgement.judged import Judged, pooled_rate
from models.judgement.scores import view_figures
from models.settings import JudgementSettings, ModelSettings

RESAMPLING = ModelSettings(bootstrap_resamples=60)
SETTINGS = JudgementSettings(minimum_calls=30)


@pytest.fixture(scope="module")
def at_90(ledger: pd.DataFrame) -> pd.DataFrame:
    return ledger[ledger["checkpoint"] == "90"]


@pytest.fixture(scope="module")
def table(ledger: pd.DataFrame) -> pd.DataFrame:
    return calibrate_judgement(ledger, SETTINGS, RESAMPLING)


def figures(table: pd.DataFrame, checkpoint: str = "90", rows: str = "all", **where: str) -> pd.DataFrame:
    """Rows of the table for all of a checkpoint, by item and measure."""
    place = {"checkpoint": checkpoint, "rows": rows, "slice_by": "all", "slice": "all"} | where
    return table[(table[list(place)] == pd.Series(place)).all(axis=1)].set_index(["item", "measure"])


def test_a_rate_is_what_was_counted_and_a_little_of_what_was_expected() -> None:
    rate = pooled_rate(churns=3, renewals=10, expected=0.1, strength=20, level=0.9)
    assert rate.value == pytest.approx(5 / 30)
    assert rate.low < rate.value < rate.high
    assert pooled_rate(0, 0, 0.1, 20, 0.9).value == pytest.approx(0.1)


def test_colours_are_counted_once_per_renewal(table: pd.DataFrame, ledger: pd.DataFrame) -> None:
    at_90 = ledger[ledger["checkpoint"] == "90"]
    red = at_90[at_90["sentiment"] == "red"]
    found = figures(table, subject="colour")
    assert found.loc[("red", "churn_rate"), "renewals"] == len(red)
    assert found.loc[("red", "churn_rate"), "churns"] == red["is_churned"].sum()
    lift = red["is_churned"].mean() / at_90["is_churned"].mean()
    assert found.loc[("red", "lift"), "value"] == pytest.approx(lift)
    assert found["renewals"].xs("share", level="measure").sum() == len(at_90)
    assert figures(table, subject="colours").loc[("", "in_order"), "value"] > 0.95


def test_blind_colours_mean_nothing_and_are_not_called_ordered(ledger_of: Callable[..., pd.DataFrame]) -> None:
    blind_ledger = ledger_of(sight=0.0, seed=8)
    blind = calibrate_judgement(blind_ledger[blind_ledger["checkpoint"] == "90"], SETTINGS, RESAMPLING)
    assert figures(blind, subject="colours").loc[("", "in_order"), "value"] < 0.9
    auc = figures(blind, subject="view").loc[("gut_view", "auc")]
    assert auc["low"] < 0.5 < auc["high"]


def test_the_parts_of_each_brier_score_add_up(table: pd.DataFrame) -> None:
    for rows in ("all", "unplayed"):
        found = figures(table, subject="view", rows=rows).reset_index()
        found = found.pivot_table(index="item", columns="measure", values="value")
        parts = found["miscalibration"] - found["discrimination"] + found["uncertainty"]
        np.testing.assert_allclose(parts, found["brier_score"], rtol=0, atol=1e-12)


def test_the_parts_add_up_to_the_last_digits_before_they_are_rounded(ledger: pd.DataFrame) -> None:
    judged = Judged.of(ledger[ledger["checkpoint"] == "180"], SETTINGS, RESAMPLING).spoken()
    entries = {(item, measure): figure.value for _, item, measure, figure, _, _ in view_figures(judged)}
    for view in ("base_rate", "gut_view", "usage_view", "churn_probability"):
        whole = brier_score_loss(judged.outcomes, judged.rows[view])
        parts = [entries[view, part] for part in ("miscalibration", "discrimination", "uncertainty")]
        assert parts[0] - parts[1] + parts[2] == pytest.approx(whole, abs=1e-12)
        assert entries[view, "brier_score"] == pytest.approx(whole, abs=1e-12)


def test_optimism_is_how_far_outcomes_lie_above_what_colours_meant(at_90: pd.DataFrame) -> None:
    rosy = at_90.assign(gut_view=at_90["gut_view"] / 2)
    honest, too_low = (calibrate_judgement(each, SETTINGS, RESAMPLING) for each in (at_90, rosy))
    before, after = (figures(each, subject="view").loc[("gut_view", "optimism"), "value"] for each in (honest, too_low))
    assert after == pytest.approx(before + np.log(2), abs=0.15)


def test_answers_themes_and_wording_have_rate_and_lift(table: pd.DataFrame, ledger: pd.DataFrame) -> None:
    spoken = ledger[(ledger["checkpoint"] == "90") & ledger["sentiment"].notna()]
    cut = spoken[spoken["budget"] == "cut"]
    found = figures(table, subject="answer")
    assert found.loc[("budget=cut", "lift"), "renewals"] == len(cut)
    assert found.loc[("budget=cut", "lift"), "value"] == pytest.approx(
        cut["is_churned"].mean() / spoken["is_churned"].mean()
    )
    assert set(figures(table, subject="theme").index.get_level_values("item")) == {"budget", "champion", "positive"}
    assert set(figures(table, subject="wording").index.get_level_values("item")) == {"vague", "copied"}


def test_people_are_named_only_where_it_is_configured(table: pd.DataFrame, at_90: pd.DataFrame) -> None:
    assert "csm" not in set(table["subject"])
    assert not table["item"].isin(at_90["csm_id"].unique()).any()
    shown = calibrate_judgement(at_90, SETTINGS.model_copy(update={"show_people": True}), RESAMPLING)
    assert set(figures(shown, subject="csm").index.get_level_values("item")) == set(at_90["csm_id"])


def test_people_with_few_calls_are_counted_only(at_90: pd.DataFrame) -> None:
    strict = SETTINGS.model_copy(update={"show_people": True, "minimum_calls": 5000})
    found = calibrate_judgement(at_90, strict, RESAMPLING)
    assert "csm" not in set(found["subject"])
    assert figures(found, subject="people").loc[("", "too_few_calls"), "value"] == at_90["csm_id"].nunique()


def test_inherited_and_recent_accounts_are_nobodys_calls(at_90: pd.DataFrame) -> None:
    new = at_90.assign(owned_days=np.where(at_90["csm_id"] == "c0", 59, at_90["owned_days"]))
    passed_on = at_90.assign(pulse_csm_id=np.where(at_90["csm_id"] == "c0", "other", at_90["pulse_csm_id"]))
    for changed in (new, passed_on):
        found = calibrate_judgement(changed, SETTINGS.model_copy(update={"show_people": True}), RESAMPLING)
        judged = figures(found, subject="csm").xs("optimism", level="measure")
        assert set(judged.index) == {"c1", "c2", "c3"}


def test_a_possible_save_is_counted_and_improves_nothing(table: pd.DataFrame, ledger: pd.DataFrame) -> None:
    at_90 = ledger[ledger["checkpoint"] == "90"]
    saved = (at_90["sentiment"] == "red") & at_90["play_started_on"].notna() & ~at_90["is_churned"]
    assert figures(table, subject="people").loc[("", "possible_saves"), "value"] == saved.sum()
    unplayed = figures(table, subject="colour", rows="unplayed")
    assert (
        unplayed.loc[("red", "churn_rate"), "renewals"]
        == ((at_90["sentiment"] == "red") & at_90["play_started_on"].isna()).sum()
    )


def test_saves_are_told_of_people_as_sparingly_as_all_else(at_90: pd.DataFrame) -> None:
    shown = SETTINGS.model_copy(update={"show_people": True})
    passed_on = at_90.assign(pulse_csm_id=np.where(at_90["csm_id"] == "c0", "other", at_90["pulse_csm_id"]))
    found = figures(calibrate_judgement(passed_on, shown, RESAMPLING), subject="csm")
    assert set(found.xs("possible_saves", level="measure").index) == {"c1", "c2", "c3"}


def test_without_plays_on_record_no_save_is_counted(at_90: pd.DataFrame) -> None:
    unknown = at_90.assign(had_open_play=pd.array([None] * len(at_90), "boolean"), play_started_on=pd.NaT)
    found = figures(calibrate_judgement(unknown, SETTINGS, RESAMPLING), subject="people")
    assert "possible_saves" not in found.index.get_level_values("measure")


def test_every_call_has_an_age_group(at_90: pd.DataFrame) -> None:
    old = at_90.assign(words_age_days=np.where(at_90.index % 5 == 0, 150, at_90["words_age_days"]))
    wordless = old.assign(words_age_days=old["words_age_days"].where(old.index % 7 != 0))
    found = figures(calibrate_judgement(wordless, SETTINGS, RESAMPLING), subject="age").xs("auc", level="measure")
    assert found["renewals"].sum() == at_90["sentiment"].notna().sum()
    assert "121+" in found.index


def test_few_churns_leave_figures_without_interval(at_90: pd.DataFrame) -> None:
    strict = SETTINGS.model_copy(update={"minimum_churns": 10_000})
    found = figures(calibrate_judgement(at_90, strict, RESAMPLING), subject="view")
    assert found["low"].isna().all()


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_next_to_nothing_is_no_error(ledger: pd.DataFrame, rows: int) -> None:
    few = ledger[ledger["checkpoint"] == "90"].head(rows)
    found = calibrate_judgement(few, SETTINGS.model_copy(update={"show_people": True}), RESAMPLING)
    assert not found.duplicated(list(CALIBRATION_KEY)).any()


def test_undecided_renewals_say_nothing(ledger: pd.DataFrame, table: pd.DataFrame) -> None:
    undecided = ledger.assign(
        renewal_id=ledger["renewal_id"] + "x", is_churned=pd.array([None] * len(ledger), "boolean")
    )
    found = calibrate_judgement(pd.concat([ledger, undecided], ignore_index=True), SETTINGS, RESAMPLING)
    pd.testing.assert_frame_equal(found, table)
