"""The track record of signals over forty renewals, counted by hand."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.contract import output_contracts
from data_contracts.expectations import check_output
from features.signals import load_signals
from models.learning import KEY, LearningData
from models.settings import ModelSettings
from models.signal_record import RECORD_COLUMNS, record_signals

THROUGH = date(2025, 6, 2)
RENEWALS = 40
FIRED = 10
"""Champions left before the first ten renewals, of which five churned; of the other thirty, three did."""
CHURNED = {*range(5), *range(FIRED, FIRED + 3)}
SETTINGS = ModelSettings(bootstrap_resamples=100)
LOOKS = {"181-365": ("2024-04-01", 250), "90-180": ("2024-07-22", 138)}


def snapshots() -> pd.DataFrame:
    rows = [
        {
            "account_id": f"a{number:02}",
            "renewal_id": f"r{number:02}",
            "as_of": as_of,
            "contract_id": f"a{number:02}",
            "renewal_date": "2024-12-07",
            "lead_days": lead,
            "band": band,
            "status": "open",
            "arr": 1000.0,
            "term_days": 365,
            "segment": "small",
            "csm_id": "m1",
            "weekly_capacity": np.nan,
            "sentiment": None,
            "pulse_state": "absent",
        }
        for number in range(RENEWALS)
        for band, (as_of, lead) in LOOKS.items()
    ]
    return pd.DataFrame(rows).astype({"as_of": "datetime64[us]", "renewal_date": "datetime64[us]"})


def learning_data() -> LearningData:
    frame = snapshots()
    number = frame["account_id"].str[1:].astype(int)
    labels = frame[KEY].assign(
        first_cutoff=THROUGH,
        last_cutoff=THROUGH,
        is_churned=number.isin(CHURNED),
        is_contracted=False,
        retained_share=1.0,
        days_to_decision=frame["lead_days"] - 20,
    )
    return LearningData(frame, labels, THROUGH, (THROUGH,), (), ())


def fired_signals() -> pd.DataFrame:
    """Champions that left, known from the later look on for all but the first; nobody watched invoices."""
    frame = snapshots()
    number = frame["account_id"].str[1:].astype(int)
    is_known = (frame["band"] == "90-180") | (number == 0)
    fired = frame[KEY].copy()
    for signal in load_signals().values():
        fired[signal.feature_name] = 0.0
    fired["signal__has_champion_left"] = ((number < FIRED) & is_known).astype(float)
    fired["signal__has_invoice_overdue"] = np.nan
    return fired


def predictions(score_fired: float, score_silent: float) -> pd.DataFrame:
    frame = snapshots()
    frame = frame[frame["band"] == "90-180"]
    number = frame["account_id"].str[1:].astype(int)
    return frame.assign(
        cutoff=frame["as_of"],
        churn_probability=np.where(number < FIRED, score_fired, score_silent),
        is_churned=number.isin(CHURNED),
    )


def record(score_fired: float = 0.2, score_silent: float = 0.2) -> pd.DataFrame:
    table = record_signals(learning_data(), fired_signals(), predictions(score_fired, score_silent), SETTINGS)
    return table.set_index("signal", drop=False)


def test_rates_and_lift_are_those_counted_by_hand() -> None:
    row = record().loc["champion_left"]
    assert row["is_watched"]
    assert (row["renewals"], row["renewals_fired"]) == (RENEWALS, FIRED)
    assert row["fired_share"] == pytest.approx(10 / 40)
    assert row["churn_rate_fired"] == pytest.approx(5 / 10)
    assert row["churn_rate_silent"] == pytest.approx(3 / 30)
    assert row["lift"] == pytest.approx((5 / 10) / (8 / 40))
    assert row["lift_low"] < row["lift"] < row["lift_high"]
    assert row["lift_low"] > 1


def test_warning_runs_from_the_first_firing_at_any_horizon() -> None:
    row = record().loc["champion_left"]
    assert row["warned_churns"] == 5
    assert row["median_lead_days"] == np.median([250, 138, 138, 138, 138])
    assert row["median_decision_days"] == np.median([230, 118, 118, 118, 118])


def test_a_signal_adds_where_the_score_does_not_know_it() -> None:
    row = record(0.2, 0.2).loc["champion_left"]
    assert row["adds_to_model"]
    # Between zero and log(0.5 / 0.5) - log(0.1 / 0.9), pulled to zero by the prior.
    assert 0 < row["added_low"] < row["added_log_odds"] < np.log(9)


def test_a_signal_that_the_score_has_priced_in_adds_nothing() -> None:
    row = record(0.5, 0.1).loc["champion_left"]
    assert row["added_log_odds"] == pytest.approx(0, abs=1e-6)
    assert row["added_low"] < 0 < row["added_high"]
    assert not row["adds_to_model"]


def test_one_account_counts_once_however_often_it_is_seen() -> None:
    once = predictions(0.2, 0.2)
    twice = pd.concat([once, once.assign(cutoff=once["cutoff"] + pd.Timedelta(days=1))])
    tables = [record_signals(learning_data(), fired_signals(), frame, SETTINGS) for frame in (once, twice)]
    columns = ["added_log_odds", "added_low", "added_high"]
    one, other = (table.set_index("signal").loc["champion_left", columns].astype(float) for table in tables)
    assert one.to_numpy() == pytest.approx(other.to_numpy())


def test_what_nobody_watched_and_what_never_fired_are_told_apart() -> None:
    table = record()
    unwatched, silent = table.loc["invoice_overdue"], table.loc["gone_quiet"]
    assert not unwatched["is_watched"]
    assert unwatched["renewals"] == 0
    assert np.isnan(unwatched["churn_rate_silent"])
    assert silent["is_watched"]
    assert silent["fired_share"] == 0
    assert np.isnan(silent["churn_rate_fired"])
    assert silent["churn_rate_silent"] == pytest.approx(8 / 40)
    assert np.isnan(silent["lift"])
    assert pd.isna(silent["adds_to_model"])


def test_where_all_that_fired_came_to_the_same_end_there_is_no_interval() -> None:
    fired = fired_signals()
    number = fired["account_id"].str[1:].astype(int)
    fired["signal__has_gone_quiet"] = (~number.isin(CHURNED) & (number < FIRED)).astype(float)
    table = record_signals(learning_data(), fired, predictions(0.2, 0.2), SETTINGS).set_index("signal")
    row = table.loc["gone_quiet"]
    assert row["lift"] == 0
    assert np.isnan(row["lift_low"])
    assert np.isnan(row["lift_high"])


def test_the_table_keeps_its_contract_and_has_a_row_per_signal() -> None:
    table = record().reset_index(drop=True)
    assert list(table.columns) == list(RECORD_COLUMNS) == list(output_contracts()["signal_track_record"].column_names)
    assert list(table["signal"]) == sorted(load_signals())
    check_output(output_contracts()["signal_track_record"], table)


def test_without_predictions_or_outcomes_it_says_nothing() -> None:
    data = learning_data()
    none = predictions(0.2, 0.2).head(0)
    table = record_signals(data, fired_signals(), none, SETTINGS)
    assert table["added_log_odds"].isna().all()
    early = replace(data, labels=data.labels.head(0))
    empty = record_signals(early, fired_signals(), none, SETTINGS)
    assert (empty["renewals"] == 0).all()
    assert not empty["is_watched"].any()
    check_output(output_contracts()["signal_track_record"], empty)
