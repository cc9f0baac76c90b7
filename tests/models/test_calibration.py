import numpy as np
import pytest

from models.calibration import Calibrator
from models.learning import FloatArray, TextArray
from models.logistic import sigmoid
from models.settings import SCORED_BANDS, ModelSettings


def draw(size: int, slope: float, intercepts: dict[str, float]) -> tuple[FloatArray, FloatArray, FloatArray, TextArray]:
    generator = np.random.default_rng(3)
    bands = generator.choice(np.array(list(intercepts), dtype=object), size)
    raw = generator.normal(-1.5, 1.2, size)
    truth = sigmoid(slope * raw + np.array([intercepts[band] for band in bands]))
    return raw, (generator.random(size) < truth).astype(float), np.ones(size), bands


def test_planted_slope_and_intercepts_are_found() -> None:
    planted = {"0-89": 0.3, "90-180": 0.0, "181-365": -0.3, "rolling": 0.8}
    raw, outcomes, weights, bands = draw(60_000, 0.6, planted)

    calibrator = Calibrator.fit(raw, outcomes, weights, bands, ModelSettings())

    assert calibrator.slopes == pytest.approx(dict.fromkeys(SCORED_BANDS, 0.6), abs=0.05)
    assert calibrator.intercepts == pytest.approx(planted, abs=0.1)
    predicted = sigmoid(calibrator.calibrate(raw, bands))
    assert predicted.mean() == pytest.approx(outcomes.mean(), abs=0.002)


def test_without_predictions_nothing_is_changed() -> None:
    nothing = np.empty(0)
    calibrator = Calibrator.fit(nothing, nothing, nothing, np.empty(0, dtype=object), ModelSettings())
    assert calibrator == Calibrator(dict.fromkeys(SCORED_BANDS, 1.0), dict.fromkeys(SCORED_BANDS, 0.0))


def test_a_band_without_predictions_gets_the_shared_intercept_and_rolling_keeps_its_own() -> None:
    raw, outcomes, weights, bands = draw(5_000, 1.0, {"0-89": 1.0, "90-180": 1.0})
    calibrator = Calibrator.fit(raw, outcomes, weights, bands, ModelSettings())
    assert 0.7 < calibrator.intercepts["181-365"] < calibrator.intercepts["0-89"] + 0.1
    assert (calibrator.slopes["rolling"], calibrator.intercepts["rolling"]) == (1.0, 0.0)


def test_scores_that_point_the_wrong_way_are_flattened_and_not_turned_round() -> None:
    raw, outcomes, weights, bands = draw(5_000, -1.0, {"90-180": -1.5})
    settings = ModelSettings()
    calibrator = Calibrator.fit(raw, outcomes, weights, bands, settings)
    predicted = sigmoid(calibrator.calibrate(raw, bands))
    assert calibrator.slopes["90-180"] == settings.minimum_slope
    assert predicted.mean() == pytest.approx(outcomes.mean(), abs=0.01)
    assert np.all(np.diff(predicted[np.argsort(raw)]) >= 0)


def test_a_band_that_is_not_scored_has_no_calibrated_score() -> None:
    calibrator = Calibrator({"0-89": 1.0}, {"0-89": 0.5})
    bands = np.array(["0-89", "beyond", None], dtype=object)
    np.testing.assert_array_equal(calibrator.calibrate(np.zeros(3), bands), [0.5, np.nan, np.nan])
