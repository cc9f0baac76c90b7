"""The model card: what a model is for, what it learned from, how good it was out of time, and what it cannot do.

Markdown from facts and figures; a sentence that no figure holds is not in it. After Mitchell et al., "Model cards for
model reporting" (2019).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from models.churn_model import ChurnModel
from models.evaluation import BASE_RATE
from models.findings import SHIPPED_MODEL, SPOKEN_BANDS
from models.promotion import Judgement
from models.recipe import Recipe
from models.settings import SCORED_BANDS
from models.slices import EVERYTHING

SPOKEN: Final = {
    BASE_RATE: "base rate (naive)",
    "gut_view": "colour alone",
    "logistic_full": "logistic regression",
    "usage_view": "usage alone",
    SHIPPED_MODEL: "**this model**",
}
SHOWN_FAMILIES: Final = 8
_CALIBRATION: Final = {
    "calibrated": "calibrated on predictions made before their outcomes were known",
    "in_cohort": "calibrated within the learning cohort only: too few cut-offs have matured",
    "uncalibrated": "not calibrated: too few outcomes",
}


@dataclass(frozen=True)
class CardFacts:
    """What a card says besides the model itself.

    Attributes:
        recipe: What the model was fitted with.
        metrics: Out-of-time figures; see `evaluation`. Empty where none may be claimed.
        notes: What the training said of itself, in sentences.
        judgement: Whether it took over, and why.
        first_as_of: Oldest snapshot, ISO; None without any.
        last_as_of: Newest snapshot, ISO.
        snapshots: Rows of snapshots.
        renewals: Decided renewals that taught it.
        churns: Those that churned.
        cutoffs: Cut-offs of the walk, ISO.
        knowledge_dates: `recorded` or `assumed`.
        is_notice_observed: Whether the source says when notice was given.
        missing_tables: Source tables that were not supplied.
        shares: Share of each feature in the sum of all absolute contributions.
        reproduction: From what it was made; names to values, nested.
    """

    recipe: Recipe
    metrics: pd.DataFrame
    notes: Sequence[str]
    judgement: Judgement
    first_as_of: str | None
    last_as_of: str | None
    snapshots: int
    renewals: int
    churns: int
    cutoffs: Sequence[str]
    knowledge_dates: str
    is_notice_observed: bool
    missing_tables: Sequence[str] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    reproduction: Mapping[str, Any] = field(default_factory=dict)


def write_card(model: ChurnModel, facts: CardFacts) -> str:
    """The card as Markdown, lines of any length."""
    sections = (
        (f"# Churn model {model.version}", _summary(model, facts)),
        ("## What it is for", _use()),
        ("## What it learned from", _data(facts)),
        ("## Recipe", _recipe(model, facts)),
        ("## How good it was", _quality(facts)),
        ("## Calibration", _calibration(model, facts)),
        ("## What drives it", _drivers(model, facts)),
        ("## Limits", _limits(facts)),
        ("## Decision", _decision(facts.judgement)),
        ("## Made from", _reproduction(facts.reproduction)),
    )
    return "\n\n".join("\n\n".join((title, "\n".join(lines))) for title, lines in sections) + "\n"


def driving_groups(model: ChurnModel, shares: Mapping[str, float]) -> list[tuple[str, float]]:
    """What each group of features makes up of all that moves the model, the largest first; empty for a base rate.

    Args:
        model: The model.
        shares: Share of each feature in the sum of all absolute contributions; see `contribution_summary`.
    """
    groups: dict[str, float] = {}
    for feature in model.features:
        groups[feature.group] = groups.get(feature.group, 0.0) + shares.get(feature.name, 0.0)
    ordered = sorted(groups.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(name, share) for name, share in ordered if share > 0]


def _summary(model: ChurnModel, facts: CardFacts) -> Iterator[str]:
    what = "A linear margin and the trees boosted from it, calibrated, for each of two views; fitted"
    if model.kind == "base_rate":
        what = "A pooled base rate per horizon (too few outcomes for a model), estimated"
    yield (
        f"{what} on {facts.renewals:,} decided renewals, of which {facts.churns:,} churned, as known on "
        f"{model.trained_through}."
    )


def _use() -> Iterator[str]:
    yield (
        "- Meant for: ranking the open renewals of this company by their risk of churn within a year, and putting a "
        "probability and reasons beside each, as of a date on or after its training."
    )
    yield (
        "- Not meant for: other companies, dates before its training, deciding about a customer or judging an employee "
        "without a person, or saying what would happen if something were done: it has learned what goes along with "
        "churn, not what causes it."
    )


def _data(facts: CardFacts) -> Iterator[str]:
    if facts.first_as_of:
        yield f"- Snapshots: {facts.snapshots:,}, seen from {facts.first_as_of} to {facts.last_as_of}."
    yield f"- Outcomes: {facts.renewals:,} decided renewals, {facts.churns:,} churned ({_share(facts)})."
    yield f"- Sources not supplied: {', '.join(facts.missing_tables) or 'none'}."
    if facts.knowledge_dates == "assumed":
        yield (
            "- Knowledge dates: assumed for at least one table. What was entered late makes the past look better known "
            "than it was, and so the figures below."
        )
    else:
        yield "- Knowledge dates: recorded. Each row counts from the day on which it was recorded."


def _share(facts: CardFacts) -> str:
    return f"{facts.churns / facts.renewals:.1%}" if facts.renewals else "none"


def _recipe(model: ChurnModel, facts: CardFacts) -> Iterator[str]:
    settings = facts.recipe.settings
    yield f"- Id `{facts.recipe.id}`: all settings that change the fit, and the features."
    yield (
        f"- {len(facts.recipe.features)} features, of which {len(facts.recipe.usage_features)} are free of human "
        "judgement (the usage view)."
    )
    if model.kind == "boosted":
        booster = settings.booster
        yield (
            f"- A logistic regression with a prior of {settings.family_effect_sd:g} log-odds per family of features, "
            f"then {booster.rounds} trees of depth {booster.max_depth} at learning rate {booster.learning_rate:g}; "
            f"seed {settings.seed}."
        )


def _quality(facts: CardFacts) -> Iterator[str]:
    if facts.metrics.empty:
        yield "Too few outcomes have matured: nothing is claimed of how well it predicts."
        return
    yield (
        f"Walking forward over {len(facts.cutoffs)} cut-offs at most: fitted on what was known at each, judged by what "
        "came after. In brackets 95 % intervals from resampling accounts. Brier skill is measured against the base "
        "rate; at zero or below, the model is no better than saying the average."
    )
    for band in SCORED_BANDS:
        rows = facts.metrics[(facts.metrics["band"] == band) & (facts.metrics["slice_by"] == EVERYTHING)]
        if len(rows):
            yield from _band_table(band, rows)


def _band_table(band: str, rows: pd.DataFrame) -> Iterator[str]:
    first = rows.iloc[0]
    yield ""
    yield (
        f"{SPOKEN_BANDS[band].capitalize()}: {first['churns']} of {first['renewals']} churned, {first['cutoffs']} "
        "cut-offs."
    )
    yield ""
    yield "| | AUC | Brier score | Brier skill |"
    yield "|---|---|---|---|"
    figures = {(row["model"], row["metric"]): row for row in rows.to_dict("records")}
    for model, spoken in SPOKEN.items():
        if (model, "roc_auc") in figures:
            cells = [_figure(figures.get((model, name))) for name in ("roc_auc", "brier_score", "brier_skill")]
            yield f"| {spoken} | {' | '.join(cells)} |"


def _figure(row: Mapping[Any, Any] | None) -> str:
    if row is None or pd.isna(row["value"]):
        return "-"
    if pd.isna(row["low"]):
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"


def _calibration(model: ChurnModel, facts: CardFacts) -> Iterator[str]:
    for band, mark in model.calibration.items():
        yield f"- {SPOKEN_BANDS.get(band, band).capitalize()}: {_CALIBRATION.get(mark, mark)} (`{mark}`)."
    check = facts.judgement.calibration
    if check is None:
        yield "- Slope and calibration in the large out of time: too few outcomes to say."
        return
    yield (
        f"- Out of time, all dated horizons: slope {check.slope:.2f} ({check.slope_low:.2f} to {check.slope_high:.2f}; "
        f"1 is right, below 1 too extreme), shift {check.shift:+.2f} ({check.shift_low:+.2f} to "
        f"{check.shift_high:+.2f}) log-odds (0 is right, above 0 too low)."
    )


def _drivers(model: ChurnModel, facts: CardFacts) -> Iterator[str]:
    groups = driving_groups(model, facts.shares)
    if not groups:
        yield "Nothing: every renewal of a horizon gets the same probability."
        return
    yield "Share in all that moves its scores, per group: what it looks at, which need not be what causes churn."
    yield ""
    for name, share in groups[:SHOWN_FAMILIES]:
        yield f"- {name}: {share:.0%}"


def _limits(facts: CardFacts) -> Iterator[str]:
    for note in facts.notes:
        yield f"- {note}"
    if not facts.is_notice_observed:
        yield "- Notice is not observed: some renewals that were predicted may already have been lost and known to be."
    if facts.missing_tables:
        yield f"- What rests on {', '.join(facts.missing_tables)} is unknown to it."
    yield "- A renewal past its date is scored as if due today, and not calibrated."
    yield "- What was never seen (a new segment, a new kind of contract) it takes for what is missing."


def _decision(judgement: Judgement) -> Iterator[str]:
    spoken = {
        "promoted": "Takes over.",
        "refused": "Does not take over.",
        "past": "Does not take over; scores its own past.",
    }
    yield f"{spoken[judgement.verdict]} {judgement.reason}"
    for found in judgement.differences:
        yield (
            f"- {found.population}: {found.renewals:,} renewals and {found.churns:,} churns in common at "
            f"{found.cutoffs} cut-offs; Brier score {found.challenger:.5f} against the champion's {found.champion:.5f} "
            f"(base rate {found.base_rate:.5f}), difference {found.value:+.5f} ({found.low:+.5f} to {found.high:+.5f})."
        )
    yield f"- Leak check: {'; '.join(judgement.leaks) or 'nothing found'}."


def _reproduction(facts: Mapping[str, Any], place: str = "") -> Iterator[str]:
    for name, value in facts.items():
        if name == "settings":
            continue
        if isinstance(value, Mapping):
            yield from _reproduction(value, f"{place}{name} / ")
        elif value is not None:
            yield f"- {place}{name}: `{value}`"
