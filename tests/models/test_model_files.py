import json

import pytest

from models.churn_model import ChurnModel, ModelFilesError
from models.training import TrainingResult


def test_a_model_is_text_and_json_and_names_its_features(trained: TrainingResult) -> None:
    files = trained.model.to_files()
    assert sorted(files) == [
        "calibration.json",
        "churn_probability.lightgbm.txt",
        "churn_probability.margin.json",
        "features.json",
        "model.json",
        "note_risk.json",
        "usage_view.lightgbm.txt",
        "usage_view.margin.json",
    ]
    listed = json.loads(files["features.json"])
    assert [feature["name"] for feature in listed["features"]] == [feature.name for feature in trained.model.features]
    assert "pulse__sentiment_level" in files["churn_probability.lightgbm.txt"]
    assert "pulse__sentiment_level" not in files["usage_view.lightgbm.txt"]
    assert json.loads(files["model.json"])["trained_through"] == trained.model.trained_through.isoformat()


def test_any_change_of_content_changes_the_version(trained: TrainingResult) -> None:
    files = trained.model.to_files()
    fitted = json.loads(files["calibration.json"])
    fitted["gut_view"]["red|fresh|90-180"] += 1e-15
    other = ChurnModel.from_files(files | {"calibration.json": json.dumps(fitted)})
    assert other.version != trained.model.version


def test_what_a_feature_leaves_at_its_default_is_not_written_and_comes_back(trained: TrainingResult) -> None:
    files = trained.model.to_files()
    assert "when_missing" not in json.loads(files["features.json"])["features"][0]
    assert ChurnModel.from_files(files).features == trained.model.features


def test_files_of_another_release_are_refused_with_words(trained: TrainingResult) -> None:
    files = trained.model.to_files()
    listed = json.loads(files["features.json"])
    listed["features"][0]["colour"] = "mauve"
    for changed in (json.dumps(listed), "{}"):
        with pytest.raises(ModelFilesError, match=r"this release of falsegreen does not read .* --retrain"):
            ChurnModel.from_files(files | {"features.json": changed})


def test_a_missing_file_is_named(trained: TrainingResult) -> None:
    files = trained.model.to_files()
    del files["usage_view.lightgbm.txt"]
    with pytest.raises(ModelFilesError, match=r"no file usage_view\.lightgbm\.txt; it has calibration\.json"):
        ChurnModel.from_files(files)
    with pytest.raises(ModelFilesError, match=r"no file model\.json; it has none"):
        ChurnModel.from_files({})


def test_a_feature_list_that_does_not_match_the_booster_is_refused(trained: TrainingResult) -> None:
    files = trained.model.to_files()
    both = ("usage_view.margin.json", "churn_probability.margin.json", "features.json")
    renamed = {name: files[name].replace("usage__noise_28d", "usage__other_28d") for name in both}
    with pytest.raises(ModelFilesError, match=r"features\.json does not match .*usage__noise_28d.*usage__other_28d"):
        ChurnModel.from_files(files | renamed)
    with pytest.raises(ModelFilesError, match=r"features\.json does not match the columns of the linear margin"):
        ChurnModel.from_files(files | {"features.json": renamed["features.json"]})
    listed = json.loads(files["features.json"])
    position = {name: at for at, name in enumerate(trained.model.encoder.names)}
    one, other = position["usage__noise_28d"], position["pulse__sentiment_level"]
    margin = json.loads(files["churn_probability.margin.json"])
    at = [column["feature"] for column in margin["columns"]]
    ends = at.index("usage__noise_28d"), at.index("pulse__sentiment_level")
    for entries, (left, right) in ((listed["features"], (one, other)), (margin["columns"], ends)):
        entries[left], entries[right] = entries[right], entries[left]
    swapped = {"features.json": json.dumps(listed), "churn_probability.margin.json": json.dumps(margin)}
    with pytest.raises(ModelFilesError, match="the same names in another order"):
        ChurnModel.from_files(files | swapped)
