from collections.abc import Callable

import numpy as np
import pytest

from models.calls.calls import Calls
from models.logistic import sigmoid
from models.settings import ModelSettings


@pytest.fixture
def settings() -> ModelSettings:
    return ModelSettings(bootstrap_resamples=100, slice_resamples=60)


@pytest.fixture
def rows() -> Callable[[int], np.ndarray]:
    """Every row its own cluster."""
    return lambda count: np.array([f"row {number}" for number in range(count)], dtype=object)


@pytest.fixture
def two_views(rows: Callable[[int], np.ndarray]) -> Calls:
    """A person and a model who each see one half of what decides; both say what they see as it is."""
    generator = np.random.default_rng(3)
    seen, measured = generator.normal(size=(2, 1500))
    outcomes = (generator.random(1500) < sigmoid(-0.5 + seen + measured)).astype(float)
    return Calls(sigmoid(-0.5 + seen), outcomes, rows(1500), model=sigmoid(-0.5 + measured))


@pytest.fixture
def coloured(rows: Callable[[int], np.ndarray]) -> Calls:
    """Colours whose rates are 10, 30 and 60 % by construction, of 100 calls each."""
    levels = np.repeat([0.0, 1.0, 2.0], 100)
    outcomes = np.concatenate([np.arange(100) < count for count in (10, 30, 60)]).astype(float)
    order = np.random.default_rng(4).permutation(300)
    return Calls(levels[order], outcomes[order], rows(300), levels=("green", "yellow", "red"))
