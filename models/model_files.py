"""The churn model as files: LightGBM's own text for the trees, JSON for everything else.

No pickles: a model must be readable in ten years, and by a person today. JSON writes floats in their shortest exact
form, so what is read back is what was written, to the bit.
"""

import json
from dataclasses import asdict, fields
from datetime import date
from typing import Any, Final

import numpy as np

from features.feature import Feature
from models.baselines import BaseRates
from models.calibration import Calibrator
from models.churn_model import ChurnModel, ModelFilesError
from models.contraction import Contraction
from models.encoding import Encoder
from models.forecast.shock import Shock
from models.gut_feel import GutTable
from models.linear_inputs import BAND_COLUMNS, LinearInputs
from models.linear_margin import LinearMargin
from models.scorer import Scorer
from models.settings import SCORED_BANDS
from models.text_model import TextModel
from models.views import VIEWS, View, view_encoders

BOOSTER_FILES: Final[dict[View, str]] = {"usage": "usage_view.lightgbm.txt", "full": "churn_probability.lightgbm.txt"}
MARGIN_FILES: Final[dict[View, str]] = {"usage": "usage_view.margin.json", "full": "churn_probability.margin.json"}
FEATURES_FILE: Final = "features.json"
WORDS_FILE: Final = "note_risk.json"
CALIBRATION_FILE: Final = "calibration.json"
MODEL_FILE: Final = "model.json"
MARGIN_FIGURES: Final = (
    "mean",
    "deviation",
    "coefficient",
    "coefficient_missing",
    "center",
    "center_missing",
)


def write_model(model: ChurnModel) -> dict[str, str]:
    """Content of each file by name."""
    features = [_describe(feature) for feature in model.features]
    files = {BOOSTER_FILES[view]: scorer.booster for view, scorer in model.scorers.items()}
    files |= {MARGIN_FILES[view]: _json(_describe_margin(scorer.margin)) for view, scorer in model.scorers.items()}
    files[FEATURES_FILE] = _json(
        {"features": features, "usage_features": model.usage_features, "levels": model.encoder.levels}
    )
    files[WORDS_FILE] = _json({name: asdict(words) for name, words in model.text_models.items()})
    files[CALIBRATION_FILE] = _json(
        {
            "calibration": model.calibration,
            "calibrators": {view: asdict(calibrator) for view, calibrator in model.calibrators.items()},
            "base_rates": model.base_rates.rates,
            "contraction": asdict(model.contraction),
            "shocks": {band: asdict(shock) for band, shock in model.shocks.items()},
            "gut_view": model.gut_table.rates,
        }
    )
    files[MODEL_FILE] = _json(
        {
            "kind": model.kind,
            "trained_through": model.trained_through.isoformat(),
            "lead_feature": model.lead_feature,
            "colour_feature": model.colour_feature,
            "colour_share": model.colour_share,
            "interval_reach": model.interval_reach,
            "threads": {view: scorer.threads for view, scorer in model.scorers.items()},
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
    encoders = view_encoders(Encoder(features, levels), listed["usage_features"])
    views = VIEWS if facts["kind"] == "boosted" else ()
    model = ChurnModel(
        kind=facts["kind"],
        trained_through=date.fromisoformat(facts["trained_through"]),
        encoder=Encoder(features, levels),
        usage_features=tuple(listed["usage_features"]),
        text_models={name: _read_words(entry) for name, entry in _read(files, WORDS_FILE).items()},
        scorers={
            view: Scorer(
                _read_margin(_read(files, MARGIN_FILES[view]), encoders[view]),
                _text(files, BOOSTER_FILES[view]),
                facts["threads"][view],
            )
            for view in views
        },
        calibrators={view: Calibrator(**fitted["calibrators"][view]) for view in views},
        calibration=fitted["calibration"],
        base_rates=BaseRates(fitted["base_rates"]),
        contraction=Contraction.from_document(fitted["contraction"]),
        shocks={band: Shock.from_document(entry) for band, entry in fitted["shocks"].items()},
        gut_table=GutTable(fitted["gut_view"]),
        lead_feature=facts["lead_feature"],
        colour_feature=facts["colour_feature"],
        colour_share=facts["colour_share"],
        interval_reach=facts["interval_reach"],
    )
    _require_matching_features(model)
    return model


def _describe(feature: Feature) -> dict[str, Any]:
    """A feature without what it leaves at its default, so that a model does not change when features get a new one."""
    left = {field.name for field in fields(feature) if getattr(feature, field.name) == field.default}
    described = {name: value for name, value in asdict(feature).items() if name not in left}
    return described | {"lineage": sorted(feature.lineage)}


def _describe_margin(margin: LinearMargin) -> dict[str, Any]:
    """One entry per value, in the order of the columns; a value that never varied has no deviation."""
    features, values = margin.inputs.encoder.features, len(margin.inputs.means)
    of_value = np.column_stack(
        [
            margin.inputs.means,
            margin.inputs.deviations,
            *margin.coefficients[BAND_COLUMNS:].reshape(2, values),
            *margin.centers.reshape(2, values),
        ]
    )
    columns = []
    for position, figures in zip(margin.inputs.features, of_value.tolist(), strict=True):
        entry: dict[str, Any] = dict(zip(MARGIN_FIGURES, figures, strict=True))
        entry["deviation"] = None if np.isinf(entry["deviation"]) else entry["deviation"]
        columns.append({"feature": features[position].name, **entry})
    return {
        "bands": dict(zip(("every", *SCORED_BANDS), margin.coefficients[:BAND_COLUMNS].tolist(), strict=True)),
        "columns": columns,
        "draws": margin.draws.tolist(),
    }


def _read_margin(entry: dict[str, Any], encoder: Encoder) -> LinearMargin:
    figures = {
        name: np.array([np.inf if column[name] is None else column[name] for column in entry["columns"]], dtype=float)
        for name in MARGIN_FIGURES
    }
    margin = LinearMargin(
        LinearInputs(encoder, figures["mean"], figures["deviation"]),
        np.concatenate(
            [
                [entry["bands"][band] for band in ("every", *SCORED_BANDS)],
                figures["coefficient"],
                figures["coefficient_missing"],
            ]
        ),
        np.concatenate([figures["center"], figures["center_missing"]]),
        np.array(entry["draws"], dtype=float).reshape(len(entry["draws"]), BAND_COLUMNS + 2 * len(figures["mean"])),
    )
    listed = [encoder.features[position].name for position in margin.inputs.features]
    if listed != [column["feature"] for column in entry["columns"]]:
        raise ModelFilesError(f"{FEATURES_FILE} does not match the columns of the linear margin")
    return margin


def _read_words(entry: dict[str, Any]) -> TextModel:
    return TextModel(
        terms=tuple(entry["terms"]),
        rarity=tuple(entry["rarity"]),
        coefficients=tuple(entry["coefficients"]),
        intercept=entry["intercept"],
    )


def _require_matching_features(model: ChurnModel) -> None:
    for view, scorer in model.scorers.items():
        listed, trained = scorer.encoder.names, scorer.read_booster.feature_name()
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
