"""What is computed and said of calls that are plenty, few, or all alike."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.calls import record
from models.calls.calls import Calls, counted
from models.calls.disagreement import disagreement_table
from models.calls.ends import ends_table
from models.calls.findings import about_ends, about_skill, interval
from models.calls.forecasts import SKILL, Figure
from models.calls.groups import NO_GROUP, group_table
from models.calls.people import MUST_NOT, compare_people, people_section
from models.calls.plots import record_charts
from models.calls.record import keep_record
from models.calls.report import Report, build_report
from models.logistic import sigmoid
from models.settings import ModelSettings


def said(report: Report) -> str:
    return "\n".join([report.lead, *report.headlines, *(line for part in report.sections for line in part.sentences)])


@pytest.mark.parametrize(("number", "text"), [(0, "0 rows"), (1, "1 row"), (1200, "1,200 rows")])
def test_one_is_singular(number: int, text: str) -> None:
    assert counted(number, "row") == text


def test_one_call_and_one_row_left_out_are_spoken_of_as_one(coloured: Calls, settings: ModelSettings) -> None:
    lead = build_report(keep_record(coloured.part(np.arange(1)), settings), "calls", left_out=1).lead
    assert lead.startswith("1 decided call; ")
    assert lead.endswith("1 row of the file was left out; why is said under Rows.")


def judged(calls: Calls, settings: ModelSettings) -> str:
    return said(build_report(keep_record(calls, settings), "calls"))


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ((0.012, 0.004, 0.02), "+0.012 (+0.004 to +0.020)"),
        ((0.0004, 0.0001, 0.0007), "+0.0004 (+0.0001 to +0.0007)"),
        ((-0.00004, -0.001, 0.02), "-0.00004 (-0.00100 to +0.02000)"),
        ((0.0, 0.0, 0.0), "+0.000 (+0.000 to +0.000)"),
        ((-1e-17, 0.0, 1e-12), "+0.000 (+0.000 to +0.000)"),
        ((0.0002, float("nan"), float("nan")), "+0.0002"),
        ((float("nan"), float("nan"), float("nan")), "–"),
    ],
)
def test_a_sign_can_be_read_however_small_a_difference(figure: tuple[float, float, float], text: str) -> None:
    assert interval(Figure(*figure), signed=True) == text


def test_overstated_probabilities_are_called_so_at_both_ends(two_views: Calls, settings: ModelSettings) -> None:
    log_odds = np.log(two_views.scores / (1 - two_views.scores))
    ends = ends_table(sigmoid(4 * log_odds), two_views, settings)
    assert list(ends["verdict"]) == ["overconfident", "overconfident"]
    low = ends.iloc[0]
    rows = sigmoid(4 * log_odds) < 0.1
    assert low["calls"] == rows.sum()
    assert low["happened"] == pytest.approx(two_views.outcomes[rows].mean())
    assert "The judgement is overconfident at both ends." in about_ends(ends, "judgement")
    timid = ends_table(sigmoid(0.3 * log_odds), two_views, settings)
    assert list(timid["verdict"]) == ["underconfident", "underconfident"]
    assert timid["is_fifth"].all()


def test_true_probabilities_are_as_stated(rows: Callable[[int], np.ndarray], settings: ModelSettings) -> None:
    generator = np.random.default_rng(12)
    stated = generator.uniform(0.01, 0.99, 3000)
    calls = Calls(stated, (generator.random(3000) < stated).astype(float), rows(3000))
    assert list(ends_table(stated, calls, settings)["verdict"]) == ["well calibrated"] * 2
    text = judged(calls, settings)
    assert "neither too extreme nor too timid" in text
    assert "overconfident" not in text


def test_disagreement_says_who_was_nearer(rows: Callable[[int], np.ndarray], settings: ModelSettings) -> None:
    # Where the two differ the model is right: 20 % where it says 20 %, 80 % where it says 80 %.
    outcomes = np.tile([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0], 20)
    model = np.tile(np.repeat([0.2, 0.8], 5), 20)
    calls = Calls(1 - model, outcomes, rows(200), model=model)
    table = disagreement_table(calls.scores, calls, settings).set_index("slice")
    assert list(table.index) == [
        "person above, model below",
        "person below, model above",
        "person higher by over 25 points",
        "person lower by over 25 points",
    ]
    above = table.loc["person above, model below"]
    assert above["happened"] == pytest.approx(0.2)
    assert above["difference"] == pytest.approx(0.2 * 0.04 + 0.8 * 0.64 - (0.2 * 0.64 + 0.8 * 0.04))
    assert above["low"] > 0
    text = judged(calls, settings)
    assert "the model was nearer" in text
    assert "points the wrong way" in text


def test_small_groups_have_figures_and_no_claim(coloured: Calls, settings: ModelSettings) -> None:
    groups = np.array(["large"] * 280 + ["small"] * 15 + [None] * 5, dtype=object)
    calls = replace(coloured, groups=groups)
    table = group_table(keep_record(calls, settings).probabilities, calls, settings).set_index("group")
    assert list(table.index) == ["large", "small", NO_GROUP]
    assert list(table["is_claimed"]) == [True, False, False]
    assert table["happened"].notna().all()
    assert np.isfinite(table.loc["large", ["auc_low", "auc_high", "happened_low"]].to_numpy(float)).all()
    assert np.isnan(table.loc["small", ["auc_low", "auc_high", "happened_low"]].to_numpy(float)).all()
    assert "3 groups, 2 of them too small" in judged(calls, settings)


def test_colours_that_do_not_rise_are_said_not_to(coloured: Calls, settings: ModelSettings) -> None:
    turned = replace(coloured, scores=np.array([0.0, 2.0, 1.0])[coloured.level_numbers])
    text = judged(turned, settings)
    assert "'red' (30.0 %) lies below 'yellow' (60.0 %)" in text
    assert "In 0 % of the resamples" in text
    assert "The rates rise with every level" in judged(coloured, settings)


@pytest.mark.parametrize("level", [0.0, 2.0])
def test_one_colour_cannot_tell_cases_apart_and_is_the_base_rate(
    level: float, coloured: Calls, settings: ModelSettings
) -> None:
    calls = replace(coloured, scores=np.full(300, level))
    text = judged(calls, settings)
    assert "every call says the same" in text
    assert f"Every call says '{calls.levels[int(level)]}'." in text
    assert "a skill of 0.000 (0.000 to 0.000) against the base rate: no better or worse" in text
    assert tuple(keep_record(calls, settings).comparison.figure(record.JUDGEMENT, SKILL)) == (0.0, 0.0, 0.0)


def test_colours_that_know_nothing_are_said_to_be_no_worse_than_that(
    rows: Callable[[int], np.ndarray], settings: ModelSettings
) -> None:
    claims = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        colours, outcomes = generator.choice(3, 300).astype(float), (generator.random(300) < 0.2).astype(float)
        random = Calls(colours, outcomes, rows(300), levels=("green", "yellow", "red"))
        text = about_skill(keep_record(random, settings))
        assert "worse than saying" not in text
        claims += "better than saying the base rate every time." in text
    assert claims <= 1


def test_stated_probabilities_can_be_worse_than_the_base_rate(two_views: Calls, settings: ModelSettings) -> None:
    turned = replace(two_views, scores=1 - two_views.scores, model=None)
    assert "worse than saying the base rate every time" in about_skill(keep_record(turned, settings))


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_equal_outcomes_are_no_evidence(outcome: float, two_views: Calls, settings: ModelSettings) -> None:
    text = judged(replace(two_views, outcomes=np.full(len(two_views), outcome)), settings)
    assert "AUC is unknown: every outcome is the same" in text
    assert "no claim is made" in text
    assert "excludes 0.5" not in text
    assert "AUC and Brier score: judgement – and 0." in text
    assert "nan" not in text


@pytest.mark.parametrize(("outcome", "rate"), [(0.0, "0.0 %"), (1.0, "100.0 %")])
def test_rates_that_are_all_the_same_do_not_rise(
    outcome: float, rate: str, coloured: Calls, settings: ModelSettings
) -> None:
    text = judged(replace(coloured, outcomes=np.full(300, outcome)), settings)
    assert f"The rates are all the same ({rate}); no claim is made." in text
    assert "rise" not in text
    stays = np.concatenate([np.arange(100) < count for count in (10, 10, 60)]).astype(float)
    flat = replace(coloured, scores=np.repeat([0.0, 1.0, 2.0], 100), outcomes=stays)
    assert "The rates rise, or stay, with every level. In" in judged(flat, settings)


@pytest.mark.parametrize("count", [1, 2, 19])
def test_few_calls_have_figures_and_no_claim(
    count: int, coloured: Calls, two_views: Calls, settings: ModelSettings
) -> None:
    for calls in (coloured, two_views):
        few = replace(calls.part(np.arange(count)), groups=np.full(count, "g", dtype=object))
        kept = keep_record(replace(few, texts=np.full(count, "word", dtype=object)), settings)
        text = said(build_report(kept, "calls"))
        assert f"{counted(count, 'decided call')}, where at least 20" in text
        for claim in ("excludes", "includes", "adds", "nearer", "overconfident", "than saying"):
            assert claim not in text
        assert record_charts(kept)


def test_few_clusters_are_few_however_many_calls(coloured: Calls, settings: ModelSettings) -> None:
    calls = replace(coloured, clusters=np.array([f"c{row % 5}" for row in range(300)], dtype=object))
    text = judged(calls, settings)
    assert "5 clusters, where at least 10 are asked for" in text
    assert "excludes" not in text


def test_people_are_shown_only_with_enough_calls_and_never_without_a_word_of_caution(
    two_views: Calls, settings: ModelSettings
) -> None:
    raters = np.array((["Ann"] * 600 + ["Bo"] * 600 + ["Cy"] * 1 + ["Di"] * 49 + [None] * 250), dtype=object)
    people = compare_people(replace(two_views, raters=raters), 50, settings)
    assert people.fit is not None
    assert list(people.fit.table["rater"]) == ["Ann", "Bo"]
    assert (people.named, people.unnamed, people.fit.others) == (4, 250, 2)
    section = people_section(people)
    assert MUST_NOT in section.sentences
    assert [row[0] for row in section.tables[0].rows] == ["Ann", "Bo"]
    assert "250 calls without a name: not in this part." in section.sentences
    fewer = people_section(compare_people(replace(two_views, raters=raters), 1000, settings))
    assert fewer.tables == ()
    assert "Nobody is shown" in fewer.sentences[0]


def test_an_optimist_is_found_whether_colours_or_probabilities_are_stated(
    rows: Callable[[int], np.ndarray], settings: ModelSettings
) -> None:
    generator = np.random.default_rng(8)
    truth = generator.normal(size=900)
    outcomes = (generator.random(900) < sigmoid(truth)).astype(float)
    raters = np.array(["even", "bright", "even too"] * 300, dtype=object)
    seen = truth + generator.normal(scale=0.5, size=900) - np.where(raters == "bright", 1.5, 0.0)
    colours = np.digitize(seen, [-0.5, 0.5]).astype(float)
    for calls in (
        Calls(sigmoid(seen), outcomes, rows(900), model=sigmoid(truth), raters=raters),
        Calls(colours, outcomes, rows(900), levels=("green", "yellow", "red"), raters=raters),
    ):
        fit = compare_people(calls, 50, settings).fit
        assert fit is not None
        assert fit.table.set_index("rater")["optimism"].idxmax() == "bright"
        assert fit.table.set_index("rater").loc["bright", "optimism_low"] > 0


def test_one_person_has_nobody_to_be_compared_with(two_views: Calls, settings: ModelSettings) -> None:
    raters = np.full(len(two_views), "Ann", dtype=object)
    section = people_section(compare_people(replace(two_views, raters=raters), 50, settings))
    assert section.sentences == ("All calls are by one person: there is nobody to compare.",)
    assert section.tables == ()


def test_many_calls_are_resampled_less_often(two_views: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RESAMPLED_CALLS", 120 * len(two_views))
    alone = replace(two_views, model=None)
    assert keep_record(alone, ModelSettings()).settings.bootstrap_resamples == 120
    assert keep_record(alone.part(np.arange(100)), ModelSettings()).settings.bootstrap_resamples == 500
    monkeypatch.setattr(record, "RESAMPLED_CALLS", len(two_views))
    assert keep_record(alone, ModelSettings()).settings.bootstrap_resamples == 100
