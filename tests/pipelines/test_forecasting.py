"""The record of the forecast outside a training: what was published is judged, what was rebuilt stands as it was."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from data_contracts.contract import SOURCE_TABLES, output_contracts
from features.dues import DUE_KEY, build_dues
from features.engine import DuckDBEngine
from features.sources import Sources
from models.baselines import BaseRates
from models.calibration import DATED_BANDS
from models.contraction import Contraction
from models.forecast.expectation import SCORE_COLUMNS
from models.forecast.outlook import Outlook
from models.forecast.record import PUBLISHED, RECONSTRUCTED
from models.forecast.shock import DEVIATIONS, Shock
from models.forecast.table import forecast_renewals
from models.settings import SCORED_BANDS, ForecastSettings, ModelSettings
from pipelines.forecasting import FORECAST, RECORD, write_track_record
from pipelines.ingestion import ingest_source
from pipelines.manifest import publish
from pipelines.settings import Settings
from pipelines.tables import write_output
from pipelines.workspace import Workspace

FORECAST_ON, LAST_RECORD, TODAY = date(2025, 8, 25), date(2026, 3, 2), date(2026, 3, 9)
"""A forecast at least 30 days ahead of 2025-Q4, and Mondays on which that quarter was and was not settled."""


@pytest.fixture(scope="module")
def ingested(_few_accounts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("run")
    for table in SOURCE_TABLES:
        ingest_source(table, _few_accounts, TODAY, run)
    return run


@pytest.fixture
def workspace(tmp_path: Path, ingested: Path) -> Workspace:
    """A run without a training, and the forecast of half a year before published."""
    workspace = Workspace(tmp_path / "workspace")
    run = workspace.run_folder("now")
    shutil.copytree(ingested, run)
    engine = DuckDBEngine(threads=1)
    dues = engine.to_pandas(build_dues(Sources.open(run, engine), [FORECAST_ON]), DUE_KEY)
    engine.close()
    shocks = dict.fromkeys(DATED_BANDS, Shock(tuple(float(deviation == 0.2) for deviation in DEVIATIONS), 4))
    rates = BaseRates(dict.fromkeys(SCORED_BANDS, 0.1))
    outlook = Outlook(FORECAST_ON, rates, Contraction(0.05, -3.0, 0.5, (0.5, 0.8), 0.99), shocks)
    nobody = pd.DataFrame(columns=list(SCORE_COLUMNS))
    table = forecast_renewals(dues, nobody, outlook, ModelSettings(), ForecastSettings(draws=100))
    table = table.assign(knowledge_dates="recorded", trained_through=FORECAST_ON, model_version="v")
    write_output(table, output_contracts()[FORECAST], workspace.table_file("then", FORECAST))
    publish(workspace, FORECAST_ON, "then", [FORECAST])
    return workspace


def test_published_forecasts_are_judged_without_a_training_and_reconstructed_ones_stand(workspace: Workspace) -> None:
    run = workspace.run_folder("now")
    judged = write_track_record(run, workspace, TODAY, Settings())
    assert judged[["origin", "days_ahead", "period"]].to_numpy().tolist() == [[PUBLISHED, 30, "2025-Q4"]]
    assert judged["renewals"].tolist()[0] > 0
    assert judged["actual_grr"].notna().all()

    rebuilt = judged.assign(origin=RECONSTRUCTED, actual_grr=0.123)
    outdated = judged.assign(actual_grr=0.456)
    before = pd.concat([outdated, rebuilt], ignore_index=True)
    write_output(before, output_contracts()[RECORD], workspace.table_file("week_before", RECORD))
    publish(workspace, LAST_RECORD, "week_before", [RECORD])
    shutil.rmtree(run / RECORD)
    record = write_track_record(run, workspace, TODAY, Settings())
    assert record["origin"].tolist() == [PUBLISHED, RECONSTRUCTED]
    assert record["actual_grr"].tolist() == [judged["actual_grr"].iloc[0], 0.123]

    # The stage that scores comes after the one that trains, in one folder: what that has rebuilt is what stands.
    write_output(rebuilt.assign(actual_grr=0.789), output_contracts()[RECORD], workspace.table_file("now", RECORD))
    record = write_track_record(run, workspace, TODAY, Settings())
    assert record["actual_grr"].tolist() == [judged["actual_grr"].iloc[0], 0.789]


def test_a_record_of_a_past_date_knows_no_later_one(workspace: Workspace) -> None:
    run = workspace.run_folder("now")
    later = write_track_record(run, workspace, TODAY, Settings()).assign(origin=RECONSTRUCTED)
    write_output(later, output_contracts()[RECORD], workspace.table_file("later", RECORD))
    publish(workspace, TODAY, "later", [RECORD])
    shutil.rmtree(run / RECORD)
    assert write_track_record(run, workspace, date(2026, 3, 1), Settings()).empty
    with pytest.raises(ValueError, match="as of a date"):
        write_track_record(workspace.run_folder("empty"), workspace, None, Settings())
