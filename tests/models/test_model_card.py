"""A card says what the figures hold, and nothing else."""

from dataclasses import replace

import pytest

from models.evaluation import empty_metrics
from models.learning import LearningData
from models.model_card import CardFacts, driving_groups, write_card
from models.promotion import Judgement
from models.recipe import Recipe
from models.settings import ModelSettings
from models.slices import EVERYTHING
from models.training import TrainingResult


@pytest.fixture
def facts(trained: TrainingResult, company: LearningData, fast_settings: ModelSettings) -> CardFacts:
    cohort = company.cohort(company.through)
    return CardFacts(
        recipe=Recipe.of(company, fast_settings),
        metrics=trained.backtest_metrics,
        notes=trained.notes,
        judgement=Judgement("promoted", "first", "There was no champion before."),
        first_as_of="2019-01-07",
        last_as_of="2024-06-03",
        snapshots=len(company.snapshots),
        renewals=cohort.renewals,
        churns=cohort.churns,
        cutoffs=["2023-01-02"],
        knowledge_dates="recorded",
        is_notice_observed=True,
        shares=trained.shares,
        reproduction={"code": {"sources": "abc", "commit": None}, "seed": 7, "settings": {"secret": "no"}},
    )


def test_a_card_has_its_sections_and_its_figures(trained: TrainingResult, facts: CardFacts) -> None:
    card = write_card(trained.model, facts)

    assert card.startswith(f"# Churn model {trained.model.version}\n")
    titles = [line[3:] for line in card.splitlines() if line.startswith("## ")]
    assert titles[:5] == ["What it is for", "What it learned from", "Recipe", "How good it was", "Calibration"]
    assert titles[5:] == ["What drives it", "Limits", "Decision", "Made from"]
    assert f"{facts.renewals:,} decided renewals, {facts.churns:,} churned" in card
    whole = trained.backtest_metrics[trained.backtest_metrics["slice_by"] == EVERYTHING]
    figures = whole.set_index(["band", "model", "metric"]).to_dict("index")
    auc, skill = (figures["90-180", "churn_probability", name] for name in ("roc_auc", "brier_skill"))
    row = next(line for line in card[card.index("Renewals 90 to 180") :].splitlines() if "this model" in line)
    assert f"{auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})" in row
    assert f"{skill['value']:.3f} ({skill['low']:.3f} to {skill['high']:.3f})" in row
    assert all(f"- {note}" in card for note in facts.notes)
    assert "- code / sources: `abc`" in card
    assert "- seed: `7`" in card
    assert "secret" not in card
    assert "commit" not in card


def test_what_drives_it_adds_up_and_what_is_noise_is_not_at_the_top(trained: TrainingResult) -> None:
    groups = driving_groups(trained.model, trained.shares)

    assert sum(share for _, share in groups) == pytest.approx(1.0)
    assert [share for _, share in groups] == sorted((share for _, share in groups), reverse=True)
    assert {groups[0][0], groups[1][0]} == {"usage", "pulse"}


def test_without_outcomes_nothing_is_claimed(trained_base_rate: TrainingResult, facts: CardFacts) -> None:
    young = replace(
        facts,
        metrics=empty_metrics(),
        notes=trained_base_rate.notes,
        knowledge_dates="assumed",
        is_notice_observed=False,
        missing_tables=["csm_pulses", "emails"],
        shares=trained_base_rate.shares,
    )

    card = write_card(trained_base_rate.model, young)

    assert "nothing is claimed of how well it predicts" in card
    assert "AUC" not in card
    assert "every renewal of a horizon gets the same probability" in card
    assert "Sources not supplied: csm_pulses, emails." in card
    assert "Knowledge dates: assumed" in card
    assert "Notice is not observed" in card
    assert "too few outcomes to say" in card
