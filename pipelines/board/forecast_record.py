"""What the forecast page shows of past forecasts: how far off, how often inside the band, beside naive ones.

Figures are those of `forecast_track_record` and its summary; what was published and what was reconstructed stand apart.
"""

from typing import Final

import pandas as pd

from models.forecast.naive import NAIVE
from models.forecast.record import RECORD_COLUMNS
from models.forecast.record_summary import summarize_record
from models.settings import ForecastSettings
from pipelines.board.tables import newest_by
from pipelines.board.widgets import number, share, whole_share
from pipelines.figures_in_words import between, counted
from pipelines.forecast_display import HEADLINE_DAYS, NAIVE_NAMES, ORIGINS
from pipelines.workspace import Workspace

OURS: Final = "forecast"
_ERRORS: Final = tuple(f"error: {name}" for name in NAIVE_NAMES.values())
SUMMARY_FORMATS: Final = {
    **dict.fromkeys(("mean error", "median error", *_ERRORS), number(1)),
    "bias": number(1, signed=True),
    "in the band": whole_share,
}
RECORD_FORMATS: Final = {
    **dict.fromkeys(("forecast", "from", "to", "came"), share),
    **dict.fromkeys(("error", *_ERRORS), number(1, signed=True)),
}
READING: Final = (
    "Bars: the band, which is to hold four quarters of five. Errors are in points of GRR, above zero where too much "
    "was promised. Skill is the share of the mean error saved against a naive forecast. Intervals are 90 %."
)
NOTHING: Final = "No forecast has come to its end yet."


def record_beside(workspace: Workspace, forecast: pd.DataFrame) -> pd.DataFrame:
    """Return the newest record that a forecast could have known, or one without rows.

    Args:
        workspace: The workspace.
        forecast: The published `renewal_forecast`, not empty.

    Raises:
        PublishedError: If the file that the manifest names is missing or has changed.
    """
    record = newest_by(workspace, "forecast_track_record", pd.Timestamp(forecast["as_of"].iloc[0]).date())
    return pd.DataFrame(columns=list(RECORD_COLUMNS)) if record is None else record


def origins(record: pd.DataFrame) -> dict[str, str]:
    """Return where the forecasts on record come from, by the words for it; what was published first."""
    there = set(record["origin"])
    return {words: origin for origin, words in ORIGINS.items() if origin in there}


def distances(record: pd.DataFrame) -> tuple[list[str], str]:
    """Return the days ahead that there are, and those to begin with, as text."""
    days = sorted({int(each) for each in record["days_ahead"]})
    return [str(each) for each in days], str(HEADLINE_DAYS if HEADLINE_DAYS in days else days[0])


def summary_table(record: pd.DataFrame, origin: str, settings: ForecastSettings) -> pd.DataFrame:
    """Return how forecasts of one origin did, a line per distance.

    Args:
        record: The published `forecast_track_record`.
        origin: One of the values of `origins`.
        settings: Quarters below which no skill is claimed.
    """
    summary = summarize_record(record, settings)
    rows = summary[summary["origin"] == origin].reset_index(drop=True)
    table = {
        "days ahead": rows["days_ahead"],
        "quarters": rows["quarters"],
        "in the band": rows["coverage"],
        "90 %": [between(low, high) for low, high in zip(rows["coverage_low"], rows["coverage_high"], strict=True)],
        "mean error": 100 * rows["mean_error"],
        "median error": 100 * rows["median_error"],
        "bias": 100 * rows["bias"],
    }
    for name in NAIVE:
        table[f"error: {NAIVE_NAMES[name]}"] = 100 * rows[f"{name}_mean_error"].astype("float64")
        table[f"skill: {NAIVE_NAMES[name]}"] = [
            "too few" if pd.isna(skill) else f"{skill:+.0%} ({low:+.0%} to {high:+.0%})"
            for skill, low, high in zip(
                *(rows[f"{name}_{figure}"] for figure in ("skill", "skill_low", "skill_high")), strict=True
            )
        ]
    return pd.DataFrame(table)


def mean_errors(record: pd.DataFrame, origin: str, settings: ForecastSettings) -> pd.DataFrame:
    """Return the mean error of each forecaster by distance: days_ahead, forecaster, error in points of GRR."""
    summary = summarize_record(record, settings)
    rows = summary[summary["origin"] == origin]
    named = {"mean_error": OURS} | {f"{name}_mean_error": words for name, words in NAIVE_NAMES.items()}
    long = rows.melt("days_ahead", list(named), var_name="forecaster", value_name="error")
    long["error"] = 100 * long["error"].astype("float64")
    long["forecaster"] = long["forecaster"].map(named)
    return long.dropna(subset="error").reset_index(drop=True)


def quarters(record: pd.DataFrame, origin: str, currency: str, days_ahead: str) -> pd.DataFrame:
    """Return the forecasts of one origin, currency and distance whose end is known, by quarter."""
    rows = record[
        (record["origin"] == origin)
        & (record["currency"] == currency)
        & (record["days_ahead"] == int(days_ahead))
        & record["actual_grr"].notna()
    ]
    return rows.sort_values("period", ignore_index=True)


def quarters_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return past forecasts as people read them.

    Args:
        rows: As `quarters` returns them.
    """
    inside = rows["is_inside"].map({True: "yes", False: "no"})
    return pd.DataFrame(
        {
            "quarter": rows["period"],
            "made on": rows["as_of"].astype("string"),
            "renewals": rows["renewals"],
            "forecast": rows["forecast_grr"],
            "from": rows["grr_p10"],
            "to": rows["grr_p90"],
            "came": rows["actual_grr"],
            "inside": inside.where(inside.notna(), "–"),
            "error": 100 * rows["error"].astype("float64"),
            **{f"error: {words}": 100 * rows[f"{name}_error"].astype("float64") for name, words in NAIVE_NAMES.items()},
        }
    )


def in_words(rows: pd.DataFrame, days_ahead: str) -> str:
    """Return how the forecasts of one distance did, in a sentence.

    Args:
        rows: As `quarters` returns them.
        days_ahead: Their distance.
    """
    judged = rows[rows["is_inside"].notna()]
    if judged.empty:
        return NOTHING
    inside = int(judged["is_inside"].astype(bool).sum())
    return (
        f"{days_ahead} days ahead, {counted(len(judged), 'quarter')}: off by {100 * judged['error'].abs().mean():.1f} "
        f"points of GRR on average, inside the band in {inside} of them."
    )
