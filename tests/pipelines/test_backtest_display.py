import io

import pandas as pd
from rich.console import Console

from pipelines.backtest_display import print_backtest, print_slices

COUNTS = {"rows": 500, "renewals": 412, "churns": 51, "cutoffs": 11, "beats_base_rate": True}
MODELS = ("base_rate", "gut_view", "logistic_usage", "logistic_full", "usage_view", "churn_probability")
METRICS = (
    "roc_auc",
    "average_precision",
    "brier_skill",
    "top_decile_lift",
    "top_decile_recall",
    "capacity_recall",
    "calibration_slope",
    "calibration_intercept",
    "brier_miscalibration",
    "brier_skill_difference_to_usage_view",
    "churn_rate",
)


def metrics(slice_by: str = "all", value: str = "all", low: float = -0.412345) -> pd.DataFrame:
    rows = [(model, metric) for model in MODELS for metric in METRICS]
    frame = pd.DataFrame(rows, columns=["model", "metric"])
    return frame.assign(band="90-180", slice_by=slice_by, slice=value, value=-0.123456, low=low, high=1.2345, **COUNTS)


def shown(*, slice_by: str | None = None, **fields: pd.DataFrame) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    table = pd.concat(fields.values(), ignore_index=True)
    if slice_by is None:
        print_backtest(console, table)
    else:
        print_slices(console, table, slice_by)
    return console.file.getvalue().splitlines()


def test_the_headline_is_shown_in_full_and_first_in_eighty_columns() -> None:
    near = metrics().assign(band="0-89")
    lines = shown(near=near, headline=metrics())
    assert lines[0].startswith("90-180 days ahead: 51 of 412 renewals churned, 11 cut-offs")
    assert all(len(line) <= 80 for line in lines)
    for title in ("What the lists caught", "How true the probabilities were", "The Brier score is"):
        assert sum(line.startswith(title) for line in lines) == 1
    assert sum(line.startswith("0-89 days ahead") for line in lines) == 1


def test_slices_do_not_spill_into_the_whole() -> None:
    whole = shown(whole=metrics())
    assert shown(whole=metrics(), slices=metrics("segment", "smb").assign(value=0.9)) == whole


def test_a_slice_is_a_row_with_its_churn_and_one_that_claims_nothing_has_no_interval() -> None:
    lines = shown(
        slice_by="segment",
        whole=metrics(),
        much=metrics("segment", "smb", low=0.01),
        few=metrics("segment", "a_segment_with_a_long_name", low=float("nan")).assign(churns=3),
    )
    assert all(len(line) <= 80 for line in lines)
    (few,) = [number for number, line in enumerate(lines) if "a_segment_with_a" in line]
    assert "3 of 412" in lines[few]
    assert "to" not in lines[few] + lines[few + 1].split("smb")[0]
    (much,) = [number for number, line in enumerate(lines) if "smb" in line]
    assert "1% to 123%" in lines[much + 1]
