"""The churn model as files: LightGBM's own text for the boosters, JSON for everything else.

No pickles: a model must be readable in ten years, and by a person today. JSON writes floats in their shortest exact
form, so what is read back is what was written, to the bit.
"""

import json
from dataclasses import asdict, fields
from datetime import date
from typing import Any, Final

from features.feature import Feature
from models.baselines import BaseRates
from models.calibration import Calibrator
from models.churn_model import VIEWS, ChurnModel, ModelFilesError, View
from models.encoding import Encoder
from models.gut_feel import GutTable
from models.text_model import TextModel

BOOSTER_FILES: Final[dict[View, str]] = {"usage": "usage_view.lightgbm.txt", "full": "churn_probability.lightgbm.txt"}
FEATURES_FILE: Final = "features.json"
WORDS_FILE: Final = "note_risk.json"
CALIBRATION_FILE: Final = "calibration.json"
MODEL_FILE: Final = "model.json"


def write_model(model: ChurnModel) -> dict[str, str]:
    """Content of each file by name."""
    features = [_describe(feature) for feature in model.features]
    files = {BOOSTER_FILES[view]: text for view, text in model.boosters.items()}
    files[FEATURES_FILE] = _json(
        {"features": features, "usage_features": model.usage_features, "levels": model.encoder.levels}
    )
    files[WORDS_FILE] = _json({name: asdict(words) for name, words in model.text_models.items()})
    files[CALIBRATION_FILE] = _json(
        {
            "calibration": model.calibration,
            "calibrators": {view: asdict(calibrator) for view, calibrator in model.calibrators.items()},
            "base_rates": model.base_rates.rates,
            "gut_view": model.gut_table.rates,
        }
    )
    files[MODEL_FILE] = _json(
        {
            "kind": model.kind,
            "trained_through": model.trained_through.isoformat(),
            "lead_feature": model.lead_feature,
            "threads": model.threads,
        }
    )
    return files


def read_model(files: dict[str, str]) -> ChurnModel:
    """The model that the files hold.

    Raises:
        ModelFilesError: A file is missing, the feature list does not match a booster, or another release of falsegreen
            wrote the files in a form that this one does not know.
    """
    try:
        return _read_model(files)
    except (KeyError, TypeError) as error:
        raise ModelFilesError(
            f"The model's files are in a form that this release of falsegreen does not read ({error}). Train again, "
            "with `falsegreen run --retrain`, or score with the release that trained it."
        ) from error


def _read_model(files: dict[str, str]) -> ChurnModel:
    facts = _read(files, MODEL_FILE)
    listed = _read(files, FEATURES_FILE)
    fitted = _read(files, CALIBRATION_FILE)
    features = tuple(Feature(**(entry | {"lineage": frozenset(entry["lineage"])})) for entry in listed["features"])
    levels = {name: tuple(values) for name, values in listed["levels"].items()}
    views = VIEWS if facts["kind"] == "boosted" else ()
    model = ChurnModel(
        kind=facts["kind"],
        trained_through=date.fromisoformat(facts["trained_through"]),
        encoder=Encoder(features, levels),
        usage_features=tuple(listed["usage_features"]),
        text_models={name: _read_words(entry) for name, entry in _read(files, WORDS_FILE).items()},
        boosters={view: _text(files, BOOSTER_FILES[view]) for view in views},
        calibrators={view: Calibrator(**fitted["calibrators"][view]) for view in views},
        calibration=fitted["calibration"],
        base_rates=BaseRates(fitted["base_rates"]),
        gut_table=GutTable(fitted["gut_view"]),
        lead_feature=facts["lead_feature"],
        threads=facts["threads"],
    )
    _require_matching_features(model)
    return model


def _describe(feature: Feature) -> dict[str, Any]:
    """A feature without what it leaves at its default, so that a model does not change when features get a new one."""
    left = {field.name for field in fields(feature) if getattr(feature, field.name) == field.default}
    described = {name: value for name, value in asdict(feature).items() if name not in left}
    return described | {"lineage": sorted(feature.lineage)}


def _read_words(entry: dict[str, Any]) -> TextModel:
    return TextModel(
        terms=tuple(entry["terms"]),
        rarity=tuple(entry["rarity"]),
        coefficients=tuple(entry["coefficients"]),
        intercept=entry["intercept"],
    )


def _require_matching_features(model: ChurnModel) -> None:
    for view, booster in model.read_boosters.items():
        listed, trained = model.encoder_of(view).names, booster.feature_name()
        if listed != trained:
            differing = sorted(set(listed) ^ set(trained)) or "the same names in another order"
            raise ModelFilesError(f"{FEATURES_FILE} does not match {BOOSTER_FILES[view]}: {differing}")


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _text(files: dict[str, str], name: str) -> str:
    if name not in files:
        raise ModelFilesError(f"the model has no file {name}; it has {', '.join(sorted(files)) or 'none'}")
    return files[name]


def _read(files: dict[str, str], name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_text(files, name))
    return content
