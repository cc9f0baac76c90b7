from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.baselines import BaseRates
from models.gut_feel import GutTable
from models.learning import Cohort, FloatArray, weights_of
from models.settings import SCORED_BANDS, ModelSettings

Rows = Callable[..., pd.DataFrame]
BASE = BaseRates(dict.fromkeys(SCORED_BANDS, 0.1))


def fit(rows: pd.DataFrame, outcomes: list[float], settings: ModelSettings) -> GutTable:
    return GutTable.fit(Cohort(pd.Timestamp("2024-09-01"), rows, np.array(outcomes), weights_of(rows)), BASE, settings)


def view(table: GutTable, rows: pd.DataFrame) -> FloatArray:
    return table.view(rows, rows["band"], BASE)


def test_a_cell_is_its_own_rate_mixed_with_what_the_colour_means(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(sentiment=["red"] * 4, pulse_state=["fresh"] * 4)
    # A tight prior holds the colour at the base rate, so that only the cell's own mixture is left.
    settings = ModelSettings(colour_shift_sd=1e-6, gut_cell_strength=6.0)

    table = fit(rows, [1.0, 1.0, 1.0, 0.0], settings)

    assert table.rates["red|fresh|90-180"] == pytest.approx((3 + 6 * 0.1) / (4 + 6))
    assert table.rates["red|stale|90-180"] == pytest.approx(0.1)
    assert table.rates["green|fresh|0-89"] == pytest.approx(0.1)


def test_what_a_colour_means_carries_over_to_cells_never_seen(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(sentiment=["red"] * 200 + ["green"] * 200, pulse_state=["fresh"] * 400)
    table = fit(rows, [1.0, 0.0] * 100 + [0.0] * 200, ModelSettings())
    assert table.rates["red|stale|0-89"] > 0.4
    assert table.rates["green|stale|0-89"] < 0.05
    assert table.rates["yellow|fresh|0-89"] == pytest.approx(0.1)


def test_an_absent_pulse_is_worth_the_base_rate_whatever_colour_it_had(snapshot_rows: Rows) -> None:
    rows = snapshot_rows(sentiment=["red"] * 50, pulse_state=["fresh"] * 50)
    table = fit(rows, [1.0] * 50, ModelSettings())
    asked = snapshot_rows(
        sentiment=["red", "red", None, None, "red"],
        pulse_state=["fresh", "absent", "absent", "fresh", "fresh"],
        band=["90-180", "90-180", "0-89", "0-89", "beyond"],
    )
    seen = view(table, asked)
    assert seen[0] > 0.5
    assert seen[1:4].tolist() == [0.1, 0.1, 0.1]
    assert np.isnan(seen[4])


def test_many_views_of_one_renewal_count_once(snapshot_rows: Rows) -> None:
    once = snapshot_rows(renewal_id=["r"], sentiment=["red"], pulse_state=["fresh"])
    often = snapshot_rows(renewal_id=["r"] * 9, account_id=["a0"] * 9, sentiment=["red"] * 9, pulse_state=["fresh"] * 9)
    one, nine = fit(once, [1.0], ModelSettings()), fit(often, [1.0] * 9, ModelSettings())
    assert nine.rates == pytest.approx(one.rates)
