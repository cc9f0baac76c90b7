"""What stands out in how pulses are given, planted and found; a quiet team is left in peace."""

import numpy as np
import pandas as pd
import pytest

from models.judgement.habits import HABIT_COLUMNS, pulse_habits
from models.settings import JudgementSettings, ModelSettings

RESAMPLING = ModelSettings(bootstrap_resamples=60)
NO_LOSSES = pd.DataFrame(columns=["account_id", "renewal_id", "term_start_date", "lost_on"])


def make_log(pulses: int = 600, csms: int = 3, seed: int = 2) -> pd.DataFrame:
    """Pulses on odd days of two years, by people without any habit."""
    generator = np.random.default_rng(seed)
    days = pd.Timestamp("2023-01-02") + pd.to_timedelta(np.sort(generator.integers(0, 700, pulses)), "D")
    return pd.DataFrame(
        {
            "pulse_id": [f"p{index:04d}" for index in range(pulses)],
            "account_id": [f"a{index % 60:02d}" for index in range(pulses)],
            "csm_id": [f"c{index % csms}" for index in range(pulses)],
            "pulse_on": days,
            "recorded_on": days,
            "sentiment": generator.choice(["green", "yellow", "red"], pulses, p=[0.6, 0.25, 0.15]),
            "is_vague": False,
            "is_copied": False,
        }
    )


def habits_of(
    log: pd.DataFrame,
    losses: pd.DataFrame = NO_LOSSES,
    ledger: pd.DataFrame | None = None,
    *,
    show_people: bool = False,
) -> pd.DataFrame:
    settings = JudgementSettings(show_people=show_people, minimum_calls=20)
    table = pulse_habits(log, losses, pd.DataFrame() if ledger is None else ledger, settings, RESAMPLING)
    return table.set_index(["habit", "csm_id"])


def test_a_quiet_team_is_left_in_peace() -> None:
    assert not habits_of(make_log())["is_notable"].any()


def test_green_that_spreads_is_seen_and_a_steady_share_is_not() -> None:
    log = make_log()
    late = log["pulse_on"] > log["pulse_on"].median()
    brighter = log.assign(sentiment=log["sentiment"].mask(late & (log["sentiment"] == "yellow"), "green"))
    row = habits_of(brighter).loc[("green_growth_per_year", "")]
    assert row["is_notable"]
    assert row["low"] > 0
    assert "grows by" in row["sentence"]


def test_a_book_tidied_before_the_review_is_seen(ledger: pd.DataFrame) -> None:
    log = make_log()
    tidied = log.assign(recorded_on=log["recorded_on"].where(log["csm_id"] != "c0", pd.Timestamp("2024-03-28")))
    found = habits_of(tidied, ledger=ledger, show_people=True)
    assert found.loc[("sittings_before_review", ""), "value"] == pytest.approx(1 / 3)
    assert found.loc[("sittings_before_review", "c0"), "is_notable"]
    assert not found.loc[("sittings_before_review", "c1"), "is_notable"]
    elsewhere = log.assign(recorded_on=log["recorded_on"].where(log["csm_id"] != "c0", pd.Timestamp("2024-02-14")))
    assert habits_of(elsewhere).loc[("sittings_before_review", ""), "value"] == 0


def test_copies_and_empty_reasons_are_counted() -> None:
    log = make_log().assign(is_copied=np.arange(600) % 4 == 0, is_vague=np.arange(600) % 10 == 0)
    found = habits_of(log)
    assert found.loc[("copied_reasons", ""), "value"] == 0.25
    assert found.loc[("copied_reasons", ""), "is_notable"]
    assert not found.loc[("empty_reasons", ""), "is_notable"]


def test_who_never_gives_a_red_is_counted_and_named_only_where_configured(ledger: pd.DataFrame) -> None:
    log = make_log()
    kind = log.assign(sentiment=log["sentiment"].mask((log["csm_id"] == "c2") & (log["sentiment"] == "red"), "yellow"))
    hidden = habits_of(kind).loc[("never_red", "")]
    assert hidden["value"] == 1
    assert "c2" not in hidden["sentence"]
    assert "c2" in habits_of(kind, ledger=ledger, show_people=True).loc[("never_red", ""), "sentence"]


def test_nobody_is_named_without_enough_decided_calls_however_many_pulses(ledger: pd.DataFrame) -> None:
    log = make_log()
    kind = log.assign(sentiment=log["sentiment"].mask((log["csm_id"] == "c2") & (log["sentiment"] == "red"), "yellow"))
    few = ledger[(ledger["csm_id"] != "c2") | (ledger.index % 40 == 2)]
    found = habits_of(kind, ledger=few, show_people=True)
    assert not (found.index.get_level_values("csm_id") == "c2").any()
    assert "c2" not in found.loc[("never_red", ""), "sentence"]


def test_red_after_the_loss_was_known_is_hindsight() -> None:
    log = (
        make_log()
        .head(4)
        .assign(
            account_id=["a", "a", "b", "b"],
            sentiment=["green", "red", "red", "red"],
            pulse_on=pd.to_datetime(["2024-02-01", "2024-03-05", "2024-02-01", "2024-03-05"]),
            recorded_on=pd.to_datetime(["2024-02-01", "2024-03-05", "2024-02-01", "2024-03-05"]),
        )
    )
    losses = pd.DataFrame(
        {
            "account_id": ["a", "b"],
            "renewal_id": ["ra", "rb"],
            "term_start_date": pd.Timestamp("2023-06-01"),
            "lost_on": pd.Timestamp("2024-03-01"),
        }
    )
    row = habits_of(log, losses).loc[("red_after_loss", "")]
    assert row["value"] == 0.5
    assert "Of 2 lost renewals" in row["sentence"]
    back_dated = log.assign(pulse_on=pd.to_datetime(["2024-02-01", "2024-02-20", "2024-02-01", "2024-02-20"]))
    assert habits_of(back_dated, losses).loc[("red_after_loss", ""), "value"] == 0.5


def test_colours_that_follow_the_score_are_told_from_blind_ones(ledger: pd.DataFrame) -> None:
    visible = np.arange(len(ledger)) % 2 == 0
    risky = ledger["usage_view"] > ledger["base_rate"]
    followed = ledger["sentiment"].mask(visible & ledger["sentiment"].notna(), np.where(risky, "red", "green"))
    seen = ledger.assign(model_visible=np.where(visible, "yes", "no"))
    assert not habits_of(make_log(), ledger=seen).loc[("score_in_view", ""), "is_notable"]
    row = habits_of(make_log(), ledger=seen.assign(sentiment=followed)).loc[("score_in_view", "")]
    assert row["is_notable"]
    assert "no second opinion" in row["sentence"]


def test_without_pulses_there_is_nothing_to_say() -> None:
    empty = pulse_habits(make_log().head(0), NO_LOSSES, pd.DataFrame(), JudgementSettings(), RESAMPLING)
    assert list(empty.columns) == list(HABIT_COLUMNS)
    assert empty.empty
