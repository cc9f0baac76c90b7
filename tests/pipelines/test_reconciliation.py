"""The forecast's money against the renewals, counted by two paths that share no code."""

from datetime import date
from decimal import Decimal
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
from models.forecast.shock import DEVIATIONS, Shock
from models.forecast.table import forecast_renewals
from models.settings import SCORED_BANDS, ForecastSettings, ModelSettings
from pipelines.ingestion import ingest_source
from pipelines.reconciliation import reconcile
from pipelines.tables import write_output

AS_OF = date(2026, 5, 18)


@pytest.fixture
def run(_few_accounts: Path, tmp_path: Path) -> Path:
    """A run of thirty accounts, some of whose renewals lie in quarantine, with its forecast."""
    source, run = tmp_path / "source", tmp_path / "run"
    source.mkdir()
    for path in _few_accounts.glob("*.parquet"):
        (source / path.name).symlink_to(path)
    renewals = pd.read_parquet(_few_accounts / "renewals.parquet").astype({"arr": str})
    spoilt = renewals.index[[5, 60, 120]]
    renewals.loc[spoilt, "term_start_date"] = date(2031, 1, 1)
    (source / "renewals.parquet").unlink()
    renewals.to_parquet(source / "renewals.parquet", index=False)
    for table in SOURCE_TABLES:
        ingest_source(table, source, date(2026, 6, 29), run)
    engine = DuckDBEngine(threads=1)
    dues = engine.to_pandas(build_dues(Sources.open(run, engine), [AS_OF]), DUE_KEY)
    engine.close()
    shocks = dict.fromkeys(DATED_BANDS, Shock(tuple(float(deviation == 0.2) for deviation in DEVIATIONS), 4))
    outlook = Outlook(
        AS_OF, BaseRates(dict.fromkeys(SCORED_BANDS, 0.1)), Contraction(0.05, -3.0, 0.5, (0.5, 0.8), 0.99), shocks
    )
    nobody = pd.DataFrame(columns=list(SCORE_COLUMNS))
    table = forecast_renewals(dues, nobody, outlook, ModelSettings(), ForecastSettings(draws=100))
    table = table.assign(knowledge_dates="recorded", trained_through=AS_OF, model_version="v")
    contract = output_contracts()["renewal_forecast"]
    write_output(table, contract, run / "renewal_forecast" / "renewal_forecast.parquet")
    return run


def rewrite(run: Path, column: str, add: Decimal) -> None:
    path = run / "renewal_forecast" / "renewal_forecast.parquet"
    table = pd.read_parquet(path)
    table.loc[table["level"] == "total", column] += add
    write_output(table, output_contracts()["renewal_forecast"], path)


def test_both_paths_come_to_the_same_cent(run: Path) -> None:
    assert reconcile(run, AS_OF) == []
    table = pd.read_parquet(run / "renewal_forecast" / "renewal_forecast.parquet")
    assert table["renewals_decided"].sum() > 0
    assert table["renewals_open"].sum() > 0
    assert (run / "renewals" / "quarantine.parquet").is_file()


@pytest.mark.parametrize("column", ["arr_due", "arr_open", "expected_retained_arr"])
def test_a_cent_too_much_is_found(run: Path, column: str) -> None:
    rewrite(run, column, Decimal("0.01"))
    found = " ".join(reconcile(run, AS_OF))
    assert "2026-04-01 USD" in found
    assert ("in the renewals" in found) == (column == "arr_due")
    assert ("is not arr_due" in found) == (column != "arr_due") or "arr_due is" in found
