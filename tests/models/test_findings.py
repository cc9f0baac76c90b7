import pandas as pd

from models.findings import describe_metrics

COUNTS = {"renewals": 412, "churns": 51, "cutoffs": 11}


def metrics(*rows: tuple[str, float, float, float, bool]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["metric", "value", "low", "high", "beats_base_rate"])
    return frame.assign(band="90-180", slice_by="all", slice="all", model="churn_probability", **COUNTS)


def test_a_model_that_beats_the_base_rate_is_said_to_with_its_figures() -> None:
    sentences = describe_metrics(
        metrics(
            ("roc_auc", 0.74, 0.68, 0.8, True),
            ("brier_skill", 0.08, 0.03, 0.13, True),
            ("brier_skill_difference_to_usage_view", 0.031, 0.011, 0.052, True),
        )
    )
    assert sentences == (
        "The model beats the base rate on renewals 90 to 180 days ahead: Brier skill 0.080 (0.030 to 0.130), "
        "AUC 0.740 (0.680 to 0.800) (51 churns among 412 renewals, 11 cut-offs).",
        "Human judgement adds to usage on renewals 90 to 180 days ahead: Brier skill +0.031 (+0.011 to +0.052).",
    )


def test_a_model_that_does_not_is_said_not_to() -> None:
    first, second = describe_metrics(
        metrics(
            ("roc_auc", 0.51, 0.44, 0.58, False),
            ("brier_skill", -0.01, -0.03, 0.01, False),
            ("brier_skill_difference_to_usage_view", 0.0, -0.01, 0.01, False),
        )
    )
    assert first.startswith("The model does not demonstrably beat the base rate on renewals 90 to 180 days ahead")
    assert second.startswith("It is not settled whether human judgement adds to usage")


def test_a_simpler_predictor_that_did_better_is_named() -> None:
    shipped = metrics(("roc_auc", 0.7, 0.6, 0.8, True), ("brier_skill", 0.05, 0.01, 0.09, True))
    simpler = [
        metrics(("brier_skill", skill, 0.0, 0.2, True)).assign(model=model)
        for model, skill in (("gut_view", 0.1), ("logistic_full", 0.06), ("usage_view", 0.02))
    ]
    assert describe_metrics(pd.concat([shipped, *simpler], ignore_index=True))[1] == (
        "On renewals 90 to 180 days ahead something simpler has had the higher Brier skill so far: "
        "the colour alone (0.100), logistic regression on everything (0.060)."
    )


def test_judgement_that_harms_is_said_to() -> None:
    rows = metrics(
        ("roc_auc", 0.51, 0.44, 0.58, False),
        ("brier_skill", -0.01, -0.03, 0.01, False),
        ("brier_skill_difference_to_usage_view", -0.02, -0.03, -0.01, False),
    )
    assert describe_metrics(rows)[1].startswith("Human judgement takes away from usage")


def test_too_few_outcomes_and_early_decisions_are_named() -> None:
    nan = float("nan")
    rows = metrics(
        ("roc_auc_without_early_decisions", nan, nan, nan, False),
        ("brier_skill_without_early_decisions", nan, nan, nan, False),
        ("brier_skill_difference_to_usage_view_without_early_decisions", nan, nan, nan, False),
    )
    assert describe_metrics(rows) == (
        "Leaving out those decided soon after: On renewals 90 to 180 days ahead nothing can be said of the model: "
        "too few outcomes (51 churns among 412 renewals, 11 cut-offs).",
    )
    assert describe_metrics(rows.head(0)) == ()


def healthy(auc: tuple[float, float, float], skill: tuple[float, float, float]) -> pd.DataFrame:
    rows = metrics(
        ("roc_auc_difference_to_usage_view", *auc, True),
        ("brier_skill_difference_to_usage_view", *skill, True),
    )
    rate = metrics(("churn_rate", 0.041, 0.02, 0.0625, False)).assign(model="base_rate")
    return pd.concat([rows, rate], ignore_index=True).assign(slice_by="usage_view", slice="healthy")


def test_what_judgement_adds_where_usage_is_healthy_is_said_with_the_churn_found_there() -> None:
    (sentence,) = describe_metrics(healthy((0.12, 0.05, 0.2), (0.01, -0.002, 0.02)))
    assert sentence == (
        "Among accounts that usage calls healthy, renewals 90 to 180 days ahead, 4.1% (2.0% to 6.2%) churned, and "
        "human judgement adds what usage does not show: AUC +0.120 (+0.050 to +0.200), Brier skill +0.010 "
        "(-0.002 to +0.020)."
    )


def test_where_usage_is_healthy_doubt_and_harm_are_said_too() -> None:
    (doubt,) = describe_metrics(healthy((0.02, -0.05, 0.1), (0.0, -0.01, 0.01)))
    assert "it is not settled whether human judgement adds anything" in doubt
    (harm,) = describe_metrics(healthy((-0.02, -0.05, 0.01), (-0.02, -0.03, -0.01)))
    assert "human judgement misleads" in harm
    nan = float("nan")
    (few,) = describe_metrics(healthy((0.02, nan, nan), (0.0, nan, nan)))
    assert few.endswith("only 51 of 412 churned: too few to claim anything.")


def test_slices_are_not_taken_for_the_whole() -> None:
    whole = metrics(("roc_auc", 0.74, 0.68, 0.8, True), ("brier_skill", 0.08, 0.03, 0.13, True))
    slices = whole.assign(slice_by="segment", slice="smb", value=0.9)
    assert describe_metrics(pd.concat([slices, whole, slices])) == describe_metrics(whole)


def test_where_nobody_churned_nothing_is_said_of_the_model_or_of_judgement() -> None:
    nan = float("nan")
    rows = metrics(
        ("roc_auc", nan, nan, nan, False),
        ("brier_skill", 0.02, 0.01, 0.03, True),
        ("brier_skill_difference_to_usage_view", -0.02, -0.03, -0.01, False),
    ).assign(churns=0)

    (sentence,) = describe_metrics(rows)

    assert sentence.startswith("On renewals 90 to 180 days ahead nothing can be said of the model: too few outcomes")
