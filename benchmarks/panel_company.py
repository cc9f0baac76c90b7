"""One company of the panel: made, learned from, walked through, and its figures.

What a company has to learn from lies in a workspace, so that other benchmarks need not make it anew. Nothing is
averaged here.
"""

import json
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from panel_peer import add_peer
from walk_forward_figures import add_oracle

from data_contracts.contract import SOURCE_TABLES
from models.fitting import mature_cutoffs
from models.learning import KEY, FloatArray, LearningData, weights_of
from models.recalibration import calibration_intercept, calibration_slope
from models.recipe import Recipe
from models.settings import HEADLINE_BAND, ModelSettings
from models.walk_forward import Walk, walk_forward
from pipelines.ingestion import ingest_source
from pipelines.learning import read_learning_data, write_learning_data
from pipelines.settings import Settings
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

AS_OF = date(2026, 6, 29)
FIRST_SEED = 101
"""The seeds with which recipes were tried out are others."""
BANDS = ("0-89", HEADLINE_BAND, "181-365")
MODELS = ("gut_view", "logistic_usage", "logistic_full", "usage_view", "churn_probability")
TRUTH = "renewal_truth.parquet"
DECIMALS = 6
"""Of the figures that are kept."""


@dataclass(frozen=True)
class Company:
    """A seeded company and where it is kept.

    Attributes:
        workspace: Holds all companies of the panel.
        accounts: Its size.
        seed: Its seed.
    """

    workspace: Path
    accounts: int
    seed: int

    @property
    def folder(self) -> Path:
        """Where its learning data lie."""
        return self.workspace / f"{self.accounts}-{self.seed}"


def prepare(company: Company) -> LearningData:
    """Return the learning data of a company, made on the first call."""
    if not (company.folder / TRUTH).exists():
        company.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary:
            source, run = Path(temporary) / "source", Path(temporary) / "run"
            generate_company(source, CompanySettings(accounts=company.accounts, seed=company.seed))
            for table in SOURCE_TABLES:
                ingest_source(table, source, AS_OF, run)
            write_learning_data(run, AS_OF, Settings())
            for part in ("training_snapshots", "training_labels"):
                (run / part).rename(company.folder / part)
            pd.read_parquet(source / "renewals.parquet").to_parquet(company.folder / "renewals.parquet")
            (source / "truth" / TRUTH).rename(company.folder / TRUTH)
    return read_learning_data(company.folder)[0]


def with_oracle(company: Company, rows: pd.DataFrame) -> pd.DataFrame:
    """Return predictions with what the oracle says beside them."""
    renewals = pd.read_parquet(company.folder / "renewals.parquet")
    return add_oracle(rows, renewals, pd.read_parquet(company.folder / TRUTH))


def figures(rows: pd.DataFrame, models: tuple[str, ...]) -> dict[str, dict[str, dict[str, float]]]:
    """Return Brier score, skill, calibration and counts by band and model; the oracle where all rows have it."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for band in BANDS:
        of_band = rows[rows["band"] == band].reset_index(drop=True)
        outcomes = of_band["is_churned"].to_numpy(dtype=np.float64)
        if not 0 < outcomes.sum() < len(outcomes):
            continue
        weights = weights_of(of_band)
        base = brier(of_band["base_rate"], outcomes, weights)
        seen = (*models, "oracle") if of_band["oracle"].notna().all() else models
        churns = round(float(weights @ outcomes), DECIMALS)
        found[band] = {"base_rate": {"brier": round(base, DECIMALS), "churns": churns}}
        for model in seen:
            scores = of_band[model].to_numpy(dtype=np.float64)
            score = brier(of_band[model], outcomes, weights)
            of_model = {
                "brier": score,
                "skill": 1 - score / base,
                "slope": float(calibration_slope(scores, outcomes, weights[None, :])[0]),
                "intercept": float(calibration_intercept(scores, outcomes, weights[None, :])[0]),
            }
            found[band][model] = {name: round(figure, DECIMALS) for name, figure in of_model.items()}
    return found


def brier(scores: pd.Series, outcomes: FloatArray, weights: FloatArray) -> float:
    """Return the weighted Brier score."""
    return float(weights @ (scores.to_numpy(dtype=np.float64) - outcomes) ** 2 / weights.sum())


def interval_coverage(company: Company, walked: Walk, data: LearningData, settings: ModelSettings) -> dict[str, float]:
    """Return how often the interval of a probability holds what is true, at the newest mature cut-off walked.

    Groups are tenths of the open renewals by probability: their mean true probability against the mean of their
    intervals. A single renewal's true probability knows hidden events that nobody recorded.
    """
    mature = mature_cutoffs(pd.Series(walked.cutoffs, dtype="datetime64[us]"), data.through, settings)
    if not mature:
        return {}
    shown = walked.replays[(walked.replays["cutoff"] == mature[-1]) & (walked.replays["as_of"] == mature[-1])]
    scores = shown.merge(walked.history[["cutoff", *KEY, "band"]], on=["cutoff", *KEY], validate="one_to_one")
    scores = scores[scores["band"].isin(BANDS[:2])]
    known = with_oracle(company, scores).dropna(subset="oracle")
    alone = known["oracle"].between(known["probability_low"], known["probability_high"])
    tenth = known["churn_probability"].rank(method="first", pct=True).mul(10).sub(1e-9).astype(int)
    means = known.groupby(tenth)[["oracle", "probability_low", "probability_high"]].mean()
    grouped = means["oracle"].between(means["probability_low"], means["probability_high"])
    return {"of_groups": float(grouped.mean()), "of_renewals": round(float(alone.mean()), DECIMALS)}


def measure(company: Company, kept: Path, peer_python: str | None) -> None:
    """Work out the figures of a company, unless they are kept.

    Args:
        company: The company.
        kept: The file that keeps them.
        peer_python: An interpreter that has the AutoML peer; without one it is left out.
    """
    if kept.exists():
        return
    settings = ModelSettings()
    data = prepare(company)
    started = time.perf_counter()
    walked = walk_forward(data, settings)
    seconds = time.perf_counter() - started
    matured = walked.matured(data)
    rows = with_oracle(company, matured[matured["band"].isin(BANDS)].reset_index(drop=True))
    models = MODELS
    if peer_python:
        rows, models = add_peer(rows, data, settings, peer_python, seconds), (*MODELS, "peer")
    result = {
        "recipe": Recipe.of(data, settings).id,
        "seconds": round(seconds, 1),
        "coverage": interval_coverage(company, walked, data, settings),
        "bands": figures(rows, models),
    }
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
