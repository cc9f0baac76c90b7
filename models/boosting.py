"""Gradient boosting by LightGBM: parameters, fitting, reading back.

A booster leaves this module as LightGBM's own text and is used only after being read back from it, so that a model that
was stored scores exactly like the one that was fitted. What the scores mean is a matter of `calibration`.
"""

from typing import Any, Final

import lightgbm
import numpy as np

from features.feature import Feature
from models.encoding import Encoder
from models.learning import Cohort, FloatArray
from models.settings import ModelSettings

CONSTRAINTS: Final = {"raises": 1, "lowers": -1, "either": 0}


def booster_parameters(features: tuple[Feature, ...], settings: ModelSettings) -> dict[str, Any]:
    """LightGBM's parameters for the given features.

    A direction beyond doubt becomes a monotone constraint; LightGBM allows none on categories.
    """
    booster = settings.booster
    constraints = [0 if feature.kind == "category" else CONSTRAINTS[feature.direction] for feature in features]
    return {
        "objective": "binary",
        "learning_rate": booster.learning_rate,
        "max_depth": booster.max_depth,
        "num_leaves": booster.num_leaves,
        "min_data_in_leaf": booster.minimum_rows_in_leaf,
        "min_sum_hessian_in_leaf": booster.minimum_weight_in_leaf,
        "lambda_l2": booster.ridge,
        "feature_fraction": booster.feature_share,
        "bagging_fraction": booster.row_share,
        "bagging_freq": 1,
        "cat_l2": booster.category_ridge,
        "monotone_constraints": constraints,
        "seed": settings.seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": booster.threads,
        "verbosity": -1,
    }


def fit_booster(
    encoder: Encoder, matrix: FloatArray, cohort: Cohort, margin: FloatArray, settings: ModelSettings
) -> str:
    """Fits a booster on a cohort and returns it as LightGBM's text.

    Rows are taken in the order of the cohort, which is sorted by key.

    Args:
        encoder: Features to use.
        matrix: The cohort as the encoder has it, shape (n, features).
        cohort: What to learn from.
        margin: Log-odds that the trees start from and are not to contain, shape (n,).
        settings: How to fit.
    """
    features = encoder.features
    if not features:
        raise ValueError("a booster needs at least one feature")
    parameters = booster_parameters(features, settings)
    data = lightgbm.Dataset(
        matrix,
        label=cohort.outcomes,
        weight=cohort.weights,
        init_score=margin,
        feature_name=encoder.names,
        categorical_feature=[position for position, feature in enumerate(features) if feature.kind == "category"],
        params=parameters,
    )
    booster = lightgbm.train(parameters, data, num_boost_round=settings.booster.rounds)
    return str(booster.model_to_string())


def read_booster(text: str) -> lightgbm.Booster:
    """The booster that a text describes."""
    return lightgbm.Booster(model_str=text)


def raw_scores(booster: lightgbm.Booster, matrix: FloatArray, threads: int) -> FloatArray:
    """Sum over the trees, in log-odds, shape (rows,)."""
    if not len(matrix):
        return np.empty(0)
    return np.asarray(booster.predict(matrix, raw_score=True, num_threads=threads), dtype=np.float64)


def raw_contributions(booster: lightgbm.Booster, matrix: FloatArray, threads: int) -> FloatArray:
    """SHAP values of the sum over the trees, shape (rows, features + 1); the last column is the base value."""
    if not len(matrix):
        return np.empty((0, booster.num_feature() + 1))
    return np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=threads), dtype=np.float64)
