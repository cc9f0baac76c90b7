import numpy as np
from sklearn.linear_model import LogisticRegression

from models.logistic import fit_logistic, logit, sigmoid


def test_sigmoid_and_logit_are_inverse_and_do_not_overflow() -> None:
    log_odds = np.array([-800.0, -3.0, 0.0, 3.0, 800.0])
    assert sigmoid(log_odds)[[0, 2, 4]].tolist() == [0.0, 0.5, 1.0]
    np.testing.assert_allclose(logit(sigmoid(log_odds[1:4])), log_odds[1:4], atol=1e-12)


def test_an_unpenalized_intercept_is_the_log_odds_of_the_weighted_rate() -> None:
    fitted = fit_logistic(
        np.ones((3, 1)),
        np.array([1.0, 0.0, 0.0]),
        np.array([1.0, 1.0, 2.0]),
        center=np.zeros(1),
        precision=np.zeros(1),
    )
    np.testing.assert_allclose(fitted, [np.log(1 / 3)], atol=1e-9)


def test_without_rows_the_prior_stands() -> None:
    fitted = fit_logistic(
        np.empty((0, 2)), np.empty(0), np.empty(0), center=np.array([1.0, 0.0]), precision=np.array([4.0, 0.0])
    )
    assert fitted.tolist() == [1.0, 0.0]


def test_it_agrees_with_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(400, 3))
    outcomes = (generator.random(400) < sigmoid(inputs @ np.array([1.0, -2.0, 0.0]) - 1.0)).astype(float)
    weights = generator.uniform(0.1, 1.0, 400)

    ours = fit_logistic(
        np.column_stack([np.ones(400), inputs]),
        outcomes,
        weights,
        center=np.zeros(4),
        precision=np.array([0.0, 5.0, 5.0, 5.0]),
    )
    theirs = LogisticRegression(C=1 / 5.0, tol=1e-10, max_iter=1000).fit(inputs, outcomes, sample_weight=weights)

    np.testing.assert_allclose(ours, [*theirs.intercept_, *theirs.coef_[0]], atol=1e-5)


def test_near_copies_far_from_the_start_are_fitted_to_the_last_digit() -> None:
    generator = np.random.default_rng(1)
    inputs = np.repeat(generator.normal(size=(300, 4)), 5, axis=1) + generator.normal(scale=0.1, size=(300, 20))
    outcomes = (generator.random(300) < sigmoid(3.0 * inputs[:, 0] - 2.0)).astype(float)
    precision = np.full(20, 2.0)

    fitted = fit_logistic(inputs, outcomes, np.ones(300), center=np.zeros(20), precision=precision, offset=inputs[:, 5])

    slope = inputs.T @ (sigmoid(inputs @ fitted + inputs[:, 5]) - outcomes) + precision * fitted
    np.testing.assert_allclose(slope, 0.0, atol=1e-7)


def test_separable_outcomes_stay_finite_under_a_prior() -> None:
    inputs = np.array([[-1.0], [-1.0], [1.0], [1.0]])
    fitted = fit_logistic(inputs, np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4), center=np.zeros(1), precision=np.ones(1))
    assert 0.5 < fitted[0] < 5.0
