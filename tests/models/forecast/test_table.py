from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.baselines import BaseRates
from models.forecast.expectation import SCORE_COLUMNS
from models.forecast.outlook import Outlook
from models.forecast.table import FORECAST_COLUMNS, FORECAST_KEY, LEVELS, forecast_renewals
from models.settings import ForecastSettings, ModelSettings

Make = Callable[..., pd.DataFrame]
NOBODY = pd.DataFrame(columns=list(SCORE_COLUMNS))
MODEL, SETTINGS = ModelSettings(), ForecastSettings()


def total(table: pd.DataFrame, period: str, currency: str = "USD") -> pd.Series:
    rows = table[(table["level"] == "total") & (table["period"] == period) & (table["currency"] == currency)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_certain_and_uncertain_parts_add_up_to_the_cent(make_dues: Make, make_scores: Make, outlook: Outlook) -> None:
    dues = make_dues(
        status=["open", "overdue", "known_loss", "already_renewed", "decided", "decided", "quarantined"],
        outcome=[None, None, "churned", "renewed", "renewed", "churned", None],
        retained_share=[np.nan, np.nan, 0.0, 0.5, 1.0, 0.0, np.nan],
        renewal_date=["2024-06-01", "2024-01-05", "2024-06-02", "2024-06-03", "2024-04-04", "2024-04-05", "2024-06-06"],
        term_start_date=["2023-01-05"] * 7,
        arr=[1000.01, 100.10, 10.0, 20.02, 5.0, 7.0, 3.33],
    )
    row = total(forecast_renewals(dues, make_scores(dues.head(2), [0.25, 0.5]), outlook, MODEL, SETTINGS), "2024-Q2")
    parts = ["open", "overdue", "known_loss", "already_renewed", "decided", "quarantined"]
    assert [row[f"arr_{part}"] for part in parts] == [1000.01, 100.10, 10.0, 20.02, 12.0, 3.33]
    assert [row[f"renewals_{part}"] for part in parts] == [1, 1, 1, 1, 2, 1]
    assert row["arr_due"] == 1145.46
    assert row["expected_churned_arr"] == pytest.approx(250.0 + 50.05 + 10.0 + 7.0)
    assert row["expected_retained_arr"] == pytest.approx(750.01 + 50.05 + 10.01 + 5.0)
    assert row["expected_contracted_arr"] == pytest.approx(10.01)
    assert row["expected_grr"] == pytest.approx(815.07 / 1142.13)
    assert row["expected_renewal_rate"] == pytest.approx((0.75 + 0.5 + 1 + 1) / 6)
    assert row["naive_always_renews"] == pytest.approx((1000.01 + 100.10 + 10.01 + 5.0) / 1142.13)


def test_what_may_be_committed_to(make_dues: Make, make_scores: Make, outlook: Outlook) -> None:
    dues = make_dues(
        status=["open", "open", "open", "overdue", "overdue", "already_renewed"],
        renewal_date=["2024-06-01"] * 3 + ["2024-05-01"] * 2 + ["2024-06-01"],
        outcome=[None] * 5 + ["renewed"],
        retained_share=[np.nan] * 5 + [0.9],
        arr=[1.0, 2.0, 4.0, 8.0, 16.0, 100.0],
    )
    scores = make_scores(dues.head(5), [0.05, 0.2, 0.5, 0.05, 0.5])
    row = total(forecast_renewals(dues, scores, outlook, MODEL, SETTINGS), "2024-Q2")
    assert row["commit_arr"] == 91.0
    assert row["best_case_arr"] == 91.0 + 2.0 + 8.0
    assert row["at_risk_arr"] == 4.0 + 16.0


def test_a_contract_is_due_once_in_a_quarter_and_kept_only_if_it_passes_every_renewal(
    make_dues: Make, outlook: Outlook
) -> None:
    dues = make_dues(
        account_id=["a", "a"],
        contract_id=["c", "c"],
        renewal_date=["2024-07-01", "2024-08-01"],
        term_start_date=["2024-06-01", "2024-07-01"],
        arr=[1000.0, 1500.0],
    )
    table = forecast_renewals(dues, NOBODY, outlook, MODEL, SETTINGS)
    due = table[table["level"] == "total"].set_index("period")["arr_due"]
    assert due.to_dict() == {"2024-Q3": 1000.0, "2024-07": 1000.0, "2024-08": 1500.0}
    # Of a monthly plan the model says how likely any of six renewals churns.
    kept_in_july, kept_in_august = 0.9 ** (30 / 180), 0.9 ** (31 / 180)
    assert total(table, "2024-08")["expected_churned_arr"] == round(1500 * (1 - kept_in_august), 2)
    row = total(table, "2024-Q3")
    assert row["expected_churned_arr"] == round(1000 * (1 - kept_in_july * kept_in_august), 2)
    assert (row["renewals_due"], row["renewals_open"], row["renewals_without_score"]) == (1, 1, 1)
    assert row["expected_renewal_rate"] == pytest.approx(kept_in_july * kept_in_august, abs=1e-6)


def test_a_monthly_plan_lost_in_august_is_lost_to_its_quarter(make_dues: Make, outlook: Outlook) -> None:
    dues = make_dues(
        account_id=["a", "a", "b", "b", "c", "c"],
        contract_id=["c1", "c1", "c2", "c2", "c3", "c3"],
        renewal_date=["2024-04-10", "2024-05-10", "2024-04-10", "2024-06-10", "2024-04-10", "2024-04-10"],
        term_start_date=["2024-03-10", "2024-04-10", "2024-03-10", "2024-05-10", "2023-04-10", "2023-04-10"],
        status=["decided", "decided", "decided", "known_loss", "decided", "decided"],
        outcome=["renewed", "churned", "renewed", None, "renewed", "churned"],
        retained_share=[1.0, 0.0, 0.5, np.nan, 0.8, 0.0],
        arr=[100.0, 100.0, 10.0, 5.0, 1.0, 1.0],
    )
    table = forecast_renewals(dues, NOBODY, outlook, MODEL, SETTINGS)
    quarter, april = total(table, "2024-Q2"), total(table, "2024-04")
    # Beside the first renewal, not after it, the second of the third contract is no link.
    assert (quarter["arr_due"], quarter["expected_churned_arr"], quarter["expected_retained_arr"]) == (
        111.0,
        110.0,
        0.8,
    )
    assert (quarter["arr_decided"], quarter["arr_known_loss"]) == (101.0, 10.0)
    assert (quarter["grr_p10"], quarter["grr_p90"]) == pytest.approx((0.8 / 111, 0.8 / 111))
    assert (quarter["naive_always_renews"], quarter["commit_arr"]) == (pytest.approx(0.8 / 111), 0.8)
    assert quarter["expected_renewal_rate"] == pytest.approx(1 / 3, abs=1e-6)
    assert april["expected_retained_arr"] == 105.8


def test_bounds_of_a_chain_are_those_of_passing_all_of_it(make_dues: Make, outlook: Outlook) -> None:
    size = 300
    july = make_dues(renewal_date=["2024-07-01"] * size, term_start_date=["2024-06-01"] * size)
    august = july.assign(
        renewal_id="next " + july["renewal_id"],
        term_start_date=july["renewal_date"],
        renewal_date=pd.Timestamp("2024-08-01").as_unit("us"),
    )
    rates = outlook.base_rates.rates | {"rolling": 0.8}
    steep = replace(outlook, base_rates=BaseRates(rates))
    row = total(forecast_renewals(pd.concat([july, august]), NOBODY, steep, MODEL, SETTINGS), "2024-Q3")
    kept = 0.2 ** (61 / 180)
    assert row["renewals_due"] == size
    assert row["renewal_rate_p50"] == pytest.approx(kept, abs=0.01)
    assert row["renewal_rate_p90"] == pytest.approx(kept + 1.2816 * np.sqrt(kept * (1 - kept) / size), abs=0.01)


def test_what_is_not_scored_stands_with_a_base_rate_and_is_counted(make_dues: Make, outlook: Outlook) -> None:
    dues = make_dues(renewal_date=["2024-08-01", "2025-06-01"])
    table = forecast_renewals(dues, NOBODY, outlook, MODEL, SETTINGS)
    for period in ("2024-Q3", "2025-Q2"):
        assert total(table, period)["renewals_without_score"] == 1
        assert total(table, period)["expected_churned_arr"] == 100.0


def test_currencies_are_never_added_and_missing_places_are_unknown(make_dues: Make, outlook: Outlook) -> None:
    dues = make_dues(currency=["USD", "EUR"], region=[None, "north"], arr=[100.0, 10.0])
    table = forecast_renewals(dues, NOBODY, outlook, MODEL, SETTINGS)
    assert total(table, "2024-Q3", "USD")["arr_due"] == 100.0
    assert total(table, "2024-Q3", "EUR")["arr_due"] == 10.0
    by_region = table[(table["level"] == "region") & (table["period"] == "2024-Q3")]
    assert list(zip(by_region["currency"], by_region["region"], strict=True)) == [("EUR", "north"), ("USD", "unknown")]


def test_one_renewal_and_no_money_work(make_dues: Make, make_scores: Make, outlook: Outlook) -> None:
    dues = make_dues(arr=[0.0])
    row = total(forecast_renewals(dues, make_scores(dues, [0.3]), outlook, MODEL, SETTINGS), "2024-Q3")
    assert row["arr_due"] == 0
    assert np.isnan(row["expected_grr"])
    assert np.isnan(row["grr_p50"])
    assert row["expected_renewal_rate"] == pytest.approx(0.7)
    assert (row["renewal_rate_p10"], row["renewal_rate_p50"], row["renewal_rate_p90"]) == (0.0, 1.0, 1.0)
    empty = forecast_renewals(dues.head(0), NOBODY, outlook, MODEL, SETTINGS)
    assert tuple(empty.columns) == FORECAST_COLUMNS


def many(make_dues: Make) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    size = 300
    start = pd.Timestamp("2024-06-01")
    return make_dues(
        renewal_date=[start + pd.Timedelta(days=int(days)) for days in generator.integers(0, 300, size)],
        arr=list(np.round(np.exp(generator.normal(8, 1, size)), 2)),
        segment=list(generator.choice(["smb", "enterprise"], size)),
        region=list(generator.choice(["north", "south"], size)),
        csm_id=list(generator.choice(["m1", "m2", "m3"], size)),
    )


def test_every_level_adds_up_and_neither_order_nor_repetition_changes_a_byte(
    make_dues: Make, make_scores: Make, outlook: Outlook
) -> None:
    dues = many(make_dues)
    scores = make_scores(dues, list(np.linspace(0.01, 0.6, len(dues))))
    table = forecast_renewals(dues, scores, outlook, MODEL, SETTINGS)
    shuffled = forecast_renewals(
        dues.sample(frac=1, random_state=1), scores.sample(frac=1, random_state=2), outlook, MODEL, SETTINGS
    )
    pd.testing.assert_frame_equal(table, shuffled, check_exact=True)
    assert not table.duplicated(list(FORECAST_KEY)).any()
    money = ["arr_due", "expected_churned_arr", "expected_contracted_arr", "expected_retained_arr", "commit_arr"]
    cents = table.assign(**{name: (100 * table[name]).round().astype("int64") for name in money})
    sums = cents.groupby(["period_kind", "period", "level"])[money].sum()
    for level in LEVELS:
        pd.testing.assert_frame_equal(sums.xs(level, level="level"), sums.xs("total", level="level"))
    assert (cents[money[1:4]].sum(axis=1) == cents["arr_due"]).all()


def test_bounds_lie_around_what_is_expected_and_are_those_of_coins(
    make_dues: Make, make_scores: Make, outlook: Outlook
) -> None:
    size = 400
    dues = make_dues(arr=[100.0] * size)
    row = total(forecast_renewals(dues, make_scores(dues, [0.1] * size), outlook, MODEL, SETTINGS), "2024-Q3")
    deviation = np.sqrt(0.1 * 0.9 / size)
    assert row["expected_renewal_rate"] == pytest.approx(0.9)
    assert row["renewal_rate_p50"] == pytest.approx(0.9, abs=0.003)
    assert row["renewal_rate_p10"] == pytest.approx(0.9 - 1.2816 * deviation, abs=0.004)
    assert row["renewal_rate_p90"] == pytest.approx(0.9 + 1.2816 * deviation, abs=0.004)
    assert row["grr_p50"] == pytest.approx(0.9, abs=0.003)
    assert row["retained_arr_p50"] == pytest.approx(100 * size * row["grr_p50"])


def test_a_renewal_that_goes_shuffles_no_other(make_dues: Make, make_scores: Make, outlook: Outlook) -> None:
    dues = many(make_dues)
    scores = make_scores(dues, list(np.linspace(0.01, 0.6, len(dues))))
    fewer = dues.drop(index=dues.index[dues["csm_id"] == "m2"][::7])
    books = [
        forecast_renewals(each, scores, outlook, MODEL, SETTINGS, levels=("csm",)).set_index(["period", "csm_id"])
        for each in (dues, fewer)
    ]
    (with_all, without), bounds = books, ["grr_p10", "grr_p50", "grr_p90", "renewal_rate_p10"]
    is_other = with_all.index.get_level_values("csm_id") != "m2"
    pd.testing.assert_frame_equal(with_all.loc[is_other, bounds], without[bounds].reindex(with_all.index[is_other]))
    assert not with_all.loc[~is_other, bounds].equals(without[bounds].reindex(with_all.index[~is_other]))


def test_bounds_are_outcomes_and_one_account_is_lost_as_often_as_it_should_be(
    make_dues: Make, make_scores: Make, outlook: Outlook
) -> None:
    dues = make_dues(arr=[900.0, 100.0])
    no_contraction = replace(outlook, contraction=replace(outlook.contraction, contracted_shares=(1.0,)))
    for large, lower in ((0.098, 1.0), (0.103, 0.1)):
        for seed in range(5):
            settings = SETTINGS.model_copy(update={"seed": seed})
            table = forecast_renewals(dues, make_scores(dues, [large, 1e-6]), no_contraction, MODEL, settings)
            assert total(table, "2024-Q3")["grr_p10"] == pytest.approx(lower)


def test_naive_forecasts_look_at_what_was_on_record_as_long_before(make_dues: Make, outlook: Outlook) -> None:
    settled = {"status": "decided", "outcome": "renewed"}
    rows = [
        {"renewal_date": "2024-08-01"},
        {**settled, "renewal_date": "2023-09-01", "term_start_date": "2022-09-01", "retained_share": 0.6},
        {**settled, "renewal_date": "2024-02-01", "term_start_date": "2023-02-01", "retained_share": 1.0},
        # A monthly plan: at the same distance from its quarter nobody knew of it.
        {**settled, "renewal_date": "2023-09-15", "term_start_date": "2023-08-15", "retained_share": 0.0},
    ]
    parts = [make_dues(**{name: [value] for name, value in row.items()}) for row in rows]
    dues = pd.concat([part.assign(account_id=f"a{at}", renewal_id=f"r{at}") for at, part in enumerate(parts)])
    row = total(forecast_renewals(dues.reset_index(drop=True), NOBODY, outlook, MODEL, SETTINGS), "2024-Q3")
    assert row["naive_always_renews"] == 1.0
    assert row["naive_last_year"] == pytest.approx(0.6)
    assert row["naive_trailing_year"] == pytest.approx(0.8)
