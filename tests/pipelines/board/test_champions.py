"""The registry on the model page: decisions in full, effects by value, and a card in which text is only text."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.board import champions
from pipelines.board import model_charts as charts
from pipelines.decisions import Decision
from pipelines.registry import ListedModel, RegisteredModel
from pipelines.workspace import Workspace

CONTRIBUTIONS = pd.DataFrame(
    {
        "feature": ["a", "a", "a", "kind", "kind"],
        "contribution": [0.3, -0.5, 0.1, 0.2, -0.1],
        "value_percentile": [1.0, 0.5, np.nan, np.nan, np.nan],
        "value": [7.0, 2.0, np.nan, np.nan, np.nan],
        "category": [None, None, None, "new", "old"],
    }
)


def decision(number: int, **changes: object) -> Decision:
    filled: dict[str, object] = {
        "number": number,
        "action": "training",
        "who": "ada",
        "decided_at": datetime(2026, 6, 1, 9, 30, tzinfo=UTC),
        "version": number,
        "from_version": number - 1 or None,
        "to_version": number,
        "recipe": "r1",
        "from_recipe": "r1",
        "verdict": "promoted",
        "basis": "first",
        "reason": "It held its own.",
        "figures": {"leaks": ["one input"]},
    }
    return Decision.model_validate(filled | changes)


def listed(number: int, alias: str | None = None) -> ListedModel:
    model = RegisteredModel(number, date(2026, 6, number), f"v{number}", f"run{number}", "base_rate", None)
    return ListedModel(
        model=model,
        standing="champion" if alias else "served",
        aliases=(alias,) if alias else (),
        decision=None,
        figures={"churn_probability.90-180.roc_auc": 0.7},
    )


REGISTRY = champions.Registry(
    listed=(listed(2, "champion"), listed(1)), decisions=(decision(1), decision(2)), card=None, contributions=None
)


def test_decisions_say_who_when_what_and_why_the_newest_first() -> None:
    table = champions.decision_table(REGISTRY)
    assert list(table["no."]) == [2, 1]
    newest = table.iloc[0]
    assert newest["when, UTC"] == "2026-06-01 09:30"
    assert newest["who"] == "ada"
    assert newest["what"] == "version 2 trained, takes over"
    assert newest["champion"] == "from version 1 to version 2"
    assert newest["why"] == "It held its own."
    assert newest["figures"] == "leak: one input"
    assert list(table["carried out"]) == ["yes", "yes"]


def test_a_decision_that_no_alias_followed_was_not_carried_out() -> None:
    registry = champions.Registry((listed(2), listed(1, "champion")), (decision(1), decision(2)), None, None)
    assert list(champions.decision_table(registry)["carried out"]) == ["no", "yes"]


def test_versions_stand_with_what_they_measured() -> None:
    table = champions.version_table(REGISTRY)
    assert list(table["standing"]) == ["in charge", "was in charge"]
    assert list(table["AUC"]) == [0.7, 0.7]
    assert table["Brier skill"].isna().all()


def test_where_nothing_was_trained_nothing_is_read_or_made(tmp_path: Path) -> None:
    assert champions.read_registry(Workspace(tmp_path)) is None
    assert not list(tmp_path.iterdir())


def test_a_value_stands_beside_what_it_contributed() -> None:
    assert champions.features_of(CONTRIBUTIONS) == ["a", "kind"]
    numbers = champions.dependence(CONTRIBUTIONS, "a")
    assert numbers.to_numpy().tolist() == [[2.0, -0.5], [7.0, 0.3]]
    texts = champions.dependence(CONTRIBUTIONS, "kind")
    assert texts.to_numpy().tolist() == [["new", 0.2], ["old", -0.1]]
    assert champions.without_value(CONTRIBUTIONS, "a") == (
        "1 of 3 renewals have no value; there it contributes +0.100 on average.",
    )
    assert champions.without_value(CONTRIBUTIONS, "kind") == ()


def test_effects_are_ordered_by_their_mean_size() -> None:
    table = champions.effect_table(CONTRIBUTIONS)
    assert list(table["feature"]) == ["a", "kind"]
    assert table["mean size"].round(6).tolist() == [0.3, 0.15]
    assert table[["lowest", "highest"]].iloc[0].tolist() == [-0.5, 0.3]


def test_text_in_a_card_is_only_text() -> None:
    page = champions.card_page(
        "# A *model*\n\n| a | b |\n|---|---|\n| 1 | `x` |\n\n<script>alert(1)</script>\n\n"
        "![p](https://elsewhere.test/p.png) [go](https://elsewhere.test/) <https://elsewhere.test/>\n"
    )
    assert "<h3>A <em>model</em></h3>" in page
    assert "<td>1</td>" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<img" not in page
    assert "<a " not in page


def test_charts_take_numbers_and_texts() -> None:
    many = pd.DataFrame({"value": np.arange(30.0), "contribution": 0.1})
    few = many.assign(value=many["value"] % 3)
    named = champions.dependence(CONTRIBUTIONS, "kind")
    for rows, kind in ((many, "quantitative"), (few, "ordinal"), (named, "ordinal")):
        drawn = charts.dependence_chart(rows, "a").to_dict()["encoding"]
        assert drawn["x"]["type"] == kind
        assert drawn["x"]["title"] == "a"
        assert ("xOffset" in drawn) == (kind == "ordinal")
    level = charts.dependence_chart(few, "pulse__sentiment_level").to_dict()["encoding"]["x"]
    assert level["title"] == ["pulse__sentiment_level", "(0 green, 1 yellow, 2 red)"]
    summary = charts.summary_chart(CONTRIBUTIONS).to_dict()
    assert summary["width"] == "container"
    assert summary["description"]
