import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as reference_log_loss

from models.learning import FloatArray
from models.metrics import Ranking, average_precision, brier_score, log_loss, rankings_by_date, roc_auc, top_decile_lift


@pytest.fixture
def rows() -> tuple[FloatArray, FloatArray, FloatArray]:
    generator = np.random.default_rng(7)
    scores = np.round(generator.random(300), 1)  # coarse, so that ties abound
    outcomes = (generator.random(300) < scores).astype(float)
    return scores, outcomes, generator.uniform(0.1, 2.0, (4, 300))


def test_every_draw_agrees_with_scikit_learn(rows: tuple[FloatArray, FloatArray, FloatArray]) -> None:
    scores, outcomes, weights = rows
    ranking = Ranking.of(scores, outcomes, weights)
    for draw, weight in enumerate(weights):
        keep = {"sample_weight": weight}
        assert roc_auc([ranking])[draw] == pytest.approx(roc_auc_score(outcomes, scores, **keep))
        assert average_precision(ranking)[draw] == pytest.approx(average_precision_score(outcomes, scores, **keep))
        assert brier_score(scores, outcomes, weights)[draw] == pytest.approx(brier_score_loss(outcomes, scores, **keep))
        clipped = np.clip(scores, 1e-6, 1 - 1e-6)
        assert log_loss(scores, outcomes, weights)[draw] == pytest.approx(reference_log_loss(outcomes, clipped, **keep))


def test_a_draw_that_takes_a_row_twice_and_one_not_at_all_is_the_same_as_repeating_rows() -> None:
    scores, outcomes = np.array([0.9, 0.8, 0.3, 0.2]), np.array([1.0, 0.0, 1.0, 0.0])
    drawn = Ranking.of(scores, outcomes, np.array([[0.0, 1.0, 2.0, 1.0]]))
    repeated = Ranking.of(scores[[1, 2, 2, 3]], outcomes[[1, 2, 2, 3]], np.ones((1, 4)))
    assert roc_auc([drawn]) == roc_auc([repeated])
    assert average_precision(drawn) == average_precision(repeated)
    assert top_decile_lift([drawn]) == top_decile_lift([repeated])


def test_lift_is_the_churn_rate_of_the_top_tenth_over_that_of_all() -> None:
    scores = np.linspace(1.0, 0.0, 20)
    outcomes = np.zeros(20)
    outcomes[[0, 5, 9, 19]] = 1.0  # one of the top two churned, four of twenty in all
    assert top_decile_lift([Ranking.of(scores, outcomes, np.ones((1, 20)))])[0] == pytest.approx(0.5 / 0.2)


def test_lift_of_a_constant_score_is_one_and_its_auc_a_half() -> None:
    outcomes = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    ranking = Ranking.of(np.full(5, 0.2), outcomes, np.ones((1, 5)))
    assert top_decile_lift([ranking])[0] == pytest.approx(1.0)
    assert roc_auc([ranking])[0] == pytest.approx(0.5)


def test_without_churn_there_is_no_auc() -> None:
    ranking = Ranking.of(np.array([0.1, 0.2]), np.zeros(2), np.ones((1, 2)))
    assert np.isnan(roc_auc([ranking])[0])
    assert np.isnan(average_precision(ranking)[0])
    assert np.isnan(top_decile_lift([ranking])[0])


def test_rows_are_ranked_against_rows_of_their_own_date_only() -> None:
    dates = np.array(["2024-01-01", "2024-01-01", "2024-03-25", "2024-03-25"], dtype="datetime64[us]")
    scores, outcomes = np.array([0.9, 0.8, 0.2, 0.1]), np.array([1.0, 0.0, 1.0, 0.0])
    rankings = rankings_by_date(scores, outcomes, np.ones((1, 4)), dates)
    # Within each date the churned row is on top; over both dates 0.8 would stand above a churned 0.2.
    assert roc_auc(rankings).tolist() == [1.0]
    assert top_decile_lift(rankings).tolist() == [2.0]


def test_a_constant_per_date_ranks_nothing_however_it_moves_between_dates() -> None:
    dates = np.repeat(np.array(["2024-01-01", "2024-03-25"], dtype="datetime64[us]"), 3)
    scores = np.repeat([0.1, 0.3], 3)
    rankings = rankings_by_date(scores, np.array([1.0, 1.0, 0.0, 1.0, 0.0, 0.0]), np.ones((1, 6)), dates)
    assert roc_auc(rankings).tolist() == [0.5]
