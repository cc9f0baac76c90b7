"""Writes docs/walk_forward.md: how good the predictions on the sample company were, out of time, oracle included.

    make figures

reads the backtest that `falsegreen demo` published and sets the oracle beside the models, on identical rows: the
probability with which the company was planted, given all that had happened by 180, 120, 90 or 30 days before the
renewal. Only this script and the tests of the sample company read that.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from models.evaluation import DIFFERENCE, evaluate
from models.figures import CHURN_RATE, DECOMPOSITION
from models.settings import HEADLINE_BAND, ModelSettings
from models.slices import EVERYTHING, HEALTHY_BY_USAGE, SLICES
from pipelines.manifest import published_dates, read_published
from pipelines.workspace import Workspace

ROOT = Path(__file__).parents[1]
CHECKPOINTS = (30, 90, 120, 180)
SPOKEN = {
    "base_rate": "base rate, as known at each cut-off",
    "gut_view": "colour only (`gut_view`)",
    "logistic_usage": "logistic regression, usage features",
    "logistic_full": "logistic regression, all features",
    "usage_view": "usage view (`usage_view`)",
    "churn_probability": "combined model (`churn_probability`)",
    "oracle": "oracle: knows all that had happened",
}
METRICS = {
    "roc_auc": "AUC",
    "average_precision": "average precision",
    "brier_skill": "Brier skill",
    "top_decile_lift": "lift, top decile",
}
CALIBRATION = {
    "calibration_slope": "slope",
    "calibration_intercept": "intercept",
    "log_loss": "log loss",
    "brier_miscalibration": "miscalibration",
    "brier_discrimination": "discrimination",
    "brier_uncertainty": "uncertainty",
}
CATCH = {
    "top_decile_recall": "churned renewals in the top decile",
    "top_decile_arr_share": "churned ARR there",
    "capacity_recall": "churned renewals at capacity",
    "capacity_arr_share": "churned ARR there",
    "capacity_lift": "lift at capacity",
}
OF_SLICE = {
    "roc_auc": "AUC",
    "brier_skill": "Brier skill",
    f"brier_skill{DIFFERENCE}usage_view": "Brier skill over the usage view",
    "calibration_intercept": "calibration intercept",
}
SPOKEN_SLICES = {
    "segment": "segment",
    "term": "length of term",
    "quarter": "quarter of the renewal",
    "usage_view": "what usage says",
}
BANDS = {"90-180": "90 to 180 days ahead (headline)", "0-89": "0 to 89 days ahead", "181-365": "181 to 365 days ahead"}


def wide_predictions(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cut-off and snapshot, with a column per model."""
    key = ["cutoff", "account_id", "renewal_id", "as_of"]
    facts = predictions[predictions["model"] == "base_rate"].drop(columns=["model", "probability", "calibration"])
    scores = predictions.set_index([*key, "model"])["probability"].unstack("model").reset_index()
    wide = facts.merge(scores, on=key, validate="one_to_one")
    # Terms under 180 days have another target; they are not shown here.
    return wide[wide["band"].isin(list(BANDS))].reset_index(drop=True)


def add_oracle(rows: pd.DataFrame, renewals: pd.DataFrame, planted: pd.DataFrame) -> pd.DataFrame:
    """Add the planted probability at the checkpoint nearest before each row's date.

    A row 100 days ahead gets what was true 120 days ahead: the oracle knows no more than had happened. Rows over 180
    days ahead have no checkpoint and no oracle.
    """
    newest = renewals.sort_values("recorded_at").drop_duplicates("renewal_id", keep="last")
    dates = newest[["renewal_id", "renewal_date"]].rename(columns={"renewal_date": "final_date"})
    planted = planted[["renewal_id", *(f"p_{days}" for days in CHECKPOINTS)]]
    known = rows.merge(dates, on="renewal_id").merge(planted, on="renewal_id")
    lead = (pd.to_datetime(known["final_date"]) - pd.to_datetime(known["as_of"])).dt.days.to_numpy()
    nearest = np.searchsorted(CHECKPOINTS, lead)
    oracle = np.full(len(known), np.nan)
    for position, days in enumerate(CHECKPOINTS):
        oracle = np.where(nearest == position, known[f"p_{days}"].to_numpy(dtype=np.float64), oracle)
    return known.assign(oracle=oracle)


def figures(rows: pd.DataFrame, settings: ModelSettings) -> pd.DataFrame:
    """Return the metrics of every model, the oracle too where all rows of a band have it; slices of the headline."""
    models = tuple(name for name in SPOKEN if name != "oracle")
    parts = []
    for band in BANDS:
        of_band = rows[rows["band"] == band]
        seen = (*models, "oracle") if of_band["oracle"].notna().all() else models
        slices = SLICES if band == HEADLINE_BAND else ()
        parts.append(evaluate(of_band.reset_index(drop=True), settings, models=seen, slices=slices))
    return pd.concat(parts, ignore_index=True)


