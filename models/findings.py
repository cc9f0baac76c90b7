"""The metrics in plain sentences, for people who will not read the table.

Only what the figures say: a model that does not beat the base rate is said not to. Colours, tables and charts are made
elsewhere.
"""

from typing import Any, Final

import pandas as pd

from models.contraction_record import CONTRACTION_MODELS
from models.evaluation import BASE_RATE, DIFFERENCE, WITHOUT_EARLY
from models.figures import CHURN_RATE
from models.settings import HEADLINE_BAND, ROLLING_BAND, SCORED_BANDS
from models.slices import EVERYTHING, HEALTHY_BY_USAGE

SPOKEN_BANDS: Final = {
    "0-89": "renewals up to 89 days ahead",
    "90-180": "renewals 90 to 180 days ahead",
    "181-365": "renewals 181 to 365 days ahead",
    "rolling": "contracts with short terms, half a year ahead",
}
SPOKEN_HORIZONS: Final = {
    band: "terms under 180 days" if band == ROLLING_BAND else f"{band} days ahead" for band in SCORED_BANDS
}
"""The same, where there is little room."""
SPOKEN_POPULATIONS: Final = {"": "", WITHOUT_EARLY: "Leaving out those decided soon after: "}
SHIPPED_MODEL: Final = "churn_probability"
SPOKEN_MODELS: Final = {
    "gut_view": "the colour alone",
    "usage_view": "usage alone",
    "logistic_usage": "logistic regression on usage",
    "logistic_full": "logistic regression on everything",
}
Figures = dict[str, dict[Any, Any]]
"""Rows of the metrics of one model and band, by name of the metric."""


def describe_metrics(metrics: pd.DataFrame) -> tuple[str, ...]:
    """A few sentences per horizon: does the model beat the base rate, does judgement add to usage; and of contraction.

    Of the headline horizon also what judgement adds among accounts that usage calls healthy: those a health score
    without it would have passed over.
    """
    sentences = []
    whole = metrics[metrics["slice_by"] == EVERYTHING]
    for band in SCORED_BANDS:
        figures = _figures_of(whole[whole["band"] == band], SHIPPED_MODEL)
        for suffix, spoken in SPOKEN_POPULATIONS.items():
            if f"brier_skill{suffix}" in figures:
                subject = SPOKEN_BANDS[band]
                of_band = whole[whole["band"] == band]
                found = [_against_base_rate(figures, suffix, subject)]
                if _is_telling(figures, suffix):
                    found += _against_baselines(of_band, suffix, subject)
                    found += _against_usage(figures, suffix, subject)
                sentences += [f"{spoken}{sentence}" for sentence in found]
        sentences += _on_contraction(whole[whole["band"] == band], SPOKEN_BANDS[band])
        if band == HEADLINE_BAND:
            sentences += _where_usage_is_healthy(metrics[metrics["band"] == band])
    return tuple(sentences)


def _figures_of(metrics: pd.DataFrame, model: str) -> Figures:
    rows = metrics[metrics["model"] == model]
    return {str(name): row for name, row in rows.set_index("metric").to_dict("index").items()}


def _is_telling(figures: Figures, suffix: str) -> bool:
    """Whether there were outcomes of both kinds enough for an interval; of one kind alone nothing can be told."""
    return bool(pd.notna(figures[f"brier_skill{suffix}"]["low"]) and pd.notna(figures[f"roc_auc{suffix}"]["value"]))


def _against_base_rate(figures: Figures, suffix: str, subject: str) -> str:
    skill = figures[f"brier_skill{suffix}"]
    evidence = f"{skill['churns']} churns among {skill['renewals']} renewals, {skill['cutoffs']} cut-offs"
    if not _is_telling(figures, suffix):
        return f"On {subject} nothing can be said of the model: too few outcomes ({evidence})."
    verdict = "beats" if skill["beats_base_rate"] else "does not demonstrably beat"
    if skill["high"] < 0:
        verdict = "does worse than"
    spoken = f"Brier skill {_with_interval(skill)}, AUC {_with_interval(figures[f'roc_auc{suffix}'])}"
    return f"The model {verdict} the base rate on {subject}: {spoken} ({evidence})."


