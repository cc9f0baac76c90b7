"""What the model page shows from the registry: which versions there are, who decided what, what moves the champion.

All of it is read through `registry` and `tracking`, which bring MLflow with them: seconds, the first time in a process.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
from markdown_it import MarkdownIt

from models.settings import HEADLINE_BAND
from pipelines.board.widgets import Format, number
from pipelines.decisions import Decision, read_decisions, was_carried_out
from pipelines.mlflow_store import CHAMPION, has_store
from pipelines.models_display import ACTIONS, STANDINGS, VERDICTS, evidence_in_words, step_in_words
from pipelines.pages import render
from pipelines.registry import ListedModel, list_models
from pipelines.tracking import load_card, load_contributions
from pipelines.workspace import Workspace

VERSION_FORMATS: Final[Mapping[str, Format]] = dict.fromkeys(("AUC", "Brier skill"), number(3))
DEPENDENCE_FORMATS: Final[Mapping[str, Format]] = {"value": number(3), "contribution": number(3, signed=True)}
EFFECT_FORMATS: Final[Mapping[str, Format]] = {
    "mean size": number(3),
    **dict.fromkeys(("lowest", "highest"), number(3, signed=True)),
}
READING: Final = (
    "Contributions add up in log-odds: to the right, more risk. One dot per renewal that the model learned from, of "
    "the headline horizon; the features that move most come first. They say what the model looks at, which need not be "
    "what causes churn."
)
NO_CONTRIBUTIONS: Final = (
    "No contributions are kept with the model in charge: it is a base rate, or was trained by a release that kept none."
)
NOTHING: Final = "No model was trained here yet."
_HEADING: Final = 2
"""Levels by which the headings of a card stand lower on a page that has its own."""


@dataclass(frozen=True)
class Registry:
    """What the registry says.

    Attributes:
        listed: Every version, the newest first.
        decisions: Decisions on record, oldest first.
        card: Model card of the version in charge, Markdown; None without one.
        contributions: What moves it; None where that was not kept.
    """

    listed: tuple[ListedModel, ...]
    decisions: tuple[Decision, ...]
    card: str | None
    contributions: pd.DataFrame | None

    @property
    def champion(self) -> int | None:
        """Number of the version in charge."""
        return next((each.model.number for each in self.listed if CHAMPION in each.aliases), None)


def read_registry(workspace: Workspace) -> Registry | None:
    """Return what the registry of a workspace says; None where nothing was trained yet.

    Raises:
        RegistryError: If a training was interrupted before it registered anything.
        StoreError: If the store cannot be used.
        DecisionError: If a record cannot be read.
        ModelFilesError: If the champion's files cannot be read.
    """
    folder = workspace.mlflow
    if not has_store(folder):
        return None
    listed = tuple(list_models(folder))
    champion = next((each.model for each in listed if CHAMPION in each.aliases), None)
    return Registry(
        listed=listed,
        decisions=tuple(read_decisions(folder)),
        card=None if champion is None else load_card(folder, champion),
        contributions=None if champion is None else load_contributions(folder, champion),
    )


def version_table(registry: Registry) -> pd.DataFrame:
    """Return every version, the newest first: what it learned from, how it stands, how good it was out of time."""
    return pd.DataFrame(
        [
            {
                "version": each.model.number,
                "trained through": str(each.model.trained_through),
                "standing": STANDINGS[each.standing],
                "kind": each.model.kind.replace("_", " "),
                "recipe": each.model.recipe or "–",
                "AUC": _figure(each, "roc_auc"),
                "Brier skill": _figure(each, "brier_skill"),
                "model": each.model.model_version,
                "run": each.model.run_id,
            }
            for each in registry.listed
        ]
    )


def decision_table(registry: Registry) -> pd.DataFrame:
    """Return every decision on record, the newest first: who, when, what, why, on which figures."""
    return pd.DataFrame(
        [
            {
                "no.": each.number,
                "when, UTC": f"{each.decided_at:%Y-%m-%d %H:%M}",
                "who": each.who,
                "what": f"version {each.version} {_without_by(ACTIONS[each.action])}, {VERDICTS[each.verdict]}",
                "champion": step_in_words(each),
                "why": each.reason,
                "figures": "; ".join(evidence_in_words(each)) or "–",
                "carried out": "yes" if was_carried_out(registry.decisions, each.number, registry.champion) else "no",
            }
            for each in reversed(registry.decisions)
        ],
        columns=["no.", "when, UTC", "who", "what", "champion", "why", "figures", "carried out"],
    )


def card_page(card: str) -> str:
    """Return a model card as HTML in which nothing but its headings, lists and tables has a meaning.

    Args:
        card: Markdown; what looks like HTML in it is shown as text, and nothing is loaded or led to.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])
    tokens = reader.parse(card)
    for token in tokens:
        if token.type.startswith("heading"):
            token.tag = f"h{int(token.tag[1]) + _HEADING}"
    return render("board/card.html.j2", card=reader.renderer.render(tokens, reader.options, {}))


def features_of(contributions: pd.DataFrame) -> list[str]:
    """Return the features whose contributions are kept, the one that moves most first."""
    return list(contributions["feature"].unique())


def dependence(contributions: pd.DataFrame, feature: str) -> pd.DataFrame:
    """Return the value of a feature and what it contributed, a row per renewal that has one.

    Args:
        contributions: What a training kept; see `models.contribution_summary`.
        feature: One of `features_of`.

    Returns:
        value (a number, or text), contribution in log-odds.
    """
    rows = contributions[contributions["feature"] == feature]
    is_text = rows["value"].isna().all() and rows["category"].notna().any()
    values = rows["category" if is_text else "value"]
    found = pd.DataFrame({"value": values, "contribution": rows["contribution"]})
    return found.dropna(subset="value").sort_values(["value", "contribution"], ignore_index=True)


def without_value(contributions: pd.DataFrame, feature: str) -> tuple[str, ...]:
    """Return what a missing value contributed, in a sentence; nothing where every renewal has one."""
    rows = contributions[contributions["feature"] == feature]
    missing = rows.loc[rows["value"].isna() & rows["category"].isna(), "contribution"]
    if missing.empty:
        return ()
    share = f"{len(missing):,} of {len(rows):,} renewals have no value"
    return (f"{share}; there it contributes {missing.mean():+.3f} on average.",)


def effect_table(contributions: pd.DataFrame) -> pd.DataFrame:
    """Return how much each feature moves the model: mean size, and the range of what it contributes, in log-odds."""
    grouped = contributions.groupby("feature", sort=False)["contribution"]
    return pd.DataFrame(
        {
            "feature": list(grouped.groups),
            "mean size": grouped.apply(lambda each: each.abs().mean()).to_numpy(),
            "lowest": grouped.min().to_numpy(),
            "highest": grouped.max().to_numpy(),
        }
    ).sort_values("mean size", ascending=False, kind="stable", ignore_index=True)


def _figure(listed: ListedModel, metric: str) -> float | None:
    return listed.figures.get(f"churn_probability.{HEADLINE_BAND}.{metric}")


def _without_by(action: str) -> str:
    """What was done, without `by`: who did it stands beside it."""
    return action.removesuffix(" by")
