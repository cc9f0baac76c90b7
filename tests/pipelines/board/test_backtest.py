"""The walk forward on the model page: every figure with its interval, and no more said than it holds."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest

from models.drift import DRIFT_COLUMNS
from models.plots import auc_by_cutoff
from models.settings import ModelSettings
from models.slices import SLICES
from pipelines.backtest_display import CALIBRATION, CATCH, MODELS, PARTS, RANKING
from pipelines.board import backtest as board
from pipelines.board import model_charts as charts
from pipelines.board.widgets import chart
from pipelines.workspace import Workspace


def metric(model: str, name: str, value: float, **columns: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"band": "90-180", "slice_by": "all", "slice": "all", "low": value - 0.1}
    usual |= {"high": value + 0.1, "rows": 90, "renewals": 50, "churns": 12, "cutoffs": 4, "beats_base_rate": None}
    return usual | {"model": model, "metric": name, "value": value} | columns


METRICS = pd.DataFrame(
    [
        metric("base_rate", "roc_auc", 0.5),
        metric("churn_probability", "roc_auc", 0.7, beats_base_rate=True),
        metric("churn_probability", "brier_skill", 0.05, beats_base_rate=False),
        metric("churn_probability", "brier_skill", 0.2, band="0-89"),
        metric("churn_probability", "roc_auc", 0.7, slice_by="segment", slice="mid_market"),
        metric("usage_view", "roc_auc", 0.6, slice_by="segment", slice="mid_market"),
    ]
)


def drift_of(*rows: tuple[str, str, bool]) -> pd.DataFrame:
    filled = [(kind, name, 0.1, 0.2, 0.3, 0.04, drifts, f"{name}.") for kind, name, drifts in rows]
    return pd.DataFrame(filled, columns=list(DRIFT_COLUMNS))


def test_every_figure_of_the_terminal_has_a_name_of_its_own() -> None:
    assert set(board.METRICS.values()) == {*RANKING, *CATCH, *CALIBRATION, *PARTS}
    assert board.USUAL in board.CHARTED
    assert set(board.METRICS) - set(board.CHARTED) == {"uncertainty"}
    assert board.USUAL in board.SLICED


def test_figures_stand_by_horizon_model_and_name() -> None:
    table = board.figure_table(METRICS, "90-180")
    assert table[["figure", "model", "value", "beats the base rate"]].to_numpy().tolist() == [
        ["AUC", "base rate", 0.5, ""],
        ["AUC", "churn probability", 0.7, ""],
        ["Brier skill", "churn probability", 0.05, "no"],
    ]
    assert board.bands(METRICS) == {"90-180 days ahead": "90-180", "0-89 days ahead": "0-89"}


def test_slices_are_of_the_shipped_model() -> None:
    assert board.slices_of(METRICS) == {"segment": "segment"}
    table = board.slice_table(METRICS, "90-180", "segment")
    assert table[["slice", "figure", "lost", "value"]].to_numpy().tolist() == [["mid market", "AUC", 12, 0.7]]
    assert board.slice_table(METRICS, "0-89", SLICES[0]).empty


def test_the_page_says_first_whether_the_base_rate_is_beaten() -> None:
    first, second = board.lead(METRICS, drift_of(("feature", "a", False)))
    assert first.startswith("The model does not demonstrably beat the base rate")
    assert second == board.HOLDS
    assert board.lead(METRICS.iloc[:0], None)[0].startswith("Too few outcomes have matured")


def test_what_drifts_comes_first() -> None:
    drift = drift_of(("feature", "a", False), ("calibration", "b", True))
    assert list(board.drift_table(drift)["what"]) == ["b", "a"]
    assert list(board.drift_table(drift)["drifts"]) == ["yes", "no"]
    (said,) = board.drift_in_words(drift)
    assert said == "What the model learned no longer holds for the calibration. The table of drift says how far."


def test_what_cannot_be_told_yet_is_not_said_to_hold() -> None:
    drift = drift_of(("feature", "a", False), ("calibration", "b", False), ("new_outcomes", "c", False))
    told = board.drift_in_words(drift.assign(current=[0.5, np.nan, np.nan]))
    assert told == (board.HOLDS, "Nothing can be told yet of calibration and new outcomes: see the table.")


def predictions(count: int = 40) -> pd.DataFrame:
    place = np.arange(count)
    return pd.DataFrame(
        {
            "model": "churn_probability",
            "cutoff": pd.Timestamp("2025-01-06"),
            "account_id": [f"A{each:03}" for each in place],
            "renewal_id": [f"R{each:03}" for each in place],
            "contract_id": [f"C{each:03}" for each in place],
            "as_of": pd.Timestamp("2025-01-06"),
            "band": "90-180",
            "probability": (place + 1) / (count + 1),
            "is_churned": place % 3 == 0,
            "weight": 1.0,
        }
    )


def test_charts_are_as_wide_as_the_page_and_say_what_they_show() -> None:
    figures = board.figure_table(METRICS, "90-180")
    slices = board.slice_table(METRICS, "90-180", "segment")
    for drawn in (
        charts.reliability(predictions(), ModelSettings()),
        charts.ranking_by_cutoff(auc_by_cutoff(predictions().assign(cutoff=date(2025, 1, 6)))),
        charts.figure_chart(figures, "AUC"),
        charts.slice_chart(slices, "AUC"),
    ):
        assert drawn.to_dict()["description"]
        assert json.loads(chart(drawn).specification)["width"] == "container"
    assert set(MODELS.values()) >= set(figures["model"])


def test_a_figure_is_held_to_the_value_at_which_it_says_nothing() -> None:
    drawn = charts.figure_chart(board.figure_table(METRICS, "90-180"), "AUC").to_dict()
    assert [{"neutral": 0.5}] in drawn["datasets"].values()


def test_cutoffs_hold_the_auc_of_each_horizon() -> None:
    table = board.cutoff_table(auc_by_cutoff(predictions()))
    assert list(table["cut-off"]) == ["2025-01-06"]
    assert list(table["lost"]) == [14]


def test_a_reliability_diagram_is_drawn_once_per_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawn: list[str] = []

    def reliability(*_: object) -> alt.LayerChart:
        drawn.append("once more")
        return alt.layer(alt.Chart().mark_point())

    revision: str | None = "first"
    monkeypatch.setattr(charts, "revision", lambda *_: revision)
    monkeypatch.setattr(charts, "published", lambda *_: predictions())
    monkeypatch.setattr(charts, "reliability", reliability)
    workspace, settings = Workspace(tmp_path), ModelSettings()
    first = charts.published_reliability(workspace, settings)
    assert charts.published_reliability(workspace, settings) is not first
    assert len(drawn) == 1
    revision = "second"
    charts.published_reliability(workspace, settings)
    assert len(drawn) == 2
    assert charts.published_reliability(workspace, settings, "rolling") is None
    revision = None
    assert charts.published_reliability(workspace, settings) is None


def test_slices_without_interval_are_in_the_table_alone() -> None:
    few = metric("churn_probability", "roc_auc", 1.0, slice_by="segment", slice="smb", low=np.nan, high=np.nan)
    table = board.slice_table(pd.concat([METRICS, pd.DataFrame([few])]), "90-180", "segment")
    assert list(table["slice"]) == ["mid market", "smb"]
    drawn = charts.slice_chart(table, "AUC").to_dict()
    assert "mid market" in str(drawn["datasets"])
    assert "smb" not in str(drawn["datasets"])
    assert "fewer than 7 churns" in board.slice_reading(ModelSettings(slice_minimum_churns=7))


def test_short_terms_are_no_days_ahead() -> None:
    title = charts.reliability(predictions().assign(band="rolling"), ModelSettings(), "rolling").to_dict()["title"]
    assert title == "terms under 180 days"
