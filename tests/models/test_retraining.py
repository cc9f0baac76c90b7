"""What drifts calls for a training, and what does not."""

import pandas as pd
import pytest

from models.retraining import FEATURES, retraining_reasons
from models.settings import DriftSettings

SETTINGS = DriftSettings(several_features=3)


def drift(*drifting: tuple[str, str], new: int = 50) -> pd.DataFrame:
    rows = [
        ("feature", "usage__a"),
        ("feature", "usage__b"),
        ("feature", "usage__c"),
        ("missingness", "usage__a"),
        ("missingness", "usage__c"),
        ("scores", "churn_probability"),
        ("calibration", "level_since_training"),
        ("calibration", "slope_since_training"),
        ("calibration", "level_latest_record"),
        ("outcomes", "churn_rate"),
        ("new_outcomes", "decided_renewals"),
    ]
    return pd.DataFrame(
        [
            {"kind": kind, "name": name, "current": new, "is_drifting": (kind, name) in drifting, "sentence": name}
            for kind, name in rows
        ]
    )


@pytest.mark.parametrize(
    ("drifting", "reasons"),
    [
        ((), []),
        ((("new_outcomes", "decided_renewals"),), ["new_outcomes"]),
        ((("calibration", "slope_since_training"),), ["calibration"]),
        ((("calibration", "level_latest_record"),), []),
        ((("outcomes", "churn_rate"), ("scores", "churn_probability")), ["outcomes", "scores"]),
        ((("feature", "usage__a"), ("feature", "usage__b")), []),
        ((("feature", "usage__a"), ("missingness", "usage__a"), ("missingness", "usage__c")), []),
        ((("feature", "usage__a"), ("feature", "usage__b"), ("missingness", "usage__c")), [FEATURES]),
    ],
)
def test_each_kind_has_its_own_rule(drifting: tuple[tuple[str, str], ...], reasons: list[str]) -> None:
    assert list(retraining_reasons(drift(*drifting), SETTINGS)) == reasons


def test_features_are_named() -> None:
    reasons = retraining_reasons(
        drift(("feature", "usage__a"), ("feature", "usage__b"), ("feature", "usage__c")), SETTINGS
    )

    assert reasons == {FEATURES: "3 features drift: usage__a, usage__b, usage__c."}


def test_nothing_calls_for_a_training_that_has_nothing_new_to_learn() -> None:
    everything = drift(("calibration", "level_since_training"), ("scores", "churn_probability"), new=19)

    assert retraining_reasons(everything, SETTINGS) == {}
    assert retraining_reasons(everything.head(0), SETTINGS) == {}
