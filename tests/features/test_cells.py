"""Days that no date tells apart: where the edges of windows fall."""

from datetime import date

import pandas as pd
import pytest

from features.cells import cell_days, cell_windows
from features.engine import DuckDBEngine, Engine


@pytest.fixture
def engine() -> Engine:
    return DuckDBEngine(threads=1)


def days_and_windows(engine: Engine, dates: list[date], edges: tuple[int, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    moments = engine.from_pandas(pd.DataFrame({"as_of": dates}), {"as_of": "date"})
    days = engine.store(cell_days(moments, edges))
    windows = engine.to_pandas(cell_windows(moments, days, edges), ("as_of", "cell"))
    return engine.to_pandas(days, ("day",)), windows


def test_dates_that_share_edges_share_cells(engine: Engine) -> None:
    days, windows = days_and_windows(engine, [date(2024, 1, 8), date(2024, 1, 15), date(2024, 1, 8)], (0, 7, 14))
    assert days.groupby("cell").day.agg(["min", "max"]).reset_index().astype("str").to_numpy().tolist() == [
        ["2023-12-25", "2023-12-25", "2023-12-31"],
        ["2024-01-01", "2024-01-01", "2024-01-07"],
        ["2024-01-08", "2024-01-08", "2024-01-14"],
    ]
    assert windows.astype("str").to_numpy().tolist() == [
        ["2024-01-08", "2023-12-25", "1"],
        ["2024-01-08", "2024-01-01", "0"],
        ["2024-01-15", "2024-01-01", "1"],
        ["2024-01-15", "2024-01-08", "0"],
    ]


def test_another_date_cuts_the_cells_of_the_first(engine: Engine) -> None:
    days, windows = days_and_windows(engine, [date(2024, 1, 8), date(2024, 1, 10)], (0, 7))
    cells = days.groupby(["cell", "next_as_of"]).day.agg(["min", "max"]).reset_index().astype("str")
    assert cells.to_numpy().tolist() == [
        ["2024-01-01", "2024-01-08", "2024-01-01", "2024-01-02"],
        ["2024-01-03", "2024-01-08", "2024-01-03", "2024-01-07"],
        ["2024-01-08", "2024-01-10", "2024-01-08", "2024-01-09"],
    ]
    assert windows.astype("str").to_numpy().tolist() == [
        ["2024-01-08", "2024-01-01", "0"],
        ["2024-01-08", "2024-01-03", "0"],
        ["2024-01-10", "2024-01-03", "0"],
        ["2024-01-10", "2024-01-08", "0"],
    ]


def test_days_at_which_no_date_looks_have_no_cell(engine: Engine) -> None:
    days, _ = days_and_windows(engine, [date(2024, 1, 8), date(2024, 3, 4)], (0, 7))
    assert sorted(days.cell.astype("str").unique()) == ["2024-01-01", "2024-02-26"]
    assert len(days) == 14