def _against_baselines(metrics: pd.DataFrame, suffix: str, subject: str) -> list[str]:
    """Name the simpler predictors that did better on the same rows, the best first."""
    skill = metrics[metrics["metric"] == f"brier_skill{suffix}"].set_index("model")["value"]
    better = skill[skill > skill[SHIPPED_MODEL]].drop(BASE_RATE, errors="ignore").sort_values(ascending=False)
    named = [f"{SPOKEN_MODELS[model]} ({value:.3f})" for model, value in better.items() if model in SPOKEN_MODELS]
    if not named:
        return []
    return [f"On {subject} something simpler has had the higher Brier skill so far: {', '.join(named)}."]


def _against_usage(figures: Figures, suffix: str, subject: str) -> list[str]:
    name = f"brier_skill{DIFFERENCE}usage_view{suffix}"
    if name not in figures or pd.isna(figures[name]["low"]):
        return []
    difference = figures[name]
    if difference["low"] > 0:
        verdict = "Human judgement adds to usage"
    elif difference["high"] < 0:
        verdict = "Human judgement takes away from usage"
    else:
        verdict = "It is not settled whether human judgement adds to usage"
    return [f"{verdict} on {subject}: Brier skill {_with_interval(difference, signed=True)}."]


def _on_contraction(metrics: pd.DataFrame, subject: str) -> list[str]:
    """Whether the contraction probabilities beat their base rate; nothing where contraction is not predicted."""
    skill = _figures_of(metrics, CONTRACTION_MODELS[1]).get("brier_skill")
    if skill is None:
        return []
    evidence = f"{skill['churns']} contracted of {skill['renewals']} renewals, {skill['cutoffs']} cut-offs"
    if pd.isna(skill["low"]):
        return [f"Of contraction nothing can be said on {subject}: too few outcomes ({evidence})."]
    verdict = "beats" if skill["beats_base_rate"] else "does not demonstrably beat"
    return [
        f"The contraction probability {verdict} its base rate on {subject}: Brier skill {_with_interval(skill)} "
        f"({evidence})."
    ]


def _where_usage_is_healthy(metrics: pd.DataFrame) -> list[str]:
    """What judgement adds among accounts that usage calls healthy; nothing where none was called so."""
    slice_by, value = HEALTHY_BY_USAGE
    rows = metrics[(metrics["slice_by"] == slice_by) & (metrics["slice"] == value)]
    figures, observed = _figures_of(rows, SHIPPED_MODEL), _figures_of(rows, BASE_RATE)
    skill, auc = (figures.get(f"{metric}{DIFFERENCE}usage_view") for metric in ("brier_skill", "roc_auc"))
    if skill is None or auc is None:
        return []
    subject = f"accounts that usage calls healthy, {SPOKEN_BANDS[HEADLINE_BAND]}"
    rate = observed[CHURN_RATE]
    if pd.isna(skill["low"]):
        return [f"Among {subject}, only {skill['churns']} of {skill['renewals']} churned: too few to claim anything."]
    verdict = "it is not settled whether human judgement adds anything"
    if skill["low"] > 0 or auc["low"] > 0:
        verdict = "human judgement adds what usage does not show"
    if skill["high"] < 0:
        verdict = "human judgement misleads"
    return [
        f"Among {subject}, {_with_interval(rate, share=True)} churned, and {verdict}: "
        f"AUC {_with_interval(auc, signed=True)}, Brier skill {_with_interval(skill, signed=True)}."
    ]


def _with_interval(figure: dict[Any, Any], *, signed: bool = False, share: bool = False) -> str:
    form = ".1%" if share else "+.3f" if signed else ".3f"
    return f"{figure['value']:{form}} ({figure['low']:{form}} to {figure['high']:{form}})"