def page(metrics: pd.DataFrame, as_of: str, accounts: int, settings: ModelSettings) -> str:
    """Return the page as Markdown."""
    lines = [
        "# Walking forward on the sample company",
        "",
        "Generated by `make figures`; do not edit. "
        f"The sample company at its default seed, {accounts} accounts, four years, as of {as_of}.",
        "",
        "At each cut-off everything that is fitted (margins, trees, calibrators, the meaning of a colour, the logistic "
        "regression and its scaling) is fitted on renewals that had matured by then; what was open is predicted, and "
        "the outcome awaited. All models stand on identical rows; each renewal counts once per band. In brackets the "
        f"{settings.interval_level:.0%} interval from {settings.bootstrap_resamples} resamples of accounts. Brier "
        "skill is against the base rate as it was known at each cut-off: zero is no better than naming the rate for "
        "everyone.",
        "",
    ]
    for band, title in BANDS.items():
        of_band = metrics[(metrics["band"] == band) & (metrics["slice_by"] == EVERYTHING)]
        first = of_band.iloc[0]
        lines += [
            f"## {title}",
            "",
            f"{first['renewals']} renewals, {first['churns']} churned, {first['cutoffs']} cut-offs.",
            "",
            *model_table(of_band, METRICS),
            "",
            "Calibration: slope and intercept of the outcome on the log-odds of the prediction (the intercept with the "
            "slope held at one), and the parts of the Brier score by isotonic regression (CORP): miscalibration - "
            "discrimination + uncertainty.",
            "",
            *model_table(of_band, CALIBRATION),
            "",
            "What the lists caught: in the top decile of each cut-off, and at the capacity of the team, the first "
            "accounts on each CSM's list of the cut-off (renewals of this horizon only), as many as the CSM's weekly "
            "capacity.",
            "",
            *model_table(of_band, CATCH),
            "",
            *judgement(metrics[metrics["band"] == band]),
        ]
        if band == HEADLINE_BAND:
            lines += slice_tables(metrics[metrics["band"] == band], settings)
    lines += [
        "The oracle knows every hidden event up to the newest of 180, 120, 90 and 30 days before the renewal that lies "
        "before the row's date, and not the draw itself. Beyond 180 days there is none.",
    ]
    return "\n".join(lines) + "\n"


def model_table(rows: pd.DataFrame, metrics: dict[str, str]) -> list[str]:
    """Return a table with a row per model and a column per metric, as lines."""
    lines = [f"| model | {' | '.join(metrics.values())} |", f"|---|{'---|' * len(metrics)}"]
    for model, spoken in SPOKEN.items():
        of_model = rows[rows["model"] == model].set_index("metric")
        if not of_model.empty:
            cells = " | ".join(interval(of_model.loc[metric]) for metric in metrics)
            lines.append(f"| {spoken} | {cells} |")
    return lines


def judgement(of_band: pd.DataFrame) -> list[str]:
    """Return what human judgement adds to usage, on all rows and where usage calls the account healthy, as lines."""
    lines = []
    slice_by, healthy = HEALTHY_BY_USAGE
    for spoken, rows in (
        ("on the same rows", of_band[of_band["slice_by"] == EVERYTHING]),
        ("among accounts that usage calls healthy", of_band[of_band["slice"] == healthy]),
    ):
        gain = rows[rows["model"] == "churn_probability"].set_index("metric")
        if gain.empty:
            continue
        rate = rows[rows["metric"] == CHURN_RATE].iloc[0]
        lines += [
            f"What human judgement adds to the usage view, {spoken} ({rate['churns']} of {rate['renewals']} churned): "
            f"AUC {interval(gain.loc[f'roc_auc{DIFFERENCE}{slice_by}'], signed=True)}, Brier skill "
            f"{interval(gain.loc[f'brier_skill{DIFFERENCE}{slice_by}'], signed=True)}.",
            "",
        ]
    return lines


def slice_tables(of_band: pd.DataFrame, settings: ModelSettings) -> list[str]:
    """Return the shipped model's figures slice by slice, a table per way of slicing, as lines."""
    lines = [
        "The churn probability slice by slice; the quarter is that of the renewal date. Where fewer than "
        f"{settings.slice_minimum_churns} churned there is no interval and nothing is claimed.",
        "",
    ]
    for slice_by, spoken in SPOKEN_SLICES.items():
        rows = of_band[of_band["slice_by"] == slice_by]
        lines += [f"| {spoken} | churned | {' | '.join(OF_SLICE.values())} |", f"|---|---|{'---|' * len(OF_SLICE)}"]
        for value in rows["slice"].drop_duplicates():
            of_slice = rows[rows["slice"] == value]
            found = of_slice[of_slice["model"] == "churn_probability"].set_index("metric")
            cells = " | ".join(interval(found.loc[metric]) for metric in OF_SLICE)
            churned = f"{of_slice['churns'].iloc[0]} of {of_slice['renewals'].iloc[0]}"
            lines.append(f"| {value} | {churned} | {cells} |")
        lines.append("")
    return lines


def interval(row: pd.Series, *, signed: bool = False) -> str:
    """Return a figure with its interval, where it has one."""
    sign = "+" if signed else ""
    if pd.isna(row["value"]):
        return ""
    if pd.isna(row["low"]):
        return f"{row['value']:{sign}.{4 if row.name in DECOMPOSITION else 3}f}"
    return f"{row['value']:{sign}.3f} ({row['low']:{sign}.3f} to {row['high']:{sign}.3f})"


def main() -> None:
    """Read the published backtest and the planted truth, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=ROOT / ".falsegreen" / "demo")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "walk_forward.md")
    arguments = parser.parse_args()
    source = arguments.workspace / "source"
    workspace = Workspace(arguments.workspace)
    as_of = published_dates(workspace, "backtest_predictions")[-1]
    settings = ModelSettings()
    rows = add_oracle(
        wide_predictions(read_published(workspace, "backtest_predictions", as_of)),
        pd.read_parquet(source / "renewals.parquet"),
        pd.read_parquet(source / "truth" / "renewal_truth.parquet"),
    )
    accounts = pd.read_parquet(source / "accounts.parquet")["account_id"].nunique()
    arguments.page.write_text(page(figures(rows, settings), str(as_of), accounts, settings), encoding="utf-8")
    print(f"wrote {arguments.page}")


if __name__ == "__main__":
    main()
