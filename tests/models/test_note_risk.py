"""What words mean: learned from known outcomes, never from an account's own, and stored to the bit."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from features import notes
from features.feature import Feature
from models.churn_model import ChurnModel
from models.cross_fitting import cross_fitted_scores
from models.encoding import Encoder
from models.explanation import explain
from models.fitting import fit_model
from models.learning import KEY, Cohort, FloatArray, LearningData, account_folds, weights_of
from models.linear_inputs import Design
from models.logistic import logit
from models.metrics import rankings_by_date, roc_auc
from models.note_risk import accounts_per_term, read_notes, with_note_risk
from models.scorer import Scorer
from models.settings import ModelSettings
from models.terms import terms_of
from models.text_model import TextModel
from models.walk_forward import walk_forward

Company = Callable[..., LearningData]
Write = Callable[[np.random.Generator, pd.DataFrame], pd.Series]
REASONS, TICKETS, COMMENTS = (feature.name for feature in notes.FEATURES)
TEXTS = tuple(feature.learned_from for feature in notes.FEATURES)
NO_HISTORY = pd.DataFrame()

BAD = ["Budget freeze announced", "They are evaluating a competitor", "Asked for a much cheaper plan"]
GOOD = ["Rolled out to another team", "Happy with the support", "Reference call went well"]


def write_by_outcome(generator: np.random.Generator, snapshots: pd.DataFrame) -> pd.Series:
    """A sentence per row that leans the way in which the renewal will go; one row in ten has none."""
    is_bad = generator.random(len(snapshots)) < np.where(snapshots["churned"], 0.75, 0.3)
    pick = generator.integers(0, 3, len(snapshots))
    text = pd.Series(np.where(is_bad, np.array(BAD)[pick], np.array(GOOD)[pick]), dtype=object)
    return text.mask(pd.Series(generator.random(len(snapshots)) < 0.1), None)


def write_of_account(generator: np.random.Generator, snapshots: pd.DataFrame) -> pd.Series:
    """Ten words of its own choice for every account, out of 400 that mean nothing: outcomes can be learned by heart."""
    accounts = snapshots["account_id"].unique()
    words = [f"w{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(400)]
    texts = {account: ". ".join(generator.choice(words, 10, replace=False)) for account in accounts}
    return snapshots["account_id"].map(texts)


def write_of_renewal(generator: np.random.Generator, snapshots: pd.DataFrame) -> pd.Series:
    """The same, with new words for every renewal."""
    return write_of_account(generator, snapshots.assign(account_id=snapshots["renewal_id"]))


def write_nothing(generator: np.random.Generator, snapshots: pd.DataFrame) -> pd.Series:
    return pd.Series(None, index=snapshots.index, dtype=object)


def speaking(
    company: LearningData,
    reasons: Write = write_by_outcome,
    tickets: Write = write_of_account,
    comments: Write = write_nothing,
) -> LearningData:
    """The company with words on record."""
    generators = np.random.default_rng(4).spawn(3)
    texts = {
        feature.learned_from: write(generator, company.snapshots)
        for feature, generator, write in zip(notes.FEATURES, generators, (reasons, tickets, comments), strict=True)
    }
    return replace(
        company,
        snapshots=company.snapshots.assign(**texts),
        features=(*company.features, *notes.FEATURES),
        usage_features=(*company.usage_features, TICKETS, COMMENTS),
    )


def fit(data: LearningData, settings: ModelSettings) -> ChurnModel:
    return fit_model(data, read_notes(data.features, data.cohort(data.through), settings), NO_HISTORY, settings)


def boosted(features: tuple[Feature, ...], cohort: Cohort, asked: pd.DataFrame, settings: ModelSettings) -> FloatArray:
    encoder = Encoder.fit(features, cohort.snapshots)
    matrix = encoder.encode(cohort.snapshots)
    scorer = Scorer.fit(Design.of(encoder, matrix, cohort), matrix, cohort, np.zeros(len(cohort.outcomes)), settings)
    bands = asked["band"].to_numpy(dtype=object)
    return scorer.log_odds(encoder.encode(asked), bands, np.zeros(len(asked)))


def auc_of(scores: FloatArray, cohort: Cohort) -> float:
    known = ~np.isnan(scores)
    dates = np.zeros(known.sum(), dtype="datetime64[us]")
    return float(
        roc_auc(rankings_by_date(scores[known], cohort.outcomes[known], cohort.weights[None, known], dates))[0]
    )


@pytest.fixture(scope="module")
def small(make_company: Company) -> LearningData:
    return speaking(make_company(accounts=250, years=4.0))


@pytest.fixture(scope="module")
def cohort(small: LearningData) -> Cohort:
    return small.cohort(small.through)


@pytest.fixture(scope="module")
def model(small: LearningData, fast_settings: ModelSettings) -> ChurnModel:
    return fit(small, fast_settings)


@pytest.fixture(scope="module")
def now(small: LearningData) -> pd.DataFrame:
    return small.open_at(small.through)


def test_it_is_tfidf_and_a_penalized_logistic_regression(fast_settings: ModelSettings) -> None:
    generator = np.random.default_rng(0)
    size = 300
    churned = generator.random(size) < 0.2
    rows = pd.DataFrame({"churned": churned})
    texts = (
        write_by_outcome(generator, rows).fillna("all quiet") + ". " + write_by_outcome(generator, rows).fillna("ok")
    )
    snapshots = pd.DataFrame(
        {
            "account_id": [f"a{number:03d}" for number in range(size)],
            "renewal_id": [f"r{number:03d}" for number in range(size)],
            "contract_id": "c",
            "band": "90-180",
            "note_text_reasons": texts,
        }
    )
    cohort = Cohort(pd.Timestamp("2024-01-01"), snapshots, churned.astype(float), np.ones(size))
    words = read_notes(notes.FEATURES[:1], cohort, fast_settings).text_models[REASONS]

    vectorizer = TfidfVectorizer(analyzer=terms_of, sublinear_tf=True, min_df=fast_settings.note_minimum_accounts)
    inputs = vectorizer.fit_transform(texts)
    reference = LogisticRegression(C=1 / fast_settings.note_precision, tol=1e-10, max_iter=1000).fit(inputs, churned)
    expected = reference.decision_function(inputs) - logit(np.array([churned.mean()]))

    assert words.terms == tuple(vectorizer.get_feature_names_out())
    np.testing.assert_allclose(words.shifts(texts), expected, atol=1e-5)


def test_words_that_came_before_losses_raise_and_the_others_lower(model: ChurnModel) -> None:
    words = model.text_models[REASONS]
    up, down, mixed = words.shifts(pd.Series([BAD[0], GOOD[0], f"{BAD[0]}. {GOOD[0]}"]))
    assert up > mixed > down
    assert up > 0 > down
    assert set(words.telling_terms(f"{GOOD[1]}. {BAD[1]}", raises=True)) == {"evaluating", "competitor"}
    assert words.telling_terms(GOOD[0], raises=True) == ()


def test_no_text_is_null_and_a_text_without_a_known_term_is_no_news(model: ChurnModel) -> None:
    shifts = model.text_models[REASONS].shifts(pd.Series([None, "Zebra crossing", "", "the of and"]))
    np.testing.assert_array_equal(shifts, [np.nan, 0.0, 0.0, 0.0])


def test_a_row_is_worth_the_same_alone_and_among_others(model: ChurnModel, now: pd.DataFrame) -> None:
    together = model.inputs(now)
    alone = pd.concat([model.inputs(now.iloc[[row]]) for row in range(len(now))])
    pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_what_few_accounts_say_means_nothing(small: LearningData, fast_settings: ModelSettings) -> None:
    few = sorted(small.snapshots["account_id"].unique())[: fast_settings.note_minimum_accounts]
    names = small.snapshots["note_text_reasons"].where(
        ~small.snapshots["account_id"].isin(few[1:]), "Zanzibar calling. Happy with the support"
    )
    data = replace(small, snapshots=small.snapshots.assign(note_text_reasons=names))
    assert "zanzibar" not in fit(data, fast_settings).text_models[REASONS].terms
    shared = names.where(small.snapshots["account_id"] != few[0], "Zanzibar calling. Happy with the support")
    data = replace(small, snapshots=small.snapshots.assign(note_text_reasons=shared))
    # Each of these accounts has had a renewal decided, else the cohort would know fewer of them.
    assert set(few) <= set(data.cohort(data.through).snapshots["account_id"])
    assert "zanzibar" in fit(data, fast_settings).text_models[REASONS].terms


def test_an_account_teaches_others_and_never_itself(cohort: Cohort, fast_settings: ModelSettings) -> None:
    accounts = cohort.snapshots["account_id"]
    folds = account_folds(accounts.to_numpy(dtype=object), fast_settings.folds, fast_settings.seed)
    before = read_notes(notes.FEATURES, cohort, fast_settings).cohort.snapshots
    for account in ("a0000", "a0001", "a0100"):
        own = (accounts == account).to_numpy()
        turned = replace(cohort, outcomes=np.where(own, 1 - cohort.outcomes, cohort.outcomes))
        after = read_notes(notes.FEATURES, turned, fast_settings).cohort.snapshots
        same_fold = folds == folds[own][0]
        for name in (REASONS, TICKETS):
            np.testing.assert_array_equal(before.loc[same_fold, name], after.loc[same_fold, name])
        assert (before.loc[~same_fold, REASONS] != after.loc[~same_fold, REASONS]).mean() > 0.8


def test_cross_fitting_learns_the_words_anew_without_the_accounts_that_it_scores(
    small: LearningData, cohort: Cohort, fast_settings: ModelSettings
) -> None:
    accounts = cohort.snapshots["account_id"].to_numpy(dtype=object)
    held_out = account_folds(accounts, fast_settings.folds, fast_settings.seed) == 0
    turned = replace(cohort, outcomes=np.where(held_out, 1 - cohort.outcomes, cohort.outcomes))
    scores, others = (
        cross_fitted_scores(small.features, small.usage_features, each, fast_settings)["full"]
        for each in (cohort, turned)
    )
    np.testing.assert_array_equal(scores[held_out], others[held_out])


def test_out_of_fold_nothing_is_learned_by_heart(
    cohort: Cohort, model: ChurnModel, fast_settings: ModelSettings
) -> None:
    weak = fast_settings.model_copy(update={"note_precision": 0.3})
    read = read_notes(notes.FEATURES, cohort, weak)
    in_fold = read.text_models[TICKETS].shifts(cohort.snapshots["note_text_tickets"])
    assert auc_of(in_fold, cohort) > 0.85
    assert auc_of(read.cohort.snapshots[TICKETS].to_numpy(), cohort) < 0.6
    assert auc_of(read.cohort.snapshots[REASONS].to_numpy(), cohort) > 0.65


def test_words_that_mean_nothing_hurt_only_where_accounts_are_scored_by_what_they_taught(
    make_company: Company, fast_settings: ModelSettings
) -> None:
    """Out of time, the model with noise for words is as good as without; fitted in fold it would fall far behind."""
    weak = fast_settings.model_copy(update={"note_precision": 0.3})
    silent = make_company()
    data = speaking(silent, reasons=write_of_renewal, tickets=write_of_renewal)
    aucs = []
    for cutoff in silent.cutoffs[-8:-5]:
        cohort = data.cohort(cutoff)
        out_of_fold = read_notes(data.features, cohort, weak)
        words = out_of_fold.text_models
        by_heart = with_note_risk(cohort.snapshots, data.features, words)
        decided = data.open_at(cutoff).merge(data.outcomes_at(data.through), on=KEY)
        later = Cohort(cutoff, decided, decided["is_churned"].to_numpy(dtype=float), weights_of(decided))
        scores = (
            boosted(silent.features, silent.cohort(cutoff), decided, weak),
            boosted(data.features, out_of_fold.cohort, asked := with_note_risk(decided, data.features, words), weak),
            boosted(data.features, replace(cohort, snapshots=by_heart), asked, weak),
        )
        aucs.append([auc_of(each, later) for each in scores])
        assert auc_of(by_heart[REASONS].to_numpy(), cohort) > 0.9
    without, with_words, learned_by_heart = np.mean(aucs, axis=0)
    assert with_words == pytest.approx(without, abs=0.05)
    assert learned_by_heart < with_words - 0.1


def test_no_reason_ever_touches_the_usage_view(
    small: LearningData, model: ChurnModel, fast_settings: ModelSettings
) -> None:
    order = np.random.default_rng(5).permutation(len(small.snapshots))
    reasons = small.snapshots["note_text_reasons"].to_numpy()[order]
    other = replace(small, snapshots=small.snapshots.assign(note_text_reasons=reasons))
    silent = replace(small, snapshots=small.snapshots.assign(note_text_reasons=None))
    before = model.score(small.open_at(small.through))
    for changed in (other, silent):
        again = fit(changed, fast_settings)
        scores = again.score(changed.open_at(small.through))
        for name in ("usage_view.lightgbm.txt", "usage_view.margin.json"):
            assert again.to_files()[name] == model.to_files()[name]
        assert again.text_models[TICKETS] == model.text_models[TICKETS]
        pd.testing.assert_series_equal(scores["usage_view"], before["usage_view"], check_exact=True)
        assert (scores["churn_probability"] != before["churn_probability"]).mean() > 0.9


def test_what_was_learned_is_read_back_to_the_bit(model: ChurnModel, now: pd.DataFrame) -> None:
    files = model.to_files()
    again = ChurnModel.from_files(files)
    assert set(json.loads(files["note_risk.json"])) == {REASONS, TICKETS}
    assert again.text_models == model.text_models
    assert again.to_files() == files
    assert again.version == model.version
    pd.testing.assert_frame_equal(again.inputs(now), model.inputs(now), check_exact=True)
    pd.testing.assert_frame_equal(again.score(now), model.score(now), check_exact=True)


def test_the_words_are_part_of_the_version(model: ChurnModel) -> None:
    words = model.text_models[REASONS]
    changed = replace(words, coefficients=(words.coefficients[0] + 1e-10, *words.coefficients[1:]))
    assert replace(model, text_models=model.text_models | {REASONS: changed}).version != model.version


def test_under_the_floor_nothing_is_learned(small: LearningData, cohort: Cohort, fast_settings: ModelSettings) -> None:
    spoken = cohort.snapshots["note_text_reasons"].notna() & (cohort.outcomes == 1.0)
    units = cohort.snapshots.loc[spoken, "renewal_id"].nunique()
    rolling = cohort.snapshots.loc[spoken & (cohort.snapshots["band"] == "rolling")]
    churned = units - rolling["renewal_id"].nunique() + rolling["contract_id"].nunique()
    just_enough, too_many = (
        fast_settings.model_copy(update={"note_minimum_churns": count}) for count in (churned, churned + 1)
    )
    assert REASONS in read_notes(notes.FEATURES, cohort, just_enough).text_models
    read = read_notes(notes.FEATURES, cohort, too_many)
    assert REASONS not in read.text_models
    assert read.cohort.snapshots[REASONS].isna().all()
    model = fit(small, too_many)
    now = small.open_at(small.through)
    assert model.inputs(now)[REASONS].isna().all()
    assert model.score(now)["churn_probability"].between(0, 1).all()


@pytest.mark.parametrize("text", [None, "", "12 34", "the of and"])
def test_without_a_word_on_record_all_is_null_and_nothing_fails(
    small: LearningData, fast_settings: ModelSettings, text: str | None
) -> None:
    silent = replace(small, snapshots=small.snapshots.assign(**dict.fromkeys(TEXTS, text)))
    model = fit(silent, fast_settings)
    scores = model.score(silent.open_at(silent.through))
    assert model.text_models == {}
    assert scores["churn_probability"].between(0, 1).all()


def test_nothing_that_was_written_or_decided_later_changes_a_prediction(
    small: LearningData, fast_settings: ModelSettings
) -> None:
    through = [cutoff for cutoff in small.cutoffs if small.cohort(cutoff).churns >= fast_settings.minimum_churns][3]
    walked = walk_forward(replace(small, trained_through=through.date()), fast_settings)
    middle = walked.cutoffs[1]
    seen = small.snapshots["as_of"] <= middle
    later = small.snapshots[~seen].assign(**dict.fromkeys(TEXTS, "Budget freeze. Happy with the support"))
    labels = small.labels.assign(is_churned=small.labels["is_churned"] ^ (small.labels["first_cutoff"] > middle))
    changed = pd.concat([small.snapshots[seen], later])
    other = replace(small, snapshots=changed, labels=labels, trained_through=through.date())
    before = walked.history[walked.history["cutoff"] <= middle]
    history = walk_forward(other, fast_settings).history
    pd.testing.assert_frame_equal(history[history["cutoff"] <= middle], before, check_exact=True)


def test_a_reason_names_the_words_that_carry_it(model: ChurnModel, now: pd.DataFrame) -> None:
    reasons = explain(model, now)
    spoken = reasons[reasons["feature"] == REASONS].merge(now[["renewal_id", "as_of", "note_text_reasons"]])
    assert spoken["feature_group"].eq("csm reason").all()
    has_text = spoken["note_text_reasons"].notna()
    assert set(spoken.loc[~has_text, "sentence"]) == {"No CSM has given a reason in half a year"}
    up = spoken[has_text & (spoken["direction"] == "raises") & spoken["note_text_reasons"].eq(BAD[0])]
    down = spoken[has_text & (spoken["direction"] == "lowers") & spoken["note_text_reasons"].eq(GOOD[0])]
    assert len(up)
    assert len(down)
    assert up["sentence"].str.fullmatch(r"The CSM's last notes mention “.*budget.*”.* that came before losses").all()
    assert down["sentence"].str.fullmatch(r"The CSM's last notes mention “.*” .*that came before renewals").all()
    assert (spoken.loc[has_text, "sentence"] == "The CSM's last notes mention " + spoken.loc[has_text, "value"]).all()


def test_terms_within_terms_are_named_once_and_light_ones_not_at_all() -> None:
    words = TextModel(
        terms=("budget", "budget freeze", "freeze", "happy", "tuesday"),
        rarity=(1.0, 1.0, 1.0, 1.0, 1.0),
        coefficients=(0.8, 1.0, 0.7, -0.9, 0.1),
        intercept=0.0,
    )
    text = "Budget freeze, said on Tuesday. Happy."
    assert words.telling_terms(text, raises=True) == ("budget freeze",)
    assert words.telling_terms(text, raises=False) == ("happy",)
    assert words.telling_terms("Freeze. Budget", raises=True) == ("budget", "freeze")
    assert words.telling_terms("Nothing", raises=True) == ()


def test_a_feature_that_is_learned_needs_its_text_and_not_itself(company: LearningData) -> None:
    feature: Feature = notes.FEATURES[1]
    with pytest.raises(ValueError, match="snapshots: missing columns note_text_tickets"):
        replace(company, features=(*company.features, feature))


def test_an_account_has_a_term_once_however_many_of_its_documents_do() -> None:
    counts = csr_matrix([[1, 0, 2], [3, 0, 0], [0, 0, 1]])
    assert accounts_per_term(counts, np.array([4, 4, 0])).tolist() == [1, 0, 2]
    assert accounts_per_term(counts[:0], np.array([], dtype=np.int64)).tolist() == [0, 0, 0]
