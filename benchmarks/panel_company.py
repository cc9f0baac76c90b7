"""One company of the panel: made, learned from, walked through, and its figures.

Companies are kept in a workspace, so that a panel can be stopped and gone on with. Nothing is averaged here.
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
from models.learning import FloatArray, LearningData, weights_of
from models.recalibration import calibration_intercept, calibration_slope
from models.settings import HEADLINE_BAND, ModelSettings
from models.walk_forward import walk_forward
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
        """Where its learning data and figures lie."""
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


def walk(company: Company, data: LearningData, settings: ModelSettings) -> tuple[pd.DataFrame, float]:
    """Return the matured predictions of the dated bands with the oracle beside them, and the seconds of the walk."""
    started = time.perf_counter()
    walked = walk_forward(data, settings)
    seconds = time.perf_counter() - started
    matured = walked.matured(data)
    rows = matured[matured["band"].isin(BANDS)].reset_index(drop=True)
    renewals = pd.read_parquet(company.folder / "renewals.parquet")
    return add_oracle(rows, renewals, pd.read_parquet(company.folder / TRUTH)), seconds


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
        found[band] = {"base_rate": {"brier": base, "churns": float(weights @ outcomes)}}
        for model in seen:
            scores = of_band[model].to_numpy(dtype=np.float64)
            score = brier(of_band[model], outcomes, weights)
            found[band][model] = {
                "brier": score,
                "skill": 1 - score / base,
                "slope": float(calibration_slope(scores, outcomes, weights[None, :])[0]),
                "intercept": float(calibration_intercept(scores, outcomes, weights[None, :])[0]),
            }
    return found


def brier(scores: pd.Series, outcomes: FloatArray, weights: FloatArray) -> float:
    """Return the weighted Brier score."""
    return float(weights @ (scores.to_numpy(dtype=np.float64) - outcomes) ** 2 / weights.sum())


def interval_coverage(company: Company, data: LearningData, settings: ModelSettings) -> dict[str, float]:
    """Return how often the interval of a probability holds what is true, at the newest mature cut-off.

    Groups are tenths of the open renewals by probability: their mean true probability against the mean of their
    intervals. A single renewal's true probability knows hidden events that nobody recorded.
    """
    from models.fitting import fit_model, mature_cutoffs
    from models.note_risk import read_notes

    mature = mature_cutoffs(pd.Series(data.cutoffs), data.through, settings)
    if not mature:
        return {}
    cohort = data.cohort(mature[-1])
    if cohort.churns < settings.minimum_churns:
        return {}
    model = fit_model(data, read_notes(data.features, cohort, settings), pd.DataFrame(), settings)
    open_rows = data.open_at(mature[-1])
    scores = model.score(open_rows).merge(open_rows[["renewal_id", "as_of", "band"]], on=["renewal_id", "as_of"])
    scores = scores[scores["band"].isin(BANDS[:2])]
    renewals = pd.read_parquet(company.folder / "renewals.parquet")
    known = add_oracle(scores, renewals, pd.read_parquet(company.folder / TRUTH)).dropna(subset="oracle")
    alone = known["oracle"].between(known["probability_low"], known["probability_high"])
    tenth = known["churn_probability"].rank(method="first", pct=True).mul(10).sub(1e-9).astype(int)
    means = known.groupby(tenth)[["oracle", "probability_low", "probability_high"]].mean()
    grouped = means["oracle"].between(means["probability_low"], means["probability_high"])
    return {"of_groups": float(grouped.mean()), "of_renewals": float(alone.mean())}


def measure(company: Company, settings: ModelSettings, peer_python: str | None) -> None:
    """Work out the figures of a company, unless they lie there.

    Args:
        company: The company.
        settings: How to fit.
        peer_python: An interpreter that has the AutoML peer; without one it is left out.
    """
    kept = company.folder / "figures.json"
    if not kept.exists():
        data = prepare(company)
        rows, seconds = walk(company, data, settings)
        models = MODELS
        if peer_python:
            rows, models = add_peer(rows, data, settings, peer_python, seconds), (*MODELS, "peer")
        result = {
            "bands": figures(rows, models),
            "coverage": interval_coverage(company, data, settings),
            "seconds": round(seconds, 1),
            "settings": settings.model_dump(mode="json"),
        }
        rows.to_parquet(company.folder / "predictions.parquet", index=False)
        kept.write_text(json.dumps(result, indent=1), encoding="utf-8")
